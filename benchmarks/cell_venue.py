"""
Venue: what the embedded venue answers a second, what a full account costs it, and how soon it is there.

* ``signed_read``: ``account/positions`` over sockets, signed anew each time and verified, from a raw client with a few
  connections that stay open. Where the system can, the venue has one core to itself and the client another. Judged is
  what a read costs the venue's core (3,000 a second are 333 us each): the wall also counts who else was running.
* ``store``: the same question or order at an account with pages full of open orders and fills, and at one with
  10,000 and 1,000,000 of them. Venue time goes on by a second at each call, so no answer comes from a memory.
* ``start``: from the command line to the line that says where the venue listens.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, sign
from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account, build_scenario
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.market import Market

__all__ = ["CELL"]

_TARGET = "/api/v5/account/positions"
_READS = 3_000
_CONNECTIONS = 4
_SWAP = "BTC-USDT-SWAP"
# Open orders and fills; the small account fills a page of each, too, so that both answer as many rows.
_SIZES = {"small": (200, 2_000), "large": (10_000, 1_000_000)}
_ACTIONS = ("positions", "orders_pending", "fills", "balance", "place_cancel")
_NO_LIMIT = (100_000, 100_000)


@dataclass
class _Seconds:
    """A clock that is a second later whenever it is told."""

    at_ms: int = FROZEN_AT_MS

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.at_ms


class _FullAccount:
    """An account with so many open orders and fills, asked and traded at as the venue does it."""

    def __init__(self, orders: int, fills: int) -> None:
        self._clock = _Seconds()
        market = Market(0, self._clock)
        self._account = Account(INSTRUMENTS, market, self._clock, 0, pending_limit=_NO_LIMIT)
        build_scenario("positions", self._account)
        self._account.deposit("USDT", Decimal(10_000_000), FROZEN_AT_MS)
        # Two percent below the market and lower, tick by tick: far enough that nothing fills while we measure.
        self._price = (market.last(_SWAP) * Decimal("0.98")).quantize(Decimal(1))
        for number in range(orders):
            self._place(self._price - Decimal(number % 1_000) / 10)
        self._remember(fills)

    def _remember(self, fills: int) -> None:
        """More fills, ten an order, all of the moment of the last one."""
        template = self._account.fills[len(self._account.fills) - 1]
        begun = int(template.bill_id)
        for number in range(fills):
            order = str(begun + number // 10)
            self._account.fills.append(replace(template, bill_id=self._account.ids.unique(), ord_id=order))

    def _place(self, price: Decimal) -> str:
        params = {"instId": _SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "0.01", "px": str(price)}
        (row,) = PRIVATE_ROUTES["POST", "/api/v5/trade/order"](self._account, params)
        if row["sCode"] != "0":
            message = f"the venue refused an order that should rest: {row}"
            raise RuntimeError(message)
        return str(row["ordId"])

    def positions(self) -> None:
        """Every position."""
        self._read("account/positions")

    def orders_pending(self) -> None:
        """The newest hundred open orders."""
        self._read("trade/orders-pending")

    def fills(self) -> None:
        """The newest hundred fills."""
        self._read("trade/fills-history", instType="SWAP")

    def balance(self) -> None:
        """Every currency."""
        self._read("account/balance")

    def place_cancel(self) -> None:
        """One order placed and canceled."""
        self._clock.at_ms += 1_000
        params = {"instId": _SWAP, "ordId": self._place(self._price)}
        PRIVATE_ROUTES["POST", "/api/v5/trade/cancel-order"](self._account, params)

    def _read(self, path: str, **params: str) -> None:
        self._clock.at_ms += 1_000
        if not PRIVATE_ROUTES["GET", f"/api/v5/{path}"](self._account, params):
            message = f"{path} answered nothing"
            raise RuntimeError(message)


class _Reader:
    """A raw client: a few connections, each with one signed request on its way."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._links = [
            socket.create_connection((str(parts.hostname), int(parts.port or 0))) for _ in range(_CONNECTIONS)
        ]
        for link in self._links:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = parts.netloc

    def read(self, count: int) -> None:
        """Ask ``count`` times; raises where an answer is no success."""
        for number in range(count + _CONNECTIONS):
            link = self._links[number % _CONNECTIONS]
            if number >= _CONNECTIONS:
                _answered(link)
            if number < count:
                link.sendall(self._request())

    def _request(self) -> bytes:
        now = datetime.now(UTC)
        timestamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
        keys = DEMO_CREDENTIALS
        return (
            f"GET {_TARGET} HTTP/1.1\r\nHost: {self._host}\r\nOK-ACCESS-KEY: {keys.api_key}\r\n"
            f"OK-ACCESS-SIGN: {sign(keys.api_secret, timestamp, 'GET', _TARGET, b'')}\r\n"
            f"OK-ACCESS-TIMESTAMP: {timestamp}\r\nOK-ACCESS-PASSPHRASE: {keys.passphrase}\r\n"
            "x-simulated-trading: 1\r\n\r\n"
        ).encode()

    def close(self) -> None:
        """Close every connection."""
        for link in self._links:
            link.close()


def _answered(link: socket.socket) -> None:
    received = link.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    name = b"content-length:"
    length = int(next(line for line in head.lower().splitlines() if line.startswith(name))[len(name) :])
    while len(body) < length:
        chunk = link.recv(65_536)
        if not chunk:
            break
        body += chunk
    if len(body) != length or b'"code":"0"' not in body[:12] + body[-40:]:
        message = f"the venue did not answer: {head[:200]!r} {body[:200]!r}"
        raise RuntimeError(message)


class _Venue(Interleaved):
    """Stores of both sizes in each round, one series of reads, and one start."""

    def __init__(self, accounts: dict[str, _FullAccount], reader: _Reader, pid: int) -> None:
        contenders = [
            Contender(f"{action}_{size}", getattr(account, action), repeats=20)
            for action in _ACTIONS
            for size, account in accounts.items()
        ]
        super().__init__(contenders)
        self._reader = reader
        self._pid = pid
        self._seen: list[dict[str, float]] = []

    def round(self, number: int) -> dict[str, float]:
        """Seconds a call, by contender; reads and starts are timed by the wall."""
        costs = super().round(number)
        begun, spent = time.perf_counter(), _processor_seconds(self._pid)
        self._reader.read(_READS)
        costs["signed_read"] = (time.perf_counter() - begun) / _READS
        costs["signed_read_of_the_venue"] = (_processor_seconds(self._pid) - spent) / _READS
        costs["start"] = _start()
        self._seen.append(costs)
        return costs

    def figures(self) -> dict[str, float]:
        """What the bars are set on: reads a second as what one costs, and the time of a start."""
        names = ("signed_read", "signed_read_of_the_venue", "start")
        read, of_venue, start = (median(costs[name] for costs in self._seen) for name in names)
        return {
            "signed_read_us": read * 1e6,
            "signed_read_cpu_us": of_venue * 1e6,
            "signed_reads_per_core_second": 1 / of_venue,
            "start_s": start,
        }


def _processor_seconds(pid: int) -> float:
    """What a process has spent so far, in itself and in the kernel; the wall's time where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return time.perf_counter()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start() -> float:
    from dualwitness.venues.sim.process import VenueProcess

    begun = time.perf_counter()
    with VenueProcess():
        return time.perf_counter() - begun


@contextmanager
def _on_cores(cores: Sequence[int]) -> Iterator[None]:
    """Run on these cores, and so does every process that is started meanwhile; nothing where there are none."""
    if not cores or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cores() -> tuple[list[int], list[int]]:
    """One core for the venue and the others for us; none chosen where there is only one."""
    mine = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (mine[:1], mine[1:]) if len(mine) > 1 else ([], [])


@contextmanager
def _open() -> Iterator[Stage]:
    from dualwitness.venues.sim.process import VenueProcess

    venues, ours = _cores()
    with ExitStack() as stack:
        with _on_cores(venues):
            venue = stack.enter_context(VenueProcess(scenario="positions"))
        stack.enter_context(_on_cores(ours))
        accounts = {size: _FullAccount(*counts) for size, counts in _SIZES.items()}
        reader = _Reader(venue.base_url)
        stack.callback(reader.close)
        yield _Venue(accounts, reader, venue.pid)


def _store_targets() -> Iterator[Target]:
    for action in _ACTIONS:
        yield Target(f"{action}_full_to_empty", f"{action}_large", (f"{action}_small",), goal=1.2, gate=2.0)


CELL = Cell(
    name="venue",
    title="the embedded venue: signed reads, a full account against an empty one, and its start",
    clock="CPU a call; wall time a signed read and a start",
    rounds=10,
    targets=(
        Target("signed_read_us", "signed_read_us", goal=333.0),
        Target("signed_read_cpu_us", "signed_read_cpu_us", goal=333.0, gate=333.0),
        Target("start_s", "start_s", goal=0.5, gate=1.0),
        *_store_targets(),
    ),
    open=_open,
)
