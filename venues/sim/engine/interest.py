"""
Interest on what is borrowed: every full hour of venue time, on the liability at that moment (okx-v5-facts section 10).

On a MARGIN position it waits, unpaid, until the position is reduced. Elsewhere it is taken from cash with a bill.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, money
from dualwitness.venues.sim.engine.bill import INTEREST_TYPE, Bill
from dualwitness.venues.sim.engine.borrowing import borrowed_of, hourly_rate
from dualwitness.venues.sim.engine.loans import Accrual
from dualwitness.venues.sim.engine.margin_leg import debt_currency, owed

__all__ = ["HOUR_MS", "accrue_interest", "owes_anything"]

HOUR_MS = 3_600_000
_INTEREST_DEDUCTION = "9"
_REASON = "interest_deduction"


def owes_anything(account: Account) -> bool:
    """Whether there is anything that interest could accrue on."""
    return any(leg.debt for leg in account.open_legs()) or any(borrowed_of(account, ccy) for ccy in account.cash)


@exact
def accrue_interest(account: Account, ts_ms: int) -> None:
    """One hour's interest on everything owed; to be called once for each full hour, with its moment."""
    for leg in tuple(account.open_legs()):
        if not leg.debt:
            continue
        ccy, liability = debt_currency(leg), owed(leg)
        interest = money(liability * hourly_rate(ccy))
        account.keep_leg(replace(leg, interest=leg.interest + interest, updated_ms=ts_ms), _REASON)
        accrual = Accrual(ccy, leg.instrument.inst_id, leg.mgn_mode, interest, hourly_rate(ccy), liability, ts_ms)
        account.loans.accruals.append(accrual)
    for ccy in sorted(account.cash):
        liability = borrowed_of(account, ccy)
        if liability:
            _deduct(account, ccy, liability, ts_ms)


def _deduct(account: Account, ccy: str, liability: Decimal, ts_ms: int) -> None:
    interest = money(liability * hourly_rate(ccy))
    if not interest:
        return
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=ccy,
            bill_type=INTEREST_TYPE,
            sub_type=_INTEREST_DEDUCTION,
            change=-interest,
            balance=account.book(ccy, -interest, ts_ms),
            ts_ms=ts_ms,
            sz=liability,
            interest=-interest,
        ),
        _REASON,
    )
    account.loans.accruals.append(Accrual(ccy, "", "cross", interest, hourly_rate(ccy), liability, ts_ms))
