"""The scorecard as a command: what it prints, what it leaves, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.audit_run import TIMEOUT_S, clean_environment


def scorecard(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``python -m alignment.scorecard`` from a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "alignment.scorecard", *words],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_small_score_over_two_processes_is_one_document_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Lies alone, in a pair, from mid-run on, and an honest run: all as it must be, exit code 0."""
    ended = scorecard(tmp_path, "--sample", "2", "--pairs", "1", "--honest", "1", "--jobs", "2", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    document = json.loads(ended.stdout)
    assert document["passed"] is True
    assert {name: one["cases"] for name, one in document["scores"].items()} == {
        "alone": 2,
        "honest": 1,
        "mid_run": 1,
        "pair": 1,
    }
    assert document["catalogue"]["lies"] >= 110
    assert list(tmp_path.iterdir()) == []
