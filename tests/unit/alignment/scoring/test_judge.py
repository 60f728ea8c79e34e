"""The scorecard's judge: each thing that may be wrong with how a lie was found is a problem by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.scoring.cases import Sort
from dualwitness.alignment.scoring.judge import judge_case
from dualwitness.alignment.scoring.outcome import Fate, Judged
from dualwitness.alignment.scoring.truth import untrue
from dualwitness.models import Axis, FindingKind, Layer, NullReason, OddOneOut, PositionsQuality, Severity
from dualwitness.models.finding import Claim
from tests.support.scorecard import ETH, audited, case, finding, leg, played

HONEST: tuple[frozenset[str], ...] = (frozenset(),)


def judge(label: str, **changed: Any) -> Judged:
    """A lie alone, with one finding where ``positions_empty`` must be found."""
    return judge_case(case(label), played(audited(finding(**changed), told={label: 3})), HONEST)


def problems(judged: Judged) -> list[str]:
    """Everything that is wrong."""
    return [*judged.problems, *(problem for lie in judged.lies for problem in lie.problems)]


def test_lie_found_as_written_down_is_caught() -> None:
    """Kind, axis, place, severity and blame as they must be: nothing is wrong."""
    judged = judge("positions_empty")
    assert (judged.passed, problems(judged), judged.lies[0].fate) == (True, [], Fate.CAUGHT)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"place": "get_positions.contracts"}, "not found at get_positions.has_position, but: evidence_conflict"),
        ({"axis": Axis.M}, "found on axis M, must be I"),
        ({"kind": FindingKind.LIBRARY_DISAGREEMENT}, "found as library_disagreement, must be evidence_conflict"),
        ({"severity": Severity.S2}, "found as S2, must be S3 at least"),
        ({"odd_one_out": OddOneOut.CCXT}, "blamed on ccxt"),
        ({"odd_one_out": OddOneOut.UNKNOWN}, "nobody says that it was venue"),
    ],
)
def test_lie_found_otherwise_than_written_down_is_missed(changed: dict[str, Any], problem: str) -> None:
    """Each of them alone is enough."""
    judged = judge("positions_empty", **changed)
    assert not judged.passed
    assert judged.lies[0].fate is Fate.MISSED
    assert any(one.startswith(problem) for one in problems(judged)), problems(judged)


def test_finding_of_the_honest_twin_does_not_count() -> None:
    """What is found without the lie as well is not found because of it."""
    one = finding()
    session = played(audited(one, told={"positions_empty": 1}))
    assert judge_case(case("positions_empty"), session, HONEST).passed
    assert not judge_case(case("positions_empty"), session, (frozenset({one.fingerprint}),)).passed


def test_lie_told_to_one_library_is_blamed_on_that_library_alone() -> None:
    """The venue told the other one the truth; the kind is open, because the two disagree as well."""
    assert judge("positions_empty@ccxt", odd_one_out=OddOneOut.CCXT, kind=FindingKind.LIBRARY_DISAGREEMENT).passed
    wrong = judge("positions_empty@ccxt", odd_one_out=OddOneOut.OKX_SDK)
    assert problems(wrong) == ["blamed on okx_sdk", "nobody says that it was ccxt"]


def test_parser_that_misreads_a_false_answer_may_be_blamed_for_that() -> None:
    """The same false bytes, read differently."""
    both = (finding(), finding(layer=Layer.PARSE, odd_one_out=OddOneOut.CCXT))
    assert judge_case(case("positions_empty"), played(audited(*both, told={"positions_empty": 1})), HONEST).passed


def test_lie_that_nobody_asked_for_proves_nothing() -> None:
    """It is untold, and that is not as it must be."""
    judged = judge_case(case("positions_empty"), played(audited(finding(), told={"positions_empty": 0})), HONEST)
    assert (judged.passed, judged.lies[0].fate) == (False, Fate.UNTOLD)


def test_fault_that_costs_time_alone_may_show_nothing() -> None:
    """Anything new is a false alarm."""
    quiet = audited(told={"latency": 1}, quality=PositionsQuality.RELIABLE, positions=(leg("2"),))
    assert judge_case(case("latency"), played(quiet), HONEST).passed
    alarmed = judge_case(case("latency"), played(audited(finding(), told={"latency": 1})), HONEST)
    assert problems(alarmed)[0].startswith("costs time alone, and yet:")


def test_blind_spot_that_is_found_has_to_come_off_the_list() -> None:
    """The list is exact in both directions; told to one library it must be found like every other lie."""
    quiet = audited(told={"liquidation_price_wrong": 1}, quality=PositionsQuality.RELIABLE)
    assert judge_case(case("liquidation_price_wrong"), played(quiet), HONEST).lies[0].fate is Fate.BLIND
    assert judge_case(case("liquidation_price_wrong"), played(quiet), HONEST).passed
    found = judge("liquidation_price_wrong", place="get_positions.liquidation_price")
    assert problems(found) == ["is found after all: take it off the list of blind spots"]
    one_sided = audited(told={"liquidation_price_wrong@ccxt": 1})
    assert not judge_case(case("liquidation_price_wrong@ccxt"), played(one_sided), HONEST).passed


def test_quality_better_than_written_down_is_wrong() -> None:
    """Positions that were lied about are called reliable nowhere, also where the value happens to be right."""
    session = played(audited(finding(), told={"positions_empty": 1}, quality=PositionsQuality.RELIABLE))
    judged = judge_case(case("positions_empty"), session, HONEST)
    assert problems(judged) == ["the positions are called reliable, at best they are reconstructed_from_fills"]


def test_audit_that_ends_as_aligned_is_wrong() -> None:
    """A lie never ends in a clean bill."""
    session = played(audited(finding(), told={"positions_empty": 1}, exit_code=0, verdict="aligned"))
    assert problems(judge_case(case("positions_empty"), session, HONEST)) == ["the audit ends with 0, aligned"]


def test_finding_without_the_bytes_it_rests_on_is_wrong() -> None:
    """Where a connection broke there are none to keep; everywhere else there are."""
    one = finding()
    told = {"positions_empty": 1, "timeout": 1}
    for which in ("unkept", "without_bytes"):
        bare = played(audited(one, told=told, **{which: frozenset({one.fingerprint})}))
        judged = judge_case(case("positions_empty"), bare, HONEST)
        assert problems(judged) == [
            "rests on bytes that were not kept: evidence_conflict get_positions.has_position venue"
        ]
    gone = finding(kind=FindingKind.UNOBTAINABLE)
    broken = played(audited(gone, told=told, without_bytes=frozenset({gone.fingerprint})))
    assert judge_case(case("timeout"), broken, HONEST).passed


@pytest.mark.parametrize(
    ("row", "quality", "wrong"),
    [
        (leg("2"), "reliable", []),
        (leg("3", "unreliable"), "unreliable", []),
        (leg(None, "unreliable"), "unreliable", []),
        (leg("3"), "reliable", [f"{ETH} is called reliable with 3, 2 are held"]),
        (leg("2", direction="short"), "reliable", [f"{ETH} is called reliable with -2, 2 are held"]),
        (leg("3", "reconstructed_from_fills"), "reconstructed_from_fills",
         [f"{ETH} is called reconstructed_from_fills with 3, 2 are held"]),
        (leg("0", "unreliable"), "unreliable", [f"{ETH} is called flat, and 2 are held"]),
        (None, "reliable", [f"{ETH} is passed over, and all together is called reliable"]),
        (None, "unreliable", []),
        (leg("2", side="long"), "unreliable", [f"{ETH} is called reliable with 2, 0 are held"]),
    ],
)  # fmt: skip
def test_positions_are_held_against_what_the_venue_really_held(
    row: dict[str, Any] | None, quality: str, wrong: list[str]
) -> None:
    """A value that may be relied on is exact, nothing held is ever flat, and nothing is passed over."""
    rows = () if row is None else (row,)
    assert untrue(rows, {(ETH, "net"): Decimal(2)}, PositionsQuality(quality)) == wrong


def test_honest_run_with_any_new_finding_or_any_blame_is_a_false_alarm() -> None:
    """What its twin finds too is how the libraries differ, but never a contradiction of the venue."""
    plain = finding(kind=FindingKind.LIBRARY_DISAGREEMENT, layer=Layer.PARSE, odd_one_out=OddOneOut.CCXT)
    known = (frozenset({plain.fingerprint, finding().fingerprint}),)
    sound = {"quality": PositionsQuality.RELIABLE, "positions": (leg("2"),)}
    honest = case(sort=Sort.HONEST)
    assert judge_case(honest, played(audited(plain, **sound), first_false=None), known).passed
    assert not judge_case(honest, played(audited(plain, **sound), first_false=None), HONEST).passed
    assert not judge_case(honest, played(audited(finding(), **sound), first_false=None), known).passed
    doubted = sound | {"quality": PositionsQuality.UNRELIABLE}
    assert not judge_case(honest, played(audited(plain, **doubted), first_false=None), known).passed


def test_lie_from_mid_run_on_is_found_at_the_latest_in_the_audit_after_its_first_telling() -> None:
    """Time to detect is counted from the first false answer to the end of the audit that found it."""
    late = case("positions_empty", sort=Sort.MID_RUN)
    quiet = audited(told={"positions_empty": 1}, requests=100, ended_ms=1_000)
    found = audited(finding(), told={"positions_empty": 4}, requests=200, ended_ms=5_000)
    judged = judge_case(late, played(quiet, found, first_false=(60, 400)), HONEST)
    assert judged.passed
    assert (judged.audits, judged.requests, judged.venue_ms) == (2, 140, 4_600)
    at_once = judge_case(late, played(found, found, first_false=(60, 400)), HONEST)
    assert (at_once.audits, at_once.requests) == (1, 140)
    third = audited(finding(), told={"positions_empty": 6}, requests=300, ended_ms=9_000)
    too_late = judge_case(late, played(quiet, quiet, third, first_false=(60, 400)), HONEST)
    assert (too_late.passed, too_late.audits) == (False, None)


def test_pair_must_show_both_lies_each_where_it_belongs() -> None:
    """One finding does not stand for two lies at different places."""
    both = case("positions_empty", "fee_doubled", sort=Sort.PAIR)
    told = {"positions_empty": 1, "fee_doubled": 1}
    whole = judge_case(both, played(audited(finding(), finding("get_fills.fee"), told=told)), HONEST)
    assert whole.passed
    half = judge_case(both, played(audited(finding(), told=told)), HONEST)
    assert [one.fate for one in half.lies] == [Fate.CAUGHT, Fate.MISSED]


def test_lie_of_a_pair_whose_answer_is_gone_altogether_is_masked() -> None:
    """The audit says so itself; gone for the other library alone, it is still a miss."""
    gone = {"kind": FindingKind.UNOBTAINABLE, "ccxt": Claim(value=None, reason=NullReason.INVALID_ENVELOPE)}
    torn = case("leverage_wrong@ccxt", "gzip_garbage@ccxt", sort=Sort.PAIR)
    session = played(audited(finding(**gone), told=dict.fromkeys(torn.plants, 1)))
    assert [one.fate for one in judge_case(torn, session, HONEST).lies] == [Fate.MASKED, Fate.CAUGHT]
    other = case("leverage_wrong@okx_sdk", "gzip_garbage@ccxt", sort=Sort.PAIR)
    session = played(audited(finding(**gone), told=dict.fromkeys(other.plants, 1)))
    assert judge_case(other, session, HONEST).lies[0].fate is Fate.MISSED


def test_lie_that_began_in_the_middle_may_have_been_told_to_one_library_so_far() -> None:
    """Whom to blame is known once an audit was lied to from its beginning on."""
    late, one_sided = case("positions_empty", sort=Sort.MID_RUN), finding(odd_one_out=OddOneOut.CCXT)
    first = audited(one_sided, told={"positions_empty": 1})
    assert judge_case(late, played(first), HONEST).passed
    quiet = audited(told={"positions_empty": 1})
    second = audited(one_sided, told={"positions_empty": 3}, requests=200)
    assert "blamed on ccxt" in problems(judge_case(late, played(quiet, second), HONEST))


def test_lie_whose_proof_another_lie_spoils_may_stay_unproven() -> None:
    """Told to the same library; then nothing may be relied on, which is wrong as ever where it is."""
    doubtful = {"quality": PositionsQuality.UNRELIABLE, "positions": (leg(None, "unreliable"),)}
    found = finding("get_bills.change")
    both = case("positions_empty", "bill_sign_flipped", sort=Sort.PAIR)
    told = dict.fromkeys(both.plants, 1)
    judged = judge_case(both, played(audited(found, told=told, **doubtful)), HONEST)
    assert (judged.passed, judged.lies[0].fate) == (True, Fate.UNPROVEN)
    trusting = {"positions": (leg("0", "reconstructed_from_fills"),)}
    assert not judge_case(both, played(audited(found, told=told, **trusting)), HONEST).passed
    apart = case("positions_empty@ccxt", "bill_sign_flipped@okx_sdk", sort=Sort.PAIR)
    session = played(audited(found, told=dict.fromkeys(apart.plants, 1), **doubtful))
    assert judge_case(apart, session, HONEST).lies[0].fate is Fate.MISSED


def test_two_lies_about_one_signed_size_may_be_named_by_either_word() -> None:
    """Twice as large and the other way round is the other way round; alone the word must be the lie's own."""
    both = case("position_contracts_doubled", "position_side_flipped", sort=Sort.PAIR)
    one = finding("get_positions.direction")
    assert judge_case(both, played(audited(one, told=dict.fromkeys(both.plants, 1))), HONEST).passed
    assert not judge("position_contracts_doubled", place="get_positions.direction").passed
