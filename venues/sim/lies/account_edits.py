"""Edits of positions and fills, which know what such a row looks like."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.lies.edits import of_derivatives
from dualwitness.venues.sim.lies.kinds import Asked, Envelope, rows_of
from dualwitness.venues.sim.numbers import text

__all__ = ["fill_of_another_order", "flip_position", "invented_fill", "sides_invented", "times_reversed", "twice"]


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
