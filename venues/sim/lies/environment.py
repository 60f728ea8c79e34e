"""Lies about the environment: instruments, prices, books, candles, time."""

from __future__ import annotations

from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies import market_edits as market
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Theme

__all__ = ["ENVIRONMENT"]

_BOOK = ("/api/v5/market/books", "/api/v5/market/books-full")
_CANDLES = ("/api/v5/market/candles", "/api/v5/market/history-candles")
_INSTRUMENTS = ("/api/v5/account/instruments", "/api/v5/public/instruments")
_TICKER = ("/api/v5/market/ticker",)
_TIME = ("/api/v5/public/time",)
_TEN_MINUTES_MS = 600_000
_LINEAR = edit.only("BTC-USDT-SWAP")
_HELD = edit.only("ETH-USDT-SWAP")
_S0, _S1, _S2, _S3 = Severity
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE


def _lie(
    name: str,
    place: str,
    severity: Severity,
    paths: tuple[str, ...],
    text: str,
    change: edit.Edit,
    *,
    kind: FindingKind = _CONFLICT,
    seen_at: str = "",
    rests_on: tuple[str, ...] = (),
) -> Lie:
    """A lie at ``operation.field``; ``seen_at`` is where evidence shows it, if not there."""
    operation, _, field = place.partition(".")
    shown_by, _, shown_in = (seen_at or place).partition(".")
    cause = Cause(kind, shown_by, shown_in, severity)
    return Lie(
        name, Theme.ENVIRONMENT, Axis.E, operation, field, text, paths, cause, transform=change, rests_on=rests_on
    )


ENVIRONMENT = (
    _lie("book_crossed", "get_order_book.bids", _S2, _BOOK, "the best bid stands at the best ask", market.book_crossed),
    _lie("book_from_the_future", "get_order_book.ts_venue_ms", _S1, _BOOK, "the book is of ten minutes from now",
         edit.moved_in_time("ts", by_ms=_TEN_MINUTES_MS)),
    _lie("book_prices_off_tick", "get_order_book.bids", _S2, _BOOK, "book prices are no multiples of the tick",
         market.book_off_tick, seen_at="get_instruments.tick_size"),
    _lie("book_sides_swapped", "get_order_book.bids", _S2, _BOOK, "bids are sent as asks", market.sides_swapped),
    _lie("book_stale", "get_order_book.ts_venue_ms", _S1, _BOOK, "the book is ten minutes old",
         edit.moved_in_time("ts", by_ms=-_TEN_MINUTES_MS)),
    _lie("candle_close_blank", "get_candles.close", _S2, _CANDLES, "the close is blank", market.candle_column(4, 4, ""),
         kind=_GONE),
    _lie("candle_high_below_close", "get_candles.high", _S2, _CANDLES, "the high is under the close",
         market.candle_column(2, 4, "0.99")),
    _lie("candle_low_above_open", "get_candles.low", _S2, _CANDLES, "the low is above the open",
         market.candle_column(3, 1, "1.01")),
    _lie("candle_missing", "get_candles.ts_venue_ms", _S2, _CANDLES, "a candle in the middle is left out",
         edit.middle_dropped),
    _lie("candles_stale", "get_candles.ts_venue_ms", _S2, _CANDLES, "the candles end an hour ago",
         market.candles_moved(-3_600_000)),
    _lie("instrument_suspended", "get_instruments.state", _S1, _INSTRUMENTS, "BTC-USDT-SWAP is called suspended",
         edit.written("state", value="suspend", chosen=_LINEAR), kind=FindingKind.LIBRARY_DISAGREEMENT),
    _lie("live_book_in_demo", "get_order_book.bids", _S2, _BOOK,
         "the book is that of another environment, a fifth higher", market.live_book, seen_at="get_ticker.last"),
    _lie("live_contract_size_in_demo", "get_instruments.contract_size", _S3, _INSTRUMENTS,
         "ETH-USDT-SWAP has the contract size of another environment, a tenth of its own",
         edit.scaled("ctVal", by="0.1", chosen=_HELD), rests_on=("get_positions",)),
    _lie("live_prices_in_demo", "get_ticker.last", _S2, _TICKER,
         "the ticker is that of another environment, a fifth higher", market.live_prices),
    _lie("lot_size_wrong", "get_instruments.lot_size", _S2, _INSTRUMENTS,
         "lotSz of ETH-USDT-SWAP is a hundred times too big", edit.scaled("lotSz", by="100", chosen=_HELD)),
    _lie("max_leverage_wrong", "get_instruments.max_leverage", _S1, _INSTRUMENTS,
         "ETH-USDT-SWAP is said to allow no leverage", edit.written("lever", value="1", chosen=_HELD),
         rests_on=("get_positions",)),
    _lie("min_size_wrong", "get_instruments.min_size", _S2, _INSTRUMENTS,
         "minSz of ETH-USDT-SWAP is larger than every order there was",
         edit.written("minSz", value="1000", chosen=_HELD)),
    _lie("server_time_ahead", "get_server_time.ts_venue_ms", _S2, _TIME, "venue time is ten minutes ahead",
         edit.moved_in_time("ts", by_ms=_TEN_MINUTES_MS), seen_at="get_ticker.ts_venue_ms"),
    _lie("server_time_behind", "get_server_time.ts_venue_ms", _S2, _TIME, "venue time is ten minutes behind",
         edit.moved_in_time("ts", by_ms=-_TEN_MINUTES_MS), seen_at="get_ticker.ts_venue_ms"),
    _lie("stale_ticker", "get_ticker.ts_venue_ms", _S2, _TICKER, "the ticker is ten minutes old and half a percent off",
         market.ticker_of_ten_minutes_ago),
    _lie("symbol_swapped", "get_ticker.symbol", _S3, _TICKER, "another instrument's ticker answers",
         market.another_instrument),
    _lie("tick_size_blank", "get_instruments.tick_size", _S1, _INSTRUMENTS, "tickSz of BTC-USDT-SWAP is blank",
         edit.written("tickSz", value="", chosen=_LINEAR), kind=_GONE),
    _lie("tick_size_wrong", "get_instruments.tick_size", _S2, _INSTRUMENTS,
         "tickSz of BTC-USDT-SWAP is ten times too big", edit.scaled("tickSz", by="10", chosen=_LINEAR)),
    _lie("ticker_from_the_future", "get_ticker.ts_venue_ms", _S2, _TICKER, "the ticker is of ten minutes from now",
         edit.moved_in_time("ts", by_ms=_TEN_MINUTES_MS)),
    _lie("ticker_last_blank", "get_ticker.last", _S2, _TICKER, "the last price is blank",
         edit.written("last", value=""), kind=_GONE),
    _lie("ticker_sides_swapped", "get_ticker.bid", _S2, _TICKER, "the best bid is sent as the best ask",
         market.ticker_sides_swapped),
    _lie("wrong_contract_size", "get_instruments.contract_size", _S3, _INSTRUMENTS,
         "ctVal of BTC-USDT-SWAP is ten times too big", edit.scaled("ctVal", by="10", chosen=_LINEAR),
         rests_on=("get_positions",)),
)  # fmt: skip
