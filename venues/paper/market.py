"""Where the paper venue looks: instruments and books of another venue, and nothing that could trade there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dualwitness.models import Candle, Instrument, MarketType, OrderBook, Ticker, Venue
from dualwitness.models.wire import WireExchange
from dualwitness.venues.client import VenueClient

__all__ = ["BookSource", "PaperMarket"]

# Gives the book of a unified symbol, up to so many levels a side; raises where there is none.
BookSource = Callable[[str, int], OrderBook]


def _nothing() -> None:
    """A market that holds no sockets has nothing to release."""


@dataclass(frozen=True, slots=True)
class PaperMarket:
    """
    The market that simulated orders meet.

    ``venue`` is whose market it is: orders meant for it, or for paper, are taken. Holds reading functions alone, so
    that nothing can be placed through it. ``ticker_of`` and ``candles_of`` are null where the source has none.
    """

    venue: Venue
    instruments_of: Callable[[MarketType | None], tuple[Instrument, ...]]
    book_of: BookSource
    ticker_of: Callable[[str], Ticker] | None = None
    candles_of: Callable[[str, str, int], tuple[Candle, ...]] | None = None
    drain: Callable[[], tuple[WireExchange, ...]] = tuple
    close: Callable[[], None] = _nothing

    @classmethod
    def of_books(
        cls, instruments: Iterable[Instrument], book_of: BookSource, *, venue: Venue = Venue.OKX
    ) -> PaperMarket:
        """A market of instruments that are known already, and any function that gives books."""
        listed = tuple(sorted(instruments, key=lambda one: (one.venue_instrument_id, one.market_type)))

        def instruments_of(market_type: MarketType | None) -> tuple[Instrument, ...]:
            return tuple(one for one in listed if market_type in (None, one.market_type))

        return cls(venue, instruments_of, book_of)

    @classmethod
    def of_client(cls, client: VenueClient, *, owned: bool = False) -> PaperMarket:
        """The market that ``client`` sees; an ``owned`` client is closed and drained with the paper venue."""
        return cls(
            venue=client.venue,
            instruments_of=client.get_instruments,
            book_of=client.get_order_book,
            ticker_of=client.get_ticker,
            candles_of=client.get_candles,
            drain=client.drain_exchanges if owned else tuple,
            close=client.close if owned else _nothing,
        )
