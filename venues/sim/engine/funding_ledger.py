"""What the funding account holds: its cash, its bills, and the transfers that were made."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["FundingBill", "FundingLedger", "Transfer"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer that was made."""

    transfer_id: str
    ccy: str
    quantity: Decimal
    source: str
    target: str
    client_id: str
    kind: str
    ts_ms: int


@dataclass(frozen=True, slots=True)
class FundingBill:
    """One change of the funding account."""

    bill_id: str
    ccy: str
    client_id: str
    change: Decimal
    balance: Decimal
    bill_type: str
    ts_ms: int


@dataclass(slots=True)
class FundingLedger:
    """The funding account beside the trading account; cash is the sum of its bills."""

    cash: dict[str, Decimal] = field(default_factory=dict)
    bills: list[FundingBill] = field(default_factory=list)
    transfers: dict[str, Transfer] = field(default_factory=dict)
