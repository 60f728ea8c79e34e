"""
What an OKX account did, page by page: orders, fills and bills.

CCXT has no word for the cursor of a page, so it is read at the wire. Where CCXT's unified method cannot ask the whole
question, its parser reads the answer to the endpoint itself: `fetch_ledger` never asks without ``instType`` and so
loses every bill of no instrument (difference ledger-default-insttype-spot), and finished orders are two methods, of
which neither knows all states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dualwitness.models import Bill, Fill, MarketType, Order
from dualwitness.venues.ccxt_client.envelope import Calls, Proven
from dualwitness.venues.ccxt_client.parse import check_instrument_ids, check_row_numbers, read
from dualwitness.venues.ccxt_client.parse_bill import bill_from, check_bill_rows
from dualwitness.venues.ccxt_client.parse_trade import fill_from, order_from
from dualwitness.venues.ccxt_client.symbols import Market, listed_market, market_types_of
from dualwitness.venues.errors import RowInvalid

__all__ = ["History"]

_PAGE = 100  # OKX's largest page of orders, fills and bills
_LARGEST_PAGES = 1000  # a venue that never ends is not telling the truth
_INSTRUMENT_TYPES = {
    MarketType.SPOT: "SPOT",
    MarketType.MARGIN: "MARGIN",
    MarketType.SWAP: "SWAP",
    MarketType.FUTURE: "FUTURES",
    MarketType.OPTION: "OPTION",
}

_Rows = Sequence[Mapping[str, Any]]
_Query = Mapping[str, str]


class History:
    """Reads the lists that come in pages; every method raises `VenueError` for an answer that was not proven."""

    def __init__(self, calls: Calls, exchange: Any) -> None:
        self._calls = calls
        self._exchange = exchange

    def open_orders(self, symbol: str | None) -> tuple[Order, ...]:
        """Every resting order, newest first."""
        pages = self._pages("fetch_open_orders", symbol, {}, "ordId")
        return read(lambda: tuple(order_from(row) for page in pages for row in page))

    def fills(self, market: Market | None, since_ms: int | None) -> tuple[Fill, ...]:
        """Three months of fills (OKX trade/fills-history), one call a kind and page, oldest first."""
        kinds = tuple(_INSTRUMENT_TYPES) if market is None else market_types_of(market)
        # Not CCXT's own `since`: with it CCXT leaves the page size out.
        begin = {} if since_ms is None else {"begin": str(since_ms)}
        fills: list[Fill] = []
        for kind in kinds:
            parameters = {"instType": _INSTRUMENT_TYPES[kind], **begin}
            symbol = None if market is None else market.symbol
            pages = self._pages("fetch_my_trades", symbol, parameters, "billId")
            fills += self._fills_from(pages, kind)
        return tuple(sorted(fills, key=lambda fill: fill.ts_venue_ms or 0))

    def finished_orders(self, market: Market, since_ms: int) -> tuple[Order, ...]:
        """Finished orders of seven days (OKX trade/orders-history), newest first, one call a kind and page."""
        found: list[Mapping[str, Any]] = []
        for kind in market_types_of(market):
            asked = {"instType": _INSTRUMENT_TYPES[kind], "instId": market.venue_id}
            found += self._listed("privateGetTradeOrdersHistory", asked, "ordId", self._orders_of(market), since_ms)
        orders = read(lambda: [order_from(row) for row in found])
        return tuple(sorted(orders, key=lambda order: order.ts_venue_ms or 0, reverse=True))

    def bills(self, market: Market | None, since_ms: int | None) -> tuple[Bill, ...]:
        """Three months of bills (OKX account/bills-archive), oldest first, those of one ms by their growing ids."""
        rows = self._listed("privateGetAccountBillsArchive", {}, "billId", self._bills_of, since_ms)
        # CCXT's entries name no instrument; which of them are shown is a choice, not a claim.
        mine = [row for row in rows if market is None or row["info"].get("instId") == market.venue_id]
        bills = read(lambda: [bill_from(row) for row in mine])
        recent = (bill for bill in bills if since_ms is None or (bill.ts_venue_ms or since_ms) >= since_ms)
        return tuple(sorted(recent, key=_age))

    def _bills_of(self, proven: Proven) -> Any:
        check_bill_rows(proven.rows)
        return self._exchange.parse_ledger(proven.value["data"])

    def _orders_of(self, market: Market) -> Callable[[Proven], Any]:
        def parsed(proven: Proven) -> Any:
            check_row_numbers(proven.rows)
            check_instrument_ids(proven.rows)
            return self._exchange.parse_orders(proven.value["data"], self._exchange.market(market.symbol))

        return parsed

    def _listed(
        self,
        method: str,
        parameters: _Query,
        cursor_key: str,
        parse: Callable[[Proven], Any],
        oldest_ms: int | None,
    ) -> list[Mapping[str, Any]]:
        """The rows of all pages of one endpoint, as CCXT's own parser reads them."""

        def ask(query: _Query) -> Proven:
            proven = self._calls.call(method, {**query, "limit": str(_PAGE)})
            return replace(proven, value=read(lambda: parse(proven))).all_rows()

        time_key = "cTime" if cursor_key == "ordId" else "ts"
        pages = _paged(ask, parameters, cursor_key, method, lambda row: _is_older(row, time_key, oldest_ms))
        return [row for page in pages for row in page]

    def _pages(self, method: str, symbol: str | None, parameters: _Query, cursor_key: str) -> list[_Rows]:
        """All pages of one unified method, newest first."""

        def ask(query: _Query) -> Proven:
            proven = self._calls.call(method, symbol, None, _PAGE, dict(query))
            check_row_numbers(proven.rows)
            check_instrument_ids(proven.rows)
            return proven.all_rows()

        return _paged(ask, parameters, cursor_key, method, lambda _: False)

    def _fills_from(self, pages: Iterable[_Rows], kind: MarketType) -> list[Fill]:
        rows = [row for page in reversed(list(pages)) for row in page]
        return read(lambda: [fill_from(row, listed_market(self._exchange, row), kind) for row in rows])


def _paged(
    ask: Callable[[_Query], Proven],
    parameters: _Query,
    cursor_key: str,
    method: str,
    is_enough: Callable[[Any], bool],
) -> list[_Rows]:
    """All pages, newest first, up to one whose last row is old enough; the cursor is that of the wire."""
    pages: list[_Rows] = []
    query = dict(parameters)
    for _ in range(_LARGEST_PAGES):
        proven = ask(query)
        pages.append(proven.value)
        if len(proven.rows) < _PAGE or is_enough(proven.rows[-1]):
            return pages
        cursor = proven.rows[-1].get(cursor_key)
        if not isinstance(cursor, str) or not cursor or cursor == query.get("after"):
            break
        query = {**parameters, "after": cursor}
    message = f"the pages of {method} do not end"
    raise RowInvalid(message)


def _age(bill: Bill) -> tuple[int, int, str]:
    """By time, then by the venue's growing id, as a number."""
    bill_id = bill.bill_id or ""
    return bill.ts_venue_ms or 0, len(bill_id), bill_id


def _is_older(row: Mapping[str, Any], time_key: str, than_ms: int | None) -> bool:
    """Whether a wire row says that it is older than a moment; one that does not say is never."""
    time = None if than_ms is None else row.get(time_key)
    return isinstance(time, str) and time.isascii() and time.isdigit() and int(time) < (than_ms or 0)
