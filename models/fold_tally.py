"""How many fills something is made of, and from when until when."""

from __future__ import annotations

__all__ = ["Tally"]


class Tally:
    """A count of fills, and the times of the first and the last of them (ms of venue time; None: none was timed)."""

    __slots__ = ("count", "first_ms", "last_ms")

    def __init__(self) -> None:
        self.count = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None

    def add(self, ts_venue_ms: int | None, last_ms: int | None = None, *, count: int = 1) -> None:
        """Count a fill, or ``count`` of them from one time to another."""
        self.count += count
        if ts_venue_ms is not None:
            last_ms = ts_venue_ms if last_ms is None else last_ms
            self.first_ms = ts_venue_ms if self.first_ms is None else min(self.first_ms, ts_venue_ms)
            self.last_ms = last_ms if self.last_ms is None else max(self.last_ms, last_ms)
