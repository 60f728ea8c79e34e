"""Histories of which only a part is known: an interval that holds the truth, or the truth from a snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random

from dualwitness.models import Fill, Gap, History, NullReason, OpeningLeg, OpeningSnapshot, PositionMode, PositionSide
from dualwitness.models.fold import fold_fills
from tests.support.fills import INSTRUMENTS
from tests.support.fold_oracle import fills_of, random_steps

HISTORIES = 3_000 if os.environ.get("DUALWITNESS_FULL") == "1" else 250


def _histories() -> Iterator[tuple[Random, PositionMode, list[Fill]]]:
    for seed in range(HISTORIES):
        random = Random(seed)
        mode = random.choice(list(PositionMode))
        fills, _ = fills_of(random_steps(random, 25), mode)
        if fills:
            yield random, mode, fills


def _truth(fills: list[Fill], mode: PositionMode) -> dict[tuple[str, PositionSide], Decimal]:
    whole = fold_fills(fills, INSTRUMENTS, mode, history_complete=True)
    return {(leg.symbol, leg.position_side): leg.contracts or Decimal(0) for leg in whole.legs}


def test_interval_of_a_window_always_holds_the_truth_and_contracts_are_never_told() -> None:
    """Cut anywhere: the fills before the cut are lost, and what is told of the rest is true all the same."""
    tight = 0
    for random, mode, fills in _histories():
        since_ms = random.choice(fills).ts_venue_ms or 0
        seen = [fill for fill in fills if (fill.ts_venue_ms or 0) >= since_ms]
        truth = _truth(fills, mode)
        random.shuffle(seen)
        for leg in fold_fills(seen, INSTRUMENTS, mode, history=History(since_ms=since_ms)).legs:
            key = leg.symbol, leg.position_side
            assert leg.value_or_reason("contracts") == (None, NullReason.ABSENT)
            assert leg.explanation is not None
            if leg.position_side is PositionSide.NET:
                assert leg.bounds is None
                continue
            assert leg.bounds is not None
            assert leg.bounds.contains(truth[key])
            assert leg.bounds.direction in (None, "long" if truth[key] > 0 else "short")
            tight += leg.bounds.direction is not None
    assert tight > HISTORIES // 10


def test_interval_after_a_gap_holds_the_truth() -> None:
    """Fills are lost in the middle: what was before them says nothing any more, what came after them does."""
    for random, mode, fills in _histories():
        times = sorted(fill.ts_venue_ms or 0 for fill in random.choices(fills, k=2))
        gap = Gap(times[0], times[1], "a page that never came")
        seen = [fill for fill in fills if not times[0] <= (fill.ts_venue_ms or 0) <= times[1]]
        truth = _truth(fills, mode)
        result = fold_fills(seen, INSTRUMENTS, mode, history=History(since_ms=0, flat_start="proven", gaps=(gap,)))
        assert not result.complete
        for leg in result.legs:
            assert leg.contracts is None
            assert leg.bounds is None or leg.bounds.contains(truth[leg.symbol, leg.position_side])


def test_fold_from_a_snapshot_at_any_moment_is_the_fold_of_everything() -> None:
    """The state at a moment, and all fills again: those at or before it are not counted twice."""
    for random, mode, fills in _histories():
        at_ms = random.choice(fills).ts_venue_ms or 0
        before = [fill for fill in fills if (fill.ts_venue_ms or 0) <= at_ms]
        opened = fold_fills(before, INSTRUMENTS, mode, history_complete=True)
        legs = tuple(
            OpeningLeg(leg.symbol, leg.position_side, leg.contracts or Decimal(0), leg.entry_price or Decimal(1))
            for leg in opened.legs
        )
        history = History(since_ms=fills[0].ts_venue_ms, opening=OpeningSnapshot(at_ms, legs, "a test"))
        result = fold_fills(fills, INSTRUMENTS, mode, history=history)
        assert result.complete
        assert result.opening is history.opening
        assert result.part_of_opening == len(before)
        whole = fold_fills(fills, INSTRUMENTS, mode, history_complete=True)
        for leg in result.legs:
            other = whole.leg(leg.symbol, leg.position_side)
            assert other is not None
            assert leg.contracts == other.contracts
            if leg.entry_price is not None and other.entry_price is not None:
                # The snapshot tells its entry price with 40 digits.
                assert abs(Fraction(leg.entry_price) / Fraction(other.entry_price) - 1) < Fraction(1, 10**35)


def test_order_without_ids_never_tells_another_entry_price() -> None:
    """Without any proof of order in a millisecond, what is told is what the proven order tells, or nothing."""
    silent = told = 0
    for random, mode, fills in _histories():
        bare = [
            fill.model_copy(update={"bill_id": None, "trade_id": f"x{random.random()}", "reasons": {**fill.reasons}})
            for fill in fills
        ]
        bare = [
            fill.model_copy(update={"reasons": {"bill_id": NullReason.UNSUPPORTED, **fill.reasons}}) for fill in bare
        ]
        whole = fold_fills(fills, INSTRUMENTS, mode, history_complete=True)
        random.shuffle(bare)
        for leg in fold_fills(bare, INSTRUMENTS, mode, history_complete=True).legs:
            other = whole.leg(leg.symbol, leg.position_side)
            assert other is not None
            assert leg.contracts == other.contracts
            assert leg.realized_pnl in (None, other.realized_pnl)
            assert leg.entry_price in (None, other.entry_price)
            silent += leg.realized_pnl is None
            told += leg.realized_pnl is not None
    assert silent > HISTORIES // 20
    assert told > HISTORIES // 2
