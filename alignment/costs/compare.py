"""
Two runs' impedance, figure by figure. Pure.

Figures of different worlds are never put side by side by accident: that is refused, unless it was asked for, and then
every row says so. An unknown fidelity is different from everything, another unknown included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from dualwitness.alignment.costs.latency import PHASES
from dualwitness.alignment.costs.runs import SealedRun
from dualwitness.models import ImpedanceFidelity, NullReason
from dualwitness.venues import SafetyError, UsageError

__all__ = ["Figure", "Row", "are_across", "compared", "figures_of"]

_COUNTS = {"call_ms": "calls", "wire_ms": "requests"}  # where the report keeps how many there were
_PERCENTILES = ("p50", "p95", "p99", "count")
_SLIPPAGE = ("bps", "book_bps")
_FEES = ("charged_bps", "expected_bps", "difference_bps", "worst_difference_bps")
_ORDERS = ("placed", "partially_filled", "filled_in_parts", "outcome_unknown")


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """Which figure it is: ``section`` of the report, what it was measured of, and the measure with its unit."""

    section: str
    what: str
    measure: str


@dataclass(frozen=True, slots=True)
class Row:
    """
    One figure of both runs; null where a run does not have it, with the reason. Labels stand in every row.

    ``change`` is second ÷ first of the medians of a duration, and second - first of everything else.
    """

    figure: Figure
    first: Any
    second: Any
    first_reason: str | None
    second_reason: str | None
    first_label: str
    second_label: str
    across_fidelities: bool
    change: str | None

    def document(self) -> dict[str, Any]:
        """As it goes to JSON."""
        names = [name for name in self.__slots__ if name != "figure"]
        figure = {"section": self.figure.section, "what": self.figure.what, "measure": self.figure.measure}
        return figure | {name: getattr(self, name) for name in names}


def are_across(first: SealedRun, second: SealedRun) -> bool:
    """Whether the runs met different worlds, as far as anybody knows."""
    return first.fidelity is not second.fidelity or first.fidelity is ImpedanceFidelity.UNKNOWN


def compared(first: SealedRun, second: SealedRun, *, across_fidelities: bool) -> tuple[Row, ...]:
    """
    Every figure that one of the runs has, in order.

    Raises `SafetyError` where the fidelities differ or are unknown and ``across_fidelities`` is not set, and
    `UsageError` for a report that another version built.
    """
    across = are_across(first, second)
    if across and not across_fidelities:
        message = (
            f"run {first.run_id} is {first.label}, run {second.run_id} is {second.label}: "
            "figures of different fidelities are not compared"
        )
        raise SafetyError(
            message, advice="compare runs of one fidelity, or pass --across-fidelities, and every row will say so"
        )
    ours, theirs = figures_of(first), figures_of(second)
    return tuple(
        _row(figure, ours.get(figure, _ABSENT), theirs.get(figure, _ABSENT), first, second, across=across)
        for figure in sorted({**ours, **theirs}, key=_order)
    )


_ABSENT: tuple[Any, str | None] = (None, str(NullReason.ABSENT))
_SECTIONS = ("latency", "skew", "slippage", "orders", "fees")
_MEASURES = ("call_ms", "wire_ms", *PHASES)


def _order(figure: Figure) -> tuple[int, str, int, str]:
    place = _MEASURES.index(figure.measure) if figure.measure in _MEASURES else len(_MEASURES)
    return _SECTIONS.index(figure.section), figure.what, place, figure.measure


def _row(
    figure: Figure,
    ours: tuple[Any, str | None],
    theirs: tuple[Any, str | None],
    first: SealedRun,
    second: SealedRun,
    *,
    across: bool,
) -> Row:
    change = _change(ours[0], theirs[0])
    return Row(figure, ours[0], theirs[0], ours[1], theirs[1], first.label, second.label, across, change)


def _change(ours: Any, theirs: Any) -> str | None:
    if ours is None or theirs is None:
        return None
    if isinstance(ours, Mapping):
        if not ours["p50"]:
            return None
        return f"x{theirs['p50'] / ours['p50']:.3f}"
    try:
        return f"{Decimal(str(theirs)) - Decimal(str(ours)):+f}"
    except DecimalException:
        return None


def figures_of(run: SealedRun) -> dict[Figure, tuple[Any, str | None]]:
    """
    Every figure of one run by its name: value, or null and the reason.

    Raises `UsageError` where the report is not built as this version builds it.
    """
    try:
        return dict(_figures(run.figures))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"the impedance of run {run.run_id} cannot be read ({type(error).__name__})"
        raise UsageError(message, advice="it was written by another version; audit again with this one") from None


def _figures(figures: Mapping[str, Any]) -> Iterator[tuple[Figure, tuple[Any, str | None]]]:
    reasons = figures.get("reasons", {})
    for operation, libraries in figures["latency"].items():
        for library, entry in libraries.items():
            for measure in _MEASURES:
                value = entry.get(measure)
                reason = None if value else entry.get("reasons", {}).get(measure, _ABSENT[1])
                told = _percentiles(value)
                if told is not None and measure in _COUNTS:
                    told["count"] = entry[_COUNTS[measure]]
                yield Figure("latency", f"{operation} {library}", measure), (told, reason)
    skew = figures.get("skew_ms")
    for what, value in (("asked", skew), ("sent", None if skew is None else skew.get("sent"))):
        reason = None if value else reasons.get("skew_ms", _ABSENT[1])
        yield Figure("skew", f"both libraries, {what}", "skew_ms"), (_percentiles(value), reason)
    for library, rows in figures.get("slippage_bps", {}).items():
        for number, row in enumerate(rows):
            name = f"{row.get('order', number)} {row['side']} {library}"
            for measure in _SLIPPAGE:
                value = row.get(measure)
                yield Figure("slippage", name, measure), (value, None if value else row.get("reason") or _ABSENT[1])
    for library, counts in figures.get("orders", {}).items():
        for measure in _ORDERS:
            yield Figure("orders", library, measure), (counts[measure], None)
        for kind in ("by_state", "refused", "not_sent"):
            for name, count in counts[kind].items():
                yield Figure("orders", library, f"{kind} {name}"), (count, None)
    for library, truth in figures.get("fee_truth", {}).items():
        for currency, signs in truth["by_currency"].items():
            for sign, entry in signs.items():
                for measure in _FEES:
                    yield Figure("fees", f"{currency} {sign} {library}", measure), (entry[measure], None)
        for reason, count in truth["unchecked"].items():
            yield Figure("fees", f"unchecked {library}", reason), (count, None)


def _percentiles(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: value[name] for name in _PERCENTILES if name in value} if value else None
