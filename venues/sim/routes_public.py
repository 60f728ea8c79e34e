"""
The endpoints that answer from the market alone: OKX's public data, plus the private list of currencies.

Each handler takes the market and the query's parameters and returns the rows of ``data``, or raises `Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dualwitness.venues.sim import candles, parameters, rows_market
from dualwitness.venues.sim.currencies import currency_rows
from dualwitness.venues.sim.instruments import row
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import text

__all__ = ["CURRENCIES_PATH", "PUBLIC_ROUTES", "PublicHandler", "currencies"]

PublicHandler = Callable[[Market, Params], list[object]]

CURRENCIES_PATH = "/api/v5/asset/currencies"

_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_DERIVATIVES = ("SWAP", "FUTURES", "OPTION")
_NEWEST_CANDLES = 1_440
_FUNDING_PERIODS = 270


def _unknown(*, with_data: bool = True) -> Refusal:
    message = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
    return Refusal("51001", message, with_data=with_data)


def _instrument(market: Market, params: Params, *, with_data: bool = True) -> SimInstrument:
    inst_id = parameters.required(params, "instId")
    try:
        return market.instrument(inst_id)
    except KeyError as error:
        raise _unknown(with_data=with_data) from error


def _selected(market: Market, inst_type: str, params: Params) -> list[SimInstrument]:
    """The instruments of a type, narrowed by instId, uly and instFamily; an unknown instId is refused."""
    wanted = {"inst_id": params.get("instId", ""), "uly": params.get("uly", "")}
    wanted["inst_family"] = params.get("instFamily", "")
    found = [
        instrument
        for instrument in market.instruments
        if instrument.inst_type == inst_type
        and all(value in ("", getattr(instrument, name)) for name, value in wanted.items())
    ]
    if wanted["inst_id"] and not found:
        raise _unknown()
    return found


def _instruments(market: Market, params: Params) -> list[object]:
    inst_type = parameters.choice(params, "instType", _TYPES)
    if inst_type == "OPTION":
        parameters.either(params, "uly", "instFamily")
    return [row(instrument) for instrument in _selected(market, inst_type, params)]


def _time(market: Market, _params: Params) -> list[object]:
    return [{"ts": str(market.clock.now_ms())}]


def _mark_price(market: Market, params: Params) -> list[object]:
    inst_type = parameters.choice(params, "instType", ("MARGIN", *_DERIVATIVES))
    return [
        {
            "instId": instrument.inst_id,
            "instType": inst_type,
            "markPx": text(market.mark(instrument.inst_id)),
            "ts": str(market.now_s * 1000),
        }
        for instrument in _selected(market, inst_type, params)
    ]


def _funding_rate(market: Market, params: Params) -> list[object]:
    if params.get("instId") == "ANY":
        swaps = [instrument for instrument in market.instruments if instrument.inst_type == "SWAP"]
        return [rows_market.funding_row(market, swap.inst_id) for swap in swaps]
    return [rows_market.funding_row(market, _swap(market, params).inst_id)]


def _swap(market: Market, params: Params) -> SimInstrument:
    instrument = _instrument(market, params)
    if instrument.inst_type != "SWAP":
        raise parameters.wrong("instId")
    return instrument


def _funding_rate_history(market: Market, params: Params) -> list[object]:
    inst_id = _swap(market, params).inst_id
    most = parameters.limit(params, default=400, most=400)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    periods = (market.funding(inst_id, ago) for ago in range(1, _FUNDING_PERIODS + 1))
    found = [period for period in periods if _between(period.time_ms, after, before)]
    return [rows_market.funding_history_row(inst_id, period) for period in found[:most]]


def _between(ts_ms: int, after: int | None, before: int | None) -> bool:
    """OKX's cursors: ``after`` asks for older, ``before`` for newer, both exclusive."""
    return (after is None or ts_ms < after) and (before is None or ts_ms > before)


def _price_limit(market: Market, params: Params) -> list[object]:
    instrument = _instrument(market, params)
    highest_buy, lowest_sell = market.price_band(instrument.inst_id)
    return [
        {
            "buyLmt": text(highest_buy),
            "enabled": True,
            "instId": instrument.inst_id,
            "instType": instrument.inst_type,
            "sellLmt": text(lowest_sell),
            "ts": str(market.now_s * 1000),
        }
    ]


def _open_interest(market: Market, params: Params) -> list[object]:
    inst_type = parameters.choice(params, "instType", _DERIVATIVES)
    if inst_type == "OPTION" and not params.get("instId"):
        parameters.either(params, "uly", "instFamily")
    return [rows_market.open_interest_row(market, instrument) for instrument in _selected(market, inst_type, params)]


def _underlying(market: Market, params: Params) -> list[object]:
    inst_type = parameters.choice(params, "instType", _DERIVATIVES)
    return [sorted({instrument.uly for instrument in market.instruments if instrument.inst_type == inst_type})]


def _ticker(market: Market, params: Params) -> list[object]:
    instrument = _instrument(market, params)
    return [rows_market.ticker_row(instrument, market.ticker(instrument.inst_id))]


def _tickers(market: Market, params: Params) -> list[object]:
    inst_type = parameters.choice(params, "instType", ("SPOT", *_DERIVATIVES))
    found = _selected(market, inst_type, params)
    return [rows_market.ticker_row(instrument, market.ticker(instrument.inst_id)) for instrument in found]


def _books(market: Market, params: Params) -> list[object]:
    instrument = _instrument(market, params, with_data=False)
    depth = params.get("sz", "") or "1"
    if not depth.isascii() or not depth.isdigit() or not 1 <= int(depth) <= 400:
        # Measured: HTTP 200 here, where the documentation says 400.
        raise parameters.wrong("sz", http_status=200)
    return [rows_market.book_row(market, instrument.inst_id, int(depth))]


def _books_full(market: Market, params: Params) -> list[object]:
    instrument = _instrument(market, params, with_data=False)
    depth = parameters.limit(params, default=1, most=5000, name="sz")
    return [rows_market.book_row(market, instrument.inst_id, depth, full=True)]


def _candle_rows(market: Market, params: Params, *, newest: int | None) -> list[object]:
    instrument = _instrument(market, params)
    name = params.get("bar", "") or "1m"
    if name not in candles.BARS:
        raise parameters.wrong("bar")
    most = parameters.limit(params, default=100, most=300)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    now_s = market.now_s
    start_from_s = now_s if after is None else min(now_s, max(after - 1, 0) // 1000)
    rows: list[object] = []
    oldest_s = instrument.list_time_ms // 1000
    if newest is not None and candles.BARS[name].seconds:
        oldest_s = max(oldest_s, now_s - newest * candles.BARS[name].seconds)
    for start_s, end_s in candles.starts(candles.BARS[name], start_from_s):
        if start_s < oldest_s or len(rows) == most or (before is not None and start_s * 1000 <= before):
            break
        if newest is None and end_s > now_s:
            continue
        candle = candles.candle(market.seed, instrument, start_s, end_s, now_s)
        rows.append(rows_market.candle_row(instrument, candle))
    return rows


def _candles(market: Market, params: Params) -> list[object]:
    return _candle_rows(market, params, newest=_NEWEST_CANDLES)


def _history_candles(market: Market, params: Params) -> list[object]:
    return _candle_rows(market, params, newest=None)


def _trades(market: Market, params: Params) -> list[object]:
    instrument = _instrument(market, params)
    most = parameters.limit(params, default=100, most=500)
    prints = market.prints(instrument.inst_id, most)
    return [rows_market.print_row(instrument.inst_id, public_trade) for public_trade in prints]


def _index_tickers(market: Market, params: Params) -> list[object]:
    quote, name = parameters.either(params, "quoteCcy", "instId")
    pairs: dict[str, SimInstrument] = {}
    for instrument in market.instruments:
        if instrument.inst_type in ("SPOT", "SWAP"):
            pairs.setdefault(f"{instrument.base_ccy}-{instrument.quote_ccy}", instrument)
    found = {
        index: instrument
        for index, instrument in pairs.items()
        if quote in ("", instrument.quote_ccy) and name in ("", index)
    }
    if not found:
        raise _unknown()
    return [
        rows_market.index_row(index, market, instrument, market.ticker(instrument.inst_id))
        for index, instrument in found.items()
    ]


def _status(_market: Market, _params: Params) -> list[object]:
    """No maintenance is scheduled, ever."""
    return []


def currencies(params: Params) -> list[object]:
    """The rows of ``asset/currencies``; private on OKX, although it depends on no account."""
    return list(currency_rows(frozenset(name for name in params.get("ccy", "").split(",") if name)))


PUBLIC_ROUTES: Final[dict[tuple[str, str], PublicHandler]] = {
    ("GET", f"/api/v5/{path}"): handler
    for path, handler in {
        "market/books": _books,
        "market/books-full": _books_full,
        "market/candles": _candles,
        "market/history-candles": _history_candles,
        "market/index-tickers": _index_tickers,
        "market/ticker": _ticker,
        "market/tickers": _tickers,
        "market/trades": _trades,
        "public/funding-rate": _funding_rate,
        "public/funding-rate-history": _funding_rate_history,
        "public/instruments": _instruments,
        "public/mark-price": _mark_price,
        "public/open-interest": _open_interest,
        "public/price-limit": _price_limit,
        "public/time": _time,
        "public/underlying": _underlying,
        "system/status": _status,
    }.items()
}
