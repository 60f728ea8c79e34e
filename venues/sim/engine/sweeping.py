"""The sweep: a market that moves fills the orders it moves through."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.execution import execute
from dualwitness.venues.sim.engine.margin_closing import margin_reducible
from dualwitness.venues.sim.engine.matching import depth_within
from dualwitness.venues.sim.engine.order import Order, canceled
from dualwitness.venues.sim.kinds import Level

__all__ = ["sweep"]

# The best prices of the book never stand farther from the last one than the larger of these two: what rests beyond is
# not reached, and its instrument's book need not be built.
_REACH = Decimal("0.02")
_REACH_TICKS = 10


@exact
def sweep(account: Account) -> None:
    """
    Fill, as maker and at their own price, resting orders the market has moved through: best price first.

    Looked at once per second of venue time: the market steps no faster. Costs one look a side of an instrument with
    resting orders, however many those are.
    """
    now_ms = account.clock.now_ms()
    if now_ms // 1000 == account.swept_s:
        return
    account.swept_s = now_ms // 1000
    for inst_id in account.orders.book.inst_ids():
        for side in ("buy", "sell"):
            _sweep_side(account, inst_id, side, now_ms)


def _sweep_side(account: Account, inst_id: str, side: str, now_ms: int) -> None:
    book, market = account.orders.book, account.market
    best = book.best(inst_id, side)
    if best is None:
        return
    last, tick = market.last(inst_id), account.instruments[inst_id].tick_sz
    reach = max(last * _REACH, tick * _REACH_TICKS)
    if (best < last - reach) if side == "buy" else (best > last + reach):
        return
    levels = market.asks(inst_id) if side == "buy" else market.bids(inst_id)
    if not levels:
        return
    for ord_id in book.at_or_better(inst_id, side, levels[0].px):
        order = account.orders.get(ord_id)
        if order is not None and order.open:
            _fill_resting(account, order, levels, now_ms)


def _fill_resting(account: Account, order: Order, levels: tuple[Level, ...], now_ms: int) -> None:
    px = order.request.px
    if px is None:
        return
    size = min(depth_within(levels, order.request.side, px), order.remaining)
    reducible = _reducible(account, order)
    if reducible is not None:
        size = min(size, reducible)
        if not reducible:
            account.keep_order(canceled(order, "22", now_ms))
            return
    if size > 0:
        complete = size == order.remaining
        execute(account, order, px, size, maker=True, complete=complete, fill_ms=now_ms, ts_ms=now_ms)


def _reducible(account: Account, order: Order) -> Decimal | None:
    """How much an order that may only reduce can still take off the position; None for one that may open."""
    request, instrument = order.request, order.instrument
    if instrument.is_spot:
        return margin_reducible(account, request) if instrument.inst_type == "MARGIN" else None
    two_sided = request.pos_side in ("long", "short")
    closes = two_sided and (request.side == "buy") != (request.pos_side == "long")
    if not closes and (two_sided or not request.reduce_only):
        return None
    held = account.held(instrument, request.td_mode, request.pos_side or "net")
    opposite = held * (1 if request.side == "buy" else -1) < 0
    return abs(held) if opposite else ZERO
