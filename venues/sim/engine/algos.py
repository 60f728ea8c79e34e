"""
Algo orders: place, amend, cancel, and the look at the market that fires them.

A conditional order with both a take profit and a stop loss obeys its stop loss alone; an oco order obeys whichever
comes first (OKX docs v5, "Place algo order").
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.algo_request import MARKET_PX
from dualwitness.venues.sim.engine.amounts import exact, plain, ticked
from dualwitness.venues.sim.engine.legality import check_position_side, check_trade_mode
from dualwitness.venues.sim.engine.margin_pairs import as_traded
from dualwitness.venues.sim.engine.order import Origin
from dualwitness.venues.sim.engine.refusals import already_finished, bad_row_parameter, row
from dualwitness.venues.sim.engine.request import read_request
from dualwitness.venues.sim.engine.trading import place
from dualwitness.venues.sim.kinds import Refusal

__all__ = ["cancel_algo", "fire_due", "place_algo"]

# What OKX's order field ``source`` says of a child: 6 of a trigger order, 7 of a TP/SL order, 25 of a trailing stop.
_SOURCES = {"trigger": "6", "conditional": "7", "oco": "7", "move_order_stop": "25"}
_PENDING_MOST = 500


class _Shot(NamedTuple):
    """What fired: which side of the order, and the price the child order goes out at (-1: market)."""

    side: str
    order_px: Decimal


@exact
def place_algo(account: Account, algo: AlgoOrder) -> AlgoOrder:
    """Register an algo order that was read; raises `Refusal` 51065 (client id taken), 51010, 51000, 51174."""
    if algo.algo_cl_ord_id:
        known = account.algos.newest_of_client(algo.algo_cl_ord_id)
        if known is not None and known.open:
            raise row("51065", "algoClOrdId already exists.")
    if sum(1 for one in account.algos.open_algos() if one.instrument is algo.instrument) >= _PENDING_MOST:
        raise row("51174", "Number of pending orders reached the upper limit.")
    if algo.instrument.is_spot and algo.reduce_only and algo.td_mode == "cash":
        raise bad_row_parameter("reduceOnly")
    _check_mode(account, algo)
    return account.keep_algo(algo)


def _check_mode(account: Account, algo: AlgoOrder) -> None:
    """The same legal matrix as for the order it will become."""
    child = read_request(_child(algo, _Shot("", MARKET_PX), algo.sz or algo.instrument.min_sz), account.instruments)
    request = as_traded(account, child)
    check_trade_mode(request, account)
    check_position_side(request, account)


def cancel_algo(account: Account, algo: AlgoOrder | None, ts_ms: int) -> AlgoOrder:
    """Cancel a waiting algo order; raises 51400 for one that is finished or unknown."""
    if algo is None or not algo.open:
        raise already_finished()
    return account.keep_algo(replace(algo, state="canceled", updated_ms=ts_ms))


@exact
def fire_due(account: Account) -> None:
    """Fire what the market has reached at the account's present moment, oldest first."""
    for waiting in tuple(account.algos.open_algos()):
        algo = account.algos.get(waiting.algo_id)
        if algo is None or not algo.open:
            continue
        if algo.cancel_on_close_position and _position_closed(account, algo):
            cancel_algo(account, algo, account.clock.now_ms())
            continue
        algo = _follow(account, algo)
        shot = _shot(account, algo)
        if shot is not None:
            _fire(account, algo, shot)


def _position_closed(account: Account, algo: AlgoOrder) -> bool:
    """Whether a position that stood after the order was placed is flat now."""
    key = (algo.instrument.inst_id, algo.td_mode, algo.pos_side or "net", algo.instrument.settle_ccy)
    leg = account.legs.get(key)
    return leg is not None and not leg.contracts and leg.updated_ms >= algo.created_ms


def _price(account: Account, algo: AlgoOrder, kind: str) -> Decimal:
    inst_id = algo.instrument.inst_id
    if kind == "mark":
        return account.market.mark(inst_id)
    return account.market.index(inst_id) if kind == "index" else account.market.last(inst_id)


def _follow(account: Account, algo: AlgoOrder) -> AlgoOrder:
    """A trailing stop moves with the best price since it became active."""
    if algo.ord_type != "move_order_stop":
        return algo
    last = _price(account, algo, "last")
    sells = algo.side == "sell"
    if algo.extreme_px is None:
        waits = algo.active_px is not None and (last < algo.active_px if sells else last > algo.active_px)
        if waits:
            return algo
        extreme = last
    else:
        extreme = max(algo.extreme_px, last) if sells else min(algo.extreme_px, last)
        if extreme == algo.extreme_px:
            return algo
    ratio, spread = algo.callback_ratio, algo.callback_spread
    distance = (spread or Decimal(0)) if ratio is None else extreme * ratio
    stop = ticked(extreme - distance if sells else extreme + distance, algo.instrument.tick_sz)
    return account.keep_algo(replace(algo, extreme_px=extreme, move_trigger_px=stop, updated_ms=account.clock.now_ms()))


def _shot(account: Account, algo: AlgoOrder) -> _Shot | None:
    if algo.ord_type == "trigger" and algo.trigger_px is not None and algo.ord_px is not None:
        px = _price(account, algo, algo.trigger_px_type)
        reached = px >= algo.trigger_px if algo.rising else px <= algo.trigger_px
        return _Shot("", algo.ord_px) if reached else None
    if algo.ord_type == "move_order_stop":
        if algo.move_trigger_px is None:
            return None
        last = _price(account, algo, "last")
        reached = last <= algo.move_trigger_px if algo.side == "sell" else last >= algo.move_trigger_px
        return _Shot("", MARKET_PX) if reached else None
    return _stop(account, algo)


def _stop(account: Account, algo: AlgoOrder) -> _Shot | None:
    sells = algo.side == "sell"
    if algo.sl_trigger_px is not None and algo.sl_ord_px is not None:
        px = _price(account, algo, algo.sl_trigger_px_type)
        if px <= algo.sl_trigger_px if sells else px >= algo.sl_trigger_px:
            return _Shot("sl", algo.sl_ord_px)
        if algo.ord_type == "conditional":
            return None
    if algo.tp_trigger_px is not None and algo.tp_ord_px is not None:
        px = _price(account, algo, algo.tp_trigger_px_type)
        if px >= algo.tp_trigger_px if sells else px <= algo.tp_trigger_px:
            return _Shot("tp", algo.tp_ord_px)
    return None


def _fire(account: Account, algo: AlgoOrder, shot: _Shot) -> None:
    """Send the child order; a refusal makes the algo order fail with OKX's code, and is nobody's error."""
    now_ms = account.clock.now_ms()
    fired = replace(algo, triggered_ms=now_ms, updated_ms=now_ms, actual_side=shot.side)
    size = algo.sz
    if size is None:
        size = abs(account.held(algo.instrument, algo.td_mode, algo.pos_side or "net"))
    try:
        if not size:
            raise row("51023", "Position doesn't exist.")
        origin = Origin(_SOURCES[algo.ord_type], algo.algo_id, algo.algo_cl_ord_id)
        order = place(account, read_request(_child(algo, shot, size), account.instruments), origin=origin)
    except Refusal as refusal:
        account.keep_algo(replace(fired, state="order_failed", fail_code=refusal.code))
        return
    sent_px = account.market.last(order.instrument.inst_id) if order.request.px is None else order.request.px
    sent = replace(fired, state="effective", order_ids=(order.ord_id,), actual_px=sent_px, actual_sz=size)
    account.keep_algo(sent)


def _child(algo: AlgoOrder, shot: _Shot, size: Decimal) -> dict[str, str]:
    """The parameters of the order that an algo order becomes."""
    market = shot.order_px == MARKET_PX
    spot_market = market and algo.instrument.is_spot
    return {
        "instId": algo.instrument.inst_id,
        "tdMode": algo.td_mode,
        "side": algo.side,
        "posSide": algo.pos_side,
        "ordType": "market" if market else "limit",
        "sz": plain(size),
        "px": "" if market else plain(shot.order_px),
        "ccy": algo.ccy,
        "tag": algo.tag,
        "tgtCcy": algo.tgt_ccy if spot_market else "",
        # closeFraction closes: the venue itself sees to it that nothing is opened.
        "reduceOnly": "true" if algo.reduce_only or (algo.sz is None and algo.pos_side in ("", "net")) else "false",
    }
