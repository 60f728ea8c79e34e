"""Execution: one match becomes a fill, its bills, a changed leg and a changed order."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.bill import DELIVERY_TYPE, TRADE_TYPE, Bill
from dualwitness.venues.sim.engine.borrowing import note_borrowing
from dualwitness.venues.sim.engine.fees import charged_fee, fee_currency, fee_rate
from dualwitness.venues.sim.engine.fill import Fill, sub_type
from dualwitness.venues.sim.engine.leg import LegChange, LegFill, applied
from dualwitness.venues.sim.engine.margin_booking import book_margin, move_margin_leg
from dualwitness.venues.sim.engine.margin_leg import MarginChange
from dualwitness.venues.sim.engine.order import Order, after_fill

__all__ = ["execute"]


@exact
def execute(
    account: Account,
    order: Order,
    px: Decimal,
    sz: Decimal,
    *,
    maker: bool,
    complete: bool,
    fill_ms: int,
    ts_ms: int,
    forced: str = "",
    reason: str = "filled",
    bill_type: str = TRADE_TYPE,
    fee: Decimal | None = None,
) -> Order:
    """
    Fill ``sz`` of ``order`` at ``px`` and store everything that follows from it; gives the order as it is now.

    ``forced`` is the subType of a fill that the venue forces: its tradeId is negative but for delivery (okx-v5-facts
    section 8).
    The order is stored without being published, and the position keeps its tradeId (both same section).
    ``reason`` is what `feed.LegChanged` says of it; ``fee`` (signed) replaces the ordinary one.
    """
    request = order.request
    instrument = request.instrument
    trade_id = account.ids.trade(instrument.inst_id)
    if forced and bill_type != DELIVERY_TYPE:
        trade_id = f"-{trade_id}"
    terms = account.settings.fee_terms
    rate = None
    if fee is None:
        rate = fee_rate(instrument.inst_type, maker=maker, group_id=instrument.group_id, level=terms.level)
        fee = charged_fee(instrument, request.side, px, sz, maker=maker, terms=terms)
    change: LegChange | MarginChange | None = None
    if instrument.inst_type != "SPOT":
        signed = sz if request.side == "buy" else -sz
        leg_fill = LegFill(signed, px, fee, "" if forced else trade_id, fill_ms)
        move = move_margin_leg if instrument.inst_type == "MARGIN" else _move_leg
        change = move(account, order, leg_fill)
    fill = Fill(
        trade_id=trade_id,
        bill_id=account.ids.unique(),
        ord_id=order.ord_id,
        cl_ord_id=request.cl_ord_id,
        tag=request.tag,
        instrument=instrument,
        inst_type=order.inst_type,
        side=request.side,
        pos_side=request.pos_side or "net",
        px=px,
        sz=sz,
        maker=maker,
        fee=fee,
        fee_ccy=fee_currency(instrument, request.side, terms, rebate=fee > 0),
        pnl=ZERO if change is None else change.pnl,
        index_px=account.market.index(instrument.inst_id),
        mark_px=account.market.mark(instrument.inst_id),
        fill_ms=fill_ms,
        ts_ms=ts_ms,
        forced=forced,
        rate=rate,
    )
    account.fills.append(fill)
    if change is None:
        _book_spot(account, fill, request.td_mode, reason)
    elif isinstance(change, MarginChange):
        book_margin(account, fill, change, reason, bill_type)
        account.keep_leg(change.leg, reason, fill)
    else:
        _book_derivative(account, fill, request.td_mode, change, reason, bill_type)
        account.keep_leg(change.leg, reason, fill)
    filled = after_fill(order, fill, complete=complete)
    return account.orders.put(filled) if forced else account.keep_order(filled, fill)


def _move_leg(account: Account, order: Order, fill: LegFill) -> LegChange:
    request = order.request
    leg = account.leg(request.instrument, request.td_mode, request.pos_side or "net", fill.ts_ms)
    change = applied(leg, fill)
    if change.finished is not None:
        account.finished_legs.append(change.finished)
    account.legs[leg.key] = change.leg
    return change


def _book_spot(account: Account, fill: Fill, td_mode: str, reason: str) -> None:
    """Write two bills, base and quote, each with the fee that was taken in it; cash below zero is borrowed."""
    buys = fill.side == "buy"
    value = money(fill.sz * fill.px)
    base_change, quote_change = (fill.sz, -value) if buys else (-fill.sz, value)
    if fill.fee_ccy == fill.instrument.base_ccy:
        base_change += fill.fee
    else:
        quote_change += fill.fee
    sides = (
        (fill.bill_id, fill.instrument.base_ccy, "1" if buys else "2", base_change, fill.sz),
        (account.ids.unique(), fill.instrument.quote_ccy, "2" if buys else "1", quote_change, value),
    )
    for bill_id, ccy, kind, change, sz in sides:
        before = account.cash.get(ccy, ZERO)
        account.write(
            Bill(
                bill_id=bill_id,
                ccy=ccy,
                bill_type=TRADE_TYPE,
                sub_type=kind,
                change=change,
                balance=account.book(ccy, change, fill.ts_ms),
                ts_ms=fill.ts_ms,
                sz=sz,
                fill=fill,
                mgn_mode=td_mode,
                fee=fill.fee if ccy == fill.fee_ccy else ZERO,
            ),
            reason,
        )
        note_borrowing(account, ccy, before, fill.ts_ms, reason)


def _book_derivative(
    account: Account, fill: Fill, mgn_mode: str, change: LegChange, reason: str, bill_type: str
) -> None:
    """
    Write one bill in the settlement currency: profit and fee, less what went into the isolated margin.

    An option moves its premium instead of the profit: the profit is the difference of two premiums.
    """
    if fill.inst_type == "OPTION":
        signed = fill.sz if fill.side == "buy" else -fill.sz
        earned = money(-signed * fill.instrument.contract_size * fill.px)
    else:
        earned = fill.pnl
    cash = earned + fill.fee - change.margin_change
    balance = account.book(fill.fee_ccy, cash, fill.ts_ms)
    account.write(
        Bill(
            bill_id=fill.bill_id,
            ccy=fill.fee_ccy,
            bill_type=bill_type,
            sub_type=fill.forced or sub_type(fill.side, fill.pos_side),
            change=cash,
            balance=balance,
            ts_ms=fill.ts_ms,
            sz=fill.sz,
            fill=fill,
            mgn_mode=mgn_mode,
            fee=fill.fee,
            pnl=fill.pnl,
            margin=change.leg.margin,
            margin_change=change.margin_change,
        ),
        reason,
    )
