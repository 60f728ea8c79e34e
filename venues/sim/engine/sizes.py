"""How large an order may be: the size that the funds, the leverage and the position tier just allow."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, floored, ratio
from dualwitness.venues.sim.engine.balances import account_state, currency_state
from dualwitness.venues.sim.engine.borrowing import borrow_quota, borrowed_of
from dualwitness.venues.sim.engine.check_funds import best_opposite, pools_margin, tier_limit
from dualwitness.venues.sim.engine.fees import charged_fee, fee_currency
from dualwitness.venues.sim.engine.legality import check_position_side, check_trade_mode
from dualwitness.venues.sim.engine.margin_leg import owed
from dualwitness.venues.sim.engine.margin_pairs import as_traded, find_margin_leg, is_margin
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.valuation import opening_margin
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["available_to_use", "largest_loan", "largest_size", "reducible", "trial_request"]

_ONE = Decimal(1)
_FINE = Decimal("1E-30")


def trial_request(
    account: Account, instrument: SimInstrument, td_mode: str, side: str, ccy: str = "", px: Decimal | None = None
) -> OrderRequest:
    """An order of size 1 as it would trade, already judged by the legal matrix; raises its refusals."""
    two_sided = account.hedged and instrument.inst_type in ("SWAP", "FUTURES")
    request = OrderRequest(
        instrument=instrument,
        td_mode=td_mode,
        side=side,
        pos_side=("long" if side == "buy" else "short") if two_sided else "",
        ord_type="market" if px is None else "limit",
        sz=_ONE,
        px=px,
        tgt_ccy="",
        ccy=ccy,
        cl_ord_id="",
        tag="",
        reduce_only=False,
        stp_mode="",
    )
    request = as_traded(account, request)
    check_trade_mode(request, account)
    check_position_side(request, account)
    return request


@exact
def available_to_use(account: Account, ccy: str) -> Decimal:
    """What an order may use of a currency; levels 3 and 4 with auto-borrow count the whole account in it."""
    if pools_margin(account):
        return account_state(account).available / account.market.usd(ccy)
    return currency_state(account, ccy).available


@exact
def largest_loan(account: Account, ccy: str) -> Decimal:
    """What could still be borrowed of a currency outside MARGIN positions, zero where nothing is lent."""
    lends = pools_margin(account) or (account.account_level == "1" and account.settings.spot_borrow)
    if not lends:
        return ZERO
    room = borrow_quota(account, ccy) - borrowed_of(account, ccy)
    usable = account_state(account).available * account.loans.leverage(ccy) / account.market.usd(ccy)
    return max(min(room, usable), ZERO)


@exact
def largest_size(account: Account, request: OrderRequest) -> Decimal:
    """The largest size of an order like ``request``: base currency on a pair, whole lots of contracts."""
    px = request.px or best_opposite(account, request)
    if request.instrument.inst_type == "SPOT":
        return ratio(_largest_spot(account, request, px))
    free = available_to_use(account, request.ccy if is_margin(request.instrument) else request.instrument.settle_ccy)
    # A quotient that would be whole but for its eightieth digit is whole.
    opened = (max(free, ZERO) / _cost_of_one(account, request, px)).quantize(_FINE)
    opposite = _opposite(account, request)
    limit = tier_limit(account, request)
    size = opened + opposite
    if limit is not None:
        size = min(size, max(limit - _same_direction(account, request) + opposite, ZERO))
    return ratio(size) if is_margin(request.instrument) else floored(size, request.instrument.lot_sz)


def _largest_spot(account: Account, request: OrderRequest, px: Decimal) -> Decimal:
    instrument, terms = request.instrument, account.settings.fee_terms
    ccy = instrument.quote_ccy if request.side == "buy" else instrument.base_ccy
    money_there = max(currency_state(account, ccy).available, ZERO)
    if account.account_level in ("3", "4"):
        money_there += largest_loan(account, ccy)
    if request.side == "sell":
        return money_there
    price = px
    if fee_currency(instrument, "buy", terms) == instrument.quote_ccy:
        price -= charged_fee(instrument, "buy", px, _ONE, maker=False, terms=terms)
    return money_there / price


def _cost_of_one(account: Account, request: OrderRequest, px: Decimal) -> Decimal:
    """What one contract, or one of the base currency, needs when it is opened, fee included for contracts."""
    instrument = request.instrument
    lever = account.leverage(instrument, request.td_mode, request.pos_side or "net")
    if is_margin(instrument):
        return (px if request.ccy == instrument.quote_ccy else _ONE) / lever
    signed = _ONE if request.side == "buy" else -_ONE
    needed = opening_margin(instrument, signed, px, lever)
    if instrument.inst_type == "OPTION" and signed > 0:
        needed += instrument.contract_size * px
    return needed - charged_fee(instrument, request.side, px, _ONE, maker=False, terms=account.settings.fee_terms)


def _signed_held(account: Account, request: OrderRequest) -> Decimal:
    """What is held in the direction of the order, negative in the other."""
    instrument = request.instrument
    if is_margin(instrument):
        leg = find_margin_leg(account, instrument, request.td_mode, request.ccy)
        if leg is None:
            return ZERO
        held = leg.assets if leg.long else -owed(leg)
    else:
        held = account.held(instrument, request.td_mode, request.pos_side or "net")
    return held if request.side == "buy" else -held


def _opposite(account: Account, request: OrderRequest) -> Decimal:
    """What an order may take off the other direction, in net mode, without any margin."""
    return ZERO if request.pos_side in ("long", "short") else max(-_signed_held(account, request), ZERO)


def _same_direction(account: Account, request: OrderRequest) -> Decimal:
    return max(_signed_held(account, request), ZERO)


@exact
def reducible(account: Account, request: OrderRequest) -> Decimal:
    """The largest reduce-only order of that side: what the position holds in the other direction."""
    if request.pos_side in ("long", "short"):
        side = "long" if request.side == "sell" else "short"
        return abs(account.held(replace(request, pos_side=side).instrument, request.td_mode, side))
    return _opposite(account, request)
