"""Trading: place, cancel, amend, and the sweep that lets the moving market fill resting orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, is_multiple, plain
from dualwitness.venues.sim.engine.checks import check_order
from dualwitness.venues.sim.engine.execution import execute
from dualwitness.venues.sim.engine.matching import Match, crosses, depth_within, match_quote, match_size
from dualwitness.venues.sim.engine.order import Order, Origin, canceled
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import Level
from dualwitness.venues.sim.price_band import price_band

__all__ = ["amend", "cancel", "find_order", "new_order", "place", "sweep"]


def new_order(account: Account, request: OrderRequest, ts_ms: int, origin: Origin | None = None) -> Order:
    """Register a live order, unchecked and unmatched."""
    instrument = request.instrument
    lever = ""
    if not instrument.is_spot and instrument.inst_type != "OPTION":
        lever = plain(account.leverage(instrument, request.td_mode, request.pos_side or "net"))
    whence = origin or Origin()
    order = Order(
        account.ids.unique(),
        request,
        instrument.inst_type,
        lever,
        ts_ms,
        ts_ms,
        category=whence.category,
        source=whence.source,
        algo_id=whence.algo_id,
        algo_cl_ord_id=whence.algo_cl_ord_id,
    )
    return account.keep_order(order)


@exact
def place(
    account: Account, request: OrderRequest, taken_client_ids: Iterable[str] = (), *, origin: Origin | None = None
) -> Order:
    """Check, register and match one order; raises `Refusal`. Gives it as it stands afterwards."""
    check_order(account, request, taken_client_ids)
    now_ms = account.clock.now_ms()
    order = new_order(account, request, now_ms, origin)
    return _match(account, order, now_ms)


def _match(account: Account, order: Order, now_ms: int) -> Order:
    request = order.request
    levels = _opposite(account, order)
    limit = _limit_price(account, request)
    if request.ord_type == "post_only":
        best = levels[0].px if levels else None
        if best is not None and limit is not None and crosses(request.side, limit, best):
            return account.keep_order(canceled(order, "31", now_ms))
        return order
    matches: tuple[Match, ...]
    if request.sized_in_quote:
        matches = match_quote(levels, request.sz, request.instrument.lot_sz)
    else:
        matches = match_size(levels, request.side, request.sz, limit)
    if request.ord_type == "fok" and sum((sz for _, sz in matches), ZERO) < request.sz:
        return account.keep_order(canceled(order, "13", now_ms))
    for number, (px, sz) in enumerate(matches, start=1):
        last = number == len(matches)
        complete = last and (request.sized_in_quote or order.filled + sz == request.sz)
        order = execute(account, order, px, sz, maker=False, complete=complete, fill_ms=now_ms, ts_ms=now_ms)
    if order.open and request.ord_type in ("ioc", "market", "optimal_limit_ioc"):
        return account.keep_order(canceled(order, "14", now_ms))
    return order


def _opposite(account: Account, order: Order) -> tuple[Level, ...]:
    inst_id = order.instrument.inst_id
    return account.market.asks(inst_id) if order.request.side == "buy" else account.market.bids(inst_id)


def _limit_price(account: Account, request: OrderRequest) -> Decimal | None:
    """The order's own price; the band's edge for derivative market orders (okx-v5-facts section 7); None for spot."""
    if request.px is not None or request.instrument.is_spot:
        return request.px
    highest, lowest = price_band(request.instrument, account.market.mark(request.instrument.inst_id))
    return highest if request.side == "buy" else lowest


@exact
def sweep(account: Account) -> None:
    """
    Fill, as maker and at their own price, resting orders the market has moved through.

    Looked at once per second of venue time: the market steps no faster.
    """
    now_ms = account.clock.now_ms()
    if now_ms // 1000 == account.swept_s:
        return
    account.swept_s = now_ms // 1000
    for order in tuple(account.open_orders()):
        px = order.request.px
        if px is None:
            continue
        size = min(depth_within(_opposite(account, order), order.request.side, px), order.remaining)
        if size > 0:
            complete = size == order.remaining
            execute(account, order, px, size, maker=True, complete=complete, fill_ms=now_ms, ts_ms=now_ms)


def find_order(account: Account, inst_id: str, ord_id: str, cl_ord_id: str) -> Order | None:
    """The order of that id, else the latest of that client id; ordId wins when both are given."""
    if ord_id:
        order = account.orders.get(ord_id)
        return order if order is not None and order.instrument.inst_id == inst_id else None
    return account.orders.newest_of_client(inst_id, cl_ord_id) if cl_ord_id else None


def cancel(account: Account, order: Order | None, ts_ms: int) -> Order:
    """Cancel an open order; raises 51400 for one that is finished or unknown."""
    if order is None or not order.open:
        raise refusals.already_finished()
    return account.keep_order(canceled(order, "1", ts_ms))


@exact
def amend(account: Account, order: Order | None, new_sz: Decimal | None, new_px: Decimal | None) -> Order:
    """
    Change size or price of an open order, then match it again; raises 51503, 51511, 51121, 51020, 51150, 51006, 51008.

    ``new_sz`` includes what is filled; at or below it the order becomes filled (okx-v5-facts section 7).
    """
    if order is None or not order.open:
        raise refusals.amend_finished()
    now_ms = account.clock.now_ms()
    request = order.request
    if new_sz is not None and new_sz <= order.filled:
        return account.keep_order(replace(order, state="filled", updated_ms=now_ms))
    if new_sz is not None and not is_multiple(new_sz, order.instrument.lot_sz):
        raise refusals.not_a_lot_multiple()
    changed = replace(
        request,
        sz=request.sz if new_sz is None else new_sz,
        px=request.px if new_px is None else new_px,
    )
    levels = _opposite(account, order)
    crossing = changed.px is not None and levels and crosses(request.side, changed.px, levels[0].px)
    if request.ord_type == "post_only" and crossing:
        text_51511 = "Operation failed as the order price doesn't meet the requirement for Post Only order."
        raise refusals.row("51511", text_51511)
    # Checked as if it were new and the old one gone: its own hold and client id must not count against it.
    account.orders.put(canceled(order, "1", now_ms))
    try:
        check_order(account, replace(changed, sz=changed.sz - order.filled))
    finally:
        account.orders.put(order)
    return _rematch(account, account.keep_order(replace(order, request=changed, updated_ms=now_ms)), now_ms)


def _rematch(account: Account, order: Order, now_ms: int) -> Order:
    request = order.request
    matches = match_size(_opposite(account, order), request.side, order.remaining, request.px)
    for fill_px, sz in matches:
        complete = sz == order.remaining
        order = execute(account, order, fill_px, sz, maker=False, complete=complete, fill_ms=now_ms, ts_ms=now_ms)
    return order
