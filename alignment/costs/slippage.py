"""
Slippage of our own market orders against the book at submission. Pure.

Two yardsticks, both in basis points and positive where it is worse for us: the middle of the book, which also counts
half the spread, and the price that walking the book should have given, which leaves what nobody could foresee.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualwitness.models import BookLevel, NullReason, Order, OrderBook, OrderSide
from dualwitness.models.exact import TOLD, WORK, is_venue_number, plain

__all__ = ["Slippage", "middle", "slippage_bps", "slippage_of", "walked_price"]

_BPS = Decimal(10_000)
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Slippage:
    """
    One filled order: ``middle`` and ``expected_price`` are of the book read just before it went out.

    ``contracts`` and ``filled_contracts`` as the order's own state says; ``reason`` tells why a price is null.
    """

    order: str
    side: OrderSide
    contracts: Decimal | None
    filled_contracts: Decimal | None
    achieved_price: Decimal
    middle: Decimal | None
    expected_price: Decimal | None
    reason: NullReason | None = None

    @property
    def bps(self) -> Decimal | None:
        """Against the middle of the book."""
        return None if self.middle is None else slippage_bps(self.side, self.achieved_price, self.middle)

    @property
    def book_bps(self) -> Decimal | None:
        """Against the price that walking the book should have given."""
        if self.expected_price is None:
            return None
        return slippage_bps(self.side, self.achieved_price, self.expected_price)

    def document(self) -> dict[str, Any]:
        """As it stands in a report: numbers are text, null beside a reason."""
        names = ("contracts", "filled_contracts", "achieved_price", "middle", "expected_price", "bps", "book_bps")
        values = {name: getattr(self, name) for name in names}
        told = {name: None if value is None else f"{plain(value):f}" for name, value in values.items()}
        reason = None if self.reason is None else str(self.reason)
        return {"order": self.order, "side": str(self.side), **told, "reason": reason}


def slippage_bps(side: OrderSide, fill_price: Decimal, reference: Decimal) -> Decimal:
    """How much worse than a positive reference price a fill was, in basis points; positive is worse for us."""
    worse = fill_price - reference if side is OrderSide.BUY else reference - fill_price
    return (worse / reference * _BPS).quantize(_PLACES)


def middle(book: OrderBook | None) -> Decimal | None:
    """Halfway between best bid and best ask; None where a side is missing or a price is none."""
    if book is None or not book.bids or not book.asks:
        return None
    bid, ask = book.bids[0].price, book.asks[0].price
    return (bid + ask) / 2 if _is_price(bid) and _is_price(ask) else None


def walked_price(levels: Iterable[BookLevel], size: Decimal) -> Decimal | None:
    """The mean price of taking ``size`` from the levels, best first; None where they do not hold that much."""
    left, cost = size, Decimal(0)
    for level in levels:
        if not _is_price(level.price) or not is_venue_number(level.size) or level.size < 0:
            return None
        taken = min(left, level.size)
        cost = WORK.fma(taken, level.price, cost)
        left -= taken
        if left <= 0:
            return plain(TOLD.divide(cost, size))
    return None


def slippage_of(name: str, order: Order, book: OrderBook | None) -> Slippage | None:
    """What a filled order cost against the book before it; None where it was not filled, or does not say at what."""
    achieved, side = order.average_price, order.side
    if achieved is None or side is None or not _is_price(achieved):
        return None
    size = order.filled_contracts if order.filled_contracts is not None else order.contracts
    centre = middle(book)
    expected, reason = None, None
    if book is None or centre is None or size is None or not is_venue_number(size) or size <= 0:
        reason = NullReason.ABSENT
    else:
        expected = walked_price((book.asks if side is OrderSide.BUY else book.bids) or (), size)
        reason = NullReason.ABSENT if expected is None else None
    return Slippage(name, side, order.contracts, order.filled_contracts, achieved, centre, expected, reason)


def _is_price(value: Decimal) -> bool:
    return is_venue_number(value) and value > 0
