"""A program that is killed anywhere in its order path forgets nothing and sends nothing twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Library, OrderType, ValidatedOrder
from dualwitness.venues.orders import FateState, OrderStore
from tests.support import order_life
from tests.support.order_life import ORDERS_A_LIFE, intended
from tests.support.order_world import FAULTS, OrderWorld, Sitting, in_full, numbered_order, order_world, tell

# The bar is 200 (DUALWITNESS_FULL=1).
KILLS = in_full(25, 200)
SEED = 20
_LONGEST_MS = 25


class Lives:
    """A process that lives many lives; each ends as it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, **told: Any) -> Mapping[str, Any]:
        """One life, and how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that forks the lives has ended"
        ended: Mapping[str, Any] = json.loads(line)
        assert not ended["failed"]
        return ended


@contextmanager
def lives(repository: Path, base_url: str, folder: Path) -> Iterator[Lives]:
    """Start the process; it ends with the block."""
    command = [sys.executable, str(Path(order_life.__file__)), base_url, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder
    ) as process:
        yield Lives(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_killed_anywhere_in_the_order_path_a_restart_resolves_all_and_doubles_nothing(
    repository: Path, tmp_path: Path
) -> None:
    """Each life recovers, submits and is killed at a random point; at the end every intent is at the venue once."""
    chance = random.Random(SEED)
    killed = 0
    with order_world(seed=SEED) as world:
        price = world.price()
        with lives(repository, world.base_url, tmp_path) as process, world.faults(*FAULTS):
            lines = process.live(main="ccxt", numbers=[1, 2], price=price, die_in="submit")["lines"]
            life = 0
            while killed < KILLS:
                life += 1
                first = 1 + life * ORDERS_A_LIFE
                end = _end(chance, life, lines)
                told = {"main": list(Library)[life % 2], "price": price, "numbers": [first, first + 1]} | end
                killed += process.live(**told)["killed"]
        numbers = intended(tmp_path)
        tell(f"{killed} of {life} lives killed, {lines} lines a life, {len(numbers)} intents")
        # What the killed lives left travelling has arrived, or has died.
        time.sleep(2.0)
        before = world.placed()
        orders = {str(order.intent.client_order_id): order for order in (_order(number, price) for number in numbers)}
        with OrderStore(tmp_path / "orders.sqlite") as store:
            kept = {record.client_order_id: record for record in store.everything("test")}
            protocol = world.protocol(store, Library.CCXT)
            recovered = {fate.client_order_id: fate for fate in protocol.recover()}
            # 0 forgotten: whatever is at the venue stands in the store; 0 unresolved: nothing stays unknown.
            assert set(before) <= set(kept) <= set(orders)
            assert FateState.UNKNOWN not in {fate.state for fate in recovered.values()}
            for own_id in kept:
                fate = protocol.resolve(own_id)
                assert (fate.state is not FateState.ABSENT) == (own_id in before)
            assert world.placed() == before
            _trade_on(world, store, orders)
        assert world.placed() == Counter(dict.fromkeys(orders, 1))
    # Something was really in flight when the last life ended.
    assert recovered


def _end(chance: random.Random, life: int, lines: int) -> dict[str, Any]:
    """Half of the lives end at a line of code, the others at a moment; a third of them while it recovers."""
    part = "recover" if life % 6 in (0, 5) else "submit"
    if life % 2:
        return {"die_in": part, "die_at_line": chance.randrange(1, lines)}
    return {"die_in": part, "die_after_ms": chance.randrange(_LONGEST_MS)}


def _order(number: int, price: str) -> ValidatedOrder:
    return numbered_order(number, OrderType.LIMIT if number % 3 == 0 else OrderType.MARKET, price)


def _trade_on(world: OrderWorld, store: OrderStore, orders: Mapping[str, ValidatedOrder]) -> None:
    """The strategy submits everything that it ever meant to, as if it knew nothing."""
    protocol = world.protocol(store, Library.OKX_SDK)
    sitting = Sitting()
    for own_id, order in orders.items():
        sitting.fates[own_id] = protocol.submit(order)
    world.look_after(protocol, orders, sitting, to_the_end=True)
