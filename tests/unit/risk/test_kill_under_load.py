"""A hundred trips of the kill switch while threads send what they can: nothing is accepted after the trip."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from dualwitness.risk import RiskEngine
from tests.support.risk_world import inputs_of, intent_of, open_engine, venue_of

TRIPS = 100
THREADS = 2
LONGEST_S = 1.0
MOST = 6000
ROOMY = venue_of(max_notional_per_symbol_usd=Decimal(10**6), max_position_per_symbol_usd=Decimal(10**6))


@dataclass
class Load:
    """Threads that ask for one order after the other; each accepted one with the moment of its acceptance."""

    engine: RiskEngine
    accepted: list[tuple[float, str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def run(self) -> None:
        """Ask until it is stopped."""
        while not self.stopped.is_set():
            number = next(self.numbers)
            own_id = f"load{number}"
            intent = intent_of(client_order_id=own_id, price=Decimal(50_000 + number % 2000), size=Decimal("0.0001"))
            now_ms = time.time_ns() // 1_000_000
            if self.engine.validate(intent, inputs_of(now_ms, venue_config=ROOMY)).risk_checks_passed:
                self.accepted.append((time.perf_counter(), own_id))

    def wait_for_more(self, count: int) -> None:
        """Until so many more orders were accepted."""
        wanted = len(self.accepted) + count
        begun = time.perf_counter()
        while len(self.accepted) < wanted:
            assert time.perf_counter() - begun < 20, "the load accepts nothing"
            time.sleep(0.001)


def trip(engine: RiskEngine, number: int) -> None:
    """By program, and by a file that somebody else wrote."""
    if number % 2:
        engine.kill("Ann", "a trip under load")
    else:
        engine.switch.path.touch()


def orders_in_store(engine: RiskEngine) -> int:
    """How many orders were ever accepted, by the store itself."""
    with engine._store.transaction() as connection:
        count: int = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
    return count


def test_hundred_trips_under_load_let_no_order_pass_a_second_later(tmp_path: Path) -> None:
    """After each trip the load goes on asking in vain; every open order is listed; a named reset alone reopens."""
    engine = open_engine(
        tmp_path,
        lambda: time.time_ns() // 1_000_000,  # type: ignore[arg-type]
        rate_limit_per_symbol_per_minute=MOST,
        rate_limit_per_venue_per_minute=MOST,
        max_messages_per_minute=MOST,
        max_repeated_executions=MOST,
        duplicate_window_ms=1,
    )
    # The disk's own speed is not what is tried here.
    with engine._store.transaction():
        pass
    assert engine._store._connection is not None
    engine._store._connection.execute("PRAGMA synchronous=OFF")
    load = Load(engine)
    threads = [threading.Thread(target=load.run, daemon=True) for _ in range(THREADS)]
    for each in threads:
        each.start()
    latest, settled = [], set[str]()
    try:
        for number in range(TRIPS):
            load.wait_for_more(3)
            begun = time.perf_counter()
            trip(engine, number)
            tripped = time.perf_counter()
            time.sleep(0.02)
            late = [moment for moment, _ in load.accepted if moment > tripped]
            latest.append(max(late, default=begun) - begun)
            count = orders_in_store(engine)
            time.sleep(0.005)
            assert orders_in_store(engine) == count
            is_open = {each.client_order_id for each in engine.open_orders()}
            settled |= is_open
            assert settled >= {own_id for _, own_id in load.accepted}
            for own_id in is_open:
                engine.settle(own_id, state="cancelled", filled_contracts=Decimal(0))
            assert engine.kill_tripped
            engine.reset("Ann", "the trip is over")
    finally:
        load.stopped.set()
        for each in threads:
            each.join(timeout=20)
        engine._store.close()
    assert len(latest) == TRIPS
    assert max(latest) <= LONGEST_S
