"""
A loop that trades under the guard, against the embedded venue: ``python -m examples.guarded_loop``. No key, no network.

It opens a long, adds to it, and goes on while the venue begins to lie: first it says that there is no position, then it
says nothing at all. Each turn tells what is believed and why, and what the risk engine let pass. A loop that
believed the empty answer would buy again, or think that it is done.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dualwitness.alignment.guard import Guard
from dualwitness.alignment.guarding.answers import GuardedPosition
from dualwitness.alignment.guarding.monitor import QualityReport
from dualwitness.models import OrderIntent, OrderType, RunMode, Side, TdMode
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.sim.process import VenueProcess
from dualwitness.venues.trading import Trader
from examples.demo_trader import DEMO_KEYS, open_clients, open_trader

SYMBOL = "BTC/USDT:USDT"
PAUSE_S = 0.4  # other work of the loop; the monitor looks meanwhile
GONE = ("account/positions", "trade/fills-history", "account/bills-archive")


@dataclass(frozen=True)
class Turn:
    """What happens to the venue before a turn, and what the loop wants in it."""

    words: str
    side: Side
    size: str  # BTC
    reduce_only: bool = False
    plant: tuple[str, ...] = ()
    withdraw: tuple[str, ...] = ()


LIE = ("positions_empty",)
FAULTS = tuple(f"html_instead_of_json:path={path}" for path in GONE)
TURNS = (
    Turn("opens a long", Side.LONG, "0.005"),
    Turn("adds to it", Side.LONG, "0.004"),
    Turn("is told that there is no position, and wants to buy", Side.LONG, "0.003", plant=LIE),
    Turn("is still told so, and wants less risk", Side.SHORT, "0.004", reduce_only=True),
    Turn("is told the truth again, and adds", Side.LONG, "0.002", withdraw=LIE),
    Turn("is told nothing at all, and wants to close", Side.SHORT, "0.007", reduce_only=True, plant=FAULTS),
    Turn("is told the truth again, and closes", Side.SHORT, "0.007", reduce_only=True, withdraw=FAULTS),
)


def wanted(turn: Turn) -> OrderIntent:
    """The order of a turn; sizes are base currency."""
    return OrderIntent(
        symbol=SYMBOL,
        side=turn.side,
        order_type=OrderType.MARKET,
        size=turn.size,
        td_mode=TdMode.CROSS,
        strategy="trend_following",
        reduce_only=turn.reduce_only,
    )


def control(base_url: str, word: str, lies: tuple[str, ...]) -> None:
    """Have the embedded venue tell lies, or stop telling them."""
    for lie in lies:
        # http.client, because it knows no proxies.
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
        connection.request("POST", "/control/lies", json.dumps({word: lie}))
        connection.getresponse().read()
        connection.close()


def told(position: GuardedPosition) -> str:
    """What is believed, and how far."""
    if position.has_position is None:
        return f"unknown ({position.reason}, {position.quality}): {position.explanation}"
    return f"{position.direction} {position.contracts} contracts ({position.quality}): {position.explanation}"


def run(base_url: str, guard: Guard, trader: Trader) -> None:
    """The loop."""
    for number, turn in enumerate(TURNS, start=1):
        control(base_url, "plant", turn.plant)
        control(base_url, "withdraw", turn.withdraw)
        time.sleep(PAUSE_S)
        position = guard.position(SYMBOL)
        print(f"\nturn {number}: {turn.words}")
        print(f"    believes  {told(position)}")
        print(f"    outcome   {trader.execute(wanted(turn), nonce=number).told()}")
    print(f"\nin the end: {told(guard.position(SYMBOL))}")


def main() -> int:
    """Start the embedded venue, trade under the guard, and leave nothing behind."""
    changes: list[str] = []

    def hear(report: QualityReport) -> None:
        changes.append(f"{report.was} -> {report.quality}")

    with tempfile.TemporaryDirectory(prefix="guarded-loop-") as name, VenueProcess() as venue:
        folder = Path(name)
        journal = CallJournal(folder)
        keys, mode = DEMO_KEYS, RunMode.OKX_DEMO_SIM
        with Guard.open("okx", base_url=venue.base_url, credentials=keys, mode=mode, journal=journal) as guard:
            guard.positions([SYMBOL], budget_ms=20_000)  # the first look reads everything
            with guard.monitor(hear), open_trader(open_clients(venue.base_url, folder), folder, guard) as trader:
                run(venue.base_url, guard, trader)
            closed = guard.position(SYMBOL).has_position is False
        print(f"the monitor heard {len(changes)} times of the account's quality: {', '.join(changes)}")
    return 0 if closed else 1


if __name__ == "__main__":
    sys.exit(main())
