"""The project's own difference log: whatever the installed libraries do differently stands in it, decided on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.audit_run import ROOT, TIMEOUT_S, clean_environment
from tests.support.shared import require_shared

LOG = ROOT / "difflog" / "log"


def survey(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``python -m alignment.survey`` in a folder of its own."""
    corpus = str(require_shared() / "okx-payloads")
    command = [sys.executable, "-m", "alignment.survey", "--samples", corpus, "--difflog", "log", *words]
    return subprocess.run(
        command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@pytest.fixture
def copied_log(tmp_path: Path) -> Path:
    """The project's log where a run may write."""
    return Path(shutil.copytree(LOG, tmp_path / "log", ignore=shutil.ignore_patterns("occurrences.jsonl")))


def test_every_difference_of_the_installed_libraries_is_in_the_projects_log_and_accepted(copied_log: Path) -> None:
    """A library's upgrade shows here first: it fails with the entries that are new."""
    before = (copied_log / "entries.jsonl").read_bytes()
    done = survey(copied_log.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copied_log / "entries.jsonl").read_bytes() == before
    assert "every difference is in" in done.stdout


def test_a_difference_that_the_log_lacks_fails_the_survey_and_is_named(copied_log: Path) -> None:
    """The newest records are taken away, as if nobody had seen those differences yet."""
    path = copied_log / "entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    entries = [index for index, line in enumerate(lines) if json.loads(line)["record"] == "entry"]
    path.write_bytes(b"".join(lines[: entries[-3]]))
    shutil.rmtree(copied_log / "checkpoints", ignore_errors=True)
    done = survey(copied_log.parent)
    assert done.returncode == 1, done.stdout + done.stderr
    new = [json.loads(line) for line in path.read_bytes().splitlines()][entries[-3] :]
    assert len(new) == 3
    assert new[0]["entry_id"] in done.stdout


def test_every_entry_of_the_projects_log_has_a_decision_with_a_reason() -> None:
    """No difference of ours stands open, and each decision says who, why and until when."""
    records = [json.loads(line) for line in (LOG / "entries.jsonl").read_bytes().splitlines()]
    decided = {one["entry_id"]: one for one in records if one["record"] == "status"}
    entries = [one for one in records if one["record"] == "entry"]
    assert len(entries) > 100
    for one in entries:
        decision = decided[one["entry_id"]]
        assert decision["who"]
        assert len(decision["why"].split()) > 5
        assert decision["expires"]
