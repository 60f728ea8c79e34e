"""How much of an instrument is traded, and how often."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from dualwitness.venues.sim.activity import LEAST_MINUTE_MS
from dualwitness.venues.sim.draws import unit
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.world import World

__all__ = ["RATE_SCALE", "Pace", "lot_usd", "pace_of", "turnover_usd"]

RATE_SCALE = 10**12
_DAY_MS = 86_400_000
_LARGE_COINS = ("BTC", "ETH")


class Pace(NamedTuple):
    """
    Lots a millisecond of activity, times ``RATE_SCALE``, the smallest trade in lots, and whether trades are few.

    A sparse market trades four times a minute, any other every second: each trade is at least the smallest order.
    """

    rate: int
    least_lots: int
    sparse: bool


def lot_usd(world: World, instrument: SimInstrument) -> Decimal:
    """What one lot is worth in dollars at opening prices: steady, so that sizes do not jump with the price."""
    coin = world.openings[instrument.quote_ccy if instrument.inverse else instrument.base_ccy]
    return instrument.lot_sz * instrument.contract_size * coin


@lru_cache(maxsize=4_096)
def turnover_usd(seed: int, instrument: SimInstrument) -> Decimal:
    """Dollars traded a day, roughly: hundreds of millions for the large coins, tens for the others."""
    around = Decimal(900_000_000) if instrument.base_ccy in _LARGE_COINS else Decimal(60_000_000)
    if instrument.inst_type == "OPTION":
        around = Decimal(2_000_000)
    return around * (unit(seed, f"turnover/{instrument.inst_id}") + Decimal("0.5"))


@lru_cache(maxsize=4_096)
def pace_of(world: World, instrument: SimInstrument) -> Pace:
    """How an instrument trades."""
    least = max(int(instrument.min_sz / instrument.lot_sz), 1)
    rate = int(turnover_usd(world.seed, instrument) * RATE_SCALE / _DAY_MS / lot_usd(world, instrument))
    per_trade = least * RATE_SCALE // LEAST_MINUTE_MS + 1
    if rate > 61 * per_trade:
        return Pace(rate, least, sparse=False)
    return Pace(max(rate, 5 * per_trade), least, sparse=True)
