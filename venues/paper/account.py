"""What a paper account holds: cash by currency, and positions by the shared fold. Every change is a fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from dualwitness.models import Fill, MarketType, OrderSide
from dualwitness.models.exact import EXACT, plain
from dualwitness.venues.paper.amounts import ZERO, product
from dualwitness.venues.paper.leg import LegKey, PaperLeg, key_of
from dualwitness.venues.paper.order import PaperRequest

__all__ = ["PaperAccount"]


class PaperAccount:
    """Cash and positions; ``cash`` below zero is owed."""

    def __init__(self, balances: Mapping[str, Decimal], next_id: Callable[[], str]) -> None:
        self.cash: dict[str, Decimal] = dict(balances)
        self.legs: dict[LegKey, PaperLeg] = {}
        self._next_id = next_id

    def open_legs(self) -> Iterator[PaperLeg]:
        """Positions that hold something."""
        return (leg for leg in self.legs.values() if leg.held)

    def held(self, request: PaperRequest) -> Decimal:
        """Signed contracts of the position that a request would change."""
        leg = self.legs.get(key_of(request))
        return ZERO if leg is None else leg.held

    def reducible(self, request: PaperRequest) -> Decimal:
        """How many contracts a request could take off its position; zero where it would add to it."""
        held = self.held(request)
        return held.copy_abs() if held * request.signed < 0 else ZERO

    def book(self, fill: Fill, request: PaperRequest) -> None:
        """Let a fill of a request change cash and position."""
        if request.market_type is MarketType.SPOT:
            self._book_pair(fill, request)
        else:
            self._book_leg(fill, request)
        self._move(fill.fee_currency or "", (fill.fee or ZERO).copy_negate())

    def _book_pair(self, fill: Fill, request: PaperRequest) -> None:
        size, price = fill.contracts or ZERO, fill.price or ZERO
        signed = size if request.side is OrderSide.BUY else size.copy_negate()
        self._move(request.instrument.base or "", signed)
        self._move(request.instrument.quote or "", product(signed, price).copy_negate())

    def _book_leg(self, fill: Fill, request: PaperRequest) -> None:
        key = key_of(request)
        leg = self.legs.get(key)
        if leg is None:
            leg = self.legs[key] = PaperLeg(key, request.instrument, self._next_id())
        profit = leg.add(fill)
        self._move(leg.settle_currency, profit)

    def _move(self, currency: str, amount: Decimal) -> None:
        self.cash[currency] = plain(EXACT.add(self.cash.get(currency, ZERO), amount))
