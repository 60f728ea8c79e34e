"""Entry checks: sizes, prices, reduce-only, funds. Each raises OKX's refusal or stays silent."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, is_multiple, plain
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.fees import charged_fee
from dualwitness.venues.sim.engine.holds import opening_contracts, pending_close_size
from dualwitness.venues.sim.engine.legality import (
    check_instrument_state,
    check_order_type,
    check_position_side,
    check_trade_mode,
)
from dualwitness.venues.sim.engine.matching import match_size
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.valuation import opening_margin
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.price_band import price_band

__all__ = ["check_order"]


@exact
def check_order(account: Account, request: OrderRequest, taken_client_ids: Iterable[str] = ()) -> None:
    """Refuse ``request`` as OKX would; ``taken_client_ids`` are those of the same batch."""
    check_instrument_state(request)
    check_trade_mode(request, account.account_level)
    check_position_side(request, hedged=account.hedged)
    check_order_type(request)
    _check_client_id(account, request, taken_client_ids)
    _check_size(account, request)
    _check_price(account, request)
    _check_reduction(account, request)
    _check_funds(account, request)


def _check_client_id(account: Account, request: OrderRequest, taken: Iterable[str]) -> None:
    if not request.cl_ord_id:
        return
    if account.orders.is_pending_client_id(request.cl_ord_id) or request.cl_ord_id in taken:
        raise refusals.duplicate_client_order_id()


def _check_size(account: Account, request: OrderRequest) -> None:
    """Minimum before multiple: a contract size below both is refused as too small."""
    instrument = request.instrument
    if request.sized_in_quote:
        if request.sz < instrument.min_sz * _best_opposite(account, request):
            raise refusals.below_minimum()
        if request.sz > instrument.max_mkt_sz:
            raise refusals.row("51202", "Market order amount exceeds the maximum amount.")
        return
    if request.sz < instrument.min_sz:
        raise refusals.below_minimum()
    if not is_multiple(request.sz, instrument.lot_sz):
        raise refusals.not_a_lot_multiple()
    # maxMktSz of a pair is in USDT, so it bounds the value, not the size.
    worth = request.sz * _best_opposite(account, request) if instrument.is_spot else request.sz
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
    if account.hedged and request.pos_side in ("long", "short"):
        if (request.side == "buy") != (request.pos_side == "long"):
            held = abs(account.held(instrument, request.td_mode, request.pos_side))
            pending = pending_close_size(account, instrument.inst_id, request.td_mode, request.pos_side, request.side)
            _check_reducible(held, request.sz + pending)
        return
    if not request.reduce_only:
        return
    if instrument.inst_type == "OPTION" or instrument.is_spot:
        raise _reduce_only_unavailable(account.account_level, spot=instrument.is_spot)
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


def _reduce_only_unavailable(account_level: str, *, spot: bool) -> Refusal:
    if spot and account_level == "1":
        return refusals.row("51139", "Reduce-only feature is unavailable for spot transactions in spot mode.")
    if spot and account_level == "3":
        text = "Reduce-only feature is unavailable for spot transactions in multi-currency margin mode."
        return refusals.row("51133", text)
    return refusals.row("51205", "Reduce Only is not available.")


def _best_opposite(account: Account, request: OrderRequest) -> Decimal:
    inst_id = request.instrument.inst_id
    levels = account.market.asks(inst_id) if request.side == "buy" else account.market.bids(inst_id)
    return levels[0].px if levels else account.market.last(inst_id)


def _check_funds(account: Account, request: OrderRequest) -> None:
    instrument = request.instrument
    if instrument.is_spot:
        ccy, needed = _spot_cost(account, request)
        if needed > currency_state(account, ccy).available:
            raise refusals.insufficient_balance(ccy)
        return
    opening = opening_contracts(account, request, request.sz)
    if not opening:
        return
    px = request.px if request.px is not None else _best_opposite(account, request)
    lever = account.leverage(instrument, request.td_mode, request.pos_side or "net")
    signed = opening if request.side == "buy" else -opening
    needed = opening_margin(instrument, signed, px, lever)
    if instrument.inst_type == "OPTION" and signed > 0:
        needed += opening * instrument.contract_size * px
    needed -= charged_fee(instrument, request.side, px, opening, maker=False)
    if needed > currency_state(account, instrument.settle_ccy).available:
        raise refusals.insufficient_margin(instrument.settle_ccy)


def _spot_cost(account: Account, request: OrderRequest) -> tuple[str, Decimal]:
    instrument, levels = request.instrument, account.market.asks(request.instrument.inst_id)
    if request.side == "sell":
        if not request.sized_in_quote:
            return instrument.base_ccy, request.sz
        return instrument.base_ccy, request.sz / _best_opposite(account, request)
    if request.sized_in_quote:
        return instrument.quote_ccy, request.sz
    if request.px is not None:
        return instrument.quote_ccy, request.sz * request.px
    return instrument.quote_ccy, sum((px * sz for px, sz in match_size(levels, "buy", request.sz, None)), ZERO)
