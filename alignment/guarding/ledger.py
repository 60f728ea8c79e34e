"""
The running ledger of one library: everything that was ever told of fills and bills, grown by what is new.

Only what came since the newest row is read again, with an overlap. Whatever was told before must stand in the overlap
again: a row that has gone makes the whole surface doubtful until it is back, or until somebody has it read anew,
because then the venue takes back what it has said. Answers may come late and out of turn: each is held against what was
known when its question was put.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dualwitness.alignment.world import World
from dualwitness.models import Bill, Fact, Fill, Library, NullReason
from dualwitness.models.observation import Observation, ObservedError

__all__ = ["EVIDENCE", "OVERLAP_MS", "Asked", "EvidenceLedger", "Growing"]

# Read again before the newest row: a record may be written later than its execution.
OVERLAP_MS = 60_000
# What is kept of the account, and grows.
EVIDENCE = ("get_fills", "get_bills")

_Essence = tuple[object, ...]


def _fill_essence(row: Fill) -> _Essence:
    return (
        row.symbol,
        row.bill_id,
        row.trade_id,
        row.side,
        row.position_side,
        row.price,
        row.contracts,
        row.ts_venue_ms,
    )


def _bill_essence(row: Bill) -> _Essence:
    return row.bill_id, row.currency, row.change, row.balance, row.symbol, row.contracts, row.ts_venue_ms


# What two tellings of one row must have in common.
_ESSENCE: Mapping[str, Callable[[Any], _Essence]] = MappingProxyType(
    {"get_fills": _fill_essence, "get_bills": _bill_essence}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """With what a question about a growing surface was put; times are ms of the venue, ``known`` a version."""

    since_ms: int | None
    known: int
    at_ms: int


class Growing:
    """The rows of one growing surface; ``as_of_ms`` is the venue time for which they are all (None: never read)."""

    def __init__(self, operation: str, version: int = 0) -> None:
        self._essence = _ESSENCE[operation]
        self._told: dict[_Essence, tuple[Fact, int]] = {}
        self._rows: tuple[Fact, ...] = ()
        self._last: Observation | None = None
        self.operation = operation
        self.as_of_ms: int | None = None
        self.error: ObservedError | None = None
        self.newest_ms: int | None = None
        self.version = version

    @property
    def rows(self) -> tuple[Fact, ...]:
        """Every row that was ever told, oldest first."""
        return self._rows

    def question(self, at_ms: int) -> Asked:
        """What to ask for now: everything at first, then what is new."""
        since_ms = None if self.newest_ms is None else self.newest_ms - OVERLAP_MS
        return Asked(since_ms, self.version, at_ms)

    def merge(self, observation: Observation, asked: Asked) -> bool:
        """Take an answer in; whether it told anything that was not known."""
        self._last = observation
        if observation.rows is None:
            self.error = observation.error
            return False
        told = {self._essence(row): row for row in observation.rows}
        gone = self._gone(told, asked)
        if gone:
            text = f"{gone} rows of {self.operation} that were told before are missing now"
            self.error = ObservedError("TakenBack", text, NullReason.CONFLICT)
            return False
        self.error = None
        self.as_of_ms = asked.at_ms if self.as_of_ms is None else max(self.as_of_ms, asked.at_ms)
        new = [essence for essence in told if essence not in self._told]
        if new:
            self.version += 1
            self._told |= {essence: (told[essence], self.version) for essence in new}
            self._rows = tuple(sorted((row for row, _ in self._told.values()), key=_moment))
            self.newest_ms = max((_moment(row) for row in self._rows), default=None) or None
        return bool(new)

    def observation(self) -> Observation | None:
        """Everything as if it had been told at once; an error where the surface cannot be believed just now."""
        if self._last is None:
            return None
        if self.error is not None and (self.as_of_ms is None or self.error.reason is NullReason.CONFLICT):
            return replace(self._last, rows=None, error=self.error)
        return replace(self._last, rows=self._rows, error=None)

    def _gone(self, told: Mapping[_Essence, Fact], asked: Asked) -> int:
        """How many rows are missing that were known when the question was put, and that it asked for."""
        oldest_ms = min((_moment(row) for row in told.values()), default=None)
        since_ms = asked.since_ms
        if since_ms is None:
            # The venue's window moves on: rows older than the oldest of a whole answer may have left it.
            since_ms = oldest_ms
        return sum(
            essence not in told
            for essence, (row, learned) in self._told.items()
            if learned <= asked.known and (since_ms is None or _moment(row) > since_ms)
        )


class EvidenceLedger:
    """What one library told: the growing surfaces, and the latest answer to everything else."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.surfaces = {operation: Growing(operation) for operation in EVIDENCE}
        self.latest: dict[tuple[str, str | None], Observation] = {}

    def forget(self) -> None:
        """Begin anew; versions go on, so that an answer that is still on its way is held against nothing older."""
        self.surfaces = {name: Growing(name, kept.version + 1) for name, kept in self.surfaces.items()}

    @property
    def version(self) -> tuple[object, ...]:
        """Changes with everything that the evidence says, an error included."""
        return tuple(
            (surface.version, None if surface.error is None else surface.error.reason)
            for surface in self.surfaces.values()
        )

    def age_ms(self, operation: str, now_ms: int) -> int | None:
        """How long ago a growing surface was known to be whole, in venue time; None where it never was."""
        as_of_ms = self.surfaces[operation].as_of_ms
        return None if as_of_ms is None else max(now_ms - as_of_ms, 0)

    def note(self, observation: Observation) -> None:
        """Keep the latest answer to a question whose answer does not grow; an error leaves what was known."""
        key = observation.operation, observation.symbol
        if observation.rows is not None or key not in self.latest:
            self.latest[key] = observation

    def evidence(self, now_ms: int) -> World:
        """Everything that was told but the positions reports."""
        observations = dict(self.latest)
        for operation, surface in self.surfaces.items():
            observation = surface.observation()
            if observation is not None:
                observations[operation, None] = observation
        return World(self.library, observations, now_ms)


def _moment(row: Any) -> int:
    moment: int = row.ts_venue_ms or 0
    return moment
