"""Where and when a planted lie is told: endpoint, instrument, moment, count, chance."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies.kinds import Asked

__all__ = ["EVERYWHERE", "EVERY_PATH", "SCOPE_KEYS", "Scope", "nearest", "read_count", "scope_from"]

EVERY_PATH = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """
    A plant's limits; the default has none.

    ``path`` is an endpoint in full or its last parts (``*``: every one), ``symbol`` an instId. ``from_ms`` and
    ``until_ms`` are venue time in milliseconds, the second exclusive. The first ``after`` answers stay true, at most
    ``times`` are false, each with ``probability``.
    """

    path: str = ""
    symbol: str = ""
    from_ms: int | None = None
    until_ms: int | None = None
    after: int = 0
    times: int | None = None
    probability: Decimal | None = None

    def covers(self, asked: Asked, paths: Iterable[str]) -> bool:
        """Whether the question's endpoint and the present moment are meant; ``paths`` where no path is named."""
        if not (asked.path in paths if not self.path else self.names(asked.path)):
            return False
        if self.from_ms is None and self.until_ms is None:
            return True
        now_ms = asked.market.clock.now_ms()
        return (self.from_ms is None or now_ms >= self.from_ms) and (self.until_ms is None or now_ms < self.until_ms)

    def names(self, path: str) -> bool:
        """Whether ``path`` is the named endpoint, in full or by its last parts."""
        return self.path in (EVERY_PATH, path) or path.endswith("/" + self.path.lstrip("/"))

    def words(self) -> list[str]:
        """As it is written on the command line: ``key=value`` of every limit there is."""
        values = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return [f"{name}={value}" for name, value, default in values if value != default]


EVERYWHERE = Scope()
SCOPE_KEYS = tuple(one.name for one in fields(Scope))
_COUNTS = frozenset({"from_ms", "until_ms", "after", "times"})


def scope_from(words: Mapping[str, str], lie_name: str) -> Scope:
    """Read the limits of a plant; raises `UsageError` for a value that makes no sense."""
    values: dict[str, Any] = {}
    for key, value in words.items():
        if key in _COUNTS:
            values[key] = read_count(lie_name, key, value)
        elif key == "probability":
            values[key] = _probability(lie_name, value)
        elif not value:
            raise UsageError(f"{key} of the lie {lie_name} is empty", advice=f"write {key}=VALUE")
        else:
            values[key] = value
    return Scope(**values)


def read_count(lie_name: str, key: str, value: str) -> int:
    """A whole number of at most fifteen digits; raises `UsageError`."""
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise UsageError(f"{key} of the lie {lie_name} must be a whole number, was {value!r}")
    return int(value)


def _probability(lie_name: str, value: str) -> Decimal:
    try:
        share = Decimal(value)
    except InvalidOperation:
        share = Decimal(-1)
    if not (share.is_finite() and 0 <= share <= 1):
        raise UsageError(f"probability of the lie {lie_name} must be a number from 0 to 1, was {value!r}")
    return share


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a misspelt word: the nearest known one, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
