"""
OKX's bars and where they start.

Minutes and hours count from the epoch; 6H and longer open at 00:00 UTC+8, their ``utc`` variants at 00:00 UTC
(okx-v5-facts section 12, difference ohlcv-daily-bar-utc-vs-hongkong).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

__all__ = ["BARS", "Bar", "starts"]

_HOUR_S = 3_600
_DAY_S = 24 * _HOUR_S
_EIGHT_HOURS_S = 8 * _HOUR_S
# The Unix epoch was a Thursday; weeks open on Monday.
_FIRST_MONDAY_S = 4 * _DAY_S


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
        bars |= {f"{count}D{suffix}": Bar(count * _DAY_S, 0, shift) for count in (1, 2, 3)}
        bars[f"1W{suffix}"] = Bar(7 * _DAY_S, 0, shift + _FIRST_MONDAY_S)
        bars |= {f"{count}M{suffix}": Bar(0, count, shift) for count in (1, 3)}
    return bars


BARS: dict[str, Bar] = _grid()


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
