"""
The call journal: one JSON line an API call, written in one piece, without a secret in any encoding.

Lines go to ``reports/exchanges/okx_api.jsonl`` (python-okx) and ``ccxt_api.jsonl`` (CCXT) below the journal's folder;
without a folder nothing is written. Records of other things (simulated fills) are appended to files of their own there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from dualwitness.models import Library
from dualwitness.models.wire import WireExchange
from dualwitness.venues.redact import Redactor

__all__ = ["JOURNAL_FILES", "JOURNAL_FOLDER", "CallJournal"]

# Relative to the working directory: one journal for all runs and programs started there.
JOURNAL_FOLDER = Path("reports/exchanges")
JOURNAL_FILES = {Library.OKX_SDK: "okx_api.jsonl", Library.CCXT: "ccxt_api.jsonl"}


class CallJournal:
    """Appends calls to the library's file; thread-safe. Raises `OSError` when a line cannot be written whole."""

    def __init__(self, folder: Path | None = None, redactor: Redactor | None = None) -> None:
        self._folder = folder
        self._redactor = redactor or Redactor(())
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"CallJournal({self._folder})"

    def prepare(self) -> None:
        """Make the folder and the files now; raises `OSError` where a call could not be journalled later."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in JOURNAL_FILES.values():
            os.close(os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))

    def record(self, exchange: WireExchange, *, code: str | None = None) -> None:
        """Write one line: time, library, method, path, status, code, duration, sample digest."""
        if self._folder is None:
            return
        request = exchange.request
        line = {
            "ts_local_ms": exchange.started_ms,
            "library": str(exchange.library),
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "query": request.query,
            "status": None if exchange.answer is None else exchange.answer.status,
            "code": code,
            "duration_ms": round(exchange.duration_ms, 3),
            "sample_id": exchange.sample_id,
            "error": exchange.error,
        }
        self.append(JOURNAL_FILES[exchange.library], line)

    def append(self, name: str, line: Mapping[str, object]) -> None:
        """Write one line of any JSON values to the file ``name`` of the folder, in one piece and without a secret."""
        if self._folder is None:
            return
        text = self._redactor.redact(json.dumps(line, separators=(",", ":"), ensure_ascii=True)) + "\n"
        path = self._folder / name
        with self._lock:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                data = text.encode()
                if os.write(handle, data) != len(data):
                    message = f"the journal line was cut short in {path}"
                    raise OSError(message)
            finally:
                os.close(handle)
