"""
One position of the paper venue: the fold that is used everywhere (`dualwitness.models`), with its place in the account.

A real venue keeps positions apart by margin mode and, on margin pairs, by margin currency (okx-v5-facts sections 5 and
9); a fill tells neither, so the paper venue keeps one fold for each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.models import Fill, Instrument, Leg, MarginMode, MarketType, PositionSide, TdMode
from dualwitness.models.contract_terms import ContractTerms, contract_terms
from dualwitness.models.running_leg import RunningLeg
from dualwitness.venues.errors import UsageError
from dualwitness.venues.paper.amounts import ZERO, difference, product, quotient, total
from dualwitness.venues.paper.order import PaperRequest

__all__ = ["LegKey", "PaperLeg", "key_of", "terms_of"]


class LegKey(NamedTuple):
    """What tells one position from another."""

    symbol: str
    market_type: MarketType
    margin_mode: MarginMode
    position_side: PositionSide
    margin_currency: str


def terms_of(instrument: Instrument, market_type: MarketType) -> ContractTerms:
    """What a contract is worth and where its profit goes; raises `UsageError` where the instrument does not tell."""
    terms = contract_terms(instrument, market_type)
    if isinstance(terms, ContractTerms):
        return terms
    message = f"the instrument list does not tell the terms of {instrument.symbol} ({terms})"
    raise UsageError(message, advice="the instrument cannot be traded on paper; read the list again")


def key_of(request: PaperRequest) -> LegKey:
    """The position that a request changes; for derivatives and margin alone."""
    instrument, isolated = request.instrument, request.td_mode is TdMode.ISOLATED
    settle = terms_of(instrument, request.market_type).settle_currency
    return LegKey(
        symbol=instrument.symbol,
        market_type=request.market_type,
        margin_mode=MarginMode.ISOLATED if isolated else MarginMode.CROSS,
        position_side=request.leg_side,
        margin_currency=request.margin_currency or settle,
    )


class PaperLeg:
    """
    A position while fills are being added.

    ``realized_pnl`` is profit less fees since it was last flat, in ``settle_currency``, as a venue's report counts it;
    the fold itself counts profit alone and for ever.
    """

    def __init__(self, key: LegKey, instrument: Instrument, position_id: str) -> None:
        self.key = key
        self.instrument = instrument
        self.position_id = position_id
        terms = terms_of(instrument, key.market_type)
        self.settle_currency = terms.settle_currency
        self._running = RunningLeg(key.symbol, key.position_side, terms)
        self.leg: Leg = self._running.told(complete=True)
        self.realized_pnl = ZERO
        self.updated_ms = 0

    @property
    def held(self) -> Decimal:
        """Signed contracts (base currency on pairs), positive long."""
        return self.leg.contracts or ZERO

    @property
    def entry_price(self) -> Decimal:
        """Average entry price of an open position; zero when flat."""
        return self.leg.entry_price or ZERO

    def add(self, fill: Fill) -> Decimal:
        """Add the next fill and give the profit that it realised, in ``settle_currency`` and without its fee."""
        before, held = self.leg.realized_pnl or ZERO, self.held
        self._running.add(fill)
        self.leg = self._running.told(complete=True)
        profit = difference(self.leg.realized_pnl or ZERO, before)
        fee = self._fee_in_settle(fill)
        if not held:
            self.realized_pnl = fee.copy_negate()
        elif held * self.held < 0:
            # A flip: what is left of the fill opened a new position, and carries its share of the fee.
            share = quotient(product(fee, self.held.copy_abs()), fill.contracts or Decimal(1))
            self.realized_pnl = share.copy_negate()
        else:
            self.realized_pnl = total((self.realized_pnl, profit, fee.copy_negate()))
        self.updated_ms = fill.ts_venue_ms or self.updated_ms
        return profit

    def profit_at(self, price: Decimal) -> Decimal:
        """Unrealised profit at a price, in ``settle_currency``."""
        if not self.held:
            return ZERO
        size = Decimal(1) if self.key.market_type is MarketType.MARGIN else self.instrument.contract_size or ZERO
        amount = product(self.held, size)
        if self.instrument.inverse:
            return difference(quotient(amount, self.entry_price), quotient(amount, price))
        return product(amount, difference(price, self.entry_price))

    def _fee_in_settle(self, fill: Fill) -> Decimal:
        fee = fill.fee or ZERO
        if fill.fee_currency == self.settle_currency or fill.price is None:
            return fee
        return product(fee, fill.price)
