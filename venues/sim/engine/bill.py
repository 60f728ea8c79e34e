"""A bill: one change of one currency's cash, with its reason. Cash is the sum of its bills, always."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO
from dualwitness.venues.sim.engine.fill import Fill

__all__ = [
    "ADL_TYPE",
    "BORROW_TYPE",
    "DELIVERY_TYPE",
    "FUNDING_TYPE",
    "INTEREST_TYPE",
    "LIQUIDATION_TYPE",
    "MARGIN_TYPE",
    "REPAY_TYPE",
    "TRADE_TYPE",
    "TRANSFER_TYPE",
    "Bill",
]

# OKX's bill types.
TRANSFER_TYPE = "1"
TRADE_TYPE = "2"
DELIVERY_TYPE = "3"
LIQUIDATION_TYPE = "5"
MARGIN_TYPE = "6"
INTEREST_TYPE = "7"
FUNDING_TYPE = "8"
ADL_TYPE = "9"
BORROW_TYPE = "16"
REPAY_TYPE = "22"


@dataclass(frozen=True, slots=True)
class Bill:
    """``change`` is signed; ``balance`` is the cash after it."""

    bill_id: str
    ccy: str
    bill_type: str
    sub_type: str
    change: Decimal
    balance: Decimal
    ts_ms: int
    sz: Decimal
    fill: Fill | None = None
    mgn_mode: str = ""
    fee: Decimal = ZERO
    pnl: Decimal = ZERO
    margin: Decimal = ZERO
    margin_change: Decimal = ZERO
    inst_type: str = ""
    inst_id: str = ""
    interest: Decimal = ZERO
