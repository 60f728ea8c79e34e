"""
How an intent's trade mode becomes the parameters of one CCXT order.

Nothing is left to a default of the library or the venue: trade mode, leg and size unit are always said (differences
tdmode-inferred-cross-for-contracts, hedge-mode-order-sent-without-posside, spot-market-buy-size-unit).
"""

from __future__ import annotations

from dualwitness.models import MarginMode, MarketType, OrderIntent, OrderType, PositionMode, Side, TdMode, Venue
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import Unsupported, UsageError

__all__ = ["order_parameters", "resolved_mode"]

Parameters = dict[str, str | int | bool]


def order_parameters(
    venue: Venue,
    intent: OrderIntent,
    market: Market,
    position_mode: PositionMode | None,
    *,
    margin_mode: MarginMode | None = None,
) -> Parameters:
    """
    The CCXT ``params`` of an order, without ids.

    ``position_mode`` is the account's (needed for swaps and futures alone); ``margin_mode`` says what ``TdMode.MARGIN``
    stands for. Raises `UsageError` for a combination that does not exist and `Unsupported` where CCXT has no way.
    """
    mode = resolved_mode(intent.td_mode, margin_mode)
    spot = market.market_type is MarketType.SPOT
    if not spot and mode is TdMode.CASH:
        message = f"{market.symbol} is a {market.market_type} and cannot be traded with cash"
        raise UsageError(message, advice="use cross or isolated")
    if spot and mode is TdMode.CASH and intent.reduce_only:
        message = "a spot order with cash has nothing to reduce"
        raise UsageError(message, advice="drop reduce_only")
    if venue is Venue.OKX:
        return _okx(intent, market, mode, position_mode)
    if venue is Venue.BYBIT:
        return _bybit(intent, spot, mode, position_mode)
    return _binance(intent, spot, mode, position_mode)


def resolved_mode(td_mode: TdMode, margin_mode: MarginMode | None) -> TdMode:
    """The mode that goes out; raises `UsageError` where ``margin`` was not resolved."""
    if td_mode is not TdMode.MARGIN:
        return td_mode
    if margin_mode is None:
        message = "td_mode margin must be resolved to cross or isolated before an order is built"
        raise UsageError(message, advice="name cross or isolated")
    return TdMode(margin_mode.value)


def _okx(intent: OrderIntent, market: Market, mode: TdMode, position_mode: PositionMode | None) -> Parameters:
    parameters: Parameters = {"tdMode": str(mode)}
    if market.market_type is MarketType.SPOT:
        # Market orders are sized in quote currency by default (OKX trade/order, tgtCcy). CCXT adds the unit itself to
        # every cash order, and to no margin order.
        if mode is TdMode.CASH or intent.order_type is OrderType.MARKET:
            parameters["tgtCcy"] = "base_ccy"
        if intent.reduce_only:
            parameters["reduceOnly"] = True
        return parameters
    if market.market_type is MarketType.OPTION:
        return parameters
    leg = _leg(intent, position_mode)
    parameters["posSide"] = leg
    if intent.reduce_only and leg == "net":
        # In long/short mode an order against its leg can only reduce, and OKX ignores the flag.
        parameters["reduceOnly"] = True
    return parameters


def _leg(intent: OrderIntent, position_mode: PositionMode | None) -> str:
    if position_mode is None:
        message = "the account's position mode is not known"
        raise UsageError(message, advice="ask for the account configuration first")
    if position_mode is PositionMode.NET:
        return "net"
    # `long` buys: opens the long leg, or with reduce_only closes the short one.
    return "long" if (intent.side is Side.LONG) != intent.reduce_only else "short"


def _bybit(intent: OrderIntent, spot: bool, mode: TdMode, position_mode: PositionMode | None) -> Parameters:
    if spot:
        if mode is TdMode.ISOLATED:
            message = "Bybit has no isolated spot margin"
            raise Unsupported(message, advice="use cross")
        return {"isLeverage": 1 if mode is TdMode.CROSS else 0}
    if mode is TdMode.ISOLATED:
        message = "Bybit sets isolated margin for the whole account, not for an order"
        raise Unsupported(message, advice="use cross, or set the account's margin mode at Bybit")
    legs = {"net": 0, "long": 1, "short": 2}  # Bybit docs v5/order/create-order, positionIdx
    parameters: Parameters = {"positionIdx": legs[_leg(intent, position_mode)]}
    if intent.reduce_only:
        parameters["reduceOnly"] = True
    return parameters


def _binance(intent: OrderIntent, spot: bool, mode: TdMode, position_mode: PositionMode | None) -> Parameters:
    if spot:
        if mode is TdMode.CASH:
            return {}
        parameters: Parameters = {"marginMode": str(mode)}
        if intent.reduce_only:
            parameters["reduceOnly"] = True
        return parameters
    if mode is TdMode.ISOLATED:
        message = "Binance sets isolated margin for a symbol, not for an order"
        raise Unsupported(message, advice="use cross, or set the symbol's margin type at Binance")
    leg = _leg(intent, position_mode)
    if leg == "net":
        return {"positionSide": "BOTH", "reduceOnly": intent.reduce_only}
    return {"positionSide": leg.upper()}
