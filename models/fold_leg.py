"""
One leg from all of its fills: what is proven of it, and where something is not, why.

Contracts are a sum and need no order; cost and profit do. Where nothing proves the order within a millisecond, and it
matters, they are null until the leg is flat or turns around at a proven place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate

from dualwitness.models.enums import NullReason, PositionSide
from dualwitness.models.exact import EXACT, plain
from dualwitness.models.fold_line import FillLine
from dualwitness.models.fold_move import Move
from dualwitness.models.fold_order import moments, same_moment_runs, unproven_runs
from dualwitness.models.fold_window import Window
from dualwitness.models.leg import Bounds
from dualwitness.models.running_leg import RunningLeg

__all__ = ["fold_leg"]

Run = tuple[int, int]
_ZERO = Decimal(0)

_AT_OPENING = "a fill of the opening snapshot's own millisecond may be part of it or not"
_NOT_FLAT = "the fills before the start that is said to be flat do not cancel out"


@dataclass(slots=True)
class _Fills:
    """The fills of a leg that count, in time, and the runs of one millisecond whose order is not proven."""

    lines: Sequence[FillLine]
    moves: Sequence[Move]
    unordered: dict[Run, NullReason]

    @property
    def changes(self) -> list[Decimal]:
        """Signed contracts of each."""
        return [move.change for move in self.moves]

    def reorder(self, run: Run, order: Sequence[int]) -> None:
        """Put the fills of a run into an order that is proven after all."""
        begin, end = run
        places = [*range(begin), *order, *range(end, len(self.lines))]
        self.lines = [self.lines[at] for at in places]
        self.moves = [self.moves[at] for at in places]
        del self.unordered[run]


def fold_leg(leg: RunningLeg, lines: Sequence[FillLine], window: Window, positions_after: Mapping[str, Decimal]) -> int:
    """
    Add all fills of a leg, in time, and say how many of them were part of the opening snapshot.

    ``positions_after`` are signed contracts of the leg after a bill, where somebody counted them.
    """
    cut = window.cut(lines)
    for line in cut.counted:
        leg.note(line)
    moves = _moves(leg, cut.counted)
    if moves is None:
        return cut.part_of_opening
    fills = _Fills(cut.counted, moves, dict.fromkeys(unproven_runs(cut.counted), NullReason.ABSENT))
    _check_flat_start(leg, fills, window)
    if positions_after:
        _check_positions(leg, fills, positions_after, complete=window.complete and not cut.undecided)
    _post(leg, fills)
    if cut.undecided:
        _leave_open(leg, cut.undecided)
    elif not window.complete and not leg.lost and leg.bounds is None:
        leg.bounds = _bounds(leg.position_side, fills, window.known_from_ms)
    return cut.part_of_opening


def _moves(leg: RunningLeg, lines: Sequence[FillLine]) -> list[Move] | None:
    moves = [leg.move_of(line) for line in lines]
    known = [move for move in moves if move is not None]
    return known if len(known) == len(moves) else None


def _post(leg: RunningLeg, fills: _Fills) -> None:
    """Add the fills run by run; those between two runs are in order."""
    at = 0
    for (begin, end), reason in sorted(fills.unordered.items()):
        leg.post(fills.moves[at:begin])
        run = fills.moves[begin:end]
        leg.post_unordered(run, reason, matters=_order_matters(leg.cost.held, run))
        at = end
    leg.post(fills.moves[at:])


def _order_matters(held: Decimal, run: Sequence[Move]) -> bool:
    """Whether another order could leave another cost: not where all go one way and none turns the leg around."""
    if len({move.bought for move in run}) > 1:
        return True
    total = sum((move.contracts for move in run), _ZERO)
    turns = held != 0 and (held > 0) is not run[0].bought and total > abs(held)
    return turns and len({move.price for move in run}) > 1


def _check_flat_start(leg: RunningLeg, fills: _Fills, window: Window) -> None:
    if window.flat_at_ms is None:
        return
    place = bisect_left(moments(fills.lines), window.flat_at_ms)
    with localcontext(EXACT):
        if place and sum(fills.changes[:place], _ZERO):
            leg.lose(NullReason.CONFLICT, _NOT_FLAT)


def _check_positions(leg: RunningLeg, fills: _Fills, positions_after: Mapping[str, Decimal], *, complete: bool) -> None:
    """
    Hold what was counted after a bill against the fills up to it.

    Where each fill of a millisecond has such a position, they prove its order. Without a proven start the first one
    counted is the measure of the others, and bounds the leg at a point. One that is off within a millisecond whose sum
    is right says that the order is another; anything else, that a fill is amiss.
    """
    with localcontext(EXACT):
        held = list(accumulate(fills.changes, initial=leg.opening))
        if complete:
            for run in list(fills.unordered):
                order = _chained(fills, run, held[run[0]], positions_after)
                if order is not None:
                    fills.reorder(run, order)
            held = list(accumulate(fills.changes, initial=leg.opening))
        bills = {at: line.bill_id or "" for at, line in enumerate(fills.lines) if line.bill_id in positions_after}
        counted = {at: positions_after[bill] for at, bill in bills.items()}
        if not counted:
            return
        runs = list(same_moment_runs(moments(fills.lines)))
        offset = _ZERO if complete else _offset(counted, held, runs)
        for at, position in counted.items():
            made = held[at + 1] + offset
            if position == made:
                continue
            run = next((one for one in runs if one[0] <= at < one[1]), (at, at + 1))
            if held[run[1]] + offset not in {counted[each] for each in range(*run) if each in counted}:
                because = f"after bill {bills[at]} {position:f} contracts were counted, the fills make {made:f}"
                leg.lose(NullReason.CONFLICT, because)
                return
            fills.unordered[run] = NullReason.CONFLICT
        if not complete:
            now = plain(held[-1] + offset)
            leg.bounds = Bounds(now, now)


def _chained(fills: _Fills, run: Run, held: Decimal, positions_after: Mapping[str, Decimal]) -> list[int] | None:
    """The one order in which each fill begins with the position that the one before it left; None: none, or several."""
    left, order = list(range(*run)), []
    while left:
        fits = [
            at for at in left if positions_after.get(fills.lines[at].bill_id or "") == held + fills.moves[at].change
        ]
        if not fits or len({fills.moves[at] for at in fits}) > 1:
            return None
        held += fills.moves[fits[0]].change
        left.remove(fits[0])
        order.append(fits[0])
    return order


def _offset(counted: Mapping[int, Decimal], held: Sequence[Decimal], runs: Sequence[Run]) -> Decimal:
    """What was held before the first fill, by the first position that was counted at the end of a millisecond."""
    inside = {at for begin, end in runs for at in range(begin, end - 1)}
    at = next((each for each in sorted(counted) if each not in inside), min(counted))
    return counted[at] - held[at + 1]


def _leave_open(leg: RunningLeg, undecided: Sequence[FillLine]) -> None:
    """Fills that may be part of the opening or not: between none of them and all of them."""
    moves = _moves(leg, undecided)
    leg.spoil(NullReason.ABSENT, _AT_OPENING)
    if moves is None:
        return
    with localcontext(EXACT):
        low = leg.cost.held - sum((move.contracts for move in moves if not move.bought), _ZERO)
        high = leg.cost.held + sum((move.contracts for move in moves if move.bought), _ZERO)
    leg.bounds = Bounds(plain(low), plain(high))


def _bounds(side: PositionSide, fills: _Fills, known_from_ms: int | None) -> Bounds | None:
    """
    Where a leg lies whose start is not proven.

    A long leg is never below zero, so at the first known fill there was at least what the fills after it took out; a
    short leg is never above zero. A net leg may have been anything.
    """
    if side is PositionSide.NET:
        return None
    first = len(fills.lines) if known_from_ms is None else bisect_left(moments(fills.lines), known_from_ms)
    with localcontext(EXACT):
        # What the known fills add up to after each of them, but for places inside a millisecond without order.
        sums = list(accumulate(fills.changes[first:], initial=_ZERO))
        inside = {at - first for begin, end in fills.unordered for at in range(begin + 1, end)}
        proven = [each for at, each in enumerate(sums) if at not in inside]
        if side is PositionSide.LONG:
            return Bounds(plain(sums[-1] - min(proven)), None)
        return Bounds(None, plain(sums[-1] - max(proven)))
