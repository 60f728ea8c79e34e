"""
The quick way through very many fills: one pass, each line looked at once, while it is still in the processor's cache.

It takes what needs no second look: fills of an instrument whose time does not go back and whose ids rise as texts, so
that none can be a copy of another, and that name their leg. A line that does not fit is set aside. At the end it is
found to be a copy of one that was taken, word for word, or else the whole instrument is folded anew, the careful way.
What can be read twice (a file) need not be kept: its instruments that did not fit are read a second time.
The arithmetic is the same in both (`dualwitness.models.fold_cost`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from dualwitness.models.enums import MarketType, OrderSide, PositionSide
from dualwitness.models.fold_cost import STRICT
from dualwitness.models.fold_line import FillLine, field_of
from dualwitness.models.holding import RunningHolding
from dualwitness.models.ledger import Ledger
from dualwitness.models.running_leg import RunningLeg

__all__ = ["Stream", "stream"]

_ZERO = Decimal(0)
_BUY, _SELL = OrderSide.BUY, OrderSide.SELL
_moment_of = field_of("ts_venue_ms")
# Copies come from pages that overlap, and a page has a hundred rows.
_KEPT = 100


class _Lane:
    """Fills of one leg or holding whose fees are in one currency."""

    __slots__ = ("add", "count", "currency", "fees", "first_ms", "last_ms", "market_type", "position_side", "target")

    def __init__(self, line: FillLine, target: RunningLeg | RunningHolding) -> None:
        self.target = target
        self.add = target.cost.add if isinstance(target, RunningLeg) else target.move
        self.market_type = line.market_type
        self.position_side = line.position_side
        self.currency = line.fee_currency
        self.fees = _ZERO
        self.count = 0
        self.first_ms = self.last_ms = line.ts_venue_ms or 0


class Stream:
    """
    The lines of one instrument on their way: those that were ``taken``, in time, and those ``set_aside``.

    ``in_passing``: only the newest of those that were taken are kept. What is set aside must be a copy of one of them,
    or the instrument is `lost`, to be read again.
    """

    __slots__ = ("_lanes", "_lost", "bill", "billed", "in_passing", "lane", "set_aside", "taken", "trade", "ts_ms")

    def __init__(self, line: FillLine, *, in_passing: bool) -> None:
        self.in_passing = in_passing
        self.taken: list[FillLine] | deque[FillLine] = deque(maxlen=_KEPT) if in_passing else []
        self.set_aside: list[FillLine] = []
        self._lost = False
        self.ts_ms = -1
        # An id that is none ("", "0") or negative does not come after these.
        self.bill, self.trade = "", "0"
        self.billed = line.bill_id is not None
        self.lane: _Lane | None = None
        self._lanes: dict[tuple[MarketType | None, PositionSide | None, str | None], _Lane] = {}

    def change_lane(self, line: FillLine, ledger: Ledger) -> _Lane:
        """The lane of a line; raises TypeError where it is in doubt, or nobody knows the fee's currency."""
        key = line.market_type, line.position_side, line.fee_currency
        lane = self._lanes.get(key)
        if lane is None:
            target = None if line.fee_currency is None else ledger.target(line)
            if target is None:
                raise TypeError
            lane = self._lanes[key] = _Lane(line, target)
        self.lane = lane
        return lane

    def put_aside(self, line: FillLine) -> None:
        """Keep a line that does not fit for the end; in passing, see at once what it is."""
        if not self.in_passing or self._was_taken(line):
            self.set_aside.append(line)
        else:
            self._lost = True

    def settle(self, flat_at_ms: int | None) -> bool:
        """
        Hand fees, counts and times on.

        False, and then nothing of it counts, where a line did not fit that is no copy, where something was added up
        that is no number, and where fills lie before the moment at which nothing was held.
        """
        if self._lost or not (self.in_passing or all(self._was_taken(line) for line in self.set_aside)):
            return False
        for lane in self._lanes.values():
            target = lane.target
            exact = target.cost.cash.is_finite() if isinstance(target, RunningLeg) else target.exact
            if not exact or not lane.fees.is_finite() or (flat_at_ms is not None and lane.first_ms < flat_at_ms):
                return False
            if lane.count:
                target.fees.put(lane.currency or "", lane.fees)
                target.tally.add(lane.first_ms, lane.last_ms, count=lane.count)
        return True

    @property
    def count(self) -> int:
        """How many lines were taken."""
        return sum(lane.count for lane in self._lanes.values())

    def _was_taken(self, line: FillLine) -> bool:
        if line.ts_venue_ms is None:
            return False
        at = bisect_left(self.taken, line.ts_venue_ms, key=_moment_of)
        while at < len(self.taken) and self.taken[at].ts_venue_ms == line.ts_venue_ms:
            if self.taken[at] == line:
                return True
            at += 1
        return False


def stream(lines: Iterable[FillLine], ledger: Ledger, *, in_passing: bool = False) -> dict[str, Stream]:
    """
    Take what can be taken into the ledger's legs and holdings; `Stream.settle` tells whether that was everything.

    Lines are put in time before; ``in_passing`` they are taken as they come, and none is kept for long.
    """
    streams: dict[str, Stream] = {}
    with localcontext(STRICT):
        for line in lines if in_passing else _in_time(lines):
            symbol, market_type, position_side, side, price, contracts, fee, currency, ts_ms, bill, trade, _, _ = line
            one = streams.get(symbol)
            if one is None:
                one = streams[symbol] = Stream(line, in_passing=in_passing)
            try:
                if bill is None and not one.billed:
                    bill = trade
                if (
                    ts_ms < one.ts_ms  # type: ignore[operator]  # what is missing raises TypeError, and is set aside
                    or bill <= one.bill  # type: ignore[operator]
                    or trade <= one.trade  # type: ignore[operator]
                    or contracts <= _ZERO  # type: ignore[operator]
                    or (side is not _BUY and side is not _SELL)
                    or (ts_ms == one.ts_ms and not _is_next(one.bill, bill))  # type: ignore[arg-type]
                ):
                    one.put_aside(line)
                    continue
                lane = one.lane
                if (
                    lane is None
                    or position_side is not lane.position_side
                    or market_type is not lane.market_type
                    or currency != lane.currency
                ):
                    lane = one.change_lane(line, ledger)
                lane.add(side is _BUY, contracts, price)  # type: ignore[arg-type]
                lane.fees += fee  # type: ignore[operator]
            except (TypeError, ArithmeticError):
                one.put_aside(line)
                continue
            lane.count += 1
            lane.last_ms = ts_ms  # type: ignore[assignment]
            one.ts_ms, one.bill, one.trade = ts_ms, bill, trade  # type: ignore[assignment]
            one.taken.append(line)
    return streams


def _in_time(lines: Iterable[FillLine]) -> Sequence[FillLine]:
    """In the order of their times, if all have one; what does not fit the order later is set aside then."""
    found = list(lines)
    try:
        found.sort(key=_moment_of)
    except TypeError:
        found.sort(key=lambda line: line.ts_venue_ms or 0)
    return found


def _is_next(before: str, bill: str) -> bool:
    """Whether two ids of one millisecond are numbers, the second one the larger."""
    return before.isascii() and before.isdecimal() and bill.isascii() and bill.isdecimal() and int(before) < int(bill)
