"""An entry by what a person types: its id, its fingerprint, or the beginning of either where that is unique."""

from __future__ import annotations

import difflib

from dualwitness.difflog.errors import LogError, UnknownEntry
from dualwitness.difflog.plain import short
from dualwitness.difflog.records import Stored
from dualwitness.difflog.state import EntryState, LogState

__all__ = ["entry_named", "found"]

_MOST = 5
_LONGEST = 60


def found(state: LogState, name: str) -> EntryState | Stored:
    """
    The entry, or the record of an imported one, that a name means.

    Raises `UnknownEntry` with the nearest ids as advice, or `LogError` where the name is the beginning of several.
    """
    imported = {one.entry_id: one for one in state.imported}
    exact = state.entries.get(name) or state.by_fingerprint.get(name) or imported.get(name)
    if exact is not None:
        return exact
    ids = [one.entry_id for one in state.entries.values() if name and _is_meant(one, name)]
    ids += [entry_id for entry_id in imported if name and entry_id.lower().startswith(name.lower())]
    if len(ids) > 1:
        more = f" and {len(ids) - _MOST} more" if len(ids) > _MOST else ""
        problem = f"{short(name, _LONGEST)!r} is the beginning of {len(ids)} entries: {', '.join(ids[:_MOST])}{more}"
        raise LogError(problem, advice="give more of the one that is meant")
    if not ids:
        raise _unknown(name, [*state.entries, *imported])
    return state.entries.get(ids[0]) or imported[ids[0]]


def entry_named(state: LogState, name: str) -> EntryState:
    """The entry that a name means; raises `LogError` for an imported one, about which nothing can be decided."""
    one = found(state, name)
    if isinstance(one, Stored):
        problem = f"{one.entry_id} is a predecessor's entry, imported without evidence of ours"
        raise LogError(problem, advice="add an entry with evidence, and use that")
    return one


def _is_meant(one: EntryState, name: str) -> bool:
    return one.entry_id.lower().startswith(name.lower()) or one.fingerprint.startswith(name.lower())


def _unknown(name: str, ids: list[str]) -> UnknownEntry:
    error = UnknownEntry(short(name, _LONGEST))
    near = difflib.get_close_matches(name, ids, n=3, cutoff=0.5)
    if near:
        error.advice = f"did you mean {' or '.join(near)}? List the log to see all"
    return error
