"""
``python -m alignment.impedance show RUN`` and ``compare RUN RUN``: the impedance of sealed runs, each figure labelled.

Exit codes: 0 shown · 2 usage · 4 blocked by safety: different or unknown fidelities without ``--across-fidelities`` ·
5 integrity: a run that is not sealed, or was changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dualwitness.alignment.costs.compare import Row
    from dualwitness.alignment.costs.runs import SealedRun

__all__ = ["main"]

_SCHEMA_VERSION = 1


def main(words: Sequence[str] | None = None) -> int:
    """Parse, read, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    from dualwitness.alignment.run import guarded

    return guarded(lambda: _show(arguments) if arguments.command == "show" else _compare(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alignment.impedance",
        description="Latency, slippage, fees and skew of sealed runs, each figure with the world in which it was met.",
        epilog="exit codes: 0 shown, 2 usage, 4 blocked by safety (different or unknown fidelities), 5 integrity "
        "(a run that is not sealed, or was changed)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="one run, and what its figures cannot show")
    show.add_argument("run", metavar="RUN", help="a run's folder")
    compare = commands.add_parser("compare", help="two runs of one fidelity, figure by figure")
    compare.add_argument("run", metavar="RUN", nargs=2, help="two runs' folders")
    compare.add_argument(
        "--across-fidelities",
        action="store_true",
        help="compare runs of different or unknown fidelity all the same; every row then says so",
    )
    for command in (show, compare):
        command.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _compare(arguments: argparse.Namespace) -> int:
    from dualwitness.alignment.costs.compare import are_across, compared
    from dualwitness.alignment.costs.runs import sealed_run

    first, second = (sealed_run(Path(name)) for name in arguments.run)
    rows = compared(first, second, across_fidelities=arguments.across_fidelities)
    across = are_across(first, second)
    if arguments.json:
        document = {
            "schema_version": _SCHEMA_VERSION,
            "across_fidelities": across,
            "first": _about(first),
            "second": _about(second),
            "rows": [row.document() for row in rows],
        }
        return _print_json(document)
    lines = [f"first   {first.run_id}  {first.label}", f"second  {second.run_id}  {second.label}"]
    if not across and first.places != second.places:
        lines.append("both are of one fidelity, but of different places: read each row with its labels")
    return _print_lines((*lines, *map(_line, rows)))


def _show(arguments: argparse.Namespace) -> int:
    from dualwitness.alignment.costs.compare import figures_of
    from dualwitness.alignment.costs.runs import sealed_run

    run = sealed_run(Path(arguments.run))
    figures = figures_of(run)
    if arguments.json:
        document = {"schema_version": _SCHEMA_VERSION, "run": _about(run), "impedance": run.figures}
        return _print_json(document)
    lines = [f"run  {run.run_id}  {run.label}"]
    for figure, (value, reason) in figures.items():
        lines.append(f"{figure.section} {figure.what} {figure.measure} | {run.label} | {_spelled(value, reason)}")
    lines.append("what these figures cannot show:")
    lines += [f"- {limit['what']}: {limit['reason']}" for limit in run.figures.get("not_shown", ())]
    return _print_lines(lines)


def _about(run: SealedRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "mode": run.mode,
        "impedance_fidelity": str(run.fidelity),
        "places": list(run.places),
        "label": run.label,
    }


def _line(row: Row) -> str:
    figure = row.figure
    parts = [
        f"{figure.section} {figure.what} {figure.measure}",
        f"{row.first_label}: {_spelled(row.first, row.first_reason)}",
        f"{row.second_label}: {_spelled(row.second, row.second_reason)}",
        f"change {row.change or 'none to tell'}",
    ]
    return " | ".join(parts + (["ACROSS FIDELITIES"] if row.across_fidelities else []))


def _spelled(value: Any, reason: str | None) -> str:
    if value is None:
        return f"null ({reason})"
    if isinstance(value, Mapping):
        return " ".join(f"{name} {number}" for name, number in value.items())
    return str(value)


def _print_json(document: Mapping[str, Any]) -> int:
    return _print(json.dumps(document, sort_keys=True, indent=2) + "\n")


def _print_lines(lines: Iterable[str]) -> int:
    # Parts of a line may be a venue's words: no control character reaches the terminal.
    clean = ("".join(one if one.isprintable() else "\ufffd" for one in line) for line in lines)
    return _print("".join(f"{line}\n" for line in clean))


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # a reader such as ``head`` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
