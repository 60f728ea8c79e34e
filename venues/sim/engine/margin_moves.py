"""Margin that moves between cash and an isolated position outside a trade, with its bill."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.bill import MARGIN_TYPE, Bill
from dualwitness.venues.sim.engine.leg import Leg

__all__ = ["ADDED_BY_HAND", "AUTO_ADDED", "REDUCED_BY_HAND", "move_margin"]

# OKX's bill subTypes.
ADDED_BY_HAND, REDUCED_BY_HAND, AUTO_ADDED = "160", "161", "162"


def move_margin(account: Account, leg: Leg, moved: Decimal, sub_type: str, reason: str) -> Leg:
    """Put ``moved`` of the position's currency into it (negative: take out); gives the position as it is then."""
    ts_ms = account.clock.now_ms()
    changed = account.keep_leg(replace(leg, margin=leg.margin + moved, updated_ms=ts_ms), reason)
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=leg.ccy,
            bill_type=MARGIN_TYPE,
            sub_type=sub_type,
            change=-moved,
            balance=account.book(leg.ccy, -moved, ts_ms),
            ts_ms=ts_ms,
            sz=abs(moved),
            mgn_mode=leg.mgn_mode,
            margin=changed.margin,
            margin_change=moved,
            inst_type=leg.instrument.inst_type,
            inst_id=leg.instrument.inst_id,
        ),
        reason,
    )
    return changed
