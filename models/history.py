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

    ``source`` says who vouches for it. Fills at or before ``ts_venue_ms`` are part of it. Of fills in exactly that
    millisecond: where ``last_bill_id`` names the last one that is part of it, the numbers of the bill ids decide; else
    all are part of it, unless ``whole_millisecond`` is false: then nobody knows, and their legs are null.
    """

    ts_venue_ms: int
    legs: tuple[OpeningLeg, ...]
    source: str
    last_bill_id: str | None = None
    whole_millisecond: bool = True


@dataclass(frozen=True, slots=True)
class History:
    """
    What is known of the fills' past.

    ``since_ms`` is the first moment of venue time from which every fill is known (None: not told; then a start that is
    given is taken to be where the fills begin). ``flat_start`` says how it is proven that nothing was held then (None:
    it is not). With neither a proven start nor an ``opening``, or with a gap after it, no position follows from the
    fills. Where both are given the opening counts.
    """

    since_ms: int | None = None
    flat_start: str | None = None
    opening: OpeningSnapshot | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def start_ms(self) -> int | None:
        """The moment from which fills are counted: that of the opening, else of the flat start; None: not told."""
        return self.since_ms if self.opening is None else self.opening.ts_venue_ms

    @property
    def missing(self) -> tuple[Gap, ...]:
        """The gaps that reach beyond the start, with the one between an opening and the first known fills."""
        start_ms, found = self.start_ms, list(self.gaps)
        if self.opening is not None and self.since_ms is not None and self.since_ms > self.opening.ts_venue_ms + 1:
            why = "fills are known only from later than the opening snapshot"
            found.append(Gap(self.opening.ts_venue_ms + 1, self.since_ms - 1, why))
        # A gap that ends in the very millisecond of an opening lies before it, in that of a flat start it does not.
        ends_ms = None if start_ms is None else start_ms + (self.opening is not None)
        return tuple(gap for gap in found if ends_ms is None or gap.until_ms >= ends_ms)

    @property
    def complete(self) -> bool:
        """Whether the fills add up to positions, and not only to changes."""
        return (self.flat_start is not None or self.opening is not None) and not self.missing

    @property
    def known_from_ms(self) -> int | None:
        """The first moment from which every fill is known until now; None: there is none that is told."""
        if self.since_ms is None and self.flat_start is None and self.opening is None:
            return None
        return max([self.start_ms or 0, *(gap.until_ms + 1 for gap in self.missing)])

    @property
    def explanation(self) -> str | None:
        """Why no position follows from the fills; None where it does."""
        if self.flat_start is None and self.opening is None:
            return "nothing proves what was held before the first fill"
        gap = max(self.missing, key=lambda each: each.until_ms, default=None)
        return None if gap is None else f"no fills are known from {gap.since_ms} to {gap.until_ms} ms: {gap.why}"
