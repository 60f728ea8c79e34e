"""Identity: what the account holds in derivatives and on margin."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from dualwitness.models.enums import Direction, MarginMode, MarketType, PositionMode
from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["Position"]


class Position(Fact):
    """
    One position as one witness tells it.

    ``contracts`` is never negative; ``direction`` carries the sign. ``base_quantity`` is in base currency (inverse
    contracts: at ``mark_price``). ``ts_venue_ms`` is the last update (OKX ``account/positions``, ``uTime``).
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    symbol: str
    market_type: MarketType
    has_position: bool | None
    direction: Direction | None
    contracts: Annotated[Number, Field(ge=0)] | None
    base_quantity: Number | None
    entry_price: Number | None
    mark_price: Number | None
    unrealized_pnl: Number | None
    realized_pnl: Number | None
    leverage: Number | None
    margin_mode: MarginMode | None
    position_mode: PositionMode | None
    margin_currency: str | None
    liquidation_price: Number | None
    venue_position_id: str | None
    ts_venue_ms: WholeNumber | None
