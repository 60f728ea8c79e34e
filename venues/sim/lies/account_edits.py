"""Edits of positions and fills, which know what such a row looks like."""

from __future__ import annotations

import itertools
from decimal import Decimal

from dualwitness.venues.sim.lies.edits import Edit, of_derivatives, with_data
from dualwitness.venues.sim.lies.kinds import Asked, Envelope, Row, rows_of
from dualwitness.venues.sim.numbers import text

__all__ = [
    "another_accounts_positions",
    "booked_out",
    "details_left_out",
    "details_renamed",
    "fill_of_another_order",
    "flip_position",
    "invented_fill",
    "liquidated_already",
    "maker_fee_as_rebate",
    "middle_change_doubled",
    "sides_invented",
    "times_reversed",
    "twice",
]

_BLANK_TRANSFER = dict.fromkeys(
    ("execType", "fee", "fillTime", "instId", "instType", "mgnMode", "ordId", "pnl", "px"), ""
) | {"balChg": "-1000", "from": "18", "subType": "12", "sz": "1000", "to": "6", "tradeId": "0", "type": "1"}


def flip_position(envelope: Envelope, _asked: Asked) -> Envelope:
    """Long for short on every derivative: the sign in net mode, ``posSide`` in long/short mode."""
    sides = {"long": "short", "short": "long"}
    for row in rows_of(envelope):
        if not of_derivatives(row):
            continue
        side, size = str(row.get("posSide")), str(row.get("pos"))
        if side in sides:
            row["posSide"] = sides[side]
        elif size:
            row["pos"] = text(-Decimal(size))
    return envelope


def sides_invented(envelope: Envelope, _asked: Asked) -> Envelope:
    """Net positions of contracts shown as long/short mode would: a side, and no sign."""
    for row in rows_of(envelope):
        size = str(row.get("pos"))
        if of_derivatives(row) and row.get("posSide") == "net" and size:
            row["posSide"] = "short" if size.startswith("-") else "long"
            row["pos"] = size.removeprefix("-")
    return envelope


def twice(envelope: Envelope, _asked: Asked) -> Envelope:
    """Every derivative's row a second time, under another id."""
    copies = [row | {"posId": f"{row.get('posId', '')}1"} for row in rows_of(envelope) if of_derivatives(row)]
    data = envelope.get("data")
    return envelope | {"data": [*data, *copies]} if isinstance(data, list) else envelope


def invented_fill(envelope: Envelope, _asked: Asked) -> Envelope:
    """An execution that never was: the newest one again, under ids that nobody else has."""
    rows = rows_of(envelope)
    if not rows:
        return envelope
    newest = rows[0]
    invented = newest | {
        "billId": f"{newest.get('billId', '')}9",
        "tradeId": f"{newest.get('tradeId', '')}9",
    }
    return envelope | {"data": [invented, *rows]}


def fill_of_another_order(envelope: Envelope, _asked: Asked) -> Envelope:
    """Every execution is said to belong to an order that does not exist."""
    for row in rows_of(envelope):
        row["ordId"] = f"{row.get('ordId', '')}7"
    return envelope


def times_reversed(envelope: Envelope, _asked: Asked) -> Envelope:
    """The moments of the executions in the opposite order, the ids as they are."""
    rows = rows_of(envelope)
    for key in ("fillTime", "ts"):
        moments = [row.get(key) for row in rows]
        for row, moment in zip(rows, reversed(moments), strict=True):
            row[key] = moment
    return envelope


def another_accounts_positions(envelope: Envelope, _asked: Asked) -> Envelope:
    """One position that this account never had, in place of all that it has."""
    foreign = [row | {"instId": "LTC-USDT-SWAP", "posId": "9"} for row in rows_of(envelope) if of_derivatives(row)]
    return with_data(envelope, lambda _: list(foreign[:1]))


def liquidated_already(envelope: Envelope, _asked: Asked) -> Envelope:
    """The liquidation price a tenth on the side of the mark price on which the position would be gone."""
    for row in rows_of(envelope):
        size, mark = str(row.get("pos")), str(row.get("markPx"))
        if of_derivatives(row) and row.get("liqPx") and size and mark:
            short = size.startswith("-") or row.get("posSide") == "short"
            row["liqPx"] = text(Decimal(mark) * Decimal("0.9" if short else "1.1"))
    return envelope


def maker_fee_as_rebate(envelope: Envelope, _asked: Asked) -> Envelope:
    """What a maker paid is called what a maker was paid."""
    for row in rows_of(envelope):
        if row.get("execType") == "M" and row.get("fee"):
            row["fee"] = text(abs(Decimal(str(row["fee"]))))
    return envelope


def _details(row: Row) -> list[Row]:
    details = row.get("details")
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def details_left_out(ccy: str) -> Edit:
    """A balance without one of its currencies."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        for row in rows_of(envelope):
            row["details"] = [one for one in _details(row) if one.get("ccy") != ccy]
        return envelope

    return edit


def details_renamed(ccy: str, other: str) -> Edit:
    """One currency of a balance under the name of another."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        for row in rows_of(envelope):
            for one in _details(row):
                if one.get("ccy") == ccy:
                    one["ccy"] = other
        return envelope

    return edit


def middle_change_doubled(envelope: Envelope, _asked: Asked) -> Envelope:
    """The change of one bill in the middle twice as large, its balance as it was."""
    rows = rows_of(envelope)
    if rows:
        row = rows[len(rows) // 2]
        row["balChg"] = text(Decimal(str(row["balChg"])) * 2)
    return envelope


def booked_out(envelope: Envelope, _asked: Asked) -> Envelope:
    """A transfer out that never was, where a number is free between two bills; later balances know nothing of it."""
    rows = rows_of(envelope)
    for place, (newer, older) in enumerate(itertools.pairwise(rows)):
        number = int(str(older["billId"])) + 1
        if number < int(str(newer["billId"])):
            invented = older | _BLANK_TRANSFER | {"billId": str(number), "bal": text(Decimal(str(older["bal"])) - 1000)}
            return envelope | {"data": [*rows[: place + 1], invented, *rows[place + 1 :]]}
    return envelope
