"""
Kills an engine at random points, opens its store again, and looks for anything that became looser.

A program, because it forks: ``python -m tests.support.risk_crash FOLDER TRIALS SEED [forgetful]`` prints one JSON
document: how much was acknowledged, and every loosening that was found. ``forgetful`` answers before it commits.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from dualwitness.models import Side, ValidatedOrder, Venue
from dualwitness.risk import RiskEngine, RiskStore
from tests.support.risk_world import Clock, inputs_of, intent_of, limits_of, venue_of

__all__ = ["main"]

LIMIT = 30
REPEATS = 12
ROOMY = venue_of(max_notional_per_symbol_usd=Decimal(10**6), max_position_per_symbol_usd=Decimal(10**6))


class ForgetfulStore(RiskStore):
    """Commits when it is closed, and not before: what a store without transactions would be worth."""

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._lock:
            connection = self._connected()
            if not connection.in_transaction:
                connection.execute("BEGIN IMMEDIATE")
            yield connection


def engine_of(folder: Path, store: type[RiskStore] = RiskStore) -> RiskEngine:
    """The engine over the folder's store, with a clock that stands still."""
    limits = limits_of(folder, rate_limit_per_symbol_per_minute=LIMIT, max_repeated_executions=REPEATS)
    return RiskEngine(limits, store(folder / "state.sqlite3"), Clock())


def order_of(engine: RiskEngine, name: str, number: int, side: Side) -> ValidatedOrder:
    """The decision on an order of its own, on a day that has lost ``number`` dollars."""
    intent = intent_of(client_order_id=name, price=Decimal(50_000 + number), size=Decimal("0.001"), side=side)
    facts = inputs_of(venue_config=ROOMY, realised_pnl_usd=Decimal(-number), unrealised_pnl_usd=Decimal(0))
    return engine.validate(intent, facts)


def trade(engine: RiskEngine, draw: random.Random, tell: Any) -> None:
    """Everything that changes the store, for ever; ``tell`` is called when it was answered."""
    number, names = 0, []
    while True:
        number += 1
        action = draw.random()
        if action < 0.6:
            name = f"n{number}"
            order = order_of(engine, name, number, draw.choice(list(Side)))
            if order.risk_checks_passed:
                names.append(name)
                tell("accepted", name)
            if any(check.reason == "STRATEGY_REPEATED" for check in order.checks):
                tell("latched", "trend_following")
            tell("lost", number)
        elif action < 0.75 and names:
            name = names.pop(draw.randrange(len(names)))
            state = draw.choice(["filled", "absent", "live"])
            tell("settling", name)
            engine.settle(name, state=state)
            tell(state, name)
        elif action < 0.9:
            engine.note_message("cancel", Venue.OKX, "BTC/USDT:USDT")
            tell("message", number)
        elif action < 0.92:
            engine.reduce("Ann", "a crash is coming")
            tell("reducing", number)


def look(engine: RiskEngine, told: list[tuple[str, Any]]) -> list[str]:
    """Everything that was answered before the crash and does not count after it."""
    looser = []
    by_kind: dict[str, list[Any]] = {}
    for kind, what in told:
        by_kind.setdefault(kind, []).append(what)
    accepted = by_kind.get("accepted", [])
    is_open = {each.client_order_id for each in engine.open_orders()}
    settled = set(by_kind.get("settling", [])) - set(by_kind.get("live", []))
    looser += [f"{name} is forgotten" for name in accepted if name not in is_open and name not in settled]
    if by_kind.get("reducing") and engine.state != "reducing":
        looser.append("the trading state is forgotten")
    if by_kind.get("latched") and "trend_following" not in engine.latched_strategies():
        looser.append("the latch is forgotten")
    with engine._store.transaction() as connection:
        counted = {kind: connection.execute(sql).fetchone()[0] for kind, sql in COUNTED.items()}
        unabsorbed = {row[0] for row in connection.execute("SELECT client_order_id FROM orders WHERE filled_ms >= 0")}
    looser += [f"the fill of {name} is forgotten" for name in by_kind.get("filled", []) if name not in unabsorbed]
    if counted["orders"] < len(accepted) or counted["new"] < len(accepted):
        looser.append("orders of the minute are forgotten")
    if counted["messages"] < len(by_kind.get("message", [])):
        looser.append("messages of the minute are forgotten")
    worst = max(by_kind.get("lost", [0]))
    if worst and -Decimal(counted["worst"] or 0) < worst:
        looser.append("the loss of the day is forgotten")
    probe = {check.rule: check.value for check in order_of(engine, "probe", 1, Side.LONG).checks}
    if int(probe["rate_limit_per_symbol_per_minute"]) <= len(accepted):
        looser.append("the next order is told of fewer orders than were accepted")
    if Decimal(probe["max_daily_loss_usd"].removesuffix(", too old")) < worst:
        looser.append("the next order is told of a smaller loss")
    return looser


COUNTED = {
    "orders": "SELECT count(*) FROM orders",
    "new": "SELECT count(*) FROM messages WHERE kind = 'new'",
    "messages": "SELECT count(*) FROM messages WHERE kind = 'cancel'",
    "worst": "SELECT min(CAST(worst_usd AS INTEGER)) FROM losses",
}


def one_trial(folder: Path, draw: random.Random, store: type[RiskStore]) -> tuple[list[str], int]:
    """Fork, let it trade, kill it, look: what became looser, and how much was acknowledged."""
    folder.mkdir(parents=True)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        lines = os.fdopen(writing, "w", buffering=1)
        trade(engine_of(folder, store), draw, lambda kind, what: lines.write(json.dumps([kind, what]) + "\n"))
    os.close(writing)
    told: list[tuple[str, Any]] = []
    with os.fdopen(reading) as lines:
        told += [tuple(json.loads(lines.readline())) for _ in range(draw.randrange(40))]
        time.sleep(draw.random() * 0.004)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # What it still managed to say is acknowledged too; a line that was cut off is not.
        told += [tuple(json.loads(line)) for line in lines if line.endswith("\n")]
    engine = engine_of(folder)
    looser = look(engine, told)
    engine._store.close()
    return looser, len(told)


def main(folder: str, trials: str, seed: str, *mode: str) -> None:
    """So many trials; one JSON document on stdout."""
    store = ForgetfulStore if mode == ("forgetful",) else RiskStore
    acknowledged, looser = 0, []
    for number in range(int(trials)):
        found, count = one_trial(Path(folder) / str(number), random.Random(f"{seed}-{number}"), store)
        acknowledged += count
        looser += [f"trial {number} of seed {seed}: {each}" for each in found]
    sys.stdout.write(json.dumps({"trials": int(trials), "acknowledged": acknowledged, "looser": looser}))


if __name__ == "__main__":
    main(*sys.argv[1:])
