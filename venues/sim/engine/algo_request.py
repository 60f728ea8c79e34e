"""
Reading an algo order: conditional, oco, trigger and move_order_stop, as POST trade/order-algo takes them.

Texts of 51277 to 51280 are those of OKX docs v5 (error codes, trade); the roles of the prices are its section
"Place algo order".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.amounts import is_multiple, parsed
from dualwitness.venues.sim.engine.refusals import bad_row_parameter, empty_parameter, row, unknown_instrument
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument

__all__ = ["ALGO_TYPES", "MARKET_PX", "algo_price", "check_stops", "read_algo"]

ALGO_TYPES = ("conditional", "oco", "trigger", "move_order_stop")
MARKET_PX = Decimal(-1)

_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Za-z0-9]{1,16}")
_PX_TYPES = ("last", "index", "mark")
# Parameters that would change what the order means and that this venue does not offer: refused, never ignored.
_NOT_OFFERED = (
    *("attachAlgoOrds", "chaseType", "chaseVal", "maxChaseType", "maxChaseVal", "pxLimit", "pxSpread", "pxVar"),
    *("quickMgnType", "slTriggerRatio", "szLimit", "timeInterval", "tpTriggerRatio", "advanceOrdType"),
)
_WORDS = {
    "side": ("buy", "sell"),
    "ordType": ALGO_TYPES,
    "posSide": ("", "net", "long", "short"),
    "tdMode": ("cash", "cross", "isolated"),
    "reduceOnly": ("", "true", "false"),
    "tgtCcy": ("", "base_ccy", "quote_ccy"),
    "tpOrdKind": ("", "condition"),
    "closeFraction": ("", "1"),
    "cxlOnClosePos": ("", "true", "false"),
}


def algo_price(params: Params, name: str) -> Decimal | None:
    """A price parameter: None when it was not given, -1 for a market order; raises 51000 for anything else."""
    word = text(params, name)
    if not word:
        return None
    if word == "-1":
        return MARKET_PX
    value = parsed(word)
    if value is None or value <= 0:
        raise bad_row_parameter(name)
    return value


def _trigger(params: Params, name: str) -> Decimal | None:
    value = algo_price(params, name)
    if value == MARKET_PX:
        raise bad_row_parameter(name)
    return value


def read_algo(
    params: Params, instruments: Mapping[str, SimInstrument], algo_id: str, now_ms: int, last_px: Decimal
) -> AlgoOrder:
    """
    Read the parameters of one algo order, ``last_px`` being its instrument's last price.

    Raises `Refusal`: 50014 missing, 50015, 51000 malformed, 51001, 51121, 51150, 51277 to 51280.
    """
    for name in ("instId", "tdMode", "side", "ordType"):
        if not text(params, name):
            raise empty_parameter(name)
    instrument = instruments.get(text(params, "instId"))
    if instrument is None:
        raise unknown_instrument(per_row=True)
    _check_words(params)
    algo = AlgoOrder(
        algo_id=algo_id,
        algo_cl_ord_id=text(params, "algoClOrdId") or text(params, "clOrdId"),
        instrument=instrument,
        inst_type=instrument.inst_type,
        ord_type=text(params, "ordType"),
        td_mode=text(params, "tdMode"),
        side=text(params, "side"),
        pos_side=text(params, "posSide"),
        sz=_size(params, instrument),
        reduce_only=text(params, "reduceOnly") == "true",
        tgt_ccy=text(params, "tgtCcy"),
        ccy=text(params, "ccy"),
        tag=text(params, "tag"),
        created_ms=now_ms,
        updated_ms=now_ms,
        tp_trigger_px=_trigger(params, "tpTriggerPx"),
        tp_trigger_px_type=_px_type(params, "tpTriggerPxType"),
        tp_ord_px=algo_price(params, "tpOrdPx"),
        sl_trigger_px=_trigger(params, "slTriggerPx"),
        sl_trigger_px_type=_px_type(params, "slTriggerPxType"),
        sl_ord_px=algo_price(params, "slOrdPx"),
        trigger_px=_trigger(params, "triggerPx"),
        trigger_px_type=_px_type(params, "triggerPxType"),
        ord_px=algo_price(params, "orderPx"),
        callback_ratio=_trigger(params, "callbackRatio"),
        callback_spread=_trigger(params, "callbackSpread"),
        active_px=_trigger(params, "activePx"),
        close_fraction=parsed(text(params, "closeFraction")) if text(params, "closeFraction") else None,
        cancel_on_close_position=text(params, "cxlOnClosePos") == "true",
        rising=(_trigger(params, "triggerPx") or Decimal(0)) > last_px,
    )
    _check_roles(algo)
    _check_ticks(algo)
    check_stops(algo.side, last_px, algo.tp_trigger_px, algo.sl_trigger_px)
    return algo


def _check_words(params: Params) -> None:
    for name, words in _WORDS.items():
        if text(params, name) not in words:
            raise bad_row_parameter(name)
    for name, pattern in (("algoClOrdId", _CLIENT_ID), ("clOrdId", _CLIENT_ID), ("tag", _TAG)):
        word = text(params, name)
        if word and not pattern.fullmatch(word):
            raise bad_row_parameter(name)
    for name in _NOT_OFFERED:
        if text(params, name):
            raise bad_row_parameter(name)


def _px_type(params: Params, name: str) -> str:
    word = text(params, name) or "last"
    if word not in _PX_TYPES:
        raise bad_row_parameter(name)
    return word


def _size(params: Params, instrument: SimInstrument) -> Decimal | None:
    """The size; None with closeFraction, which is for whole positions in swaps and futures."""
    if text(params, "closeFraction"):
        if instrument.inst_type not in ("SWAP", "FUTURES") or text(params, "sz"):
            raise bad_row_parameter("closeFraction")
        return None
    if not text(params, "sz"):
        raise empty_parameter("sz")
    value = parsed(text(params, "sz"))
    if value is None or value <= 0:
        raise bad_row_parameter("sz")
    # A quote-sized market order is no multiple of anything.
    if text(params, "tgtCcy") != "quote_ccy" and not is_multiple(value, instrument.lot_sz):
        raise row("51121", "Order quantity must be a multiple of the lot size.")
    return value


def _check_roles(algo: AlgoOrder) -> None:
    """Each type needs its own prices, in pairs of trigger and order."""
    if algo.ord_type == "trigger":
        _required(algo.trigger_px, "triggerPx")
        _required(algo.ord_px, "orderPx")
        return
    if algo.ord_type == "move_order_stop":
        if (algo.callback_ratio is None) == (algo.callback_spread is None):
            raise Refusal("50015", "Either parameter callbackRatio or callbackSpread is required.", http_status=400)
        if algo.callback_ratio is not None and algo.callback_ratio >= 1:
            raise bad_row_parameter("callbackRatio")
        return
    both = algo.ord_type == "oco"
    if algo.tp_trigger_px is None and algo.sl_trigger_px is None:
        raise Refusal("50015", "Either parameter tpTriggerPx or slTriggerPx is required.", http_status=400)
    if both or algo.tp_trigger_px is not None:
        _required(algo.tp_trigger_px, "tpTriggerPx")
        _required(algo.tp_ord_px, "tpOrdPx")
    if both or algo.sl_trigger_px is not None:
        _required(algo.sl_trigger_px, "slTriggerPx")
        _required(algo.sl_ord_px, "slOrdPx")


def _required(value: Decimal | None, name: str) -> None:
    if value is None:
        raise empty_parameter(name)


def _check_ticks(algo: AlgoOrder) -> None:
    prices = (algo.tp_trigger_px, algo.tp_ord_px, algo.sl_trigger_px, algo.sl_ord_px, algo.trigger_px, algo.ord_px)
    for price in (*prices, algo.active_px):
        if price is not None and price != MARKET_PX and not is_multiple(price, algo.instrument.tick_sz):
            raise row("51150", "The precision of the number of trades or the price exceeds the limit.")


def check_stops(side: str, last_px: Decimal, tp_px: Decimal | None, sl_px: Decimal | None) -> None:
    """Refuse a take profit or stop loss on the wrong side of the last price: it would fire at once."""
    if side == "buy":
        if tp_px is not None and tp_px > last_px:
            raise row("51277", "TP trigger price can not be higher than the last price.")
        if sl_px is not None and sl_px < last_px:
            raise row("51278", "SL trigger price can not be lower than the last price.")
        return
    if tp_px is not None and tp_px < last_px:
        raise row("51279", "TP trigger price can not be lower than the last price.")
    if sl_px is not None and sl_px > last_px:
        raise row("51280", "SL trigger price can not be higher than the last price.")
