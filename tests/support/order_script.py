"""A venue of a few orders behind the client's interface, whose answers are told one by one; no socket, no library."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dualwitness.models import Fill, NullReason, Order, OrderSide, OrderState, Side, ValidatedOrder, Venue
from dualwitness.models.wire import WireExchange
from dualwitness.venues.errors import DualwitnessError, OutcomeUnknown, VenueRefusal
from dualwitness.venues.orders import OrderFate
from tests.support.clients import checked_order

__all__ = [
    "MARGIN_MS",
    "NOW_MS",
    "SYMBOL",
    "TIME_TO_LIVE_MS",
    "ScriptedBooks",
    "ScriptedClient",
    "fill_fact",
    "order_fact",
    "said",
    "simple_order",
]

NOW_MS = 1_800_000_000_000
TIME_TO_LIVE_MS, MARGIN_MS = 5_000, 2_000
SYMBOL = "BTC/USDT:USDT"


def simple_order(client_order_id: str | None = "ours1", **changes: Any) -> ValidatedOrder:
    """A checked market order of 0.01 BTC."""
    return checked_order(SYMBOL, changes.pop("size", "0.01"), client_order_id=client_order_id, **changes)


def said(fate: OrderFate) -> list[tuple[str, str, str]]:
    """Who was asked what, and what the answer was."""
    return [(one.witness, one.question, str(one.answer)) for one in fate.evidence]


def order_fact(client_order_id: str = "ours1", **changes: Any) -> Order:
    """An order as a client reports it: filled, one contract at 60000."""
    known = {
        "venue_order_id": "77",
        "client_order_id": client_order_id,
        "symbol": SYMBOL,
        "side": OrderSide.BUY,
        "contracts": Decimal(1),
        "filled_contracts": Decimal(1),
        "average_price": Decimal(60_000),
        "state": OrderState.FILLED,
        "ts_venue_ms": NOW_MS,
    } | changes
    return _fact(Order, known)


def fill_fact(client_order_id: str | None = "ours1", **changes: Any) -> Fill:
    """A fill as a client reports it."""
    return _fact(Fill, {"trade_id": "5", "client_order_id": client_order_id, "symbol": SYMBOL} | changes)


def _fact(kind: type[Any], known: dict[str, Any]) -> Any:
    known = {name: value for name, value in known.items() if value is not None}
    unknown = [name for name in kind.model_fields if name != "reasons" and name not in known]
    return kind(**known, **dict.fromkeys(unknown), reasons=dict.fromkeys(unknown, NullReason.NOT_ASKED))


@dataclass
class ScriptedBooks:
    """What the venue holds: finished and open orders, fills, and how often it was asked to place or cancel."""

    now_ms: int = NOW_MS
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    placed: list[tuple[str, int | None]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def pass_deadline(self) -> None:
        """Let venue time go on until nothing that was sent before can arrive any more."""
        self.now_ms += TIME_TO_LIVE_MS + MARGIN_MS + 1


class ScriptedClient:
    """
    A client over the books.

    ``place_error`` is raised after the order was taken or, with ``loses`` set, without; ``deaf`` names methods that
    raise; ``blind`` names methods that answer soundly as if there were nothing; ``words`` replaces what an order's
    state is called.
    """

    def __init__(self, label: str, books: ScriptedBooks, *, venue: Venue = Venue.OKX) -> None:
        self.label = label
        self.venue = venue
        self.books = books
        self.place_error: BaseException | None = None
        self.loses = False
        self.deaf: dict[str, DualwitnessError] = {}
        self.blind: set[str] = set()
        self.words: dict[str, Order] = {}
        self.asked: list[str] = []

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """Nothing crosses a wire here."""
        return ()

    def get_server_time(self) -> int:
        """Venue time."""
        self._ask("get_server_time")
        return self.books.now_ms

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        """One order by our id."""
        self._ask("get_order")
        order = self.words.get(str(client_order_id)) or self.books.orders.get(str(client_order_id))
        if order is None or "get_order" in self.blind:
            message = "Order does not exist"
            raise VenueRefusal(message, http_status=200, code="51603")
        return order

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Live ones."""
        self._ask("get_open_orders")
        states = (OrderState.LIVE, OrderState.PARTIALLY_FILLED)
        return self._listed("get_open_orders", [one for one in self.books.orders.values() if one.state in states])

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """Finished ones."""
        self._ask("get_order_history")
        states = (OrderState.FILLED, OrderState.CANCELED)
        return self._listed("get_order_history", [one for one in self.books.orders.values() if one.state in states])

    def get_fills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Fill, ...]:
        """All of them."""
        self._ask("get_fills")
        return () if "get_fills" in self.blind else tuple(self.books.fills)

    def place_order(self, order: ValidatedOrder, *, expires_at_ms: int | None = None) -> Order:
        """Take it, and say so or not."""
        own_id = str(order.intent.client_order_id)
        self.books.placed.append((own_id, expires_at_ms))
        if not self.loses:
            side = OrderSide.BUY if order.intent.side is Side.LONG else OrderSide.SELL
            self.books.orders.setdefault(own_id, order_fact(own_id, side=side, ts_venue_ms=self.books.now_ms))
        if self.place_error is not None:
            raise self.place_error
        return _fact(Order, {"venue_order_id": "77", "client_order_id": own_id, "symbol": SYMBOL})

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        """Take it out of the book."""
        self._ask("cancel_order")
        self.books.cancelled.append(order_id)
        for own_id, order in self.books.orders.items():
            if order.venue_order_id == order_id and order.state is OrderState.LIVE:
                self.books.orders[own_id] = order_fact(
                    own_id, state=OrderState.CANCELED, filled_contracts=Decimal(0), average_price=None
                )
        return _fact(Order, {"venue_order_id": order_id, "symbol": symbol})

    def close(self) -> None:
        """Nothing to release."""

    def lose(self) -> None:
        """From now on nothing that is sent arrives, and no answer comes."""
        self.loses = True
        self.place_error = OutcomeUnknown("no complete answer")

    def heal(self) -> None:
        """From now on all is well."""
        self.loses, self.place_error, self.deaf, self.blind = False, None, {}, set()

    def _ask(self, method: str) -> None:
        self.asked.append(method)
        if method in self.deaf:
            raise self.deaf[method]

    def _listed(self, method: str, orders: list[Order]) -> tuple[Order, ...]:
        return () if method in self.blind else tuple(orders)
