"""
What the lines of a log say of each other and of raw samples, found in their raw bytes.

Canonical JSON has one order of keys, and no text inside of it can hold an unescaped quotation mark: so the kind, the id
and the references of a record stand where they are looked for. The newest lines are parsed as well (`Contents.parse`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Self

import orjson

from dualwitness.difflog.canonical import canonical
from dualwitness.difflog.chain import Link, Problem, check_chain, id_in
from dualwitness.difflog.errors import LogUnreadable
from dualwitness.difflog.evidence import SampleSource
from dualwitness.difflog.files import read_locked
from dualwitness.difflog.store import OCCURRENCES, SAMPLES

__all__ = ["Contents", "Lines", "SampleVerdict", "judge_samples"]

# Parsing a line takes four times as long as hashing it; of more bytes than these the older ones are not parsed.
_PARSED = 1 << 20

_ID = b'"entry_id":"'
_ENTRY, _OFFLINE = b'","environment":{"env":"', b'","environment":{"env":"offline"'
_STATUS, _IMPORTED = b'","expires":', b'","evidence":null,'
_FINGERPRINT = b'"fingerprint":"'
_PAIR, _BETWEEN, _OUTSIDE = b'"ccxt_raw_sample_ref":"', b'","okx_raw_sample_ref":"', b'","raw_samples_at":"'
_PAIR_SIZE = 64 + len(_BETWEEN) + 64
_ADDRESS = re.compile(r"[0-9a-f]{64}")


class Lines:
    """The complete lines of one file, and the bytes that are left after them."""

    def __init__(self, name: str, data: bytes = b"") -> None:
        self.name = name
        self.lines = data.split(b"\n")
        self.tail = self.lines.pop()

    @classmethod
    def read(cls, folder: Path, name: str) -> Self | None:
        """Read a file of the log, None where there is none; raises `LogUnreadable`."""
        data = read_locked(folder / name)
        return None if data is None else cls(name, data)

    def problems(self) -> Iterator[Problem]:
        """Where the chain is broken, and what is no complete line."""
        yield from check_chain(self.lines, self.name, Link())[1]
        if self.tail:
            text = f"{len(self.tail)} bytes that are no complete line: an append was cut short, the next one moves them"
            yield Problem(self.name, text, len(self.lines) + 1, None, id_in(self.tail))

    def problem(self, index: int, text: str) -> Problem:
        """What is wrong with one line."""
        return Problem(self.name, text, index + 1, index, id_in(self.lines[index]))


class Contents:
    """
    The records of both files.

    ``held`` are the pairs of samples that the log itself must have, ``outside`` those that lie elsewhere, with the
    number of entries that each belongs to.
    """

    def __init__(self, entries: Lines, occurrences: Lines) -> None:
        self.entries = entries
        self.occurrences = occurrences
        self.malformed: list[Problem] = []
        self.held: set[bytes] = set()
        self.outside: dict[bytes, int] = {}
        self._ids: set[bytes] = set()

    def problems(self) -> Iterator[Problem]:
        """Records of no kind, entries that are there twice, and words about entries that are not there before them."""
        fingerprints: set[bytes] = set()
        ids, held, outside = self._ids, self.held, self.outside
        for index, line in enumerate(self.entries.lines):
            start = line.find(_ID) + len(_ID)
            end = line.find(b'"', start)
            entry_id = line[start:end]
            if line.startswith(_STATUS, end):
                if entry_id not in ids:
                    yield self.entries.problem(index, "it speaks of an entry that is not there before it")
                continue
            if entry_id in ids:
                yield self.entries.problem(index, "an entry with this id is there already")
            ids.add(entry_id)
            if line.startswith(_ENTRY, end) and line.startswith(b'{"axis":"'):
                at = line.find(_PAIR, end) + len(_PAIR)
                after = at + _PAIR_SIZE
                if line.startswith(_OUTSIDE, after):
                    outside[line[at:after]] = outside.get(line[at:after], 0) + 1
                    if not line.startswith(_OFFLINE, end):
                        yield self.entries.problem(index, "its raw samples lie elsewhere, but it is not from offline")
                else:
                    held.add(line[at:after])
                begin = line.find(_FINGERPRINT, after) + len(_FINGERPRINT)
                fingerprint = line[begin : begin + 16]
                if fingerprint in fingerprints:
                    yield self.entries.problem(index, "an entry with this fingerprint is there already")
                fingerprints.add(fingerprint)
            elif not line.startswith(_IMPORTED, end):
                yield self.entries.problem(index, "it is a record of no kind that belongs here")
        yield from self._said_again()

    def _said_again(self) -> Iterator[Problem]:
        for index, line in enumerate(self.occurrences.lines):
            start = line.find(_ID) + len(_ID)
            end = line.find(b'"', start)
            if not line.startswith(_ENTRY, end) or line.startswith(b'{"axis":"'):
                yield self.occurrences.problem(index, "it is a record of no kind that belongs here")
            elif line[start:end] not in self._ids:
                yield self.occurrences.problem(index, "it speaks of an entry that is not there")

    def parse(self, *, whole: bool, already: Iterable[Problem]) -> list[str]:
        """
        Parse the records, the newest of a large log alone, unless ``whole``; what has no right form is ``malformed``.

        Lines that are named ``already`` are passed over. The notes that are returned say what was not parsed.
        """
        named = {(problem.file, problem.line) for problem in already}
        notes = []
        for file in (self.entries, self.occurrences):
            taken, first = 0, len(file.lines)
            while first and (whole or taken + len(file.lines[first - 1]) <= _PARSED):
                first -= 1
                taken += len(file.lines[first])
            for index in range(first, len(file.lines)):
                text = _form_of(file.lines[index], index, is_local=file.name == OCCURRENCES)
                if text is not None and (file.name, index + 1) not in named:
                    self.malformed.append(file.problem(index, text))
            if first:
                notes.append(f"{file.name}: the first {first} records were judged by their bytes, and not parsed")
        return notes

    def owners(self, names: set[str]) -> Iterator[tuple[str, Problem]]:
        """Every entry that needs one of these samples, with the sample's name; the text of the problem is empty."""
        for index, line in enumerate(self.entries.lines):
            at = line.find(_PAIR) + len(_PAIR)
            if at >= len(_PAIR):
                for name in _names(line[at : at + _PAIR_SIZE]):
                    if name in names:
                        yield name, self.entries.problem(index, "")


def _form_of(line: bytes, index: int, *, is_local: bool) -> str | None:
    """What is wrong with the form of a record, None for one of a known kind in its place."""
    try:
        fields: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "it is no JSON"
    if not isinstance(fields, dict) or canonical(fields) != line:
        return "it is no canonical JSON object"
    kind = fields.get("record")
    if kind != _kind_of(line) or (kind == "occurrence") is not is_local:
        return "it is a record of no kind that belongs here"
    if fields.get("sequence") != index or not isinstance(fields.get("entry_id"), str):
        return "it has no id, or not the sequence number of its place"
    if kind == "entry" and not _has_evidence(fields):
        return "it is an entry without fingerprint or without the addresses of both raw samples"
    return None


def _kind_of(line: bytes) -> str | None:
    """The kind of a record as `Contents.problems` knows it: by what stands after its id."""
    end = line.find(b'"', line.find(_ID) + len(_ID))
    if line.startswith(_ENTRY, end):
        return "entry" if line.startswith(b'{"axis":"') else "occurrence"
    kinds = ((_STATUS, "status"), (_IMPORTED, "imported"))
    return next((kind for mark, kind in kinds if line.startswith(mark, end)), None)


def _has_evidence(fields: dict[str, Any]) -> bool:
    evidence = fields.get("evidence")
    if not isinstance(evidence, dict) or not isinstance(fields.get("fingerprint"), str):
        return False
    references = (evidence.get("ccxt_raw_sample_ref"), evidence.get("okx_raw_sample_ref"))
    return all(isinstance(one, str) and _ADDRESS.fullmatch(one) for one in references)


def _names(pair: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.decode("ascii", "replace") for one in (pair[:64], pair[-64:])))


@dataclass(frozen=True, slots=True)
class SampleVerdict:
    """What was found of the raw samples: how many the log holds, how many lie outside of it, and what is wrong."""

    held: int
    outside: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def judge_samples(folder: Path, contents: Contents, sources: Sequence[SampleSource]) -> SampleVerdict:
    """
    Judge the raw samples: each file gives its name, and none that an entry needs is missing where the entry says.

    Raises `LogUnreadable` where a sample may not be read.
    """
    return _Samples(folder / SAMPLES, contents, sources).judge()


class _Samples:
    def __init__(self, folder: Path, contents: Contents, sources: Sequence[SampleSource]) -> None:
        self._folder = folder
        self._contents = contents
        self._sources = sources
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        self._strange = sorted(name for name in names if not _ADDRESS.fullmatch(name))
        self._names = names.difference(self._strange)

    @cached_property
    def _needed(self) -> set[str]:
        return set(chain.from_iterable(map(_names, self._contents.held)))

    @cached_property
    def _elsewhere(self) -> set[str]:
        return set(chain.from_iterable(map(_names, self._contents.outside))) - self._needed

    def judge(self) -> SampleVerdict:
        wrong = {name for name in self._names if not self._gives(name)}
        faults = {name: f"a raw sample of it was changed ({SAMPLES}/{name})" for name in wrong}
        missing = self._needed - self._names
        faults.update({name: f"a raw sample of it is missing ({SAMPLES}/{name})" for name in missing})
        if self._sources:
            absent = {name for name in self._elsewhere - self._names if not self._has(name)}
            faults.update({name: f"no given source of samples has its raw sample {name}" for name in absent})
        problems, owned = [], set()
        for name, place in self._contents.owners(set(faults)) if faults else ():
            owned.add(name)
            problems.append(Problem(place.file, faults[name], place.line, place.sequence, place.entry_id))
        unowned = sorted(wrong - owned)
        problems += [Problem(f"{SAMPLES}/{name}", "its bytes do not give its name") for name in unowned]
        return SampleVerdict(len(self._names), len(self._elsewhere), tuple(problems), tuple(self._notes()))

    def _gives(self, name: str) -> bool:
        path = self._folder / name
        try:
            return path.is_file() and sha256(path.read_bytes()).hexdigest() == name
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise LogUnreadable(message, advice="give permission to read the samples") from None

    def _has(self, name: str) -> bool:
        bodies = (source(name) for source in self._sources)
        return any(body is not None and sha256(body).hexdigest() == name for body in bodies)

    def _notes(self) -> Iterator[str]:
        count = sum(self._contents.outside.values())
        if count and not self._sources:
            yield (
                f"the raw samples of {count} entries lie outside of the log ({len(self._elsewhere)} bodies) "
                "and were not verified: name their folder with --samples DIR"
            )
        for name in self._strange:
            yield f"{SAMPLES}/{name}: it is no sample, and was not read"
