"""
Reading one CCXT structure: exact numbers, strict words, and a reason for every null.

The value is always CCXT's unified one. The raw row (``info``) is looked at for the *reason* of a null alone: to tell
what the venue left out (``absent``), left empty (``blank``) or said without CCXT passing it on (``unmapped``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from dualwitness.models import NullReason
from dualwitness.venues.errors import RowInvalid

__all__ = ["Reading", "check_columns", "check_instrument_ids", "check_row_numbers", "exact", "quoted", "read"]

_Member = TypeVar("_Member")
_Result = TypeVar("_Result")

# ASCII alone: `int("１")` is 1 in Python, and CCXT lets such digits pass (reliability B2.1).
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST_EXPONENT = 30  # as for what a person may write: no price or size has more digits
# Money on the wire that CCXT computes with: its own arithmetic would hide a digit that is none.
_MONEY_NAMES = (
    "pos avgPx markPx upl realizedPnl lever liqPx notionalUsd margin imr mmr liab px sz accFillSz fillPx fillSz fee "
    "cashBal eq availEq availBal frozenBal last bidPx askPx bidSz askSz open24h high24h low24h vol24h volCcy24h "
    "maker taker makerU takerU bal balChg pnl"
)
_MONEY = frozenset(_MONEY_NAMES.split())
_SIZES = frozenset({"sz", "accFillSz", "fillSz"})  # a negative one is no size: the side has the sign
_TIMES = frozenset({"ts", "cTime", "uTime", "fillTime"})
_TIME_MS = re.compile(r"[0-9]{1,16}")
_INSTRUMENT_ID = re.compile(r"[A-Za-z0-9]{1,20}-[A-Za-z0-9_]{1,40}(?:-[A-Za-z0-9.]{1,20}){0,3}")
_FLAGS = ("true", "false", "", None)


def exact(value: object, what: str) -> Decimal | None:
    """
    The number, without loss, or ``None`` for none; raises `RowInvalid` for NaN, foreign digits and absurd exponents.

    A float (order books; difference orderbook-floats-in-every-number-mode) is taken by its shortest spelling: that is
    CCXT's own word, and digits it lost stay lost.
    """
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, (str, int, float, Decimal)) and not isinstance(value, bool) else ""
    if _NUMBER.fullmatch(text) is None:
        message = f"{what} is no number: {value!r:.60}"
        raise RowInvalid(message)
    number = Decimal(text)
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        message = f"{what} is outside the range of any price or size"
        raise RowInvalid(message)
    return number or number.copy_abs()  # no negative zero


def check_row_numbers(rows: Iterable[object], *, signed: frozenset[str] = frozenset()) -> None:
    """
    Raise `RowInvalid` for a wire row that is no object, or whose money, time or flag is not what OKX writes.

    ``signed`` names sizes that may be negative here.

    OKX quotes its numbers; an unquoted one has been through a float by the time anybody reads it (difference
    unquoted-json-numbers-become-floats-in-both), and CCXT takes "1_000" for a time and any word for false.
    """
    for row in rows:
        if not isinstance(row, Mapping):
            message = f"a row is no object but {type(row).__name__}"
            raise RowInvalid(message)
        for key in _MONEY & row.keys():
            quoted(row[key], key)
        for key in (_SIZES & row.keys()) - signed:
            if (exact(row[key], key) or 0) < 0:
                message = f"{key} is negative"
                raise RowInvalid(message)
        for key in _TIMES & row.keys():
            _check_time(row[key], key)
        if row.get("reduceOnly") not in _FLAGS:
            message = f"reduceOnly was {row['reduceOnly']!r:.60}"
            raise RowInvalid(message)


def check_instrument_ids(rows: Iterable[object]) -> None:
    """Raise `RowInvalid` for a row that names no instrument: CCXT would call it "None" or by any word."""
    for row in rows:
        name = row.get("instId") if isinstance(row, Mapping) else None
        if not isinstance(name, str) or _INSTRUMENT_ID.fullmatch(name) is None:
            message = f"instId was {name!r:.60}"
            raise RowInvalid(message)


def check_columns(rows: Iterable[object], width: int, *, timed: bool) -> None:
    """Raise `RowInvalid` for a bar or level without its ``width`` quoted columns: one too few shifts the rest."""
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            message = f"a row of {width} columns was {row!r:.60}"
            raise RowInvalid(message)
        for place, value in enumerate(row):
            if timed and place == 0:
                _check_time(value, "ts")
            elif value is None or value == "":
                continue
            else:
                quoted(value, f"column {place}")


def quoted(value: object, what: str) -> Decimal | None:
    """The number in a text of the wire, or ``None``; raises `RowInvalid`, also for a number without quotes."""
    if value is not None and not isinstance(value, str):
        message = f"{what} is no text but {type(value).__name__}"
        raise RowInvalid(message)
    return exact(value, what)


def read(reader: Callable[[], _Result]) -> _Result:
    """Read what CCXT made of a proven answer; anything it left in the wrong shape is a `RowInvalid`."""
    try:
        return reader()
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        message = f"what ccxt gave cannot be read: {type(error).__name__}"
        raise RowInvalid(message) from None


def _check_time(value: object, what: str) -> None:
    if value not in (None, "") and (not isinstance(value, str) or _TIME_MS.fullmatch(value) is None):
        message = f"{what} is no time in ms: {value!r:.60}"
        raise RowInvalid(message)


class Reading:
    """Collects the values of one record and, for every null, its reason."""

    def __init__(self, what: str, info: object) -> None:
        self._what = what
        self._info: Mapping[str, Any] = info if isinstance(info, Mapping) else {}
        self.reasons: dict[str, NullReason] = {}

    def null(self, field: str, reason: NullReason) -> None:
        """Note why ``field`` is null."""
        self.reasons[field] = reason

    def nulls(self, reason: NullReason, *fields: str) -> None:
        """Note the same reason for several fields."""
        for field in fields:
            self.null(field, reason)

    def number(self, field: str, value: object, *raw: str) -> Decimal | None:
        """An exact number; raises `RowInvalid`."""
        number = exact(value, f"{self._what} {field}")
        if number is None:
            self._explain(field, raw)
        return number

    def text(self, field: str, value: object, *raw: str) -> str | None:
        """A word that is not empty."""
        if value is None or value == "":
            self._explain(field, raw)
            return None
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            message = f"{self._what} {field} is no text but {type(value).__name__}"
            raise RowInvalid(message)
        return str(value)

    def time_ms(self, field: str, value: object, *raw: str) -> int | None:
        """A time in ms; raises `RowInvalid` for anything but a whole number that is not negative."""
        if value is None:
            self._explain(field, raw)
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            message = f"{self._what} {field} is no time in ms: {value!r:.60}"
            raise RowInvalid(message)
        return value

    def member(self, field: str, value: object, members: Mapping[Any, _Member], *raw: str) -> _Member | None:
        """One of a closed set of words; raises `RowInvalid` for any other."""
        if value is None or value == "":
            self._explain(field, raw)
            return None
        if not isinstance(value, (str, bool)) or value not in members:
            message = f"{self._what} {field} has the unknown value {value!r:.60}"
            raise RowInvalid(message)
        return members[value]

    def _explain(self, field: str, raw: tuple[str, ...]) -> None:
        present = [self._info[name] for name in raw if name in self._info]
        if not present:
            self.reasons[field] = NullReason.ABSENT
        elif all(value in ("", None, []) for value in present):
            self.reasons[field] = NullReason.BLANK
        else:
            self.reasons[field] = NullReason.UNMAPPED
