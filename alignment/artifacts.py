"""
A run's folder: the manifest first with ``status: running``, every file whole or not at all, sealed last.

Sealing writes the SHA-256 of every file into the manifest. A killed run leaves its manifest at ``running``: that says
that it never ended, and nothing in it is half written.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from dualwitness.venues import UsageError
from dualwitness.venues.redact import Redactor

__all__ = ["MANIFEST", "RunFolder", "as_json", "run_id_of", "verify_seal"]

MANIFEST = "run_manifest.json"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run_id_of(started_ms: int, commit: str | None) -> str:
    """``run_<YYYYMMDD>_<HHMMSS>_<commit7>`` in UTC; outside a clone the commit is seven zeros."""
    moment = datetime.fromtimestamp(started_ms / 1000, tz=UTC)
    return f"run_{moment:%Y%m%d}_{moment:%H%M%S}_{(commit or '0' * 7)[:7]}"


class RunFolder:
    """
    Writes the files of one run.

    Raises `UsageError` where the folder cannot be made, `OSError` where the disk is full or a file cannot be written
    whole.
    """

    def __init__(self, out: Path, run_id: str, redactor: Redactor) -> None:
        self._redactor = redactor
        try:
            self.run_id, self.path = _make(out, run_id)
        except OSError as error:
            if error.errno in _FULL:
                raise
            message = f"a run's folder cannot be made in {out}: {error.strerror or type(error).__name__}"
            raise UsageError(message, advice="choose another --out") from None
        self._digests: dict[str, str] = {}

    def write(self, name: str, content: Mapping[str, Any], *, is_redacted: bool = False) -> None:
        """
        Write one JSON file: sorted keys, secrets redacted by value, temp file + fsync + rename.

        ``is_redacted`` says that every text in it went through the redactor already, one by one.
        """
        data = as_json(content) if is_redacted else self._redactor.redact_bytes(as_json(content))
        if name == MANIFEST:  # it speaks of the others, so it must never outlive them
            _settle_folder(self.path)
        _write_whole(self.path / name, data)
        if name == MANIFEST:
            _settle_folder(self.path)
        else:
            self._digests[name] = hashlib.sha256(data).hexdigest()

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Write the manifest with the digests of all files written so far."""
        self.write(MANIFEST, {**content, "files": dict(sorted(self._digests.items()))})


def as_json(content: Mapping[str, Any]) -> bytes:
    """JSON as it goes to file: sorted keys, two spaces, a final newline; numbers of money are text already."""
    try:
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair, which a venue can send as an escape and UTF-8 cannot carry
        return (json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def verify_seal(folder: Path) -> list[str]:
    """Names of files of a sealed run that are missing or differ from the manifest's digest."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    wrong = []
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    return wrong


def _make(out: Path, run_id: str) -> tuple[str, Path]:
    """A new folder; two runs in one second get a number, so that none overwrites another."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(1000):
        name = run_id if number == 0 else f"{run_id}_{number}"
        try:
            (out / name).mkdir()
        except FileExistsError:
            continue
        return name, out / name
    message = f"a thousand runs of {run_id} exist in {out}"
    raise OSError(message)


def _write_whole(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _settle_folder(folder: Path) -> None:
    """Make the names of all files so far as durable as their contents."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
