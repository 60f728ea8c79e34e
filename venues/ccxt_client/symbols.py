"""Instruments as CCXT itself knows them: its unified symbol is the key, its market structure the meaning."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualwitness.models import MarketType
from dualwitness.venues.ccxt_client.parse import exact
from dualwitness.venues.errors import RowInvalid, UnknownSymbol

__all__ = ["Market", "listed_market", "market_of", "market_types_of"]


@dataclass(frozen=True, slots=True)
class Market:
    """
    What CCXT says an instrument is.

    ``contract_size`` is base currency where ``linear`` and quote currency where ``inverse``, ``None`` for spot;
    for options it lacks ctMult (difference option-contract-size-ignores-ctmult). ``lot_size`` and ``min_size`` count
    contracts, or base currency for spot.
    """

    symbol: str
    venue_id: str
    market_type: MarketType
    base: str | None
    quote: str | None
    linear: bool
    inverse: bool
    contract_size: Decimal | None
    tick_size: Decimal | None
    lot_size: Decimal | None
    min_size: Decimal | None

    @staticmethod
    def of(row: Mapping[str, Any]) -> Market:
        """From a CCXT market structure; raises `RowInvalid`."""
        try:
            market_type = MarketType(row["type"])
        except (KeyError, ValueError) as error:
            message = f"ccxt gives the market {row.get('symbol')!r} no known type"
            raise RowInvalid(message) from error
        precision, limits = row.get("precision") or {}, row.get("limits") or {}
        return Market(
            symbol=str(row["symbol"]),
            venue_id=str(row["id"]),
            market_type=market_type,
            base=row.get("base") or None,
            quote=row.get("quote") or None,
            linear=row.get("linear") is True,
            inverse=row.get("inverse") is True,
            contract_size=exact(row.get("contractSize"), "contractSize"),
            tick_size=exact(precision.get("price"), "precision.price"),
            lot_size=exact(precision.get("amount"), "precision.amount"),
            min_size=exact((limits.get("amount") or {}).get("min"), "limits.amount.min"),
        )

    def base_quantity(self, contracts: Decimal, price: Decimal | None) -> Decimal | None:
        """Contracts in base currency; ``None`` where CCXT does not say enough (options, a missing price or size)."""
        if self.market_type is MarketType.SPOT:
            return contracts
        if self.market_type is MarketType.OPTION or self.contract_size is None:
            return None
        if self.linear:
            return contracts * self.contract_size
        if self.inverse and price:
            return contracts * self.contract_size / price
        return None


def market_of(exchange: Any, symbol: str) -> Market:
    """The market of a unified symbol; raises `UnknownSymbol` with the nearest names."""
    markets: Mapping[str, Any] = exchange.markets or {}
    row = markets.get(symbol)
    if row is None:
        near = difflib.get_close_matches(symbol, list(markets), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else None
        message = f"ccxt knows no symbol {symbol!r}"
        raise UnknownSymbol(message, advice=hint)
    return Market.of(row)


def listed_market(exchange: Any, row: Mapping[str, Any]) -> Market | None:
    """The market of a unified row's symbol; ``None`` where CCXT's list lacks it."""
    market = (exchange.markets or {}).get(row.get("symbol"))
    return None if market is None else Market.of(market)


def market_types_of(market: Market) -> tuple[MarketType, ...]:
    """The kinds under which fills of this symbol are filed: a spot pair is traded as spot and on margin."""
    if market.market_type is MarketType.SPOT:
        return (MarketType.SPOT, MarketType.MARGIN)
    return (market.market_type,)
