"""Orders on their way out: what a strategy wants, and what the checks made of it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from dualwitness.models.enums import OrderStatus, OrderType, Side, TdMode, Venue
from dualwitness.models.fact import FrozenModel, UserNumber, WholeNumber

__all__ = ["CheckResult", "OrderIntent", "ValidatedOrder"]


class OrderIntent(FrozenModel):
    """
    What a strategy wants: ``size`` in base currency, ``price`` in quote currency.

    ``long`` buys and ``short`` sells; with ``reduce_only`` the same words reduce the opposite exposure. A float is
    refused: write ``"0.1"``. ``client_order_id`` is 1 to 32 letters and digits (OKX ``clOrdId``).
    """

    symbol: str = Field(min_length=1)
    side: Side
    order_type: OrderType
    size: UserNumber = Field(gt=0)
    price: UserNumber | None = Field(default=None, gt=0)
    venue: Venue = Venue.OKX
    td_mode: TdMode = TdMode.CASH
    leverage: UserNumber | None = Field(default=None, gt=0)
    strategy: str | None = None
    client_order_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{1,32}$")
    reduce_only: bool = False

    @model_validator(mode="after")
    def _a_limit_order_has_a_price(self) -> Self:
        if self.order_type is OrderType.LIMIT and self.price is None:
            message = "a limit order needs a price"
            raise ValueError(message)
        return self


class CheckResult(FrozenModel):
    """One rule that an order was held against: its input, its limit and how it came out."""

    rule: str
    value: str
    limit: str
    passed: bool
    reason: str | None = None


class ValidatedOrder(FrozenModel):
    """
    An intent after its checks; only this can be sent.

    ``validated_at`` is ms since the epoch on the local clock; ``notional_usd`` is the order's value in US dollars.
    """

    intent: OrderIntent
    validated_at: WholeNumber
    notional_usd: UserNumber | None
    risk_checks_passed: bool
    rejection_reason: str | None = None
    venue_order_id: str | None = None
    status: OrderStatus = OrderStatus.PENDING
    checks: tuple[CheckResult, ...] = ()

    @model_validator(mode="after")
    def _a_refusal_says_why(self) -> Self:
        if self.risk_checks_passed == (self.rejection_reason is not None):
            message = "a refused order needs a rejection_reason, an approved one has none"
            raise ValueError(message)
        return self
