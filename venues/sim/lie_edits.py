"""The edits that lies are made of: small functions from one envelope to another."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from dualwitness.venues.sim.envelope import Response, as_json
from dualwitness.venues.sim.lie_kinds import Asked, Envelope, Row, rows_of
from dualwitness.venues.sim.numbers import floor_to, text
from dualwitness.venues.sim.rows_market import ticker_row

__all__ = [
    "Edit",
    "RowFilter",
    "another_instrument",
    "candle_high_below_close",
    "empty",
    "empty_body",
    "flip_position",
    "html_page",
    "negated",
    "newest_dropped",
    "newest_twice",
    "only",
    "rate_limited",
    "scaled",
    "sides_swapped",
    "swapped",
    "ticker_of_ten_minutes_ago",
    "truncated",
    "unavailable",
    "written",
]

Edit = Callable[[Envelope, Asked], Envelope]
RowFilter = Callable[[Row], bool]

_DERIVATIVES = frozenset({"SWAP", "FUTURES", "OPTION"})
_STALE_S = 600


def only(inst_id: str) -> RowFilter:
    """Rows of one instrument."""
    return lambda row: row.get("instId") == inst_id


def _each(keys: tuple[str, ...], change: Callable[[str], str], chosen: RowFilter | None = None) -> Edit:
    """Change the named string fields of every chosen row, and of every row in its ``details``."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        for row in rows_of(envelope):
            if chosen is None or chosen(row):
                details = row.get("details")
                nested = [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
                for target in (row, *nested):
                    for key in keys:
                        value = target.get(key)
                        if isinstance(value, str) and value != "":
                            target[key] = change(value)
        return envelope

    return edit


def scaled(*keys: str, by: str, chosen: RowFilter | None = None) -> Edit:
    """Multiply numbers that are there; blanks stay blank."""
    return _each(keys, lambda value: text(Decimal(value) * Decimal(by)), chosen)


def negated(*keys: str) -> Edit:
    """Turn signs round."""
    return _each(keys, lambda value: text(-Decimal(value)))


def written(*keys: str, value: str, chosen: RowFilter | None = None) -> Edit:
    """Write the same value everywhere, blanks excepted."""
    return _each(keys, lambda _: value, chosen)


def swapped(key: str, one: str, other: str) -> Edit:
    """Exchange two words."""
    words = {one: other, other: one}
    return _each((key,), lambda value: words.get(value, value))


def empty(envelope: Envelope, _asked: Asked) -> Envelope:
    """No rows at all."""
    return envelope | {"data": []}


def _with_data(envelope: Envelope, change: Callable[[list[object]], list[object]]) -> Envelope:
    data = envelope.get("data")
    return envelope | {"data": change(data)} if isinstance(data, list) and data else envelope


def newest_twice(envelope: Envelope, _asked: Asked) -> Envelope:
    """The first row, which is the newest, a second time."""
    return _with_data(envelope, lambda data: [data[0], *data])


def newest_dropped(envelope: Envelope, _asked: Asked) -> Envelope:
    """The first row, which is the newest, left out."""
    return _with_data(envelope, lambda data: data[1:])


def flip_position(envelope: Envelope, _asked: Asked) -> Envelope:
    """Long for short on every derivative: the sign in net mode, ``posSide`` in long/short mode."""
    sides = {"long": "short", "short": "long"}
    for row in rows_of(envelope):
        if row.get("instType") not in _DERIVATIVES:
            continue
        side, size = str(row.get("posSide")), str(row.get("pos"))
        if side in sides:
            row["posSide"] = sides[side]
        elif size:
            row["pos"] = text(-Decimal(size))
    return envelope


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


def sides_swapped(envelope: Envelope, _asked: Asked) -> Envelope:
    """Bids for asks."""
    for row in rows_of(envelope):
        row["asks"], row["bids"] = row["bids"], row["asks"]
    return envelope


def candle_high_below_close(envelope: Envelope, _asked: Asked) -> Envelope:
    """Every high one percent under its close."""

    def change(data: list[object]) -> list[object]:
        return [
            [row[0], row[1], text(Decimal(row[4]) * Decimal("0.99")), *row[3:]] if isinstance(row, list) else row
            for row in data
        ]

    return _with_data(envelope, change)


def html_page(_response: Response) -> Response:
    """HTTP 200 with a web page where JSON belongs."""
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
    return Response(200, page, (("content-type", "text/html; charset=utf-8"),))


def truncated(response: Response) -> Response:
    """The first half of the answer."""
    return Response(response.status, response.body[: len(response.body) // 2], response.headers)


def empty_body(response: Response) -> Response:
    """HTTP 200 and nothing else."""
    return Response(200, b"", response.headers)


def unavailable(_response: Response) -> Response:
    """HTTP 503 in OKX's words."""
    return as_json({"code": "50001", "data": [], "msg": "Service temporarily unavailable. Try again later."}, 503)


def rate_limited(_response: Response) -> Response:
    """HTTP 429 in OKX's words."""
    return as_json({"code": "50011", "msg": "Too Many Requests"}, 429)
