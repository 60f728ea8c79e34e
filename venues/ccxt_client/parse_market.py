"""
CCXT's unified market structures as our facts.

| Ticker | CCXT | | Instrument | CCXT market |
|---|---|---|---|---|
| symbol | symbol | | symbol, venue_instrument_id | symbol, id |
| last, bid, ask | the same | | market_type | type |
| bid_size, ask_size | bidVolume, askVolume | | base, quote, settle | the same |
| open_24h, high_24h, low_24h | open, high, low | | linear, inverse, contract_size | the same, contractSize |
| volume_base, volume_quote | baseVolume, quoteVolume | | tick_size, lot_size | precision.price, precision.amount |
| ts_venue_ms | timestamp | | min_size, max_leverage | limits.amount.min, limits.leverage.max |
| | | | state | active: true is live, else ``unmapped`` |
| | | | expiry_ms, strike, option_type | expiry, strike, optionType |

| Candle | CCXT row | | OrderBook | CCXT |
|---|---|---|---|---|
| ts_venue_ms, open, high, low, close | 0 to 4 | | symbol | what was asked: the row carries none |
| volume_base | 5 | | bids, asks | bids, asks: floats (see `parse.exact`) |
| volume_quote, closed | ``unsupported`` | | ts_venue_ms, sequence | timestamp, nonce |

CCXT's word stays as it is where it is wrong: its ``baseVolume`` counts contracts on derivatives (difference
ticker-volume-contracts-in-base-slot), its option ``contractSize`` lacks ctMult.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualwitness.models import (
    BookLevel,
    Candle,
    Instrument,
    InstrumentState,
    MarketType,
    NullReason,
    OptionType,
    OrderBook,
    Ticker,
)
from dualwitness.venues.ccxt_client.parse import Reading, exact
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import RowInvalid

__all__ = ["candles_from", "instrument_from", "order_book_from", "ticker_from"]

_OPTION_TYPES = {"call": OptionType.CALL, "put": OptionType.PUT}


def ticker_from(row: Mapping[str, Any]) -> Ticker:
    """A ticker; raises `RowInvalid`. The raw names are those of OKX, Bybit and Binance, for reasons alone."""
    reading = Reading("ticker", row.get("info"))
    symbol = row.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        message = "a ticker has no symbol"
        raise RowInvalid(message)
    return Ticker(
        symbol=symbol,
        last=reading.number("last", row.get("last"), "last", "lastPrice"),
        bid=reading.number("bid", row.get("bid"), "bidPx", "bid1Price", "bidPrice"),
        ask=reading.number("ask", row.get("ask"), "askPx", "ask1Price", "askPrice"),
        bid_size=reading.number("bid_size", row.get("bidVolume"), "bidSz", "bid1Size", "bidQty"),
        ask_size=reading.number("ask_size", row.get("askVolume"), "askSz", "ask1Size", "askQty"),
        open_24h=reading.number("open_24h", row.get("open"), "open24h", "prevPrice24h", "openPrice"),
        high_24h=reading.number("high_24h", row.get("high"), "high24h", "highPrice24h", "highPrice"),
        low_24h=reading.number("low_24h", row.get("low"), "low24h", "lowPrice24h", "lowPrice"),
        volume_base=reading.number("volume_base", row.get("baseVolume"), "vol24h", "volume24h", "volume"),
        volume_quote=reading.number("volume_quote", row.get("quoteVolume"), "volCcy24h", "turnover24h", "quoteVolume"),
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("timestamp"), "ts", "closeTime"),
        reasons=reading.reasons,
    )


def candles_from(rows: Sequence[Sequence[Any]]) -> tuple[Candle, ...]:
    """Bars as CCXT orders them, oldest first; raises `RowInvalid`."""
    return tuple(_candle_from(row) for row in rows)


def _candle_from(row: Sequence[Any]) -> Candle:
    reading = Reading("candle", None)
    opened_ms = reading.time_ms("ts_venue_ms", row[0] if row else None)
    if opened_ms is None or len(row) < 6:
        message = "a candle has no time or too few columns"
        raise RowInvalid(message)
    reading.nulls(NullReason.UNSUPPORTED, "volume_quote", "closed")
    return Candle(
        ts_venue_ms=opened_ms,
        open=reading.number("open", row[1]),
        high=reading.number("high", row[2]),
        low=reading.number("low", row[3]),
        close=reading.number("close", row[4]),
        volume_base=reading.number("volume_base", row[5]),
        volume_quote=None,
        closed=None,
        reasons=reading.reasons,
    )


def order_book_from(row: Mapping[str, Any], symbol: str) -> OrderBook:
    """A book; raises `RowInvalid`."""
    reading = Reading("order book", None)
    sequence = row.get("nonce")
    if sequence is None:
        # OKX sends seqId; CCXT has a place for it and leaves it empty.
        reading.null("sequence", NullReason.UNMAPPED)
    return OrderBook(
        symbol=symbol,
        bids=_levels(row.get("bids"), "bids"),
        asks=_levels(row.get("asks"), "asks"),
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("timestamp")),
        sequence=sequence,
        reasons=reading.reasons,
    )


def _levels(levels: Any, side: str) -> tuple[BookLevel, ...]:
    parsed = []
    for level in levels:
        price, size = exact(level[0], f"{side} price"), exact(level[1], f"{side} size")
        if price is None or size is None:
            message = f"a level of {side} has no price or no size"
            raise RowInvalid(message)
        parsed.append(BookLevel(price, size))
    return tuple(parsed)


def instrument_from(row: Mapping[str, Any]) -> Instrument:
    """An instrument from a CCXT market; raises `RowInvalid`."""
    market = Market.of(row)
    reading = Reading("instrument", row.get("info"))
    state = InstrumentState.LIVE if row.get("active") is True else None
    if state is None:
        # CCXT folds six states of OKX into one "not active" (difference instrument-state-collapsed-to-active).
        reading.null("state", NullReason.UNMAPPED)
    derivative = market.market_type is not MarketType.SPOT
    if derivative:
        if market.contract_size is None:
            reading.number("contract_size", None, "ctVal", "contractSize")
        reading.text("settle", row.get("settle"), "settleCcy", "settleCoin", "marginAsset")
    leverage = (row.get("limits") or {}).get("leverage") or {}
    option_type = None
    if market.market_type is MarketType.OPTION:
        option_type = reading.member("option_type", row.get("optionType"), _OPTION_TYPES, "optType")
    return Instrument(
        symbol=market.symbol,
        venue_instrument_id=market.venue_id,
        market_type=market.market_type,
        base=reading.text("base", market.base, "baseCcy", "uly", "baseCoin", "baseAsset"),
        quote=reading.text("quote", market.quote, "quoteCcy", "uly", "quoteCoin", "quoteAsset"),
        settle=row.get("settle") or None,
        linear=row.get("linear") if derivative else None,
        inverse=row.get("inverse") if derivative else None,
        contract_size=market.contract_size if derivative else None,
        tick_size=reading.number("tick_size", market.tick_size, "tickSz", "priceFilter", "filters"),
        lot_size=reading.number("lot_size", market.lot_size, "lotSz", "lotSizeFilter", "filters"),
        min_size=reading.number("min_size", market.min_size, "minSz", "lotSizeFilter", "filters"),
        max_leverage=exact(leverage.get("max"), "limits.leverage.max"),
        state=state,
        expiry_ms=row.get("expiry"),
        strike=exact(row.get("strike"), "strike"),
        option_type=option_type,
        reasons=reading.reasons,
    )
