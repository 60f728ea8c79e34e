"""What all prices depend on: the seed, what each coin is worth at its opening, and the shocks since."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.openings import is_pegged, openings_of

__all__ = ["Shock", "World", "path_name", "world_of"]


class Shock(NamedTuple):
    """From a second on a currency's dollar price is multiplied."""

    from_s: int
    ccy: str
    factor: Decimal


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """Immutable; two worlds are the same only if they are one object, so that a price is remembered by it cheaply."""

    seed: int
    openings: Mapping[str, Decimal]
    shocks: tuple[Shock, ...] = ()
    _moments: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_moments", tuple(shock.from_s for shock in self.shocks))

    def shocked(self, ccy: str, factor: Decimal, from_s: int) -> World:
        """The same with one more shock. Raises KeyError for an unknown currency, ValueError for a senseless shock."""
        if ccy not in self.openings:
            raise KeyError(ccy)
        if ccy == "USD" or not factor.is_finite() or factor <= 0:
            raise ValueError(f"a shock needs a currency other than USD and a factor above 0, was {ccy} {factor}")
        return replace(self, shocks=tuple(sorted((*self.shocks, Shock(from_s, ccy, factor)))))

    def phase(self, at_s: int) -> int:
        """How many shocks have happened by a second."""
        return bisect_right(self._moments, at_s) if self._moments else 0

    def multiplier(self, ccy: str, phase: int) -> Decimal:
        """What the first ``phase`` shocks made of a currency."""
        product = Decimal(1)
        for shock in self.shocks[:phase]:
            if shock.ccy == ccy:
                product *= shock.factor
        return product

    def moments(self, start_s: int, end_s: int) -> list[int]:
        """The seconds strictly between two at which a shock happened."""
        return [moment for moment in self._moments if start_s < moment < end_s]


def path_name(base: str, quote: str) -> str:
    """Which path a pair of currencies follows (see `path.py`)."""
    moving = [ccy for ccy in (base, quote) if not is_pegged(ccy)]
    if not moving or base == quote:
        return ""
    return base if moving == [base] else f"{'' if is_pegged(base) else base}-{quote}"


@lru_cache(maxsize=8)
def _default(seed: int) -> World:
    return World(seed, openings_of(seed, INSTRUMENTS))


def world_of(seed: int, instruments: tuple[SimInstrument, ...] = INSTRUMENTS) -> World:
    """The world of a table before any shock; that of the venue's own table is shared."""
    return _default(seed) if instruments is INSTRUMENTS else World(seed, openings_of(seed, instruments))
