"""
What the HTML page knows, in pieces: rows that point into one growing table of strings.

A hundred thousand entries repeat most of their words, so each word is sent once and a row is a list of numbers. Every
text is spelled (`plain.spell`) and bounded, and where something was cut the text says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dualwitness.difflog.form import Section, form_of, form_of_imported, history_of
from dualwitness.difflog.listing import COLUMNS, Row, rows_of
from dualwitness.difflog.plain import short, spell
from dualwitness.difflog.raw import cut, excerpt, pretty
from dualwitness.difflog.records import Entry, Imported
from dualwitness.difflog.showing import Samples, words_of
from dualwitness.difflog.state import EntryState, LogState

__all__ = [
    "FACETS",
    "MOST_HISTORY",
    "MOST_LINES",
    "MOST_RAW",
    "MOST_SIDE",
    "MOST_TEXT",
    "PER_PIECE",
    "Facet",
    "PageData",
    "Shape",
    "cells_of",
]

FACETS = {"axis": "Axis", "severity": "Severity", "status": "Status", "env": "World"}
PER_PIECE = 5_000
MOST_TEXT = 4_000
MOST_LINES = 120
MOST_HISTORY = 50
MOST_SIDE = 24_000
MOST_RAW = 16_000_000
_WIDEST = 60
_SAMPLES_AT_HAND = 64

Shape = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter of the page: the column, its label, and how many rows carry each value."""

    name: str
    label: str
    values: tuple[tuple[str, int], ...]


class PageData:
    """
    All that the page shows, worst entries first, then what was imported.

    ``most_raw`` bounds the characters of raw samples in the whole page; the worst entries have them first.
    """

    def __init__(self, state: LogState, samples: Samples, *, most_raw: int = MOST_RAW) -> None:
        listed = list(rows_of(state))
        self.rows = [row for row in listed if row.is_evidence]
        self.rows.sort(key=lambda row: (row.severity or "", "open" in row.status.split(), row.date), reverse=True)
        self.rows += [row for row in listed if not row.is_evidence]
        self._entries = state.entries
        self._imported = {stored.entry_id: stored for stored in state.imported}
        self._samples = samples
        self._raw_left = most_raw
        self._numbers: dict[str, int] = {}
        self._new: list[str] = []
        self._shapes: dict[Shape, int] = {}
        self._new_shapes: list[Shape] = []
        self._pretty = lru_cache(_SAMPLES_AT_HAND)(self._laid_out)
        self._excerpts: dict[tuple[str, tuple[str, ...]], int] = {}

    def first(self, count: int) -> list[list[str]]:
        """The cells of the first rows, for a page that has not run its script."""
        return [cells_of(row) for row in self.rows[:count]]

    def facets(self) -> list[Facet]:
        """The filters with what there is to choose."""
        counted = {
            name: Counter(value for row in self.rows for value in (getattr(row, name) or "").split()) for name in FACETS
        }
        return [Facet(name, label, tuple(sorted(counted[name].items()))) for name, label in FACETS.items()]

    def counts(self) -> list[tuple[str, int, str]]:
        """What stands above the table: label, number and a word for its colour."""
        own = [row for row in self.rows if row.is_evidence]
        severities = Counter(row.severity or "" for row in own)
        statuses = Counter(word for row in own for word in row.status.split())
        imported = len(self.rows) - len(own)
        return [
            (_named(len(own), "difference"), len(own), "all"),
            *((name, severities[name], name) for name in ("S3", "S2", "S1", "S0") if severities[name]),
            *((name, statuses[name], name) for name in ("open", "expired") if statuses[name]),
            *(
                (name, statuses[name], "decided")
                for name in ("understood", "mitigated", "accepted-risk")
                if statuses[name]
            ),
            *([("imported, no evidence", imported, "decided")] if imported else []),
        ]

    def pieces(self) -> Iterator[Mapping[str, Any]]:
        """The rows in pieces, each with the strings and the shapes that no piece before it has."""
        for start in range(0, len(self.rows), PER_PIECE):
            rows = [self._packed(row) for row in self.rows[start : start + PER_PIECE]]
            yield {"strings": self._new, "shapes": self._new_shapes, "rows": rows}
            self._new, self._new_shapes = [], []

    def _packed(self, row: Row) -> list[Any]:
        """Shape, cells, the values of the shape, history as date and text in turn, both raw sides or one note."""
        cells = [self._number(text) for text in cells_of(row)]
        if not row.is_evidence:
            stored = self._imported[row.entry]
            content = stored.content
            sections = form_of_imported(stored, content) if isinstance(content, Imported) else []
            return [self._shape(sections), cells, self._values(sections), [], []]
        one = self._entries[row.entry]
        sections = form_of(one.stored, one.entry)
        history = [self._number(_bounded(text)) for line in _told(one) for text in line]
        return [self._shape(sections), cells, self._values(sections), history, self._raw(one.entry)]

    def _shape(self, sections: Iterable[Section]) -> int:
        shape = tuple((each.heading, tuple(label for label, _ in each.lines)) for each in sections)
        if shape not in self._shapes:
            self._shapes[shape] = len(self._shapes)
            self._new_shapes.append(shape)
        return self._shapes[shape]

    def _values(self, sections: Iterable[Section]) -> list[int]:
        return [self._number(_bounded(text)) for section in sections for _, text in section.lines]

    def _number(self, text: str) -> int:
        known = self._numbers.get(text)
        if known is None:
            known = self._numbers[text] = len(self._numbers)
            self._new.append(text)
        return known

    def _raw(self, entry: Entry) -> list[int]:
        """Both sides, each excerpt kept once; from the first pair that no longer fits on, a note instead."""
        refs, words = entry.evidence, tuple(words_of(entry))
        keys = [(ref, words) for ref in (refs.ccxt_raw_sample_ref, refs.okx_raw_sample_ref)]
        if any(key not in self._excerpts for key in keys):
            sides = [self._excerpt(*key) for key in keys] if self._raw_left > 0 else []
            self._raw_left -= sum(map(len, sides))
            if not sides or self._raw_left < 0:
                left_out = spell(f"left out of this page for its size: python -m difflog show {entry.entry_id}")
                return [self._number(left_out)]
            self._excerpts.update(zip(keys, map(self._number, sides), strict=True))
        return [self._excerpts[key] for key in keys]

    def _excerpt(self, reference: str, words: Sequence[str]) -> str:
        lines = self._pretty(reference)
        if lines is None:
            return spell(f"no raw sample {reference} at hand")
        text = "\n".join(cut(excerpt(lines, words), MOST_LINES))
        return text if len(text) <= MOST_SIDE else f"{text[:MOST_SIDE]}…\n… cut here"

    def _laid_out(self, reference: str) -> list[str] | None:
        body = self._samples(reference)
        return None if body is None else pretty(body)


def cells_of(row: Row) -> list[str]:
    """The cells of one row of the table, in the order of `listing.COLUMNS`."""
    return ["" if value is None else short(str(value), _WIDEST) for value in row[: len(COLUMNS)]]


def _told(one: EntryState) -> list[tuple[str, str]]:
    """The history, of a long one its first and its latest lines."""
    lines = history_of(one)
    if len(lines) <= MOST_HISTORY:
        return lines
    left_out = len(lines) - MOST_HISTORY
    return [*lines[:1], ("…", f"{left_out} more: python -m difflog show {one.entry_id}"), *lines[1 - MOST_HISTORY :]]


def _bounded(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return spell(text)
    return f"{spell(text[:MOST_TEXT])}… (cut here, {len(text)} characters in the log)"


def _named(count: int, singular: str) -> str:
    return singular if count == 1 else f"{singular}s"
