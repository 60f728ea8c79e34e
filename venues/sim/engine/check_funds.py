"""Funds and position limits of an order: what it would need, and whether the account has it."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, plain
from dualwitness.venues.sim.engine.balances import account_state, currency_state
from dualwitness.venues.sim.engine.borrowing import borrow_quota, borrowed_of
from dualwitness.venues.sim.engine.fees import charged_fee, fee_currency
from dualwitness.venues.sim.engine.holds import opening_contracts, pending_close_size
from dualwitness.venues.sim.engine.margin_pairs import margin_opening
from dualwitness.venues.sim.engine.matching import match_size
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.valuation import opening_margin
from dualwitness.venues.sim.tiers import tiers_of

__all__ = ["best_opposite", "check_funds", "check_tier", "pools_margin", "tier_limit"]


def best_opposite(account: Account, request: OrderRequest) -> Decimal:
    """The price a market order would start at."""
    inst_id = request.instrument.inst_id
    levels = account.market.asks(inst_id) if request.side == "buy" else account.market.bids(inst_id)
    return levels[0].px if levels else account.market.last(inst_id)


def pools_margin(account: Account) -> bool:
    """Whether all currencies together margin everything: levels 3 and 4 with auto-borrow on."""
    return account.account_level in ("3", "4") and account.settings.auto_loan


@exact
def check_funds(account: Account, request: OrderRequest) -> None:
    """Refuse what the account cannot pay or margin (51008 with its subCode)."""
    if request.instrument.inst_type == "SPOT":
        _check_spot(account, request)
    elif request.instrument.inst_type == "MARGIN":
        _check_margin(account, request)
    else:
        _check_contract(account, request)


def _check_spot(account: Account, request: OrderRequest) -> None:
    ccy, needed = _spot_cost(account, request)
    available = currency_state(account, ccy).available
    if needed <= available:
        return
    if account.account_level not in ("3", "4"):
        raise refusals.insufficient_balance(ccy)
    if not account.settings.auto_loan:
        raise refusals.insufficient_without_loan(ccy)
    borrowed = needed - available
    if borrowed + borrowed_of(account, ccy) > borrow_quota(account, ccy):
        raise refusals.over_borrow_quota(ccy)
    if borrowed * account.market.usd(ccy) / account.loans.leverage(ccy) > account_state(account).available:
        raise refusals.insufficient_balance(ccy)


def _spot_cost(account: Account, request: OrderRequest) -> tuple[str, Decimal]:
    """Currency and amount; a buy whose fee is taken in quote needs that too."""
    instrument, levels = request.instrument, account.market.asks(request.instrument.inst_id)
    if request.side == "sell":
        if not request.sized_in_quote:
            return instrument.base_ccy, request.sz
        return instrument.base_ccy, request.sz / best_opposite(account, request)
    if request.sized_in_quote:
        return instrument.quote_ccy, request.sz
    if request.px is not None:
        cost = request.sz * request.px
    else:
        cost = sum((px * sz for px, sz in match_size(levels, "buy", request.sz, None)), ZERO)
    terms = account.settings.fee_terms
    if fee_currency(instrument, "buy", terms) == instrument.quote_ccy:
        px = request.px or best_opposite(account, request)
        cost -= charged_fee(instrument, "buy", px, request.sz, maker=False, terms=terms)
    return instrument.quote_ccy, cost


def _check_margin(account: Account, request: OrderRequest) -> None:
    """What opens needs margin; what reduces beyond the position's assets is paid from cash, as a SPOT trade."""
    pair, px = request.instrument, request.px or best_opposite(account, request)
    size = request.sz / px if request.sized_in_quote else request.sz
    opening = margin_opening(account, request, size)
    in_quote = request.ccy == pair.quote_ccy
    if opening:
        lever = account.leverage(pair, request.td_mode, "net")
        needed = (opening * px if in_quote else opening) / lever
        if needed > currency_state(account, request.ccy).available:
            raise refusals.insufficient_margin(request.ccy)
    elif request.reduce_only:
        leg = account.legs[(pair.inst_id, request.td_mode, "net", request.ccy)]
        ccy, paid = (pair.base_ccy, size) if leg.long else (pair.quote_ccy, size * px)
        own = leg.assets + (leg.margin if leg.margin_ccy == ccy else ZERO)
        if paid - own > currency_state(account, ccy).available:
            raise refusals.insufficient_balance(ccy)


def _check_contract(account: Account, request: OrderRequest) -> None:
    instrument = request.instrument
    opening = opening_contracts(account, request, request.sz)
    if not opening:
        return
    px = request.px if request.px is not None else best_opposite(account, request)
    lever = account.leverage(instrument, request.td_mode, request.pos_side or "net")
    signed = opening if request.side == "buy" else -opening
    if instrument.inst_type == "OPTION" and signed < 0 and account.account_level == "1":
        raise refusals.row("51018", "Users with options accounts cannot hold net short positions.")
    needed = opening_margin(instrument, signed, px, lever)
    if instrument.inst_type == "OPTION" and signed > 0:
        needed += opening * instrument.contract_size * px
    terms = account.settings.fee_terms
    needed -= charged_fee(instrument, request.side, px, opening, maker=False, terms=terms)
    ccy = instrument.settle_ccy
    if pools_margin(account):
        if needed * account.market.usd(ccy) > account_state(account).available:
            raise refusals.insufficient_margin(ccy)
    elif needed > currency_state(account, ccy).available:
        raise refusals.insufficient_margin(ccy)


def tier_limit(account: Account, request: OrderRequest) -> Decimal | None:
    """The largest position the leverage in force allows; None where leverage limits nothing."""
    instrument = request.instrument
    if instrument.inst_type in ("SPOT", "OPTION"):
        return None
    lever = account.leverage(instrument, request.td_mode, request.pos_side or "net")
    allowed = [tier.max_sz for tier in tiers_of(instrument) if tier.max_lever >= lever]
    return allowed[-1] if allowed else ZERO


@exact
def check_tier(account: Account, request: OrderRequest) -> None:
    """Refuse a position beyond what the leverage allows (51004), resting orders of the same side counted."""
    limit = tier_limit(account, request)
    if limit is None or request.reduce_only:
        return
    instrument, pos_side = request.instrument, request.pos_side or "net"
    size = request.sz
    if instrument.inst_type == "MARGIN":
        size = size / best_opposite(account, request) if request.sized_in_quote else size
        leg = account.legs.get((instrument.inst_id, request.td_mode, "net", request.ccy))
        held = ZERO if leg is None else leg.contracts
    else:
        held = account.held(instrument, request.td_mode, pos_side)
        if pos_side != "net" and (request.side == "buy") != (pos_side == "long"):
            return
    pending = pending_close_size(account, instrument.inst_id, request.td_mode, pos_side, request.side)
    before = held if request.side == "buy" else -held
    if before + pending + size <= limit:
        return
    kind = f"{request.td_mode} {'buy/sell' if pos_side == 'net' else 'long/short'} mode"
    raise refusals.over_tier(
        instrument.inst_id,
        kind,
        plain(limit),
        plain(account.leverage(instrument, request.td_mode, pos_side)),
        _tier_code(request),
    )


def _tier_code(request: OrderRequest) -> str:
    """OKX's subCode by margin mode and side."""
    if request.pos_side in ("long", "short"):
        return "1101" if request.td_mode == "isolated" else "1102"
    return "1104" if request.side == "buy" else "1105"
