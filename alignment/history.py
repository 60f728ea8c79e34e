"""
How far back the evidence reaches, proven from the bills and never declared. Pure.

An account that began within the bills' window began with nothing: its very first bill brings money in, and in every
currency the first bill starts from a cash of nothing. Nobody can hold a contract without a margin, so what the fills
have added up to since then is what is held. Bills that are missing, that do not follow from each other, or of which two
libraries were told different things prove nothing.

The venue keeps three months. Where the oldest bill is about that old, something may lie before it, whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.alignment.world import World
from dualwitness.models import Bill
from dualwitness.models.fold_bills import fold_bills
from dualwitness.models.history import History, OpeningSnapshot

__all__ = ["BILLS_WINDOW_MS", "ORDERS_WINDOW_MS", "history_from"]

_DAY_MS = 86_400_000
# OKX keeps bills and fills for three months; a day less than the shortest three months is inside for certain.
BILLS_WINDOW_MS = 88 * _DAY_MS
# OKX lists finished orders for seven days (okx-v5-facts section 7); an hour less is inside for certain.
ORDERS_WINDOW_MS = 7 * _DAY_MS - 3_600_000


def history_from(worlds: Iterable[World], opening: OpeningSnapshot | None = None) -> History:
    """
    What is proven of the fills' past.

    An ``opening`` snapshot that somebody vouches for stands in for a proof. Otherwise every library that was told bills
    must prove a flat start from them, and the same one.
    """
    if opening is not None:
        return History(since_ms=opening.ts_venue_ms, opening=opening)
    starts = [_start(world) for world in worlds if world.reason_of("get_bills") is None]
    if not starts or any(start is None for start in starts) or len(set(starts)) > 1:
        return History()
    since_ms = starts[0]
    return History(since_ms=since_ms, flat_start="every currency's first bill starts from a cash of nothing")


def _start(world: World) -> int | None:
    """The moment of the first bill, where it is proven that there was nothing before it."""
    bills: list[Bill] = [row for row in world.rows("get_bills") if isinstance(row, Bill)]
    folded = fold_bills(bills)
    if not folded or any(one.opening != 0 or one.breaks for one in folded):
        return None
    booked = {one.currency for one in folded}
    for place in (None, "opening"):
        balances = world.rows("get_account_balance", place)
        if any(row.total != 0 and row.currency not in booked for row in balances):
            return None  # money of which no bill tells where it came from
    moments = [bill.ts_venue_ms for bill in bills]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments):
        return None
    since_ms = min(known)
    first = [bill for bill in bills if bill.ts_venue_ms == since_ms]
    if not any((bill.change or Decimal(0)) > 0 for bill in first):
        return None  # an account begins with money coming in
    if world.now_ms is None or world.now_ms - since_ms > BILLS_WINDOW_MS:
        return None
    return since_ms
