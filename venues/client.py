"""
The venue-neutral interface, and the one door to its implementations.

Three groups: E (environment), I (identity), M (market interaction). A client reports its library's own word; it never
repairs it, neither from raw rows nor from the other library. Every method raises a `VenueError` rather than give an
answer that was not proven at the wire: an empty tuple means that the venue said "none" in a sound envelope.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol, runtime_checkable

from dualwitness.models import (
    AccountConfig,
    Balance,
    Bill,
    Candle,
    FeeRates,
    Fill,
    Instrument,
    MarketType,
    Order,
    OrderBook,
    Position,
    TdMode,
    Ticker,
    ValidatedOrder,
    Venue,
)
from dualwitness.models.wire import WireExchange

__all__ = ["VenueClient"]


@runtime_checkable
class VenueClient(Protocol):
    """
    One route to one venue.

    ``symbol`` is always unified (``BTC/USDT:USDT``). Prices are quote currency, sizes contracts (base currency for
    spot), times ms. Not thread-safe: one client a thread.
    """

    @property
    def venue(self) -> Venue:
        """Where this client trades."""
        ...

    @property
    def label(self) -> str:
        """Which route produced the results: ``ccxt``, ``okx_sdk`` or ``paper``."""
        ...

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, everything that crossed the wire since the last call."""
        ...

    def get_server_time(self) -> int:
        """Venue time in ms."""
        ...

    def get_instruments(self, market_type: MarketType | None = None) -> tuple[Instrument, ...]:
        """All instruments, or those of one type, sorted by venue id."""
        ...

    def get_ticker(self, symbol: str) -> Ticker:
        """Last trade, quotes and 24 hours; its ``symbol`` is what the venue answered for, not what was asked."""
        ...

    def get_candles(self, symbol: str, interval: str = "1m", limit: int = 100) -> tuple[Candle, ...]:
        """Bars, oldest first; ``interval`` is one of 1m 5m 15m 1h 4h 1d (days in UTC)."""
        ...

    def get_order_book(self, symbol: str, depth: int = 20) -> OrderBook:
        """Up to ``depth`` levels a side."""
        ...

    def get_account_config(self) -> AccountConfig:
        """Account level, position mode, permissions, fee type."""
        ...

    def get_account_balance(self) -> tuple[Balance, ...]:
        """One row a currency, sorted by currency."""
        ...

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Every position the venue reports; empty only if it said so in a sound envelope."""
        ...

    def get_fee_rates(self, symbol: str) -> FeeRates:
        """Maker and taker rate of one instrument."""
        ...

    def get_leverage(self, symbol: str, td_mode: TdMode) -> Decimal:
        """The highest leverage in force for new orders of this mode; `Unsupported` where there is no proven route."""
        ...

    def get_bills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Bill, ...]:
        """
        Changes of cash of the venue's longest window, all pages, oldest first, duplicates kept as they came.

        ``symbol`` leaves out those of other instruments and of none. `Unsupported` where there is no proven route.
        """
        ...

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Every resting order, all pages."""
        ...

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        """One order by either id; `VenueRefusal` where the venue does not know it."""
        ...

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """Finished orders, newest first, none missing that was made after ``since_ms`` and the venue still has."""
        ...

    def get_fills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Fill, ...]:
        """Our executions of the venue's longest window, all pages, oldest first, duplicates kept as they came."""
        ...

    def place_order(self, order: ValidatedOrder, *, expires_at_ms: int | None = None) -> Order:
        """
        Send one checked order, once; the answer carries ids alone. `OutcomeUnknown` without a structured answer.

        ``expires_at_ms`` is the venue time after which the venue drops the request, should it still be on its way;
        `Unsupported` where it cannot be told.
        """
        ...

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        """Ask to cancel; the answer carries ids alone."""
        ...

    def close(self) -> None:
        """Release sockets."""
        ...
