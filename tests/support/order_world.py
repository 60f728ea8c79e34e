"""Helpers to send orders through a bad network: clients, faults, and the venue's own count as ground truth."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dualwitness.models import Library, OrderType, Side, ValidatedOrder
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.orders import FateState, OrderFate, OrderProtocol, OrderStore, client_order_id_for
from dualwitness.venues.sim.lies.effects import Effects
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.clients import checked_order, opened

__all__ = [
    "FAULTS",
    "MARGIN_MS",
    "SWAP",
    "TIME_TO_LIVE_MS",
    "KeepingVenue",
    "OrderWorld",
    "Sitting",
    "blind_retry",
    "in_full",
    "numbered_order",
    "order_world",
    "tell",
    "wall_ms",
]

SWAP = "BTC/USDT:USDT"
# Short deadlines, so that a test need not wait for long; long enough for a busy machine.
TIME_TO_LIVE_MS, MARGIN_MS = 1_000, 100
_PLACE = "/api/v5/trade/order"
_SIZE = "0.001"
_RETRIES = 8
_PATIENCE_S = 120

# A tenth of all requests about orders, questions included, meets each of the first two; the rest is rarer.
FAULTS = (
    "lost_request:probability=0.08",
    "lost_reply:probability=0.10",
    "delayed_arrival:probability=0.04,delay_ms=40,hang_up=1",
    "delayed_arrival:probability=0.02,delay_ms=1800,hang_up=1",
    "http_500:path=trade/order,probability=0.03",
    "http_502:path=trade/order,probability=0.03",
    "http_503:path=trade/order,probability=0.03",
    "outcome_unknown_50004:probability=0.03",
    "outcome_unknown_51149:probability=0.03",
    "reset_peer:path=trade/order,probability=0.03",
    "timeout:path=trade/order,probability=0.01,timeout_ms=20",
    "truncated_json:path=trade/order,probability=0.02",
)


def in_full(sample: int, bar: int) -> int:
    """``bar`` where the environment says DUALWITNESS_FULL=1, an honest sample of it otherwise."""
    return bar if os.environ.get("DUALWITNESS_FULL") == "1" else sample


def tell(figures: str) -> None:
    """Say what was measured: pytest shows it with -rP, and where a test fails."""
    sys.stdout.write(f"{figures}\n")


def wall_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass
class Sitting:
    """What one run of a strategy's orders came to."""

    fates: dict[str, OrderFate] = field(default_factory=dict)
    at_first: Counter[FateState] = field(default_factory=Counter)
    sent_again: int = 0


class KeepingVenue(EmbeddedVenue):
    """An embedded venue that keeps every order's request as it came in, the lost ones too, to let it arrive later."""

    def __init__(self, *, seed: int) -> None:
        super().__init__(seed=seed, scenario="funded")
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def effects(self, target: str, headers: Mapping[str, str], body: bytes) -> Effects:
        """What befalls a request; asked once for each, before it is processed or lost."""
        if body and target == _PLACE:
            self.requests.append((target, {name.lower(): value for name, value in headers.items()}, body))
        return super().effects(target, headers, body)

    def deliver(self, place: int) -> None:
        """Let the request at that place of the list arrive now."""
        target, headers, body = self.requests[place]
        self.answer("POST", target, headers, body)


class OrderWorld:
    """A venue on loopback whose time is the wall's, and both clients on it."""

    def __init__(self, venue: KeepingVenue, base_url: str, clients: Mapping[str, VenueClient]) -> None:
        self.venue = venue
        self.base_url = base_url
        self.clients = clients
        self._made = 0

    def protocol(
        self,
        store: OrderStore,
        main: Library | str,
        *,
        time_to_live_ms: int = TIME_TO_LIVE_MS,
        margin_ms: int = MARGIN_MS,
        clients: Mapping[str, VenueClient] | None = None,
    ) -> OrderProtocol:
        """A protocol on this venue, by default with all clients."""
        return OrderProtocol(
            clients or self.clients,
            store,
            wall_ms,
            main=str(main),
            account="test",
            time_to_live_ms=time_to_live_ms,
            margin_ms=margin_ms,
        )

    def order(self, kind: OrderType = OrderType.MARKET, *, rests: bool = False) -> ValidatedOrder:
        """
        A new order of one tenth of a contract: buys and sells take turns, so that positions stay small.

        A limit order is priced to fill at once, one that ``rests`` to stay in the book.
        """
        self._made += 1
        return numbered_order(self._made, kind, self.price(), rests=rests)

    def price(self) -> str:
        """About where the market stands."""
        with self.venue.lock:
            return str(int(self.venue.market.last("BTC-USDT-SWAP")))

    def placed(self) -> Counter[str]:
        """The venue's own count: how many orders it ever took under each client order id."""
        with self.venue.lock:
            return Counter(order.request.cl_ord_id for order in self.venue.account.orders)

    def true_state(self, client_order_id: str) -> tuple[str, str]:
        """State and filled size of the latest order with that id, from the venue's own books."""
        with self.venue.lock:
            (order,) = [one for one in self.venue.account.orders if one.request.cl_ord_id == client_order_id]
            return order.state, f"{order.filled:f}"

    @contextlib.contextmanager
    def faults(self, *plants: str) -> Iterator[None]:
        """Let these befall requests until the block ends."""
        with self.venue.lock:
            planted = [self.venue.teller.plant(plant) for plant in plants]
        try:
            yield
        finally:
            with self.venue.lock:
                for plant in planted:
                    self.venue.teller.withdraw(plant.label)

    def look_after(
        self, protocol: OrderProtocol, orders: Mapping[str, ValidatedOrder], sitting: Sitting, *, to_the_end: bool
    ) -> None:
        """Resolve what is due and send again what is absent, once, or ``to_the_end`` until everything is known."""
        until = time.monotonic() + _PATIENCE_S
        while waiting := [fate for fate in sitting.fates.values() if _needs_work(fate)]:
            assert time.monotonic() < until, f"{len(waiting)} orders stay unresolved: {waiting[0]}"
            for fate in waiting:
                # Earlier than this nothing can be proven absent, and asking would only take time.
                if fate.state is FateState.UNKNOWN and (fate.deadline_ms or 0) + MARGIN_MS >= wall_ms():
                    continue
                self._work_on(protocol, orders[fate.client_order_id], sitting)
            if not to_the_end:
                return
            time.sleep(0.05)

    def _work_on(self, protocol: OrderProtocol, order: ValidatedOrder, sitting: Sitting) -> None:
        own_id = str(order.intent.client_order_id)
        fate = protocol.resolve(own_id)
        if fate.state is FateState.ABSENT and fate.may_be_sent_again:
            sitting.sent_again += 1
            fate = protocol.send_again(order)
        sitting.fates[own_id] = fate


def _needs_work(fate: OrderFate) -> bool:
    return fate.state is FateState.ABSENT or not (fate.is_final or fate.state is FateState.LIVE)


def numbered_order(number: int, kind: OrderType, price: str, *, rests: bool = False) -> ValidatedOrder:
    """The order of that number: the same id and parameters whoever makes it, but for the price that is given."""
    side = Side.LONG if number % 2 else Side.SHORT
    percent = 100 + (-1 if rests else 1) * (1 if side is Side.LONG else -1)
    limit = str(int(price) * percent // 100) if kind is OrderType.LIMIT else None
    order = checked_order(SWAP, _SIZE, price=limit, side=side)
    own_id = client_order_id_for("trend_following", order.intent, number)
    return order.model_copy(update={"intent": order.intent.model_copy(update={"client_order_id": own_id})})


def blind_retry(client: VenueClient, order: ValidatedOrder) -> None:
    """What many programs do: send until an answer comes, under one and the same id."""
    for _ in range(_RETRIES):
        try:
            client.place_order(order)
        except DualwitnessError:
            continue
        return


@contextlib.contextmanager
def order_world(*, seed: int = 0, journal: Path | None = None) -> Iterator[OrderWorld]:
    """A funded account, both clients, no faults yet."""
    venue = KeepingVenue(seed=seed)
    with (
        serve_in_thread(venue) as running,
        opened(Library.CCXT, running.base_url, journal=journal, timeout_ms=2_000) as ccxt,
        opened(Library.OKX_SDK, running.base_url, journal=journal, timeout_ms=2_000) as okx_sdk,
    ):
        clients = {str(Library.CCXT): ccxt, str(Library.OKX_SDK): okx_sdk}
        yield OrderWorld(venue, running.base_url, clients)
