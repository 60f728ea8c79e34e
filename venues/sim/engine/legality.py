"""
The legal matrix: which trade mode, position side and order type an instrument takes under which account mode.

Source: okx-v5-facts sections 5 to 7 (OKX docs v5 and recorded refusals).
"""

from __future__ import annotations

from dualwitness.venues.sim.engine.refusals import account_mode, bad_row_parameter, row
from dualwitness.venues.sim.engine.request import OrderRequest

__all__ = ["check_instrument_state", "check_order_type", "check_position_side", "check_trade_mode"]


def check_instrument_state(request: OrderRequest) -> None:
    """Refuse what is not trading: 51021 before listing, 51022 suspended, post-only phases take nothing else."""
    state = request.instrument.state
    if state == "live" or (state == "post_only" and request.ord_type == "post_only"):
        return
    if state == "preopen":
        raise row("51021", f"{request.instrument.inst_id} is not listed yet.")
    raise row("51022", f"{request.instrument.inst_id} is currently suspended.")


def check_trade_mode(request: OrderRequest, account_level: str) -> None:
    """Refuse a tdMode this account mode does not know for this kind of instrument."""
    if request.instrument.is_spot:
        _check_pair(request, account_level)
    elif account_level == "1":
        raise account_mode()
    elif request.td_mode == "cash":
        raise bad_row_parameter("tdMode")


def _check_pair(request: OrderRequest, account_level: str) -> None:
    mode = request.td_mode
    if account_level == "1":
        if mode != "cash":
            raise account_mode()
    elif account_level == "2":
        if mode == "cash":
            return
        if mode == "cross" and not request.ccy:
            raise row("50014", "Parameter ccy can not be empty.")
        # Legal on OKX, where it opens a MARGIN position; this venue lends nothing and says so with OKX's code.
        raise row("54000", "Margin trading is not supported.")
    elif mode == "cash":
        raise bad_row_parameter("tdMode")
    elif mode == "isolated":
        raise row("50072", "Isolated margin is not supported in the current account mode.")


def check_position_side(request: OrderRequest, *, hedged: bool) -> None:
    """PosSide is long or short in long/short mode on swaps and futures, and net or absent everywhere else."""
    two_sided = hedged and request.instrument.inst_type in ("SWAP", "FUTURES")
    if (request.pos_side in ("long", "short")) != two_sided:
        raise bad_row_parameter("posSide")


def check_order_type(request: OrderRequest) -> None:
    """Options take no market orders (51066); optimal_limit_ioc is for swaps and futures."""
    inst_type = request.instrument.inst_type
    if request.ord_type == "market" and inst_type == "OPTION":
        raise row("51066", "Market orders unavailable for options trading. Place a limit order instead.")
    if request.ord_type == "optimal_limit_ioc" and inst_type not in ("SWAP", "FUTURES"):
        raise bad_row_parameter("ordType")
