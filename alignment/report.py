"""The files of a run as plain data. Pure: everything comes in, JSON-ready dictionaries go out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from dualwitness.alignment.compare import Comparison, claim_of
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import (
    Axis,
    FindingKind,
    Library,
    NullReason,
    Outcome,
    PositionsQuality,
    PositionsSource,
    Severity,
    Verdict,
)
from dualwitness.models.finding import Finding
from dualwitness.models.history import History
from dualwitness.models.observation import Observation

__all__ = [
    "VOLATILE_KEYS",
    "accepted_report",
    "add_obtained",
    "axes_report",
    "is_gone",
    "library_report",
    "snapshot",
    "verdict_of",
]

SCHEMA_VERSION = 1
_UNPROVEN = History()

# Keys whose values differ between two runs of one seed; everything else of the reports is byte for byte the same.
VOLATILE_KEYS = (
    "age_ms",
    "ages_ms",
    "build_ms",
    "call_ms",
    "difflog",
    "duration_ms",
    "ended_at",
    "error_at",
    "files",
    "network_ms",
    "parse_ms",
    "run_id",
    "sign_ms",
    "skew_ms",
    "started_at",
    "started_ms",
    "wait_ms",
    "wire_ms",
)


def axes_report(
    comparisons: Iterable[Comparison],
    requests: Iterable[tuple[str, Outcome]],
    findings: Iterable[Finding],
    judged: Iterable[Finding] = (),
) -> dict[str, Any]:
    """
    Per axis: status, counts of each outcome, and field by field how often it came out how.

    ``judged`` are the same findings with the outcomes that they had before the difference log accepted some of them.
    """
    counts: dict[Axis, Counter[str]] = {axis: Counter() for axis in Axis}
    fields: dict[Axis, dict[str, Counter[str]]] = {axis: defaultdict(Counter) for axis in Axis}
    for comparison in comparisons:
        tally = Counter((entry.rule.axis, entry.rule.field, entry.outcome) for entry in comparison.unmatched)
        for rule, count in Counter(match[3] for match in comparison.matches).items():
            tally[rule.axis, rule.field, Outcome.MATCH] += count
        for (axis, name, outcome), count in tally.items():
            counts[axis][outcome] += count
            fields[axis][f"{comparison.operation}.{name}"][outcome] += count
    for name, outcome in requests:
        counts[Axis.M][outcome] += 1
        fields[Axis.M][f"order_request.{name}"][outcome] += 1
    findings = tuple(findings)
    for finding, before in zip(findings, judged, strict=False):
        if finding.accepted_by is not None:
            _move_to_accepted(before, counts, fields)
    by_axis: dict[Axis, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_axis[finding.axis].append(finding)
    report: dict[str, Any] = {}
    for axis in Axis:
        report[str(axis)] = {
            "status": _status(axis, counts[axis], by_axis[axis]),
            "outcomes": {str(outcome): counts[axis][outcome] for outcome in Outcome},
            "fields": {
                name: {str(outcome): count for outcome, count in sorted(tally.items())}
                for name, tally in sorted(fields[axis].items())
            },
            "findings": len(by_axis[axis]),
        }
    report[str(Axis.C)]["reason"] = "community signals come from no exchange; zero calls were made for them"
    report[str(Axis.C)]["calls"] = 0
    return report


def _move_to_accepted(
    finding: Finding, counts: dict[Axis, Counter[str]], fields: dict[Axis, dict[str, Counter[str]]]
) -> None:
    """Count the fields of an accepted finding as accepted: neither a match nor a failure."""
    asked_of_requests = finding.kind is FindingKind.REQUEST_DISAGREEMENT
    operation = "order_request" if asked_of_requests else finding.operation
    tally = fields[finding.axis].get(f"{operation}.{finding.field}", Counter())
    moved = min(finding.row_count, tally[finding.outcome])
    for one in (counts[finding.axis], tally):
        one[Outcome.ACCEPTED] += moved
        one[finding.outcome] -= moved
        if not one[finding.outcome]:
            del one[finding.outcome]


def accepted_report(findings: Iterable[Finding]) -> dict[str, Any]:
    """How many findings the difference log accepts, by severity, and the worst of them."""
    accepted = [one for one in findings if one.accepted_by is not None]
    worst = max(accepted, key=lambda one: one.severity.rank, default=None)
    return {
        "count": len(accepted),
        "by_severity": {str(level): sum(one.severity is level for one in accepted) for level in Severity},
        "worst": None
        if worst is None
        else {
            name: getattr(worst, name) and str(getattr(worst, name))
            for name in ("severity", "operation", "field", "symbol", "market_type", "rule", "accepted_by")
        },
    }


def _status(axis: Axis, counts: Counter[str], findings: list[Finding]) -> str:
    if axis is Axis.C:
        return "not_applicable"
    proves_nothing = (Outcome.BOTH_ERROR, Outcome.BOTH_MISSING, Outcome.NOT_COMPARABLE)
    if all(outcome in proves_nothing for outcome in counts):
        return "unavailable"
    serious = [one for one in findings if one.accepted_by is None and one.severity is not Severity.S0]
    return "partial" if serious else "aligned"


def library_report(library: Library, observations: Iterable[Observation]) -> dict[str, Any]:
    """One library alone: each field of each operation, obtainable or null + reason."""
    operations: dict[str, Any] = {}
    sound = True
    for observation in observations:
        rules = RULES.get(observation.operation)
        if rules is None:
            continue
        entry = operations.setdefault(
            observation.operation, {"asked": 0, "errors": [], "rows": 0, "fields": defaultdict(Counter)}
        )
        entry["asked"] += 1
        if observation.error is not None:
            sound = False
            error = observation.error
            entry["errors"].append(
                {"symbol": observation.symbol, "kind": error.kind, "reason": str(error.reason), "code": error.code}
            )
            for rule in rules.fields:
                entry["fields"][rule.field][str(error.reason)] += 1
            continue
        entry["rows"] += len(observation.rows or ())
        values = [vars(row) for row in observation.rows or ()]
        for rule in rules.fields:
            name = rule.field
            tally = entry["fields"][name]
            tally["obtained"] += sum(row[name] is not None for row in values)
            for row in values:
                if row[name] is None and name in row["reasons"]:
                    tally[str(row["reasons"][name])] += 1
    for entry in operations.values():
        entry["fields"] = {name: _obtainable(tally) for name, tally in entry["fields"].items() if sum(tally.values())}
    return {
        "schema_version": SCHEMA_VERSION,
        "library": str(library),
        "all_answers_sound": sound and bool(operations),
        "operations": operations,
    }


def add_obtained(axes: Mapping[str, dict[str, Any]], reports: Mapping[Library, Mapping[str, Any]]) -> None:
    """Tell, beside the outcomes of an axis, how each library obtained each field: values had, reasons of its nulls."""
    for axis in axes.values():
        axis["obtained"] = {}
    for library, content in sorted(reports.items()):
        for operation, entry in content["operations"].items():
            for rule in RULES[operation].fields:
                if rule.field in entry["fields"]:
                    fields = axes[str(rule.axis)]["obtained"]
                    fields.setdefault(f"{operation}.{rule.field}", {})[str(library)] = entry["fields"][rule.field]


def _obtainable(tally: Counter[str]) -> dict[str, Any]:
    nulls = {reason: count for reason, count in sorted(tally.items()) if reason != "obtained"}
    return {"obtainable": tally["obtained"] > 0, "obtained": tally["obtained"], "null_reasons": nulls}


def snapshot(
    judged: Iterable[AdjudicatedPosition],
    quality: PositionsQuality,
    source: PositionsSource,
    reports: Mapping[Library, Observation],
    history: History = _UNPROVEN,
) -> dict[str, Any]:
    """
    The content of ``positions_snapshot.json``: each leg's value, quality, source and witnesses.

    ``history`` says how far back the evidence reaches and how that is proven, or why it is not.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "positions_quality": str(quality),
        "positions_source": str(source),
        "history": {
            "since_ms": history.since_ms,
            "proof": history.flat_start or (history.opening and f"opening snapshot of {history.opening.source}"),
            "missing": history.explanation,
        },
        "positions": [one.model_dump(mode="json") for one in judged],
        "reported": {
            str(library): None
            if observation.rows is None
            else [
                {name: claim_of(*row.value_or_reason(name)).value for name in ("symbol", "direction", "contracts")}
                for row in observation.rows
            ]
            for library, observation in reports.items()
        },
    }


def verdict_of(findings: Iterable[Finding], *, incomplete: bool) -> Verdict:
    """Aligned only if nothing is missing and no unaccepted difference is more than cosmetic (S0)."""
    if incomplete:
        return Verdict.INCOMPLETE
    serious = any(one.accepted_by is None and one.severity is not Severity.S0 for one in findings)
    return Verdict.DIFFERENCES if serious else Verdict.ALIGNED


def is_gone(finding: Finding) -> bool:
    """Whether a finding says that a whole answer could not be had."""
    gone = (NullReason.ERROR, NullReason.INVALID_ENVELOPE)
    return finding.kind is FindingKind.UNOBTAINABLE and (finding.ccxt.reason in gone or finding.okx_sdk.reason in gone)
