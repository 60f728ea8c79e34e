"""Identity: one change of one currency's cash, as the venue books it."""

from __future__ import annotations

from dualwitness.models.enums import BillKind, MarginMode, MarketType, OrderSide, PositionSide
from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["Bill"]


class Bill(Fact):
    """
    One bill as one library reports it (OKX ``account/bills``).

    ``change`` is signed cash of ``currency``, ``balance`` the cash after it. ``fee`` is a signed cost: positive was
    paid. ``realized_pnl`` is without fees. ``side`` and ``position_side`` say what an execution did, read from the
    venue's sub-type; they are null with reason ``absent`` for bills that are none (funding, interest, transfers).
    ``contracts`` counts contracts, or base currency for pairs: an execution on a pair has a bill for each of its two
    currencies, and the size stands in that of the base. ``venue_kind`` is OKX's type and sub-type, ``5/104``. A bill of
    no instrument has a null ``symbol``.
    """

    bill_id: str | None
    currency: str | None
    kind: BillKind | None
    venue_kind: str | None
    change: Number | None
    balance: Number | None
    fee: Number | None
    realized_pnl: Number | None
    symbol: str | None
    market_type: MarketType | None
    side: OrderSide | None
    position_side: PositionSide | None
    contracts: Number | None
    price: Number | None
    margin_mode: MarginMode | None
    venue_order_id: str | None
    trade_id: str | None
    ts_venue_ms: WholeNumber | None
