"""The account endpoints that tell how much could be traded, borrowed or withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, money, parsed, plain
from dualwitness.venues.sim.engine.asked import chosen, flag, known_instrument, names, required, top_level
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.margin_pairs import is_margin
from dualwitness.venues.sim.engine.request import OrderRequest, text
from dualwitness.venues.sim.engine.sizes import (
    available_to_use,
    largest_loan,
    largest_size,
    reducible,
    trial_request,
)
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument

__all__ = ["MANY", "ONE", "get_max_avail_size", "get_max_loan", "get_max_size", "get_max_withdrawal"]

Rows = list[dict[str, object]]

_TRADE_MODES = ("cash", "cross", "isolated", "spot_isolated")
_INSTRUMENTS_MOST = 5


def _asked(account: Account, params: Params) -> tuple[tuple[SimInstrument, ...], str]:
    """The instruments and the trade mode; raises 50014, 50025, 51000 and 51001."""
    required(params, "instId", "tdMode")
    mode = chosen(params, "tdMode", _TRADE_MODES)
    wanted = names(params, "instId", _INSTRUMENTS_MOST)
    return tuple(known_instrument(account, inst_id) for inst_id in wanted), mode


def _trial(
    account: Account, instrument: SimInstrument, mode: str, side: str, params: Params, px: Decimal | None = None
) -> OrderRequest:
    try:
        return trial_request(account, instrument, mode, side, text(params, "ccy"), px)
    except Refusal as refusal:
        raise top_level(refusal) from refusal


def get_max_size(account: Account, params: Params) -> Rows:
    """
    GET account/max-size: base currency on a pair, contracts elsewhere, at ``px`` or the market's price.

    Raises 59202 for cross contracts in portfolio margin, and what the legal matrix refuses.
    """
    instruments, mode = _asked(account, params)
    px = parsed(text(params, "px")) if text(params, "px") else None
    if text(params, "px") and not px:
        raise refusals.bad_parameter("px")
    rows: Rows = []
    for instrument in instruments:
        if account.account_level == "4" and mode == "cross" and not instrument.is_spot:
            raise Refusal("59202", "No access to max opening amount in cross positions for PM accounts.")
        buy, sell = (_trial(account, instrument, mode, side, params, px) for side in ("buy", "sell"))
        rows.append(
            {
                "ccy": buy.ccy if is_margin(buy.instrument) else "",
                "instId": instrument.inst_id,
                "maxBuy": plain(largest_size(account, buy)),
                "maxSell": plain(largest_size(account, sell)),
            }
        )
    return rows


def get_max_avail_size(account: Account, params: Params) -> Rows:
    """
    GET account/max-avail-size: quote and base of a pair, the margin currency of everything else.

    With ``reduceOnly`` what a position lets be closed.
    """
    instruments, mode = _asked(account, params)
    reduces = flag(params, "reduceOnly", "false")
    rows: Rows = []
    for instrument in instruments:
        buy, sell = (_trial(account, instrument, mode, side, params) for side in ("buy", "sell"))
        if reduces:
            most = (reducible(account, buy), reducible(account, sell))
        else:
            most = (_usable(account, buy), _usable(account, sell))
        rows.append(
            {
                "availBuy": plain(money(most[0])),
                "availSell": plain(money(most[1])),
                "instId": instrument.inst_id,
                "tradeQuoteCcy": text(params, "tradeQuoteCcy"),
            }
        )
    return rows


def _usable(account: Account, request: OrderRequest) -> Decimal:
    instrument = request.instrument
    if instrument.is_spot and not (is_margin(instrument) and request.td_mode == "cross"):
        ccy = instrument.quote_ccy if request.side == "buy" else instrument.base_ccy
        own = max(currency_state(account, ccy).available, ZERO)
        return own + (largest_loan(account, ccy) if account.account_level in ("3", "4") else ZERO)
    ccy = request.ccy if is_margin(instrument) else instrument.settle_ccy
    return max(available_to_use(account, ccy), ZERO)


def get_max_loan(account: Account, params: Params) -> Rows:
    """GET account/max-loan: by pair a row for each side, or by currency where spot mode borrows; raises 50015."""
    mode = chosen(params, "mgnMode", ("cross", "isolated"))
    if not text(params, "instId"):
        if not text(params, "ccy"):
            raise Refusal("50015", "Either parameter instId or ccy is required.", http_status=400)
        return [_loan_row("", mode, "", ccy, "", largest_loan(account, ccy)) for ccy in names(params, "ccy", 5)]
    margin_ccy = text(params, "mgnCcy")
    rows: Rows = []
    for inst_id in names(params, "instId", _INSTRUMENTS_MOST):
        pair = known_instrument(account, inst_id)
        if not pair.is_spot:
            raise refusals.bad_parameter("instId")
        for side, ccy in (("sell", pair.base_ccy), ("buy", pair.quote_ccy)):
            rows.append(
                _loan_row(inst_id, mode, margin_ccy, ccy, side, _pair_loan(account, pair, mode, margin_ccy, side))
            )
    return rows


def _pair_loan(account: Account, pair: SimInstrument, mode: str, margin_ccy: str, side: str) -> Decimal:
    """What an order of that side could borrow: its largest size in base, or its value in quote."""
    borrowed = pair.base_ccy if side == "sell" else pair.quote_ccy
    if account.account_level != "2":
        return largest_loan(account, borrowed)
    try:
        request = trial_request(account, pair, mode, side, margin_ccy or (pair.quote_ccy if mode == "isolated" else ""))
    except Refusal as refusal:
        raise top_level(refusal) from refusal
    size = largest_size(account, request)
    return size if side == "sell" else size * account.market.mark(pair.inst_id)


def _loan_row(inst_id: str, mode: str, margin_ccy: str, ccy: str, side: str, loan: Decimal) -> dict[str, object]:
    return {
        "ccy": ccy,
        "instId": inst_id,
        "maxLoan": plain(money(loan)),
        "mgnCcy": margin_ccy,
        "mgnMode": mode,
        "side": side,
    }


def get_max_withdrawal(account: Account, params: Params) -> Rows:
    """GET account/max-withdrawal: what may leave the account, without and with what could be borrowed."""
    asked = names(params, "ccy", 20)
    rows: Rows = []
    for ccy in asked or sorted(ccy for ccy, cash in account.cash.items() if cash > 0):
        state = currency_state(account, ccy)
        free = max(min(state.available, state.cash - state.borrowed), ZERO)
        rows.append(
            {
                "ccy": ccy,
                "maxWd": plain(money(free)),
                "maxWdEx": plain(money(free + largest_loan(account, ccy))),
                "spotOffsetMaxWd": "",
                "spotOffsetMaxWdEx": "",
            }
        )
    return rows


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/max-avail-size"): get_max_avail_size,
    ("GET", "account/max-loan"): get_max_loan,
    ("GET", "account/max-size"): get_max_size,
    ("GET", "account/max-withdrawal"): get_max_withdrawal,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
