"""What a person sees: a short summary in the terminal, and one pair's raw difference side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dualwitness.alignment.audit import AuditResult
from dualwitness.alignment.judge import worst_first
from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.models.finding import Claim, Finding

__all__ = ["accepted_line", "counted", "findings_table", "log_line", "raw_difference", "safe", "summary"]

_MOST_SHOWN = 12
_SHOWN_OUTCOMES = ("match", "mismatch", "one_missing", "both_missing", "both_error", "accepted")
_COLOURS = {Severity.S0: "dim", Severity.S1: "yellow", Severity.S2: "red", Severity.S3: "bold red"}


def safe(text: str) -> str:
    """Text of a venue for a terminal: no control character, no markup, one line."""
    return escape("".join(character if character.isprintable() else "�" for character in text))


def summary(result: AuditResult, console: Console) -> None:
    """What was compared, the verdict, the worst findings first, and where the evidence lies."""
    report, manifest = result.report, result.manifest
    flags = report["flags"]
    calls = manifest["api_calls"]
    console.print(
        f"[bold]{manifest['mode']}[/bold] seed {manifest['seed']} · {len(manifest['symbols'])} symbols · "
        f"{calls['total']} calls (ccxt {calls['ccxt']}, okx_sdk {calls['okx_sdk']})"
    )
    console.print(_axes(report["axes"]))
    findings = worst_first(result.findings)
    open_ones = [one for one in findings if one.accepted_by is None]
    if open_ones:
        console.print(findings_table(open_ones))
    for library in ("ccxt", "okx_sdk"):
        if manifest[f"{library}_alignment_skipped_reason"]:
            console.print(f"skipped {library}: {manifest[f'{library}_alignment_skipped_reason']}")
    tally = ", ".join(f"{sum(one.severity is level for one in findings)} {level}" for level in reversed(Severity))
    lies = f" · lies planted: {', '.join(report['lies_planted'])}" if report["lies_planted"] else ""
    console.print(
        f"positions [bold]{flags['positions_quality']}[/bold] ({flags['positions_source']}) · "
        f"impedance {flags['impedance_fidelity']}{lies}"
    )
    console.print(accepted_line(findings), soft_wrap=True)
    console.print(f"verdict [bold]{result.verdict}[/bold] · {counted(findings)} ({tally}) · exit {result.exit_code}")
    console.print(log_line(manifest["difflog"]), soft_wrap=True)
    console.print(f"evidence {safe(str(result.folder))}", soft_wrap=True)


def _axes(axes: Mapping[str, Any]) -> Table:
    table = Table(
        "axis",
        "status",
        "match",
        "mismatch",
        "one missing",
        "both missing",
        "error",
        "accepted",
        box=None,
        pad_edge=False,
    )
    names = {"E": "E environment", "I": "I identity", "M": "M market interaction", "C": "C community"}
    for axis, entry in axes.items():
        counts = entry["outcomes"]
        table.add_row(
            names[axis],
            entry["status"],
            *(str(counts[name]) for name in _SHOWN_OUTCOMES),
        )
    return table


def accepted_line(findings: Sequence[Finding]) -> str:
    """How many findings the difference log accepts, and the worst of them, ``findings`` being sorted."""
    accepted = [one for one in findings if one.accepted_by is not None]
    if not accepted:
        return f"accepted none · {len(findings)} open"
    worst = accepted[0]
    place = safe(str(worst.symbol or worst.market_type or "account"))
    return (
        f"accepted [bold]{len(accepted)}[/bold] of {len(findings)} · the worst: {worst.severity} "
        f"{safe(worst.operation.removeprefix('get_'))}.{safe(worst.field)} {place}, "
        f"{safe(worst.rule)} ({safe(str(worst.accepted_by))})"
    )


def log_line(recorded: Mapping[str, Any]) -> str:
    """What the run wrote into the difference log."""
    if recorded["path"] is None:
        return "no difference log was kept"
    refused = f", {len(recorded['refused'])} without the minimum of evidence" if recorded["refused"] else ""
    torn = "".join(f", torn tail moved to quarantine/{safe(name)}" for name in recorded["quarantined"])
    counts = f"{len(recorded['new'])} new, {recorded['seen_again']} seen again"
    return f"log {safe(recorded['path'])}: {counts}{refused}{torn}"


def findings_table(findings: Sequence[Finding]) -> Table:
    """The worst findings; the caption counts the rest."""
    table = Table(box=None, pad_edge=False)
    for name in ("", "finding", "ccxt", "okx_sdk", "odd one"):
        table.add_column(name, overflow="fold")
    groups = _alike(findings)
    for group in groups[:_MOST_SHOWN]:
        first = group[0]
        colour = _COLOURS[first.severity]
        places = safe(str(first.symbol or first.market_type or ("venue" if first.axis is Axis.E else "account")))
        why = first.reason if first.kind is FindingKind.UNOBTAINABLE else first.rule
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        where = f"{safe(first.operation.removeprefix('get_'))}.{safe(first.field)}  {places}{more}"
        table.add_row(
            f"[{colour}]{first.severity}[/{colour}]",
            f"{where}\n[dim]{safe(why)}[/dim]",
            _spell(first.ccxt),
            _spell(first.okx_sdk),
            str(first.odd_one_out),
        )
    if len(groups) > _MOST_SHOWN:
        table.caption = f"… and {len(groups) - _MOST_SHOWN} more kinds in dual_alignment_report.json"
        table.caption_justify = "left"
    return table


def counted(findings: Sequence[Finding]) -> str:
    """How many there are, in words."""
    return "1 finding" if len(findings) == 1 else f"{len(findings)} findings"


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that differ by symbol alone, together; the order of the worst stays."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        key = (one.severity, one.kind, one.operation, one.field, one.rule, one.odd_one_out)
        groups.setdefault(tuple(map(str, key)), []).append(one)
    return list(groups.values())


def _spell(claim: Claim) -> str:
    text = f"null ({claim.reason})" if claim.value is None else claim.value
    return safe(text if len(text) <= 24 else text[:23] + "…")


def raw_difference(ccxt: Any, okx_sdk: Any) -> str:
    """
    The difference of one already paired pair of raw rows, for people; it decides nothing.

    deepdiff renders it (0.5 ms a row: performance section 4), so it is never on a path that many rows take.
    """
    from deepdiff import DeepDiff

    return str(DeepDiff(ccxt, okx_sdk, verbose_level=2).pretty()) or "none: the same bytes, read differently"
