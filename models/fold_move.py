"""What one fill moves, or the reason why it cannot be counted."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.models.enums import NullReason, OrderSide
from dualwitness.models.exact import is_venue_number
from dualwitness.models.fold_line import FillLine

__all__ = ["Move", "move_of"]

_NEEDED = ("side", "contracts", "price", "ts_venue_ms")


class Move(NamedTuple):
    """Contracts that changed hands, and at which price."""

    bought: bool
    contracts: Decimal
    price: Decimal

    @property
    def change(self) -> Decimal:
        """The contracts with their sign: positive when bought."""
        return self.contracts if self.bought else self.contracts.copy_negate()


def move_of(line: FillLine, *, inverse: bool = False) -> Move | NullReason:
    """
    What a fill moves; the reason where it cannot be counted.

    A row without side, contracts, price or time is no fill (funding and settlement pose as such), nor is one of no
    contracts; the price of an inverse contract is divided by, so it is above zero.
    """
    for name in _NEEDED:
        if getattr(line, name) is None:
            return line.why(name)
    if line.contracts is None or line.price is None:
        return NullReason.ABSENT
    if not is_venue_number(line.contracts) or not is_venue_number(line.price) or line.contracts <= 0:
        return NullReason.CONFLICT
    if inverse and line.price <= 0:
        return NullReason.CONFLICT
    return Move(line.side is OrderSide.BUY, line.contracts, line.price)
