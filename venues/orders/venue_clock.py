"""
What time it is at the venue, without asking for every order.

An order's deadline is a moment of venue time. The distance of the two clocks is measured now and then; a wrong distance
costs an order (it is refused as late) or time (its absence is proven later), and never doubles one: proof that a
deadline has passed is always a fresh answer of the venue.

The distance is taken when the answer is here, so that venue time is told too early by the answer's way and never too
late: what is looked for since then is not missed.
"""

from __future__ import annotations

from collections.abc import Callable

from dualwitness.venues.errors import VenueError

__all__ = ["VenueClock"]

_MEASURED_EVERY_MS = 60_000


class VenueClock:
    """Venue time by the local clock and their distance; ``read_ms`` asks the venue."""

    def __init__(self, read_ms: Callable[[], int], clock_ms: Callable[[], int]) -> None:
        self._read_ms = read_ms
        self._clock_ms = clock_ms
        self._distance_ms: int | None = None
        self._measured_ms = 0

    def now_ms(self) -> int:
        """About now at the venue; raises `VenueError` where its time was never read."""
        now_ms = self._clock_ms()
        if self._distance_ms is None or abs(now_ms - self._measured_ms) > _MEASURED_EVERY_MS:
            try:
                told_ms = self._read_ms()
                now_ms = self._measured_ms = self._clock_ms()
                self._distance_ms = told_ms - now_ms
            except VenueError:
                if self._distance_ms is None:
                    raise
        return now_ms + self._distance_ms

    def forget(self) -> None:
        """Measure anew before the next order: the venue called the last one late."""
        self._measured_ms -= _MEASURED_EVERY_MS + 1
