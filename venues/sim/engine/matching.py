"""Matching against the market's book: pure, level by level, the book itself is never used up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO, exact, floored
from dualwitness.venues.sim.kinds import Level

__all__ = ["Match", "crosses", "depth_within", "match_quote", "match_size"]

# (price, size)
Match = tuple[Decimal, Decimal]


def crosses(side: str, px: Decimal, best_opposite: Decimal) -> bool:
    """Whether an order of ``side`` at ``px`` would trade against the best opposite price."""
    return px >= best_opposite if side == "buy" else px <= best_opposite


@exact
def match_size(levels: Iterable[Level], side: str, sz: Decimal, limit_px: Decimal | None) -> tuple[Match, ...]:
    """Fills of ``sz`` against ``levels`` (best first), not beyond ``limit_px``."""
    left = sz
    matches: list[Match] = []
    for level in levels:
        if left <= 0 or (limit_px is not None and not crosses(side, limit_px, level.px)):
            break
        taken = min(left, level.sz)
        matches.append((level.px, taken))
        left -= taken
    return tuple(matches)


@exact
def match_quote(levels: Iterable[Level], budget: Decimal, lot: Decimal) -> tuple[Match, ...]:
    """Fills that spend or earn at most ``budget`` quote currency, in whole lots; what is left of it stays."""
    left = budget
    matches: list[Match] = []
    for level in levels:
        affordable = floored(left / level.px, lot)
        taken = min(affordable, level.sz)
        if taken <= 0:
            break
        matches.append((level.px, taken))
        left -= taken * level.px
        if taken < level.sz:
            break
    return tuple(matches)


@exact
def depth_within(levels: Iterable[Level], side: str, px: Decimal) -> Decimal:
    """Size on offer at ``px`` or better."""
    return sum((level.sz for level in levels if crosses(side, px, level.px)), ZERO)
