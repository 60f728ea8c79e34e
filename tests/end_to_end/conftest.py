"""Runs that several tests look at: made once, as a user would make them, and never changed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit_run import only_run, run_audit


@dataclass(frozen=True)
class CommandRun:
    """A command that has ended, the run that it left, and where it was started."""

    done: subprocess.CompletedProcess[str]
    folder: Path
    cwd: Path

    def read(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files."""
        content: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return content


@pytest.fixture(scope="session")
def honest_run(tmp_path_factory: pytest.TempPathFactory) -> CommandRun:
    """``python -m alignment.run --json`` without any lie."""
    cwd = tmp_path_factory.mktemp("honest-run")
    return CommandRun(run_audit("--json", cwd=cwd), only_run(cwd / "runs"), cwd)
