"""What was traded: volumes that add up over any split of time, and the public prints."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from dualwitness.venues.sim import prices
from dualwitness.venues.sim.book import lot_usd
from dualwitness.venues.sim.draws import integer, wander
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["Print", "Volume", "prints", "volume", "volume_of"]

_WAVE_S = 3_600
# The wave's slope stays below the mean rate (2 * 1200 / 3600 of it), so that traded volume never shrinks.
_WAVE_SHARE = 1_200
# Prints are numbered by the second they happened in, counted from this one.
_FIRST_PRINT_S = 1_600_000_000


class Volume(NamedTuple):
    """What was traded in a stretch of time: contracts (base for a pair), base currency, quote currency."""

    contracts: Decimal
    base: Decimal
    quote: Decimal


class Print(NamedTuple):
    """One public trade; ``side`` is the taker's."""

    trade_id: int
    px: Decimal
    sz: Decimal
    side: str
    ts_ms: int


def _traded_lots(seed: int, instrument: SimInstrument, at_s: int) -> Decimal:
    rate = prices.turnover_usd(seed, instrument) / prices.DAY_S / lot_usd(seed, instrument)
    wave = wander(seed, f"volume/{instrument.inst_id}", _WAVE_S, at_s) * _WAVE_SHARE
    return (rate * (at_s + wave)).to_integral_value(ROUND_FLOOR)


def volume(seed: int, instrument: SimInstrument, start_s: int, end_s: int) -> Decimal:
    """Contracts (base for a pair) traded from ``start_s`` up to ``end_s``; adjacent stretches add up exactly."""
    if end_s <= start_s:
        return Decimal(0)
    lots = _traded_lots(seed, instrument, end_s) - _traded_lots(seed, instrument, start_s)
    return lots * instrument.lot_sz


def volume_of(instrument: SimInstrument, contracts: Decimal, average: Decimal) -> Volume:
    """The three units of a volume traded at about ``average`` (OKX market/candles: vol, volCcy, volCcyQuote)."""
    fine = Decimal("0.00000001")
    amount = contracts * instrument.contract_size
    if instrument.inverse:
        return Volume(contracts, (amount / average).quantize(fine), amount)
    return Volume(contracts, amount, (amount * average).quantize(fine))


def prints(seed: int, instrument: SimInstrument, now_s: int, limit: int) -> tuple[Print, ...]:
    """The newest public trades, newest first, one a second."""
    rows: list[Print] = []
    for at_s in range(now_s, now_s - limit, -1):
        chance = integer(seed, f"print/{instrument.inst_id}", at_s)
        lots = max(Decimal(10 + chance % 5_000) // lot_usd(seed, instrument), instrument.min_sz / instrument.lot_sz)
        side = "buy" if chance >> 20 & 1 else "sell"
        price = prices.last(seed, instrument, at_s)
        rows.append(Print(at_s - _FIRST_PRINT_S, price, lots * instrument.lot_sz, side, at_s * 1000))
    return tuple(rows)
