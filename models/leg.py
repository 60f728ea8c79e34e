"""One leg of a position as our fills leave it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, NamedTuple

from dualwitness.models.enums import Direction, PositionSide
from dualwitness.models.fact import Fact, Number
from dualwitness.models.fees import FeeTotal

__all__ = ["Bounds", "Leg", "OpeningLeg"]


class Bounds(NamedTuple):
    """Between what the signed contracts of a leg provably lie, both ends included; None: nothing proves that end."""

    low: Decimal | None
    high: Decimal | None

    def contains(self, contracts: Decimal) -> bool:
        """Whether that many contracts are possible."""
        return (self.low is None or self.low <= contracts) and (self.high is None or contracts <= self.high)

    @property
    def direction(self) -> Direction | None:
        """Which way the leg provably points; None where it may be flat, or anything."""
        if self.low is not None and self.low > 0:
            return Direction.LONG
        return Direction.SHORT if self.high is not None and self.high < 0 else None


class Leg(Fact):
    """
    What the fills of one instrument and position side add up to.

    ``contracts`` is signed (positive long) and null unless the history is complete; ``change`` is the signed sum of the
    fills that were counted, whatever came before. ``entry_price`` averages by contracts for linear instruments and
    harmonically for inverse ones, and has nothing to tell when flat. ``realized_pnl`` is in ``settle_currency``,
    without fees and funding. ``fees`` are totals by currency. Where contracts are null, ``bounds`` is what is proven of
    them all the same, an interval and never a number, and ``explanation`` says in words why something is null.
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset(
        {"bounds", "entry_price", "explanation", "first_ts_venue_ms", "last_ts_venue_ms"}
    )

    symbol: str
    position_side: PositionSide
    contracts: Number | None
    change: Number | None
    entry_price: Number | None
    realized_pnl: Number | None
    settle_currency: str | None
    fees: tuple[FeeTotal, ...] | None
    fill_count: int
    first_ts_venue_ms: int | None
    last_ts_venue_ms: int | None
    bounds: Bounds | None = None
    explanation: str | None = None

    @property
    def direction(self) -> Direction | None:
        """Which way it points; null when unknown, never flat for want of evidence."""
        if self.contracts is None:
            return None
        if self.contracts == 0:
            return Direction.FLAT
        return Direction.LONG if self.contracts > 0 else Direction.SHORT


@dataclass(frozen=True, slots=True)
class OpeningLeg:
    """
    A leg that was there before the first fill; ``contracts`` is signed, ``entry_price`` in quote currency.

    Raises ValueError for an entry price that is none.
    """

    symbol: str
    position_side: PositionSide
    contracts: Decimal
    entry_price: Decimal

    def __post_init__(self) -> None:
        if not self.entry_price.is_finite() or self.entry_price <= 0 or not self.contracts.is_finite():
            message = f"the opening state of {self.symbol} has no usable contracts or entry price"
            raise ValueError(message)
