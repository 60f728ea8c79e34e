"""The reports as plain data: status of each axis, one library alone, the snapshot, the verdict."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.judge import findings_from, from_comparison
from dualwitness.alignment.report import add_obtained, axes_report, is_gone, library_report, snapshot, verdict_of
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import (
    Direction,
    FindingKind,
    Layer,
    Library,
    NullReason,
    OddOneOut,
    Outcome,
    PositionSide,
    PositionsQuality,
    PositionsSource,
    Severity,
    Verdict,
)
from dualwitness.models.finding import Claim, Finding
from dualwitness.models.history import History, OpeningSnapshot
from dualwitness.models.leg import OpeningLeg
from tests.support.observations import (
    LINEAR,
    comparison,
    failed,
    fee_rates,
    fill,
    linear_swap,
    observed,
    pair_of,
    position,
    ticker,
)


def finding(severity: Severity = Severity.S2, **changes: Any) -> Finding:
    """A disagreement about a position."""
    compared = comparison("get_positions", (position(contracts="1"),), (position(contracts="2"),))
    drafts = (
        from_comparison(one, layer=Layer.VENUE, odd_one_out=OddOneOut.UNKNOWN, observations={})
        for one in compared.fields
        if one.outcome is Outcome.MISMATCH
    )
    (one,) = findings_from(draft for draft in drafts if draft is not None)
    return one.model_copy(update={"severity": severity} | changes)


def status_of(axis: str, *comparisons: Any, findings: tuple[Finding, ...] = ()) -> str:
    """The status of one axis."""
    return str(axes_report(comparisons, (), findings)[axis]["status"])


SAME = comparison("get_positions", (position(),), (position(),))


def test_axis_whose_answers_agree_is_aligned() -> None:
    """Matches and nothing serious."""
    assert status_of("I", SAME) == "aligned"


def test_axis_with_a_serious_finding_is_partial_and_with_a_cosmetic_or_accepted_one_aligned() -> None:
    """What is cosmetic, or was accepted by somebody, does not count; what is on another axis neither."""
    assert status_of("I", SAME, findings=(finding(),)) == "partial"
    assert status_of("I", SAME, findings=(finding(Severity.S0),)) == "aligned"
    assert status_of("I", SAME, findings=(finding(accepted_by="DIFF-20260701-a"),)) == "aligned"
    assert status_of("I", SAME, findings=(finding(axis="E"),)) == "aligned"


@pytest.mark.parametrize(
    "compared",
    [
        (),
        (comparison("get_positions", None, None),),
        (comparison("get_positions", (), ()),),
    ],
    ids=["never asked", "both failed", "both empty"],
)
def test_axis_on_which_nothing_could_be_compared_is_unavailable(compared: tuple[Any, ...]) -> None:
    """Nothing seen is never aligned."""
    assert status_of("I", *compared) == "unavailable"


def test_axis_on_which_no_row_can_be_joined_is_not_aligned() -> None:
    """Rows without ids prove nothing, so the axis is not aligned."""
    nameless = comparison(
        "get_positions", (position(venue_position_id=None),), (position(venue_position_id=None, contracts="9"),)
    )
    assert nameless.count(Outcome.MATCH) == 0
    assert status_of("I", nameless) != "aligned"


def test_community_axis_is_not_applicable_with_zero_calls() -> None:
    """No exchange knows it, and the report says that none was asked."""
    community = axes_report((SAME,), (), ())["C"]
    assert (community["status"], community["calls"]) == ("not_applicable", 0)
    assert community["reason"]
    assert sum(community["outcomes"].values()) == 0


def test_axes_count_each_outcome_and_each_field() -> None:
    """Counts add up over operations; requests count on the market axis."""
    rates = comparison("get_fee_rates", (fee_rates("1", "2"),), (fee_rates("1", "3"),), symbol=LINEAR)
    report = axes_report((rates, rates), [("size", Outcome.MISMATCH), ("side", Outcome.MATCH)], ())
    market = report["M"]
    assert (market["outcomes"]["match"], market["outcomes"]["mismatch"]) == (5, 3)
    assert market["fields"]["get_fee_rates.taker"] == {"mismatch": 2}
    assert market["fields"]["order_request.size"] == {"mismatch": 1}
    assert list(report) == ["E", "I", "M", "C"]
    json.dumps(report)


def test_library_report_says_of_each_field_whether_it_can_be_had() -> None:
    """A value once is obtainable; every null is counted by its reason; what there is not to know is left out."""
    report = library_report(
        Library.CCXT,
        [
            observed("get_ticker", ticker(bid="1")),
            observed("get_ticker", ticker(bid=None, reason=NullReason.UNMAPPED)),
            observed("get_instruments", linear_swap()),
        ],
    )
    entry = report["operations"]["get_ticker"]
    assert (entry["asked"], entry["rows"], entry["errors"]) == (2, 2, [])
    assert entry["fields"]["bid"] == {"obtainable": True, "obtained": 1, "null_reasons": {"unmapped": 1}}
    assert entry["fields"]["ask"]["obtainable"] is False
    assert "strike" not in report["operations"]["get_instruments"]["fields"]
    assert report["all_answers_sound"] is True


def test_library_report_of_a_failed_answer_gives_every_field_its_reason() -> None:
    """An error is no empty list: each field is null for that reason, and the library is not sound."""
    report = library_report(
        Library.CCXT, [observed("get_fills", fill()), failed("get_positions", reason=NullReason.INVALID_ENVELOPE)]
    )
    entry = report["operations"]["get_positions"]
    assert entry["errors"] == [{"symbol": None, "kind": "TransportError", "reason": "invalid_envelope", "code": None}]
    assert {json.dumps(one["null_reasons"]) for one in entry["fields"].values()} == {'{"invalid_envelope": 1}'}
    assert report["all_answers_sound"] is False


def test_library_report_of_nothing_is_not_sound() -> None:
    """A library that was asked nothing proved nothing."""
    assert library_report(Library.CCXT, [])["all_answers_sound"] is False


def test_library_report_of_an_empty_answer_is_sound_and_has_no_field() -> None:
    """Proven empty is an answer; no field was seen."""
    report = library_report(Library.OKX_SDK, [observed("get_positions", library=Library.OKX_SDK)])
    assert report["all_answers_sound"] is True
    assert report["operations"]["get_positions"]["rows"] == 0
    assert report["operations"]["get_positions"]["fields"] == {}


def test_snapshot_holds_judged_and_reported_positions_apart() -> None:
    """What was judged, what each library reported, and null where no report came."""
    judged = AdjudicatedPosition(
        symbol=LINEAR,
        position_side="net",
        has_position=True,
        direction=Direction.LONG,
        contracts=Decimal("2.50"),
        entry_price=None,
        reason=None,
        positions_quality=PositionsQuality.RECONSTRUCTED_FROM_FILLS,
        positions_source=PositionsSource.RECONSTRUCTED_FROM_FILLS,
        witnesses_for=("fills through ccxt",),
        witnesses_against=(),
        explanation="no report could be had",
    )
    content = snapshot(
        [judged], judged.positions_quality, judged.positions_source, pair_of("get_positions", (position(),), None)
    )
    assert content["positions"][0]["contracts"] == "2.50"
    assert content["reported"] == {
        "ccxt": [{"symbol": LINEAR, "direction": "long", "contracts": "2"}],
        "okx_sdk": None,
    }
    assert content["positions_quality"] == "reconstructed_from_fills"
    assert content["history"] == {
        "since_ms": None,
        "proof": None,
        "missing": "nothing proves what was held before the first fill",
    }
    json.dumps(content)


def test_snapshot_tells_how_the_history_is_proven_and_by_whom() -> None:
    """From the bills, or by somebody's word."""
    leg = OpeningLeg(LINEAR, PositionSide.NET, Decimal(5), Decimal(90))
    vouched = History(since_ms=7, opening=OpeningSnapshot(7, (leg,), "the trading program"))
    proven = History(since_ms=7, flat_start="every first bill starts from nothing")
    flags = PositionsQuality.RELIABLE, PositionsSource.EXCHANGE
    told = [snapshot((), *flags, {}, history)["history"] for history in (vouched, proven)]
    assert [one["proof"] for one in told] == [
        "opening snapshot of the trading program",
        "every first bill starts from nothing",
    ]
    assert [one["missing"] for one in told] == [None, None]


@pytest.mark.parametrize(
    ("findings", "incomplete", "verdict"),
    [
        ((), False, Verdict.ALIGNED),
        ((finding(Severity.S0),), False, Verdict.ALIGNED),
        ((finding(Severity.S1),), False, Verdict.DIFFERENCES),
        ((finding(Severity.S3, accepted_by="DIFF-20260701-a"),), False, Verdict.ALIGNED),
        ((), True, Verdict.INCOMPLETE),
        ((finding(Severity.S3),), True, Verdict.INCOMPLETE),
    ],
)
def test_verdict_is_aligned_only_if_nothing_serious_is_left_and_nothing_is_missing(
    findings: tuple[Finding, ...], incomplete: bool, verdict: Verdict
) -> None:
    """Incomplete wins over everything, accepted and cosmetic findings do not count."""
    assert verdict_of(findings, incomplete=incomplete) is verdict


@pytest.mark.parametrize(
    ("kind", "reason", "gone"),
    [
        (FindingKind.UNOBTAINABLE, NullReason.ERROR, True),
        (FindingKind.UNOBTAINABLE, NullReason.INVALID_ENVELOPE, True),
        (FindingKind.UNOBTAINABLE, NullReason.BLANK, False),
        (FindingKind.LIBRARY_DISAGREEMENT, NullReason.ERROR, False),
    ],
)
def test_a_finding_says_that_an_answer_is_gone_on_either_side(
    kind: FindingKind, reason: NullReason, gone: bool
) -> None:
    """That is what makes a run incomplete."""
    nothing, something = Claim(value=None, reason=reason), Claim(value="1")
    assert is_gone(finding(kind=kind, ccxt=nothing, okx_sdk=something)) is gone
    assert is_gone(finding(kind=kind, ccxt=something, okx_sdk=nothing)) is gone


def test_axes_tell_how_each_library_obtained_each_field() -> None:
    """Beside the outcomes of a field stand the values and the nulls of both libraries."""
    axes = axes_report((), (), ())
    bid = ticker(bid=None, reason=NullReason.UNMAPPED)
    reports = {
        Library.CCXT: library_report(Library.CCXT, [observed("get_ticker", bid)]),
        Library.OKX_SDK: library_report(Library.OKX_SDK, [observed("get_ticker", ticker(bid="1"))]),
    }
    add_obtained(axes, reports)
    assert axes["E"]["obtained"]["get_ticker.bid"] == {
        "ccxt": {"obtainable": False, "obtained": 0, "null_reasons": {"unmapped": 1}},
        "okx_sdk": {"obtainable": True, "obtained": 1, "null_reasons": {}},
    }
    assert axes["C"]["obtained"] == {}
