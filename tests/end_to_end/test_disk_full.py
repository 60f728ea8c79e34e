"""A disk that is full ends a run with 5, whenever it happens, and leaves nothing half written and nothing sealed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.audit_run import TIMEOUT_S, clean_environment

# No file may grow beyond this many bytes: before the manifest, in the journal, at the samples, at the reports.
LIMITS = (0, 300, 3_000, 12_000, 60_000, 200_000)
PROGRAM = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.argv = ["run", "--out", {out!r}]
runpy.run_module("alignment.run", run_name="__main__")
"""


def run_limited(out: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """The audit in a process that may write no file larger than ``limit`` bytes, nor journal into one."""
    out.parent.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM.format(limit=limit, out=str(out))],
        cwd=out.parent, env=clean_environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
@pytest.mark.parametrize("limit", LIMITS)
def test_run_that_cannot_write_ends_with_five_and_is_never_called_completed(tmp_path: Path, limit: int) -> None:
    """One line says so; every file that is there is whole."""
    done = run_limited(tmp_path / "runs", limit)
    assert done.returncode == 5, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stderr
    for path in (tmp_path / "runs").rglob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.name == "run_manifest.json":
            assert content["status"] in ("running", "failed")
            assert content["exit_code"] in (None, 5)


def test_limit_that_nothing_reaches_lets_the_run_complete(tmp_path: Path) -> None:
    """The limits above are what failed those runs, and not the way they were started."""
    done = run_limited(tmp_path / "runs", 50_000_000)
    assert done.returncode == 1, done.stderr
