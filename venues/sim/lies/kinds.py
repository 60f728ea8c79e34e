"""What a lie is, what it may know of the question, and what an audit must make of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from dualwitness.models import Axis, FindingKind, PositionsQuality, Severity
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.lies.effects import Effects
from dualwitness.venues.sim.market import Market

__all__ = ["ANYWHERE", "Asked", "Cause", "Envelope", "Lie", "Needs", "Options", "Row", "Theme", "rows_of"]

Envelope = dict[str, object]
Row = dict[str, object]
Options = Mapping[str, int]
_NO_OPTIONS: Options = MappingProxyType({})


class Theme(StrEnum):
    """What sort of falsehood it is; each has its own module."""

    ENVIRONMENT = "environment"
    IDENTITY = "identity"
    MARKET_INTERACTION = "market_interaction"
    HTTP_FAULT = "http_fault"
    TOXIC = "toxic"
    LOST = "lost"


class Needs(StrEnum):
    """What a world must hold so that a lie can be told in it: the venue's scenarios alone, or something more."""

    NOTHING = "nothing"
    # More executions and bills than one page holds.
    PAGES = "pages"
    # A position that the venue closed in part by itself.
    FORCED = "forced"
    # A trade between two looks at the account.
    TRADING = "trading"


# A fault of the transport can befall any endpoint; a lie about rows only those whose rows it knows.
ANYWHERE = frozenset({Theme.HTTP_FAULT, Theme.TOXIC, Theme.LOST})


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a lie may know of the question: path, parameters, the market behind it.

    ``params`` are the query's, ``body`` what was posted; it is read only where a lie is limited to a symbol.
    """

    path: str
    params: Params
    market: Market
    body: bytes = b""

    @property
    def symbols(self) -> frozenset[str]:
        """Every instrument that the question names; empty for a question about all of them."""
        named = [self.params.get("instId", ""), *_posted(self.body)]
        return frozenset(one for names in named for one in names.split(",") if one)


def _posted(body: bytes) -> list[str]:
    try:
        parsed = json.loads(body) if body else None
    except ValueError:
        return []
    orders = parsed if isinstance(parsed, list) else [parsed]
    return [str(order.get("instId", "")) for order in orders if isinstance(order, dict)]


class Cause(NamedTuple):
    """
    What an audit must show, written down before there was a detector for it.

    ``kind``, ``operation`` and ``field`` of the finding, and how severe it is at least; kind None where no value is
    lost, at most time. ``quality`` is the best that may still be said of the positions while the lie is told.
    """

    kind: FindingKind | None
    operation: str
    field: str
    severity: Severity | None = None
    quality: PositionsQuality = PositionsQuality.RELIABLE


@dataclass(frozen=True, slots=True)
class Lie:
    """
    One named falsehood.

    ``operation`` is the client method that meets it, ``field`` the model's field that is false, ``paths`` the endpoints
    it is told on. Exactly one of four acts: ``transform`` edits the rows of a success (a copy of the envelope),
    ``recalled`` names a question, whose first answer is given to all that are named alike, ``transport`` changes the
    answer as a whole, ``toxic`` the connection, by ``options`` and a draw in [-1, 1). ``cause`` is the finding it must
    cause when it is told to both libraries; for a blind spot, to one of them. ``needs`` is what must be there to be
    lied about. ``rests_on`` are operations without whose true word nobody can prove it false: where another lie is
    about one of them, this one may stay unproven, and nothing is relied on.
    """

    name: str
    theme: Theme
    axis: Axis
    operation: str
    field: str
    description: str
    paths: tuple[str, ...]
    cause: Cause
    transform: Callable[[Envelope, Asked], Envelope] | None = None
    transport: Callable[[Response, Asked], Response] | None = None
    toxic: Callable[[Options, Decimal], Effects] | None = None
    options: Options = dataclasses.field(default_factory=lambda: _NO_OPTIONS)
    recalled: Callable[[Asked], Hashable] | None = None
    needs: Needs = Needs.NOTHING
    rests_on: tuple[str, ...] = ()

    @property
    def acts(self) -> int:
        """How many of the four acts it has."""
        return sum(act is not None for act in (self.transform, self.recalled, self.transport, self.toxic))

    def __hash__(self) -> int:
        """By name: a registry has one of each."""
        return hash(self.name)


def rows_of(envelope: Envelope) -> list[Row]:
    """The rows of an envelope that are objects; none when ``data`` is not a list."""
    data = envelope.get("data")
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
