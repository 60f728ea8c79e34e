"""Every order of the account, findable by id, by client id, by instrument and by whether it is open."""

from __future__ import annotations

from collections.abc import Iterator

from dualwitness.venues.sim.engine.hold_sums import HoldSums
from dualwitness.venues.sim.engine.order import Order

__all__ = ["OrderStore"]


class OrderStore:
    """Orders by id; ids grow, so the order of arrival is the order of ids."""

    def __init__(self) -> None:
        self.holds = HoldSums()
        self._all: dict[str, Order] = {}
        self._open: dict[str, Order] = {}
        self._open_of: dict[str, dict[str, Order]] = {}
        self._newest_of_client: dict[tuple[str, str], str] = {}
        self._pending_clients: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Order]:
        """All orders, oldest first."""
        return iter(self._all.values())

    def get(self, ord_id: str) -> Order | None:
        """The order of that id."""
        return self._all.get(ord_id)

    def put(self, order: Order) -> Order:
        """Register a new order, or keep what became of a known one; gives it back."""
        before = self._all.get(order.ord_id)
        self._all[order.ord_id] = order
        self.holds.change(before, order)
        client_id, inst_id = order.request.cl_ord_id, order.instrument.inst_id
        if client_id:
            if before is None:
                self._newest_of_client[inst_id, client_id] = order.ord_id
            change = order.open - (before is not None and before.open)
            self._pending_clients[client_id] = self._pending_clients.get(client_id, 0) + change
        of_instrument = self._open_of.setdefault(inst_id, {})
        if order.open:
            self._open[order.ord_id] = of_instrument[order.ord_id] = order
        else:
            self._open.pop(order.ord_id, None)
            of_instrument.pop(order.ord_id, None)
        return order

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

    def is_pending_client_id(self, cl_ord_id: str) -> bool:
        """Whether an open order carries that client id."""
        return self._pending_clients.get(cl_ord_id, 0) > 0

    def newest_of_client(self, inst_id: str, cl_ord_id: str) -> Order | None:
        """The latest order of that instrument and client id."""
        ord_id = self._newest_of_client.get((inst_id, cl_ord_id))
        return None if ord_id is None else self._all[ord_id]
