"""Helpers for the guard: an embedded venue in this process, a guard over it, the truth, and lies at any moment."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from dualwitness.alignment.guard import Guard
from dualwitness.alignment.guarding.answers import GuardedPositions
from dualwitness.alignment.guarding.look import Limits
from dualwitness.models import Direction, Library, OrderIntent, OrderType, RunMode, Side, TdMode, Venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_wired
from dualwitness.venues.redact import Redactor
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.clients import checked_order, opened, symbol_of

__all__ = [
    "BTC",
    "DOGE",
    "ETH",
    "Clocks",
    "CountingVenue",
    "GuardWorld",
    "guard_world",
    "intent",
    "open_guard",
    "timed_guard",
    "told_truth",
    "wrong",
]

BTC, ETH, DOGE = "BTC/USDT:USDT", "ETH/USDT:USDT", "DOGE/USDT:USDT"
COINS = ("BTC", "DOGE", "ETH", "LTC", "SOL", "USDC", "USDT")
# A few coins: reading five hundred instruments would be most of what a test costs.
FEW = tuple(
    one for one in INSTRUMENTS if one.inst_type != "OPTION" and (one.base_ccy or one.uly.partition("-")[0]) in COINS
)
SYMBOLS = {one.inst_id: symbol_of(one) for one in FEW}
SECRETS = (DEMO_CREDENTIALS.api_key, DEMO_CREDENTIALS.api_secret, DEMO_CREDENTIALS.passphrase)
# Longer than anything here takes, so that only tests about the budget ever meet it.
PATIENT_MS = 20_000


class CountingVenue(EmbeddedVenue):
    """An embedded venue that counts what it was asked, by the last parts of the path."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.asked: Counter[str] = Counter()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Count, and answer."""
        self.asked[target.partition("?")[0].removeprefix("/api/v5/")] += 1
        return super().answer(method, target, headers, body)


@dataclass(slots=True)
class GuardWorld:
    """A venue on loopback that lies when it is told to, and a guard over it."""

    venue: CountingVenue
    base_url: str
    guard: Guard
    _trader: VenueClient
    _labels: list[str] = field(default_factory=list)
    _sent: int = 0

    def plant(self, *labels: str) -> None:
        """Tell these lies from now on."""
        for label in labels:
            _control(self.venue, plant=label)
            self._labels.append(label)

    def withdraw(self) -> None:
        """Tell the truth again."""
        while self._labels:
            _control(self.venue, withdraw=self._labels.pop())

    def hits(self) -> int:
        """How many answers the planted lies have changed."""
        return sum(self.venue.lie_hits.get(label, 0) for label in self._labels)

    def trade(self, symbol: str, side: Side, size: str) -> None:
        """A market order that is filled at once, sent by a client that is none of the guard's."""
        self._sent += 1
        self._trader.place_order(checked_order(symbol, size, side=side, client_order_id=f"guardtest{self._sent}"))

    def truth(self) -> dict[tuple[str, str], Decimal]:
        """Signed contracts of every leg that is really held."""
        return told_truth(self.venue)


def told_truth(venue: EmbeddedVenue) -> dict[tuple[str, str], Decimal]:
    """What the venue's own books hold of contracts: signed, by symbol and side."""
    held: dict[tuple[str, str], Decimal] = {}
    for row in json.loads(venue.respond("GET", "/control/truth", {}).body)["positions"]:
        if row["inst_type"] != "MARGIN":
            key = SYMBOLS[row["inst_id"]], row["position_side"]
            held[key] = held.get(key, Decimal(0)) + Decimal(row["contracts"])
    return held


def _control(venue: EmbeddedVenue, **words: str) -> None:
    answer = venue.respond("POST", "/control/lies", {}, json.dumps(words).encode())
    assert answer.status == 200, answer.body


@contextlib.contextmanager
def guard_world(
    scenario: str = "positions", *, lies: tuple[str, ...] = (), delay_ms: int = 0, **options: Any
) -> Iterator[GuardWorld]:
    """A venue whose clock runs, a guard over it with ``options``, and a trader beside the guard."""
    venue = CountingVenue(scenario=scenario, lies=lies, instruments=FEW)
    with serve_in_thread(venue, delay_ms=delay_ms) as running, contextlib.ExitStack() as stack:
        trader = stack.enter_context(opened(Library.OKX_SDK, running.base_url))
        guard = stack.enter_context(open_guard(running.base_url, **options))
        yield GuardWorld(venue, running.base_url, guard, trader)


def open_guard(base_url: str, *, timeout_ms: int = 10_000, **options: Any) -> Guard:
    """A guard with clients that journal nothing."""
    key, secret, passphrase = (SecretStr(value) for value in SECRETS)
    clients = {
        library: open_wired(
            Venue.OKX,
            library,
            Wiring(
                base_url=base_url,
                mode=RunMode.OKX_DEMO_SIM,
                credentials=Credentials(api_key=key, api_secret=secret, passphrase=passphrase),
                journal=CallJournal(None, Redactor(SECRETS)),
                timeout_ms=timeout_ms,
            ),
        )
        for library in Library
    }
    return Guard(clients, **{"budget_ms": PATIENT_MS, **options})


class Clocks:
    """Our clock and the monotonic one, both put forward when a test says so."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def clock_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def monotonic(self) -> float:
        """Monotonic seconds."""
        return time.monotonic() + self.ahead_ms / 1000


@contextlib.contextmanager
def timed_guard(world: GuardWorld, **options: Any) -> Iterator[tuple[Guard, Clocks]]:
    """A guard whose time can be put forward; everything is fresh for a minute."""
    clocks = Clocks()
    limits = Limits(positions_ms=60_000, evidence_ms=60_000)
    words = {"limits": limits, "clock_ms": clocks.clock_ms, "monotonic": clocks.monotonic} | options
    with open_guard(world.base_url, **words) as guard:
        yield guard, clocks


def intent(symbol: str, side: Side, size: str = "0.001", *, reduce_only: bool = False, **more: Any) -> OrderIntent:
    """A market order on margin, unless said otherwise."""
    words = {"order_type": OrderType.MARKET, "td_mode": TdMode.CROSS, "strategy": "trend_following"} | more
    return OrderIntent(symbol=symbol, side=side, size=size, reduce_only=reduce_only, **words)


def wrong(answer: GuardedPositions, truth: Mapping[tuple[str, str], Decimal]) -> list[str]:
    """Everything in an answer that the truth contradicts; null contradicts nothing."""
    problems = []
    for one in answer.positions or ():
        real = truth.get((one.symbol, one.position_side), Decimal(0))
        name = f"{one.symbol} {one.position_side}"
        if one.has_position is False and real:
            problems.append(f"{name} is said to be flat")
        if one.contracts is not None and one.direction is not None:
            said = -one.contracts if one.direction is Direction.SHORT else one.contracts
            if said != real:
                problems.append(f"{name} is said to be {said}, is {real}, {one.quality}")
    return problems
