"""
CCXT's unified orders and trades as our facts.

| Order | CCXT | | Fill | CCXT |
|---|---|---|---|---|
| venue_order_id, client_order_id | id, clientOrderId | | trade_id, venue_order_id | id, order |
| symbol, side | the same | | bill_id, client_order_id | ``unsupported`` |
| position_side, td_mode | ``unsupported`` | | symbol, side | the same |
| order_type | type: market or limit, else ``unmapped`` | | market_type | the kind that was asked for |
| time_in_force | postOnly, timeInForce | | position_side | ``unsupported`` |
| reduce_only | reduceOnly | | price, contracts | price, amount |
| price, average_price | price, average | | base_quantity | amount × contractSize of its market |
| contracts, filled_contracts | amount, filled | | fee, fee_currency | fee.cost, fee.currency |
| state | status, and filled for an open one | | liquidity | takerOrMaker |
| fee, fee_currency | fee.cost, fee.currency | | ts_venue_ms | timestamp |
| ts_venue_ms | timestamp | | | |

CCXT's word stays as it is where it is wrong: a market order's time in force is invented, an absent ``reduceOnly`` is
``False``, a fill's time is when it was recorded (differences order-type-mapping-loses-venue-type,
reduceonly-false-invented-when-absent, fill-timestamp-is-ts-not-filltime).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dualwitness.models import (
    Fill,
    Liquidity,
    MarketType,
    NullReason,
    Order,
    OrderSide,
    OrderState,
    OrderType,
    TimeInForce,
)
from dualwitness.venues.ccxt_client.parse import Reading
from dualwitness.venues.ccxt_client.symbols import Market

__all__ = ["acknowledgement", "fill_from", "order_from"]

_SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
_TYPES = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}
_LIFE_TIMES = {
    "GTC": TimeInForce.GTC,
    "PO": TimeInForce.POST_ONLY,
    "FOK": TimeInForce.FOK,
    "IOC": TimeInForce.IOC,
}
_STATES = {
    "open": OrderState.LIVE,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "rejected": OrderState.REJECTED,
}
_LIQUIDITY = {"maker": Liquidity.MAKER, "taker": Liquidity.TAKER}
_REDUCE_ONLY = {True: True, False: False}


def order_from(row: Mapping[str, Any]) -> Order:
    """An order; raises `RowInvalid`."""
    reading = Reading("order", row.get("info"))
    reading.nulls(NullReason.UNSUPPORTED, "position_side", "td_mode")
    filled = reading.number("filled_contracts", row.get("filled"), "accFillSz", "cumExecQty", "executedQty")
    fee, fee_currency = _fee(row, reading)
    order_type = _TYPES.get(str(row.get("type")))
    if order_type is None:
        reading.text("order_type", None, "ordType", "orderType", "type")
    return Order(
        venue_order_id=reading.text("venue_order_id", row.get("id"), "ordId", "orderId"),
        client_order_id=reading.text("client_order_id", row.get("clientOrderId"), "clOrdId", "orderLinkId"),
        symbol=str(row["symbol"]),
        side=reading.member("side", row.get("side"), _SIDES, "side"),
        position_side=None,
        order_type=order_type,
        time_in_force=_time_in_force(row, reading),
        td_mode=None,
        reduce_only=reading.member("reduce_only", row.get("reduceOnly"), _REDUCE_ONLY, "reduceOnly"),
        price=reading.number("price", row.get("price"), "px", "price"),
        contracts=reading.number("contracts", row.get("amount"), "sz", "qty", "origQty"),
        filled_contracts=filled,
        average_price=reading.number("average_price", row.get("average"), "avgPx", "avgPrice"),
        state=_state(row.get("status"), filled, reading),
        fee=fee,
        fee_currency=fee_currency,
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("timestamp"), "cTime", "createdTime", "time"),
        reasons=reading.reasons,
    )


def _time_in_force(row: Mapping[str, Any], reading: Reading) -> TimeInForce | None:
    if row.get("postOnly") is True:
        return TimeInForce.POST_ONLY
    return reading.member("time_in_force", row.get("timeInForce"), _LIFE_TIMES, "ordType", "timeInForce")


def _state(status: object, filled: Decimal | None, reading: Reading) -> OrderState | None:
    state = reading.member("state", status, _STATES, "state", "orderStatus", "status")
    if state is not OrderState.LIVE:
        return state
    if filled is None:
        # CCXT has one word for both: without the filled size nobody can tell them apart.
        reading.null("state", NullReason.UNMAPPED)
        return None
    return OrderState.PARTIALLY_FILLED if filled > 0 else OrderState.LIVE


def _fee(row: Mapping[str, Any], reading: Reading) -> tuple[Decimal | None, str | None]:
    fee = row.get("fee")
    values = fee if isinstance(fee, Mapping) else {}
    return (
        reading.number("fee", values.get("cost"), "fee", "execFee", "commission"),
        reading.text("fee_currency", values.get("currency"), "feeCcy", "feeCurrency", "commissionAsset"),
    )


def fill_from(row: Mapping[str, Any], market: Market | None, market_type: MarketType) -> Fill:
    """A fill; ``market_type`` is the kind that was asked for; raises `RowInvalid`."""
    reading = Reading("fill", row.get("info"))
    reading.nulls(NullReason.UNSUPPORTED, "bill_id", "client_order_id", "position_side")
    price = reading.number("price", row.get("price"), "fillPx", "execPrice", "price")
    contracts = reading.number("contracts", row.get("amount"), "fillSz", "execQty", "qty")
    quantity = None if market is None or contracts is None else market.base_quantity(contracts, price)
    if quantity is None:
        option = market_type is MarketType.OPTION
        reading.null("base_quantity", NullReason.UNSUPPORTED if option else NullReason.UNMAPPED)
    fee, fee_currency = _fee(row, reading)
    return Fill(
        trade_id=reading.text("trade_id", row.get("id"), "tradeId", "execId"),
        bill_id=None,
        venue_order_id=reading.text("venue_order_id", row.get("order"), "ordId", "orderId"),
        client_order_id=None,
        symbol=str(row["symbol"]),
        market_type=market_type,
        side=reading.member("side", row.get("side"), _SIDES, "side"),
        position_side=None,
        price=price,
        contracts=contracts,
        base_quantity=quantity,
        fee=fee,
        fee_currency=fee_currency,
        liquidity=reading.member("liquidity", row.get("takerOrMaker"), _LIQUIDITY, "execType", "isMaker"),
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("timestamp"), "ts", "execTime", "time"),
        reasons=reading.reasons,
    )


def acknowledgement(symbol: str, venue_order_id: str, client_order_id: str | None) -> Order:
    """
    What an answer to placing or cancelling proves: ids alone.

    CCXT copies type and side of the call into it, which proves nothing (difference
    create-order-echoes-callers-type-and-side).
    """
    unknown = [
        name for name in Order.model_fields if name not in ("reasons", "venue_order_id", "client_order_id", "symbol")
    ]
    reasons = dict.fromkeys(unknown, NullReason.NOT_ASKED)
    if client_order_id is None:
        reasons["client_order_id"] = NullReason.BLANK
    return Order(
        venue_order_id=venue_order_id,
        client_order_id=client_order_id,
        symbol=symbol,
        reasons=reasons,
        **dict.fromkeys(unknown),
    )
