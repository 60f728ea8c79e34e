"""The venue's two clocks: one that stands still and the wall's."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["FrozenClock", "WallClock"]


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
