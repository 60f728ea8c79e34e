"""Evidence of the market: ticker, book and candles against the clock, each other and themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import BookLevel, Candle, OrderBook, Ticker
from dualwitness.models.finding import Expected

__all__ = ["MARKET_CHECKS", "STALE_AFTER_MS"]

# A ticker or book older than this against venue time is stale: OKX pushes every few seconds on a live pair.
STALE_AFTER_MS = 60_000
# How far the last price may stand outside the book before it belongs to another instrument or another time.
_LAST_OUTSIDE_BOOK = Decimal("0.05")
# How many candles may be missing at the end before they are stale: the running one is not always there yet.
_CANDLES_LATE = 5
_FEWEST_CANDLES = 3


def _answered_symbol(world: World) -> Iterator[Draft]:
    for operation in ("get_ticker", "get_order_book", "get_fee_rates"):
        for asked, row in world.all_rows(operation):
            if row.symbol != asked:
                yield contradiction(
                    world,
                    operation=operation,
                    field="symbol",
                    symbol=asked,
                    row=row,
                    row_key=None,
                    seen=claim_of(row.symbol, None),
                    expected=Expected(value=asked, source="the symbol that was asked"),
                    rule="the-answer-is-for-what-was-asked",
                    reason=f"asked for {asked}, the answer is for {row.symbol}",
                )


def _fresh(world: World) -> Iterator[Draft]:
    """A ticker and a book are of this minute."""
    for operation, word in (("get_ticker", "ticker"), ("get_order_book", "book")):
        for asked, row in world.all_rows(operation):
            age_ms = _age_ms(world, row.ts_venue_ms)
            if age_ms is None or abs(age_ms) <= STALE_AFTER_MS:
                continue
            when = "old" if age_ms > 0 else "in the future"
            yield contradiction(
                world,
                operation=operation,
                field="ts_venue_ms",
                symbol=asked,
                row=row,
                row_key=None,
                seen=claim_of(row.ts_venue_ms, None),
                expected=Expected(value=str(world.now_ms), source="venue time (OKX public/time)"),
                rule=f"a-{word}-is-as-old-as-the-venue-says",
                reason=f"the {word} is {abs(age_ms) // 1000} s {when} by the venue's own clock",
            )


def _age_ms(world: World, ts_venue_ms: int | None) -> int | None:
    return None if ts_venue_ms is None or world.now_ms is None else world.now_ms - ts_venue_ms


def _ticker_in_itself(world: World) -> Iterator[Draft]:
    for asked, ticker in world.all_rows("get_ticker"):
        if ticker.bid is None or ticker.ask is None or ticker.bid <= ticker.ask:
            continue
        yield contradiction(
            world,
            operation="get_ticker",
            field="bid",
            symbol=asked,
            row=ticker,
            row_key=None,
            seen=claim_of(ticker.bid, None),
            expected=Expected(value=f"{ticker.ask:f}", source="best ask of the same ticker (OKX market/ticker)"),
            rule="a-bid-is-not-above-the-ask",
            reason=f"the best bid {ticker.bid:f} is above the best ask {ticker.ask:f}",
        )


def _ticker_in_book(world: World) -> Iterator[Draft]:
    for asked, ticker in world.all_rows("get_ticker"):
        book = next(iter(world.rows("get_order_book", asked)), None)
        if book is None or ticker.symbol != asked:
            continue
        outside = _outside(ticker, book)
        if outside is not None:
            yield contradiction(
                world,
                operation="get_ticker",
                field="last",
                symbol=asked,
                row=ticker,
                row_key=None,
                seen=claim_of(ticker.last, None),
                expected=Expected(value=outside, source="best bid and ask (OKX market/books)"),
                rule="the-last-price-stands-near-the-book",
                reason=f"the last price {ticker.last} is more than 5 % outside the book {outside}",
            )


def _outside(ticker: Ticker, book: OrderBook) -> str | None:
    if ticker.last is None or not book.bids or not book.asks:
        return None
    low, high = book.bids[0].price, book.asks[0].price
    if low * (1 - _LAST_OUTSIDE_BOOK) <= ticker.last <= high * (1 + _LAST_OUTSIDE_BOOK):
        return None
    return f"{low:f} {high:f}"


def _book_in_order(world: World) -> Iterator[Draft]:
    for asked, book in world.all_rows("get_order_book"):
        wrong = _disorder(book)
        if wrong is not None:
            yield contradiction(
                world,
                operation="get_order_book",
                field="bids",
                symbol=asked,
                row=book,
                row_key=None,
                seen=claim_of(book.bids[:1], None),
                expected=Expected(value=None, source="bids fall, asks rise, and the best bid is below the best ask"),
                rule="a-book-is-in-order-and-not-crossed",
                reason=f"the book {wrong}",
            )


def _disorder(book: OrderBook) -> str | None:
    bids, asks = book.bids or (), book.asks or ()
    if bids and asks and bids[0].price >= asks[0].price:
        return f"is crossed: bid {bids[0].price:f} at or above ask {asks[0].price:f}"
    if _prices(bids) != sorted(_prices(bids), reverse=True) or _prices(asks) != sorted(_prices(asks)):
        return "is not in the order of its prices"
    return None


def _prices(levels: tuple[BookLevel, ...]) -> list[Decimal]:
    return [level.price for level in levels]


def _prices_on_tick(world: World) -> Iterator[Draft]:
    instruments = world.instruments()
    for asked, book in world.all_rows("get_order_book"):
        instrument = instruments.get(asked or "")
        if instrument is None or not instrument.tick_size or instrument.option_type is not None:
            continue  # options tick in bands
        off = [level.price for level in (*(book.bids or ()), *(book.asks or ())) if level.price % instrument.tick_size]
        if off:
            yield contradiction(
                world,
                operation="get_instruments",
                field="tick_size",
                symbol=asked,
                row=instrument,
                row_key=f"{instrument.market_type}|{instrument.venue_instrument_id}",
                seen=claim_of(instrument.tick_size, None),
                expected=Expected(value=None, source="prices of the same instrument's book (OKX market/books)"),
                rule="prices-are-multiples-of-the-tick",
                reason=f"{len(off)} prices of the book, such as {off[0]:f}, are no multiple of it",
            )


def _candle_in_itself(world: World) -> Iterator[Draft]:
    for asked, candle in world.all_rows("get_candles"):
        field = _broken(candle)
        if field is not None:
            yield contradiction(
                world,
                operation="get_candles",
                field=field,
                symbol=asked,
                row=candle,
                row_key=str(candle.ts_venue_ms),
                seen=claim_of(getattr(candle, field), None),
                expected=Expected(value=None, source="open and close of the same candle (OKX market/candles)"),
                rule="high-and-low-enclose-open-and-close",
                reason=f"the {field} of the candle does not enclose its open and close",
            )


def _broken(candle: Candle) -> str | None:
    inner = [price for price in (candle.open, candle.close) if price is not None]
    if candle.high is not None and any(candle.high < price for price in inner):
        return "high"
    if candle.low is not None and any(candle.low > price for price in inner):
        return "low"
    return None


def _candles_in_time(world: World) -> Iterator[Draft]:
    """Candles follow each other without a gap (OKX repeats the close in an empty one), up to now."""
    for (operation, asked), observation in world.observations.items():
        rows = observation.rows or ()
        moments = sorted(row.ts_venue_ms for row in rows if isinstance(row, Candle) and row.ts_venue_ms is not None)
        if operation != "get_candles" or len(moments) < _FEWEST_CANDLES:
            continue
        steps = [after - before for before, after in pairwise(moments)]
        step_ms = min(steps)
        gap = next((place for place, each in enumerate(steps) if each != step_ms), None)
        newest_ms = moments[-1]
        late = world.now_ms is not None and world.now_ms - newest_ms > _CANDLES_LATE * step_ms
        if step_ms <= 0 or (gap is None and not late):
            continue
        missing_ms = newest_ms + step_ms if gap is None else moments[gap] + step_ms
        yield contradiction(
            world,
            operation="get_candles",
            field="ts_venue_ms",
            symbol=asked,
            row=None,
            row_key=str(missing_ms),
            seen=claim_of(f"{len(moments)} candles without it", None),
            expected=Expected(value=str(missing_ms), source="candles before and after it, and venue time"),
            rule="candles-follow-each-other-up-to-now",
            reason=f"candles of {step_ms // 1000} s, and none at {missing_ms} ms",
        )


MARKET_CHECKS = (
    _answered_symbol,
    _fresh,
    _ticker_in_itself,
    _ticker_in_book,
    _book_in_order,
    _prices_on_tick,
    _candle_in_itself,
    _candles_in_time,
)
