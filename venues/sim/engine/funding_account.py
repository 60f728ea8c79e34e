"""The funding account beside the trading account, and the transfers between the two."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.bill import TRANSFER_TYPE, Bill
from dualwitness.venues.sim.engine.funding_ledger import FundingBill, Transfer
from dualwitness.venues.sim.kinds import Refusal

__all__ = ["FUNDING", "TRADING", "transfer"]

# OKX's account numbers.
FUNDING = "6"
TRADING = "18"
# Bill subTypes of the trading account, and bill types of the funding account.
_IN, _OUT = "11", "12"
_FROM_TRADING, _TO_TRADING = "130", "131"


@exact
def transfer(account: Account, ccy: str, quantity: Decimal, source: str, target: str, client_id: str) -> Transfer:
    """Move ``quantity`` between the funding and the trading account; raises 58350 when it is not free to leave."""
    now_ms = account.clock.now_ms()
    out = source == TRADING
    free = currency_state(account, ccy).available if out else account.funding.cash.get(ccy, ZERO)
    if quantity > free or (out and quantity > account.cash.get(ccy, ZERO)):
        raise Refusal("58350", "Insufficient balance.")
    change = -quantity if out else quantity
    account.funding.cash[ccy] = account.funding.cash.get(ccy, ZERO) - change
    balance = account.book(ccy, change, now_ms)
    bill_id = account.ids.unique()
    account.write(
        Bill(bill_id, ccy, TRANSFER_TYPE, _OUT if out else _IN, change, balance, now_ms, quantity), "transferred"
    )
    made = Transfer(account.ids.unique(), ccy, quantity, source, target, client_id, "0", now_ms)
    account.funding.transfers[made.transfer_id] = made
    kind = _FROM_TRADING if out else _TO_TRADING
    account.funding.bills.append(
        FundingBill(account.ids.unique(), ccy, client_id, -change, account.funding.cash[ccy], kind, now_ms)
    )
    return made
