"""
Scenarios: what the account has lived through before the first request arrives.

A scenario is a fixed script; the seed moves its prices and nothing else. Its events lie in the venue's past, at their
own rising times, because venue time may stand still. Executions are scripted, not matched, so the same orders fill in
the same way under every seed; everything that follows from a fill is computed by the ordinary engine.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, plain
from dualwitness.venues.sim.engine.scenario_events import before_last_delivery, play_liquidated
from dualwitness.venues.sim.engine.stage import Stage

__all__ = ["build_scenario"]

_FUNDS = (("USDT", Decimal(100000)), ("BTC", Decimal(2)), ("ETH", Decimal(20)))


@exact
def build_scenario(name: str, account: Account) -> None:
    """Play one of `scenario_names.SCENARIOS` on a fresh account; raises ValueError for another name."""
    play = _SCENARIOS.get(name)
    if play is None:
        message = f"scenario {name!r} is unknown; it was none of {', '.join(sorted(_SCENARIOS))}"
        raise ValueError(message)
    levels = _LEVELS.get(name, account.account_level)
    if account.account_level not in levels:
        account.account_level = levels[0]
    if name in _NET:
        account.set_position_mode("net_mode")
    stage = Stage(account, before_last_delivery(account.clock.now_ms()) if name == "liquidated" else None)
    for ccy, quantity in () if name == "empty" else _FUNDS:
        account.deposit(ccy, quantity, stage.tick())
    play(stage)


def _nothing(stage: Stage) -> None:
    """Whatever funds there are, and nothing else."""


def _positions(stage: Stage) -> None:
    """Net mode: every kind of position, spot holdings, resting, partly filled and canceled orders."""
    _linear_long(stage)
    _inverse_short(stage)
    _spot_holdings(stage)
    _isolated_short(stage)
    _flipped(stage)
    _round_trip(stage)
    _resting(stage)


def _linear_long(stage: Stage) -> None:
    """BTC-USDT-SWAP cross: 2 + 1.5 bought, 1 sold again, 2.5 contracts stay."""
    first = stage.order("BTC-USDT-SWAP", "buy", "2", None)
    first = stage.fill(first, "1.2", -120)
    stage.fill(first, "0.8", -119)
    second = stage.order("BTC-USDT-SWAP", "buy", "1.5", -150)
    second = stage.fill(second, "0.5", -150, maker=True)
    stage.fill(second, "1", -150, maker=True)
    stage.fill(stage.order("BTC-USDT-SWAP", "sell", "1", None, reduce_only=True), "1", -60)


def _inverse_short(stage: Stage) -> None:
    """ETH-USD-SWAP cross, settled in ETH: 100 contracts of 10 USD sold."""
    stage.fill(stage.order("ETH-USD-SWAP", "sell", "60", None), "60", 80)
    stage.fill(stage.order("ETH-USD-SWAP", "sell", "40", 110, ord_type="post_only"), "40", 110, maker=True)


def _spot_holdings(stage: Stage) -> None:
    """Two pairs bought, the fee taken from what was bought, a part sold again for a fee in quote."""
    stage.fill(stage.order("BTC-USDT", "buy", "0.05", None), "0.05", -70)
    stage.fill(stage.order("BTC-USDT", "sell", "0.02", 30), "0.02", 30, maker=True)
    bought = stage.order("SOL-USDT", "buy", "40", None)
    bought = stage.fill(bought, "24.5", -90)
    stage.fill(bought, "15.5", -88)
    stage.fill(stage.order("SOL-USDT", "buy", "25", -130), "25", -130, maker=True)
    stage.fill(stage.order("SOL-USDT", "sell", "10", None), "10", 20)


def _isolated_short(stage: Stage) -> None:
    """SOL-USDT-SWAP isolated at 5x: 20 contracts sold."""
    stage.leverage("SOL-USDT-SWAP", "isolated", "net", "5")
    first = stage.order("SOL-USDT-SWAP", "sell", "12", None, td_mode="isolated")
    first = stage.fill(first, "7", 60)
    stage.fill(first, "5", 58)
    second = stage.order("SOL-USDT-SWAP", "sell", "8", 95, td_mode="isolated")
    stage.fill(second, "8", 95, maker=True)


def _flipped(stage: Stage) -> None:
    """ETH-USDT-SWAP cross: opened, closed, opened again, and flipped to 4 contracts short by one fill."""
    stage.fill(stage.order("ETH-USDT-SWAP", "buy", "5", None), "5", -100)
    stage.fill(stage.order("ETH-USDT-SWAP", "sell", "5", None), "5", -40)
    stage.fill(stage.order("ETH-USDT-SWAP", "buy", "3", None), "3", 10)
    stage.fill(stage.order("ETH-USDT-SWAP", "sell", "7", None), "7", 50)


def _round_trip(stage: Stage) -> None:
    """DOGE-USDT-SWAP: opened and closed, so a posId exists whose position is zero."""
    stage.fill(stage.order("DOGE-USDT-SWAP", "buy", "2", None), "2", -30)
    stage.fill(stage.order("DOGE-USDT-SWAP", "sell", "2", None), "2", -70)


def _resting(stage: Stage) -> None:
    """Orders that wait, one of them partly filled, and one that was canceled."""
    stage.order("BTC-USDT-SWAP", "buy", "1", -200)
    partly = stage.order("ETH-USDT-SWAP", "buy", "4", -180)
    stage.fill(partly, "1.5", -180, maker=True)
    stage.order("SOL-USDT", "buy", "10", -250)
    stage.order("BTC-USDT", "sell", "0.01", 240, ord_type="post_only")
    stage.order("ETH-USD-SWAP", "buy", "20", -210, reduce_only=True)
    stage.cancel(stage.order("BTC-USDT", "buy", "0.03", -220))


def _long_short(stage: Stage) -> None:
    """Long/short mode: BTC-USDT-SWAP long and short at once."""
    stage.account.set_position_mode("long_short_mode")
    swap = "BTC-USDT-SWAP"
    opened = stage.order(swap, "buy", "2", None, pos_side="long")
    opened = stage.fill(opened, "1.4", -120)
    stage.fill(opened, "0.6", -118)
    stage.fill(stage.order(swap, "buy", "1", -160, pos_side="long"), "1", -160, maker=True)
    stage.fill(stage.order(swap, "sell", "1.2", None, pos_side="short"), "1.2", 90)
    stage.fill(stage.order(swap, "sell", "0.5", None, pos_side="long"), "0.5", -20)
    stage.fill(stage.order(swap, "buy", "0.2", -40, pos_side="short"), "0.2", -40, maker=True)
    stage.fill(stage.order("ETH-USD-SWAP", "sell", "50", None, pos_side="short"), "50", 70)
    stage.leverage("SOL-USDT-SWAP", "isolated", "long", "5")
    isolated = stage.order("SOL-USDT-SWAP", "buy", "15", None, pos_side="long", td_mode="isolated")
    isolated = stage.fill(isolated, "9", -80)
    stage.fill(isolated, "6", -79)
    stage.fill(stage.order("ETH-USDT-SWAP", "buy", "5", None, pos_side="long"), "5", -100)
    stage.fill(stage.order("ETH-USDT-SWAP", "sell", "5", None, pos_side="long"), "5", -50)
    stage.fill(stage.order("BTC-USDT", "buy", "0.04", None), "0.04", -60)
    stage.fill(stage.order("BTC-USDT", "sell", "0.01", 25), "0.01", 25, maker=True)
    stage.order(swap, "buy", "1", -200, pos_side="long")
    stage.order(swap, "sell", "0.5", 220, pos_side="long")
    partly = stage.order("ETH-USDT-SWAP", "sell", "4", 180, pos_side="short", ord_type="post_only")
    stage.fill(partly, "1", 180, maker=True)
    stage.cancel(stage.order("BTC-USDT", "buy", "0.03", -220))


def _margin(stage: Stage) -> None:
    """Pairs on borrowed money: isolated long, cross short, one opened and closed, one order that waits."""
    stage.leverage("BTC-USDT", "isolated", "net", "5")
    first = stage.order("BTC-USDT", "buy", "0.2", None, td_mode="isolated", ccy="USDT")
    first = stage.fill(first, "0.12", -60)
    stage.fill(first, "0.08", -58)
    less = stage.order("BTC-USDT", "sell", "0.05", None, td_mode="isolated", ccy="USDT", reduce_only=True)
    stage.fill(less, "0.05", 20)
    stage.fill(stage.order("ETH-USDT", "sell", "3", None, td_mode="cross", ccy="USDT"), "3", 70)
    stage.fill(stage.order("SOL-USDT", "buy", "20", -90, td_mode="cross", ccy="USDT"), "20", -90, maker=True)
    # The fee was taken from what was bought: selling a round size would open a short one with the rest.
    held = plain(stage.account.legs["SOL-USDT", "cross", "net", "USDT"].assets)
    stage.fill(stage.order("SOL-USDT", "sell", held, None, td_mode="cross", ccy="USDT"), held, 10)
    stage.fill(stage.order("BTC-USDT", "buy", "0.01", None), "0.01", -20)
    stage.fill(stage.order("BTC-USDT-SWAP", "buy", "2", None), "2", -50)
    stage.order("BTC-USDT", "buy", "0.05", -240, td_mode="isolated", ccy="USDT")


def _spot(stage: Stage) -> None:
    """Pairs for cash: holdings, one order that waits, one partly filled, one canceled."""
    _spot_holdings(stage)
    stage.order("SOL-USDT", "buy", "10", -250)
    stage.fill(stage.order("ETH-USDT", "buy", "2", -180), "0.5", -180, maker=True)
    stage.order("BTC-USDT", "sell", "0.01", 240, ord_type="post_only")
    stage.cancel(stage.order("BTC-USDT", "buy", "0.03", -220))


def _multi_currency(stage: Stage) -> None:
    """All currencies margin all positions; more BTC was bought than there were USDT, so USDT are borrowed."""
    stage.account.settings.auto_loan = True
    _linear_long(stage)
    _inverse_short(stage)
    _spot_holdings(stage)
    stage.fill(stage.order("BTC-USDT", "buy", "3", None), "3", -40)
    _isolated_short(stage)
    stage.order("BTC-USDT-SWAP", "buy", "1", -200)
    stage.cancel(stage.order("BTC-USDT", "sell", "0.03", 220))


# The account levels (OKX's acctLv) a script can be played in, the first one where the account has another.
_LEVELS = {
    "liquidated": "23",
    "long_short": "23",
    "margin": "2",
    "multi_currency": "3",
    "positions": "23",
    "spot": "1",
}
_NET = frozenset(("liquidated", "margin", "multi_currency", "positions"))
_SCENARIOS: dict[str, Callable[[Stage], None]] = {
    "empty": _nothing,
    "funded": _nothing,
    "liquidated": play_liquidated,
    "long_short": _long_short,
    "margin": _margin,
    "multi_currency": _multi_currency,
    "positions": _positions,
    "spot": _spot,
}
