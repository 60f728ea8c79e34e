"""
Funding: at every funding time swap positions pay or receive their value at mark price times the rate.

Longs pay a positive rate. A cross position pays from the cash of its currency, an isolated one from its own margin,
in full and without canceling orders: OKX's rule since June 2024 (announcement of the funding fee collection of
perpetuals). A liquidation that follows from it is `liquidation`'s business.
"""

from __future__ import annotations

from dataclasses import replace

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.bill import FUNDING_TYPE, Bill
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.valuation import settle_value

__all__ = ["pay_funding"]

_EXPENSE, _INCOME = "173", "174"


@exact
def pay_funding(account: Account, ts_ms: int) -> None:
    """Settle the funding of every open swap position at the account's present moment, a funding time."""
    for leg in tuple(account.open_legs()):
        if leg.instrument.inst_type == "SWAP":
            _pay(account, leg, ts_ms)


def _pay(account: Account, leg: Leg, ts_ms: int) -> None:
    inst_id, ccy = leg.instrument.inst_id, leg.instrument.settle_ccy
    mark = account.market.mark(inst_id)
    value = settle_value(leg.instrument, leg.contracts, mark).copy_sign(leg.contracts)
    income = -money(value * account.market.settled_funding_rate(inst_id))
    into_cash, into_margin = (ZERO, income) if leg.isolated else (income, ZERO)
    paid = replace(leg, funding_fee=leg.funding_fee + income, margin=leg.margin + into_margin, updated_ms=ts_ms)
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=ccy,
            bill_type=FUNDING_TYPE,
            sub_type=_EXPENSE if income < 0 else _INCOME,
            change=into_cash,
            balance=account.book(ccy, into_cash, ts_ms),
            ts_ms=ts_ms,
            sz=abs(leg.contracts),
            mgn_mode=leg.mgn_mode,
            pnl=income,
            margin=paid.margin,
            margin_change=into_margin,
            inst_type=leg.instrument.inst_type,
            inst_id=inst_id,
        ),
        "funding_fee",
    )
    account.keep_leg(paid, "funding_fee")
