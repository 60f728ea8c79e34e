"""The venue's clocks: one that stands still, the wall's, and the venue's own, which can be set and moved on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dualwitness.venues.sim.kinds import Clock

__all__ = ["FrozenClock", "VenueClock", "WallClock"]


class WallClock:
    """Milliseconds since the epoch, as this machine has them."""

    def now_ms(self) -> int:
        """Now."""
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class FrozenClock:
    """Stands still, so that one seed reproduces every byte."""

    at_ms: int

    def now_ms(self) -> int:
        """Always the same moment."""
        return self.at_ms


class VenueClock:
    """Another clock with an offset in milliseconds, which may only grow: venue time never runs backwards."""

    def __init__(self, base: Clock, offset_ms: int = 0) -> None:
        self._base = base
        self._offset_ms = offset_ms

    def now_ms(self) -> int:
        """The base clock's time plus the offset."""
        return self._base.now_ms() + self._offset_ms

    def advance(self, ms: int) -> None:
        """Move venue time on by ``ms``; raises ValueError when that is negative."""
        if ms < 0:
            message = f"venue time only moves forward; the step was {ms} ms"
            raise ValueError(message)
        self._offset_ms += ms
