"""
A strategy in a loop, against the embedded venue: ``python -m examples.strategy_loop``. No key, no network.

Each turn it says what it believes and why, what it wants, and what became of it: sent, or refused by which check. It
opens in the direction of the trend, makes three mistakes on purpose, and closes what it opened.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from dualwitness.config import load_risk_config
from dualwitness.models import Direction, OrderIntent, OrderType, Position, Side, TdMode
from dualwitness.venues import VenueClient
from dualwitness.venues.routing_decision import Execution
from dualwitness.venues.sim.process import VenueProcess
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent
from dualwitness.venues.trading import Trader
from examples.demo_trader import open_clients, open_trader

SYMBOL = "BTC/USDT:USDT"
CONTRACT_SIZE = Decimal("0.01")  # BTC of one contract of this instrument
FAST, SLOW = 5, 20  # bars of a minute
TURNS = 5
# What one order may be worth, as a share of the limit in risk.yaml.
SHARE_OF_LIMIT = Decimal("0.5")


@dataclass(frozen=True)
class Belief:
    """What both libraries say of our position: contracts, positive for long; None where they say different things."""

    contracts: Decimal | None
    why: str


def believe(clients: Mapping[str, VenueClient]) -> Belief:
    """Ask both libraries; what they do not agree on is not known."""
    told = {name: sum(map(signed, client.get_positions(SYMBOL)), Decimal(0)) for name, client in clients.items()}
    why = " and ".join(f"{name} says {contracts}" for name, contracts in told.items())
    first, *others = told.values()
    return Belief(first, why) if all(other == first for other in others) else Belief(None, why)


def signed(position: Position) -> Decimal:
    """Contracts with the sign of their direction; NaN, which equals nothing, where a library did not say."""
    if position.has_position is False:
        return Decimal(0)
    if position.contracts is None or position.direction not in (Direction.LONG, Direction.SHORT):
        return Decimal("NaN")
    return position.contracts if position.direction is Direction.LONG else -position.contracts


def trend(client: VenueClient) -> tuple[Side, str]:
    """Long where the mean of the last bars is above that of more of them."""
    closes = [candle.close for candle in client.get_candles(SYMBOL, "1m", SLOW) if candle.close is not None]
    fast, slow = sum(closes[-FAST:]) / FAST, sum(closes) / len(closes)
    side = Side.LONG if fast >= slow else Side.SHORT
    return side, f"the mean of {FAST} bars is {fast:.1f}, that of {len(closes)} is {slow:.1f}"


def wanted(side: Side, base_quantity: Decimal, *, reduce_only: bool = False) -> OrderIntent:
    """An intent of this strategy; sizes are base currency, whatever the venue counts in."""
    return OrderIntent(
        symbol=SYMBOL,
        side=side,
        order_type=OrderType.MARKET,
        size=base_quantity,
        td_mode=TdMode.CROSS,
        strategy="trend_following",
        reduce_only=reduce_only,
    )


def tell(words: str, intent: OrderIntent, execution: Execution) -> None:
    """What was wanted, what became of it, and why."""
    closing = ", reduce only" if intent.reduce_only else ""
    print(f"    {words}: {intent.side} {intent.size} BTC{closing}")
    print(f"    outcome   {execution.told()}")
    if not execution.decision_id:
        print("    because   the same intent was sent before under this id: its fate is told, nothing is sent again")
    if execution.order is not None:
        failed = [check for check in execution.order.checks if not check.passed]
        print(f"    checks    {len(execution.order.checks) - len(failed)} passed, {len(failed)} failed")
        for check in failed:
            print(f"              {check.reason}: {check.rule} was {check.value}, limit {check.limit}")
    if isinstance(execution.resolution, ResolvedIntent):
        sized = execution.resolution.sized
        print(f"    size      {sized.contracts} contracts, {sized.base_quantity} BTC, {sized.shortfall} BTC left out")
    if isinstance(execution.resolution, IntentRefused):
        print(f"    nearest   {execution.resolution.nearest_below} or {execution.resolution.nearest_above} BTC")
    if execution.preflight is not None:
        same = "both libraries build the same request" if execution.preflight.ok else execution.preflight.disagreements
        print(f"    preflight {same}")
    if execution.fate is not None:
        for evidence in execution.fate.evidence:
            print(
                f"    evidence  {evidence.witness}: {evidence.question}: {evidence.answer} {evidence.detail}".rstrip()
            )


def decide(turn: int, side: Side, size: Decimal, held: Decimal) -> tuple[str, int, OrderIntent]:
    """What this strategy wants in a turn, in words, with the number of its signal; a signal is sent once."""
    match turn:
        case 1:
            return "opens", 1, wanted(side, size)
        case 2:
            return "sees the same signal again", 1, wanted(side, size)
        case 3:
            return "errs by two digits", 3, wanted(side, size * 100)
        case 4:
            return "wants less than the venue takes", 4, wanted(side, Decimal("0.00001"))
        case _:
            back = Side.SHORT if held > 0 else Side.LONG
            return "closes what it holds", turn, wanted(back, abs(held) * CONTRACT_SIZE, reduce_only=True)


def run(clients: Mapping[str, VenueClient], trader: Trader) -> int:
    """The loop; 0 where the account ends as flat as it began."""
    client = clients["ccxt"]
    price = client.get_ticker(SYMBOL).last
    if price is None:
        print("no price is known: nothing is sent")
        return 1
    size = (load_risk_config().max_notional_per_trade_usd * SHARE_OF_LIMIT / price).quantize(Decimal("0.000001"))
    side, reason = trend(client)
    print(f"the trend is {side}, because {reason}")
    for turn in range(1, TURNS + 1):
        trader.tend()
        belief = believe(clients)
        print(f"\nturn {turn}: believes {belief.contracts} contracts, because {belief.why}")
        if belief.contracts is None:
            print("what is not known is not traded on: a person must look")
            return 1
        words, signal, intent = decide(turn, side, size, belief.contracts)
        tell(words, intent, trader.execute(intent, nonce=signal))
    end = believe(clients)
    print(f"\nin the end: believes {end.contracts} contracts, because {end.why}")
    return 0 if end.contracts == 0 else 1


def main() -> int:
    """Start the embedded venue, trade, and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="strategy-loop-") as name, VenueProcess() as venue:
        folder = Path(name)
        clients = open_clients(venue.base_url, folder)
        with open_trader(clients, folder) as trader:
            code = run(clients, trader)
        for file in sorted(folder.glob("*.jsonl")):
            print(f"{file.name}: {len(file.read_text(encoding='utf-8').splitlines())} lines")
    return code


if __name__ == "__main__":
    sys.exit(main())
