"""
Self-trade prevention: what happens where an incoming order would meet an order of the same account.

Own orders stand in front of the market at their price. ``cancel_maker`` (the account's default) takes the resting
order away, ``cancel_taker`` stops the incoming one there, ``cancel_both`` does both (okx-v5-facts section 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.amounts import ZERO, exact, floored
from dualwitness.venues.sim.engine.matching import Match
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.order_store import OrderStore

__all__ = ["Prevention", "left_over", "own_opposite", "prevented"]


class Prevention(NamedTuple):
    """What is left to match, which own orders to cancel, and whether the incoming order ends there."""

    matches: tuple[Match, ...]
    makers: tuple[Order, ...]
    stopped: bool


def own_opposite(orders: OrderStore, order: Order, limit: Decimal | None) -> list[str]:
    """Ids of own resting orders that ``order`` could meet within its limit, best first."""
    side = "sell" if order.request.side == "buy" else "buy"
    return orders.book.at_or_better(order.instrument.inst_id, side, limit)


@exact
def left_over(order: Order, matches: Sequence[Match], px: Decimal) -> Decimal:
    """What of an order could still trade at ``px`` after those matches."""
    if order.request.sized_in_quote:
        spent = sum((level_px * sz for level_px, sz in matches), ZERO)
        return floored(order.request.sz - spent, order.instrument.lot_sz * px) / px
    return order.remaining - sum((sz for _, sz in matches), ZERO)


@exact
def prevented(orders: OrderStore, order: Order, matches: tuple[Match, ...], limit: Decimal | None) -> Prevention:
    """Match ``order`` no further than its self-trade mode allows; nothing is changed yet."""
    mode, makers = order.request.stp_mode, []
    for ord_id in own_opposite(orders, order, limit):
        maker = orders.get(ord_id)
        if maker is None or maker.request.px is None:
            continue
        own_px = maker.request.px
        nearer = tuple(each for each in matches if _nearer(order.request.side, each[0], own_px))
        if len(nearer) == len(matches) and left_over(order, matches, own_px) <= 0:
            break
        if mode != "cancel_taker":
            makers.append(maker)
        if mode != "cancel_maker":
            return Prevention(nearer, tuple(makers), stopped=True)
    return Prevention(matches, tuple(makers), stopped=False)


def _nearer(side: str, px: Decimal, own_px: Decimal) -> bool:
    return px < own_px if side == "buy" else px > own_px
