"""Which stream serves which market channel: parameters of a subscription become parameters of a REST endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, cast

from dualwitness.venues.sim.instruments import row as instrument_row
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.listing import is_listed
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.routes_public import PUBLIC_ROUTES
from dualwitness.venues.sim.ws.channels import CANDLE_PREFIXES
from dualwitness.venues.sim.ws.streams import (
    BookStream,
    CandleStream,
    RowStream,
    SnapshotBookStream,
    Stream,
    TradeStream,
)

__all__ = ["stream_of"]

Arg = Mapping[str, str]

# Channel: endpoint whose rows it pushes, how often in ms of venue time (OKX's own pace, never under a second).
_ROWS: Final = {
    "estimated-price": ("public/estimated-price", 5_000),
    "funding-rate": ("public/funding-rate", 60_000),
    "index-tickers": ("market/index-tickers", 1_000),
    "mark-price": ("public/mark-price", 1_000),
    "open-interest": ("public/open-interest", 3_000),
    "opt-summary": ("public/opt-summary", 5_000),
    "price-limit": ("public/price-limit", 1_000),
    "tickers": ("market/ticker", 1_000),
}
_WITH_TYPE = ("mark-price", "open-interest")
_INSTRUMENTS_PERIOD_MS = 60_000
_BOOK_DEPTHS: Final = {"books5": "5", "bbo-tbt": "1"}
# The order of a ticker's keys over WebSocket (recorded); over REST they are alphabetical.
_TICKER_KEYS = (
    *("instType", "instId", "last", "lastSz", "askPx", "askSz", "bidPx", "bidSz", "open24h", "high24h", "low24h"),
    *("sodUtc0", "sodUtc8", "volCcy24h", "vol24h", "ts"),
)
_NEWEST_TRADES = "100"


def stream_of(market: Market, channel: str, arg: Arg) -> Stream | None:
    """
    The stream of a market channel; None for channels that push events of the account.

    Raises `Refusal` where the endpoint behind it is not served.
    """
    if channel in _ROWS:
        return _row_stream(market, channel, arg)
    if channel == "status":
        return RowStream(_fetch(market, "system/status", {}), 1_000, quiet=True)
    if channel == "instruments":
        return RowStream(partial(_instruments, market, arg), _INSTRUMENTS_PERIOD_MS)
    if channel == "books":
        return BookStream(_one(market, "market/books", {"instId": arg["instId"], "sz": "400"}))
    if channel in _BOOK_DEPTHS:
        params = {"instId": arg["instId"], "sz": _BOOK_DEPTHS[channel]}
        return SnapshotBookStream(_one(market, "market/books", params), arg["instId"] if channel == "books5" else "")
    if channel in ("trades", "trades-all"):
        return _trade_stream(market, channel, arg)
    return _candle_stream(market, channel, arg)


def _fetch(market: Market, path: str, params: Arg) -> Callable[[], Sequence[object]]:
    handler = PUBLIC_ROUTES.get(("GET", f"/api/v5/{path}"))
    if handler is None:
        raise Refusal("51000", f"no rows of {path}")
    return lambda: cast(Sequence[object], handler(market, params))


def _one(market: Market, path: str, params: Arg) -> Callable[[], Mapping[str, object]]:
    fetch = _fetch(market, path, params)
    return lambda: cast(Mapping[str, object], fetch()[0])


def _row_stream(market: Market, channel: str, arg: Arg) -> Stream:
    path, period_ms = _ROWS[channel]
    params = {name: arg[name] for name in ("instId", "instType", "instFamily", "uly") if name in arg}
    if channel in _WITH_TYPE:
        inst_type = _type_of(market, arg["instId"])
        params["instType"] = "MARGIN" if inst_type == "SPOT" else inst_type
    fetch = _fetch(market, path, params)
    if channel == "tickers":
        return RowStream(lambda: [_ordered(row) for row in fetch()], period_ms)
    return RowStream(fetch, period_ms)


def _ordered(row: object) -> object:
    fields = cast(Mapping[str, object], row)
    return {**{name: fields[name] for name in _TICKER_KEYS if name in fields}, **fields}


def _type_of(market: Market, inst_id: str) -> str:
    try:
        return market.instrument(inst_id).inst_type
    except KeyError as error:
        raise Refusal("51001", f"{inst_id} doesn't exist") from error


def _instruments(market: Market, arg: Arg) -> list[object]:
    now_ms = market.clock.now_ms()
    return [
        instrument_row(instrument)
        for instrument in market.instruments
        if instrument.inst_type == arg["instType"] and is_listed(instrument, now_ms)
    ]


def _trade_stream(market: Market, channel: str, arg: Arg) -> Stream:
    fetch = _fetch(market, "market/trades", {"instId": arg["instId"], "limit": _NEWEST_TRADES})
    book = _one(market, "market/books", {"instId": arg["instId"]})
    return TradeStream(fetch, lambda: book()["seqId"], aggregated=channel == "trades")


def _candle_stream(market: Market, channel: str, arg: Arg) -> Stream | None:
    for prefix, path in CANDLE_PREFIXES.items():
        if channel.startswith(prefix):
            params = {"instId": arg["instId"], "bar": channel.removeprefix(prefix), "limit": "2"}
            return CandleStream(_fetch(market, path, params))
    return None
