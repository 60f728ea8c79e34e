"""How far back fills are known: contracts where it is proven, an interval where something is, never a guess."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import (
    Direction,
    Fill,
    FoldResult,
    Gap,
    History,
    Leg,
    NullReason,
    OpeningLeg,
    OpeningSnapshot,
    PositionMode,
    PositionSide,
)
from dualwitness.models.fold import fold_fills
from dualwitness.models.leg import Bounds
from tests.support.fills import INSTRUMENTS, LINEAR, PAIR, make_fill

UNKNOWN = (None, NullReason.ABSENT)
LONG = OpeningLeg(LINEAR, PositionSide.NET, Decimal(2), Decimal(100))


def folded(*fills: Fill, history: History, mode: PositionMode = PositionMode.NET) -> FoldResult:
    """The fold under a history."""
    return fold_fills(fills, INSTRUMENTS, mode, history=history)


def leg_of(result: FoldResult, side: PositionSide = PositionSide.NET) -> Leg:
    """The linear leg."""
    leg = result.leg(LINEAR, side)
    assert leg is not None
    return leg


def snapshot(ts_ms: int = 10, **more: object) -> OpeningSnapshot:
    """Long 2 from 100 at a moment."""
    return OpeningSnapshot(ts_ms, (LONG,), "a test", **more)  # type: ignore[arg-type]


def test_fold_needs_exactly_one_word_about_the_past() -> None:
    """Neither both nor none, and an opening state belongs into the history."""
    with pytest.raises(TypeError, match="exactly one"):
        fold_fills([], INSTRUMENTS)
    with pytest.raises(TypeError, match="exactly one"):
        fold_fills([], INSTRUMENTS, history=History(), history_complete=True)
    with pytest.raises(TypeError, match="snapshot"):
        fold_fills([], INSTRUMENTS, opening=[LONG], history=History())


def test_history_and_its_opening_are_kept_in_the_result() -> None:
    """Who reads the result sees what it stands on."""
    history = History(since_ms=5, opening=snapshot())
    result = folded(history=history)
    assert (result.history, result.opening, result.opening_legs) == (history, history.opening, (LONG,))
    assert result.complete
    assert fold_fills([], INSTRUMENTS, history_complete=True).history.flat_start is not None
    assert fold_fills([], INSTRUMENTS, history_complete=False).history == History()


def test_fills_up_to_the_moment_of_the_opening_are_part_of_it() -> None:
    """Those before and in its millisecond are not counted again: neither contracts nor fees nor changes."""
    result = folded(
        make_fill("1", "buy", "2", "100", ts_ms=9, fee="1"),
        make_fill("2", "buy", "2", "100", ts_ms=10, fee="1"),
        make_fill("3", "sell", "1", "130", ts_ms=11, fee="0.5"),
        history=History(since_ms=1, opening=snapshot()),
    )
    leg = leg_of(result)
    assert (leg.contracts, leg.change, leg.entry_price, leg.realized_pnl) == (1, -1, 100, Decimal("0.3"))
    assert leg.fees is not None
    assert (leg.fees[0].fee, leg.fill_count) == (Decimal("0.5"), 1)
    assert (result.fill_count, result.part_of_opening) == (3, 2)


def test_last_bill_of_the_opening_divides_its_millisecond() -> None:
    """Bill 5 is part of the snapshot, bill 6 of the same millisecond came after it."""
    history = History(opening=snapshot(last_bill_id="5"))
    leg = leg_of(
        folded(
            make_fill("1", "buy", "2", "100", bill_id="5", ts_ms=10),
            make_fill("2", "buy", "4", "100", bill_id="6", ts_ms=10),
            history=history,
        )
    )
    assert (leg.contracts, leg.change) == (6, 4)


@pytest.mark.parametrize("more", [{"whole_millisecond": False}, {"last_bill_id": "5"}])
def test_fill_that_may_be_part_of_the_opening_makes_its_leg_null_with_bounds(more: dict[str, object]) -> None:
    """Nobody knows on which side of the snapshot it fell: between none of them and all of them."""
    result = folded(
        make_fill("1", "buy", "3", "100", ts_ms=10),
        make_fill("2", "sell", "1", "100", ts_ms=10),
        make_fill("3", "buy", "4", "100", ts_ms=11),
        history=History(opening=snapshot(**more)),
    )
    leg = leg_of(result)
    for name in ("contracts", "change", "entry_price", "realized_pnl", "fees"):
        assert leg.value_or_reason(name) == UNKNOWN
    assert leg.bounds == Bounds(Decimal(5), Decimal(9))
    assert leg.bounds.direction is Direction.LONG


def test_spot_fill_that_may_be_part_of_the_opening_makes_its_holding_null() -> None:
    """A holding is a change since the snapshot: the same millisecond is in doubt there as well."""
    fill = make_fill("1", "buy", "3", "100", symbol=PAIR, market_type="spot", ts_ms=10)
    before = folded(fill, history=History(opening=snapshot()))
    assert before.part_of_opening == 1
    assert before.holding(PAIR) is None or before.holding(PAIR).base_change == 0  # type: ignore[union-attr]
    doubtful = folded(fill, history=History(opening=snapshot(whole_millisecond=False))).holding(PAIR)
    assert doubtful is not None
    assert doubtful.value_or_reason("base_change") == UNKNOWN


def test_damage_and_doubt_within_the_opening_do_not_touch_what_came_after() -> None:
    """What the snapshot holds was counted by somebody else."""
    leg = leg_of(
        folded(
            make_fill("1", "buy", None, "100", ts_ms=8),
            make_fill("2", "buy", "1", "100", bill_id="1", ts_ms=9),
            make_fill("2", "buy", "7", "100", bill_id="1", ts_ms=9),
            make_fill("3", "buy", "4", "100", ts_ms=11),
            history=History(opening=snapshot()),
        )
    )
    assert leg.contracts == 6


def test_doubt_that_reaches_beyond_the_opening_is_a_conflict() -> None:
    """One copy lies before the snapshot, the other after it."""
    leg = leg_of(
        folded(
            make_fill("2", "buy", "1", "100", bill_id="1", ts_ms=9),
            make_fill("2", "buy", "1", "100", bill_id="1", ts_ms=11),
            history=History(opening=snapshot()),
        )
    )
    assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)


def test_fills_known_only_from_later_than_the_opening_leave_a_gap() -> None:
    """From the snapshot to the first known fill anything may have happened."""
    result = folded(make_fill("3", "buy", "4", "100", ts_ms=30), history=History(since_ms=20, opening=snapshot()))
    assert not result.complete
    leg = leg_of(result)
    assert leg.value_or_reason("contracts") == UNKNOWN
    assert leg.explanation is not None
    assert "from 11 to 19 ms" in leg.explanation


@pytest.mark.parametrize(
    ("gap", "complete"),
    [(Gap(1, 4, "lost"), True), (Gap(1, 5, "lost"), False), (Gap(7, 8, "lost"), False), (Gap(90, 99, "lost"), False)],
)
def test_gap_matters_from_the_flat_start_on(gap: Gap, *, complete: bool) -> None:
    """One that ends before the start does not; one that touches it, or comes after the last fill, does."""
    result = folded(
        make_fill("1", "buy", "1", "100", ts_ms=6), history=History(since_ms=5, flat_start="proven", gaps=(gap,))
    )
    assert result.complete is complete
    assert leg_of(result).contracts == (1 if complete else None)


def test_gap_up_to_the_opening_does_not_matter() -> None:
    """The snapshot knows what the gap hid."""
    past = (Gap(1, 10, "lost"),)
    assert History(opening=snapshot(), gaps=past).complete
    assert not History(opening=snapshot(), gaps=(Gap(1, 11, "lost"),)).complete


def test_start_that_is_not_proven_tells_a_change_and_says_why() -> None:
    """In net mode nothing bounds what was held before."""
    leg = leg_of(folded(make_fill("1", "buy", "1", "100", ts_ms=6), history=History(since_ms=5)))
    assert leg.value_or_reason("contracts") == UNKNOWN
    assert (leg.change, leg.bounds) == (1, None)
    assert leg.explanation == "nothing proves what was held before the first fill"


@pytest.mark.parametrize(
    ("side", "first", "second", "bounds"),
    [
        ("long", "sell", "buy", Bounds(Decimal(1), None)),
        ("long", "buy", "sell", Bounds(Decimal(0), None)),
        ("short", "buy", "sell", Bounds(None, Decimal(-1))),
    ],
)
def test_leg_that_cannot_cross_zero_is_bounded_by_what_was_closed(
    side: str, first: str, second: str, bounds: Bounds
) -> None:
    """3 closed before 1 was opened: at least 3 were there, so at least 1 is there now."""
    fills = [
        make_fill("1", first, "3", "100", position_side=side, ts_ms=6),
        make_fill("2", second, "1" if first != "buy" or side == "short" else "3", "100", position_side=side, ts_ms=7),
    ]
    leg = leg_of(folded(*fills, history=History(since_ms=5), mode=PositionMode.LONG_SHORT), PositionSide(side))
    assert leg.contracts is None
    assert leg.bounds == bounds
    told = folded(*fills, history=History(), mode=PositionMode.LONG_SHORT)
    nothing_known = leg_of(told, PositionSide(side)).bounds
    assert nothing_known == (Bounds(Decimal(0), None) if side == "long" else Bounds(None, Decimal(0)))


def test_bounds_do_not_rest_on_an_order_that_nothing_proves() -> None:
    """3 in and 3 out within one millisecond: told out first, 3 would seem to have been there; it proves nothing."""
    fills = [
        make_fill("xa", "sell", "3", "100", position_side="long", ts_ms=6),
        make_fill("xb", "buy", "3", "100", position_side="long", ts_ms=6),
    ]
    for each in (fills, fills[::-1]):
        leg = leg_of(folded(*each, history=History(since_ms=5), mode=PositionMode.LONG_SHORT), PositionSide.LONG)
        assert leg.bounds == Bounds(Decimal(0), None)


def test_bounds_are_gone_where_a_fill_is_in_doubt() -> None:
    """What rests on a contradiction bounds nothing."""
    fills = [
        make_fill("1", "sell", "3", "100", position_side="long", ts_ms=6, bill_id="1"),
        make_fill("1", "sell", "4", "100", position_side="long", ts_ms=6, bill_id="1"),
    ]
    leg = leg_of(folded(*fills, history=History(since_ms=5), mode=PositionMode.LONG_SHORT), PositionSide.LONG)
    assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)
    assert leg.bounds is None


@pytest.mark.parametrize(("closed", "expected"), [("2", (Decimal(5), None)), ("1", (None, NullReason.CONFLICT))])
def test_fills_before_a_flat_start_must_cancel_out(closed: str, expected: tuple[object, object]) -> None:
    """Flat means flat: fills of before that leave something contradict it."""
    result = folded(
        make_fill("1", "buy", "2", "100", ts_ms=1),
        make_fill("2", "sell", closed, "100", ts_ms=2),
        make_fill("3", "buy", "5", "100", ts_ms=6),
        history=History(since_ms=5, flat_start="proven"),
    )
    assert leg_of(result).value_or_reason("contracts") == expected


def test_opening_leg_without_any_fill_is_still_held() -> None:
    """Nothing happened, so what was there is there."""
    leg = leg_of(folded(history=History(opening=snapshot())))
    assert (leg.contracts, leg.entry_price, leg.change) == (2, 100, 0)
