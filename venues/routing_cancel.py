"""Cancels: one order, or everything that is open; they pass whatever is halted, tripped, latched or used up."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualwitness.models import Order, OrderState
from dualwitness.risk import MessageKind, RiskError
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.orders import OrderFate
from dualwitness.venues.router import Router
from dualwitness.venues.routing_route import VenueRoute

__all__ = ["Cancellation", "KillReport", "Sweep", "Unconfirmed", "cancel_one"]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What became of one cancel; ``fate`` is null where nothing is known of the order here."""

    client_order_id: str
    fate: OrderFate | None
    problems: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether nothing of the order is open any more."""
        return self.fate is not None and self.fate.is_final


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An order that may still be open: a person must look at it."""

    client_order_id: str
    venue: str
    symbol: str
    why: str


@dataclass(frozen=True, slots=True)
class KillReport:
    """
    How things stand after a kill switch.

    ``tripped`` says whether the switch itself is known to be thrown. ``cancelled`` are orders that were open and are
    not any more, ``unconfirmed`` those that may be. ``others`` are open orders of the account that are not ours: they
    are left alone. ``problems`` is everything that did not work.
    """

    who: str
    why: str
    tripped: bool
    cancelled: tuple[OrderFate, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    others: tuple[Order, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether no order of ours can be open."""
        return self.tripped and not self.unconfirmed

    def line(self) -> dict[str, object]:
        """The report as JSON values."""
        return {
            "kind": "kill",
            "by": self.who,
            "why": self.why,
            "tripped": self.tripped,
            "cancelled": [fate.client_order_id for fate in self.cancelled],
            "unconfirmed": [f"{one.venue} {one.symbol} {one.client_order_id}: {one.why}" for one in self.unconfirmed],
            "others": [f"{one.symbol} {one.venue_order_id}" for one in self.others],
            "problems": list(self.problems),
        }


def cancel_one(router: Router, route: VenueRoute, client_order_id: str) -> Cancellation:
    """
    Ask for a cancel and settle what became of the order.

    A cancel that cannot be counted or settled is sent all the same: it only ever makes things smaller.
    """
    problems: list[str] = []
    try:
        record = route.record_of(client_order_id)
    except DualwitnessError as error:
        return Cancellation(client_order_id, None, (str(error),))
    if record is None:
        return Cancellation(client_order_id, None, (f"no order {client_order_id} was ever sent over this route",))
    try:
        router.engine.note_message(MessageKind.CANCEL, route.venue, record.symbol)
    except RiskError as error:
        problems.append(f"the cancel was not counted: {error.diagnostics()}")
    try:
        fate = route.protocol.cancel(client_order_id)
    except DualwitnessError as error:
        return Cancellation(client_order_id, record.fate, (*problems, f"{type(error).__name__}: {error}"))
    problem = router.settle(fate)
    return Cancellation(client_order_id, fate, (*problems, *([] if problem is None else [problem])))


@dataclass(slots=True)
class Sweep:
    """Cancels everything of ours, route by route, and keeps what was found; `report` tells it."""

    router: Router
    cancelled: list[OrderFate] = field(default_factory=list)
    unconfirmed: dict[str, Unconfirmed] = field(default_factory=dict)
    others: list[Order] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def over(self, route: VenueRoute) -> None:
        """Everything of one route: what we believe to be open, and what the venue says is."""
        try:
            unfinished = [fate.client_order_id for fate in route.protocol.unfinished()]
        except DualwitnessError as error:
            unfinished = []
            self.problems.append(f"{route.name}: our own orders could not be read: {error}")
        for own_id in unfinished:
            done = cancel_one(self.router, route, own_id)
            self.problems += done.problems
            if done.confirmed and done.fate is not None:
                self.cancelled.append(done.fate)
            else:
                state = "unknown" if done.fate is None else str(done.fate.state)
                self._doubt(route, own_id, state)
        try:
            listed = route.clients[route.main].get_open_orders()
        except DualwitnessError as error:
            self.problems.append(f"{route.name}: open orders could not be listed: {error}")
            return
        for order in listed:
            self._still_open(route, order)

    def report(self, who: str, why: str, *, tripped: bool) -> KillReport:
        """What was found, with everything that still counts as open as unconfirmed."""
        gone = {fate.client_order_id for fate in self.cancelled}
        try:
            for one in self.router.engine.open_orders():
                if one.client_order_id not in gone and one.client_order_id not in self.unconfirmed:
                    doubt = Unconfirmed(one.client_order_id, one.venue, one.symbol, one.state)
                    self.unconfirmed[one.client_order_id] = doubt
        except RiskError as error:
            self.problems.append(f"what is counted as open is not known: {error.diagnostics()}")
        return KillReport(
            who=who,
            why=why,
            tripped=tripped,
            cancelled=tuple(self.cancelled),
            unconfirmed=tuple(self.unconfirmed.values()),
            others=tuple(self.others),
            problems=tuple(self.problems),
        )

    def _still_open(self, route: VenueRoute, order: Order) -> None:
        """An order that the venue lists as open: ours is cancelled by its own number, another's is told."""
        own_id = order.client_order_id or ""
        if not self._is_ours(route, own_id):
            self.others.append(order)
            return
        client = route.clients[route.main]
        try:
            client.cancel_order(order.venue_order_id or "", order.symbol)
            state = client.get_order(order.symbol, order_id=order.venue_order_id).state
        except DualwitnessError as error:
            self.problems.append(f"{own_id}: {type(error).__name__}: {error}")
            state = order.state
        if state not in (OrderState.CANCELED, OrderState.FILLED):
            self._doubt(route, own_id, f"the venue lists it as {state}", order.symbol)

    def _is_ours(self, route: VenueRoute, own_id: str) -> bool:
        if own_id in self.unconfirmed:
            return True
        try:
            return bool(own_id) and route.record_of(own_id) is not None
        except DualwitnessError:
            # The store does not answer: what the risk engine counts is ours all the same.
            try:
                return own_id in {one.client_order_id for one in self.router.engine.open_orders()}
            except RiskError:
                return False

    def _doubt(self, route: VenueRoute, own_id: str, why: str, symbol: str = "") -> None:
        if not symbol:
            try:
                record = route.record_of(own_id)
            except DualwitnessError:
                record = None
            symbol = "unknown" if record is None else record.symbol
        self.unconfirmed[own_id] = Unconfirmed(own_id, str(route.venue), symbol, why)
