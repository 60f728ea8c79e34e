"""What a paper account holds: cash by currency, and positions by the shared fold. Every change is a fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from dualwitness.models import Bill, Fill, MarketType, OrderSide
from dualwitness.venues.paper.amounts import ZERO, product
from dualwitness.venues.paper.ledger import Change, PaperLedger
from dualwitness.venues.paper.leg import LegKey, PaperLeg, key_of
from dualwitness.venues.paper.order import PaperRequest

__all__ = ["PaperAccount"]


class PaperAccount:
    """Cash and positions, which begin with ``balances`` at ``opened_ms`` and nothing else."""

    def __init__(self, balances: Mapping[str, Decimal], next_id: Callable[[], str], *, opened_ms: int) -> None:
        self._ledger = PaperLedger(next_id)
        for currency, quantity in sorted(balances.items()):
            self._ledger.transfer_in(currency, quantity, opened_ms)
        self.legs: dict[LegKey, PaperLeg] = {}
        self._next_id = next_id

    @property
    def cash(self) -> Mapping[str, Decimal]:
        """Cash by currency; below zero it is owed."""
        return self._ledger.cash

    @property
    def bills(self) -> tuple[Bill, ...]:
        """Every change of cash, oldest first."""
        return tuple(self._ledger.bills)

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
        spot = request.market_type is MarketType.SPOT
        self._ledger.book(fill, request, self._bought(fill, request) if spot else self._changed(fill, request))

    def _bought(self, fill: Fill, request: PaperRequest) -> tuple[Change, ...]:
        size, price, pair = fill.contracts or ZERO, fill.price or ZERO, request.instrument
        signed = size if request.side is OrderSide.BUY else size.copy_negate()
        value = product(signed, price).copy_negate()
        return Change(pair.base or "", signed), Change(pair.quote or "", value, counts_size=False)

    def _changed(self, fill: Fill, request: PaperRequest) -> tuple[Change, ...]:
        key = key_of(request)
        leg = self.legs.get(key)
        if leg is None:
            leg = self.legs[key] = PaperLeg(key, request.instrument, self._next_id())
        profit = leg.add(fill)
        if request.market_type is not MarketType.MARGIN:
            return (Change(leg.settle_currency, profit, profit),)
        # A bill for each currency of the pair, as at the venue: but for profit and fee, what moved is in the position.
        return tuple(
            Change(
                currency,
                profit if currency == leg.settle_currency else ZERO,
                profit if currency == leg.settle_currency else None,
                counts_size=currency == request.instrument.base,
            )
            for currency in (request.instrument.base or "", request.instrument.quote or "")
        )
