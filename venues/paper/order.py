"""An order of the paper venue: what was asked, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models import (
    Instrument,
    MarketType,
    OrderSide,
    OrderState,
    OrderType,
    PositionMode,
    PositionSide,
    TdMode,
)
from dualwitness.models.exact import EXACT, TOLD, WORK, plain
from dualwitness.venues.paper.amounts import ZERO, difference

__all__ = ["PaperOrder", "PaperRequest"]

_OPEN = (OrderState.LIVE, OrderState.PARTIALLY_FILLED)


@dataclass(frozen=True, slots=True)
class PaperRequest:
    """
    An order in the venue's own units.

    ``contracts`` counts contracts, or base currency on pairs. ``market_type`` is margin for a pair on borrowed money.
    ``position_side`` is null where a real venue takes none. ``margin_currency`` names the margin of a margin order.
    """

    instrument: Instrument
    market_type: MarketType
    td_mode: TdMode
    side: OrderSide
    order_type: OrderType
    contracts: Decimal
    price: Decimal | None
    client_order_id: str
    position_side: PositionSide | None = None
    reduce_only: bool = False
    margin_currency: str | None = None

    @property
    def leg_side(self) -> PositionSide:
        """The side of the position that it changes."""
        return self.position_side or PositionSide.NET

    @property
    def only_reduces(self) -> bool:
        """Whether it can do nothing but make a position smaller: by its flag, or by its leg in long/short mode."""
        opens = PositionSide.LONG if self.side is OrderSide.BUY else PositionSide.SHORT
        return self.reduce_only or self.leg_side not in (PositionSide.NET, opens)

    @property
    def position_mode(self) -> PositionMode:
        """The position mode that its leg belongs to."""
        return PositionMode.NET if self.leg_side is PositionSide.NET else PositionMode.LONG_SHORT

    @property
    def signed(self) -> Decimal:
        """The contracts, negative for a sale."""
        return self.contracts if self.side is OrderSide.BUY else self.contracts.copy_negate()


@dataclass(slots=True)
class PaperOrder:
    """
    A request that was taken.

    ``arrives_ms`` is when it reaches the book, ``cancel_ms`` when a cancel does; one that arrives after ``expires_ms``
    is void. For a market order under way, ``reference_price`` is where its book began when it was taken, and
    ``reserved`` the quote currency that a buy on spot keeps from other orders.
    """

    order_id: str
    request: PaperRequest
    created_ms: int
    arrives_ms: int
    expires_ms: int | None = None
    arrived: bool = False
    state: OrderState = OrderState.LIVE
    filled: Decimal = ZERO
    fee: Decimal = ZERO
    cancel_ms: int | None = None
    reference_price: Decimal = ZERO
    reserved: Decimal = ZERO
    _value: Decimal = ZERO

    @property
    def open(self) -> bool:
        """Whether it can still fill."""
        return self.state in _OPEN

    @property
    def remaining(self) -> Decimal:
        """What is not filled yet."""
        return difference(self.request.contracts, self.filled)

    @property
    def late(self) -> bool:
        """Whether it arrives after its deadline."""
        return self.expires_ms is not None and self.arrives_ms > self.expires_ms

    @property
    def average_price(self) -> Decimal | None:
        """Average fill price, harmonic for inverse contracts as the entry price is; null before the first fill."""
        if not self.filled:
            return None
        inverse = bool(self.request.instrument.inverse)
        ratio = WORK.divide(self.filled, self._value) if inverse else WORK.divide(self._value, self.filled)
        return plain(TOLD.plus(ratio))

    def fill(self, price: Decimal, contracts: Decimal, fee: Decimal) -> None:
        """Count one fill."""
        inverse = bool(self.request.instrument.inverse)
        value = WORK.divide(contracts, price) if inverse else EXACT.multiply(contracts, price)
        self._value = WORK.add(self._value, value)
        self.filled = plain(EXACT.add(self.filled, contracts))
        self.fee = plain(EXACT.add(self.fee, fee))
        self.state = OrderState.PARTIALLY_FILLED if self.remaining else OrderState.FILLED

    def cancel(self) -> None:
        """End it with what it has."""
        self.state = OrderState.CANCELED
