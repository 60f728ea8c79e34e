"""Environment: ticker, candle, order book."""

from __future__ import annotations

from typing import NamedTuple

from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["BookLevel", "Candle", "OrderBook", "Ticker", "VenueTime"]


class Ticker(Fact):
    """
    Last trade, best quotes and 24 hours of one instrument.

    ``volume_base`` is base currency and ``volume_quote`` quote currency in every market type (OKX ``market/ticker``:
    ``vol24h`` counts contracts on derivatives; difference ticker-volume-contracts-in-base-slot).
    """

    symbol: str
    last: Number | None
    bid: Number | None
    ask: Number | None
    bid_size: Number | None
    ask_size: Number | None
    open_24h: Number | None
    high_24h: Number | None
    low_24h: Number | None
    volume_base: Number | None
    volume_quote: Number | None
    ts_venue_ms: WholeNumber | None


class Candle(Fact):
    """One bar; ``ts_venue_ms`` is when it opened, ``closed`` whether it can still change."""

    ts_venue_ms: WholeNumber
    open: Number | None
    high: Number | None
    low: Number | None
    close: Number | None
    volume_base: Number | None
    volume_quote: Number | None
    closed: bool | None


class BookLevel(NamedTuple):
    """One price level; ``size`` in contracts, or base currency for spot."""

    price: Number
    size: Number


class OrderBook(Fact):
    """Bids (highest first) and asks (lowest first) of one instrument."""

    symbol: str
    bids: tuple[BookLevel, ...] | None
    asks: tuple[BookLevel, ...] | None
    ts_venue_ms: WholeNumber | None
    sequence: WholeNumber | None


class VenueTime(Fact):
    """What the venue's clock showed, in ms (OKX ``public/time``)."""

    ts_venue_ms: WholeNumber
