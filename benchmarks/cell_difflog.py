"""
The difference log: appending against appending without a chain, verifying against hashing, listing in seconds.

Both appends turn the record into canonical JSON, take the file's lock, write once and wait for `fdatasync`, on the wall
clock, for most of it is waiting for the disk. What `DiffLog.append` does beside the chain (every fact and both raw
samples of the entry are checked first) is a ratio of its own. The yardstick of `verify` reads the file and takes
SHA-256 of each of twenty thousand lines once; the samples are two, so that only the lines count. `list` is the whole
command over a hundred thousand entries, in a fresh interpreter.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.processes import source_environment
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.difflog import DiffLog, Entry, verify_log
from dualwitness.difflog.appending import ChainFile
from dualwitness.difflog.canonical import canonical
from dualwitness.difflog.chain import Link, seal
from dualwitness.difflog.files import AppendFile
from dualwitness.difflog.store import ENTRIES

__all__ = ["CELL", "entry_of", "fill_log"]

_DATE = "2026-01-01T00:00:00.000Z"
_APPENDS, _VERIFIED, _LISTED = 100, 20_000, 100_000
_RUN = "run_20260101_000000_0123456"
_BODIES = (b'{"code":"0","data":[{"posId":"1","avgPx":"60000.1"}]}', b'{"code":"0","data":[{"posId":"1"}]}')


def entry_of(number: int) -> Entry:
    """Entry ``number``, of the size that entries of an audit have; all share their samples."""
    name = sha256(str(number).encode()).hexdigest()[:16]
    ccxt, okx = (sha256(body).hexdigest() for body in _BODIES)
    fields: dict[str, Any] = {
        "entry_id": f"DIFF-20260101-{name}",
        "run": {
            "run_id": _RUN,
            "git_commit": "0123456" + "0" * 33,
            "docker_image_digest": None,
            "docker_image_digest_reason": "not in a container",
            "python_version": "3.11.9",
        },
        "environment": {
            "env": "sim",
            "exchange_id": "okx",
            "symbol_in_use": "BTC/USDT:USDT",
            "market_type": "swap",
            "td_mode": "cross",
            "pos_mode": "net_mode",
            "margin_mode": "cross",
        },
        "libraries": {"a": {"name": "ccxt", "version": "4.5.90"}, "b": {"name": "okx_sdk", "version": "0.4.4"}},
        "axis": "I",
        "operation": "get_positions",
        "field": "entry_price",
        "row_key": f"swap|BTC-USDT-SWAP|{number}",
        "observed": {"ccxt_output": "60000.1", "okx_output": "60000.2", "mismatch": "ccxt: 60000.1; okx_sdk: 60000.2"},
        "evidence": {
            "ccxt_raw_sample_ref": ccxt,
            "okx_raw_sample_ref": okx,
            "alignment_report_ref": f"{_RUN}/dual_alignment_report.json",
        },
        "impact": {"E": "none", "I": "get_positions.entry_price: mismatch, S2", "M": "none", "C": "none"},
        "severity": "S2",
        "mitigation": {"degrade_strategy": "null_and_reason"},
        "decision": {"status": "open", "next_verification": "the next audit"},
        "fingerprint": name,
        "kind": "library_disagreement",
        "layer": "parse",
        "odd_one_out": "ccxt",
        "rule": "positions.entry_price",
        "reason": "ccxt says 60000.1, the body and the OKX SDK say 60000.2",
        "outcome": "mismatch",
    }
    return Entry.model_validate(fields)


def fill_log(folder: Path, count: int) -> None:
    """A sound log of so many entries, written in one go: its making is not what is measured."""
    with DiffLog(folder) as log:
        for body in _BODIES:
            log.keep_sample(body)
    content, link = entry_of(0).model_dump(mode="json"), Link()
    with (folder / ENTRIES).open("wb") as file:
        for number in range(count):
            name = sha256(str(number).encode()).hexdigest()[:16]
            content |= {"entry_id": f"DIFF-20260101-{name}", "fingerprint": name}
            line, fields = seal(content, link, _DATE)
            link = Link(number + 1, str(fields["entry_hash"]).encode(), link.size + len(line))
            file.write(line)


class _Stage:
    """Appends and verifications side by side, then the command, once a round."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._ready: list[Entry] = []
        self._log = DiffLog(folder / "appended")
        for body in _BODIES:
            self._log.keep_sample(body)
        self._chained = ChainFile(folder / "chained.jsonl", folder, [])
        self._unchained = AppendFile(folder / "unchained.jsonl")
        fill_log(folder / "verified", _VERIFIED)
        fill_log(folder / "listed", _LISTED)
        self._lines = folder / "verified" / ENTRIES
        self._environment = source_environment()
        self._appends = {
            "chained_append": self._append_chained,
            "unchained_append": self._append_unchained,
            "whole_append": self._append_whole,
        }
        self._verifications = Interleaved(
            [Contender("verify", self._verify, _VERIFIED), Contender("sha256_pass", self._hash, _VERIFIED)]
        )
        self._listing: list[float] = []

    def round(self, number: int) -> dict[str, float]:
        """Seconds an append, seconds a verified line, and of one listing."""
        costs = self._round_of_appends(number) | self._verifications.round(number)
        begun = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "dualwitness.difflog",
            "list",
            "--difflog",
            str(self._folder / "listed"),
        ]
        subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words
        self._listing.append(time.perf_counter() - begun)
        return costs | {"list": self._listing[-1]}

    def figures(self) -> dict[str, float]:
        """The fastest listing: what else ran at that time is not ours."""
        return {f"list_{_LISTED}_s": min(self._listing)}

    def close(self) -> None:
        """Let go of the files."""
        self._log.close()
        self._chained.close()
        self._unchained.close()

    def _round_of_appends(self, number: int) -> dict[str, float]:
        """The median of each: a disk that is busy for a moment makes single appends wait, of whichever kind."""
        self._ready = [entry_of(next(self._numbers)) for _ in range(_APPENDS * len(self._appends))]
        names = list(self._appends)
        costs: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(number, number + _APPENDS):
            for name in (*names[turn % len(names) :], *names[: turn % len(names)]):
                begun = time.perf_counter()
                self._appends[name]()
                costs[name].append(time.perf_counter() - begun)
        return {name: median(seconds) for name, seconds in costs.items()}

    def _append_chained(self) -> None:
        entry = self._ready.pop()
        with self._chained.held():
            self._chained.append([(entry, entry.model_dump(mode="json"))], _DATE)

    def _append_unchained(self) -> None:
        entry = self._ready.pop()
        with self._unchained.locked():
            line = canonical(entry.model_dump(mode="json")) + b"\n"
            self._unchained.append(line, self._unchained.stamp()[0])

    def _append_whole(self) -> None:
        self._log.append(self._ready.pop())

    def _verify(self) -> None:
        verdict = verify_log(self._folder / "verified")
        if verdict.problems:
            message = f"the log to be verified is broken: {verdict.problems[0]}"
            raise ValueError(message)

    def _hash(self) -> None:
        for line in self._lines.read_bytes().split(b"\n"):
            sha256(line).digest()


@contextmanager
def _open() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="dualwitness-difflog-") as folder:
        stage = _Stage(Path(folder))
        try:
            yield stage
        finally:
            stage.close()


CELL = Cell(
    name="difflog",
    title="the difference log: a chained append against an unchained one, verify against SHA-256 of each line, list",
    clock="wall an append and of the whole `list`, CPU a verified line",
    rounds=5,
    targets=(
        Target("append_to_unchained", "chained_append", ("unchained_append",), goal=1.4, gate=1.4),
        Target("append_with_evidence_to_unchained", "whole_append", ("unchained_append",), goal=1.4),
        Target("verify_to_sha256", "verify", ("sha256_pass",), goal=3, gate=3),
        Target(f"list_{_LISTED}_s", f"list_{_LISTED}_s", goal=2, gate=2),
    ),
    open=_open,
)
