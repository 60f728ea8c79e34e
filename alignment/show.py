"""
``python -m alignment.show RUN FINDING``: one finding of a sealed run in full, with the raw pair behind it.

The raw rows are taken from the run's own samples by their address; deepdiff renders how they differ. It decides
nothing: the finding was judged from typed facts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dualwitness.models import Library

__all__ = ["main", "raw_row"]

_USAGE = 2
_REFS = {Library.CCXT: "ccxt_raw_sample_ref", Library.OKX_SDK: "okx_raw_sample_ref"}


def main(words: Sequence[str] | None = None) -> int:
    """Print one finding; exit code 2 where run or finding do not exist."""
    parser = argparse.ArgumentParser(prog="python -m alignment.show", description="Show one finding of a run in full.")
    parser.add_argument("run", metavar="RUN", help="a run's folder")
    parser.add_argument("finding", metavar="FINDING", help="its finding_id, such as F001, or its fingerprint")
    try:
        arguments = parser.parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    folder = Path(arguments.run)
    try:
        report = json.loads((folder / "dual_alignment_report.json").read_text(encoding="utf-8"))
        findings = {one[name]: one for one in report["findings"] for name in ("fingerprint", "finding_id")}
        samples = {library: _samples(folder, library) for library in Library}
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(
            f"dualwitness: {folder} holds no readable run ({type(error).__name__}). Name a run's folder.\n"
        )
        return _USAGE
    finding = findings.get(arguments.finding)
    if finding is None:
        known = ", ".join(sorted(one["finding_id"] for one in report["findings"])[:5]) or "none"
        sys.stderr.write(f"dualwitness: no finding {arguments.finding!r} in {folder}. It has {known} and so on.\n")
        return _USAGE
    _print(finding, {library: raw_row(samples[library], finding, library) for library in Library})
    return 0


def raw_row(samples: Mapping[str, Any], finding: Mapping[str, Any], library: Library) -> Any:
    """The raw row that a finding points at: the one that carries the end of its row key, else the whole answer."""
    stored = samples.get(finding[_REFS[library]] or "")
    if stored is None or "body" not in stored:
        return None
    try:
        decoded = json.loads(stored["body"], parse_float=str)
    except ValueError:
        return stored["body"]
    rows = decoded.get("data", decoded) if isinstance(decoded, dict) else decoded
    if not isinstance(rows, list):
        return rows
    last = str(finding["row_key"] or "").rsplit("|", 1)[-1]
    for row in rows:
        values = row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()
        if last and last in values:
            return row
    return rows[0] if len(rows) == 1 else rows


def _samples(folder: Path, library: Library) -> Mapping[str, Any]:
    path = folder / f"{library}_raw_samples.json"
    if not path.is_file():
        return {}
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")).get("samples", {})
    return found


def _print(finding: Mapping[str, Any], rows: Mapping[Library, Any]) -> None:
    from rich.console import Console

    from dualwitness.alignment.render import raw_difference, safe

    console = Console(highlight=False)
    for name, value in finding.items():
        console.print(f"[bold]{name}[/bold]  {safe(value if isinstance(value, str) else json.dumps(value))}")
    for library, row in rows.items():
        shown = "no raw sample" if row is None else json.dumps(row, indent=2, ensure_ascii=False)
        console.print(f"\n[bold]raw, {library}[/bold]")
        for line in shown.splitlines():
            console.print(safe(line))
    if all(row is not None for row in rows.values()):
        console.print("\n[bold]difference of the raw pair[/bold]")
        for line in raw_difference(rows[Library.CCXT], rows[Library.OKX_SDK]).splitlines():
            console.print(safe(line))


if __name__ == "__main__":
    sys.exit(main())
