"""
Masks: whether a lie that was told could still be seen in what went out. Pure.

Of two lies one may hide the other: no side can be read from positions that were all left out. Or they cancel out: twice
a half is the truth. That is derived and not supposed: each answer that a lie changed is held against the same answer
without it, and against the true one. Where the false field is the same as in one of them, in every row of every such
answer, nothing of the lie was left to be found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from dualwitness.alignment.rules import RULES
from dualwitness.venues.sim.lies import Plant, Telling

__all__ = ["is_masked", "wire_keys"]

_WORD = re.compile(r"[A-Za-z0-9]+")
# Candles have columns and no names.
_COLUMNS = ("ts", "o", "h", "l", "c", "vol", "volCcy", "volCcyQuote", "confirm")
_IDENTITY = ("instId", "ccy")


def wire_keys(operation: str, field: str) -> frozenset[str]:
    """The venue's names of a field, as the rule table has them; none where the table does not know it."""
    rules = RULES.get(operation)
    line = next((rule for rule in rules.fields if rule.field == field), None) if rules is not None else None
    return frozenset(_WORD.findall(line.reference)) if line is not None else frozenset()


def is_masked(plant: Plant, tellings: Iterable[Telling], others: Iterable[Plant]) -> bool:
    """
    Whether nothing of ``plant`` was left in any answer that it changed, because of the ``others``.

    A connection that one of them breaks carries nothing at all; what befalls a connection is itself never masked.
    """
    told = [telling for telling in tellings if telling.plant.label == plant.label]
    keys = wire_keys(plant.lie.operation, plant.lie.field)
    broken = [one for one in others if one.lie.toxic is not None and one.lie.cause.kind is not None]
    left = [
        telling
        for telling in told
        if not any(one.hears(telling.asked, telling.library) for one in broken) and _is_left(telling, keys)
    ]
    return bool(told) and not left


def _is_left(telling: Telling, keys: frozenset[str]) -> bool:
    said = _shown(telling.answer.body, keys)
    return said != _shown(telling.without.body, keys) and said != _shown(telling.honest.body, keys)


def _shown(body: bytes, keys: frozenset[str]) -> object:
    """Everything that an answer says of a field: row by row, with whose row it is; the bytes where it has no rows."""
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError):
        return None
    if not keys or not isinstance(data, list):
        return data
    return [_said(row, keys) for row in data]


def _said(row: Any, keys: frozenset[str]) -> object:
    if isinstance(row, list):
        return [value for name, value in zip(_COLUMNS, row, strict=False) if name in keys]
    if not isinstance(row, dict):
        return row
    details = row.get("details")
    nested = [_said(one, keys) for one in details] if isinstance(details, list) else None
    return [row.get(key) for key in (*_IDENTITY, *sorted(keys))], nested
