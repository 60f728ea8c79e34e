"""Finds the recorded OKX answers that tests read but the repository does not contain."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["INSTRUMENT_ENVIRONMENTS", "instrument_rows", "require_shared", "shared_folder"]

INSTRUMENT_ENVIRONMENTS = ("demo", "production")


def shared_folder() -> Path:
    """Folder of recordings: ``DUALWITNESS_SHARED``, or ``shared`` beside the repository; it need not exist."""
    named = os.environ.get("DUALWITNESS_SHARED")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared"


def require_shared() -> Path:
    """Give the folder of recordings; without it the test is skipped, and fails where ``CI`` is ``true``."""
    folder = shared_folder()
    if (folder / "okx-payloads" / "INDEX.json").is_file():
        return folder
    problem = f"no recordings in {folder}: set DUALWITNESS_SHARED"
    if os.environ.get("CI") == "true":
        pytest.fail(problem)
    pytest.skip(problem)


@cache
def _rows(folder: Path, environment: str) -> tuple[dict[str, Any], ...]:
    files = sorted(folder.glob(f"okx-payloads/burakoner_live/**/full/{environment}_get-instruments*.json"))
    return tuple(row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["data"])


def instrument_rows(environment: str) -> tuple[dict[str, Any], ...]:
    """Every row of ``public/instruments`` recorded of the ``demo`` or the ``production`` venue on 26 April 2026."""
    rows = _rows(require_shared(), environment)
    assert rows, f"the recordings of {environment} have no instruments"
    return rows
