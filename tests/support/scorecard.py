"""What an audit of a scorecard's case may have shown, made by hand: findings, audits, sessions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dualwitness.alignment.rules import RULES
from dualwitness.alignment.scoring.audited import Audited, Played
from dualwitness.alignment.scoring.cases import Case, Sort
from dualwitness.models import FindingKind, Layer, Mitigation, OddOneOut, Outcome, PositionsQuality, Severity
from dualwitness.models.finding import Claim, Finding

__all__ = ["ETH", "audited", "case", "finding", "leg", "played"]

ETH = "ETH/USDT:USDT"


def case(*plants: str, sort: Sort = Sort.ALONE) -> Case:
    """A case with these lies."""
    return Case(sort, plants)


def finding(place: str = "get_positions.has_position", **changed: Any) -> Finding:
    """A contradiction of the venue at ``operation.field``, as severe as can be, with bytes."""
    operation, _, field = place.partition(".")
    what: dict[str, Any] = {
        "finding_id": "F001",
        "fingerprint": f"{place} {sorted(changed.items())}",
        "kind": FindingKind.EVIDENCE_CONFLICT,
        "layer": Layer.VENUE,
        "odd_one_out": OddOneOut.VENUE,
        "axis": RULES[operation].axis,
        "operation": operation,
        "symbol": ETH,
        "market_type": None,
        "row_key": None,
        "field": field,
        "ccxt": Claim(value="1"),
        "okx_sdk": Claim(value="1"),
        "expected": None,
        "outcome": Outcome.MISMATCH,
        "severity": Severity.S3,
        "rule": "rule",
        "reason": "reason",
        "mitigation": Mitigation.MARK_UNRELIABLE,
        "ccxt_raw_sample_ref": "a",
        "okx_raw_sample_ref": "b",
    }
    return Finding(**what | changed)


def leg(
    contracts: str | None, quality: str = "reliable", *, direction: str = "long", side: str = "net"
) -> dict[str, Any]:
    """A row of a snapshot of positions."""
    size = None if contracts is None else Decimal(contracts)
    return {
        "symbol": ETH,
        "position_side": side,
        "has_position": None if size is None else size != 0,
        "direction": None if size is None else direction if size else "flat",
        "contracts": contracts,
        "positions_quality": quality,
    }


def audited(*findings: Finding, **changed: Any) -> Audited:
    """An audit that found these, of an account that holds 2 contracts and says so, when one answer was false."""
    what: dict[str, Any] = {
        "findings": findings,
        "exit_code": 1,
        "verdict": "differences",
        "quality": PositionsQuality.RECONSTRUCTED_FROM_FILLS,
        "positions": (leg("2", "reconstructed_from_fills"),),
        "true": {(ETH, "net"): Decimal(2)},
        "told": {},
        "requests": 100,
        "ended_ms": 1_000,
        "unkept": frozenset(),
        "without_bytes": frozenset(),
    }
    return Audited(**what | changed)


def played(*audits: Audited, first_false: tuple[int, int] | None = (1, 0)) -> Played:
    """A session of these audits."""
    return Played(audits, (), first_false)
