"""Order books at every depth that OKX offers."""

from __future__ import annotations

from typing import Final

from dualwitness.venues.sim import parameters, rows_market
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public.catalogue import Rows, instrument_of

__all__ = ["books", "books_full", "books_lite", "books_rpi"]

_BOOKS_MOST: Final = 400
_FULL_MOST: Final = 5000
# Measured: `books-lite` answers 25 levels, whatever is asked.
_LITE_LEVELS: Final = 25


def _depth(params: Params) -> int:
    depth = params.get("sz", "") or "1"
    # Measured: HTTP 200 here, where the documentation says 400.
    if not depth.isascii() or not depth.isdigit() or len(depth) > 3 or not 1 <= int(depth) <= _BOOKS_MOST:
        raise parameters.wrong("sz", http_status=200)
    return int(depth)


def books(market: Market, params: Params) -> Rows:
    """``market/books``: 1 to 400 levels, one by default; levels of four columns."""
    instrument = instrument_of(market, params, with_data=False)
    return [rows_market.book_row(market, instrument.inst_id, _depth(params))]


def books_rpi(market: Market, params: Params) -> Rows:
    """``market/books-rpi``: as books, but the third column is the size without retail price improvement: all of it."""
    instrument = instrument_of(market, params, with_data=False)
    row = rows_market.book_row(market, instrument.inst_id, _depth(params))
    for side in ("asks", "bids"):
        row[side] = [[px, sz, sz, orders] for px, sz, _, orders in rows_market.levels_of(row, side)]
    return [row]


def books_lite(market: Market, params: Params) -> Rows:
    """``market/books-lite``: 25 levels, no sequence number."""
    instrument = instrument_of(market, params, with_data=False)
    row = rows_market.book_row(market, instrument.inst_id, _LITE_LEVELS)
    row.pop("seqId")
    return [row]


def books_full(market: Market, params: Params) -> Rows:
    """``market/books-full``: up to 5,000 levels of three columns."""
    instrument = instrument_of(market, params, with_data=False)
    depth = parameters.limit(params, default=1, most=_FULL_MOST, name="sz")
    return [rows_market.book_row(market, instrument.inst_id, depth, full=True)]
