"""
Fills that were recorded as OKX writes them, one JSON object a line: read for the fold, without a client and a socket.

The words are those of ``trade/fills-history`` (okx-v5-facts section 8). Times are ms of venue time: that of the
execution (``fillTime``). Fees become signed costs: OKX writes what was paid as a negative number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO, TypeVar

from dualwitness.models import MarketType, NullReason, OrderSide, PositionSide, SymbolError, symbol_from_okx_id
from dualwitness.models.exact import is_venue_number
from dualwitness.models.fold_line import NO_REASONS, FillLine
from dualwitness.venues.errors import DualwitnessError, UsageError

__all__ = ["FillsFileDamaged", "read_fills_jsonl"]

_MARKET_TYPES = {
    "SPOT": MarketType.SPOT,
    "MARGIN": MarketType.MARGIN,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}
_SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
_POSITION_SIDES = {"net": PositionSide.NET, "long": PositionSide.LONG, "short": PositionSide.SHORT}
_NUMBER = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,4})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
# The values that a line needs, in the order of its fields; where they are written plainly: how.
_KEYS = (
    *("instId", "instType", "posSide", "side", "fillPx", "fillSz", "fee", "feeCcy", "fillTime"),
    *("billId", "tradeId", "ordId"),
)
_DIGITS = r"[0-9.\-]{1,30}+"
_ANYTHING = r'[^"]*+'
_FORMS = dict.fromkeys(_KEYS, r'[^"]++') | {
    "fillPx": _DIGITS,
    "fillSz": _DIGITS,
    "fee": _DIGITS,
    "fillTime": r"[0-9]{1,18}+",
}
_SEPARATORS = ((": ", ", "), (":", ","))
_MOST_SHOWN = 60

_Word = TypeVar("_Word")


class FillsFileDamaged(DualwitnessError):
    """A line of a file of fills cannot be read; the text names file and line."""

    exit_code = 5
    default_advice = "record the fills again, or take the damaged line out and say that there is a gap"


def read_fills_jsonl(path: Path) -> Iterable[FillLine]:
    """
    The fills of a file, in its order, for `dualwitness.models.fold.fold_lines`; empty lines are passed over.

    They are read anew each time they are gone through, and none is kept. A blank or missing value is None with its
    reason; the fold decides what follows from it. Going through them raises `FillsFileDamaged` for a line that is no
    JSON object of texts, names a key twice or an instrument outside the grammar, or holds a number, side or kind that
    is none; `UsageError` where the file cannot be opened.
    """
    return _Fills(path)


class _Fills:
    """A file of fills that can be gone through as often as it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[FillLine]:
        return _Reading(self._path).lines()


def _opened(path: Path) -> TextIO:
    """The file, one character a byte."""
    try:
        return path.open(encoding="latin-1", newline="\n")
    except OSError as error:
        message = f"the fills file {path} cannot be read ({type(error).__name__})"
        raise UsageError(message, advice="name a file of fills, one JSON object a line") from error


class _Reading:
    """
    One file being read: the form of its rows and the names of its instruments, as far as they were met.

    A file is written by one program: row after row has the same keys in the same order and only texts as values. One
    pattern reads such a row, twice as fast as JSON is parsed, and no key can be there twice. Rows of any other form are
    parsed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._symbols: dict[str, str] = {}
        # Until a form is known, one that nothing has.
        self._form = re.compile(r"(?!)")
        self._places: tuple[int, ...] = ()

    def lines(self) -> Iterator[FillLine]:
        """One line for each row: quickly where it has the known form and everything is there, else with care."""
        symbols, kinds, legs, sides, new = self._symbols, _MARKET_TYPES, _POSITION_SIDES, _SIDES, tuple.__new__
        with _opened(self._path) as file:
            for number, text in enumerate(file, start=1):
                try:
                    found = self._form.fullmatch(text)
                    # What is escaped or beyond ASCII is parsed.
                    if found is not None and "\\" not in text and text.isascii():
                        name, kind, leg, side, price, size, fee, currency, moment, bill, trade, order = found.group(
                            *self._places
                        )
                        # A tuple is made five times as fast without the names of its fields.
                        yield new(
                            FillLine,
                            (
                                symbols[name],
                                kinds[kind],
                                legs[leg],
                                sides[side],
                                Decimal(price),
                                Decimal(size),
                                Decimal(fee).copy_negate(),
                                currency,
                                int(moment),
                                bill,
                                trade,
                                order,
                                NO_REASONS,
                            ),
                        )
                        continue
                except (ValueError, ArithmeticError, LookupError):
                    pass
                if not text.isspace():
                    yield self._learn(text.encode("latin-1"), f"{self._path}:{number}")

    def _learn(self, raw: bytes, where: str) -> FillLine:
        """Read a row with care, and remember its form."""
        row = _row(raw, where)
        line = _carefully(row, where)
        self._symbols[row["instId"]] = line.symbol
        is_plain = all(isinstance(value, str) for value in row.values()) and row.keys() >= set(_KEYS)
        for colon, comma in _SEPARATORS:
            written = json.dumps(row, ensure_ascii=False, separators=(comma, colon)).encode()
            if raw.strip() == written and is_plain:
                parts = (
                    re.escape(f'"{key}"{colon}') + (f'"({_FORMS[key]})"' if key in _FORMS else f'"{_ANYTHING}"')
                    for key in row
                )
                self._form = re.compile(r"\{" + comma.join(parts) + r"\}\r?\n?")
                keys = [key for key in row if key in _FORMS]
                self._places = tuple(1 + keys.index(key) for key in _KEYS)
        return line


class _Row:
    """A parsed row: a reason for every value that is not there, and an error that says what is wrong."""

    def __init__(self, row: Mapping[str, Any], where: str) -> None:
        self._row = row
        self.where = where
        self.reasons: dict[str, NullReason] = {}

    def text(self, name: str, key: str) -> str | None:
        value = self._row.get(key)
        if value is None or value == "":
            self.reasons[name] = NullReason.BLANK if key in self._row else NullReason.ABSENT
            return None
        if not isinstance(value, str):
            raise _damage(self.where, f"{key} is {type(value).__name__} and no text")
        return value

    def number(self, name: str, key: str) -> Decimal | None:
        value = self.text(name, key)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value):
            raise _damage(self.where, f"{key} is no number: {value[:_MOST_SHOWN]!r}")
        found = Decimal(value)
        if not is_venue_number(found):
            self.reasons[name] = NullReason.CONFLICT
            return None
        return found

    def moment(self, name: str, key: str) -> int | None:
        value = self.text(name, key)
        if value is not None and not _WHOLE.fullmatch(value):
            raise _damage(self.where, f"{key} is no time in ms: {value[:_MOST_SHOWN]!r}")
        return None if value is None else int(value)

    def word(self, name: str, key: str, words: Mapping[str, _Word]) -> _Word | None:
        value = self.text(name, key)
        if value is not None and value not in words:
            raise _damage(self.where, f"{key} is none of {', '.join(words)}: {value[:_MOST_SHOWN]!r}")
        return None if value is None else words[value]

    def symbol(self) -> str:
        try:
            return str(symbol_from_okx_id(self.text("symbol", "instId") or ""))
        except SymbolError as error:
            raise _damage(self.where, str(error)) from error


def _carefully(found: Mapping[str, Any], where: str) -> FillLine:
    row = _Row(found, where)
    fee = row.number("fee", "fee")
    line = FillLine(
        symbol=row.symbol(),
        market_type=row.word("market_type", "instType", _MARKET_TYPES),
        position_side=row.word("position_side", "posSide", _POSITION_SIDES),
        side=row.word("side", "side", _SIDES),
        price=row.number("price", "fillPx"),
        contracts=row.number("contracts", "fillSz"),
        fee=None if fee is None else fee.copy_negate(),
        fee_currency=row.text("fee_currency", "feeCcy"),
        ts_venue_ms=row.moment("ts_venue_ms", "fillTime"),
        bill_id=row.text("bill_id", "billId"),
        trade_id=row.text("trade_id", "tradeId"),
        venue_order_id=row.text("venue_order_id", "ordId"),
    )
    return line._replace(reasons=row.reasons)


def _row(raw: bytes, where: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) != len(pairs):
            raise _damage(where, "a key is written twice")
        return row

    try:
        row = json.loads(raw, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _damage(where, f"no JSON ({type(error).__name__})") from error
    if not isinstance(row, dict):
        raise _damage(where, "no JSON object")
    return row


def _damage(where: str, what: str) -> FillsFileDamaged:
    return FillsFileDamaged(f"{where}: {what}")
