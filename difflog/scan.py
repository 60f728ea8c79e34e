"""
The lines of the log to rows for `list`, fast: a hundred thousand records in well under two seconds.

A row needs a dozen of an entry's sixty values. They are found in the raw bytes by their keys, in the one order that
canonical JSON has; no text inside a JSON string can pass for a key, since its quotation marks are escaped. A line in
which that is not enough is read as JSON. What is listed is exactly what `rows_of` says of the folded log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from dualwitness.difflog.chain import Link, Problem, check_chain, id_in
from dualwitness.difflog.files import read_locked
from dualwitness.difflog.listing import Row, imported_row, row_of
from dualwitness.difflog.records import Stored
from dualwitness.difflog.state import fold
from dualwitness.difflog.store import ENTRIES, OCCURRENCES

__all__ = ["LARGEST_CHECKED", "Scan", "scanned"]

# Up to this many bytes the chains are checked on the way. Beyond, that alone would take longer than listing may take.
LARGEST_CHECKED = 32_000_000
_FIRST = b'{"axis":"'
_SYMBOL, _NULL = b'"symbol_in_use":', b"null"
_LAST = b'"severity":"'
# Values that stand side by side are cut out together and parted at their quotation marks. Of the 33 parts, keys and
# commas among them, these are what a row is made of, in its order.
_PARTS = 33
_VALUES = itemgetter(13, 4, 32, 0, 5, 19, 30, 21, 20, 26, 25, 31)


@dataclass(frozen=True, slots=True)
class Scan:
    """
    The rows of all entries, then of all imported ones; and what is wrong with the log.

    ``is_checked`` says whether the chains were checked; where they were not, only lines that are no records are named.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    is_checked: bool


def scanned(folder: Path, today: date) -> Scan:
    """Read a log for listing, as an empty one where none is there; raises `LogUnreadable` where it may not be read."""
    found = _Found()
    again = read_locked(folder / OCCURRENCES) or b""
    data = read_locked(folder / ENTRIES) or b""
    found.take(data)
    is_checked = len(data) + len(again) <= LARGEST_CHECKED
    if is_checked:
        for name, content in ((ENTRIES, data), (OCCURRENCES, again)):
            found.problems += check_chain(content.split(b"\n")[:-1], name, Link())[1]
    entries = found.entries
    for entry_id, times in _times_seen(again).items():
        row = entries.get(entry_id)
        if row is not None:
            entries[entry_id] = row._replace(seen=row.seen + times)
    _decide(entries, found.changes, today)
    return Scan((*entries.values(), *found.imported), tuple(found.problems), is_checked)


def _times_seen(data: bytes) -> Counter[str]:
    """How often an occurrence names each entry."""
    return Counter(name for line in data.split(b"\n")[:-1] if (name := id_in(line)) is not None)


class _Found:
    """What the lines of a file hold, by kind of record."""

    def __init__(self) -> None:
        self.entries: dict[str, Row] = {}
        self.imported: list[Row] = []
        self.changes: list[Stored] = []
        self.problems: list[Problem] = []
        self._libraries: dict[bytes, Mapping[str, str]] = {}

    def take(self, data: bytes) -> None:
        """Take every complete line."""
        entries, start, number = self.entries, 0, 0
        while (end := data.find(b"\n", start)) >= 0:
            number += 1
            row = self._fast(data, start, end)
            if row is None:
                self._slow(data[start:end], number)
            elif row.entry not in entries:
                entries[row.entry] = row
            start = end + 1

    def _fast(self, data: bytes, start: int, stop: int) -> Row | None:
        """The row of the entry from ``start`` to ``stop``; None where the line has to be read as JSON to tell."""
        if not data.startswith(_FIRST, start):
            return None
        index = data.index
        try:
            first = start + len(_FIRST)
            first_end = index(b'","decision":', first)
            status = index(b'"status":"', first_end) + 10
            status_end = index(b'","exchange_id":', status)
            symbol = index(_SYMBOL, status_end) + len(_SYMBOL)
            is_whole_answer = data.startswith(_NULL, symbol)
            symbol_end = symbol + 1 if is_whole_answer else index(b'"', symbol + 1)
            field = index(b'"field":"', symbol_end) + 9
            field_end = index(b'","impact":', field)
            sides = index(b'"libraries":', field_end) + 12
            sides_end = index(b"}},", sides) + 2
            odd = index(b'"odd_one_out":"', sides_end) + 15
            odd_end = index(b'","outcome":', odd)
            rule = index(b'"rule":"', index(b'"record":"entry"', odd_end)) + 8
            rule_end = index(b'"', rule)
            last = stop - 4
            if rule_end > last or not data.startswith(_LAST, last - len(_LAST)):
                return None
            texts = b'"'.join((
                data[first:first_end], data[status:status_end], data[symbol + 1 : symbol_end], data[field:field_end],
                data[odd:odd_end], data[rule:rule_end], data[last : last + 2],
            )).decode("ascii")  # fmt: skip
            parts = texts.split('"')
            if "\\" in texts or len(parts) != _PARTS:
                return None
            libraries = self._compared(data[sides:sides_end])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        *shown, name, odd_one_out, fingerprint, rule_name = _VALUES(parts)
        named = None if is_whole_answer else name
        return Row._make((*shown, named, odd_one_out, 1, fingerprint, rule_name, libraries, True))

    def _compared(self, sides: bytes) -> Mapping[str, str]:
        """The versions of both libraries; few pairs stand in many lines, so each is read once."""
        known = self._libraries.get(sides)
        if known is None:
            known = {one["name"]: one["version"] for one in orjson.loads(sides).values()}
            self._libraries[sides] = known
        return known

    def _slow(self, line: bytes, number: int) -> None:
        """Take any line."""
        try:
            fields = orjson.loads(line)
            kind = fields["record"]
            if kind == "entry":
                row = row_of(fields)
                self.entries.setdefault(row.entry, row)
            elif kind == "imported":
                self.imported.append(imported_row(fields))
            elif kind == "status":
                self.changes.append(Stored({name: fields[name] for name in _OF_A_CHANGE}, len(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.problems.append(Problem(ENTRIES, "the line is no record", number, None, id_in(line)))


_OF_A_CHANGE = ("record", "entry_id", "status", "expires")


def _decide(entries: dict[str, Row], changes: Sequence[Stored], today: date) -> None:
    """Give every entry about which something was decided the status that it has today, as `fold` says it."""
    about = {one.entry_id for one in changes}
    decided = [_brief(row) for name, row in entries.items() if name in about]
    for state in fold((*decided, *changes), today).entries.values():
        status = f"{state.status} expired" if state.expired else str(state.status)
        entries[state.entry_id] = entries[state.entry_id]._replace(status=status)


def _brief(row: Row) -> Stored:
    """As much of an entry as `fold` looks at."""
    fields: dict[str, Any] = {"record": "entry", "entry_id": row.entry, "fingerprint": row.fingerprint}
    return Stored({**fields, "decision": {"status": row.status}}, 0)
