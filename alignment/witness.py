"""What a witness of the account's positions may say, in one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from dualwitness.models import Direction, FrozenModel, Library, NullReason, PositionsQuality, PositionsSource
from dualwitness.models.fact import Number

__all__ = ["AdjudicatedPosition", "Leg", "Testimony", "WitnessKind"]

_FLAT = Decimal(0)


class WitnessKind(StrEnum):
    """What a witness goes by; two of one kind over two libraries are not independent of the venue's one answer."""

    REPORT = "report"
    FILLS = "fills"
    ORDERS = "orders"
    BILLS = "bills"
    BALANCES = "balances"
    ORDER_STATES = "order_states"


@dataclass(frozen=True, slots=True, order=True)
class Leg:
    """
    What a position is asked about: a symbol and, in long/short mode, its side; ``net`` otherwise.

    Cross and isolated positions of one symbol are added up, because a fill does not tell them apart (okx-v5-facts 8).
    """

    symbol: str
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class Testimony:
    """
    What one witness says of all legs: signed contracts, or None where it cannot say.

    ``complete`` means that a leg which is not listed is claimed to be flat; otherwise nothing is known of it. A witness
    with ``error`` says nothing at all. ``as_of_ms`` is the moment of venue time for which it speaks (None: unknown);
    ``reasons`` say why a leg is None. ``signs`` are of witnesses that prove that something is held and cannot say how
    much: 1 long, -1 short, 0 either; ``open_currencies`` are those in which something is open that no report lists.

    Pairs are not contracts: only the report speaks of them (the size of a margin position holds margin as well,
    okx-v5-facts section 9), so for any other kind ``complete`` covers contracts alone.
    """

    witness: str
    kind: WitnessKind
    library: Library
    contracts: Mapping[Leg, Decimal | None] = field(default_factory=dict)
    entry_prices: Mapping[Leg, Decimal | None] = field(default_factory=dict)
    complete: bool = False
    error: NullReason | None = None
    as_of_ms: int | None = None
    reasons: Mapping[Leg, NullReason] = field(default_factory=dict)
    signs: Mapping[Leg, int] = field(default_factory=dict)
    open_currencies: tuple[str, ...] = ()

    def says(self, leg: Leg) -> Decimal | None:
        """Signed contracts of a leg, zero for flat, None for unknown."""
        if self.error is not None:
            return None
        if leg in self.contracts:
            return self.contracts[leg]
        covered = self.complete and (self.kind is WitnessKind.REPORT or ":" in leg.symbol)
        return _FLAT if covered else None


class AdjudicatedPosition(FrozenModel):
    """
    One leg after judgement: value or null + reason, how far to trust it, and who testified what.

    ``rule`` names the line of the table that decided. ``empty_confirmed`` is true only where two independent kinds of
    witness say flat. ``odd_one_out`` are the witnesses that stand against the value that was found. ``ages_ms`` is the
    age of each witness in venue time (None: unknown); ``stale`` are those too old to count.
    """

    symbol: str
    position_side: str
    has_position: bool | None
    direction: Direction | None
    contracts: Number | None
    entry_price: Number | None
    reason: NullReason | None
    positions_quality: PositionsQuality
    positions_source: PositionsSource
    witnesses_for: tuple[str, ...]
    witnesses_against: tuple[str, ...]
    explanation: str
    rule: str = ""
    empty_confirmed: bool = False
    odd_one_out: tuple[str, ...] = ()
    ages_ms: Mapping[str, int | None] = Field(default_factory=dict)
    stale: tuple[str, ...] = ()
