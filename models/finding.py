"""One judged difference."""

from __future__ import annotations

import hashlib

from dualwitness.models.enums import (
    Axis,
    FindingKind,
    Layer,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    Severity,
)
from dualwitness.models.fact import FrozenModel

__all__ = ["Claim", "Expected", "Finding", "fingerprint_of"]


class Claim(FrozenModel):
    """What one library says of one field: a value in plain text, or null and the reason."""

    value: str | None
    reason: NullReason | None = None


class Expected(FrozenModel):
    """What the value should be, and where that comes from."""

    value: str | None
    source: str


class Finding(FrozenModel):
    """
    One judged difference (contract 7).

    ``row_key`` is the first row that shows it, ``row_count`` how many do. ``rule`` names the line of the rule table,
    ``reason`` says in a sentence what was seen. The fingerprint holds nothing that changes from run to run.
    """

    finding_id: str
    fingerprint: str
    kind: FindingKind
    layer: Layer
    odd_one_out: OddOneOut
    axis: Axis
    operation: str
    symbol: str | None
    market_type: MarketType | None
    row_key: str | None
    row_count: int = 1
    field: str
    ccxt: Claim
    okx_sdk: Claim
    expected: Expected | None
    outcome: Outcome
    severity: Severity
    rule: str
    reason: str
    mitigation: Mitigation
    ccxt_raw_sample_ref: str | None
    okx_raw_sample_ref: str | None
    accepted_by: str | None = None


def fingerprint_of(
    *,
    kind: FindingKind,
    layer: Layer,
    odd_one_out: OddOneOut,
    axis: Axis,
    operation: str,
    symbol: str | None,
    market_type: MarketType | None,
    field: str,
    outcome: Outcome,
    rule: str,
) -> str:
    """The name of a difference across runs: 16 hex digits of the SHA-256 over its words, no value, no id, no time."""
    words = (kind, layer, odd_one_out, axis, operation, symbol or "", market_type or "", field, outcome, rule)
    return hashlib.sha256("\n".join(map(str, words)).encode()).hexdigest()[:16]
