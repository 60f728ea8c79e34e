"""Entry checks: sizes, prices, reduce-only, funds. Each raises OKX's refusal or stays silent."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, is_multiple, plain
from dualwitness.venues.sim.engine.attached import check_attachments
from dualwitness.venues.sim.engine.check_funds import best_opposite, check_funds, check_tier
from dualwitness.venues.sim.engine.holds import pending_close_size
from dualwitness.venues.sim.engine.legality import (
    check_instrument_state,
    check_order_type,
    check_position_side,
    check_reduce_only,
    check_target_currency,
    check_trade_mode,
)
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.listing import is_listed
from dualwitness.venues.sim.price_band import price_band

__all__ = ["check_order"]


@exact
def check_order(account: Account, request: OrderRequest, taken_client_ids: Iterable[str] = ()) -> None:
    """Refuse ``request`` as OKX would; ``taken_client_ids`` are those of the same batch."""
    if not is_listed(request.instrument, account.clock.now_ms()):
        raise refusals.row("51027", "Contract expired.")
    check_instrument_state(request)
    check_trade_mode(request, account)
    check_position_side(request, account)
    check_order_type(request)
    check_target_currency(request)
    check_reduce_only(request, account)
    _check_client_id(account, request, taken_client_ids)
    _check_size(account, request)
    _check_price(account, request)
    if request.attachments:
        check_attachments(request.attachments, request.side, request.px, best_opposite(account, request))
    _check_reduction(account, request)
    check_tier(account, request)
    check_funds(account, request)


def _check_client_id(account: Account, request: OrderRequest, taken: Iterable[str]) -> None:
    if not request.cl_ord_id:
        return
    if account.orders.is_pending_client_id(request.cl_ord_id) or request.cl_ord_id in taken:
        raise refusals.duplicate_client_order_id()


def _check_size(account: Account, request: OrderRequest) -> None:
    """Minimum before multiple: a contract size below both is refused as too small."""
    instrument = request.instrument
    if request.sized_in_quote:
        if request.sz < instrument.min_sz * best_opposite(account, request):
            raise refusals.below_minimum()
        if request.sz > instrument.max_mkt_sz:
            raise refusals.row("51202", "Market order amount exceeds the maximum amount.")
        return
    if request.sz < instrument.min_sz:
        raise refusals.below_minimum()
    if not is_multiple(request.sz, instrument.lot_sz):
        raise refusals.not_a_lot_multiple()
    # maxMktSz of a pair is in USDT, so it bounds the value, not the size.
    worth = request.sz * best_opposite(account, request) if instrument.is_spot else request.sz
    if request.px is None and worth > instrument.max_mkt_sz:
        raise refusals.row("51202", "Market order amount exceeds the maximum amount.")
    if request.px is not None and request.sz > instrument.max_lmt_sz:
        raise refusals.row("51101", "Order amount exceeds the maximum amount per order.")


def _check_price(account: Account, request: OrderRequest) -> None:
    px, instrument = request.px, request.instrument
    if px is None:
        return
    if not is_multiple(px, instrument.tick_sz):
        raise refusals.row("51150", "The precision of the number of trades or the price exceeds the limit.")
    highest, lowest = price_band(instrument, account.market.mark(instrument.inst_id))
    outside = px > highest if request.side == "buy" else px < lowest
    if not outside:
        return
    if instrument.is_spot:
        if request.side == "buy":
            raise refusals.row("51137", f"The highest price limit for buy orders is {plain(highest)}.")
        raise refusals.row("51138", f"The lowest price limit for sell orders is {plain(lowest)}.")
    raise refusals.price_outside_limit(plain(highest), plain(lowest))


def _check_reduction(account: Account, request: OrderRequest) -> None:
    instrument = request.instrument
    if request.pos_side in ("long", "short"):
        if (request.side == "buy") != (request.pos_side == "long"):
            held = abs(account.held(instrument, request.td_mode, request.pos_side))
            pending = pending_close_size(account, instrument.inst_id, request.td_mode, request.pos_side, request.side)
            _check_reducible(held, request.sz + pending)
    elif instrument.inst_type == "MARGIN":
        _check_margin_reduction(account, request)
    elif not request.reduce_only:
        _check_no_flip(account, request)
    else:
        held = account.held(instrument, request.td_mode, "net")
        if held * request.signed_sz > 0:
            raise refusals.same_direction()
        # Sources disagree on oversize (refused whole, or trimmed); OKX docs v5 say refused.
        _check_reducible(abs(held), request.sz)


def _check_reducible(held: Decimal, wanted: Decimal) -> None:
    if not held:
        raise refusals.no_position()
    if wanted > held:
        raise refusals.close_too_large()


def _check_margin_reduction(account: Account, request: OrderRequest) -> None:
    """Any size may reduce: what exceeds the debt trades as SPOT (okx-v5-facts section 5)."""
    if not request.reduce_only:
        return
    leg = account.legs.get((request.instrument.inst_id, request.td_mode, "net", request.ccy))
    if leg is None or not leg.contracts:
        raise refusals.no_margin_position()
    if (leg.contracts > 0) == (request.side == "buy"):
        raise refusals.same_direction()


def _check_no_flip(account: Account, request: OrderRequest) -> None:
    """An ordinary order may not use up the position that a resting reduce-only order is there to reduce."""
    inst_id = request.instrument.inst_id
    waiting = account.orders.holds.pending_reductions(inst_id, request.td_mode, "net", request.side)
    if not waiting:
        return
    held = account.held(request.instrument, request.td_mode, "net")
    if held * request.signed_sz < 0 and request.sz + waiting > abs(held):
        raise refusals.would_flip()
