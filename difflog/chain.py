"""
The chain: every line carries the hash of the one before it, and its own.

A line is the canonical JSON of a record with ``sequence`` (from 0, without a gap), ``date_utc``, ``previous_hash`` and
``entry_hash``: the SHA-256 of the same line without ``"entry_hash":"…",``. Checking works on the raw bytes, for no
text inside a JSON string can hold an unescaped quotation mark, and so none can pass for a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from dualwitness.difflog.canonical import canonical

__all__ = ["GENESIS", "Link", "Problem", "check_chain", "id_in", "seal"]

GENESIS = b"0" * 64
_KEY = b'"entry_hash":"'
_TAKEN = len(_KEY) + 64 + len(b'",')
_PREVIOUS, _PLACE = b'"previous_hash":"', b',"sequence":'
_ID = re.compile(rb'"entry_id":"([^"\\]*)"')
_SEQUENCE = re.compile(rb',"sequence":(\d{1,18}),')
_STORED = re.compile(rb'"entry_hash":"([0-9a-f]{64})",')


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain stands: how many records it has, the hash of the last one, and how many bytes they take."""

    count: int = 0
    last_hash: bytes = GENESIS
    size: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where the log is not what was appended; ``line`` counts from 1, what is not known is None."""

    file: str
    text: str
    line: int | None = None
    sequence: int | None = None
    entry_id: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        known = [] if self.sequence is None else [f"record {self.sequence}"]
        known += [] if self.entry_id is None else [self.entry_id]
        return f"{place}: {', '.join(known)}{': ' if known else ''}{self.text}"


def seal(content: Mapping[str, Any], link: Link, date_utc: str) -> tuple[bytes, dict[str, Any]]:
    """The line of a record at the end of a chain, with its line feed, and its fields; ``content`` is plain JSON."""
    before = {name: value for name, value in content.items() if name < "entry_hash"}
    after = {name: value for name, value in content.items() if name > "entry_hash"}
    before["date_utc"] = date_utc
    after["previous_hash"] = link.last_hash.decode()
    after["sequence"] = link.count
    head, tail = canonical(before)[:-1] + b",", canonical(after)[1:]
    digest = sha256(head + tail).hexdigest()
    line = b"%b%b%b%b%b" % (head, _KEY, digest.encode(), b'",', tail) + b"\n"
    return line, {**before, "entry_hash": digest, **after}


def check_chain(lines: Sequence[bytes], file: str, link: Link) -> tuple[Link, list[Problem]]:
    """
    Re-derive sequence, links and hashes of complete lines from their bytes, from ``link`` on.

    After a break the next line is judged by what stands before it, so that each break is named once.
    """
    problems: list[Problem] = []
    previous, count, size = link.last_hash, link.count, link.size
    for number, line in enumerate(lines):
        at = line.find(_KEY)
        bare = sha256(line[:at])
        bare.update(line[at + _TAKEN :])
        digest = bare.hexdigest().encode()
        if not (
            line.startswith(digest + b'",', at + len(_KEY))
            and line.startswith(previous + b'",', line.rfind(_PREVIOUS) + len(_PREVIOUS))
            and line.startswith(b"%d," % count, line.rfind(_PLACE) + len(_PLACE))
        ):
            before = id_in(lines[number - 1]) if number else None
            problems += _explain(line, file, link.count + number + 1, count, previous, digest, before)
            stored, place = _STORED.search(line), _place_in(line)
            digest = stored[1] if stored else digest
            count = count if place is None else place
        previous = digest
        count += 1
        size += len(line) + 1
    return Link(count, previous, size), problems


def id_in(line: bytes) -> str | None:
    """The first entry id in a line, however damaged the rest is."""
    found = _ID.search(line)
    return found[1].decode("ascii", "replace") if found else None


def _place_in(line: bytes) -> int | None:
    """The sequence number that a line carries: the last one, for what stands inside of a record comes before."""
    found = _SEQUENCE.findall(line)
    return int(found[-1]) if found else None


def _explain(
    line: bytes, file: str, number: int, count: int, previous: bytes, digest: bytes, before: str | None
) -> list[Problem]:
    """What exactly is wrong with a line that failed, in words."""
    stored, sequence = _STORED.search(line), _place_in(line)
    texts = []
    if stored is None or sequence is None or not line.startswith(b"{"):
        texts.append("the line is no record of this log")
    elif stored[1] != digest:
        texts.append("its content does not give the hash that it carries: it was changed after it was appended")
    if sequence is not None and sequence != count:
        texts.append(_misplaced(sequence, count))
    elif b'"previous_hash":"%b"' % previous not in line and stored is not None and sequence is not None:
        other = "the record before it" if before is None else f"the record before it ({before})"
        texts.append(f"it does not continue {other}: one of the two was changed, moved or taken away")
    known = texts or ["its hash, its place or the hash before it is not where a record has it"]
    return [Problem(file, text, number, sequence, id_in(line)) for text in known]


def _misplaced(sequence: int, expected: int) -> str:
    if sequence > expected:
        missing = f"record {expected} is" if sequence == expected + 1 else f"records {expected} to {sequence - 1} are"
        return f"{missing} missing before it"
    return f"it stands where record {expected} belongs"
