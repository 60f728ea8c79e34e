"""The kill switch of a trading program under load, tripped by file, by command and by the program itself."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Side
from dualwitness.risk import RiskEngine, WhoNeeded
from dualwitness.venues.routing_decision import Execution
from dualwitness.venues.trading import Trader
from tests.support.order_world import OrderWorld, in_full, order_world, tell, wall_ms
from tests.support.trading_world import intended, sim_trader

# The bar is 100 (DUALWITNESS_FULL=1).
TRIPS = in_full(9, 100)
SEED = 18
THREADS = 3
LONGEST_MS = 1_000
WAYS = ("file", "command", "program")


@dataclass
class Load:
    """Threads that execute one intent after the other, resting and filling, and never give up."""

    trader: Trader
    price: int
    numbers: Iterator[int] = field(default_factory=itertools.count)
    stopped: threading.Event = field(default_factory=threading.Event)
    taken: int = 0
    last: list[Execution] = field(default_factory=list)
    _counted: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Execute until it is stopped; a refusal makes it wait a moment."""
        while not self.stopped.is_set():
            number = next(self.numbers)
            execution = self.trader.execute(self._intent(number))
            with self._counted:
                self.taken += execution.accepted
                self.last = [*self.last[-20:], execution]
            if not execution.accepted:
                self.stopped.wait(0.05)

    def wait_for_more(self, count: int) -> None:
        """Until so many more orders were taken."""
        wanted, until = self.taken + count, time.monotonic() + 30
        while self.taken < wanted:
            assert time.monotonic() < until, f"the load is not taken: {[one.told() for one in self.last]}"
            time.sleep(0.002)

    def _intent(self, number: int) -> Any:
        side = Side.LONG if number % 2 else Side.SHORT
        changes: dict[str, Any] = {"side": side, "size": Decimal("0.0001"), "client_order_id": f"load{number}"}
        if number % 3:
            away = -1 if side is Side.LONG else 1
            changes |= {"order_type": "limit", "price": Decimal(self.price + away * (900 + number % 500))}
        return intended(**changes)


@contextmanager
def under_load(trader: Trader, world: OrderWorld) -> Iterator[Load]:
    """Run the threads until the block ends."""
    load = Load(trader, int(world.price()))
    threads = [threading.Thread(target=load.run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopped.set()
        for thread in threads:
            thread.join()


def trip(way: str, trader: Trader, folder: Path, repository: Path) -> int:
    """Trip the switch in one of three ways; gives the moment in which it was thrown, ms since the epoch."""
    file = trader.router.engine.switch.path
    if way == "program":
        thrown_ms = wall_ms()
        assert trader.kill("Ann", "a trip under load").tripped
        return thrown_ms
    if way == "file":
        thrown_ms = wall_ms()
        file.write_text("somebody's hand")
        return thrown_ms
    words = ["kill", "--who", "Ann", "--why", "a trip under load", "--config", str(folder / "config")]
    with subprocess.Popen(
        [sys.executable, "-m", "risk", *words],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        stdout=subprocess.DEVNULL,
    ) as command:
        while not file.exists():
            assert command.poll() in (None, 0)
            time.sleep(0.001)
        thrown_ms = wall_ms()
        assert command.wait(30) == 0
    return thrown_ms


def accepted_at_ms(world: OrderWorld) -> list[int]:
    """When the venue took each order, by its own books."""
    with world.venue.lock:
        return [order.created_ms for order in world.venue.account.orders]


def really_open(world: OrderWorld) -> set[str]:
    """The ids of the orders that can still fill, by the venue's own books."""
    with world.venue.lock:
        return {order.request.cl_ord_id for order in world.venue.account.orders if order.state in LIVE}


LIVE = ("live", "partially_filled")


def swept(trader: Trader) -> None:
    """Wait until a sweep has left nothing unconfirmed."""
    until = time.monotonic() + 20
    while trader.last_sweep is None or not trader.last_sweep.clear:
        assert time.monotonic() < until, trader.last_sweep
        time.sleep(0.005)


def reopen(way: str, trader: Trader) -> None:
    """Try everything that must not open it, then what does."""
    file = trader.router.engine.switch.path
    for who, why in (("", "because"), ("Ann", ""), ("  ", "because"), ("Ann\n", "because")):
        with pytest.raises(WhoNeeded):
            trader.reset(who, why)
    if way == "file":
        # What was seen once is remembered: taking the file away opens nothing.
        file.unlink()
        assert trader.execute(intended(client_order_id=f"probe{wall_ms()}")).reason == "KILL_TRIPPED"
    assert trader.kill_tripped
    trader.reset("Ann", "the cause was found")


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_tripped_under_load_nothing_is_accepted_a_second_later_and_nothing_stays_open(
    tmp_path: Path, repository: Path
) -> None:
    """Each trip: the last order is taken within a second, all that is open is cancelled, and only a name reopens."""
    chance, latest_ms, cancelled, open_before = random.Random(SEED), -LONGEST_MS, 0, 0
    with (
        order_world(seed=SEED) as world,
        sim_trader(tmp_path, world.base_url) as trader,
        trader.watch(0.05),
        under_load(trader, world) as load,
    ):
        for number in range(TRIPS):
            load.wait_for_more(chance.randint(3, 12))
            open_before += len(really_open(world))
            thrown_ms = trip(WAYS[number % 3], trader, tmp_path, repository)
            swept(trader)
            time.sleep(max(0, thrown_ms + LONGEST_MS + 100 - wall_ms()) / 1_000)
            report = trader.last_sweep
            assert report is not None
            named = {one.client_order_id for one in report.unconfirmed}
            assert really_open(world) <= named, report
            cancelled += len(report.cancelled)
            latest_ms = max(latest_ms, max(accepted_at_ms(world)) - thrown_ms)
            assert latest_ms <= LONGEST_MS, f"trip {number} of seed {SEED} by {WAYS[number % 3]}"
            assert trader.router.engine.open_orders() == ()
            reopen(WAYS[number % 3], trader)
    tell(
        f"{TRIPS} trips: the last order was taken {latest_ms} ms after the trip at most; {open_before} were open, "
        f"{cancelled} cancelled by the sweep that was looked at, {len(accepted_at_ms(world))} orders in all"
    )
    assert open_before
    # Nothing was doubled either.
    assert set(world.placed().values()) == {1}


@pytest.mark.slow
def test_switch_that_nobody_looks_at_stops_nothing(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with the engine blind to the file, the same load goes on and orders stay open."""
    monkeypatch.setattr(RiskEngine, "_see_switch", lambda *_: None)
    with (
        order_world(seed=SEED) as world,
        sim_trader(tmp_path, world.base_url) as trader,
        trader.watch(0.05),
        under_load(trader, world) as load,
    ):
        load.wait_for_more(3)
        thrown_ms = trip("file", trader, tmp_path, repository)
        time.sleep((LONGEST_MS + 300) / 1_000)
        load.wait_for_more(1)
        assert max(accepted_at_ms(world)) > thrown_ms + LONGEST_MS
        assert really_open(world)
        assert trader.last_sweep is None
