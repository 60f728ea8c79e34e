"""Edits of tickers, books and candles, which know what such a row looks like."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.lies.edits import Edit, with_data
from dualwitness.venues.sim.lies.kinds import Asked, Envelope, Row, rows_of
from dualwitness.venues.sim.numbers import ceil_to, floor_to, text
from dualwitness.venues.sim.rows_market import ticker_row

__all__ = [
    "another_instrument",
    "book_crossed",
    "book_off_tick",
    "candle_column",
    "candles_moved",
    "live_book",
    "live_prices",
    "sides_swapped",
    "ticker_of_ten_minutes_ago",
    "ticker_sides_swapped",
]

_STALE_S = 600
# A demo book and the real one drift apart: the price of one is none of the other's.
_LIVE_OVER_DEMO = Decimal("1.2")
_PRICES = ("askPx", "bidPx", "high24h", "last", "low24h", "open24h", "sodUtc0", "sodUtc8")


def another_instrument(envelope: Envelope, asked: Asked) -> Envelope:
    """The ticker of the next instrument of the same type, with its own instId."""
    market = asked.market
    for row in rows_of(envelope):
        peers = [peer for peer in market.instruments if peer.inst_type == row.get("instType")]
        places = [place for place, peer in enumerate(peers) if peer.inst_id == row.get("instId")]
        if places:
            other = peers[(places[0] + 1) % len(peers)]
            row.update(ticker_row(other, market.ticker(other.inst_id)))
    return envelope


def ticker_of_ten_minutes_ago(envelope: Envelope, asked: Asked) -> Envelope:
    """The ticker as it stood ten minutes ago, half a percent off."""
    for row in rows_of(envelope):
        instrument = asked.market.instrument(str(row["instId"]))
        row.update(ticker_row(instrument, asked.market.ticker(instrument.inst_id, seconds_ago=_STALE_S)))
        for key in ("askPx", "bidPx", "last"):
            row[key] = text(floor_to(Decimal(str(row[key])) * Decimal("0.995"), instrument.tick_sz))
    return envelope


def live_prices(envelope: Envelope, asked: Asked) -> Envelope:
    """A ticker a fifth above the book it belongs to, still on tick."""
    for row in rows_of(envelope):
        tick = asked.market.instrument(str(row["instId"])).tick_sz
        for key in _PRICES:
            if row.get(key):
                row[key] = text(ceil_to(Decimal(str(row[key])) * _LIVE_OVER_DEMO, tick))
    return envelope


def sides_swapped(envelope: Envelope, _asked: Asked) -> Envelope:
    """Bids for asks."""
    for row in rows_of(envelope):
        row["asks"], row["bids"] = row["bids"], row["asks"]
    return envelope


def _levels(row: Row, side: str) -> list[list[str]]:
    levels = row.get(side)
    return [list(level) for level in levels if isinstance(level, list)] if isinstance(levels, list) else []


def book_crossed(envelope: Envelope, _asked: Asked) -> Envelope:
    """The best bid stands at the best ask."""
    for row in rows_of(envelope):
        asks, bids = _levels(row, "asks"), _levels(row, "bids")
        if asks and bids:
            bids[0][0] = asks[0][0]
            row["bids"] = bids
    return envelope


def book_off_tick(envelope: Envelope, asked: Asked) -> Envelope:
    """Every price of the book a third of a tick further away from the other side."""
    for row in rows_of(envelope):
        inst_id = asked.params.get("instId", "")
        third = asked.market.instrument(inst_id).tick_sz * Decimal("0.3")
        for side, step in (("asks", third), ("bids", -third)):
            row[side] = [[text(Decimal(level[0]) + step), *level[1:]] for level in _levels(row, side)]
    return envelope


def live_book(envelope: Envelope, asked: Asked) -> Envelope:
    """A book a fifth above the ticker it belongs to, still on tick."""
    tick = asked.market.instrument(asked.params.get("instId", "")).tick_sz
    for row in rows_of(envelope):
        for side in ("asks", "bids"):
            row[side] = [
                [text(ceil_to(Decimal(level[0]) * _LIVE_OVER_DEMO, tick)), *level[1:]] for level in _levels(row, side)
            ]
    return envelope


def ticker_sides_swapped(envelope: Envelope, _asked: Asked) -> Envelope:
    """The best bid for the best ask."""
    for row in rows_of(envelope):
        row["askPx"], row["bidPx"] = row["bidPx"], row["askPx"]
    return envelope


def candles_moved(by_ms: int) -> Edit:
    """The moments of all candles so many milliseconds later."""

    def moved(row: object) -> object:
        return [str(int(row[0]) + by_ms), *row[1:]] if isinstance(row, list) else row

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        return with_data(envelope, lambda data: [moved(row) for row in data])

    return edit


def candle_column(column: int, source: int, factor: str) -> Edit:
    """One column of every candle, written anew from another; an empty factor blanks it."""

    def written(row: object) -> object:
        if not isinstance(row, list):
            return row
        value = text(Decimal(str(row[source])) * Decimal(factor)) if factor else ""
        return [*row[:column], value, *row[column + 1 :]]

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        return with_data(envelope, lambda data: [written(row) for row in data])

    return edit
