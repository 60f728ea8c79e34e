"""The trade endpoints that change something: place, amend, cancel, alone and in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amending import Amendment, amend
from dualwitness.venues.sim.engine.amounts import parsed
from dualwitness.venues.sim.engine.naming import named_order, with_inst_id
from dualwitness.venues.sim.engine.request import CLIENT_ID, read_request, text
from dualwitness.venues.sim.engine.rows_order import amend_ack, cancel_ack, place_ack
from dualwitness.venues.sim.engine.trading import cancel, place
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "post_amend_batch_orders",
    "post_amend_order",
    "post_batch_orders",
    "post_cancel_batch_orders",
    "post_cancel_order",
    "post_mass_cancel",
    "post_order",
]

Row = dict[str, object]
Rows = list[Row]

_BATCH_MOST = 20
# How long mass-cancel may lock a family, in milliseconds.
_LOCK_MS_MOST = 10_000


def _place(account: Account, params: Params, taken: Iterable[str] = ()) -> Row:
    order = place(account, read_request(with_inst_id(account, params), account.instruments), taken)
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


def _cancel(account: Account, params: Params) -> Row:
    order = cancel(account, named_order(account, params), account.clock.now_ms())
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
    order = named_order(account, params)
    _check_amend_words(params)
    size, price = text(params, "newSz"), text(params, "newPx")
    if not size and not price:
        raise refusals.row("51500", "You must enter a price, quantity, or TP/SL.")
    new_sz, new_px = parsed(size) if size else None, parsed(price) if price else None
    for name, word, value in (("newSz", size, new_sz), ("newPx", price, new_px)):
        if word and not value:
            raise refusals.bad_row_parameter(name)
    change = Amendment(
        new_sz,
        new_px,
        request_id=text(params, "reqId"),
        cancels_on_failure=text(params, "cxlOnFail").lower() == "true",
        px_amend=text(params, "pxAmendType") == "1",
    )
    changed = amend(account, order, change)
    now_ms = account.clock.now_ms()
    return amend_ack(changed.request.cl_ord_id, changed.ord_id, text(params, "reqId"), now_ms)


def _check_amend_words(params: Params) -> None:
    if text(params, "reqId") and not CLIENT_ID.fullmatch(text(params, "reqId")):
        raise refusals.bad_row_parameter("reqId")
    if text(params, "cxlOnFail").lower() not in ("", "true", "false"):
        raise refusals.bad_row_parameter("cxlOnFail")
    if text(params, "pxAmendType") not in ("", "0", "1"):
        raise refusals.bad_row_parameter("pxAmendType")
    for name in ("attachAlgoOrds", "newPxUsd", "newPxVol"):
        if text(params, name):
            raise refusals.bad_row_parameter(name)


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


def post_mass_cancel(account: Account, params: Params) -> Rows:
    """POST trade/mass-cancel: cancels the market maker protected orders of one option family."""
    for name in ("instType", "instFamily"):
        if not text(params, name):
            raise refusals.empty_parameter(name)
    if text(params, "instType") != "OPTION":
        raise refusals.bad_parameter("instType")
    family = text(params, "instFamily")
    if not any(one.inst_type == "OPTION" and one.inst_family == family for one in account.table):
        raise refusals.bad_parameter("instFamily")
    lock_ms = text(params, "lockInterval")
    if lock_ms and not (
        lock_ms.isascii() and lock_ms.isdigit() and len(lock_ms) <= 5 and int(lock_ms) <= _LOCK_MS_MOST
    ):
        raise refusals.bad_parameter("lockInterval")
    protected = [
        order
        for order in account.orders.open_orders()
        if order.instrument.inst_family == family and order.request.ord_type in ("mmp", "mmp_and_post_only")
    ]
    for order in protected:
        cancel(account, order, account.clock.now_ms())
    return [{"result": True}]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("POST", "trade/amend-order"): post_amend_order,
    ("POST", "trade/cancel-order"): post_cancel_order,
    ("POST", "trade/mass-cancel"): post_mass_cancel,
    ("POST", "trade/order"): post_order,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {
    ("POST", "trade/amend-batch-orders"): post_amend_batch_orders,
    ("POST", "trade/batch-orders"): post_batch_orders,
    ("POST", "trade/cancel-batch-orders"): post_cancel_batch_orders,
}
