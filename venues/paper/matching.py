"""What an order meets in an observed book: pure, level by level, in whole lots."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from dualwitness.models import BookLevel, OrderSide
from dualwitness.venues.paper.amounts import difference, whole_lots

__all__ = ["Match", "crosses", "walk"]


class Match(NamedTuple):
    """So many contracts (base currency on pairs) met at one level."""

    price: Decimal
    contracts: Decimal


def crosses(side: OrderSide, limit: Decimal, opposite: Decimal) -> bool:
    """Whether an order of ``side`` at ``limit`` trades against a level at ``opposite``."""
    return limit >= opposite if side is OrderSide.BUY else limit <= opposite


def walk(
    levels: Iterable[BookLevel], side: OrderSide, contracts: Decimal, lot: Decimal, limit: Decimal | None
) -> tuple[Match, ...]:
    """
    Take ``contracts`` from ``levels`` (best first), never beyond ``limit`` and never more than a level shows.

    What a level shows beyond whole lots cannot be had.
    """
    left, matches = contracts, []
    for level in levels:
        if left <= 0 or (limit is not None and not crosses(side, limit, level.price)):
            break
        taken = whole_lots(min(left, level.size), lot)
        if taken > 0:
            matches.append(Match(level.price, taken))
            left = difference(left, taken)
    return tuple(matches)
