"""Every cell by its name, in the order of the report."""

from __future__ import annotations

from dualwitness.benchmarks import (
    cell_adjudicate,
    cell_audit,
    cell_compare,
    cell_difflog,
    cell_dual,
    cell_fold,
    cell_guard,
    cell_import,
    cell_normalise,
    cell_orders,
    cell_risk,
    cell_venue,
)

__all__ = ["CELLS"]

CELLS = {
    cell.name: cell
    for cell in (
        cell_import.CELL,
        cell_compare.CELL,
        cell_normalise.CELL,
        cell_dual.CELL,
        cell_audit.CELL,
        cell_venue.CELL,
        cell_risk.CELL,
        cell_orders.CELL,
        cell_difflog.CELL,
        cell_fold.CELL,
        cell_adjudicate.CELL,
        cell_guard.CELL,
    )
}
