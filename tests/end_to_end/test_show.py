"""``python -m alignment.show``: one finding of a run with the raw pair behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.audit_run import ROOT, AuditRun, audit_in_process, clean_environment


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> AuditRun:
    """A run in which CCXT alone was told the wrong side of every position."""
    return audit_in_process(tmp_path_factory.mktemp("shown"), lies=("position_side_flipped@ccxt",))


def show(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as a user types it."""
    command = (sys.executable, "-m", "alignment.show", *words)
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=clean_environment(), timeout=60, check=False
    )


def test_finding_of_two_worlds_shows_both_raw_rows_and_the_field_that_differs(lied_to: AuditRun) -> None:
    """The claim, both rows as they came, and the one field of them that is not the same."""
    wanted = next(one for one in lied_to.findings if one.field == "direction" and one.kind == "library_disagreement")
    shown = show(str(lied_to.folder), wanted.fingerprint)
    assert shown.returncode == 0
    assert wanted.finding_id in shown.stdout
    assert shown.stdout.count('"instId"') == 2
    assert "root['pos']" in shown.stdout
    assert shown.stderr == ""


def test_finding_of_the_parsers_says_that_the_bytes_are_the_same(lied_to: AuditRun) -> None:
    """Where only the reading differs, there is no difference to show in the raw pair, and it says so."""
    wanted = next(one for one in lied_to.findings if one.rule == "ticker-volume-contracts-in-base-slot")
    assert "the same bytes, read differently" in show(str(lied_to.folder), wanted.finding_id).stdout


def test_finding_that_does_not_exist_is_a_usage_error(lied_to: AuditRun) -> None:
    """One line that names some that do exist."""
    shown = show(str(lied_to.folder), "F999")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "no finding 'F999'" in shown.stderr
    assert "F001" in shown.stderr


@pytest.mark.parametrize("content", [None, "{}", "not json", json.dumps({"findings": [1]})])
def test_folder_that_is_no_run_is_a_usage_error(tmp_path: Path, content: str | None) -> None:
    """Missing, empty, damaged or foreign: one line, no traceback."""
    if content is not None:
        (tmp_path / "dual_alignment_report.json").write_text(content, encoding="utf-8")
    shown = show(str(tmp_path), "F001")
    assert (shown.returncode, shown.stderr.count("\n")) == (2, 1)
    assert "Traceback" not in shown.stderr
