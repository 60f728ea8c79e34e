"""
A table of instruments from a file: answers of OKX's `public/instruments`, or rows of them.

What a row says is kept as it is; what the market and the engine need is read from it and checked. Rows that do not
trade (any state but ``live`` and ``post_only``) may leave sizes blank, as OKX's own test rows do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["InstrumentsFileError", "load_instruments"]

_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_TRADING = ("live", "post_only")
_CONTRACT_TYPES = ("", "inverse", "linear")


class InstrumentsFileError(UsageError, ValueError):
    """The file is no table of instruments; the message names the row and the field."""

    default_advice = "give an answer of OKX's public/instruments, a list of such answers, or a list of their rows"


class _Row:
    """One row under examination: reads fields by name, and says where and what is wrong."""

    def __init__(self, place: int, fields: Mapping[str, object]) -> None:
        self.place = place
        self.fields = fields
        self.trading = fields.get("state") in _TRADING

    def wrong(self, field: str, problem: str) -> InstrumentsFileError:
        """The error about one field."""
        name = self.fields.get("instId") or "without instId"
        return InstrumentsFileError(f"row {self.place} ({name}): {field} {problem}, was {self.fields.get(field)!r}")

    def text(self, field: str, *, needed: bool = False) -> str:
        """A string; blank where the row has none."""
        value = self.fields.get(field, "")
        if not isinstance(value, str) or (needed and not value):
            raise self.wrong(field, "must be a text" if not isinstance(value, str) else "must not be blank")
        return value

    def choice(self, field: str, known: tuple[str, ...]) -> str:
        """One of a few strings."""
        value = self.text(field)
        if value not in known:
            raise self.wrong(field, f"must be one of {', '.join(repr(one) for one in known)}")
        return value

    def number(self, field: str) -> Decimal | None:
        """A number above zero; None where it is blank."""
        value = self.text(field)
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation as error:
            raise self.wrong(field, "must be a number") from error
        if not number.is_finite() or number <= 0:
            raise self.wrong(field, "must be a number above 0")
        return number

    def size(self, field: str) -> Decimal:
        """A number that a trading row must have; 1 stands in for a blank one elsewhere."""
        number = self.number(field)
        if number is None and self.trading:
            raise self.wrong(field, "must not be blank")
        return Decimal(1) if number is None else number

    def whole(self, field: str) -> int | None:
        """A whole number of milliseconds; None where it is blank."""
        value = self.text(field)
        if not value:
            return None
        if not value.isascii() or not value.isdigit():
            raise self.wrong(field, "must be milliseconds")
        return int(value)

    def code(self) -> int:
        """The numeric id, an integer in JSON; 0 where a row that does not trade has none."""
        value = self.fields.get("instIdCode")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if self.trading:
            raise self.wrong("instIdCode", "must be a whole number")
        return 0


def load_instruments(path: Path) -> tuple[SimInstrument, ...]:
    """
    Read the table, in the order of the file.

    Raises InstrumentsFileError for a file that cannot be read, is not JSON, holds no rows or a row that makes no sense.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InstrumentsFileError(f"{path}: {error}") from error
    found = [_instrument(_Row(place, fields)) for place, fields in enumerate(_rows(content), start=1)]
    if not found:
        raise InstrumentsFileError(f"{path}: no instruments")
    _check_unique(found)
    return tuple(found)


def _rows(content: object) -> Iterator[Mapping[str, object]]:
    if isinstance(content, dict) and "data" in content:
        yield from _rows(content["data"])
    elif isinstance(content, dict):
        yield content
    elif isinstance(content, list):
        for one in content:
            yield from _rows(one)
    else:
        raise InstrumentsFileError(f"neither an answer nor a row: {str(content)[:60]!r}")


def _check_unique(found: list[SimInstrument]) -> None:
    keys: set[tuple[str, str]] = set()
    codes: dict[int, str] = {}
    for one in found:
        key = (one.inst_type, one.inst_id)
        if key in keys:
            raise InstrumentsFileError(f"{one.inst_type} {one.inst_id}: instId stands there twice")
        keys.add(key)
        if one.inst_id_code and codes.setdefault(one.inst_id_code, one.inst_id) != one.inst_id:
            other = codes[one.inst_id_code]
            raise InstrumentsFileError(f"{one.inst_id}: instIdCode {one.inst_id_code} is that of {other}")


def _instrument(row: _Row) -> SimInstrument:
    inst_type = row.choice("instType", _TYPES)
    inst_id = row.text("instId", needed=True)
    base, quote = _currencies(row, inst_type, inst_id)
    contract = inst_type in ("SWAP", "FUTURES", "OPTION")
    option = inst_type == "OPTION"
    ct_type = row.choice("ctType", _CONTRACT_TYPES)
    if contract and not option and row.trading and not ct_type:
        raise row.wrong("ctType", "must not be blank")
    most = row.number("maxLmtSz") or Decimal(1)
    return SimInstrument(
        inst_type=inst_type, inst_id=inst_id, inst_id_code=row.code(), base_ccy=base, quote_ccy=quote,
        settle_ccy=row.text("settleCcy", needed=contract and row.trading), uly=row.text("uly"),
        inst_family=row.text("instFamily"),
        # An inverse option is marked so since 2026 and was blank before; only the one settled in dollars differs.
        ct_type="" if option and ct_type == "inverse" else ct_type,
        ct_val=row.size("ctVal") if contract else None, ct_mult=row.size("ctMult") if contract else None,
        ct_val_ccy=row.text("ctValCcy"), tick_sz=row.size("tickSz"), lot_sz=row.size("lotSz"),
        min_sz=row.size("minSz"), max_lmt_sz=most, max_mkt_sz=row.number("maxMktSz") or most,
        lever=row.text("lever"), state=row.text("state", needed=True), group_id=_blank_or_text(row, "groupId"),
        list_time_ms=row.whole("listTime") or 0, exp_time_ms=row.whole("expTime"), alias=row.text("alias"),
        opt_type=row.choice("optType", ("C", "P") if option else ("",)),
        strike=row.size("stk") if option else None, rule_type=row.text("ruleType") or "normal", raw=row.fields,
    )  # fmt: skip


def _blank_or_text(row: _Row, field: str) -> str:
    """A field that rows which do not trade carry as null."""
    return "" if row.fields.get(field) is None and not row.trading else row.text(field)


def _currencies(row: _Row, inst_type: str, inst_id: str) -> tuple[str, str]:
    """Base and quote: a pair says so, a contract's underlying does; failing that the first two parts of the instId."""
    told = (row.text("baseCcy"), row.text("quoteCcy"))
    if inst_type in ("SPOT", "MARGIN") and all(told):
        return told
    parts = (row.text("uly") or row.text("instFamily") or inst_id).split("-")
    if len(parts) < 2 or not all(parts[:2]):
        raise row.wrong("uly" if row.text("uly") else "instId", "must name two currencies")
    return parts[0], parts[1].partition("_")[0]
