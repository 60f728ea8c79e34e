"""What may be believed of a position: every combination of witnesses, and each rule by example."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product

import pytest

from dualwitness.alignment.adjudicate import AdjudicatedPosition, Leg, adjudicate, overall
from dualwitness.alignment.adjudicate import Testimony as Statement
from dualwitness.models import Direction, Library, NullReason, PositionsQuality, PositionsSource
from tests.support.observations import LINEAR

LEG = Leg(LINEAR, "net")
ELSEWHERE = Leg("ETH/USDT:USDT", "net")
RELIABLE = PositionsQuality.RELIABLE
REBUILT = PositionsQuality.RECONSTRUCTED_FROM_FILLS
UNRELIABLE = PositionsQuality.UNRELIABLE
UNAVAILABLE = PositionsQuality.UNAVAILABLE

# What one witness can say of the leg: long 2, short 1, flat, listed but unknown, or nothing for want of an answer.
SPOKEN = ("2", "-1", "0")
WORDS = (*SPOKEN, "unknown", "gone")

Witnesses = tuple[dict[Library, Statement], dict[Library, Statement]]


def witness(kind: str, library: Library, word: str, *, entry: str | None = None) -> Statement:
    """One witness; flat is said by not listing the leg in a complete answer."""
    name = f"{kind} through {library}"
    if word == "gone":
        return Statement(name, {}, {}, complete=False, error=NullReason.ERROR)
    if word == "0":
        return Statement(name, {}, {}, complete=True)
    contracts = {LEG: None if word == "unknown" else Decimal(word)}
    prices = {LEG: None if entry is None else Decimal(entry)}
    return Statement(name, contracts, prices, complete=word != "unknown" or kind == "report")


def witnesses(report_a: str, report_b: str, fold_a: str, fold_b: str) -> Witnesses:
    """Both reports and both folds; one witness names another leg, so that a leg that all call flat is judged too."""
    ccxt, okx_sdk = Library
    return (
        {ccxt: witness("report", ccxt, report_a), okx_sdk: witness("report", okx_sdk, report_b)},
        {ccxt: witness("fills", ccxt, fold_a), okx_sdk: witness("fills", okx_sdk, fold_b)},
    )


def judged(reports: Mapping[Library, Statement], folds: Mapping[Library, Statement]) -> AdjudicatedPosition | None:
    """The judgement of the leg; None where no witness names it."""
    return next((one for one in adjudicate(reports, folds) if (one.symbol, one.position_side) == (LINEAR, "net")), None)


CUBE = list(product(WORDS, repeat=4))


def expected_of(words: tuple[str, ...]) -> tuple[PositionsQuality, str | None]:
    """The six rules, written down once more: quality and value of a leg that some witness names."""
    reports = {word for word in words[:2] if word in SPOKEN}
    folds = {word for word in words[2:] if word in SPOKEN}
    if words[0] == words[1] and reports == folds and len(reports) == 1:
        return RELIABLE, words[0]
    if len(folds) == 1:
        return REBUILT, next(iter(folds))
    if len(reports) == 1 and not folds:
        # Empty is believed only with a second witness.
        return UNRELIABLE, None if reports == {"0"} else next(iter(reports))
    return (UNRELIABLE if reports or folds else UNAVAILABLE), None


def test_every_combination_of_witnesses_is_judged_by_the_rules() -> None:
    """All 625 worlds of two reports and two folds come out as the table of rules says."""
    wrong = []
    for words in CUBE:
        found = judged(*witnesses(*words))
        if set(words) <= {"0", "gone"}:
            if found is not None:
                wrong.append((words, found))
            continue
        quality, value = expected_of(words)
        if found is None or found.positions_quality is not quality or signed(found) != (value and Decimal(value)):
            wrong.append((words, found))
    assert wrong == []


def signed(found: AdjudicatedPosition) -> Decimal | None:
    """Signed contracts; all parts of the position must say the same."""
    if found.contracts is None:
        assert (found.has_position, found.direction, found.entry_price) == (None, None, None)
        assert found.reason is not None
        assert found.positions_source is PositionsSource.NONE
        return None
    assert found.reason is None
    assert found.has_position is (found.contracts != 0)
    assert (found.direction is Direction.FLAT) is (found.contracts == 0)
    return -found.contracts if found.direction is Direction.SHORT else found.contracts


def test_reliable_is_never_said_against_or_without_a_witness() -> None:
    """Over all worlds: no contradiction, no missing report, and fills that speak stand behind every reliable."""
    for words in CUBE:
        found = judged(*witnesses(*words))
        if found is None or found.positions_quality is not RELIABLE:
            continue
        assert {word for word in words if word in SPOKEN} == {words[0]}
        assert words[0] == words[1]
        assert set(words[2:]) & set(SPOKEN)
        assert found.witnesses_against == ()


def test_flat_is_never_said_unless_a_witness_said_flat() -> None:
    """Over all worlds: unknown and unreachable never become flat."""
    for words in CUBE:
        found = judged(*witnesses(*words))
        if found is not None and found.direction is Direction.FLAT:
            assert "0" in words
        if found is not None and found.contracts is None:
            assert found.direction is None
            assert found.has_position is None


def test_witnesses_for_and_against_are_all_that_spoke() -> None:
    """Over all worlds: who said the judged value stands for it, who said another stands against, the rest is silent."""
    names = ("report through ccxt", "report through okx_sdk", "fills through ccxt", "fills through okx_sdk")
    for words in CUBE:
        found = judged(*witnesses(*words))
        if found is None or found.contracts is None:
            continue
        held = signed(found)
        spoke = {name: Decimal(word) for name, word in zip(names, words, strict=True) if word in SPOKEN}
        assert set(found.witnesses_for) == {name for name, word in spoke.items() if word == held}
        against = {f"{name} says {spoke[name]}" for name in spoke if spoke[name] != held}
        assert set(found.witnesses_against) == against


RULES = [
    ("both reports and a fold agree", ("2", "2", "2", "gone"), RELIABLE, PositionsSource.EXCHANGE, "2"),
    ("no fold can speak", ("2", "2", "unknown", "gone"), UNRELIABLE, PositionsSource.EXCHANGE, "2"),
    ("the reports disagree", ("2", "-1", "2", "2"), REBUILT, PositionsSource.RECONSTRUCTED_FROM_FILLS, "2"),
    ("the fills contradict both", ("-1", "-1", "2", "2"), REBUILT, PositionsSource.RECONSTRUCTED_FROM_FILLS, "2"),
    ("no report could be had", ("gone", "gone", "2", "2"), REBUILT, PositionsSource.RECONSTRUCTED_FROM_FILLS, "2"),
    ("no agreement is left", ("2", "2", "2", "-1"), UNRELIABLE, PositionsSource.NONE, None),
    ("no witness at all", ("gone", "gone", "unknown", "gone"), UNAVAILABLE, PositionsSource.NONE, None),
]


@pytest.mark.parametrize(("name", "words", "quality", "source", "value"), RULES, ids=[rule[0] for rule in RULES])
def test_each_rule_decides_its_example(
    name: str, words: tuple[str, str, str, str], quality: PositionsQuality, source: PositionsSource, value: str | None
) -> None:
    """Quality, source and value of the rules in the order in which they are written down."""
    found = judged(*witnesses(*words))
    assert found is not None, name
    assert (found.positions_quality, found.positions_source) == (quality, source)
    assert found.contracts == (None if value is None else Decimal(value))
    assert found.explanation


def test_conflict_and_absence_of_witnesses_have_reasons_of_their_own() -> None:
    """A null says whether the witnesses disagree or whether there were none."""
    fought, silent = (
        judged(*witnesses("2", "-1", "gone", "gone")),
        judged(*witnesses("unknown", "gone", "gone", "gone")),
    )
    assert fought is not None
    assert silent is not None
    assert (fought.reason, silent.reason) == (NullReason.CONFLICT, NullReason.ERROR)


def test_one_library_alone_is_never_reliable() -> None:
    """With one library there is one report, and one report is not two."""
    ccxt = Library.CCXT
    found = judged({ccxt: witness("report", ccxt, "2")}, {ccxt: witness("fills", ccxt, "2")})
    assert found is not None
    assert found.positions_quality is REBUILT


def test_witness_whose_answer_failed_says_nothing_whatever_it_holds() -> None:
    """An error silences a witness, even one that seems to list the leg or to be complete."""
    broken = Statement("report", {LEG: Decimal(2)}, {}, complete=True, error=NullReason.ERROR)
    assert broken.says(LEG) is None
    assert broken.says(ELSEWHERE) is None


def test_entry_price_comes_from_the_witnesses_that_are_believed() -> None:
    """A rebuilt position has the fills' entry price, a reported one the report's, never the contradicted one's."""
    ccxt, okx_sdk = Library
    report = {one: witness("report", one, "2", entry="100") for one in Library}
    wrong = {one: witness("report", one, "-1", entry="666") for one in Library}
    folds = {ccxt: witness("fills", ccxt, "2", entry="99"), okx_sdk: witness("fills", okx_sdk, "gone")}
    reported, rebuilt = judged(report, folds), judged(wrong, folds)
    assert reported is not None
    assert rebuilt is not None
    assert (reported.entry_price, rebuilt.entry_price) == (Decimal(100), Decimal(99))


def test_each_leg_of_each_symbol_is_judged_for_itself() -> None:
    """Long and short of one symbol are two legs; what one witness alone names is judged too, in order."""
    legs = {Leg(LINEAR, "short"): Decimal(-1), Leg(LINEAR, "long"): Decimal(2)}
    report = Statement("report through ccxt", legs, {}, complete=True)
    other = Statement("report through okx_sdk", {ELSEWHERE: Decimal(1)}, {}, complete=True)
    found = adjudicate({Library.CCXT: report, Library.OKX_SDK: other}, {})
    assert [(one.symbol, one.position_side) for one in found] == [
        (LINEAR, "long"),
        (LINEAR, "short"),
        ("ETH/USDT:USDT", "net"),
    ]


FLAT_WORLDS = [
    (("0", "0", "0", "0"), RELIABLE, PositionsSource.EXCHANGE),
    (("0", "0", "0", "gone"), RELIABLE, PositionsSource.EXCHANGE),
    (("0", "0", "gone", "gone"), UNRELIABLE, PositionsSource.EXCHANGE),
    (("0", "gone", "0", "0"), UNRELIABLE, PositionsSource.EXCHANGE),
    (("gone", "gone", "0", "0"), UNAVAILABLE, PositionsSource.NONE),
    (("gone", "gone", "gone", "gone"), UNAVAILABLE, PositionsSource.NONE),
]


@pytest.mark.parametrize(
    ("words", "quality", "source"), FLAT_WORLDS, ids=["/".join(words) for words, _, _ in FLAT_WORLDS]
)
def test_an_account_without_any_leg_is_reliably_flat_only_with_both_reports_and_fills(
    words: tuple[str, str, str, str], quality: PositionsQuality, source: PositionsSource
) -> None:
    """Empty is believed only with a second witness."""
    reports, folds = witnesses(*words)
    assert overall((), reports, folds) == (quality, source)


def test_an_incomplete_history_of_fills_does_not_back_an_empty_account() -> None:
    """Fills that do not reach back to a flat start cannot prove that nothing is held."""
    reports, _ = witnesses("0", "0", "gone", "gone")
    folds = {one: Statement(f"fills through {one}", {}, {}, complete=False) for one in Library}
    assert overall((), reports, folds)[0] is UNRELIABLE


def test_one_library_alone_cannot_prove_an_empty_account() -> None:
    """One report and its own fills are one source."""
    ccxt = Library.CCXT
    found = overall((), {ccxt: witness("report", ccxt, "0")}, {ccxt: witness("fills", ccxt, "0")})
    assert found == (UNRELIABLE, PositionsSource.EXCHANGE)


def test_quality_of_all_positions_is_that_of_the_worst() -> None:
    """One position that cannot be believed spoils the flag of the run."""
    worlds = [("2", "2", "2", "2"), ("2", "-1", "2", "2"), ("2", "-1", "2", "-1")]
    found = [one for words in worlds if (one := judged(*witnesses(*words))) is not None]
    reports, folds = witnesses(*worlds[0])
    for count, quality in ((1, RELIABLE), (2, REBUILT), (3, UNRELIABLE)):
        assert overall(found[:count], reports, folds)[0] is quality
        assert overall(reversed(found[:count]), reports, folds)[0] is quality
