"""
The legal matrix: which trade mode, position side and order type an instrument takes under which account mode.

Source: okx-v5-facts sections 5 to 7 (OKX docs v5 and recorded refusals).
"""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.refusals import (
    account_mode,
    bad_row_parameter,
    net_mode_only,
    no_isolated_pairs,
    row,
    wrong_margin_currency,
)
from dualwitness.venues.sim.engine.request import OrderRequest

__all__ = [
    "check_instrument_state",
    "check_order_type",
    "check_position_side",
    "check_reduce_only",
    "check_target_currency",
    "check_trade_mode",
]

_CONTRACTS = ("SWAP", "FUTURES")


def check_instrument_state(request: OrderRequest) -> None:
    """Refuse what is not trading: 51021 before listing, 51022 suspended, post-only phases take nothing else."""
    state = request.instrument.state
    if state == "live" or (state == "post_only" and request.ord_type == "post_only"):
        return
    if state == "preopen":
        raise row("51021", f"{request.instrument.inst_id} is not listed yet.")
    raise row("51022", f"{request.instrument.inst_id} is currently suspended.")


def check_trade_mode(request: OrderRequest, account: Account) -> None:
    """Refuse a tdMode this account mode does not know for this kind of instrument."""
    level, mode = account.account_level, request.td_mode
    if request.instrument.is_spot:
        _check_pair(request, level)
    elif level == "1":
        if request.instrument.inst_type != "OPTION" or mode != "cash":
            raise account_mode()
    elif mode == "cash":
        raise bad_row_parameter("tdMode")
    elif mode == "isolated" and level not in account.settings.isolated_levels:
        raise account_mode()


def _check_pair(request: OrderRequest, level: str) -> None:
    mode = request.td_mode
    if level == "1":
        if mode != "cash":
            raise account_mode()
    elif level == "2":
        if mode != "cash":
            _check_margin(request)
    elif mode == "cash":
        raise bad_row_parameter("tdMode")
    elif mode == "isolated":
        raise no_isolated_pairs()


def _check_margin(request: OrderRequest) -> None:
    """A MARGIN order names its margin currency, base or quote of the pair; a pair that is not lent says 54000."""
    pair = request.instrument
    if not request.ccy and request.td_mode == "cross":
        raise row("50014", "Parameter ccy can not be empty.")
    if pair.inst_type != "MARGIN":
        raise row("54000", "Margin trading is not supported.")
    if request.ccy not in (pair.base_ccy, pair.quote_ccy):
        raise wrong_margin_currency()


def check_position_side(request: OrderRequest, account: Account) -> None:
    """
    PosSide is long or short in long/short mode on swaps and futures, and net or absent everywhere else.

    Portfolio margin only knows net mode: 51041.
    """
    contract, sided = request.instrument.inst_type in _CONTRACTS, request.pos_side in ("long", "short")
    if account.account_level == "4" and contract and sided:
        raise net_mode_only()
    if sided != (account.hedged and contract):
        raise bad_row_parameter("posSide")


def check_order_type(request: OrderRequest) -> None:
    """Options take no market orders (51066); optimal_limit_ioc is for swaps and futures."""
    inst_type = request.instrument.inst_type
    if request.ord_type == "market" and inst_type == "OPTION":
        raise row("51066", "Market orders unavailable for options trading. Place a limit order to close position.")
    if request.ord_type == "optimal_limit_ioc" and inst_type not in _CONTRACTS:
        raise bad_row_parameter("ordType")


def check_target_currency(request: OrderRequest) -> None:
    """Only SPOT orders may name the currency their size counts in (59110)."""
    if request.instrument.inst_type == "MARGIN" and request.asked_tgt_ccy:
        raise row("59110", "The instrument corresponding to this instType does not support the tgtCcy parameter.")


def check_reduce_only(request: OrderRequest, account: Account) -> None:
    """
    Reduce-only is for MARGIN, and for swaps and futures in net mode, in account levels 2 and 3.

    In long/short mode the flag is ignored: closing orders only reduce by themselves (okx-v5-facts section 5).
    """
    instrument, level = request.instrument, account.account_level
    if not request.reduce_only or request.pos_side in ("long", "short"):
        return
    if instrument.inst_type == "SPOT" and level == "1":
        raise row("51139", "Reduce-only feature is unavailable for the spot transactions by spot mode.")
    if instrument.inst_type == "SPOT" and level == "3":
        text = "Reduce-only feature is unavailable for spot transactions in multi-currency margin accounts."
        raise row("51133", text)
    if instrument.inst_type in ("SPOT", "OPTION") or level not in ("2", "3"):
        raise row("51205", "Reduce Only is not available.")
