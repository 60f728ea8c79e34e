"""
Candles: OKX's bars, their alignment, and what happened within one.

Minutes and hours count from the epoch; 6H and longer open at 00:00 UTC+8, their ``utc`` variants at 00:00 UTC
(okx-v5-facts section 12, difference ohlcv-daily-bar-utc-vs-hongkong).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from dualwitness.venues.sim import prices, tape
from dualwitness.venues.sim.draws import integer
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["BARS", "Bar", "Candle", "candle", "starts"]

_HOUR_S = 3_600
_EIGHT_HOURS_S = 8 * _HOUR_S
# The Unix epoch was a Thursday; weeks open on Monday.
_FIRST_MONDAY_S = 4 * prices.DAY_S


class Bar(NamedTuple):
    """A bar's length in seconds, or in months, and where its grid starts."""

    seconds: int
    months: int
    shift_s: int


def _grid() -> dict[str, Bar]:
    bars = {f"{count}m": Bar(count * 60, 0, 0) for count in (1, 3, 5, 15, 30)}
    bars |= {f"{count}H": Bar(count * _HOUR_S, 0, 0) for count in (1, 2, 4)}
    for suffix, shift in (("", -_EIGHT_HOURS_S), ("utc", 0)):
        bars |= {f"{count}H{suffix}": Bar(count * _HOUR_S, 0, shift) for count in (6, 12)}
        bars |= {f"{count}D{suffix}": Bar(count * prices.DAY_S, 0, shift) for count in (1, 2, 3)}
        bars[f"1W{suffix}"] = Bar(7 * prices.DAY_S, 0, shift + _FIRST_MONDAY_S)
        bars |= {f"{count}M{suffix}": Bar(0, count, shift) for count in (1, 3)}
    return bars


BARS: dict[str, Bar] = _grid()


class Candle(NamedTuple):
    """One bar of one instrument; prices on tick."""

    start_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: tape.Volume
    closed: bool


def starts(bar: Bar, newest_s: int) -> Iterator[tuple[int, int]]:
    """Start and end of the bar that contains ``newest_s``, then of the one before it, without end."""
    if bar.months:
        yield from _months(bar, newest_s)
    start = newest_s - (newest_s - bar.shift_s) % bar.seconds
    while True:
        yield start, start + bar.seconds
        start -= bar.seconds


def _months(bar: Bar, newest_s: int) -> Iterator[tuple[int, int]]:
    day = datetime.fromtimestamp(newest_s - bar.shift_s, UTC)
    month = (day.year * 12 + day.month - 1) // bar.months * bar.months
    while True:
        yield _month_start(month) + bar.shift_s, _month_start(month + bar.months) + bar.shift_s
        month -= bar.months


def _month_start(month: int) -> int:
    return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp())


def candle(seed: int, instrument: SimInstrument, start_s: int, end_s: int, now_s: int) -> Candle:
    """The bar from ``start_s`` to ``end_s`` as known at ``now_s``; it is closed once its end has passed."""
    return _candle(seed, instrument, start_s, end_s, min(end_s, now_s))


@lru_cache(maxsize=32_768)
def _candle(seed: int, instrument: SimInstrument, start_s: int, end_s: int, until_s: int) -> Candle:
    quarter = (end_s - start_s) // 4
    seen = [start_s, *(start_s + quarter * part for part in (1, 2, 3) if start_s + quarter * part < until_s), until_s]
    path = [prices.last(seed, instrument, at_s) for at_s in seen]
    chance = integer(seed, f"wick/{instrument.inst_id}/{end_s - start_s}", start_s)
    tick = instrument.tick_sz
    high = max(path) + chance % 3 * tick
    low = max(min(path) - (chance >> 8) % 3 * tick, tick)
    contracts = tape.volume(seed, instrument, start_s, until_s)
    # Empty bars repeat a price instead of inventing a wick nobody traded at.
    if contracts == 0:
        high, low = max(path), min(path)
    average = (path[0] + high + low + path[-1]) / 4
    traded = tape.volume_of(instrument, contracts, average)
    return Candle(start_s, path[0], high, low, path[-1], traded, closed=until_s == end_s)
