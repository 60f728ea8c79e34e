"""Typed instruments from recorded rows, read independently of the clients."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dualwitness.models import Instrument, NullReason
from dualwitness.models.listing import SymbolTable

__all__ = ["instruments_of_rows"]


def _number(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if row[name] else None


def instruments_of_rows(rows: tuple[dict[str, Any], ...]) -> list[Instrument]:
    """Every row whose kind has a market type, as an `Instrument` with what sizing and folding need."""
    result: list[Instrument] = []
    for row, listing in zip(rows, SymbolTable.from_rows(rows), strict=True):
        if listing.market_type is None:
            continue
        size, multiplier = _number(row, "ctVal"), _number(row, "ctMult")
        parts = {
            "base": listing.symbol.base if listing.symbol else None,
            "quote": listing.symbol.quote if listing.symbol else None,
            "tick_size": _number(row, "tickSz"),
            "lot_size": _number(row, "lotSz"),
            "min_size": _number(row, "minSz"),
            "state": None,
        }
        described = {
            "symbol": listing.spelling,
            "venue_instrument_id": listing.venue_instrument_id,
            "market_type": listing.market_type,
            "settle": row["settleCcy"] or None,
            "linear": row["ctType"] == "linear" if row["ctType"] else None,
            "inverse": row["ctType"] == "inverse" if row["ctType"] else None,
            "contract_size": None if size is None or multiplier is None else size * multiplier,
            "reasons": {name: NullReason.BLANK for name, value in parts.items() if value is None},
        }
        result.append(Instrument.model_validate(described | parts))
    return result
