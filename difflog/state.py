"""
What the log says today: every entry with its history, folded from the records alone. Pure: no file, no clock.

    open ──► understood ──► mitigated, or accepted-risk (with an expiry, and a scope)

A decision says why, so it may skip a step forward. Everything can be opened again, an acceptance can be renewed,
withdrawn or mitigated at last; what was mitigated has to be opened again before anything else is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dualwitness.difflog.records import WORLD_RANK, Entry, EntryStatus, Stored, World
from dualwitness.models.finding import Finding

__all__ = ["EntryState", "LogState", "StatusRefusal", "accepts", "fold", "refusal_of"]

_OPEN, _UNDERSTOOD = EntryStatus.OPEN, EntryStatus.UNDERSTOOD
_MITIGATED, _ACCEPTED = EntryStatus.MITIGATED, EntryStatus.ACCEPTED_RISK
_FOLLOWS = {
    _OPEN: (_UNDERSTOOD, _MITIGATED, _ACCEPTED),
    _UNDERSTOOD: (_OPEN, _MITIGATED, _ACCEPTED),
    _MITIGATED: (_OPEN,),
    _ACCEPTED: (_OPEN, _UNDERSTOOD, _MITIGATED, _ACCEPTED),
}


@dataclass(frozen=True, slots=True)
class StatusRefusal:
    """Why a status cannot follow on the one before it, and what can be done instead."""

    problem: str
    advice: str


@dataclass(frozen=True, slots=True)
class EntryState:
    """
    One entry today.

    ``status`` is what counts now: an accepted risk whose ``expires`` has passed is ``open`` again, and ``expired``.
    ``changes`` and ``occurrences`` stand in the order in which they were appended; ``acceptance`` is the change that
    accepts the difference today, or None.
    """

    stored: Stored
    status: EntryStatus
    expired: bool
    changes: tuple[Stored, ...]
    occurrences: tuple[Stored, ...]
    acceptance: Stored | None

    @property
    def entry_id(self) -> str:
        """The entry's id."""
        return self.stored.entry_id

    @property
    def fingerprint(self) -> str:
        """The difference's name across runs."""
        return str(self.stored.fields["fingerprint"])

    @property
    def world(self) -> World:
        """Where the entry's evidence comes from."""
        return World(self.stored.fields["environment"]["env"])

    @property
    def entry(self) -> Entry:
        """The entry itself."""
        return self.stored.entry


@dataclass(frozen=True, slots=True)
class LogState:
    """All entries by id in the order of the log, the same by fingerprint, and what was imported from predecessors."""

    entries: Mapping[str, EntryState]
    by_fingerprint: Mapping[str, EntryState]
    imported: tuple[Stored, ...]


def refusal_of(was: EntryStatus, now: EntryStatus) -> StatusRefusal | None:
    """
    Why the status ``now`` cannot follow on ``was``, or None where it can.

    ``was`` is the status last recorded: an acceptance that has expired is still one, and can be renewed.
    """
    if now in _FOLLOWS[was]:
        return None
    if now is was:
        return StatusRefusal(f"it was {was} already", "record what changed, or nothing")
    return StatusRefusal(f"it was {was}, so it cannot be {now}", f"open it again first, if {was} does not hold")


def fold(records: Iterable[Stored], today: date) -> LogState:
    """
    What the records say on the day ``today``.

    Records that speak of an entry which is not there are passed over: `verify` names them.
    """
    entries: dict[str, Stored] = {}
    imported: list[Stored] = []
    changes: dict[str, list[Stored]] = {}
    seen_again: dict[str, list[Stored]] = {}
    for stored in records:
        fields = stored.fields
        kind, entry_id = fields["record"], fields["entry_id"]
        if kind == "entry":
            entries.setdefault(entry_id, stored)
        elif kind == "status":
            changes.setdefault(entry_id, []).append(stored)
        elif kind == "occurrence":
            seen_again.setdefault(entry_id, []).append(stored)
        else:
            imported.append(stored)
    states = {
        entry_id: _state(stored, changes.get(entry_id, ()), seen_again.get(entry_id, ()), today)
        for entry_id, stored in entries.items()
    }
    by_fingerprint: dict[str, EntryState] = {}
    for state in states.values():
        by_fingerprint.setdefault(state.fingerprint, state)
    return LogState(states, by_fingerprint, tuple(imported))


def _state(stored: Stored, changes: Iterable[Stored], occurrences: Iterable[Stored], today: date) -> EntryState:
    changed = tuple(changes)
    if not changed:
        status = EntryStatus(stored.fields["decision"]["status"])
        return EntryState(stored, status, False, (), tuple(occurrences), None)
    last = changed[-1]
    status = EntryStatus(last.fields["status"])
    expires = last.fields["expires"]
    accepted = status is EntryStatus.ACCEPTED_RISK
    expired = accepted and expires is not None and date.fromisoformat(expires) < today
    return EntryState(
        stored=stored,
        status=EntryStatus.OPEN if expired else status,
        expired=expired,
        changes=changed,
        occurrences=tuple(occurrences),
        acceptance=last if accepted and not expired else None,
    )


def accepts(
    state: LogState,
    finding: Finding,
    library_versions: Mapping[str, str],
    today: date,
    world: World | None = None,
) -> str | None:
    """
    The id of the entry that accepts this finding today, or None.

    An acceptance holds for the difference with its fingerprint, on exactly the symbol and field that it names, up to
    its severity, for exactly the versions that it names, and through the day on which it expires. Given the ``world``
    in which the finding was made, it also holds only where that is no more real than the world that was accepted.
    """
    known = state.by_fingerprint.get(finding.fingerprint)
    if known is None or known.acceptance is None:
        return None
    change = known.acceptance.change
    scope = change.scope
    if scope is None or (change.expires is not None and change.expires < today):
        return None
    if world is not None and WORLD_RANK[world] > WORLD_RANK[scope.env or known.world]:
        return None
    if any(library_versions.get(name) != version for name, version in scope.libraries.items()):
        return None
    if (finding.symbol, finding.field) != (scope.symbol, scope.field):
        return None
    return known.entry_id if finding.severity.rank <= scope.severity.rank else None
