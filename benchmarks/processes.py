"""Fresh processes: each measures one cell once, because memory layout alone moves a ratio by several percent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import dualwitness
from dualwitness.benchmarks.cell import Cell
from dualwitness.benchmarks.ratios import Summary, median_costs, summarise, value_in_process
from dualwitness.benchmarks.rounds import measure

__all__ = ["BenchmarkFailed", "CellResult", "measured_here", "run_cell", "source_environment"]

_LONGEST_S = 600


class BenchmarkFailed(Exception):
    """A process that measured a cell ended without a result."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell over all processes; costs are seconds a unit of work, medians of the processes' medians."""

    cell: Cell
    rounds: int
    summaries: tuple[Summary, ...]
    costs_s: Mapping[str, float]
    figures: Mapping[str, float]


def measured_here(cell: Cell, rounds: int) -> dict[str, Any]:
    """Measure a cell in this very process; plain JSON."""
    with cell.open() as stage:
        measured = measure(stage, rounds)
        figures = stage.figures()
    values = {target.name: value_in_process(target, measured, figures) for target in cell.targets}
    return {
        "values": {name: value for name, (value, _) in values.items()},
        "yardsticks": {name: yardstick for name, (_, yardstick) in values.items()},
        "costs_s": median_costs(measured),
        "figures": figures,
    }


def run_cell(cell: Cell, *, processes: int, rounds: int) -> CellResult:
    """Measure a cell in ``processes`` fresh processes, one after the other; raises `BenchmarkFailed`."""
    return _merged(cell, rounds, [_in_fresh_process(cell, rounds) for _ in range(processes)])


def _in_fresh_process(cell: Cell, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "dualwitness.benchmarks.child", cell.name, str(rounds)]
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        command, env=source_environment(), capture_output=True, text=True, check=False, timeout=_LONGEST_S
    )
    if done.returncode:
        message = f"the process that measured {cell.name} ended with {done.returncode}: {done.stderr.strip()[-2000:]}"
        raise BenchmarkFailed(message)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _merged(cell: Cell, rounds: int, results: Sequence[Mapping[str, Any]]) -> CellResult:
    summaries = []
    for target in cell.targets:
        yardsticks = Counter(result["yardsticks"][target.name] for result in results)
        values = [result["values"][target.name] for result in results]
        summaries.append(summarise(target, values, yardsticks.most_common(1)[0][0]))
    return CellResult(cell, rounds, tuple(summaries), _medians(results, "costs_s"), _medians(results, "figures"))


def _medians(results: Sequence[Mapping[str, Any]], part: str) -> dict[str, float]:
    return {name: median(result[part][name] for result in results) for name in results[0][part]}


def source_environment() -> dict[str, str]:
    """Our own environment with the folder of our own package first on the path."""
    package = Path(next(iter(dualwitness.__path__))).parent
    path = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in (str(package), path) if part)}
