"""
``python -m risk``: the switches by hand, over the same files that a running program looks at before each order.

0 done, and for ``status``: orders may pass · 2 bad input · 4 ``status``: no new order passes, or the switch is stuck ·
5 the store cannot be used. Results go to stdout, messages to stderr. Nothing here talks to a venue: open orders are
cancelled by the program that sent them, which finds the switch tripped before its next order.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualwitness.risk.engine import RiskEngine
    from dualwitness.risk.records import Reservation
from dualwitness.risk.switchboard import Act

__all__ = ["main"]

_BLOCKED = 4
_ACTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Status:
    """Everything that ``status`` shows; with ``--json`` under these names."""

    orders_may_pass: bool
    trading_state: str
    kill_switch_tripped: bool
    latched_strategies: tuple[str, ...]
    open_orders: tuple[Reservation, ...]
    last_acts: tuple[Act, ...]


def main(words: Sequence[str] | None = None) -> int:
    """Parse, move or show one switch, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    from dualwitness.config import ConfigError, load_risk_config
    from dualwitness.risk.engine import RiskEngine
    from dualwitness.risk.errors import RiskError
    from dualwitness.risk.store import RiskStore

    try:
        limits = load_risk_config(arguments.config)
        engine = RiskEngine(limits, RiskStore(limits.risk_state_file), _clock_ms)
        return _run(engine, arguments)
    except (RiskError, ConfigError) as error:
        sys.stderr.write(f"dualwitness: {error.diagnostics()}\n")
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m risk", description="The switches of the risk engine, by hand.")
    commands = parser.add_subparsers(dest="command", required=True)
    status = commands.add_parser("status", help="what may be sent, and what is open; exit 4 where nothing new may")
    status.add_argument("--json", action="store_true", help="one JSON document on stdout")
    helps = {
        "kill": "trip the kill switch: nothing new is sent until a named reset",
        "halt": "take no new order; cancels pass",
        "reduce": "take only orders that reduce a known position",
        "reset": "open again: kill switch, trading state and latches",
    }
    named = {name: commands.add_parser(name, help=text) for name, text in helps.items()}
    for each in named.values():
        each.add_argument("--who", required=True, help="the person who decides")
        each.add_argument("--why", required=True, help="the reason, in a sentence")
    named["reset"].add_argument("--strategy", help="reset the latch of this strategy alone")
    for each in (status, *named.values()):
        each.add_argument(
            "--config", metavar="DIR", help="folder of risk.yaml, which names the files of switch and state"
        )
    return parser


def _run(engine: RiskEngine, arguments: argparse.Namespace) -> int:
    """Run one command on the engine, and show how it stands afterwards."""
    command, who, why = arguments.command, getattr(arguments, "who", ""), getattr(arguments, "why", "")
    if command == "reset":
        engine.reset(who, why, strategy=arguments.strategy)
    elif command != "status":
        {"kill": engine.kill, "halt": engine.halt, "reduce": engine.reduce}[command](who, why)
    status = _status(engine)
    if getattr(arguments, "json", False):
        sys.stdout.write(json.dumps(asdict(status), indent=2, default=str) + "\n")
    else:
        sys.stdout.write(_told(status))
    return _BLOCKED if command == "status" and not status.orders_may_pass else 0


def _status(engine: RiskEngine) -> _Status:
    """How the switches stand, what is open, and the last acts."""
    state, tripped = engine.state, engine.kill_tripped
    return _Status(
        orders_may_pass=state == "active" and not tripped,
        trading_state=str(state),
        kill_switch_tripped=tripped,
        latched_strategies=engine.latched_strategies(),
        open_orders=engine.open_orders(),
        last_acts=engine.acts(_ACTS_SHOWN),
    )


def _told(status: _Status) -> str:
    """The same for people, a line each."""
    lines = [
        f"trading state  {status.trading_state}",
        f"kill switch    {'tripped: nothing new is sent' if status.kill_switch_tripped else 'not tripped'}",
        f"latched        {', '.join(status.latched_strategies) or 'none'}",
        f"open orders    {len(status.open_orders)}",
    ]
    lines += [
        f"  {order.client_order_id} {order.venue} {order.symbol} {order.side} {order.notional_usd} USD {order.state}"
        for order in status.open_orders
    ]
    lines += [f"{_utc(act.ts_ms)}  {act.act} by {act.who}: {act.why}" for act in status.last_acts]
    return "".join(f"{_printable(line)}\n" for line in lines)


def _utc(ts_ms: int) -> str:
    return datetime.fromtimestamp(ts_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _printable(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000
