"""The queries of orders and fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.fees import FEE_RATES
from dualwitness.venues.sim.engine.naming import asked_order
from dualwitness.venues.sim.engine.paging import page_ask
from dualwitness.venues.sim.engine.request import ORDER_TYPES, text
from dualwitness.venues.sim.engine.rows_order import fill_row, order_row
from dualwitness.venues.sim.kinds import Params

__all__ = [
    "MANY",
    "ONE",
    "get_fills",
    "get_fills_history",
    "get_order",
    "get_orders_history",
    "get_orders_history_archive",
    "get_orders_pending",
]

Row = dict[str, object]
Rows = list[Row]

_DAY_MS = 24 * 3_600_000
_FILL_FILTERS = ("instFamily", "instId", "instType", "subType", "uly")
_ORDER_FILTERS = ("category", "instFamily", "instId", "instType", "ordType", "state", "uly")
_WORDS = {
    "category": (
        *("adl", "auto_conversion", "ddh", "delivery", "full_liquidation", "normal", "partial_liquidation", "twap"),
    ),
    "ordType": ORDER_TYPES,
    "state": ("canceled", "filled", "live", "mmp_canceled", "partially_filled"),
}


def get_order(account: Account, params: Params) -> Rows:
    """GET trade/order; raises 51603 (top level) for an order that does not exist, 51001, 50014, 51000."""
    return [order_row(asked_order(account, params))]


def _check_type(params: Params, *, required: bool) -> None:
    inst_type = text(params, "instType")
    if required and not inst_type:
        raise refusals.empty_parameter("instType")
    if inst_type and inst_type not in FEE_RATES:
        raise refusals.bad_parameter("instType")


def _order_filters(params: Params) -> Mapping[str, Sequence[str]]:
    """Each filter with the words that will do: ordType takes several, separated by commas."""
    filters: dict[str, Sequence[str]] = {}
    for name in _ORDER_FILTERS:
        word = text(params, name)
        if not word:
            continue
        words = tuple(word.split(",")) if name == "ordType" else (word,)
        if name in _WORDS and any(each not in _WORDS[name] for each in words):
            raise refusals.bad_parameter(name)
        filters[name] = words
    return filters


def get_orders_pending(account: Account, params: Params) -> Rows:
    """GET trade/orders-pending: live and partially filled; instType optional."""
    _check_type(params, required=False)
    return [order_row(order) for order in account.orders.pending_page(page_ask(params), _order_filters(params))]


def get_orders_history(account: Account, params: Params) -> Rows:
    """GET trade/orders-history: finished in the last seven days, unfilled cancels for two hours; needs instType."""
    return _history(account, params, archive=False)


def get_orders_history_archive(account: Account, params: Params) -> Rows:
    """GET trade/orders-history-archive: three months, never an order canceled without a fill; needs instType."""
    return _history(account, params, archive=True)


def _history(account: Account, params: Params, *, archive: bool) -> Rows:
    _check_type(params, required=True)
    now_ms = account.clock.now_ms()
    found = account.orders.finished_page(page_ask(params), _order_filters(params), now_ms, archive=archive)
    return [order_row(order, history=True) for order in found]


def get_fills(account: Account, params: Params) -> Rows:
    """GET trade/fills: three days; instType optional."""
    _check_type(params, required=False)
    return _fills(account, params, 3 * _DAY_MS)


def get_fills_history(account: Account, params: Params) -> Rows:
    """GET trade/fills-history: three months; raises 50014 without instType."""
    _check_type(params, required=True)
    return _fills(account, params, 90 * _DAY_MS)


def _fills(account: Account, params: Params, life_ms: int) -> Rows:
    # OKX's exception: with begin alone the newest fills come, not those nearest to it (okx-v5-facts section 7).
    ask = page_ask(params, nearest=not text(params, "begin"))
    filters = {name: text(params, name) for name in _FILL_FILTERS if text(params, name)}
    since_ms = account.clock.now_ms() - life_ms
    return [fill_row(fill) for fill in account.fills.page_of(ask, filters, since_ms, text(params, "ordId"))]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "trade/fills"): get_fills,
    ("GET", "trade/fills-history"): get_fills_history,
    ("GET", "trade/order"): get_order,
    ("GET", "trade/orders-history"): get_orders_history,
    ("GET", "trade/orders-history-archive"): get_orders_history_archive,
    ("GET", "trade/orders-pending"): get_orders_pending,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
