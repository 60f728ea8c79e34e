"""
Reading the impedance of a sealed run.

Only what the manifest's seal covers is read, and only where manifest, report and the contacts behind them agree on the
fidelity: a figure whose world is in doubt is not compared with anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualwitness.alignment.artifacts import MANIFEST, verify_seal
from dualwitness.alignment.costs.contact import contacts_read, fidelity
from dualwitness.alignment.replay import SealBroken
from dualwitness.models import ImpedanceFidelity, RunStatus
from dualwitness.venues import UsageError

__all__ = ["SealedRun", "sealed_run"]

_REPORT = "dual_alignment_report.json"
_ENDED = frozenset({str(RunStatus.COMPLETED), str(RunStatus.INCOMPLETE), str(RunStatus.BLOCKED)})


@dataclass(frozen=True, slots=True)
class SealedRun:
    """One run whose seal holds: its figures, and the world in which they were met."""

    run_id: str
    mode: str
    fidelity: ImpedanceFidelity
    places: tuple[str, ...]
    figures: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What stands beside each of its figures: fidelity, and what was contacted."""
        return f"{self.fidelity}: {' and '.join(self.places) or 'nobody was contacted'}"


def sealed_run(folder: Path) -> SealedRun:
    """
    Read one run.

    Raises `UsageError` where the folder holds no readable run, and `SealBroken` where the run never ended, its report
    is not sealed or was changed, or its files contradict each other.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        status, sealed = manifest["status"], manifest["files"]
        if status not in _ENDED or _REPORT not in sealed:
            message = f"{folder} is not sealed: its status was {status!r}"
            raise SealBroken(message, advice="choose a run that ended; an unsealed figure proves nothing")
        wrong = verify_seal(folder)
        if wrong:
            message = f"{', '.join(wrong)} in {folder} differs from what the manifest sealed"
            raise SealBroken(message, advice="restore the run's folder; a changed figure proves nothing")
        report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
        figures = report["impedance"]
        if not isinstance(figures.get("latency"), dict):
            message = "there are no latencies"
            raise TypeError(message)
        return _run(folder, manifest, report, figures)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder} holds no readable run ({type(error).__name__})"
        raise UsageError(message, advice="name the folder of a run, such as runs/run_20260701_120000_abcdef0") from None


def _run(folder: Path, manifest: Mapping[str, Any], report: Mapping[str, Any], figures: Mapping[str, Any]) -> SealedRun:
    said = {
        str(manifest["impedance_fidelity"]),
        str(report["flags"]["impedance_fidelity"]),
        str(figures["fidelity"]),
    }
    # A report of an earlier version does not name its contacts, so its fidelity cannot be derived again.
    contacts = contacts_read(figures.get("contacted", ()))
    derived = fidelity(contacts)
    if "contacted" in figures:
        said.add(str(derived))
    if len(said) != 1 or manifest["run_id"] != report["run_id"]:
        message = f"{folder} contradicts itself: its files name {', '.join(sorted(said))} of run {manifest['run_id']}"
        raise SealBroken(message, advice="do not trust its figures: files of another run were put there")
    places = tuple(sorted({str(contact.place) for contact in contacts}))
    return SealedRun(str(report["run_id"]), str(manifest["mode"]), derived, places, figures)
