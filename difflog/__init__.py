"""
The append-only log of differences: the layer between configuration and the venues.

Each observed difference lands here once, with its evidence, keeps its history, and can be proven unchanged. What is
exported is loaded when it is first asked for; the command is ``python -m difflog``.

>>> from dualwitness.difflog import DiffLog, fold   # doctest: +SKIP
>>> with DiffLog(Path("difflog/log")) as log: state = fold(log.read().records, today)   # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import typing

if typing.TYPE_CHECKING:
    from dualwitness.difflog.errors import (
        CheckpointRefused,
        DuplicateEntry,
        EntryRefused,
        IntegrityFailure,
        KeyRefused,
        LogError,
        LogUnreadable,
        StatusRefused,
        UnknownEntry,
        WriteFailed,
    )
    from dualwitness.difflog.records import Entry, Imported, Occurrence, StatusChange, Stored
    from dualwitness.difflog.state import EntryState, LogState, accepts, fold
    from dualwitness.difflog.store import DiffLog, Reading
    from dualwitness.difflog.verify import Verdict
    from dualwitness.difflog.verify import verify as verify_log

__all__ = [
    "CheckpointRefused",
    "DiffLog",
    "DuplicateEntry",
    "Entry",
    "EntryRefused",
    "EntryState",
    "Imported",
    "IntegrityFailure",
    "KeyRefused",
    "LogError",
    "LogState",
    "LogUnreadable",
    "Occurrence",
    "Reading",
    "StatusChange",
    "StatusRefused",
    "Stored",
    "UnknownEntry",
    "Verdict",
    "WriteFailed",
    "accepts",
    "fold",
    "verify_log",
]

_HOMES = {
    "store": ("DiffLog", "Reading"),
    "records": ("Entry", "Imported", "Occurrence", "StatusChange", "Stored"),
    "state": ("EntryState", "LogState", "accepts", "fold"),
    "verify": ("Verdict", "verify_log"),
}
_MODULE = {name: module for module, names in _HOMES.items() for name in names}
# A module and its function cannot both be `difflog.verify`: the package offers the function under another name.
_OWN_NAME = {"verify_log": "verify"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = importlib.import_module(f"dualwitness.difflog.{_MODULE.get(name, 'errors')}")
    value = globals()[name] = getattr(module, _OWN_NAME.get(name, name))
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
