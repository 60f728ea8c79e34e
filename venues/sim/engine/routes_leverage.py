"""The account endpoints of leverage and of the margin of isolated positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, money, parsed, plain, ratio
from dualwitness.venues.sim.engine.asked import amount, chosen, known_instrument, names, required, top_level
from dualwitness.venues.sim.engine.balances import currency_state, leg_needs
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.leverage import apply_leverage, check_lowest, governed_legs
from dualwitness.venues.sim.engine.margin_moves import ADDED_BY_HAND, REDUCED_BY_HAND, move_margin
from dualwitness.venues.sim.engine.margin_value import debt_value
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.engine.rows_config import leverage_row
from dualwitness.venues.sim.engine.sizes import largest_size, trial_request
from dualwitness.venues.sim.engine.valuation import opening_margin, settle_value
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument

__all__ = [
    "MANY",
    "ONE",
    "get_adjust_leverage_info",
    "get_leverage_info",
    "post_margin_balance",
    "post_set_leverage",
]

Rows = list[dict[str, object]]

_MODES = ("cross", "isolated")
_CONTRACTS = ("SWAP", "FUTURES")
_MOST_LOAN_LEVERAGE = Decimal(10)


def _borrows_by_currency(account: Account) -> bool:
    return account.account_level in ("3", "4") or (account.account_level == "1" and account.settings.spot_borrow)


def _scope(account: Account, inst_id: str, mode: str) -> SimInstrument:
    """The instrument whose leverage is meant, MARGIN for a pair; raises what this account mode does not know."""
    instrument = known_instrument(account, inst_id)
    if instrument.inst_type == "OPTION":
        raise refusals.bad_parameter("instId")
    if not instrument.is_spot:
        if account.account_level == "1":
            raise top_level(refusals.account_mode())
        return instrument
    if account.account_level == "1" and not account.settings.spot_borrow:
        raise top_level(refusals.account_mode())
    if account.account_level != "2" and mode == "isolated":
        raise top_level(refusals.no_isolated_pairs())
    pair = account.margin_pairs.get(inst_id)
    if pair is None:
        raise Refusal("54000", "Margin trading is not supported.")
    return pair


def get_leverage_info(account: Account, params: Params) -> Rows:
    """
    GET account/leverage-info: two rows a contract in long/short mode, one (``net``) otherwise; by currency too.

    Raises 59111 for cross contracts in portfolio margin.
    """
    mode = chosen(params, "mgnMode", _MODES)
    if not text(params, "instId"):
        required(params, "instId" if not text(params, "ccy") else "ccy")
        if not _borrows_by_currency(account) or mode != "cross":
            raise refusals.bad_parameter("ccy")
        return [leverage_row("", ccy, mode, "", account.loans.leverage(ccy)) for ccy in names(params, "ccy", 20)]
    rows: Rows = []
    for inst_id in names(params, "instId", 20):
        instrument = _scope(account, inst_id, mode)
        if instrument.is_spot and account.account_level != "2":
            for ccy in (instrument.base_ccy, instrument.quote_ccy):
                rows.append(leverage_row(inst_id, ccy, mode, "", account.loans.leverage(ccy)))
            continue
        if account.account_level == "4" and mode == "cross":
            raise Refusal("59111", "Leverage query isn't supported in portfolio margin account mode")
        two_sided = account.hedged and instrument.inst_type in _CONTRACTS
        for side in ("long", "short") if two_sided else ("net",):
            rows.append(leverage_row(inst_id, "", mode, side, account.leverage(instrument, mode, side)))
    return rows


def post_set_leverage(account: Account, params: Params) -> Rows:
    """
    POST account/set-leverage for an instrument, or for a currency where borrowing is by currency.

    Raises 50014, 51000, 51001, 51039 for cross contracts in portfolio margin, and what `leverage` refuses.
    """
    required(params, "lever", "mgnMode")
    mode = chosen(params, "mgnMode", _MODES)
    lever = parsed(text(params, "lever"))
    if not lever:
        raise refusals.bad_parameter("lever")
    if not text(params, "instId"):
        return [_set_currency(account, params, mode, lever)]
    instrument = _scope(account, text(params, "instId"), mode)
    if instrument.is_spot and account.account_level != "2":
        return [_set_currency(account, params, mode, lever)]
    if account.account_level == "4" and mode == "cross":
        text_51039 = (
            "Leverage cannot be adjusted for the cross positions of Expiry Futures and Perpetual Futures under the PM "
            "account."
        )
        raise Refusal("51039", text_51039)
    side = _side(account, instrument, mode, text(params, "posSide"))
    check_lowest(instrument, lever)
    apply_leverage(account, instrument, mode, side, lever)
    return [leverage_row(instrument.inst_id, "", mode, side if side != "net" else text(params, "posSide"), lever)]


def _set_currency(account: Account, params: Params, mode: str, lever: Decimal) -> dict[str, object]:
    """Leverage of a borrowed currency; raises 50014 without one, 59102 above the most there is."""
    required(params, "ccy")
    ccy = text(params, "ccy")
    if not _borrows_by_currency(account) or mode != "cross":
        raise top_level(refusals.account_mode())
    if not any(ccy in (one.base_ccy, one.quote_ccy) for one in account.margin_pairs.values()):
        raise refusals.bad_parameter("ccy")
    if lever > _MOST_LOAN_LEVERAGE:
        raise Refusal("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    account.loans.keep_leverage(ccy, lever)
    account.version += 1
    return leverage_row("", ccy, mode, "", lever)


def _side(account: Account, instrument: SimInstrument, mode: str, asked: str) -> str:
    """PosSide belongs to isolated contracts in long/short mode and nowhere else (okx-v5-facts section 5)."""
    contract = instrument.inst_type in _CONTRACTS
    two_sided = account.hedged and mode == "isolated" and contract
    both = ("long", "short") if account.hedged and contract else ()
    if asked not in (("long", "short") if two_sided else ("", "net", *both)):
        raise refusals.bad_parameter("posSide")
    return asked if two_sided else "net"


def get_adjust_leverage_info(account: Account, params: Params) -> Rows:
    """GET account/adjust-leverage-info: what a leverage would ask of the positions and orders there are."""
    chosen(params, "instType", ("MARGIN", *_CONTRACTS))
    mode = chosen(params, "mgnMode", _MODES)
    lever = amount(params, "lever")
    required(params, "instId")
    instrument = _scope(account, text(params, "instId"), mode)
    check_lowest(instrument, lever)
    side = text(params, "posSide") or "net"
    legs = [leg for leg in governed_legs(account, instrument, mode, side) if leg.contracts]
    pair = instrument.is_spot
    needed = sum((_margin_at(account, leg, lever) for leg in legs), ZERO)
    ccy = text(params, "ccy") or (instrument.quote_ccy if pair else instrument.settle_ccy)
    free = max(currency_state(account, ccy).available, ZERO)
    most = free * lever / account.market.mark(instrument.inst_id)
    if not pair:
        try:
            trial = trial_request(account, account.instruments[instrument.inst_id], mode, "buy")
        except Refusal as refusal:
            raise top_level(refusal) from refusal
        most = largest_size(account, trial)
    row: dict[str, object] = {
        "estAvailQuoteTrans": plain(money(free)) if pair else "",
        "estAvailTrans": plain(money(free / account.market.mark(instrument.inst_id) if pair else free)),
        "estLiqPx": "",
        "estMaxAmt": plain(ratio(most)),
        "estMgn": plain(money(needed)),
        "estQuoteMaxAmt": plain(money(free * lever)) if pair else "",
        "estQuoteMgn": "",
        "existOrd": any(order.request.td_mode == mode for order in account.orders.open_of(instrument.inst_id)),
        "maxLever": instrument.lever,
        "minLever": "0.01" if pair else "1",
    }
    return [row]


def _margin_at(account: Account, leg: Leg, lever: Decimal) -> Decimal:
    return leg_needs(account, leg, account.market.mark(leg.instrument.inst_id)).initial * leg.lever / lever


def post_margin_balance(account: Account, params: Params) -> Rows:
    """
    POST account/position/margin-balance: add to, or take from, the margin of an isolated position.

    Raises 51040 for a bought option, 59300 without a position, 59301 beyond what there is or what it needs to keep,
    59302 while an order that closes it waits.
    """
    required(params, "instId", "posSide", "type", "amt")
    kind = chosen(params, "type", ("add", "reduce"))
    side = chosen(params, "posSide", ("net", "long", "short"))
    moved = amount(params, "amt")
    leg = _isolated(account, known_instrument(account, text(params, "instId")), side, text(params, "ccy"))
    if kind == "reduce" and any(
        order.request.td_mode == "isolated" and (order.request.side == "sell") == leg.long
        for order in account.orders.open_of(leg.instrument.inst_id)
    ):
        text_59302 = "Margin adjustment failed due to pending close order. Please cancel any pending close orders."
        raise Refusal("59302", text_59302)
    limit = currency_state(account, leg.ccy).available if kind == "add" else leg.margin - _least_margin(account, leg)
    if moved > max(limit, ZERO):
        raise Refusal("59301", "Margin adjustment failed for exceeding the max limit.")
    change, bill = (moved, ADDED_BY_HAND) if kind == "add" else (-moved, REDUCED_BY_HAND)
    changed = move_margin(account, leg, change, bill, "transferred")
    return [
        {
            "amt": plain(moved),
            "ccy": changed.ccy,
            "instId": changed.instrument.inst_id,
            "leverage": plain(ratio(_worth(account, changed) / changed.margin)) if changed.margin else "",
            "posSide": side,
            "type": kind,
        }
    ]


def _isolated(account: Account, instrument: SimInstrument, side: str, ccy: str) -> Leg:
    for leg in account.open_legs():
        named = leg.instrument.inst_id == instrument.inst_id and leg.isolated and leg.pos_side == side
        if named and ccy in ("", leg.ccy):
            if leg.instrument.inst_type == "OPTION" and leg.long:
                raise Refusal("51040", "Cannot adjust margins for long isolated options positions")
            return leg
    raise Refusal("59300", "Margin call failed. Position does not exist.")


def _least_margin(account: Account, leg: Leg) -> Decimal:
    """What must stay: the initial margin at the mark price, more where the position has lost."""
    mark = account.market.mark(leg.instrument.inst_id)
    if leg.instrument.inst_type == "MARGIN":
        return debt_value(leg, mark) / leg.lever
    return opening_margin(leg.instrument, leg.contracts, mark, leg.lever)


def _worth(account: Account, leg: Leg) -> Decimal:
    mark = account.market.mark(leg.instrument.inst_id)
    if leg.instrument.inst_type == "MARGIN":
        return debt_value(leg, mark)
    return settle_value(leg.instrument, leg.contracts, mark)


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/adjust-leverage-info"): get_adjust_leverage_info,
    ("GET", "account/leverage-info"): get_leverage_info,
    ("POST", "account/position/margin-balance"): post_margin_balance,
    ("POST", "account/set-leverage"): post_set_leverage,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
