"""Helpers to run an audit: in this process against a venue in a thread, or as the command a user types."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dualwitness.alignment.audit import audit
from dualwitness.alignment.session import FROZEN_AT_MS
from dualwitness.alignment.settings import AuditSettings, settings_from
from dualwitness.models.finding import Finding
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = [
    "REPORTS",
    "ROOT",
    "TIMEOUT_S",
    "AuditRun",
    "audit_in_process",
    "clean_environment",
    "only_run",
    "run_audit",
    "sample_ids",
    "settings_for",
    "without_volatile",
]

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 90
# What has to be byte for byte the same for one seed, once the volatile keys are out.
REPORTS = (
    "ccxt_alignment_report.json",
    "dual_alignment_report.json",
    "okx_sdk_alignment_report.json",
    "positions_snapshot.json",
)


@dataclass(frozen=True)
class AuditRun:
    """An audit that has ended; ``lie_hits`` says by label how many answers each planted lie really changed."""

    folder: Path
    exit_code: int
    findings: tuple[Finding, ...]
    lie_hits: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self.read("run_manifest.json")

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        return frozenset(one.fingerprint for one in self.findings)

    def read(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files."""
        content: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return content


def settings_for(out: Path, **options: Any) -> AuditSettings:
    """Settings as the command line would make them without any option, but for the named ones."""
    words: dict[str, Any] = {
        "mode": "okx_demo_sim",
        "symbols": None,
        "samples": None,
        "base_url": None,
        "config": str(ROOT / "config"),
        "out": str(out),
        "seed": 0,
        "lies": (),
        "fail_on": "S1",
        "allow_orders": False,
        "environment": {},
    }
    return settings_from(**words | options)


def audit_in_process(
    out: Path,
    *,
    seed: int = 0,
    lies: Sequence[str] = (),
    scenario: str = "positions",
    symbols: str | None = None,
    instruments: tuple[SimInstrument, ...] = INSTRUMENTS,
) -> AuditRun:
    """One audit here, against a venue in a thread whose clock stands where the command's venue stands."""
    clock = FrozenClock(FROZEN_AT_MS)
    venue = EmbeddedVenue(seed=seed, scenario=scenario, lies=lies, clock=clock, instruments=instruments)
    # The journal of calls lies below the working directory, which must not be the checkout.
    with contextlib.chdir(out), serve_in_thread(venue) as running:
        result = audit(settings_for(out, base_url=running.base_url, seed=seed, symbols=symbols))
    return AuditRun(result.folder, result.exit_code, result.findings, venue.lie_hits)


def clean_environment(*folders: Path, **more: str) -> dict[str, str]:
    """
    The environment without keys and proxies, in which our packages are found from any working directory.

    ``folders`` stand before the checkout on the import path.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("OKX_") and not name.upper().endswith("_PROXY")
    }
    kept.pop("DUALWITNESS_TRACEBACK", None)
    path = os.pathsep.join(map(str, (*folders, ROOT)))
    return kept | {"NO_COLOR": "1", "COLUMNS": "400", "PYTHONPATH": path} | more


def run_audit(
    *words: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``python -m alignment.run`` with these words; in a folder that is gone afterwards, unless one is given."""
    with contextlib.ExitStack() as stack:
        folder = cwd or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return subprocess.run(
            [sys.executable, "-m", "alignment.run", *words],
            cwd=folder,
            env=dict(clean_environment() if environment is None else environment),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def only_run(out: Path) -> Path:
    """The one run in a folder of runs."""
    (folder,) = (path for path in out.iterdir() if path.is_dir())
    return folder


def sample_ids(folder: Path, names: Iterable[str]) -> set[str]:
    """Addresses of all samples in the named raw samples files."""
    found: set[str] = set()
    for name in names:
        found |= json.loads((folder / name).read_text(encoding="utf-8"))["samples"].keys()
    return found


def without_volatile(value: Any, volatile: Iterable[str]) -> Any:
    """The document without the named keys, at every depth."""
    names = frozenset(volatile)
    if isinstance(value, dict):
        return {key: without_volatile(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [without_volatile(item, names) for item in value]
    return value
