"""
One file of the log while it is appended to: its lock, where its chain stands, and what it holds already.

What another process appended is read before each append, and judged like everything that is read. A torn tail goes to
``quarantine/`` first and is cut off then, so that a crash between the two loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from dualwitness.difflog.chain import Link, Problem, check_chain, id_in, seal
from dualwitness.difflog.errors import IntegrityFailure
from dualwitness.difflog.files import AppendFile, quarantine
from dualwitness.difflog.known import Known
from dualwitness.difflog.records import ADDED, Content, Entry, Imported, Occurrence, StatusChange, Stored

__all__ = ["ChainFile", "fields_of"]

# Which keys a line of each kind has: those of an earlier version may lack what came later with a default.
_KEYS = {
    kind.model_fields["record"].default: ADDED
    | {name for name, field in kind.model_fields.items() if field.is_required()}
    for kind in (Entry, Occurrence, StatusChange, Imported)
}


class ChainFile:
    """
    A chain that grows at its end.

    ``known`` is what it held when it was last looked at; torn tails go to the folder ``kept``, and their new paths to
    ``quarantined``.
    """

    def __init__(self, path: Path, kept: Path, quarantined: list[Path]) -> None:
        self.path = path
        self.known = Known()
        self._file = AppendFile(path)
        self._quarantine = kept
        self._quarantined = quarantined
        self._link = Link()
        self._stamp: tuple[int, int] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the file, knowing every line in it; raises `IntegrityFailure` where one was changed."""
        with self._file.locked() as is_other_file:
            if is_other_file:
                self._stamp = None
            if self._file.stamp() != self._stamp:
                self._catch_up()
                self._stamp = self._file.stamp()
            yield

    def append(self, records: Sequence[tuple[Content, Mapping[str, Any]]], date_utc: str) -> list[Stored]:
        """Append records, each with its fields in plain JSON, to the held file in one write; raises `WriteFailed`."""
        link = self._link
        lines, stored = [], []
        for content, plain in records:
            line, fields = seal(plain, link, date_utc)
            link = Link(link.count + 1, fields["entry_hash"].encode(), link.size + len(line))
            lines.append(line)
            stored.append(Stored(fields, len(line) - 1, content))
        self._file.append(b"".join(lines), self._link.size)
        self._link = link
        self._stamp = self._file.stamp()
        for one in stored:
            self.known.learn(one.fields)
        return stored

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _catch_up(self) -> None:
        """
        Read what others appended.

        Where the file is no longer the one that was read, or has another stamp without being longer, all of it is read
        again, and must begin with every record that was there before.
        """
        size = self._file.stamp()[0]
        is_grown = self._stamp is not None and size > self._link.size
        start = self._link if is_grown else Link()
        data = self._file.read_from(start.size)
        lines = data.split(b"\n")
        tail = lines.pop()
        self._demand_what_was_there(lines, start)
        link, problems = check_chain(lines, self.path.name, start)
        known = self.known if is_grown else Known()
        for number, line in enumerate(lines):
            fields = None if problems else fields_of(line)
            if fields is None:
                unread = Problem(self.path.name, "the line is no record", start.count + number + 1, None, id_in(line))
                problem = problems[0] if problems else unread
                raise IntegrityFailure(str(problem), advice="verify the log; nothing is appended to a broken one")
            known.learn(fields)
        if tail:
            self._quarantined.append(quarantine(self._quarantine, self.path, link.size, tail))
            self._file.cut(link.size)
        self._link, self.known = link, known

    def _demand_what_was_there(self, lines: Sequence[bytes], start: Link) -> None:
        """Every record that this object read or appended is there still."""
        count = self._link.count
        if start.count or not count:
            return
        if len(lines) < count or b'"entry_hash":"%b"' % self._link.last_hash not in lines[count - 1]:
            message = f"{self.path} is not what it was: record {count - 1} was there, and is no longer"
            raise IntegrityFailure(message, advice="restore the file, then verify the log")


def fields_of(line: bytes) -> dict[str, Any] | None:
    """A line as JSON, None where it is no object with the keys of its kind."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    kind = fields.get("record")
    keys = _KEYS.get(kind) if isinstance(kind, str) else None
    if keys is None or not keys <= fields.keys():
        return None
    return fields if isinstance(fields["entry_id"], str) and isinstance(fields["sequence"], int) else None
