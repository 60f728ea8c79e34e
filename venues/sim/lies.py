"""
Who is lied to, and what became of every planted lie.

A lie changes one endpoint's answer just before it is spelled, for everybody or for one library alone; the library is
told by its User-Agent. The lies themselves are in `lie_registry`.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from dualwitness.models import Library
from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.envelope import Response, as_json
from dualwitness.venues.sim.lie_kinds import Asked, Envelope, Lie
from dualwitness.venues.sim.lie_registry import BLIND_SPOTS, LIES

__all__ = ["BLIND_SPOTS", "LIES", "Lie", "LieTeller", "Plant", "library_of", "parse_plant"]

# CCXT asks through requests (sync) or aiohttp (async), python-okx through httpx.
_USER_AGENTS = (
    ("python-requests", Library.CCXT),
    ("ccxt", Library.CCXT),
    ("aiohttp", Library.CCXT),
    ("python-httpx", Library.OKX_SDK),
)


def library_of(user_agent: str) -> Library | None:
    """Which library asks; None for anything else."""
    lowered = user_agent.lower()
    return next((library for mark, library in _USER_AGENTS if mark in lowered), None)


@dataclass(frozen=True, slots=True)
class Plant:
    """A lie and the library it is told to; both libraries when none is named."""

    lie: Lie
    library: Library | None = None

    @property
    def label(self) -> str:
        """As it is written on the command line."""
        return self.lie.name if self.library is None else f"{self.lie.name}@{self.library}"


def parse_plant(text: str) -> Plant:
    """Read ``NAME`` or ``NAME@LIBRARY``; raises `UsageError` with the nearest name."""
    name, _, library = text.partition("@")
    if name not in LIES:
        raise UsageError(f"unknown lie {name!r}", advice=_nearest(name, LIES))
    if "@" not in text:
        return Plant(LIES[name])
    libraries = {str(member): member for member in Library}
    if library not in libraries:
        raise UsageError(f"unknown library {library!r} for the lie {name}", advice=_nearest(library, libraries))
    return Plant(LIES[name], libraries[library])


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"


class LieTeller:
    """Tells the planted lies and counts them: a lie that nobody asked for proves nothing."""

    def __init__(self, plants: Iterable[Plant] = ()) -> None:
        self.plants = tuple(plants)
        self._asked = dict.fromkeys(self.plants, 0)
        self._told = dict.fromkeys(self.plants, 0)

    @property
    def hits(self) -> dict[str, int]:
        """By label: how many answers each lie really changed."""
        return {plant.label: count for plant, count in self._told.items()}

    def report(self) -> list[dict[str, object]]:
        """What `/control/lies` shows: per plant how often its endpoint was asked and how often the lie was told."""
        return [
            {
                "asked": self._asked[plant],
                "library": None if plant.library is None else str(plant.library),
                "lie": plant.lie.name,
                "told": self._told[plant],
            }
            for plant in self.plants
        ]

    def tell(self, envelope: Envelope, status: int, asked: Asked, library: Library | None) -> Response:
        """The answer after every lie that applies to this endpoint and this library."""
        heard = [plant for plant in self.plants if asked.path in plant.lie.paths and plant.library in (None, library)]
        response = as_json(envelope, status)
        # Rows first, transport last: a torn answer cannot be edited any more.
        for plant in sorted(heard, key=lambda plant: plant.lie.transport is not None):
            self._asked[plant] += 1
            before = response
            # A refusal has no rows to lie about; a broken transport hits it all the same.
            if plant.lie.transform is not None and status == 200 and envelope.get("code") == "0":
                envelope = plant.lie.transform(copy.deepcopy(envelope), asked)
                response = as_json(envelope, status)
            if plant.lie.transport is not None:
                response = plant.lie.transport(response)
            self._told[plant] += response != before
        return response
