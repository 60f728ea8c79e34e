"""Market interaction: our own executions."""

from __future__ import annotations

from dualwitness.models.enums import Liquidity, MarketType, OrderSide, PositionSide
from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["Fill"]


class Fill(Fact):
    """
    One execution of ours as one library reports it.

    ``trade_id`` is unique per instrument only; ``bill_id`` is the venue's cursor (OKX ``trade/fills-history``).
    ``contracts`` counts contracts, or base currency for spot; ``base_quantity`` is base currency. ``fee`` is a signed
    cost in ``fee_currency``: positive was paid (difference fill-fee-sign-flipped). ``ts_venue_ms`` is the time of the
    execution.
    """

    trade_id: str | None
    bill_id: str | None
    venue_order_id: str | None
    client_order_id: str | None
    symbol: str
    market_type: MarketType | None
    side: OrderSide | None
    position_side: PositionSide | None
    price: Number | None
    contracts: Number | None
    base_quantity: Number | None
    fee: Number | None
    fee_currency: str | None
    liquidity: Liquidity | None
    ts_venue_ms: WholeNumber | None
