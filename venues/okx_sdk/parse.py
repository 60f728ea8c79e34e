"""
Reading one raw OKX row: strings to exact numbers, and a reason for everything that is not there.

Missing key: ``absent``. Empty string: ``blank``. A number, a time or a state that cannot be read is `RowInvalid`; an
unknown word in a descriptive field is null and ``unmapped``. Only strings are read as numbers, because python-okx has
already rounded JSON numbers to float (difference unquoted-json-numbers-become-floats-in-both).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import NoReturn, TypeVar

from dualwitness.models import Instrument, MarketType, NullReason
from dualwitness.venues.errors import RowInvalid
from dualwitness.venues.okx_sdk.symbols import MARKET_TYPES, InstrumentBook, Listing

__all__ = ["FindListing", "Row", "base_quantity_of", "exact_product", "flipped", "one_row"]

_Value = TypeVar("_Value")

# Finds an instrument, loading its list where needed: the listing, or why there is none.
FindListing = Callable[[MarketType, str], Listing | NullReason]

# ASCII digits alone: Decimal itself would take full-width digits, "1_000", " 1 " and "Infinity".
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_TIME_MS = re.compile(r"[0-9]{1,16}", re.ASCII)
_LONGEST_NUMBER = 80
_LARGEST_EXPONENT = 40
_LONGEST_SHOWN = 60
# Wide enough that no product of venue numbers is ever rounded.
_EXACT = Context(prec=400)
_DIVISION = Context(prec=28)


class Row:
    """
    One row with the table ``model field -> OKX key``; collects in ``reasons`` why a field is null.

    Raises `RowInvalid` where the row is no object or a strict value cannot be read.
    """

    def __init__(self, raw: object, keys: Mapping[str, str], what: str) -> None:
        if not isinstance(raw, dict):
            message = f"a row of {what} is not an object but {type(raw).__name__}"
            raise RowInvalid(message)
        self._raw = raw
        self._keys = keys
        self._what = what
        self.reasons: dict[str, NullReason] = {}

    def null(self, field: str, reason: NullReason) -> None:
        """Note why ``field`` is null."""
        self.reasons[field] = reason

    def raw(self, key: str) -> str | None:
        """The plain text under an OKX key, or ``None`` where there is none; for decisions, not for fields."""
        value = self._raw.get(key)
        return value if isinstance(value, str) and value else None

    def integer_or_text(self, key: str) -> object:
        """The value under an OKX key as it is."""
        return self._raw.get(key)

    def required(self, field: str) -> str:
        """A text that every row must have, such as an instrument id."""
        value = self._raw.get(self._keys[field])
        if not isinstance(value, str) or not value:
            self.refuse(self._keys[field], value)
        return value

    def text(self, field: str) -> str | None:
        """A descriptive text."""
        value = self._value(field)
        if value is not None and not isinstance(value, str):
            self.null(field, NullReason.UNMAPPED)
            return None
        return value

    def number(self, field: str) -> Decimal | None:
        """An exact number (strict)."""
        value = self._value(field)
        return None if value is None else self.decimal(self._keys[field], value)

    def size(self, field: str) -> Decimal | None:
        """An exact number that is not negative (strict): the side has the sign."""
        number = self.number(field)
        if number is not None and number < 0:
            self.refuse(self._keys[field], str(number))
        return number

    def time_ms(self, field: str) -> int | None:
        """A time in ms since the epoch (strict)."""
        value = self._value(field)
        if value is None:
            return None
        if not isinstance(value, str) or _TIME_MS.fullmatch(value) is None:
            self.refuse(self._keys[field], value)
        return int(value)

    def choice(self, field: str, table: Mapping[str, _Value], *, strict: bool = False) -> _Value | None:
        """A word of a closed list; an unknown one is `RowInvalid` where ``strict``, else ``unmapped``."""
        value = self._value(field)
        if value is None:
            return None
        if isinstance(value, str) and value in table:
            return table[value]
        if strict:
            self.refuse(self._keys[field], value)
        self.null(field, NullReason.UNMAPPED)
        return None

    def decimal(self, key: str, value: object) -> Decimal:
        """Read one number strictly; ``key`` is for the error alone."""
        if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value):
            number = Decimal(value)
            if not number or abs(number.adjusted()) <= _LARGEST_EXPONENT:
                return number or number.copy_abs()  # no negative zero
        return self.refuse(key, value)

    def refuse(self, key: str, value: object) -> NoReturn:
        """Give up on the row."""
        message = f"{key} in a row of {self._what} was {repr(value)[:_LONGEST_SHOWN]}"
        raise RowInvalid(message)

    def market_type(self) -> MarketType | None:
        """What ``instType`` says; ``None`` for types that the models do not know."""
        return MARKET_TYPES.get(self.raw("instType") or "")

    def symbol(self, book: InstrumentBook) -> str:
        """The unified symbol of what the venue answered for; `RowInvalid` for an id of no known form."""
        instrument_id = self._raw.get("instId")
        if not isinstance(instrument_id, str):
            self.refuse("instId", instrument_id)
        symbol = book.symbol_of(self.market_type(), instrument_id)
        if symbol is None:
            self.refuse("instId", instrument_id)
        return symbol

    def _value(self, field: str) -> object:
        key = self._keys[field]
        if key not in self._raw:
            self.null(field, NullReason.ABSENT)
            return None
        value = self._raw[key]
        if value is None or value == "":
            self.null(field, NullReason.BLANK)
            return None
        return value


def one_row(rows: list[object], what: str) -> object:
    """The only row of an answer; `RowInvalid` where there is none or more than one."""
    if len(rows) != 1:
        message = f"the answer has {len(rows)} rows of {what} instead of one"
        raise RowInvalid(message)
    return rows[0]


def flipped(value: Decimal | None) -> Decimal | None:
    """The value with the opposite sign, every digit kept; zero has no sign."""
    if value is None:
        return None
    return value.copy_negate() if value else value.copy_abs()


def exact_product(*factors: Decimal) -> Decimal:
    """The product without any rounding."""
    product = Decimal(1)
    for factor in factors:
        product = _EXACT.multiply(product, factor)
    return product


def base_quantity_of(
    instrument: Instrument, contracts: Decimal, price: Decimal | None, *, price_reason: NullReason
) -> Decimal | NullReason:
    """
    An amount of contracts in base currency, or why it cannot be said.

    Linear and options: contracts x contract size. Inverse: that value divided by ``price``, the one inexact step.
    """
    if instrument.contract_size is None:
        return instrument.reasons.get("contract_size", NullReason.ABSENT)
    value = exact_product(contracts, instrument.contract_size)
    if instrument.market_type is MarketType.OPTION or instrument.linear:
        return value
    if instrument.linear is None:
        return NullReason.UNMAPPED
    if price is None:
        return price_reason
    return _DIVISION.divide(value, price) if price > 0 else NullReason.UNMAPPED
