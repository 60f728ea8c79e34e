"""
The account's modes around a finding: what an entry of the difference log must say besides what differed.

They are read from the rows that were seen, never assumed: a mode that no answer named is ``not_seen``; the market data
of a venue have none, they say ``not_applicable``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dualwitness.models import Axis
from dualwitness.models.finding import Finding
from dualwitness.models.observation import Observation

__all__ = ["account_hints"]

_NOT_APPLICABLE, _NOT_SEEN = "not_applicable", "not_seen"
# Where each mode stands: the hint, and the operations and field that carry it.
_CARRIERS = (
    ("td_mode", ("get_open_orders", "get_order"), "td_mode"),
    ("pos_mode", ("get_account_config",), "position_mode"),
    ("margin_mode", ("get_positions",), "margin_mode"),
)


def account_hints(observations: Iterable[Observation]) -> Callable[[Finding], Mapping[str, str]]:
    """The hints for any finding of these observations: ``td_mode``, ``pos_mode``, ``margin_mode``, in OKX's words."""
    values: dict[tuple[str, str | None], set[str]] = {}
    for observation in observations:
        for name, operations, field in _CARRIERS:
            if observation.operation in operations:
                for row in observation.rows or ():
                    _note(values, name, row, field)

    def hints(finding: Finding) -> Mapping[str, str]:
        if finding.axis is Axis.E:
            return {name: _NOT_APPLICABLE for name, _, _ in _CARRIERS}
        found = {}
        for name, _, _ in _CARRIERS:
            of_symbol = values.get((name, finding.symbol)) if finding.symbol else None
            seen = of_symbol or values.get((name, None)) or ()
            found[name] = " and ".join(sorted(seen)) or _NOT_SEEN
        return found

    return hints


def _note(values: dict[tuple[str, str | None], set[str]], name: str, row: Any, field: str) -> None:
    value = getattr(row, field, None)
    if value is None:
        return
    for symbol in {getattr(row, "symbol", None), None}:
        values.setdefault((name, symbol), set()).add(str(value))
