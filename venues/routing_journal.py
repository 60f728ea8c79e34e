"""
The record of decisions: one JSON line each in ``routing.jsonl``, on the disk before an order leaves.

Lines are written in one piece and redacted by value, as calls are (`dualwitness.venues.journal`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
from dualwitness.venues.redact import Redactor

__all__ = ["ROUTING_FILE", "DecisionJournal"]

ROUTING_FILE = "routing.jsonl"


class DecisionJournal:
    """
    Appends decisions to ``routing.jsonl`` in ``folder``; thread-safe.

    Unlike the journal of calls there is none without a folder: an order whose decision is not kept is not sent. Raises
    `OSError` where a line cannot be written whole.
    """

    def __init__(self, folder: Path = JOURNAL_FOLDER, redactor: Redactor | None = None) -> None:
        self.path = folder / ROUTING_FILE
        self._lines = CallJournal(folder, redactor)

    def __repr__(self) -> str:
        return f"DecisionJournal({self.path})"

    def append(self, line: Mapping[str, object], *, durable: bool = False) -> None:
        """Write one line of JSON values; ``durable`` returns only once it would survive a power cut."""
        self._lines.append(ROUTING_FILE, line)
        if durable:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                os.fdatasync(handle)
            finally:
                os.close(handle)
