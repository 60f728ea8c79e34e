"""Killed or interrupted at any moment, a run leaves whole files, no venue behind it, and no false claim."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dualwitness.alignment.artifacts import verify_seal
from tests.support.audit_run import clean_environment, only_run, run_audit

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="orphans are looked for in /proc")

FILES = ("run_manifest.json", "okx_api.jsonl", "ccxt_raw_samples.json", "okx_sdk_alignment_report.json",
         "positions_snapshot.json", "dual_alignment_report.json", "execution_fingerprint.json")  # fmt: skip
_RANDOM = random.Random(20261121)
DELAYS_S = tuple(round(_RANDOM.uniform(0.05, 2.0), 3) for _ in range(5))
PATIENCE_S = 20.0


def wait_for(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Whether something came true in time."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.002)
    return condition()


def was_asked(cwd: Path) -> bool:
    """Whether the run has asked its venue something: then it is in the middle of it."""
    return any(path.stat().st_size for path in cwd.rglob("*_api.jsonl"))


def marked(mark: str) -> list[str]:
    """Command lines of all processes that inherited a mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            # A process may end, or be another's, while it is looked at.
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


@contextlib.contextmanager
def started(cwd: Path, mark: str) -> Iterator[subprocess.Popen[str]]:
    """The audit in a session of its own, so that it can be signalled with all its children."""
    with subprocess.Popen(
        [sys.executable, "-m", "alignment.run"],
        cwd=cwd, env=clean_environment(DUALWITNESS_TEST_MARK=mark), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def assert_nothing_is_half_written(cwd: Path) -> None:
    """Every JSON file parses, every journal line but a torn last one does, and only a sealed run is called ended."""
    for path in cwd.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in cwd.rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            json.loads(line)
    for path in cwd.rglob("run_manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        assert manifest["status"] in ("running", "completed")
        if manifest["status"] == "completed":
            assert verify_seal(path.parent) == []
            assert len(manifest["files"]) >= 7


@pytest.mark.parametrize("moment", [*DELAYS_S, *FILES], ids=str)
def test_run_that_is_killed_leaves_nothing_half_written_and_no_venue(tmp_path: Path, moment: float | str) -> None:
    """SIGKILL after some time, or as soon as a certain file is there."""
    mark = uuid.uuid4().hex
    with started(tmp_path, mark) as process:
        if isinstance(moment, str):
            assert wait_for(lambda: any(tmp_path.rglob(moment)) or process.poll() is not None)
        else:
            time.sleep(moment)
        # The audit alone, not its venue: that has to notice by itself.
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
        assert wait_for(lambda: marked(mark) == []), marked(mark)
    assert_nothing_is_half_written(tmp_path)


def test_run_after_killed_ones_is_not_touched_by_them(tmp_path: Path) -> None:
    """The same folder takes the next run, which completes and is sealed; the killed one keeps saying ``running``."""
    out, mark = tmp_path / "runs", uuid.uuid4().hex
    with started(tmp_path, mark) as process:
        assert wait_for(lambda: was_asked(tmp_path) or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
    killed = only_run(out)
    assert run_audit(cwd=tmp_path).returncode == 1
    (later,) = (path for path in out.iterdir() if path != killed)
    assert json.loads((killed / "run_manifest.json").read_text())["status"] == "running"
    assert json.loads((later / "run_manifest.json").read_text())["status"] == "completed"
    assert verify_seal(later) == []


@pytest.mark.parametrize("whole_group", [False, True], ids=["process", "group"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_run_that_is_interrupted_says_so_and_ends_with_130(
    tmp_path: Path, number: signal.Signals, whole_group: bool
) -> None:
    """Ctrl-C reaches the venue too, a supervisor's signal does not: both end alike."""
    out, mark = tmp_path / "runs", uuid.uuid4().hex
    with started(tmp_path, mark) as process:
        assert wait_for(lambda: was_asked(tmp_path) or process.poll() is not None)
        (os.killpg if whole_group else os.kill)(process.pid, number)
        stdout, stderr = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, stdout) == (130, ""), stderr
        assert wait_for(lambda: marked(mark) == []), marked(mark)
    assert len(stderr.splitlines()) == 1
    assert "interrupted" in stderr
    manifest = json.loads((only_run(out) / "run_manifest.json").read_text())
    assert (manifest["status"], manifest["exit_code"]) == ("interrupted", 130)
    assert manifest["ended_at"] is not None
    assert not any(only_run(out).rglob("*.partial"))
