"""
Processes that append to a log, to be killed, starved or set against each other.

A `Nursery` is one fresh interpreter that has everything imported and forks a child for each order, which takes about
a millisecond; run as a module this file is the nursery itself. Orders come in and answers go out as lines of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

__all__ = ["Nursery", "nursery"]


class Nursery:
    """The test's side: start children, read what they say, end them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, kind: str, folder: Path, **order: Any) -> int:
        """Start a child and give its process id, once it is at work."""
        self._tell({"kind": kind, "folder": str(folder), **order})
        return int(self._hear()["began"])

    def hear(self, count: int) -> list[dict[str, Any]]:
        """Wait until children have said so many things more."""
        return [self._hear() for _ in range(count)]

    def end(self, child: int, *, kill: bool = False) -> list[dict[str, Any]]:
        """Wait for the child, killing it with signal 9 if asked, and give everything that children said since."""
        if kill:
            os.kill(child, signal.SIGKILL)
        self._tell({"wait": child})
        said = []
        while (answer := self._hear()).get("ended") != child:
            said.append(answer)
        assert answer["status"] in (0, signal.SIGKILL if kill else 0), answer
        return said

    def run_all(self, orders: list[tuple[str, Path, dict[str, Any]]]) -> list[dict[str, Any]]:
        """Run children side by side, wait for all of them, and give what they said."""
        for kind, folder, order in orders:
            self._tell({"kind": kind, "folder": str(folder), **order})
        self._tell({"wait": "all"})
        said = []
        while (answer := self._hear()).get("ended") != "all":
            said.append(answer)
        assert answer["status"] == 0, answer
        return [one for one in said if "began" not in one]

    def _tell(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery is gone"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery for the length of a block."""
    command = [sys.executable, "-m", "tests.support.difflog_children"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


def _say(**answer: Any) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def _entry(number: int, **changes: Any) -> Any:
    """An entry of its own that shares its raw samples with all others."""
    from tests.support.difflog_records import made_entry, references_of

    ccxt, okx = references_of(0)
    return made_entry(number, evidence__ccxt_raw_sample_ref=ccxt, evidence__okx_raw_sample_ref=okx, **changes)


def _append(folder: Path, order: dict[str, Any]) -> None:
    """Append entries and acknowledge each one once the log has; ``size`` fills them up with text."""
    from tests.support.difflog_records import open_log

    text = "x" * order.get("size", 0)
    with open_log(folder) as log:
        for number in range(order["first"], order["first"] + order["count"]):
            changes = {"observed__ccxt_output": text} if text else {}
            stored = log.append(_entry(number, **changes))
            _say(id=stored.entry_id, sequence=stored.sequence)


def _append_early(folder: Path, order: dict[str, Any]) -> None:
    """The control: acknowledge first, append a little later."""
    from tests.support.difflog_records import open_log

    with open_log(folder) as log:
        for number in count(order["first"]):
            entry = _entry(number)
            _say(id=entry.entry_id, sequence=number)
            time.sleep(0.01)
            log.append(entry)


def _append_within_limit(folder: Path, order: dict[str, Any]) -> None:
    """Append one entry, and keep one sample, while files may not grow beyond ``limit`` bytes; then without a limit."""
    from tests.support.difflog_records import open_log

    with open_log(folder) as log:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], resource.RLIM_INFINITY))
        _try(lambda: log.append(_entry(order["first"])))
        _try(lambda: log.keep_sample(b"x" * 2 * order["limit"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        _try(lambda: log.append(_entry(order["first"])))


def _use_as_nobody(folder: Path, order: dict[str, Any]) -> None:
    """Read and append as a user who owns nothing."""
    from tests.support.difflog_records import imported_entry, open_log

    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    with open_log(folder) as log:
        _try(lambda: len(log.read().records))
        _try(lambda: log.append(imported_entry(order["first"])))
        _try(lambda: log.keep_sample(sha256(b"another").digest()))


def _try(act: Callable[[], object]) -> None:
    from dualwitness.difflog.errors import LogError

    try:
        act()
    except LogError as error:
        _say(error=type(error).__name__, exit_code=error.exit_code, text=error.diagnostics())
    else:
        _say(error=None)


_JOBS = {
    "append": _append,
    "append_early": _append_early,
    "append_within_limit": _append_within_limit,
    "use_as_nobody": _use_as_nobody,
}


def _serve() -> None:
    importlib.import_module("tests.support.difflog_records")  # once, for all children

    alive = 0
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("wait") == "all":
            _say(ended="all", status=max(os.wait()[1] for _ in range(alive)))
            alive = 0
            continue
        if "wait" in order:
            alive -= 1
            _, status = os.waitpid(order["wait"], 0)
            _say(ended=order["wait"], status=status)
            continue
        child = os.fork()
        alive += 1
        if child == 0:
            status = 1
            try:
                _say(began=os.getpid())
                _JOBS[order["kind"]](Path(order["folder"]), order)
                status = 0
            finally:
                os._exit(status)


if __name__ == "__main__":
    _serve()
