"""
The log itself: append records, read them back.

``entries.jsonl`` holds entries, changes of status and imported entries and is committed with the repository;
``occurrences.jsonl`` holds what this machine saw again. Each is a chain of its own (`chain.py`). ``samples/<sha256>``
holds raw sample bodies, ``quarantine/`` torn tails that were never acknowledged, ``checkpoints/`` signed roots.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

from dualwitness.difflog.appending import ChainFile, fields_of
from dualwitness.difflog.chain import Link, Problem, check_chain, id_in
from dualwitness.difflog.errors import LogUnreadable
from dualwitness.difflog.evidence import SampleFolder, SampleSource, carries_rows, refuse_without_evidence
from dualwitness.difflog.files import read_locked
from dualwitness.difflog.known import Known
from dualwitness.difflog.records import WORLD_RANK, Content, Entry, Occurrence, Stored

__all__ = [
    "CHECKPOINTS",
    "ENTRIES",
    "OCCURRENCES",
    "QUARANTINE",
    "SAMPLES",
    "DiffLog",
    "Reading",
    "TornTail",
    "now",
]

ENTRIES, OCCURRENCES = "entries.jsonl", "occurrences.jsonl"
SAMPLES, QUARANTINE, CHECKPOINTS = "samples", "quarantine", "checkpoints"


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True, slots=True)
class TornTail:
    """Bytes at the end of a file that are no complete line: an append that was cut short and never acknowledged."""

    file: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything in the log: first the records of ``entries.jsonl``, then those of ``occurrences.jsonl``, in order."""

    records: tuple[Stored, ...]
    torn_tail: tuple[TornTail, ...]
    problems: tuple[Problem, ...]


class DiffLog:
    """
    An append-only log in one folder, for any number of threads and processes at once.

    ``clock`` dates the records. ``sources`` are further places of raw samples, for evidence of the world ``offline``.
    ``quarantined`` are the torn tails that this object moved out of the way.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = now, sources: Sequence[SampleSource] = ()) -> None:
        self.folder = folder
        self.samples = SampleFolder(folder / SAMPLES)
        self.quarantined: list[Path] = []
        self._clock = clock
        self._sources = tuple(sources)
        self._lock, self._process = RLock(), os.getpid()
        self._entries = ChainFile(folder / ENTRIES, folder / QUARANTINE, self.quarantined)
        self._occurrences = ChainFile(folder / OCCURRENCES, folder / QUARANTINE, self.quarantined)

    def append(self, content: Content) -> Stored:
        """Append one record (`append_many`)."""
        return self.append_many((content,))[0]

    def append_many(self, contents: Iterable[Content]) -> tuple[Stored, ...]:
        """
        Append records and return them once they are durable; each file gets one write.

        All are checked before anything is written. Raises `EntryRefused` (evidence is missing), `DuplicateEntry`,
        `UnknownEntry`, `StatusRefused`, `IntegrityFailure` (the log was changed) and `WriteFailed`, after which nothing
        of that file's write counts.
        """
        batch = tuple(contents)
        fields = [content.model_dump(mode="json") for content in batch]
        for content, plain in zip(batch, fields, strict=True):
            if isinstance(content, (Entry, Occurrence)):
                refuse_without_evidence(plain, self.samples, self._sources)
        if not batch:
            return ()
        with self._guard(), ExitStack() as stack:
            chains = [self._entries, *([self._occurrences] if self._needs_occurrences(batch) else [])]
            for chain in chains:
                stack.enter_context(chain.held())
            moment = self._clock().astimezone(UTC)
            self._refuse_what_does_not_fit(batch, fields, chains, moment.date())
            date_utc = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            stored: dict[int, Stored] = {}
            for chain in chains:
                is_local = chain is self._occurrences
                mine = [index for index, one in enumerate(batch) if isinstance(one, Occurrence) is is_local]
                if mine:
                    appended = chain.append([(batch[index], fields[index]) for index in mine], date_utc)
                    stored.update(zip(mine, appended, strict=True))
            return tuple(stored[index] for index in range(len(batch)))

    def read(self) -> Reading:
        """
        Read the whole log as it stands, with whatever is wrong with it; nothing is changed.

        Raises `LogUnreadable` where the folder holds no log, or it may not be read.
        """
        with _without_garbage_collection():
            return self._read()

    def _read(self) -> Reading:
        if not os.path.isdir(self.folder):  # noqa: PTH112 - it says no where it may not look
            message = f"there is no log in {self.folder}"
            raise LogUnreadable(message, advice="name a folder that can be read with --difflog, or add a first entry")
        records: list[Stored] = []
        torn: list[TornTail] = []
        problems: list[Problem] = []
        # Occurrences first: the entry of each that stands there then is in what is read afterwards.
        content = {name: read_locked(self.folder / name) for name in (OCCURRENCES, ENTRIES)}
        for name in (ENTRIES, OCCURRENCES):
            data = content[name]
            if data is None:
                continue
            lines = data.split(b"\n")
            tail = lines.pop()
            if tail:
                torn.append(TornTail(name, len(data) - len(tail), len(tail)))
            problems += check_chain(lines, name, Link())[1]
            for number, line in enumerate(lines):
                fields = fields_of(line)
                if fields is None:
                    problems.append(Problem(name, "the line is no record", number + 1, None, id_in(line)))
                else:
                    records.append(Stored(fields, len(line)))
        return Reading(tuple(records), tuple(torn), tuple(problems))

    def keep_sample(self, body: bytes) -> str:
        """Keep a raw sample's bytes and return their address; raises `WriteFailed`."""
        return self.samples.keep(body)

    def sample(self, reference: str) -> bytes | None:
        """The bytes of a raw sample that the log holds or one of its sources has, None where nobody has them."""
        sources: tuple[SampleSource, ...] = (self.samples, *self._sources)
        for source in sources:
            body = source(reference)
            if body is not None:
                return body
        return None

    def close(self) -> None:
        """Let go of the files."""
        with self._guard():
            self._entries.close()
            self._occurrences.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _needs_occurrences(self, batch: Sequence[Content]) -> bool:
        """To append to them, or because a run of the embedded venue may stand there alone."""
        if any(isinstance(one, Occurrence) for one in batch):
            return True
        is_real = any(isinstance(one, Entry) and WORLD_RANK[one.environment.env] > 0 for one in batch)
        return is_real and os.path.exists(self._occurrences.path)  # noqa: PTH110 - it says no where it may not look

    def _refuse_what_does_not_fit(
        self, batch: Sequence[Content], fields: Sequence[Mapping[str, Any]], held: Sequence[ChainFile], today: date
    ) -> None:
        known = Known(*(chain.known for chain in held))
        for content, plain in zip(batch, fields, strict=True):
            known.refuse(content, today, self._is_telling)
            if len(batch) > 1:
                known.learn(plain)

    def _is_telling(self, reference: str) -> bool:
        """Whether a raw sample belongs to one world; what nobody has is taken to."""
        body = self.sample(reference)
        return body is None or carries_rows(body)

    def _guard(self) -> AbstractContextManager[object]:
        """The lock among threads; one that was copied by a fork may be held by a thread that the child has not."""
        if self._process != os.getpid():
            self._process, self._lock = os.getpid(), RLock()
        return self._lock


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A hundred thousand records hold no cycles; looking for them would take longer than reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
