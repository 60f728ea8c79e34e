"""What the benchmarks found, as one JSON document and as a table."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console
from rich.table import Table

from dualwitness.benchmarks.processes import CellResult
from dualwitness.benchmarks.ratios import Summary

__all__ = ["document", "missed_gates", "show"]

SCHEMA_VERSION = 1
_DISTRIBUTIONS = ("ccxt", "python-okx", "pydantic", "deepdiff", "PyYAML")


def document(results: Sequence[CellResult], *, processes: int) -> dict[str, Any]:
    """Everything as plain JSON; costs are seconds a unit of work."""
    return {
        "schema_version": SCHEMA_VERSION,
        "python_version": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: _version(name) for name in _DISTRIBUTIONS},
        "processes": processes,
        "cells": [
            {
                "name": result.cell.name,
                "title": result.cell.title,
                "clock": result.cell.clock,
                "rounds": result.rounds,
                "values": [_value(summary) for summary in result.summaries],
                "costs_s": dict(result.costs_s),
                "figures": dict(result.figures),
            }
            for result in results
        ],
    }


def missed_gates(results: Sequence[CellResult]) -> list[str]:
    """The values beyond their gate, as ``cell.value``."""
    return [
        f"{result.cell.name}.{summary.target.name}"
        for result in results
        for summary in result.summaries
        if summary.gate_met is False
    ]


def show(results: Sequence[CellResult], console: Console) -> None:
    """One table of the judged values, and one line of median costs a cell."""
    table = Table(title="Ratios: median over fresh processes of the median over interleaved rounds")
    for heading in ("cell", "value", "in units of"):
        table.add_column(heading)
    for heading in ("median", "IQR", "goal", "gate"):
        table.add_column(heading, justify="right")
    table.add_column("met")
    for result in results:
        for summary in result.summaries:
            target = summary.target
            table.add_row(
                result.cell.name,
                target.name,
                summary.yardstick or "itself",
                f"{summary.median:.4g}",
                f"{summary.interquartile_range:.2g}",
                _limit(target.goal),
                _limit(target.gate),
                _verdict(summary),
            )
        table.add_section()
    console.print(table)
    for result in results:
        costs = ", ".join(f"{name} {cost * 1e6:.4g} µs" for name, cost in result.costs_s.items())
        console.print(f"{result.cell.name} ({result.cell.clock}): {costs}", highlight=False)


def _value(summary: Summary) -> dict[str, Any]:
    target = summary.target
    return {
        "name": target.name,
        "over": target.over,
        "under": summary.yardstick,
        "median": summary.median,
        "lower_quartile": summary.lower_quartile,
        "upper_quartile": summary.upper_quartile,
        "processes": list(summary.processes),
        "goal": target.goal,
        "goal_met": summary.goal_met,
        "gate": target.gate,
        "gate_met": summary.gate_met,
    }


def _limit(limit: float | None) -> str:
    return "-" if limit is None else f"≤ {limit:g}"


def _verdict(summary: Summary) -> str:
    if summary.gate_met is False:
        return "gate missed"
    if summary.goal_met is False:
        return "goal missed"
    return "-" if summary.goal_met is None and summary.gate_met is None else "yes"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
