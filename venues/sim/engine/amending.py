"""Amending: size or price of an open order change, its id and its place in the queue stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, is_multiple
from dualwitness.venues.sim.engine.checks import check_order
from dualwitness.venues.sim.engine.matching import crosses
from dualwitness.venues.sim.engine.order import Order, canceled
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.self_trade import own_opposite
from dualwitness.venues.sim.engine.trading import opposite_levels, take, within_band
from dualwitness.venues.sim.kinds import Refusal

__all__ = ["Amendment", "amend"]

# amendResult: done, canceled because it failed, done with a price moved into the band.
_DONE, _CANCELED, _MOVED = "0", "1", "2"


@dataclass(frozen=True, slots=True)
class Amendment:
    """
    What is to change; None leaves it as it is. ``new_sz`` includes what is filled.

    ``cancels_on_failure`` is cxlOnFail, ``px_amend`` a pxAmendType of 1.
    """

    new_sz: Decimal | None
    new_px: Decimal | None
    request_id: str = ""
    cancels_on_failure: bool = False
    px_amend: bool = False


@exact
def amend(account: Account, order: Order | None, change: Amendment) -> Order:
    """
    Change an open order, then match it again; raises 51503, 51511, 51121, 51020, 51150, 51006, 51008.

    At or below what is filled a new size makes the order filled (okx-v5-facts section 7).
    """
    if order is None or not order.open:
        raise refusals.amend_finished()
    now_ms = account.clock.now_ms()
    if change.new_sz is not None and change.new_sz <= order.filled:
        filled = replace(order, state="filled", updated_ms=now_ms)
        return account.keep_order(filled, amend_result=_DONE, request_id=change.request_id)
    try:
        request = _checked(account, order, change)
    except Refusal:
        if change.cancels_on_failure:
            gone = canceled(order, "0", now_ms)
            account.keep_order(gone, amend_result=_CANCELED, request_id=change.request_id)
        raise
    moved = change.new_px is not None and request.px != change.new_px
    amended = account.keep_order(
        replace(order, request=request, updated_ms=now_ms),
        amend_result=_MOVED if moved else _DONE,
        request_id=change.request_id,
    )
    return take(account, amended, request.px, now_ms)[0]


def _checked(account: Account, order: Order, change: Amendment) -> OrderRequest:
    """The order's request after the change, judged as if it were new and the old one gone."""
    if change.new_sz is not None and not is_multiple(change.new_sz, order.instrument.lot_sz):
        raise refusals.not_a_lot_multiple()
    request = replace(
        order.request,
        sz=order.request.sz if change.new_sz is None else change.new_sz,
        px=order.request.px if change.new_px is None else change.new_px,
        px_amend=change.px_amend,
    )
    request = within_band(account, request)
    if request.posts_only and _would_take(account, order, request):
        text_51511 = "Operation failed as the order price doesn't meet the requirement for Post Only order."
        raise refusals.row("51511", text_51511)
    with account.orders.set_aside(order):
        check_order(account, replace(request, sz=request.sz - order.filled))
    return request


def _would_take(account: Account, order: Order, request: OrderRequest) -> bool:
    levels = opposite_levels(account, order)
    if request.px is not None and levels and crosses(request.side, request.px, levels[0].px):
        return True
    return bool(own_opposite(account.orders, order, request.px))
