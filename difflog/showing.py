"""`show`: an entry in full, its history, the raw pair side by side and how the two differ; each line safe to print."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from dualwitness.difflog.form import Section, form_of, form_of_imported, history_of
from dualwitness.difflog.plain import spell
from dualwitness.difflog.raw import cut, excerpt, pretty, unified
from dualwitness.difflog.records import Entry, Imported, Stored
from dualwitness.difflog.state import EntryState
from dualwitness.models.symbols import Symbol, SymbolError, okx_id_from_symbol

__all__ = ["SIDES", "Samples", "as_json", "imported_as_json", "raw_pair", "shown", "shown_imported", "words_of"]

SIDES = ("ccxt", "okx_sdk")
_MOST_LINES = 200
_LABEL = 26
_NARROWEST = 60

Samples = Callable[[str], bytes | None]


def shown(state: EntryState, samples: Samples, *, width: int, is_whole: bool = False) -> Iterator[str]:
    """The lines of an entry; ``is_whole`` shows the whole answers instead of the rows that matter."""
    entry = state.entry
    yield spell(f"{entry.entry_id}  {entry.severity} {entry.axis}  {entry.operation}.{entry.field}: {entry.outcome}")
    yield ""
    yield from _form(form_of(state.stored, entry))
    yield from ("", "History", f"  {'status now':<{_LABEL}}{state.status}{' (expired)' if state.expired else ''}")
    for moment, text in history_of(state):
        yield f"  {moment:<{_LABEL}}{spell(text)}"
    pair = raw_pair(entry, samples, is_whole=is_whole)
    most = len(pair[0]) + len(pair[1]) if is_whole else _MOST_LINES
    yield from ("", "Raw pair")
    yield from _beside(cut(pair[0], most), cut(pair[1], most), max(width, _NARROWEST))
    yield from ("", "Difference of the raw pair")
    refs = (entry.evidence.ccxt_raw_sample_ref, entry.evidence.okx_raw_sample_ref)
    if any(samples(reference) is None for reference in refs):
        lines = ["cannot be told: a raw sample is not here"]
    else:
        lines = unified(*pair, SIDES) or ["none: the same bytes, read differently"]
    yield from (f"  {line}" for line in cut(lines, most))


def shown_imported(stored: Stored, imported: Imported) -> Iterator[str]:
    """The lines of a predecessor's entry."""
    yield spell(f"{imported.entry_id}  imported, no evidence of ours")
    yield ""
    yield from _form(form_of_imported(stored, imported))


def as_json(state: EntryState) -> str:
    """An entry with its history as one JSON document, everything outside ASCII escaped."""
    document = {
        "schema_version": 1,
        "entry": state.stored.fields,
        "status": str(state.status),
        "expired": state.expired,
        "changes": [one.fields for one in state.changes],
        "occurrences": [one.fields for one in state.occurrences],
    }
    return json.dumps(document, sort_keys=True, indent=1)


def imported_as_json(stored: Stored) -> str:
    """A predecessor's entry as one JSON document, labelled as no evidence."""
    return json.dumps({"schema_version": 1, "imported": stored.fields, "is_evidence": False}, sort_keys=True, indent=1)


def raw_pair(entry: Entry, samples: Samples, *, is_whole: bool = False) -> tuple[list[str], list[str]]:
    """Both raw samples laid out line by line, as far as they are about the entry; a lost one is named."""
    words = words_of(entry)
    elsewhere = entry.evidence.raw_samples_at
    advice = (
        "it should be in the log: verify the log"
        if elsewhere is None
        else f"it lies in {spell(elsewhere)}: name that folder with --samples"
    )

    def side(reference: str) -> list[str]:
        body = samples(reference)
        if body is None:
            return [f"no raw sample {reference}", advice]
        lines = pretty(body)
        return lines if is_whole else excerpt(lines, words)

    return side(entry.evidence.ccxt_raw_sample_ref), side(entry.evidence.okx_raw_sample_ref)


def words_of(entry: Entry) -> list[str]:
    """What a raw row about the entry carries: the end of its row key, its symbol, the venue's id of that."""
    symbol = entry.environment.symbol_in_use or ""
    words = [(entry.row_key or "").rsplit("|", 1)[-1], symbol]
    with contextlib.suppress(SymbolError):
        words.append(okx_id_from_symbol(Symbol.parse(symbol)))
    return [word for word in words if word]


def _form(sections: Sequence[Section]) -> Iterator[str]:
    for number, section in enumerate(sections):
        if number:
            yield ""
        yield section.heading
        for label, text in section.lines:
            yield f"  {label:<{_LABEL}}{spell(text)}"


def _beside(left: Sequence[str], right: Sequence[str], width: int) -> Iterator[str]:
    half = (width - 5) // 2
    yield f"  {SIDES[0]:<{half}} │ {SIDES[1]}"
    for one, other in zip_longest(left, right, fillvalue=""):
        for first, second in zip_longest(_folded(one, half), _folded(other, half), fillvalue=""):
            yield f"  {first:<{half}} {'│' if one == other else '┃'} {second}".rstrip()


def _folded(line: str, width: int) -> list[str]:
    return [line[start : start + width] for start in range(0, len(line), width)] or [""]
