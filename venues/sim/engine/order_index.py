"""Orders by label (instType=…, state=…), so that a page of a list costs as much as it shows."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.paging import PageAsk
from dualwitness.venues.sim.engine.sorted_numbers import Choice, common_numbers

__all__ = ["FinishedOrders", "OrderIndex", "listed_until_ms"]

# Ids have 19 digits and stay below this.
_ABOVE_ALL = 2**63 - 1
# From this many on, lists are written anew instead of losing one number at a time.
_MANY = 32


def _labels(order: Order) -> tuple[tuple[str, str], ...]:
    instrument = order.instrument
    return (
        ("", ""),
        ("category", order.category),
        ("instFamily", instrument.inst_family),
        ("instId", instrument.inst_id),
        ("instType", order.inst_type),
        ("ordType", order.request.ord_type),
        ("state", order.state),
        ("uly", instrument.uly),
    )


class OrderIndex:
    """Ids of orders, sorted, by label; ids grow with the time an order was created."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str], array[int]] = {}

    def add(self, order: Order) -> None:
        """List an order under what it is now."""
        number = int(order.ord_id)
        for label in _labels(order):
            numbers = self._labels.get(label)
            if numbers is None:
                numbers = self._labels[label] = array("q")
            if not numbers or numbers[-1] < number:
                numbers.append(number)
            else:
                numbers.insert(bisect_left(numbers, number), number)

    def remove(self, order: Order) -> None:
        """Strike an order off; it must be what it was when it was listed."""
        number = int(order.ord_id)
        for label in _labels(order):
            numbers = self._labels[label]
            del numbers[bisect_left(numbers, number)]

    def remove_many(self, orders: Sequence[Order]) -> None:
        """Strike off many orders at once."""
        if len(orders) < _MANY:
            for order in orders:
                self.remove(order)
            return
        gone: dict[tuple[str, str], set[int]] = {}
        for order in orders:
            for label in _labels(order):
                gone.setdefault(label, set()).add(int(order.ord_id))
        for label, struck in gone.items():
            self._labels[label] = array("q", (each for each in self._labels[label] if each not in struck))

    def page(self, ask: PageAsk, filters: Mapping[str, Sequence[str]], created_ms: Callable[[int], int]) -> list[str]:
        """Ids of one page; each filter names the words that will do; begin and end are on the creation."""
        low = 0 if ask.before is None else ask.before + 1
        high = _ABOVE_ALL if ask.after is None else ask.after
        every = self._labels.get(("", ""), array("q"))
        if ask.begin is not None:
            place = bisect_left(every, ask.begin, key=created_ms)
            low = max(low, every[place] if place < len(every) else _ABOVE_ALL)
        if ask.end is not None:
            place = bisect_right(every, ask.end, key=created_ms)
            high = min(high, every[place - 1] + 1 if place else 0)
        choices: list[Choice] = [(every,)]
        choices += [tuple(self._labels.get((name, word), ()) for word in words) for name, words in filters.items()]
        numbers = common_numbers(choices, low, high, ask.size, oldest_first=ask.oldest_first)
        return [str(number) for number in numbers]


class FinishedOrders(OrderIndex):
    """
    Orders that ended, for as long as they are listed.

    ``life_ms`` is how long after its last change an order with a fill is listed, ``unfilled_life_ms`` one without.
    """

    def __init__(self, life_ms: int, unfilled_life_ms: int) -> None:
        super().__init__()
        self._lives = {True: life_ms, False: unfilled_life_ms}
        # In the order they ended, which is the order in which they are struck off.
        self._ended: dict[bool, deque[Order]] = {True: deque(), False: deque()}

    def add(self, order: Order) -> None:
        """List an order that ended."""
        filled = bool(order.filled)
        if self._lives[filled]:
            super().add(order)
            self._ended[filled].append(order)

    def expire(self, now_ms: int) -> None:
        """Strike off what is listed no longer."""
        for filled, ended in self._ended.items():
            due: list[Order] = []
            while ended and ended[0].updated_ms + self._lives[filled] <= now_ms:
                due.append(ended.popleft())
            if due:
                self.remove_many(due)


def listed_until_ms(order: Order, unfilled_life_ms: int) -> int | None:
    """From when on an order that was canceled without a fill is unknown to every endpoint; None for all others."""
    return None if order.open or order.filled else order.updated_ms + unfilled_life_ms
