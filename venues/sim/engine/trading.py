"""Trading: an order is checked, registered and matched; an open one is found and canceled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, floored, plain
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.checks import check_order
from dualwitness.venues.sim.engine.execution import execute
from dualwitness.venues.sim.engine.margin_pairs import as_traded
from dualwitness.venues.sim.engine.matching import Match, crosses, match_quote, match_size
from dualwitness.venues.sim.engine.order import Order, Origin, canceled
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.self_trade import left_over, own_opposite, prevented
from dualwitness.venues.sim.kinds import Level
from dualwitness.venues.sim.price_band import price_band

__all__ = ["cancel", "find_order", "new_order", "opposite_levels", "place", "take", "within_band"]


def _built(account: Account, request: OrderRequest, ts_ms: int, origin: Origin | None) -> Order:
    """An order with its id, not stored yet."""
    instrument = request.instrument
    lever = ""
    if instrument.inst_type not in ("SPOT", "OPTION"):
        lever = plain(account.leverage(instrument, request.td_mode, request.pos_side or "net"))
    whence = origin or Origin()
    return Order(
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
        attachment_ids=tuple(account.ids.unique() for _ in request.attachments),
    )


def new_order(account: Account, request: OrderRequest, ts_ms: int, origin: Origin | None = None) -> Order:
    """Register a live order, unchecked and unmatched."""
    return account.keep_order(_built(account, request, ts_ms, origin))


@exact
def place(
    account: Account, request: OrderRequest, taken_client_ids: Iterable[str] = (), *, origin: Origin | None = None
) -> Order:
    """Check, register and match one order; raises `Refusal`. Gives it as it stands afterwards."""
    request = _affordable(account, within_band(account, as_traded(account, request)))
    check_order(account, request, taken_client_ids)
    _check_pending(account, request)
    now_ms = account.clock.now_ms()
    order = _built(account, request, now_ms, origin)
    if request.posts_only and _would_take(account, order):
        # Nothing but the cancel is published (okx-v5-facts section 7, since 2026-08-20).
        return account.keep_order(canceled(order, "31", now_ms))
    order, ended = take(account, account.keep_order(order), _limit_price(account, request), now_ms)
    if order.open and not ended and request.never_rests:
        return account.keep_order(canceled(order, "14", now_ms))
    return order


def within_band(account: Account, request: OrderRequest) -> OrderRequest:
    """With pxAmendType 1 a price beyond the limit band is moved to its edge (okx-v5-facts section 6)."""
    if not request.px_amend or request.px is None:
        return request
    highest, lowest = price_band(request.instrument, account.market.mark(request.instrument.inst_id))
    px = min(request.px, highest) if request.side == "buy" else max(request.px, lowest)
    return replace(request, px=px)


def _affordable(account: Account, request: OrderRequest) -> OrderRequest:
    """A spot market order that costs more than there is, shrunk to the balance (okx-v5-facts section 6: banAmend)."""
    instrument = request.instrument
    if request.ord_type != "market" or request.td_mode != "cash" or not instrument.is_spot or request.ban_amend:
        return request
    if request.side == "sell":
        if request.sized_in_quote:
            return request
        payable = floored(max(currency_state(account, instrument.base_ccy).available, Decimal(0)), instrument.lot_sz)
    else:
        available = max(currency_state(account, instrument.quote_ccy).available, Decimal(0))
        levels = account.market.asks(instrument.inst_id)
        matches = match_quote(levels, available, instrument.lot_sz)
        affordable = sum((sz for _, sz in matches), Decimal(0))
        if affordable < instrument.min_sz:
            return request
        payable = available if request.sized_in_quote else affordable
        if not request.sized_in_quote and affordable == sum((level.sz for level in levels), Decimal(0)):
            return request
    return replace(request, sz=payable) if instrument.min_sz <= payable < request.sz else request


def _check_pending(account: Account, request: OrderRequest) -> None:
    """Refuse one order too many that may rest (okx-v5-facts section 4)."""
    most, most_of_one = account.pending_limit
    if request.never_rests or request.all_or_nothing:
        return
    if account.orders.open_count_of(request.instrument.inst_id) >= most_of_one:
        raise refusals.row("51102", "Entered amount exceeds the max pending count.")
    if account.orders.open_count >= most:
        raise refusals.row("51174", f"The number of pending orders reached the upper limit of {most} (orders).")


def _would_take(account: Account, order: Order) -> bool:
    levels, px = opposite_levels(account, order), order.request.px
    if px is not None and levels and crosses(order.request.side, px, levels[0].px):
        return True
    return bool(own_opposite(account.orders, order, px))


@exact
def take(account: Account, order: Order, limit: Decimal | None, now_ms: int) -> tuple[Order, bool]:
    """
    Match an order against the book up to its limit; gives it as it is then, and whether it ended by that.

    It ended where it was filled, where self-trade prevention stopped it, and where it had to be filled in full and
    could not be.
    """
    matches, full = _matched(account, order, limit)
    prevention = prevented(account.orders, order, matches, limit)
    if order.request.all_or_nothing and (prevention.stopped or not full):
        return account.keep_order(canceled(order, "13" if not full else "32", now_ms)), True
    for maker in prevention.makers:
        account.keep_order(canceled(maker, "32", now_ms))
    for number, (px, sz) in enumerate(prevention.matches, start=1):
        complete = number == len(prevention.matches) and full and not prevention.stopped
        order = execute(account, order, px, sz, maker=False, complete=complete, fill_ms=now_ms, ts_ms=now_ms)
    if prevention.stopped:
        return account.keep_order(canceled(order, "32", now_ms)), True
    return order, not order.open


def _matched(account: Account, order: Order, limit: Decimal | None) -> tuple[tuple[Match, ...], bool]:
    """What the book offers an order, and whether that fills it."""
    request, levels = order.request, opposite_levels(account, order)
    if not request.sized_in_quote:
        matches = match_size(levels, request.side, order.remaining, limit)
        return matches, sum((sz for _, sz in matches), Decimal(0)) == order.remaining
    matches = match_quote(levels, request.sz, request.instrument.lot_sz)
    # What is left of the budget is less than a lot costs, unless the book ended first.
    ended = len(matches) == len(levels) and bool(matches) and left_over(order, matches, matches[-1][0]) > 0
    return matches, bool(matches) and not ended


def opposite_levels(account: Account, order: Order) -> tuple[Level, ...]:
    """The side of the book that an order trades against, best first."""
    inst_id = order.instrument.inst_id
    return account.market.asks(inst_id) if order.request.side == "buy" else account.market.bids(inst_id)


def _limit_price(account: Account, request: OrderRequest) -> Decimal | None:
    """The order's own price; the band's edge for derivative market orders (okx-v5-facts section 7); None for spot."""
    if request.px is not None or request.instrument.is_spot:
        return request.px
    highest, lowest = price_band(request.instrument, account.market.mark(request.instrument.inst_id))
    return highest if request.side == "buy" else lowest


def find_order(account: Account, inst_id: str, ord_id: str, cl_ord_id: str) -> Order | None:
    """The order of that id, else the latest of that client id; ordId wins when both are given."""
    now_ms = account.clock.now_ms()
    if ord_id:
        order = account.orders.known(account.orders.get(ord_id), now_ms)
        return order if order is not None and order.instrument.inst_id == inst_id else None
    return account.orders.known(account.orders.newest_of_client(inst_id, cl_ord_id), now_ms) if cl_ord_id else None


def cancel(account: Account, order: Order | None, ts_ms: int) -> Order:
    """Cancel an open order; raises 51400 for one that is finished or unknown."""
    if order is None or not order.open:
        raise refusals.already_finished()
    return account.keep_order(canceled(order, "1", ts_ms))
