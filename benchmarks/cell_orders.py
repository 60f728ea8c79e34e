"""
Orders: what the order protocol adds to a library's own order call, from the intent to the wire.

The library's own call is ``create_order`` of CCXT over a plain session, and ``place_order`` of python-okx as its users
have it, each with the finished arguments of the same market order at an embedded venue in a process of its own. Ours
begins with the intent: make its id, keep it on the disk, resolve its modes, size it, build it through the same library.
Both are read on the CPU clock of their thread, when the request is about to leave and when the call is over.

* ``added_to_the_wire``: our way to the wire less the library's, in units of the library's whole call.
* ``code_to_the_wire``: the same without the one commit that waits for the disk.
* ``whole``: our call to the library's, with what comes after the wire: the answer is proven, recorded and kept.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from dualwitness.benchmarks.cell import Cell, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.models import Library, OrderIntent, OrderType, Side, TdMode, ValidatedOrder, Venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.opening import open_wired
from dualwitness.venues.orders import OrderProtocol, OrderRecord, OrderStore, client_order_id_for
from dualwitness.venues.wiring import Credentials, Wiring

__all__ = ["CELL"]

_ORDERS = 40
_SYMBOL, _INSTRUMENT_ID = "BTC/USDT:USDT", "BTC-USDT-SWAP"
_SIZE, _CONTRACTS = Decimal("0.001"), "0.1"
_STRATEGY = "trend_following"
_KEYS = Credentials(
    api_key=SecretStr("sim-key"), api_secret=SecretStr("sim-secret"), passphrase=SecretStr("sim-passphrase")
)


class _Stopwatch:
    """CPU seconds of this thread: how long until the request was about to leave, and until the call was over."""

    def __init__(self) -> None:
        self._begun = 0.0
        self._to_wire: float | None = None

    def at_wire(self) -> int:
        """Note the first time that this is called in a call; ms since the epoch for whoever needs a clock."""
        if self._to_wire is None:
            self._to_wire = time.thread_time() - self._begun
        return time.time_ns() // 1_000_000

    def time(self, call: Callable[[], object]) -> tuple[float, float]:
        """Seconds to the wire, and in all."""
        self._to_wire = None
        self._begun = time.thread_time()
        call()
        whole = time.thread_time() - self._begun
        if self._to_wire is None:
            message = "the call never came to the wire"
            raise RuntimeError(message)
        return self._to_wire, whole


class _Watched(HTTPAdapter):
    """The adapter of `requests`, noting when a request is about to leave."""

    def __init__(self, stopwatch: _Stopwatch) -> None:
        super().__init__()
        self._stopwatch = stopwatch

    def send(self, request: PreparedRequest, *arguments: Any, **named: Any) -> Response:
        """Note the moment, and send."""
        self._stopwatch.at_wire()
        return super().send(request, *arguments, **named)


class _TimedStore(OrderStore):
    """A store that notes what its commit before an order costs."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.commits: list[float] = []

    def prepare(self, *arguments: Any, **named: Any) -> OrderRecord | None:
        """Keep the order, and the seconds of CPU that this took."""
        begun = time.thread_time()
        record = super().prepare(*arguments, **named)
        self.commits.append(time.thread_time() - begun)
        return record


class _Orders:
    """Both ways for both libraries, one order after the other: as in a strategy, no order finds warm caches."""

    def __init__(
        self, calls: Mapping[str, Callable[[int], Callable[[], object]]], stopwatch: _Stopwatch, commits: list[float]
    ) -> None:
        self._calls = calls
        self._commits = commits
        self._stopwatch = stopwatch
        self._made = 0

    def round(self, number: int) -> dict[str, float]:
        """Median seconds an order: to the wire, and in all."""
        timed: dict[str, list[tuple[float, float]]] = {name: [] for name in self._calls}
        self._commits.clear()
        for _ in range(_ORDERS):
            for name, make in self._calls.items():
                self._made += 1
                timed[name].append(self._stopwatch.time(make(self._made)))
        costs = {"commit": median(self._commits)}
        for name, pairs in timed.items():
            costs[f"{name}_to_wire"] = median(to_wire for to_wire, _ in pairs)
            costs[name] = median(whole for _, whole in pairs)
        for library in Library:
            added = costs[f"ours_{library}_to_wire"] - costs[f"library_{library}_to_wire"]
            costs[f"added_{library}"], costs[f"code_{library}"] = added, added - costs["commit"]
        return costs

    def figures(self) -> dict[str, float]:
        """Nothing beside the costs."""
        return {}


def _order(number: int) -> ValidatedOrder:
    """The order of that number, checked; buys and sells take turns."""
    intent = OrderIntent(
        symbol=_SYMBOL,
        side=Side.LONG if number // 4 % 2 else Side.SHORT,
        order_type=OrderType.MARKET,
        size=_SIZE,
        td_mode=TdMode.CROSS,
        strategy=_STRATEGY,
    )
    own_id = client_order_id_for(_STRATEGY, intent, number)
    return ValidatedOrder(
        intent=intent.model_copy(update={"client_order_id": own_id}),
        validated_at=FROZEN_AT_MS,
        notional_usd=Decimal(60),
        risk_checks_passed=True,
    )


def _ours(protocol: OrderProtocol) -> Callable[[int], Callable[[], object]]:
    def make(number: int) -> Callable[[], object]:
        order = _order(number)

        def call() -> None:
            # Making the id is part of the way; that it is in the order already only makes the order ready.
            client_order_id_for(_STRATEGY, order.intent, number)
            fate = protocol.submit(order, confirm=False)
            if fate.venue_order_id is None:
                message = f"the order was not acknowledged: {fate.evidence}"
                raise RuntimeError(message)

        return call

    return make


def _by_ccxt(wiring: Wiring, stopwatch: _Stopwatch) -> Callable[[int], Callable[[], object]]:
    """CCXT over a plain session; it is set up by its client's module, because only that may import it."""
    from dualwitness.venues.ccxt_client.transport import open_exchange

    session = Session()
    session.trust_env = False
    session.mount("http://", _Watched(stopwatch))
    exchange = open_exchange(wiring, Venue.OKX, session)
    exchange.load_markets()

    def make(number: int) -> Callable[[], object]:
        order = _order(number)
        side = "buy" if order.intent.side is Side.LONG else "sell"
        parameters = {"tdMode": "cross", "clientOrderId": order.intent.client_order_id}
        return lambda: exchange.create_order(_SYMBOL, "market", side, _CONTRACTS, None, parameters)

    return make


def _by_python_okx(wiring: Wiring, stopwatch: _Stopwatch) -> Callable[[int], Callable[[], object]]:
    """python-okx as its constructor makes it; its class comes from its client's module, which alone may import it."""
    from dualwitness.venues.okx_sdk.transport import CatchingTransport, open_apis

    wired = open_apis(wiring, CatchingTransport())
    trade = type(wired.trade).__bases__[0](
        *(value.get_secret_value() for value in (_KEYS.api_key, _KEYS.api_secret, _KEYS.passphrase)),
        flag="1",
        domain=wiring.base_url,
    )
    trade.event_hooks = {"request": [lambda _request: stopwatch.at_wire()]}

    def make(number: int) -> Callable[[], object]:
        order = _order(number)
        side = "buy" if order.intent.side is Side.LONG else "sell"
        arguments = {"instId": _INSTRUMENT_ID, "tdMode": "cross", "side": side, "ordType": "market", "sz": _CONTRACTS}
        return lambda: trade.place_order(**arguments, clOrdId=order.intent.client_order_id)

    return make


@contextmanager
def _open() -> Iterator[Stage]:
    from dualwitness.venues.sim.process import VenueProcess

    # python-okx calls httpx by an old name, which warns; where nobody listens that costs next to nothing.
    warnings.simplefilter("ignore", DeprecationWarning)
    stopwatch = _Stopwatch()
    with ExitStack() as stack:
        venue = stack.enter_context(VenueProcess(scenario="funded", frozen_at_ms=FROZEN_AT_MS))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # The clients look at the wall clock once a request: when it leaves.
        wiring = Wiring(base_url=venue.base_url, credentials=_KEYS, now_ms=stopwatch.at_wire)
        store = stack.enter_context(_TimedStore(folder / "orders.sqlite"))
        clients: dict[str, VenueClient] = {str(one): open_wired(Venue.OKX, one, wiring) for one in Library}
        for client in clients.values():
            stack.callback(client.close)
        calls = {
            f"library_{Library.CCXT}": _by_ccxt(wiring, stopwatch),
            f"library_{Library.OKX_SDK}": _by_python_okx(wiring, stopwatch),
        }
        for name in clients:
            protocol = OrderProtocol(clients, store, lambda: time.time_ns() // 1_000_000, main=name, account=name)
            calls[f"ours_{name}"] = _ours(protocol)
        yield _Orders(calls, stopwatch, store.commits)


def _targets(library: Library) -> tuple[Target, ...]:
    return (
        Target(f"added_to_the_wire_{library}", f"added_{library}", (f"library_{library}",), goal=0.15),
        Target(f"code_to_the_wire_{library}", f"code_{library}", (f"library_{library}",), goal=0.15, gate=0.30),
        Target(f"whole_{library}", f"ours_{library}", (f"library_{library}",)),
    )


CELL = Cell(
    name="orders",
    title="the order protocol from the intent to the wire, against the library's own order call",
    clock="CPU an order, of the thread that sends it",
    rounds=15,
    targets=(*_targets(Library.CCXT), *_targets(Library.OKX_SDK)),
    open=_open,
)
