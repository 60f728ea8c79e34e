"""The trade endpoints: place, cancel, amend, and the order and fill queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import parsed
from dualwitness.venues.sim.engine.fees import FEE_RATES
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.paging import page
from dualwitness.venues.sim.engine.request import read_request, text
from dualwitness.venues.sim.engine.rows_order import amend_ack, cancel_ack, fill_row, order_row, place_ack
from dualwitness.venues.sim.engine.trading import amend, cancel, find_order, place
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_fills",
    "get_fills_history",
    "get_order",
    "get_orders_history",
    "get_orders_history_archive",
    "get_orders_pending",
    "post_amend_batch_orders",
    "post_amend_order",
    "post_batch_orders",
    "post_cancel_batch_orders",
    "post_cancel_order",
    "post_order",
]

Row = dict[str, object]
Rows = list[Row]

_BATCH_MOST = 20
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
# An order canceled without any fill stays listed for two hours only (okx-v5-facts section 7).
_UNFILLED_LIFE_MS = 2 * _HOUR_MS


def _place(account: Account, params: Params, taken: Iterable[str] = ()) -> Row:
    order = place(account, read_request(params, account.instruments), taken)
    return place_ack(order.request.cl_ord_id, order.request.tag, account.clock.now_ms(), ord_id=order.ord_id)


def _place_refused(account: Account, params: Params, refusal: Refusal) -> Row:
    return place_ack(text(params, "clOrdId"), text(params, "tag"), account.clock.now_ms(), refusal=refusal)


def post_order(account: Account, params: Params) -> Rows:
    """POST trade/order: a refusal of the order is a row with its sCode; a missing parameter is raised (50014)."""
    try:
        return [_place(account, params)]
    except Refusal as refusal:
        if not refusal.per_row:
            raise
        return [_place_refused(account, params, refusal)]


def post_batch_orders(account: Account, many: Sequence[Params]) -> Rows:
    """POST trade/batch-orders: up to 20, one row each, in order; every refusal is a row."""
    rows: Rows = []
    taken: list[str] = []
    for params in _batch(many):
        try:
            rows.append(_place(account, params, tuple(taken)))
        except Refusal as refusal:
            rows.append(_place_refused(account, params, refusal))
        taken.append(text(params, "clOrdId"))
    return rows


def _batch(many: Sequence[Params]) -> Sequence[Params]:
    if not many:
        raise Refusal("50000", "Body for POST request cannot be empty.", http_status=400)
    if len(many) > _BATCH_MOST:
        raise Refusal("51111", f"Maximum {_BATCH_MOST} orders can be placed in bulk.")
    return many


def _named(account: Account, params: Params) -> Order | None:
    if not text(params, "instId"):
        raise refusals.empty_parameter("instId")
    ord_id, cl_ord_id = text(params, "ordId"), text(params, "clOrdId")
    if not ord_id and not cl_ord_id:
        raise refusals.order_id_required()
    return find_order(account, text(params, "instId"), ord_id, cl_ord_id)


def _cancel(account: Account, params: Params) -> Row:
    order = cancel(account, _named(account, params), account.clock.now_ms())
    return cancel_ack(order.request.cl_ord_id, order.ord_id, account.clock.now_ms())


def _cancel_refused(account: Account, params: Params, refusal: Refusal) -> Row:
    return cancel_ack(text(params, "clOrdId"), text(params, "ordId"), account.clock.now_ms(), refusal)


def post_cancel_order(account: Account, params: Params) -> Rows:
    """POST trade/cancel-order: 51400 in the row for an order that is filled, canceled or unknown."""
    try:
        return [_cancel(account, params)]
    except Refusal as refusal:
        if not refusal.per_row:
            raise
        return [_cancel_refused(account, params, refusal)]


def post_cancel_batch_orders(account: Account, many: Sequence[Params]) -> Rows:
    """POST trade/cancel-batch-orders: one row each."""
    return _each(account, many, _cancel, _cancel_refused)


def _amend(account: Account, params: Params) -> Row:
    order = _named(account, params)
    size, price = text(params, "newSz"), text(params, "newPx")
    if not size and not price:
        raise refusals.row("51500", "You must enter a price, quantity, or TP/SL.")
    new_sz, new_px = parsed(size) if size else None, parsed(price) if price else None
    for name, word, value in (("newSz", size, new_sz), ("newPx", price, new_px)):
        if word and not value:
            raise refusals.bad_row_parameter(name)
    changed = amend(account, order, new_sz, new_px)
    now_ms = account.clock.now_ms()
    return amend_ack(changed.request.cl_ord_id, changed.ord_id, text(params, "reqId"), now_ms)


def _amend_refused(account: Account, params: Params, refusal: Refusal) -> Row:
    now_ms = account.clock.now_ms()
    return amend_ack(text(params, "clOrdId"), text(params, "ordId"), text(params, "reqId"), now_ms, refusal)


def post_amend_order(account: Account, params: Params) -> Rows:
    """POST trade/amend-order: 51503 in the row for an order that is finished or unknown."""
    try:
        return [_amend(account, params)]
    except Refusal as refusal:
        if not refusal.per_row:
            raise
        return [_amend_refused(account, params, refusal)]


def post_amend_batch_orders(account: Account, many: Sequence[Params]) -> Rows:
    """POST trade/amend-batch-orders: one row each."""
    return _each(account, many, _amend, _amend_refused)


def _each(
    account: Account,
    many: Sequence[Params],
    act: Callable[[Account, Params], Row],
    refused: Callable[[Account, Params, Refusal], Row],
) -> Rows:
    rows: Rows = []
    for params in _batch(many):
        try:
            rows.append(act(account, params))
        except Refusal as refusal:
            rows.append(refused(account, params, refusal))
    return rows


def get_order(account: Account, params: Params) -> Rows:
    """GET trade/order; raises 51603 (top level) for an order that does not exist, 51001, 50014."""
    order = _named(account, params)
    if text(params, "instId") not in account.instruments:
        raise refusals.unknown_instrument(per_row=False)
    if order is None:
        raise refusals.order_unknown()
    return [order_row(order)]


def _selected(params: Params, rows: Iterable[Row], names: tuple[str, ...]) -> Rows:
    asked = {name: text(params, name) for name in names if text(params, name)}
    return [row for row in rows if all(row[name] == word for name, word in asked.items())]


def _order_page(params: Params, rows: Rows) -> Rows:
    return page(rows, params, cursor=lambda row: int(str(row["ordId"])), time_ms=lambda row: int(str(row["cTime"])))


_ORDER_FILTERS = ("instType", "instId", "ordType", "state")


def _check_type(params: Params, *, required: bool) -> None:
    inst_type = text(params, "instType")
    if required and not inst_type:
        raise refusals.empty_parameter("instType")
    if inst_type and inst_type not in FEE_RATES:
        raise refusals.bad_parameter("instType")


def get_orders_pending(account: Account, params: Params) -> Rows:
    """GET trade/orders-pending: live and partially filled; instType optional."""
    _check_type(params, required=False)
    rows = (order_row(order) for order in account.open_orders())
    return _order_page(params, _selected(params, rows, _ORDER_FILTERS))


def get_orders_history(account: Account, params: Params) -> Rows:
    """GET trade/orders-history: finished in the last seven days, unfilled cancels for two hours; needs instType."""
    return _history(account, params, 7 * _DAY_MS, _UNFILLED_LIFE_MS)


def get_orders_history_archive(account: Account, params: Params) -> Rows:
    """GET trade/orders-history-archive: three months, never an order canceled without a fill; needs instType."""
    return _history(account, params, 90 * _DAY_MS, 0)


def _history(account: Account, params: Params, life_ms: int, unfilled_life_ms: int) -> Rows:
    _check_type(params, required=True)
    now_ms = account.clock.now_ms()
    rows = (
        order_row(order, history=True)
        for order in account.orders
        if not order.open and now_ms - order.updated_ms < (life_ms if order.filled else unfilled_life_ms)
    )
    return _order_page(params, _selected(params, rows, _ORDER_FILTERS))


def get_fills(account: Account, params: Params) -> Rows:
    """GET trade/fills: three days; instType optional."""
    _check_type(params, required=False)
    return _fills(account, params, 3 * _DAY_MS)


def get_fills_history(account: Account, params: Params) -> Rows:
    """GET trade/fills-history: three months; raises 50014 without instType."""
    _check_type(params, required=True)
    return _fills(account, params, 90 * _DAY_MS)


def _fills(account: Account, params: Params, life_ms: int) -> Rows:
    since_ms = account.clock.now_ms() - life_ms

    def wanted(fill: Fill) -> bool:
        return (
            fill.ts_ms >= since_ms
            and text(params, "instType") in ("", fill.inst_type)
            and text(params, "instId") in ("", fill.instrument.inst_id)
            and text(params, "ordId") in ("", fill.ord_id)
        )

    kept = [fill for fill in account.fills if wanted(fill)]
    alone = not text(params, "begin")
    shown = page(kept, params, cursor=lambda fill: int(fill.bill_id), time_ms=lambda fill: fill.ts_ms, nearest=alone)
    return [fill_row(fill) for fill in shown]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "trade/fills"): get_fills,
    ("GET", "trade/fills-history"): get_fills_history,
    ("GET", "trade/order"): get_order,
    ("GET", "trade/orders-history"): get_orders_history,
    ("GET", "trade/orders-history-archive"): get_orders_history_archive,
    ("GET", "trade/orders-pending"): get_orders_pending,
    ("POST", "trade/amend-order"): post_amend_order,
    ("POST", "trade/cancel-order"): post_cancel_order,
    ("POST", "trade/order"): post_order,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {
    ("POST", "trade/amend-batch-orders"): post_amend_batch_orders,
    ("POST", "trade/batch-orders"): post_batch_orders,
    ("POST", "trade/cancel-batch-orders"): post_cancel_batch_orders,
}
