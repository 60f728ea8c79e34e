"""Candles of trades, of the mark price and of an index; recent ones and history."""

from __future__ import annotations

from dualwitness.venues.sim import candles, parameters, rows_market
from dualwitness.venues.sim.kinds import Params, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.prices import Kind
from dualwitness.venues.sim.public.catalogue import Rows, catalogue_of, instrument_of, unknown

__all__ = [
    "history_candles",
    "history_index_candles",
    "history_mark_price_candles",
    "index_candles",
    "mark_price_candles",
    "recent_candles",
]

_NEWEST_BARS = 1_440
_DEFAULT_ROWS = 100


def recent_candles(market: Market, params: Params) -> Rows:
    """``market/candles``: the last 1,440 bars, the running one included."""
    instrument = instrument_of(market, params)
    return _rows(market, params, instrument, "last", newest=_NEWEST_BARS, most=300)


def history_candles(market: Market, params: Params) -> Rows:
    """``market/history-candles``: closed bars since the listing."""
    instrument = instrument_of(market, params)
    return _rows(market, params, instrument, "last", newest=None, most=300)


def mark_price_candles(market: Market, params: Params) -> Rows:
    """``market/mark-price-candles``."""
    instrument = instrument_of(market, params)
    return _rows(market, params, instrument, "mark", newest=_NEWEST_BARS, most=100)


def history_mark_price_candles(market: Market, params: Params) -> Rows:
    """``market/history-mark-price-candles``: closed bars."""
    instrument = instrument_of(market, params)
    return _rows(market, params, instrument, "mark", newest=None, most=100)


def index_candles(market: Market, params: Params) -> Rows:
    """``market/index-candles``: ``instId`` names an index here, BTC-USD, not an instrument."""
    instrument = _index(market, params)
    return _rows(market, params, instrument, "index", newest=_NEWEST_BARS, most=100)


def history_index_candles(market: Market, params: Params) -> Rows:
    """``market/history-index-candles``: closed bars."""
    instrument = _index(market, params)
    return _rows(market, params, instrument, "index", newest=None, most=100)


def _index(market: Market, params: Params) -> SimInstrument:
    instrument = catalogue_of(market).indices.get(parameters.required(params, "instId"))
    if instrument is None:
        raise unknown()
    return instrument


def _rows(
    market: Market,
    params: Params,
    instrument: SimInstrument,
    kind: Kind,
    *,
    newest: int | None,
    most: int,
) -> Rows:
    """Bars newest first; with ``newest`` only so many and the running one, without it closed ones alone."""
    name = params.get("bar", "") or "1m"
    bar = candles.BARS.get(name)
    if bar is None:
        raise parameters.wrong("bar")
    wanted = parameters.limit(params, default=_DEFAULT_ROWS, most=most)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    now_s = market.now_s
    start_from_s = now_s if after is None else min(now_s, max(after - 1, 0) // 1000)
    oldest_s = instrument.list_time_ms // 1000
    if newest is not None and bar.seconds:
        oldest_s = max(oldest_s, now_s - newest * bar.seconds)
    spelling = rows_market.candle_row if kind == "last" else rows_market.price_candle_row
    rows: Rows = []
    if start_from_s < oldest_s:
        return rows
    for start_s, end_s in candles.starts(bar, start_from_s):
        if start_s < oldest_s or len(rows) == wanted or (before is not None and start_s * 1000 <= before):
            break
        if newest is None and end_s > now_s:
            continue
        rows.append(spelling(instrument, market.candle(instrument.inst_id, start_s, end_s, kind)))
    return rows
