"""
Judging: from field comparisons and evidence to findings. Pure.

A finding says what differs, at which layer, who stands alone, how bad it is and what to do. Rows that show the same
difference of the same symbol are one finding, so its fingerprint survives new rows and new ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from dualwitness.alignment.compare import FieldComparison
from dualwitness.alignment.known import Known, known_difference
from dualwitness.alignment.rules import RULES
from dualwitness.models import (
    Axis,
    FindingKind,
    Layer,
    Library,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    Severity,
)
from dualwitness.models.finding import Claim, Expected, Finding, fingerprint_of
from dualwitness.models.observation import Observation
from dualwitness.models.symbols import Symbol, SymbolError

__all__ = ["Draft", "findings_from", "from_comparison", "market_type_of", "merge_sides", "worst_first"]

_UNSEEN = (NullReason.UNSUPPORTED, NullReason.NOT_ASKED)


class Draft(NamedTuple):
    """A finding before it has its number: everything judged, rows not yet gathered."""

    kind: FindingKind
    layer: Layer
    odd_one_out: OddOneOut
    axis: Axis
    operation: str
    symbol: str | None
    market_type: MarketType | None
    row_key: str | None
    field: str
    ccxt: Claim
    okx_sdk: Claim
    expected: Expected | None
    outcome: Outcome
    severity: Severity
    rule: str
    reason: str
    mitigation: Mitigation
    ccxt_ref: str | None
    okx_ref: str | None
    rows: int = 1


def from_comparison(
    field: FieldComparison,
    *,
    layer: Layer,
    odd_one_out: OddOneOut,
    observations: Mapping[Library, Observation],
    rows: int = 1,
) -> Draft | None:
    """Judge one compared field that ``rows`` rows share; None where nothing differs, or there is nothing to know."""
    if field.outcome in (Outcome.MATCH, Outcome.NOT_COMPARABLE, Outcome.ACCEPTED):
        return None
    if field.outcome is Outcome.BOTH_MISSING and not field.rule.required:
        return None
    known = known_difference(field, layer)
    severity = field.rule.severity if field.outcome is Outcome.MISMATCH else field.rule.missing
    if _is_silent(field) and not field.rule.required:
        severity = min(severity, Severity.S1, key=lambda level: level.rank)
    if known is not None and known.severity is not None:
        severity = known.severity
    kind = FindingKind.LIBRARY_DISAGREEMENT
    if field.outcome in (Outcome.BOTH_MISSING, Outcome.BOTH_ERROR) or _answer_gone(field):
        kind = FindingKind.UNOBTAINABLE
    return Draft(
        kind=kind,
        layer=layer,
        odd_one_out=known.odd_one_out if known is not None and layer is Layer.PARSE else odd_one_out,
        axis=field.rule.axis,
        operation=field.operation,
        symbol=None if RULES[field.operation].by_market_type else field.symbol,
        market_type=field.market_type or market_type_of(field.symbol),
        row_key=field.row_key or None,
        field=field.field,
        ccxt=field.ccxt,
        okx_sdk=field.okx_sdk,
        expected=_expected(field, layer, known),
        outcome=field.outcome,
        severity=severity,
        rule=known.name if known is not None else f"{field.operation}.{field.field}",
        reason=known.text if known is not None else _why_gone(field, observations) or _plain_reason(field, layer),
        mitigation=field.rule.mitigation,
        ccxt_ref=_ref(observations, Library.CCXT, field),
        okx_ref=_ref(observations, Library.OKX_SDK, field),
        rows=rows,
    )


def findings_from(drafts: Iterable[Draft]) -> tuple[Finding, ...]:
    """Gather the drafts of one difference into one finding each, numbered worst first."""
    gathered: dict[str, tuple[Draft, int]] = {}
    for draft in drafts:
        name = _fingerprint(draft)
        first, count = gathered.get(name, (draft, 0))
        gathered[name] = (min(first, draft, key=lambda one: one.row_key or ""), count + draft.rows)
    ordered = sorted(gathered.items(), key=lambda item: (-item[1][0].severity.rank, _place(item[1][0])))
    return tuple(_finding(draft, count, name, number) for number, (name, (draft, count)) in enumerate(ordered, start=1))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, then axis, operation and field; accepted ones last."""
    return sorted(findings, key=lambda one: (one.accepted_by is not None, -one.severity.rank, one.finding_id))


def merge_sides(drafts: Iterable[Draft]) -> list[Draft]:
    """
    One draft for evidence that both libraries contradict: then the odd one out is the venue.

    Two drafts about the same row, field and rule, one for each library, become one that carries both claims.
    """
    table: dict[tuple[object, ...], Draft] = {}
    for draft in drafts:
        key = (draft.kind, draft.operation, draft.symbol, draft.row_key, draft.field, draft.rule)
        other = table.get(key)
        if other is None:
            table[key] = draft
            continue
        table[key] = other._replace(
            odd_one_out=OddOneOut.VENUE if other.odd_one_out is not draft.odd_one_out else other.odd_one_out,
            ccxt=other.ccxt if _spoken(other.ccxt) else draft.ccxt,
            okx_sdk=other.okx_sdk if _spoken(other.okx_sdk) else draft.okx_sdk,
            ccxt_ref=other.ccxt_ref or draft.ccxt_ref,
            okx_ref=other.okx_ref or draft.okx_ref,
        )
    return list(table.values())


@cache
def market_type_of(symbol: str | None) -> MarketType | None:
    """The market type that a unified symbol names; None where it names none."""
    if symbol is None:
        return None
    try:
        return Symbol.parse(symbol).market_type
    except SymbolError:
        return None


def _spoken(claim: Claim) -> bool:
    return claim.reason is not NullReason.NOT_ASKED


def _is_silent(field: FieldComparison) -> bool:
    """Whether the missing side's library simply has no word for it."""
    missing = field.ccxt if field.ccxt.value is None else field.okx_sdk
    return field.outcome is Outcome.ONE_MISSING and missing.reason in _UNSEEN


def _answer_gone(field: FieldComparison) -> bool:
    gone = (NullReason.ERROR, NullReason.INVALID_ENVELOPE)
    return field.row_key is None and (field.ccxt.reason in gone or field.okx_sdk.reason in gone)


def _expected(field: FieldComparison, layer: Layer, known: Known | None) -> Expected | None:
    if layer is not Layer.PARSE or known is None:
        return None
    claim = field.okx_sdk if known.odd_one_out is OddOneOut.CCXT else field.ccxt
    return Expected(value=claim.value, source=f"OKX {field.rule.reference} in the same raw sample")


def _why_gone(field: FieldComparison, observations: Mapping[Library, Observation]) -> str | None:
    """The errors of an answer that could not be had, in the clients' own words."""
    if field.row_key is not None:
        return None
    errors = [
        f"{library}: {observation.error.kind}: {observation.error.message}"
        for library, observation in sorted(observations.items())
        if observation.error is not None
    ]
    return "; ".join(errors) or None


def _plain_reason(field: FieldComparison, layer: Layer) -> str:
    left = _spell(field.ccxt)
    right = _spell(field.okx_sdk)
    where = {
        Layer.PARSE: "over the same bytes",
        Layer.VENUE: "because the venue told them different things",
        Layer.TRANSPORT: "because an answer did not arrive sound",
        Layer.REQUEST: "because they asked differently",
    }[layer]
    return f"{field.rule.reference}: ccxt says {left}, python-okx says {right}, {where}"


def _spell(claim: Claim) -> str:
    return f"null ({claim.reason})" if claim.value is None else claim.value


def _ref(observations: Mapping[Library, Observation], library: Library, field: FieldComparison) -> str | None:
    observation = observations.get(library)
    return None if observation is None else observation.sample_of(field.row_key)


def _fingerprint(draft: Draft) -> str:
    return fingerprint_of(
        kind=draft.kind,
        layer=draft.layer,
        odd_one_out=draft.odd_one_out,
        axis=draft.axis,
        operation=draft.operation,
        symbol=draft.symbol,
        market_type=draft.market_type,
        field=draft.field,
        outcome=draft.outcome,
        rule=draft.rule,
    )


def _place(draft: Draft) -> tuple[str, ...]:
    words = (draft.axis, draft.operation, draft.field, draft.symbol, draft.market_type, draft.rule, draft.kind)
    return tuple(str(word or "") for word in words)


def _finding(draft: Draft, count: int, fingerprint: str, number: int) -> Finding:
    return Finding(
        finding_id=f"F{number:03d}",
        fingerprint=fingerprint,
        kind=draft.kind,
        layer=draft.layer,
        odd_one_out=draft.odd_one_out,
        axis=draft.axis,
        operation=draft.operation,
        symbol=draft.symbol,
        market_type=draft.market_type,
        row_key=draft.row_key,
        row_count=count,
        field=draft.field,
        ccxt=draft.ccxt,
        okx_sdk=draft.okx_sdk,
        expected=draft.expected,
        outcome=draft.outcome,
        severity=draft.severity,
        rule=draft.rule,
        reason=draft.reason,
        mitigation=draft.mitigation,
        ccxt_raw_sample_ref=draft.ccxt_ref,
        okx_raw_sample_ref=draft.okx_ref,
    )
