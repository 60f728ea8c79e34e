"""A fill of a MARGIN order: the changed position, and the bills of what it moved."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, money
from dualwitness.venues.sim.engine.bill import MARGIN_TYPE, Bill
from dualwitness.venues.sim.engine.borrowing import AUTO_BORROW, AUTO_REPAY, loan_bill
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.leg import Leg, LegFill
from dualwitness.venues.sim.engine.margin_leg import MarginChange, debt_currency, held_currency, margin_applied
from dualwitness.venues.sim.engine.margin_pairs import margin_leg
from dualwitness.venues.sim.engine.margin_value import held_amount
from dualwitness.venues.sim.engine.order import Order

__all__ = ["book_margin", "move_margin_leg"]

# OKX's bill subTypes: margin transfer into and out of an isolated position.
_MARGIN_IN, _MARGIN_OUT = "332", "333"


def move_margin_leg(account: Account, order: Order, fill: LegFill) -> MarginChange:
    """Apply a fill to the position of the order's margin currency and keep what comes out."""
    request = order.request
    leg = margin_leg(account, request.instrument, request.td_mode, request.ccy, fill.ts_ms)
    change = margin_applied(leg, fill, reduce_only=request.reduce_only)
    if change.finished is not None:
        account.finished_legs.append(change.finished)
    account.legs[leg.key] = change.leg
    return change


def book_margin(account: Account, fill: Fill, change: MarginChange, reason: str, bill_type: str) -> None:
    """
    Write the bills of one fill: base and quote, the margin moved, what was borrowed and repaid.

    A currency whose cash did not change has its trade bill all the same: what it moved is in the position.
    """
    leg, pair = change.leg, fill.instrument
    buys = fill.side == "buy"
    value = money(fill.sz * fill.px)
    sides = (
        (fill.bill_id, pair.base_ccy, "1" if buys else "2", fill.sz),
        (account.ids.unique(), pair.quote_ccy, "2" if buys else "1", value),
    )
    for bill_id, ccy, kind, sz in sides:
        cash = change.released.get(ccy, ZERO)
        inside = ccy == held_currency(leg)
        account.write(
            Bill(
                bill_id=bill_id,
                ccy=ccy,
                bill_type=bill_type,
                sub_type=fill.forced or kind,
                change=cash,
                balance=account.book(ccy, cash, fill.ts_ms),
                ts_ms=fill.ts_ms,
                sz=sz,
                fill=fill,
                mgn_mode=leg.mgn_mode,
                fee=fill.fee if ccy == fill.fee_ccy else ZERO,
                pnl=change.pnl if ccy == leg.margin_ccy else ZERO,
                margin=held_amount(leg) if inside else ZERO,
                margin_change=_held_change(fill, ccy) if inside else ZERO,
                interest=-change.paid_interest if ccy == change.repaid_ccy else ZERO,
            ),
            reason,
        )
    if change.margin_change:
        _margin_bill(account, leg, change.margin_change, fill.ts_ms, reason)
    moved = ((AUTO_REPAY, change.repaid_ccy, change.repaid), (AUTO_BORROW, debt_currency(leg), change.borrowed))
    for sub_type, ccy, amount in moved:
        if amount:
            loan_bill(account, ccy, sub_type, amount, fill.ts_ms, leg=leg, reason=reason)


def _held_change(fill: Fill, ccy: str) -> Decimal:
    """What the fill itself added to, or took from, the position's currency."""
    buys = fill.side == "buy"
    if ccy == fill.instrument.base_ccy:
        return fill.sz + fill.fee if buys else -fill.sz
    value = money(fill.sz * fill.px)
    return -value if buys else value + fill.fee


def _margin_bill(account: Account, leg: Leg, moved: Decimal, ts_ms: int, reason: str) -> None:
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=leg.margin_ccy,
            bill_type=MARGIN_TYPE,
            sub_type=_MARGIN_IN if moved > 0 else _MARGIN_OUT,
            change=-moved,
            balance=account.book(leg.margin_ccy, -moved, ts_ms),
            ts_ms=ts_ms,
            sz=abs(moved),
            mgn_mode=leg.mgn_mode,
            margin=leg.margin,
            margin_change=moved,
            inst_type=leg.instrument.inst_type,
            inst_id=leg.instrument.inst_id,
        ),
        reason,
    )
