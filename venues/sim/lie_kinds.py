"""What a lie is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dualwitness.models import Axis
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.market import Market

__all__ = ["Asked", "Envelope", "Lie", "Row", "rows_of"]

Envelope = dict[str, object]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a lie may know of the question: the path, the query's parameters, the market behind it."""

    path: str
    params: Params
    market: Market


@dataclass(frozen=True, slots=True)
class Lie:
    """
    One named falsehood.

    ``operation`` is the client method that meets it, ``field`` the model's field an auditor must flag, ``paths`` the
    endpoints it is told on. ``transform`` edits the envelope (a copy), ``transport`` the answer as a whole.
    """

    name: str
    axis: Axis
    operation: str
    field: str
    description: str
    paths: tuple[str, ...]
    transform: Callable[[Envelope, Asked], Envelope] | None = None
    transport: Callable[[Response], Response] | None = None


def rows_of(envelope: Envelope) -> list[Row]:
    """The rows of an envelope that are objects; none when ``data`` is not a list."""
    data = envelope.get("data")
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
