"""
Borrowing: what may be borrowed, at which rate, and the bills that tell of it.

Rates and quotas are the venue's own, of OKX's order of magnitude; a real rate moves every hour. Borrowing and repaying
by a trade changes no cash beyond the trade's own bills, so their bills carry the amount in ``sz`` and change nothing.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.bill import BORROW_TYPE, REPAY_TYPE, Bill
from dualwitness.venues.sim.engine.leg import Leg

__all__ = [
    "AUTO_BORROW",
    "AUTO_REPAY",
    "MANUAL_BORROW",
    "MANUAL_REPAY",
    "borrow_quota",
    "borrowed_of",
    "hourly_rate",
    "loan_bill",
    "note_borrowing",
]

# OKX's bill subTypes.
MANUAL_BORROW, AUTO_BORROW, MANUAL_REPAY, AUTO_REPAY = "306", "307", "308", "309"

_HOURLY = {
    "BTC": Decimal("0.00000115"),
    "ETH": Decimal("0.0000014"),
    "USDC": Decimal("0.0000036"),
    "USDT": Decimal("0.0000040833333333"),
}
_HOURLY_OTHERS = Decimal("0.0000055")
_QUOTA_USD = Decimal(5_000_000)


def hourly_rate(ccy: str) -> Decimal:
    """Hourly interest on a borrowed currency."""
    return _HOURLY.get(ccy, _HOURLY_OTHERS)


@exact
def borrow_quota(account: Account, ccy: str) -> Decimal:
    """The most of a currency an account may owe."""
    return money(_QUOTA_USD / account.market.usd(ccy)).quantize(Decimal("0.00000001"))


def borrowed_of(account: Account, ccy: str) -> Decimal:
    """What is owed of a currency outside MARGIN positions: negative cash, and what was borrowed by hand."""
    return max(-account.cash.get(ccy, ZERO), ZERO) + account.loans.of(ccy)


def loan_bill(
    account: Account,
    ccy: str,
    sub_type: str,
    amount: Decimal,
    ts_ms: int,
    *,
    change: Decimal = ZERO,
    leg: Leg | None = None,
    reason: str,
) -> None:
    """Write one bill of a borrowing or a repayment."""
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=ccy,
            bill_type=BORROW_TYPE if sub_type in (MANUAL_BORROW, AUTO_BORROW) else REPAY_TYPE,
            sub_type=sub_type,
            change=change,
            balance=account.book(ccy, change, ts_ms),
            ts_ms=ts_ms,
            sz=amount,
            mgn_mode="" if leg is None else leg.mgn_mode,
            inst_type="" if leg is None else leg.instrument.inst_type,
            inst_id="" if leg is None else leg.instrument.inst_id,
        ),
        reason,
    )


def note_borrowing(account: Account, ccy: str, before: Decimal, ts_ms: int, reason: str) -> None:
    """Write the bill of what a change of cash from ``before`` borrowed or repaid."""
    owed_before, owed_now = max(-before, ZERO), max(-account.cash.get(ccy, ZERO), ZERO)
    if owed_now > owed_before:
        loan_bill(account, ccy, AUTO_BORROW, owed_now - owed_before, ts_ms, reason=reason)
    elif owed_now < owed_before:
        loan_bill(account, ccy, AUTO_REPAY, owed_before - owed_now, ts_ms, reason=reason)
