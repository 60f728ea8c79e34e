"""Market data spelled as OKX spells it: all values strings, keys alphabetical."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dualwitness.venues.sim.candles import Candle
from dualwitness.venues.sim.kinds import Level, SimInstrument
from dualwitness.venues.sim.market import FUNDING_INTERVAL_MS, FundingPeriod, Market, TickerView
from dualwitness.venues.sim.numbers import text
from dualwitness.venues.sim.tape import Print, Volume

__all__ = [
    "block_ticker_row",
    "book_row",
    "candle_row",
    "funding_history_row",
    "funding_row",
    "index_row",
    "levels_of",
    "open_interest_row",
    "price_candle_row",
    "print_row",
    "ticker_row",
]

_FUNDING_DIGITS = Decimal("1e-16")


def _coin_or_quote(instrument: SimInstrument, volume: Volume) -> Decimal:
    """OKX's volCcy: quote currency on a pair, base currency on a contract (okx-v5-facts section 12)."""
    return volume.quote if instrument.is_spot else volume.base


def ticker_row(instrument: SimInstrument, ticker: TickerView) -> dict[str, object]:
    """The row of ``market/ticker``."""
    return {
        "askPx": text(ticker.ask.px),
        "askSz": text(ticker.ask.sz),
        "bidPx": text(ticker.bid.px),
        "bidSz": text(ticker.bid.sz),
        "high24h": text(ticker.high_24h),
        "instId": instrument.inst_id,
        "instType": instrument.inst_type,
        "last": text(ticker.last),
        "lastSz": text(ticker.last_size),
        "low24h": text(ticker.low_24h),
        "open24h": text(ticker.open_24h),
        "sodUtc0": text(ticker.start_of_day_utc0),
        "sodUtc8": text(ticker.start_of_day_utc8),
        "ts": str(ticker.ts_ms),
        "vol24h": text(ticker.volume.contracts),
        "volCcy24h": text(_coin_or_quote(instrument, ticker.volume)),
    }


def block_ticker_row(instrument: SimInstrument, now_s: int) -> dict[str, object]:
    """The row of ``market/block-ticker`` of an instrument that no block was traded of."""
    return {
        "instId": instrument.inst_id,
        "instType": instrument.inst_type,
        "ts": str(now_s * 1000),
        "vol24h": "0",
        "volCcy24h": "0",
    }


def _levels(levels: tuple[Level, ...], *, full: bool) -> list[list[str]]:
    if full:
        return [[text(level.px), text(level.sz), str(level.orders)] for level in levels]
    # The third column is a retired field and always "0".
    return [[text(level.px), text(level.sz), "0", str(level.orders)] for level in levels]


def book_row(market: Market, inst_id: str, depth: int, *, full: bool = False) -> dict[str, object]:
    """The row of ``market/books``; with ``full`` that of ``market/books-full``, whose levels have three columns."""
    row: dict[str, object] = {
        "asks": _levels(market.asks(inst_id, depth), full=full),
        "bids": _levels(market.bids(inst_id, depth), full=full),
    }
    if not full:
        row["seqId"] = market.now_s * 16 + market.instrument(inst_id).inst_id_code % 16
    return row | {"ts": str(market.now_s * 1000)}


def levels_of(row: Mapping[str, object], side: str) -> list[list[str]]:
    """The levels of one side of a row of ``market/books``."""
    levels = row[side]
    return levels if isinstance(levels, list) else []


def price_candle_row(_instrument: SimInstrument, candle: Candle) -> list[str]:
    """Ts, o, h, l, c, confirm: a price that is not traded has no volume."""
    prices = [text(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.start_s * 1000), *prices, "1" if candle.closed else "0"]


def candle_row(instrument: SimInstrument, candle: Candle) -> list[str]:
    """ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm."""
    prices = [text(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    volumes = (candle.volume.contracts, _coin_or_quote(instrument, candle.volume), candle.volume.quote)
    return [str(candle.start_s * 1000), *prices, *(text(volume) for volume in volumes), "1" if candle.closed else "0"]


def print_row(inst_id: str, public_trade: Print) -> dict[str, object]:
    """The row of ``market/trades``."""
    return {
        "instId": inst_id,
        "px": text(public_trade.px),
        "side": public_trade.side,
        "source": "0",
        "sz": text(public_trade.sz),
        "tradeId": str(public_trade.trade_id),
        "ts": str(public_trade.ts_ms),
    }


def index_row(name: str, market: Market, inst_id: str) -> dict[str, object]:
    """The row of ``market/index-tickers``: the index that the instrument ``inst_id`` follows."""
    day, now_s = market.day(inst_id, "index"), market.now_s
    # Days start at midnight in London and in Hong Kong.
    starts_s = {name: now_s - (now_s + hours * 3_600) % 86_400 for name, hours in (("sodUtc0", 0), ("sodUtc8", 8))}
    return {
        "high24h": text(day.high),
        "idxPx": text(market.index(inst_id)),
        "instId": name,
        "low24h": text(day.low),
        "open24h": text(day.open),
        **{name: text(market.at(start_s * 1000).index(inst_id)) for name, start_s in starts_s.items()},
        "ts": str(now_s * 1000),
    }


def _rate(rate: Decimal) -> str:
    return format(rate.quantize(_FUNDING_DIGITS), "f")


def funding_row(market: Market, inst_id: str) -> dict[str, object]:
    """The row of ``public/funding-rate``: the running period, its predecessor's settled rate."""
    running, settled = market.funding(inst_id), market.funding(inst_id, 1)
    return {
        "formulaType": "withRate",
        "fundingRate": _rate(running.rate),
        "fundingTime": str(running.time_ms),
        "impactValue": "20000.0000000000000000",
        "instId": inst_id,
        "instType": "SWAP",
        "interestRate": "0.0001000000000000",
        "maxFundingRate": "0.00375",
        "method": "current_period",
        "minFundingRate": "-0.00375",
        "nextFundingRate": "",
        "nextFundingTime": str(running.time_ms + FUNDING_INTERVAL_MS),
        "premium": _rate(running.rate - Decimal("0.0001")),
        "prevFundingTime": str(settled.time_ms),
        "settFundingRate": _rate(settled.rate),
        "settState": "settled",
        "ts": str(market.now_s * 1000),
    }


def funding_history_row(inst_id: str, period: FundingPeriod) -> dict[str, object]:
    """The row of ``public/funding-rate-history``."""
    return {
        "formulaType": "withRate",
        "fundingRate": _rate(period.rate),
        "fundingTime": str(period.time_ms),
        "instId": inst_id,
        "instType": "SWAP",
        "method": "current_period",
        "realizedRate": _rate(period.rate),
    }


def open_interest_row(market: Market, instrument: SimInstrument) -> dict[str, object]:
    """The row of ``public/open-interest``."""
    interest = market.open_interest(instrument.inst_id)
    dollars = interest.quote * market.usd(instrument.quote_ccy)
    return {
        "instId": instrument.inst_id,
        "instType": instrument.inst_type,
        "oi": text(interest.contracts),
        "oiCcy": text(interest.base),
        "oiUsd": text(dollars),
        "ts": str(market.now_s * 1000),
    }
