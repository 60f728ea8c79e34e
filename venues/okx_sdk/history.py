"""What the account did, page by page: orders, fills and bills of all instrument types."""

from __future__ import annotations

from collections.abc import Callable

from dualwitness.models import Bill, Fill, MarketType, Order
from dualwitness.venues.okx_sdk.parse import FindListing
from dualwitness.venues.okx_sdk.parse_bill import parse_bill
from dualwitness.venues.okx_sdk.parse_trade import parse_fill, parse_order
from dualwitness.venues.okx_sdk.symbols import INSTRUMENT_TYPES, InstrumentBook, market_type_of
from dualwitness.venues.okx_sdk.transport import Caller

__all__ = ["History"]


class History:
    """
    Reads the lists that come in pages; every method raises `VenueError` for an answer that was not proven.

    An ``instrument_id`` of None means all instruments.
    """

    def __init__(self, caller: Caller, book: InstrumentBook, find: FindListing) -> None:
        self._caller = caller
        self._trade = caller.apis.trade
        self._account = caller.apis.account
        self._book = book
        self._find = find

    def open_orders(self, instrument_id: str | None) -> tuple[Order, ...]:
        """Every resting order (``trade/orders-pending``), newest first."""
        rows = self._caller.pages(self._trade.get_order_list, "ordId", instId=instrument_id or "")  # blank: not sent
        return tuple(parse_order(row, self._book) for row in rows)

    def fills(self, instrument_id: str | None, since_ms: int | None) -> tuple[Fill, ...]:
        """Three months of fills (``trade/fills-history``), oldest first."""
        filters = {} if instrument_id is None else {"instId": instrument_id}
        rows: list[object] = []
        for kind in _types_of(instrument_id):
            page = self._caller.pages(
                self._trade.get_fills_history,
                "billId",
                # By the time of the record: it is never before that of the execution.
                is_enough=_older_than(since_ms, "ts"),
                instType=INSTRUMENT_TYPES[kind],
                **filters,
            )
            rows += reversed(page)
        fills = [parse_fill(row, self._book, self._find) for row in rows]
        recent = (fill for fill in fills if since_ms is None or (fill.ts_venue_ms or since_ms) >= since_ms)
        # Stable: fills of one ms keep the venue's order, those without a time come first.
        return tuple(sorted(recent, key=lambda fill: (fill.ts_venue_ms is not None, fill.ts_venue_ms or 0)))

    def finished_orders(self, instrument_id: str, since_ms: int) -> tuple[Order, ...]:
        """Finished orders of seven days (``trade/orders-history``), newest first."""
        rows: list[object] = []
        for kind in _types_of(instrument_id):
            rows += self._caller.pages(
                self._trade.get_orders_history,
                "ordId",
                is_enough=_older_than(since_ms, "cTime"),
                instType=INSTRUMENT_TYPES[kind],
                instId=instrument_id,
            )
        orders = [parse_order(row, self._book) for row in rows]
        return tuple(sorted(orders, key=lambda order: order.ts_venue_ms or 0, reverse=True))

    def bills(self, instrument_id: str | None, since_ms: int | None) -> tuple[Bill, ...]:
        """
        Three months of bills (``account/bills-archive``), oldest first, those of one ms by their growing ids.

        python-okx cannot ask for one instrument, so its bills are picked out of all.
        """
        rows = self._caller.pages(
            self._account.get_account_bills_archive, "billId", is_enough=_older_than(since_ms, "ts")
        )
        read = [(row, parse_bill(row, self._book)) for row in rows]
        recent = (
            bill
            for row, bill in read
            if (instrument_id is None or _text(row, "instId") == instrument_id)
            and (since_ms is None or bill.ts_venue_ms is None or bill.ts_venue_ms >= since_ms)
        )
        return tuple(sorted(recent, key=_age))


def _types_of(instrument_id: str | None) -> tuple[MarketType, ...]:
    if instrument_id is None:
        return tuple(MarketType)
    kind = market_type_of(instrument_id) or MarketType.SPOT
    return (MarketType.SPOT, MarketType.MARGIN) if kind is MarketType.SPOT else (kind,)


def _older_than(since_ms: int | None, key: str) -> Callable[[object], bool] | None:
    """Whether a raw row says that it is older than a moment; one that does not say is never."""
    if since_ms is None:
        return None

    def is_older(row: object) -> bool:
        time = _text(row, key)
        return time is not None and time.isascii() and time.isdigit() and int(time) < since_ms

    return is_older


def _text(row: object, key: str) -> str | None:
    value = row.get(key) if isinstance(row, dict) else None
    return value if isinstance(value, str) else None


def _age(bill: Bill) -> tuple[bool, int, int, str]:
    """Without a time first, then by time, then by the id as a number: it grows with every bill."""
    bill_id = bill.bill_id or ""
    return bill.ts_venue_ms is not None, bill.ts_venue_ms or 0, len(bill_id), bill_id
