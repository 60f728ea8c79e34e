"""Closing a whole position at market, as POST trade/close-position does."""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact
from dualwitness.venues.sim.engine.margin_closing import closing_size, margin_to_close
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.trading import cancel, place
from dualwitness.venues.sim.kinds import Refusal, SimInstrument

__all__ = ["close_position"]


@exact
def close_position(
    account: Account,
    instrument: SimInstrument,
    mgn_mode: str,
    pos_side: str,
    *,
    ccy: str = "",
    cancels_pending: bool = False,
    cl_ord_id: str = "",
    tag: str = "",
) -> Order:
    """
    Close the position of that key at market; gives the order that did it.

    Orders that wait to reduce the position are canceled first where ``cancels_pending`` is set. Raises 51023 without a
    position, 51115 while such orders wait, 51108 where one market order cannot carry it.
    """
    borrowed = margin_to_close(account, instrument, mgn_mode, ccy)
    if borrowed is None:
        held = account.held(instrument, mgn_mode, pos_side)
    else:
        held, instrument, ccy = -closing_size(account, borrowed), borrowed.instrument, borrowed.margin_ccy
    if not held:
        raise Refusal("51023", "Position doesn't exist.")
    if borrowed is None and abs(held) > instrument.max_mkt_sz:
        raise Refusal("51108", "Positions exceed the limit for closing out with the market price.")
    side = "sell" if held > 0 else "buy"
    _clear_pending(account, instrument, mgn_mode, pos_side, side, cancels=cancels_pending)
    hedged = account.hedged and pos_side in ("long", "short")
    request = OrderRequest(
        instrument=instrument,
        td_mode=mgn_mode,
        side=side,
        pos_side=pos_side if hedged else "",
        ord_type="market",
        sz=abs(held),
        px=None,
        tgt_ccy="" if borrowed is None else "base_ccy",
        ccy=ccy,
        cl_ord_id=cl_ord_id,
        tag=tag,
        reduce_only=not hedged and instrument.inst_type != "OPTION",
        stp_mode="cancel_maker",
    )
    try:
        return place(account, request)
    except Refusal as refusal:
        # This endpoint refuses at the top level, without rows.
        raise Refusal(refusal.code, refusal.msg.strip(), http_status=refusal.http_status) from refusal


def _clear_pending(
    account: Account, instrument: SimInstrument, mgn_mode: str, pos_side: str, side: str, *, cancels: bool
) -> None:
    waiting = [
        order
        for order in account.orders.open_of(instrument.inst_id)
        if order.request.td_mode == mgn_mode
        and (order.request.pos_side or "net") == pos_side
        and order.request.side == side
        and (order.request.reduce_only or pos_side != "net")
    ]
    if waiting and not cancels:
        text_51115 = "Cancel all pending close-orders before liquidation."
        raise Refusal("51115", text_51115, http_status=429)
    for order in waiting:
        cancel(account, order, account.clock.now_ms())
