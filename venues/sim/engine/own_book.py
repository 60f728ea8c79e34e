"""The account's own resting orders by price: who is reached first when the market moves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from decimal import Decimal

from dualwitness.venues.sim.engine.order import Order

__all__ = ["OwnBook"]


class OwnBook:
    """
    Open orders with a price, best first, of one price the oldest first.

    An amended order keeps its place among those of its price: the id decides.
    """

    def __init__(self) -> None:
        # (instId, side) -> (price, negated for buys, and id), sorted.
        self._queues: dict[tuple[str, str], list[tuple[Decimal, int]]] = {}

    def change(self, before: Order | None, after: Order) -> None:
        """Take an order from where it was and put it where it is."""
        old, new = _place(before), _place(after)
        if old == new:
            return
        key = (after.instrument.inst_id, after.request.side)
        queue = self._queues.setdefault(key, [])
        if old is not None:
            del queue[bisect_left(queue, old)]
        if new is not None:
            insort(queue, new)
        if not queue:
            del self._queues[key]

    def inst_ids(self) -> list[str]:
        """Instruments with a resting order, in the order of their names."""
        return sorted({inst_id for inst_id, _ in self._queues})

    def best(self, inst_id: str, side: str) -> Decimal | None:
        """The best price of one side; None where nothing rests."""
        queue = self._queues.get((inst_id, side))
        return abs(queue[0][0]) if queue else None

    def at_or_better(self, inst_id: str, side: str, px: Decimal | None) -> list[str]:
        """Ids of the orders of one side that ``px`` reaches (None: every one), best first."""
        queue = self._queues.get((inst_id, side), [])
        if px is None:
            return [str(number) for _, number in queue]
        reach = -px if side == "buy" else px
        end = bisect_right(queue, reach, key=lambda each: each[0])
        return [str(number) for _, number in queue[:end]]


def _place(order: Order | None) -> tuple[Decimal, int] | None:
    if order is None or not order.open or order.request.px is None:
        return None
    px = order.request.px
    return (-px if order.request.side == "buy" else px, int(order.ord_id))
