"""
Positions from fills: an independent witness against what a venue's position report claims.

Pure and exact: duplicates out, order by time, then one pass. A leg is one instrument and position side. A fill does not
tell cross from isolated (okx-v5-facts section 8), so a leg is the sum over margin modes. Funding, settlement and
transfers are no fills and do not appear; liquidations, ADL and deliveries do. Margin pairs fold gross of fees, and
OKX's own ``pos`` of a margin row also holds margin (okx-v5-facts section 9), so there only the direction compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dualwitness.models.enums import NullReason, PositionMode, PositionSide
from dualwitness.models.fill import Fill
from dualwitness.models.holding import Holding
from dualwitness.models.instrument import Instrument
from dualwitness.models.ledger import Ledger
from dualwitness.models.leg import Leg, OpeningLeg

__all__ = ["Duplicate", "FoldResult", "fold_fills"]

_INTEGER = re.compile(r"-?[0-9]{1,40}")
_MUST_AGREE = ("side", "position_side", "price", "contracts", "ts_venue_ms")
_NO_INSTRUMENTS: Mapping[str, Instrument] = {}


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A fill that was seen before, by trade id (or by bill id where it has none); ``agrees`` when it says the same."""

    symbol: str
    trade_id: str | None
    bill_id: str | None
    agrees: bool


@dataclass(frozen=True, slots=True)
class FoldResult:
    """
    What a set of fills adds up to, sorted by symbol.

    ``complete`` repeats whether the caller proved the state before the first fill; without that no leg has contracts,
    only a change. ``fill_count`` leaves duplicates out.
    """

    position_mode: PositionMode
    complete: bool
    legs: tuple[Leg, ...]
    holdings: tuple[Holding, ...]
    duplicates: tuple[Duplicate, ...]
    fill_count: int

    def leg(self, symbol: str, position_side: PositionSide = PositionSide.NET) -> Leg | None:
        """The leg of a symbol; null when no fill and no opening state speaks of it."""
        return next((each for each in self.legs if (each.symbol, each.position_side) == (symbol, position_side)), None)

    def holding(self, symbol: str) -> Holding | None:
        """The spot holding of a symbol; null when no fill speaks of it."""
        return next((each for each in self.holdings if each.symbol == symbol), None)


def fold_fills(
    fills: Iterable[Fill],
    instruments: Mapping[str, Instrument] = _NO_INSTRUMENTS,
    position_mode: PositionMode = PositionMode.NET,
    opening: Iterable[OpeningLeg] = (),
    *,
    history_complete: bool,
) -> FoldResult:
    """
    Fold fills, in whatever order and however often they arrive, into legs and spot holdings.

    ``instruments`` by symbol give contract size and settle currency; without one a leg still counts contracts.
    ``opening`` are the legs that were open before the first fill; ``history_complete`` says that the caller has proved
    that nothing else was. A fill that lacks side, price, contracts or time, that names no leg, or that two copies tell
    differently makes its leg unknown with that reason, never a number.

    Order is venue time, then bill id, then trade id, both as numbers (one millisecond holds many fills).
    """
    unique, duplicates, doubtful = _without_duplicates(fills)
    ledger = Ledger(instruments, position_mode)
    for leg in opening:
        ledger.open(leg)
    for fill in sorted(unique, key=_order):
        ledger.add(fill)
    for fill, reason in doubtful:
        ledger.spoil(fill, reason)
    return FoldResult(
        position_mode=position_mode,
        complete=history_complete,
        legs=ledger.legs(complete=history_complete),
        holdings=ledger.holdings(),
        duplicates=duplicates,
        fill_count=len(unique),
    )


def _without_duplicates(
    fills: Iterable[Fill],
) -> tuple[list[Fill], tuple[Duplicate, ...], list[tuple[Fill, NullReason]]]:
    """Unique fills, duplicates, and fills whose identity or second copy is in doubt, with the reason."""
    seen: dict[tuple[str, str, str], Fill] = {}
    unique: list[Fill] = []
    duplicates: list[Duplicate] = []
    doubtful: list[tuple[Fill, NullReason]] = []
    for fill in fills:
        key = _identity(fill)
        if key is None:
            doubtful.append((fill, fill.reasons.get("trade_id", NullReason.ABSENT)))
            unique.append(fill)
            continue
        if key not in seen:
            seen[key] = fill
            unique.append(fill)
            continue
        first = seen[key]
        agrees = all(getattr(first, name) == getattr(fill, name) for name in _MUST_AGREE)
        duplicates.append(Duplicate(fill.symbol, fill.trade_id, fill.bill_id, agrees))
        if not agrees:
            doubtful += [(first, NullReason.CONFLICT), (fill, NullReason.CONFLICT)]
    return unique, tuple(duplicates), doubtful


def _identity(fill: Fill) -> tuple[str, str, str] | None:
    if fill.trade_id is not None:
        return fill.symbol, "trade", fill.trade_id
    return None if fill.bill_id is None else (fill.symbol, "bill", fill.bill_id)


def _order(fill: Fill) -> tuple[int, tuple[int, int, str], tuple[int, int, str]]:
    return fill.ts_venue_ms or 0, _rank(fill.bill_id), _rank(fill.trade_id)


def _rank(identifier: str | None) -> tuple[int, int, str]:
    """Numbers by value, then other texts, then nothing."""
    if identifier is None:
        return 2, 0, ""
    return (0, int(identifier), "") if _INTEGER.fullmatch(identifier) else (1, 0, identifier)
