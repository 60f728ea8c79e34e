"""From compared fields to findings: kind, severity, who stands alone, and a name that survives the next run."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from dualwitness.alignment.compare import FieldComparison
from dualwitness.alignment.judge import (
    Draft,
    findings_from,
    from_comparison,
    market_type_of,
    merge_sides,
    worst_first,
)
from dualwitness.models import (
    Axis,
    FindingKind,
    Layer,
    Library,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    Severity,
)
from dualwitness.models.finding import Claim, Expected
from tests.support.observations import (
    INVERSE,
    LINEAR,
    SPOT,
    compared_field,
    comparison,
    exchange,
    observed,
    position,
)

NOT_ASKED = Claim(value=None, reason=NullReason.NOT_ASKED)
ONE, TWO = Claim(value="1"), Claim(value="2")


def null(reason: NullReason) -> Claim:
    """A claim that says nothing."""
    return Claim(value=None, reason=reason)


def judged(field: FieldComparison, layer: Layer = Layer.VENUE) -> Draft | None:
    """The draft of a field, nobody suspected."""
    return from_comparison(field, layer=layer, odd_one_out=OddOneOut.UNKNOWN, observations={})


def differing(**more: Any) -> FieldComparison:
    """Two libraries that differ on the contracts of a position."""
    return compared_field("get_positions", "contracts", ONE, TWO, Outcome.MISMATCH, symbol=LINEAR, **more)


def draft(**changes: Any) -> Draft:
    """A draft about the contracts of a position, with changes."""
    plain = judged(differing())
    assert plain is not None
    return plain._replace(**changes)


@pytest.mark.parametrize("outcome", [Outcome.MATCH, Outcome.NOT_COMPARABLE, Outcome.ACCEPTED])
def test_what_does_not_differ_is_no_finding(outcome: Outcome) -> None:
    """Only differences and gaps are judged."""
    assert judged(compared_field("get_positions", "contracts", ONE, ONE, outcome)) is None


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.MISMATCH, FindingKind.LIBRARY_DISAGREEMENT),
        (Outcome.ONE_MISSING, FindingKind.LIBRARY_DISAGREEMENT),
        (Outcome.BOTH_MISSING, FindingKind.UNOBTAINABLE),
        (Outcome.BOTH_ERROR, FindingKind.UNOBTAINABLE),
    ],
)
def test_kind_of_a_finding_follows_the_outcome(outcome: Outcome, kind: FindingKind) -> None:
    """Two words differ: a disagreement; no word at all: unobtainable."""
    field = compared_field("get_positions", "contracts", ONE, null(NullReason.BLANK), outcome)
    found = judged(field)
    assert found is not None
    assert found.kind is kind


def test_a_required_field_that_both_lack_is_unobtainable_and_another_is_nothing() -> None:
    """The evidence itself is gone only where the rules require it."""
    blank = null(NullReason.BLANK)
    needed = judged(compared_field("get_positions", "contracts", blank, blank, Outcome.BOTH_MISSING))
    assert needed is not None
    assert (needed.kind, needed.severity) == (FindingKind.UNOBTAINABLE, Severity.S3)
    assert judged(compared_field("get_positions", "leverage", blank, blank, Outcome.BOTH_MISSING)) is None


@pytest.mark.parametrize("gone", [NullReason.ERROR, NullReason.INVALID_ENVELOPE])
def test_a_whole_answer_that_one_library_lost_is_unobtainable(gone: NullReason) -> None:
    """No row stands behind it, and the reason is an error: nothing was said that could disagree."""
    for sides in ((null(gone), ONE), (ONE, null(gone))):
        field = compared_field("get_positions", "has_position", *sides, Outcome.ONE_MISSING, row_key=None)
        found = judged(field)
        assert found is not None
        assert (found.kind, found.severity) == (FindingKind.UNOBTAINABLE, Severity.S3)


def test_a_row_whose_value_could_not_be_read_is_a_disagreement_and_no_lost_answer() -> None:
    """The answer came, and the other library could read the row."""
    found = judged(compared_field("get_positions", "contracts", null(NullReason.ERROR), ONE, Outcome.ONE_MISSING))
    assert found is not None
    assert found.kind is FindingKind.LIBRARY_DISAGREEMENT


def test_severity_of_a_missing_value_is_the_column_for_missing() -> None:
    """The table has a column for two values and one for a value that one side lacks."""
    pair = ONE, null(NullReason.ABSENT)
    mismatch = judged(compared_field("get_fills", "trade_id", ONE, TWO, Outcome.MISMATCH))
    missing = judged(compared_field("get_fills", "trade_id", *pair, Outcome.ONE_MISSING))
    assert mismatch is not None
    assert missing is not None
    assert (mismatch.severity, missing.severity) == (Severity.S3, Severity.S2)


@pytest.mark.parametrize("silence", [NullReason.UNSUPPORTED, NullReason.NOT_ASKED])
def test_a_library_without_a_word_for_a_field_is_at_most_medium(silence: NullReason) -> None:
    """Silence by design is milder than silence about this row; both sides alike."""
    for sides in ((null(silence), ONE), (ONE, null(silence))):
        found = judged(compared_field("get_fills", "position_side", *sides, Outcome.ONE_MISSING))
        assert found is not None
        assert found.severity is Severity.S1
    loud = judged(compared_field("get_fills", "position_side", null(NullReason.BLANK), ONE, Outcome.ONE_MISSING))
    assert loud is not None
    assert loud.severity is Severity.S2


def test_silence_about_a_required_field_stays_as_bad_as_the_table_says() -> None:
    """Nobody may be silent by design about what a position is."""
    pair = null(NullReason.UNSUPPORTED), ONE
    found = judged(compared_field("get_positions", "contracts", *pair, Outcome.ONE_MISSING))
    assert found is not None
    assert found.severity is Severity.S3


def test_a_finding_points_at_the_sample_in_which_its_row_stands() -> None:
    """The evidence is the body that contains the row's id, on each side its own."""
    pages = [exchange(b'[{"posId":"7"}]'), exchange(b'[{"posId":"8"}]')]
    seen = {Library.CCXT: observed("get_positions", position(), exchanges=pages)}
    field = replace(differing(), row_key=f"{LINEAR}|7")
    found = from_comparison(field, layer=Layer.VENUE, odd_one_out=OddOneOut.UNKNOWN, observations=seen)
    assert found is not None
    assert (found.ccxt_ref, found.okx_ref) == (pages[0].sample_id, None)


def test_findings_of_instruments_are_gathered_by_market_type() -> None:
    """Hundreds of options that show the same difference are one finding."""
    pair = ONE, null(NullReason.ABSENT)
    drafts = []
    for number in range(3):
        field = compared_field(
            "get_instruments",
            "tick_size",
            *pair,
            Outcome.ONE_MISSING,
            symbol=f"BTC/USD:BTC-260925-6{number}000-C",
            market_type=MarketType.OPTION,
            row_key=f"option|{number}",
        )
        drafts.append(judged(field))
    (found,) = findings_from(one for one in drafts if one is not None)
    assert (found.symbol, found.market_type, found.row_count) == (None, MarketType.OPTION, 3)
    assert found.row_key == "option|0"


def test_findings_do_not_depend_on_the_order_of_their_drafts() -> None:
    """One run, one list: numbers, names and first rows are the same however the drafts came in."""
    drafts = [
        draft(row_key="b"),
        draft(row_key="a", ccxt=TWO),
        draft(field="direction"),
        draft(symbol=INVERSE),
        draft(severity=Severity.S0, field="leverage"),
    ]
    lists = {findings_from(order) for order in permutations(drafts)}
    (only,) = lists
    assert [one.finding_id for one in only] == ["F001", "F002", "F003", "F004"]
    assert [one.severity.rank for one in only] == sorted((one.severity.rank for one in only), reverse=True)
    assert {one.row_count for one in only if one.field == "contracts"} == {2, 1}


@pytest.mark.parametrize(
    "change",
    [
        {"ccxt": Claim(value="99")},
        {"okx_sdk": Claim(value="98")},
        {"row_key": "another id"},
        {"ccxt_ref": "f" * 64},
        {"expected": Expected(value="5", source="elsewhere")},
        {"reason": "other words"},
        {"severity": Severity.S1},
        {"mitigation": Mitigation.BLOCK_RUN},
    ],
    ids=lambda change: next(iter(change)),
)
def test_fingerprint_survives_new_values_ids_and_words(change: dict[str, Any]) -> None:
    """The same difference has the same name in the next run, and after a severity was reconsidered."""
    (before,), (after,) = findings_from([draft()]), findings_from([draft(**change)])
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": INVERSE},
        {"field": "direction"},
        {"outcome": Outcome.ONE_MISSING},
        {"operation": "get_fills"},
        {"kind": FindingKind.EVIDENCE_CONFLICT},
        {"layer": Layer.PARSE},
        {"odd_one_out": OddOneOut.CCXT},
        {"axis": Axis.E},
        {"market_type": MarketType.FUTURE},
        {"rule": "another-rule"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_fingerprint_of_another_difference_is_another(change: dict[str, Any]) -> None:
    """An acceptance of one difference can never hide another."""
    assert len(findings_from([draft(), draft(**change)])) == 2


def test_fingerprint_is_sixteen_hex_digits() -> None:
    """Short enough to be said aloud, and made of nothing that needs quoting."""
    (found,) = findings_from([draft()])
    assert len(found.fingerprint) == 16
    assert int(found.fingerprint, 16) >= 0


def test_worst_first_puts_accepted_findings_last() -> None:
    """What somebody has accepted comes after what nobody has, however bad."""
    fatal, mild = findings_from([draft(), draft(field="leverage", severity=Severity.S0)])
    accepted = fatal.model_copy(update={"accepted_by": "DIFF-20260701-abc"})
    assert worst_first([mild, accepted]) == [mild, accepted]
    assert worst_first([mild, fatal]) == [fatal, mild]


def conflict(library: Library, value: str, **changes: Any) -> Draft:
    """A contradiction in one library's world."""
    ours = library is Library.CCXT
    return draft(
        kind=FindingKind.EVIDENCE_CONFLICT,
        odd_one_out=OddOneOut(str(library)),
        ccxt=Claim(value=value) if ours else NOT_ASKED,
        okx_sdk=NOT_ASKED if ours else Claim(value=value),
        ccxt_ref="a" * 64 if ours else None,
        okx_ref=None if ours else "b" * 64,
        **changes,
    )


def test_a_contradiction_that_both_libraries_show_is_the_venues() -> None:
    """Two independent readers of one lie leave only the liar; both claims and samples are kept."""
    for sides in permutations((conflict(Library.CCXT, "1"), conflict(Library.OKX_SDK, "2"))):
        (merged,) = merge_sides(sides)
        assert merged.odd_one_out is OddOneOut.VENUE
        assert (merged.ccxt.value, merged.okx_sdk.value) == ("1", "2")
        assert (merged.ccxt_ref, merged.okx_ref) == ("a" * 64, "b" * 64)


def test_a_contradiction_that_one_library_shows_stays_its_own() -> None:
    """Nothing is blamed on the venue that only one library was told, however often."""
    twice = [conflict(Library.CCXT, "1"), conflict(Library.CCXT, "1")]
    (merged,) = merge_sides(twice)
    assert merged.odd_one_out is OddOneOut.CCXT
    assert merged.okx_sdk == NOT_ASKED


@pytest.mark.parametrize(
    "change", [{"row_key": "other"}, {"field": "direction"}, {"symbol": INVERSE}, {"rule": "another-rule"}]
)
def test_contradictions_about_different_things_are_not_merged(change: dict[str, Any]) -> None:
    """Two libraries that stumble over two rows do not make one case against the venue."""
    merged = merge_sides([conflict(Library.CCXT, "1"), conflict(Library.OKX_SDK, "1", **change)])
    assert [one.odd_one_out for one in merged] == [OddOneOut.CCXT, OddOneOut.OKX_SDK]


@pytest.mark.parametrize(
    ("symbol", "market_type"),
    [(SPOT, MarketType.SPOT), (LINEAR, MarketType.SWAP), ("nonsense", None), (None, None)],
)
def test_market_type_is_read_from_a_unified_symbol(symbol: str | None, market_type: MarketType | None) -> None:
    """A text that is no symbol names none."""
    assert market_type_of(symbol) is market_type


@pytest.mark.parametrize("layer", Layer)
def test_reason_of_a_finding_says_what_each_library_said(layer: Layer) -> None:
    """A person reads both words, and where the difference arose, without opening a file."""
    found = judged(compared_field("get_positions", "contracts", ONE, null(NullReason.BLANK), Outcome.MISMATCH), layer)
    assert found is not None
    assert "ccxt says 1" in found.reason
    assert "null (blank)" in found.reason


def test_every_difference_of_a_real_comparison_can_be_judged() -> None:
    """The way from two answers to findings holds together for rows on one side, gaps and errors."""
    fields = [
        *comparison("get_positions", (position(),), (position(contracts="3"),)).fields,
        *comparison("get_positions", (position(),), ()).fields,
        *comparison("get_positions", None, ()).fields,
        *comparison("get_positions", None, None).fields,
    ]
    found = findings_from(one for one in map(judged, fields) if one is not None)
    assert {one.severity for one in found} == {Severity.S3, Severity.S2, Severity.S1} & {one.severity for one in found}
    assert {one.kind for one in found} == {FindingKind.LIBRARY_DISAGREEMENT, FindingKind.UNOBTAINABLE}
    assert {one.outcome for one in found} >= {Outcome.MISMATCH, Outcome.ONE_MISSING, Outcome.BOTH_ERROR}
