"""
What can go wrong with the difference log.

    LogError                    advice and exit_code for a command line
    ├── LogUnreadable           there is no log there, or it may not be read                      (2)
    ├── EntryRefused            evidence is missing: ``collect`` lists what to bring              (2)
    ├── DuplicateEntry          the fingerprint has its entry already: write an occurrence        (2)
    ├── UnknownEntry            a record points at an entry that the log does not hold            (2)
    ├── StatusRefused           a status cannot follow on the one before it                       (2)
    ├── CheckpointRefused       a file is no checkpoint, or one cannot have this origin           (2)
    ├── KeyRefused              a key file holds no Ed25519 key that can be used here             (2)
    ├── IntegrityFailure        the log is not what was appended; the first place is named        (5)
    └── WriteFailed             nothing was acknowledged: disk full, no permission, size limit    (5)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

__all__ = [
    "CheckpointRefused",
    "DuplicateEntry",
    "EntryRefused",
    "IntegrityFailure",
    "KeyRefused",
    "LogError",
    "LogUnreadable",
    "StatusRefused",
    "UnknownEntry",
    "WriteFailed",
]


class LogError(Exception):
    """Something is wrong with the log; ``exit_code`` is what a command returns, ``advice`` what a person should do."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, *, advice: str) -> None:
        super().__init__(problem)
        self.advice = advice

    def diagnostics(self) -> str:
        """What is wrong, and what a person should do, in two sentences."""
        return f"{self}. {self.advice[0].upper()}{self.advice[1:]}."


class LogUnreadable(LogError):
    """There is no log in the folder, or it may not be read."""


class EntryRefused(LogError):
    """An entry lacks evidence; ``collect`` names every piece that must be brought, in the order of the template."""

    def __init__(self, collect: Sequence[str]) -> None:
        super().__init__(
            "the entry is refused: " + "; ".join(collect), advice="collect what is named and add the entry again"
        )
        self.collect = tuple(collect)


class DuplicateEntry(LogError):
    """A difference, or a predecessor's entry, is in the log already; ``entry_id`` is where."""

    def __init__(self, what: str, entry_id: str) -> None:
        super().__init__(
            f"{what} is in the log already as {entry_id}", advice="record that it was seen again as an occurrence"
        )
        self.entry_id = entry_id


class UnknownEntry(LogError):
    """A record points at an entry that the log does not hold."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"the log holds no entry {entry_id}", advice="list the log to see its entries")
        self.entry_id = entry_id


class CheckpointRefused(LogError):
    """A file is no checkpoint, or no checkpoint can be written with this origin."""


class StatusRefused(LogError):
    """A decision does not follow on the one before it, or ends before it begins; ``entry_id`` is what it was about."""

    def __init__(self, entry_id: str, problem: str, *, advice: str) -> None:
        super().__init__(f"{entry_id}: {problem}", advice=advice)
        self.entry_id = entry_id


class KeyRefused(LogError):
    """A key file holds no Ed25519 key that can be used here."""


class IntegrityFailure(LogError):
    """The log is not what was appended to it."""

    exit_code: ClassVar[int] = 5


class WriteFailed(LogError):
    """A record could not be made durable, so it was not acknowledged, and no part of it counts."""

    exit_code: ClassVar[int] = 5
