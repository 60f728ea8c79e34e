"""
What the venue does to a position by itself: it closes a part at a price and leaves fills and bills of their own kind.

A forced order has a category, its fills a subType of their own and, but for delivery, a negative tradeId; it is not
published as an order and leaves the position's tradeId alone (okx-v5-facts sections 7 and 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, plain
from dualwitness.venues.sim.engine.bill import ADL_TYPE, DELIVERY_TYPE, LIQUIDATION_TYPE
from dualwitness.venues.sim.engine.execution import execute
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.order import Order, canceled
from dualwitness.venues.sim.engine.request import OrderRequest

__all__ = [
    "ADL",
    "DELIVERY",
    "EXERCISE",
    "FULL_LIQUIDATION",
    "PARTIAL_LIQUIDATION",
    "Force",
    "cancel_by_force",
    "close_by_force",
    "closing_sub_type",
    "keep_closed",
]


class Force(NamedTuple):
    """
    One kind of forced close: order category, bill type, `feed` reason and OKX's types in positions-history.

    ``part`` and ``whole`` are those types for a close of a part and of the whole position, "" for the ordinary ones.
    """

    category: str
    bill_type: str
    reason: str
    part: str = ""
    whole: str = ""


PARTIAL_LIQUIDATION = Force("partial_liquidation", LIQUIDATION_TYPE, "liquidation", "4", "3")
FULL_LIQUIDATION = Force("full_liquidation", LIQUIDATION_TYPE, "liquidation", "4", "3")
ADL = Force("adl", ADL_TYPE, "adl", "5", "6")
DELIVERY = Force("delivery", DELIVERY_TYPE, "delivered")
EXERCISE = Force("delivery", DELIVERY_TYPE, "exercised")

# The first subType of each group of four: close long, close short, buy, sell (okx-v5-facts section 8).
_FIRST_SUB_TYPE = {"partial_liquidation": 100, "full_liquidation": 104, "adl": 125}


def closing_sub_type(force: Force, leg: Leg) -> str:
    """SubType of a liquidation or an ADL of ``leg``."""
    long = leg.contracts > 0
    place = (3 if long else 2) if leg.pos_side == "net" else (0 if long else 1)
    return str(_FIRST_SUB_TYPE[force.category] + place)


@exact
def close_by_force(
    account: Account,
    leg: Leg,
    contracts: Decimal,
    px: Decimal,
    force: Force,
    sub_type: str,
    ts_ms: int,
    *,
    trigger_px: Decimal | None = None,
    fee: Decimal | None = None,
) -> Leg:
    """Close ``contracts`` (unsigned) of a position at ``px``; ``fee`` replaces the taker fee. Gives what is left."""
    order = _order(account, leg, contracts, force, ts_ms)
    execute(
        account,
        order,
        px,
        contracts,
        maker=False,
        complete=True,
        fill_ms=ts_ms,
        ts_ms=ts_ms,
        forced=sub_type,
        reason=force.reason,
        bill_type=force.bill_type,
        fee=fee,
    )
    left = account.legs[leg.key]
    kind = force.part if left.contracts else force.whole
    return keep_closed(account, replace(left, closed_by=kind, trigger_px=trigger_px)) if kind else left


def keep_closed(account: Account, leg: Leg) -> Leg:
    """Keep what became of a position just after a forced close, in the list of finished ones too."""
    if not leg.contracts:
        account.finished_legs[-1] = leg
    account.legs[leg.key] = leg
    account.version += 1
    return leg


def cancel_by_force(account: Account, orders: Iterable[Order], source: str, ts_ms: int) -> int:
    """Cancel open orders for OKX's cancelSource ``source``; gives how many."""
    doomed = tuple(orders)
    for order in doomed:
        account.keep_order(canceled(order, source, ts_ms))
    return len(doomed)


def _order(account: Account, leg: Leg, contracts: Decimal, force: Force, ts_ms: int) -> Order:
    request = OrderRequest(
        instrument=leg.instrument,
        td_mode=leg.mgn_mode,
        side="sell" if leg.contracts > 0 else "buy",
        pos_side="" if leg.pos_side == "net" else leg.pos_side,
        ord_type="market",
        sz=contracts,
        px=None,
        tgt_ccy="base_ccy" if leg.instrument.is_spot else "",
        ccy=leg.margin_ccy,
        cl_ord_id="",
        tag="",
        reduce_only=True,
        stp_mode="",
    )
    inst_type = leg.instrument.inst_type
    lever = "" if inst_type == "OPTION" else plain(leg.lever)
    return Order(account.ids.unique(), request, inst_type, lever, ts_ms, ts_ms, category=force.category)
