"""The insurance fund: what a liquidation leaves goes there, what it lacks comes from there, each with its bill."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.bill import LIQUIDATION_TYPE, Bill
from dualwitness.venues.sim.engine.leg import Leg

__all__ = ["cover", "fine"]

# Liquidation transfer in and out (okx-v5-facts section 8).
_IN, _OUT = "110", "111"


@exact
def fine(account: Account, leg: Leg, amount: Decimal, ts_ms: int) -> None:
    """Take the penalty of a liquidation, in the position's currency."""
    _move(account, leg.ccy, -amount, _OUT, ts_ms, leg)


@exact
def cover(account: Account, ccy: str, amount: Decimal, ts_ms: int, leg: Leg | None = None) -> None:
    """Pay a loss that the account could not."""
    _move(account, ccy, amount, _IN, ts_ms, leg)


def _move(account: Account, ccy: str, change: Decimal, sub_type: str, ts_ms: int, leg: Leg | None) -> None:
    if not change:
        return
    fund = account.timeline.insurance
    fund[ccy] = fund.get(ccy, ZERO) - change
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=ccy,
            bill_type=LIQUIDATION_TYPE,
            sub_type=sub_type,
            change=change,
            balance=account.book(ccy, change, ts_ms),
            ts_ms=ts_ms,
            sz=abs(change),
            mgn_mode="" if leg is None else leg.mgn_mode,
            margin=ZERO if leg is None else leg.margin,
            inst_type="" if leg is None else leg.instrument.inst_type,
            inst_id="" if leg is None else leg.instrument.inst_id,
        ),
        "liquidation",
    )
