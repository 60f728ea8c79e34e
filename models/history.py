"""How far back fills are known, and what was held before the first of them."""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models.leg import OpeningLeg

__all__ = ["Gap", "History", "OpeningSnapshot"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of venue time, both ends inclusive, of which no fills are known; ``why`` in a few words."""

    since_ms: int
    until_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class OpeningSnapshot:
    """
    What was held at a moment of venue time: these legs, and every other leg flat.

    ``source`` says who vouches for it. Fills at or before ``ts_venue_ms`` are part of it.
    """

    ts_venue_ms: int
    legs: tuple[OpeningLeg, ...]
    source: str


@dataclass(frozen=True, slots=True)
class History:
    """
    What is known of the fills' past.

    ``since_ms`` is the first moment of venue time from which every fill is known (None: unknown). ``flat_start`` says
    how it is proven that nothing was held then (None: it is not). With neither a proven start nor an ``opening``, or
    with a gap, no position follows from the fills.
    """

    since_ms: int | None = None
    flat_start: str | None = None
    opening: OpeningSnapshot | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the fills add up to positions, and not only to changes."""
        return (self.flat_start is not None or self.opening is not None) and not self.gaps
