"""Market interaction: an order as the venue reports it."""

from __future__ import annotations

from dualwitness.models.enums import OrderSide, OrderState, OrderType, PositionSide, TdMode, TimeInForce
from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["Order"]


class Order(Fact):
    """
    One order as one library reports it.

    ``contracts`` and ``filled_contracts`` count contracts, or base currency for spot and margin. ``fee`` is a signed
    cost: positive was paid. ``ts_venue_ms`` is when the venue created it. The answer to placing or cancelling carries
    ids alone; everything else is null with reason ``not_asked``.
    """

    venue_order_id: str | None
    client_order_id: str | None
    symbol: str
    side: OrderSide | None
    position_side: PositionSide | None
    order_type: OrderType | None
    time_in_force: TimeInForce | None
    td_mode: TdMode | None
    reduce_only: bool | None
    price: Number | None
    contracts: Number | None
    filled_contracts: Number | None
    average_price: Number | None
    state: OrderState | None
    fee: Number | None
    fee_currency: str | None
    ts_venue_ms: WholeNumber | None
