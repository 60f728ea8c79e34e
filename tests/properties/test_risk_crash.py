"""Killed at any moment, the risk engine remembers at least everything that it had answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FULL = os.environ.get("DUALWITNESS_FULL") == "1"
TRIALS = 200 if FULL else 30


def crash(repository: Path, folder: Path, trials: int, *mode: str) -> Any:
    """What the program that kills and looks found."""
    command = [sys.executable, "-m", "tests.support.risk_crash", str(folder), str(trials), "7", *mode]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_engine_that_is_killed_at_random_points_is_never_looser_afterwards(repository: Path, tmp_path: Path) -> None:
    """Orders, fills, messages, losses, latches and switches that were answered count after the restart, all of them."""
    found = crash(repository, tmp_path / "trials", TRIALS)
    assert found["looser"] == []
    assert found["trials"] == TRIALS
    assert found["acknowledged"] > 10 * TRIALS


def test_store_that_answers_before_it_commits_is_found_to_forget(repository: Path, tmp_path: Path) -> None:
    """The trials can fail: a store that keeps its transaction open loses orders, and each loss is named."""
    found = crash(repository, tmp_path / "trials", 3, "forgetful")
    assert any("is forgotten" in each for each in found["looser"])
