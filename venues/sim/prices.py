"""
The venue's prices: a pure function of seed, instrument and second.

Every instrument follows one dollar price of its base currency, so that spot, swaps, futures, options and cross pairs
agree with each other at any moment. A price moves once a second, by little.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from dualwitness.venues.sim.draws import signed, unit, wander
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.numbers import round_to

__all__ = ["DAY_S", "index", "last", "mark", "opening_usd", "turnover_usd", "usd"]

DAY_S = 86_400

# Dollars a coin is worth around; the seed moves it by up to 4 %.
_AROUND_USD = {
    "AVAX": Decimal(25), "BTC": Decimal(65_000), "DOGE": Decimal("0.125"), "ETH": Decimal(2_600), "LTC": Decimal(85),
    "SOL": Decimal(150), "XRP": Decimal("2.1"),
}  # fmt: skip
_STABLE = ("USDC", "USDT")

# How far the price wanders (share of the price) and over how many seconds.
_WAVES = (
    (Decimal("0.03"), 7 * DAY_S),
    (Decimal("0.015"), DAY_S),
    (Decimal("0.004"), 3_600),
    (Decimal("0.0008"), 60),
    (Decimal("0.00005"), 5),
)
_BASIS = Decimal("0.0003")
_PRINT_NOISE = Decimal("0.00004")
_CARRY_PER_YEAR = Decimal("0.05")
_VOLATILITY_PER_YEAR = Decimal("0.6")
_YEAR_S = Decimal(365 * DAY_S)


@lru_cache(maxsize=256)
def opening_usd(seed: int, ccy: str) -> Decimal:
    """What one unit of ``ccy`` is worth in dollars before it starts to wander; a stablecoin stays there."""
    if ccy == "USD":
        return Decimal(1)
    if ccy in _STABLE:
        return (1 + signed(seed, f"peg/{ccy}", 0) * Decimal("0.0004")).quantize(Decimal("0.0001"))
    return (_AROUND_USD[ccy] * (1 + signed(seed, f"around/{ccy}", 0) * Decimal("0.04"))).quantize(Decimal("0.000001"))


@lru_cache(maxsize=65_536)
def usd(seed: int, ccy: str, at_s: int) -> Decimal:
    """What one unit of ``ccy`` is worth in dollars at a second of venue time."""
    opening = opening_usd(seed, ccy)
    if ccy == "USD" or ccy in _STABLE:
        return opening
    drift = sum((size * wander(seed, f"path/{ccy}", scale_s, at_s) for size, scale_s in _WAVES), Decimal(0))
    return (opening * (1 + drift)).quantize(Decimal("0.00000001"))


def _spot(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    return usd(seed, instrument.base_ccy, at_s) / usd(seed, instrument.quote_ccy, at_s)


@lru_cache(maxsize=65_536)
def index(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    """The index of its underlying pair, ten times finer than the pair's tick; an option's is the coin's."""
    step = Decimal("0.01") if instrument.inst_type == "OPTION" else instrument.tick_sz / 10
    return round_to(_spot(seed, instrument, at_s), step)


def _years_left(instrument: SimInstrument, at_s: int) -> Decimal:
    if instrument.exp_time_ms is None:
        return Decimal(0)
    # Never zero: an option's time value divides by it.
    return Decimal(max(instrument.exp_time_ms // 1000 - at_s, DAY_S)) / _YEAR_S


def _premium(forward: Decimal, strike: Decimal, right: str, years: Decimal) -> Decimal:
    """An option's price in coin: intrinsic value plus a time value that decays away from the money."""
    spread = _VOLATILITY_PER_YEAR * years.sqrt()
    moneyness = (forward - strike) / forward
    time_value = Decimal("0.4") * spread / (1 + (moneyness / spread) ** 2)
    intrinsic = max(moneyness if right == "C" else -moneyness, Decimal(0))
    return intrinsic + time_value


@lru_cache(maxsize=65_536)
def _fair(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    spot = _spot(seed, instrument, at_s)
    if instrument.is_spot:
        return spot
    years = _years_left(instrument, at_s)
    forward = spot * (1 + _CARRY_PER_YEAR * years + _BASIS * wander(seed, f"basis/{instrument.inst_id}", 300, at_s))
    if instrument.strike is not None:
        return _premium(forward, instrument.strike, instrument.opt_type, years)
    return forward


@lru_cache(maxsize=65_536)
def last(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    """The last traded price, on tick: the fair price and a print's noise, so that it is not the mark."""
    noise = 1 + _PRINT_NOISE * signed(seed, f"print/{instrument.inst_id}", at_s)
    return max(round_to(_fair(seed, instrument, at_s) * noise, instrument.tick_sz), instrument.tick_sz)


@lru_cache(maxsize=65_536)
def mark(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    """The mark price, on tick: the fair price without the last print's noise; for a pair, the index."""
    if instrument.is_spot:
        return round_to(_spot(seed, instrument, at_s), instrument.tick_sz)
    smoothed = (_fair(seed, instrument, at_s) + _fair(seed, instrument, at_s - 10)) / 2
    return max(round_to(smoothed, instrument.tick_sz), instrument.tick_sz)


@lru_cache(maxsize=256)
def turnover_usd(seed: int, instrument: SimInstrument) -> Decimal:
    """Dollars traded a day, roughly: hundreds of millions for the large coins, tens for the others."""
    around = Decimal(900_000_000) if instrument.base_ccy in ("BTC", "ETH") else Decimal(60_000_000)
    if instrument.inst_type == "OPTION":
        around = Decimal(2_000_000)
    return around * (unit(seed, f"turnover/{instrument.inst_id}") + Decimal("0.5"))
