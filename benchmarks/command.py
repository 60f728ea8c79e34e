"""``python -m benchmarks``: measures the cells and prints goal and gate of each; fails only with ``--gate``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from dualwitness.benchmarks.cell import Cell
from dualwitness.benchmarks.processes import BenchmarkFailed, CellResult, run_cell
from dualwitness.benchmarks.registry import CELLS
from dualwitness.benchmarks.report import document, missed_gates, show

__all__ = ["main"]

_FAILED = 3
_WIDTH = 140


def main(words: Sequence[str] | None = None) -> int:
    """Exit 0; 1 for a missed gate under ``--gate``, 2 for a wrong command line, 3 where nothing could be measured."""
    try:
        options = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    chosen = [CELLS[name] for name in options.cell or CELLS]
    processes = 1 if options.quick else options.processes
    results: list[CellResult] = []
    for cell in chosen:
        try:
            results.append(run_cell(cell, processes=processes, rounds=_rounds(cell, options)))
        except BenchmarkFailed as failure:
            print(failure, file=sys.stderr)
            return _FAILED
    console = Console()
    # A pipe has no width; half a name helps nobody.
    show(results, console if console.is_terminal else Console(width=_WIDTH))
    if options.json is not None:
        text = json.dumps(document(results, processes=processes), indent=2, sort_keys=True)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    missed = missed_gates(results)
    if missed:
        print(f"gates missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed and options.gate else 0


def _rounds(cell: Cell, options: argparse.Namespace) -> int:
    if options.quick:
        return 1
    return int(options.rounds or cell.rounds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="What our own work costs, as a ratio to a yardstick measured in the same round.",
        epilog="exit codes: 0 measured, 1 a gate was missed (with --gate), 2 usage, 3 a cell could not be measured",
    )
    parser.add_argument("--cell", action="append", choices=tuple(CELLS), help="measure this one; repeatable")
    parser.add_argument("--processes", type=_at_least_one, default=7, metavar="N", help="fresh processes (default: 7)")
    parser.add_argument("--rounds", type=_at_least_one, metavar="N", help="rounds a process (default: the cell's own)")
    parser.add_argument("--json", metavar="FILE", help="write everything there as JSON")
    parser.add_argument("--quick", action="store_true", help="one process, one round: shows that it works, no more")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a gate is missed")
    return parser


def _at_least_one(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        message = f"{text!r} is not a whole number of at least 1"
        raise argparse.ArgumentTypeError(message)
    return number
