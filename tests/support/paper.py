"""Helpers for the paper venue: one over a venue that can be heard, and one over books that a test writes down."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from dualwitness.models import (
    BookLevel,
    Instrument,
    InstrumentState,
    Library,
    MarketType,
    NullReason,
    OrderBook,
    PositionMode,
)
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import TransportError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.paper import PaperMarket, PaperSettings, PaperVenue
from tests.support.clients import opened
from tests.support.venue import FROZEN_MS, ManualClock

__all__ = ["ROUTES", "BookShelf", "book", "instruments", "opened_route", "paper_desk"]

# Every client of the interface: two libraries and the paper venue.
ROUTES = (*map(str, Library), "paper")


@contextlib.contextmanager
def opened_route(route: str, base_url: str, position_mode: PositionMode = PositionMode.NET) -> Iterator[VenueClient]:
    """A client over a library, or a paper venue that sees the market of that address through python-okx."""
    if route != "paper":
        with opened(Library(route), base_url) as client:
            yield client
        return
    with opened(Library.OKX_SDK, base_url) as source:
        yield PaperVenue(source, settings=PaperSettings(position_mode=position_mode), clock_ms=lambda: FROZEN_MS)


def instruments() -> tuple[Instrument, ...]:
    """A pair, a linear and an inverse swap, and a linear future, with steps that are easy to count in."""
    common = {"tick_size": Decimal("0.1"), "max_leverage": Decimal(100), "state": InstrumentState.LIVE}
    contract = common | {"base": "BTC", "lot_size": Decimal("0.1"), "min_size": Decimal("0.1")}
    linear = contract | {"quote": "USDT", "settle": "USDT", "linear": True, "inverse": False}
    linear |= {"contract_size": Decimal("0.01")}
    inverse = contract | {"quote": "USD", "settle": "BTC", "linear": False, "inverse": True}
    pair = common | {"base": "BTC", "quote": "USDT", "lot_size": Decimal("0.001"), "min_size": Decimal("0.01")}
    rows: tuple[tuple[str, str, MarketType, Mapping[str, Any]], ...] = (
        ("BTC/USDT", "BTC-USDT", MarketType.SPOT, pair),
        ("BTC/USDT:USDT", "BTC-USDT-SWAP", MarketType.SWAP, linear),
        ("BTC/USD:BTC", "BTC-USD-SWAP", MarketType.SWAP, inverse | {"contract_size": Decimal(100)}),
        ("BTC/USDT:USDT-270326", "BTC-USDT-270326", MarketType.FUTURE, linear | {"expiry_ms": FROZEN_MS + 86_400_000}),
    )
    return tuple(
        Instrument.model_validate({"symbol": symbol, "venue_instrument_id": okx_id, "market_type": kind, **terms})
        for symbol, okx_id, kind, terms in rows
    )


def book(
    symbol: str,
    bids: tuple[tuple[str, str], ...] = (("99.9", "10"), ("99.8", "20")),
    asks: tuple[tuple[str, str], ...] = (("100.1", "10"), ("100.2", "20")),
    *,
    ts_ms: int | None = FROZEN_MS,
    sequence: int | None = None,
) -> OrderBook:
    """A book of (price, size) in text; without a sequence its time tells snapshots apart."""
    sides = [tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in side) for side in (bids, asks)]
    reasons = {
        name: NullReason.ABSENT for name, value in {"ts_venue_ms": ts_ms, "sequence": sequence}.items() if value is None
    }
    return OrderBook(symbol=symbol, bids=sides[0], asks=sides[1], ts_venue_ms=ts_ms, sequence=sequence, reasons=reasons)


class BookShelf:
    """The books that a test shows, of the moment at which they are asked for unless they say otherwise."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked: list[tuple[str, int]] = []
        self.failing = False
        self._books: dict[str, OrderBook] = {}

    def show(self, *books: OrderBook) -> None:
        """Show these from now on."""
        self._books |= {one.symbol: one for one in books}

    def __call__(self, symbol: str, depth: int) -> OrderBook:
        """What a paper venue sees."""
        self.asked.append((symbol, depth))
        if self.failing:
            message = "the source is away"
            raise TransportError(message)
        return self._books[symbol]


def paper_desk(
    *, journal: Path | None = None, balances: Mapping[str, str] | None = None, seed: int = 0, **settings: Any
) -> tuple[PaperVenue, BookShelf]:
    """A paper venue over a shelf of books, with a clock that moves when the test says so."""
    shelf = BookShelf(ManualClock())
    for one in instruments():
        shelf.show(book(one.symbol))
    held = {"USDT": "10000", "BTC": "10"} if balances is None else balances
    desk = PaperVenue(
        PaperMarket.of_books(instruments(), shelf),
        settings=PaperSettings(**settings),
        balances={currency: Decimal(amount) for currency, amount in held.items()},
        clock_ms=shelf.clock.now_ms,
        seed=seed,
        journal=CallJournal(journal),
    )
    return desk, shelf
