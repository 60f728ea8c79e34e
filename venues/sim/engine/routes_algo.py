"""The algo endpoints: place, amend, cancel, and the two lists (OKX docs v5, "Algo Trading")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.algo_request import ALGO_TYPES, MARKET_PX, algo_price, check_stops, read_algo
from dualwitness.venues.sim.engine.algos import cancel_algo, place_algo
from dualwitness.venues.sim.engine.amounts import is_multiple, parsed
from dualwitness.venues.sim.engine.paging import page
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.engine.rows_algo import algo_ack, algo_amend_ack, algo_row
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_algo_history",
    "get_algo_order",
    "get_algos_pending",
    "post_algo_order",
    "post_amend_algos",
    "post_cancel_algos",
]

Row = dict[str, object]
Rows = list[Row]

_CANCEL_MOST = 10
_FINISHED = ("effective", "canceled", "order_failed")
_LIFE_MS = 90 * 24 * 3_600_000


def post_algo_order(account: Account, params: Params) -> Rows:
    """POST trade/order-algo: a refusal of the order is a row with its sCode; a missing parameter is raised (50014)."""
    try:
        instrument = account.instruments.get(text(params, "instId"))
        last_px = Decimal(1) if instrument is None else account.market.last(instrument.inst_id)
        now_ms = account.clock.now_ms()
        algo = place_algo(account, read_algo(params, account.instruments, account.ids.unique(), now_ms, last_px))
    except Refusal as refusal:
        if not refusal.per_row:
            raise
        return [algo_ack(text(params, "algoClOrdId") or text(params, "clOrdId"), "", text(params, "tag"), refusal)]
    return [algo_ack(algo.algo_cl_ord_id, algo.algo_id, algo.tag)]


def _named(account: Account, params: Params) -> AlgoOrder | None:
    """The algo order that algoId or, failing it, algoClOrdId names; 50015 when neither is given."""
    algo_id, client_id = text(params, "algoId"), text(params, "algoClOrdId")
    if not algo_id and not client_id:
        raise Refusal("50015", "Either parameter algoId or algoClOrdId is required.", http_status=400)
    found = account.algos.get(algo_id) if algo_id else account.algos.newest_of_client(client_id)
    wanted = text(params, "instId")
    return found if found is None or wanted in ("", found.instrument.inst_id) else None


def post_cancel_algos(account: Account, many: Sequence[Params]) -> Rows:
    """POST trade/cancel-algos: up to 10, one row each; 51400 in the row for what is finished or unknown."""
    if not many:
        raise Refusal("50000", "Body for POST request cannot be empty.", http_status=400)
    if len(many) > _CANCEL_MOST:
        raise Refusal("51111", f"Maximum {_CANCEL_MOST} orders can be placed in bulk.")
    rows: Rows = []
    for params in many:
        algo = _named(account, params)
        asked = text(params, "algoId"), text(params, "algoClOrdId")
        try:
            algo = cancel_algo(account, algo, account.clock.now_ms())
            rows.append({**algo_ack(algo.algo_cl_ord_id, algo.algo_id, algo.tag), "clOrdId": ""})
        except Refusal as refusal:
            rows.append({**algo_ack(asked[1], asked[0], "", refusal), "clOrdId": ""})
    return rows


# Parameter of trade/amend-algos and the field of the order that it replaces.
_AMENDED = {
    "newOrdPx": "ord_px",
    "newSlOrdPx": "sl_ord_px",
    "newSlTriggerPx": "sl_trigger_px",
    "newTpOrdPx": "tp_ord_px",
    "newTpTriggerPx": "tp_trigger_px",
    "newTriggerPx": "trigger_px",
}


def post_amend_algos(account: Account, params: Params) -> Rows:
    """POST trade/amend-algos: 51503 in the row for an order that is finished or unknown, 51500 when nothing changes."""
    request_id = text(params, "reqId")
    algo = _named(account, params)
    try:
        algo = account.keep_algo(_amended(account, algo, params))
    except Refusal as refusal:
        if not refusal.per_row:
            raise
        if algo is not None and algo.open and text(params, "cxlOnFail") == "true":
            cancel_algo(account, algo, account.clock.now_ms())
        return [algo_amend_ack(text(params, "algoClOrdId"), text(params, "algoId"), request_id, refusal)]
    return [algo_amend_ack(algo.algo_cl_ord_id, algo.algo_id, request_id)]


def _amended(account: Account, algo: AlgoOrder | None, params: Params) -> AlgoOrder:
    if algo is None or not algo.open:
        raise refusals.amend_finished()
    changes: dict[str, Decimal] = {}
    for name, field in _AMENDED.items():
        price = algo_price(params, name)
        if price is None:
            continue
        if price == MARKET_PX and "Trigger" in name:
            raise refusals.bad_row_parameter(name)
        if price != MARKET_PX and not is_multiple(price, algo.instrument.tick_sz):
            raise refusals.row("51150", "The precision of the number of trades or the price exceeds the limit.")
        if getattr(algo, field) is None:
            raise refusals.bad_row_parameter(name)
        changes[field] = price
    size = text(params, "newSz")
    if size:
        value = parsed(size)
        if value is None or value <= 0 or algo.sz is None:
            raise refusals.bad_row_parameter("newSz")
        if not is_multiple(value, algo.instrument.lot_sz):
            raise refusals.not_a_lot_multiple()
        changes["sz"] = value
    if not changes:
        raise refusals.row("51500", "You must enter a price, quantity, or TP/SL.")
    last_px = account.market.last(algo.instrument.inst_id)
    trigger_px = changes.get("trigger_px")
    amended = replace(
        algo,
        tp_trigger_px=changes.get("tp_trigger_px", algo.tp_trigger_px),
        tp_ord_px=changes.get("tp_ord_px", algo.tp_ord_px),
        sl_trigger_px=changes.get("sl_trigger_px", algo.sl_trigger_px),
        sl_ord_px=changes.get("sl_ord_px", algo.sl_ord_px),
        trigger_px=trigger_px or algo.trigger_px,
        ord_px=changes.get("ord_px", algo.ord_px),
        sz=changes.get("sz", algo.sz),
        rising=algo.rising if trigger_px is None else trigger_px > last_px,
        updated_ms=account.clock.now_ms(),
    )
    check_stops(amended.side, last_px, amended.tp_trigger_px, amended.sl_trigger_px)
    return amended


def get_algo_order(account: Account, params: Params) -> Rows:
    """GET trade/order-algo; raises 51603 (top level) for an algo order that does not exist, 50015."""
    algo = _named(account, params)
    if algo is None:
        raise refusals.order_unknown()
    return [algo_row(account, algo)]


def get_algos_pending(account: Account, params: Params) -> Rows:
    """GET trade/orders-algo-pending: those that wait, newest first; raises 50014 without ordType."""
    return _listed(account, params, list(account.algos.open_algos()))


def get_algo_history(account: Account, params: Params) -> Rows:
    """GET trade/orders-algo-history: finished ones of three months; needs ordType and either state or algoId."""
    state = text(params, "state")
    if not text(params, "ordType"):
        raise refusals.empty_parameter("ordType")
    if not state and not text(params, "algoId"):
        raise Refusal("50015", "Either parameter state or algoId is required.", http_status=400)
    if state and state not in _FINISHED:
        raise refusals.bad_parameter("state")
    since_ms = account.clock.now_ms() - _LIFE_MS
    finished = (algo for algo in account.algos if not algo.open and algo.updated_ms >= since_ms)
    return _listed(account, params, [algo for algo in finished if state in ("", algo.state)])


def _listed(account: Account, params: Params, algos: list[AlgoOrder]) -> Rows:
    kinds = text(params, "ordType")
    if not kinds:
        raise refusals.empty_parameter("ordType")
    # Types that this venue does not take are asked for by clients that look for everything: none of them waits.
    known = (*ALGO_TYPES, "iceberg", "twap", "chase", "smart_iceberg")
    wanted = kinds.split(",")
    if any(kind not in known for kind in wanted):
        raise refusals.bad_parameter("ordType")
    inst_type, inst_id, algo_id = text(params, "instType"), text(params, "instId"), text(params, "algoId")
    client_id = text(params, "algoClOrdId")
    kept = [
        algo
        for algo in algos
        if algo.ord_type in wanted
        and inst_type in ("", algo.inst_type)
        and inst_id in ("", algo.instrument.inst_id)
        and algo_id in ("", algo.algo_id)
        and client_id in ("", algo.algo_cl_ord_id)
    ]
    shown = page(kept, params, cursor=lambda algo: int(algo.algo_id), time_ms=lambda algo: algo.created_ms)
    return [algo_row(account, algo) for algo in shown]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "trade/order-algo"): get_algo_order,
    ("GET", "trade/orders-algo-history"): get_algo_history,
    ("GET", "trade/orders-algo-pending"): get_algos_pending,
    ("POST", "trade/amend-algos"): post_amend_algos,
    ("POST", "trade/order-algo"): post_algo_order,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {
    ("POST", "trade/cancel-advance-algos"): post_cancel_algos,
    ("POST", "trade/cancel-algos"): post_cancel_algos,
}
