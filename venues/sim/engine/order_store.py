"""Every order of the account, findable by id, by client id, by instrument, by price and by whether it is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from dualwitness.venues.sim.engine.hold_sums import HoldSums
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.order_index import FinishedOrders, OrderIndex, listed_until_ms
from dualwitness.venues.sim.engine.own_book import OwnBook
from dualwitness.venues.sim.engine.paging import PageAsk

__all__ = ["UNFILLED_LIFE_MS", "OrderStore"]

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
# An order canceled without any fill is known for two hours only (okx-v5-facts section 7).
UNFILLED_LIFE_MS = 2 * _HOUR_MS


class OrderStore:
    """
    Orders by id; ids grow, so the order of arrival is the order of ids.

    ``holds`` sums what the open ones hold back, ``book`` has them by price.
    """

    def __init__(self) -> None:
        self.holds = HoldSums()
        self.book = OwnBook()
        self._all: dict[str, Order] = {}
        self._open: dict[str, Order] = {}
        self._open_of: dict[str, dict[str, Order]] = {}
        self._newest_of_client: dict[tuple[str, str], str] = {}
        self._pending_clients: dict[str, int] = {}
        self._pending = OrderIndex()
        self._recent = FinishedOrders(7 * _DAY_MS, UNFILLED_LIFE_MS)
        self._archived = FinishedOrders(90 * _DAY_MS, 0)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Order]:
        """All orders, oldest first."""
        return iter(self._all.values())

    def get(self, ord_id: str) -> Order | None:
        """The order of that id, however old."""
        return self._all.get(ord_id)

    def open_instruments(self) -> list[str]:
        """Ids of the instruments that have open orders."""
        return [inst_id for inst_id, orders in self._open_of.items() if orders]

    def put(self, order: Order) -> Order:
        """Register a new order, or keep what became of a known one; gives it back."""
        before = self._all.get(order.ord_id)
        self._all[order.ord_id] = order
        self.holds.change(before, order)
        self.book.change(before, order)
        client_id, inst_id = order.request.cl_ord_id, order.instrument.inst_id
        was_open = before is not None and before.open
        if client_id:
            if before is None:
                self._newest_of_client[inst_id, client_id] = order.ord_id
            self._count_client(client_id, order.open - was_open)
        if before is not None and was_open:
            self._pending.remove(before)
        if order.open:
            self._pending.add(order)
            self._open[order.ord_id] = order
            self._open_of.setdefault(inst_id, {})[order.ord_id] = order
            return order
        self._open.pop(order.ord_id, None)
        self._open_of.get(inst_id, {}).pop(order.ord_id, None)
        if was_open or before is None:
            self._recent.add(order)
            self._archived.add(order)
        return order

    def _count_client(self, cl_ord_id: str, change: int) -> None:
        count = self._pending_clients.get(cl_ord_id, 0) + change
        if count:
            self._pending_clients[cl_ord_id] = count
        else:
            self._pending_clients.pop(cl_ord_id, None)

    @contextmanager
    def set_aside(self, order: Order) -> Iterator[None]:
        """For a while an open order holds nothing back and its client id is free: an amend is checked like that."""
        self.holds.change(order, None)
        if order.request.cl_ord_id:
            self._count_client(order.request.cl_ord_id, -1)
        try:
            yield
        finally:
            self.holds.change(None, order)
            if order.request.cl_ord_id:
                self._count_client(order.request.cl_ord_id, 1)

    def open_orders(self) -> Iterator[Order]:
        """Live and partially filled orders, oldest first."""
        return iter(self._open.values())

    def open_of(self, inst_id: str) -> tuple[Order, ...]:
        """Open orders of one instrument, oldest first."""
        return tuple(self._open_of.get(inst_id, {}).values())

    @property
    def open_count(self) -> int:
        """How many are open."""
        return len(self._open)

    def open_count_of(self, inst_id: str) -> int:
        """How many of one instrument are open."""
        return len(self._open_of.get(inst_id, {}))

    def is_pending_client_id(self, cl_ord_id: str) -> bool:
        """Whether an open order carries that client id."""
        return self._pending_clients.get(cl_ord_id, 0) > 0

    def newest_of_client(self, inst_id: str, cl_ord_id: str) -> Order | None:
        """The latest order of that instrument and client id."""
        ord_id = self._newest_of_client.get((inst_id, cl_ord_id))
        return None if ord_id is None else self._all[ord_id]

    def known(self, order: Order | None, now_ms: int) -> Order | None:
        """The order where the endpoints still know it."""
        if order is None:
            return None
        until_ms = listed_until_ms(order, UNFILLED_LIFE_MS)
        return order if until_ms is None or now_ms < until_ms else None

    def pending_page(self, ask: PageAsk, filters: Mapping[str, Sequence[str]]) -> list[Order]:
        """One page of the open orders, newest first."""
        return self._orders(self._pending, ask, filters)

    def finished_page(
        self, ask: PageAsk, filters: Mapping[str, Sequence[str]], now_ms: int, *, archive: bool
    ) -> list[Order]:
        """One page of the last seven days, or of the archive's ninety, newest first."""
        index = self._archived if archive else self._recent
        index.expire(now_ms)
        return self._orders(index, ask, filters)

    def _orders(self, index: OrderIndex, ask: PageAsk, filters: Mapping[str, Sequence[str]]) -> list[Order]:
        ids = index.page(ask, filters, lambda number: self._all[str(number)].created_ms)
        return [self._all[ord_id] for ord_id in ids]
