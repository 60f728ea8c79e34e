"""
`status`: decisions about entries, one or several at once, and how far an acceptance reaches.

What can follow on what is decided in `state.refusal_of`; the log asks it again when a decision is appended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dualwitness.difflog.errors import LogError, StatusRefused
from dualwitness.difflog.records import EntryStatus, Scope, StatusChange
from dualwitness.difflog.state import EntryState, LogState
from dualwitness.models.enums import Severity

__all__ = ["Decided", "Narrower", "all_open", "changes_for", "of_rule", "scope_of"]


@dataclass(frozen=True, slots=True)
class Narrower:
    """What an acceptance is limited to beside what was seen last; None and an empty mapping limit nothing."""

    libraries: Mapping[str, str] = field(default_factory=dict)
    symbol: str | None = None
    field: str | None = None
    severity: Severity | None = None

    def __bool__(self) -> bool:
        return self != Narrower()


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as a person makes it, before it is about an entry."""

    status: EntryStatus
    who: str
    why: str
    expires: date | None = None
    next_verification: str | None = None
    narrower: Narrower = field(default_factory=Narrower)


def of_rule(state: LogState, rule: str) -> list[EntryState]:
    """All entries that a rule judged; raises `LogError` where there is none."""
    entries = [one for one in state.entries.values() if one.stored.fields["rule"] == rule]
    if not entries:
        problem = f"the log holds no entry of the rule {rule!r}"
        raise LogError(problem, advice="list the log with --json to see the rules of its entries")
    return entries


def all_open(state: LogState) -> list[EntryState]:
    """All entries that are open today, those whose acceptance has expired among them; raises `LogError` without any."""
    entries = [one for one in state.entries.values() if one.status is EntryStatus.OPEN]
    if not entries:
        raise LogError("the log holds no open entry", advice="there is nothing to decide")
    return entries


def changes_for(entries: Sequence[EntryState], decided: Decided) -> list[StatusChange]:
    """
    The records of one decision about entries; where it is about several, one that stands there already is left out.

    Raises `StatusRefused` where a limit does not fit an entry, and `LogError` where a limit or an end was given to what
    is no acceptance.
    """
    is_acceptance = decided.status is EntryStatus.ACCEPTED_RISK
    if not is_acceptance and (decided.expires is not None or decided.narrower):
        problem = f"an end and a scope belong to accepted-risk, but the status was {decided.status}"
        raise LogError(problem, advice="leave --expires and --scope-… out")
    changes = []
    for one in entries:
        scope = scope_of(one, decided.narrower) if is_acceptance else None
        last = one.changes[-1].change if one.changes else None
        before = None if last is None else (last.status, last.scope, last.expires)
        if len(entries) > 1 and before == (decided.status, scope, decided.expires):
            continue
        changes.append(
            StatusChange(
                entry_id=one.entry_id,
                status=decided.status,
                who=decided.who,
                why=decided.why,
                expires=decided.expires,
                next_verification=decided.next_verification,
                scope=scope,
            )
        )
    return changes


def scope_of(one: EntryState, narrower: Narrower) -> Scope:
    """
    How far an acceptance of this entry reaches: as far as the difference was seen last, or less.

    Raises `StatusRefused` for anything wider: what nobody has seen cannot be accepted.
    """
    entry, seen = one.entry, _seen_last(one)
    libraries = {side["name"]: side["version"] for side in seen["libraries"].values()}
    severity = Severity(seen["severity"])
    for name, version in narrower.libraries.items():
        if (name, version) not in _versions_seen(one):
            raise _wider(one, f"{name} {version}", "the versions with which it was seen")
        libraries[name] = version
    for wanted, known in ((narrower.symbol, entry.environment.symbol_in_use), (narrower.field, entry.field)):
        if wanted is not None and wanted != known:
            raise _wider(one, wanted, f"{known or 'the whole answer'}, where it was seen")
    if narrower.severity is not None:
        if narrower.severity.rank > severity.rank:
            raise _wider(one, f"severity {narrower.severity}", f"{severity}, with which it was seen last")
        severity = narrower.severity
    return Scope(libraries=libraries, symbol=entry.environment.symbol_in_use, field=entry.field, severity=severity)


def _seen_last(one: EntryState) -> Mapping[str, Any]:
    return one.occurrences[-1].fields if one.occurrences else one.stored.fields


def _versions_seen(one: EntryState) -> set[tuple[str, str]]:
    records = (one.stored, *one.occurrences)
    return {(side["name"], side["version"]) for record in records for side in record.fields["libraries"].values()}


def _wider(one: EntryState, wanted: str, seen: str) -> StatusRefused:
    problem = f"{wanted!r} is not {seen}, and what nobody has seen cannot be accepted"
    return StatusRefused(one.entry_id, problem, advice="leave the limit out, or give a narrower one")
