"""The scenario of what befalls an account: a future is delivered, one swap deleveraged, another one liquidated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from dualwitness.venues.sim.engine.deleveraging import deleverage
from dualwitness.venues.sim.engine.delivery_settlement import settle_expired
from dualwitness.venues.sim.engine.liquidation import liquidate_due
from dualwitness.venues.sim.engine.stage import Stage
from dualwitness.venues.sim.engine.stand_in import StandIn
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["before_last_delivery", "play_liquidated"]

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
# Delivery at 08:00 UTC (okx-v5-facts section 6), the last one that is two hours past; trading starts an hour before it.
_DELIVERY_MS = 8 * _HOUR_MS
_PAST_MS = 2 * _HOUR_MS
_CODE_OF_EXPIRED = 900_000


def _last_delivery(now_ms: int) -> int:
    past_ms = now_ms - _PAST_MS - _DELIVERY_MS
    return past_ms - past_ms % _DAY_MS + _DELIVERY_MS


def before_last_delivery(now_ms: int) -> int:
    """When the story starts, in milliseconds: an hour before the last delivery that is well past."""
    return _last_delivery(now_ms) - _HOUR_MS


def play_liquidated(stage: Stage) -> None:
    """Play it; the liquidation follows from the engine's own rule at the present price."""
    _delivered(stage)
    stage.wait_for_curtain()
    stage.fill(stage.order("BTC-USDT-SWAP", "buy", "2", None), "2", -90)
    stage.fill(stage.order("ETH-USDT-SWAP", "sell", "5", None), "5", 150)
    deleverage(stage.account, "ETH-USDT-SWAP", "net", Decimal(2), ts_ms=stage.tick())
    # Twenty times the margin and almost five percent under water: beyond the maintenance margin under every seed.
    stage.leverage("SOL-USDT-SWAP", "isolated", "net", "20")
    bought = stage.order("SOL-USDT-SWAP", "buy", "30", None, td_mode="isolated")
    stage.fill(bought, "30", 480)
    liquidate_due(stage.account, stage.tick())


def _delivered(stage: Stage) -> None:
    """A future that is in no list any more: bought, half sold, the rest delivered."""
    account = stage.account
    expiry_ms = _last_delivery(account.clock.now_ms())
    model = next(one for one in account.instruments.values() if _is_model(one))
    date = datetime.fromtimestamp(expiry_ms // 1000, UTC).strftime("%y%m%d")
    inst_id = f"{model.inst_family}-{date}"
    expired = replace(
        model, inst_id=inst_id, inst_id_code=model.inst_id_code + _CODE_OF_EXPIRED, exp_time_ms=expiry_ms, alias=""
    )
    market = account.market
    account.market = StandIn(market, inst_id, model.inst_id)
    account.instruments[inst_id] = expired
    stage.fill(stage.order(inst_id, "buy", "6", None), "6", -40)
    stage.fill(stage.order(inst_id, "sell", "3", None), "3", 25)
    stage.wait_until(expiry_ms)
    settle_expired(account, expiry_ms)
    del account.instruments[inst_id]
    account.market = market


def _is_model(instrument: SimInstrument) -> bool:
    return (instrument.inst_type, instrument.inst_family) == ("FUTURES", "BTC-USDT")
