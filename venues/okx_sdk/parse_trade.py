"""Market interaction from raw OKX rows: orders, acknowledgements, fills."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import (
    Fill,
    Liquidity,
    MarketType,
    NullReason,
    Order,
    OrderSide,
    OrderState,
    OrderType,
    PositionSide,
    TdMode,
    TimeInForce,
)
from dualwitness.venues.okx_sdk.parse import FindListing, Row, base_quantity_of, flipped
from dualwitness.venues.okx_sdk.symbols import InstrumentBook

__all__ = ["Acknowledgement", "acknowledged_order", "parse_acknowledgement", "parse_fill", "parse_order"]

_ORDER = {
    "venue_order_id": "ordId",
    "client_order_id": "clOrdId",
    "side": "side",
    "position_side": "posSide",
    "order_type": "ordType",
    "time_in_force": "ordType",
    "td_mode": "tdMode",
    "reduce_only": "reduceOnly",
    "price": "px",
    "contracts": "sz",
    "filled_contracts": "accFillSz",
    "average_price": "avgPx",
    "state": "state",
    "fee": "fee",
    "fee_currency": "feeCcy",
    "ts_venue_ms": "cTime",
}
_FILL = {
    "trade_id": "tradeId",
    "bill_id": "billId",
    "venue_order_id": "ordId",
    "client_order_id": "clOrdId",
    "market_type": "instType",
    "side": "side",
    "position_side": "posSide",
    "price": "fillPx",
    "contracts": "fillSz",
    "fee": "fee",
    "fee_currency": "feeCcy",
    "liquidity": "execType",
    "ts_venue_ms": "fillTime",
}
_ACKNOWLEDGEMENT = {"venue_order_id": "ordId", "client_order_id": "clOrdId"}
_SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
_POSITION_SIDES = {"net": PositionSide.NET, "long": PositionSide.LONG, "short": PositionSide.SHORT}
# ordType folds type and life time into one word.
_ORDER_TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "post_only": OrderType.LIMIT,
    "fok": OrderType.LIMIT,
    "ioc": OrderType.LIMIT,
}
_LIFE_TIMES = {
    "limit": TimeInForce.GTC,
    "post_only": TimeInForce.POST_ONLY,
    "fok": TimeInForce.FOK,
    "ioc": TimeInForce.IOC,
    "optimal_limit_ioc": TimeInForce.IOC,
}
_TD_MODES = {"cash": TdMode.CASH, "cross": TdMode.CROSS, "isolated": TdMode.ISOLATED}
_STATES = {
    "live": OrderState.LIVE,
    "partially_filled": OrderState.PARTIALLY_FILLED,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "mmp_canceled": OrderState.CANCELED,
}
_BOOLEANS = {"true": True, "false": False}
_LIQUIDITY = {"M": Liquidity.MAKER, "T": Liquidity.TAKER}
_MARKET_TYPES = {
    "SPOT": MarketType.SPOT,
    "MARGIN": MarketType.MARGIN,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}
_PAIRS = (MarketType.SPOT, MarketType.MARGIN)


def parse_order(raw: object, book: InstrumentBook) -> Order:
    """One order row; an unknown state, side or leg is `RowInvalid`."""
    row = Row(raw, _ORDER, "orders")
    return Order(
        symbol=row.symbol(book),
        venue_order_id=row.text("venue_order_id"),
        client_order_id=row.text("client_order_id"),
        side=row.choice("side", _SIDES, strict=True),
        position_side=row.choice("position_side", _POSITION_SIDES, strict=True),
        order_type=row.choice("order_type", _ORDER_TYPES),
        time_in_force=_life_time(row),
        td_mode=row.choice("td_mode", _TD_MODES),
        reduce_only=_flag(row),
        price=row.number("price"),
        contracts=_contracts(row),
        filled_contracts=row.size("filled_contracts"),
        average_price=row.number("average_price"),
        state=row.choice("state", _STATES, strict=True),
        fee=flipped(row.number("fee")),
        fee_currency=row.text("fee_currency"),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        reasons=row.reasons,
    )


def parse_fill(raw: object, book: InstrumentBook, find: FindListing) -> Fill:
    """One row of ``trade/fills-history``; the time is that of the execution, not of the record."""
    row = Row(raw, _FILL, "fills")
    market_type = row.choice("market_type", _MARKET_TYPES)
    contracts, price = row.size("contracts"), row.number("price")
    base_quantity = _base_quantity(row, market_type, contracts, price, find)
    return Fill(
        trade_id=row.text("trade_id"),
        bill_id=row.text("bill_id"),
        venue_order_id=row.text("venue_order_id"),
        client_order_id=row.text("client_order_id"),
        symbol=row.symbol(book),
        market_type=market_type,
        side=row.choice("side", _SIDES, strict=True),
        position_side=row.choice("position_side", _POSITION_SIDES, strict=True),
        price=price,
        contracts=contracts,
        base_quantity=base_quantity,
        fee=flipped(row.number("fee")),
        fee_currency=row.text("fee_currency"),
        liquidity=row.choice("liquidity", _LIQUIDITY),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        reasons=row.reasons,
    )


class Acknowledgement:
    """What OKX said to one place or cancel request: ids, and its own code for that row."""

    def __init__(self, raw: object) -> None:
        self.row = Row(raw, _ACKNOWLEDGEMENT, "acknowledgements")
        self.code = self.row.raw("sCode")
        self.sub_code = self.row.raw("subCode")
        self.text = self.row.raw("sMsg") or ""


def parse_acknowledgement(raw: object) -> Acknowledgement:
    """The row of an answer to placing or cancelling; raises `RowInvalid` where it is no object."""
    return Acknowledgement(raw)


def acknowledged_order(acknowledgement: Acknowledgement, symbol: str) -> Order:
    """An order of which ids alone are known; everything else was not asked."""
    row = acknowledgement.row
    known = {name: row.text(name) for name in _ACKNOWLEDGEMENT}
    rest = [name for name in Order.model_fields if name not in ("symbol", "reasons", *known)]
    reasons = row.reasons | dict.fromkeys(rest, NullReason.NOT_ASKED)
    return Order.model_validate({"symbol": symbol, "reasons": reasons, **dict.fromkeys(rest), **known})


def _life_time(row: Row) -> TimeInForce | None:
    if row.raw("ordType") == "market":
        row.null("time_in_force", NullReason.ABSENT)  # a market order never rests, and OKX names no life time for it
        return None
    return row.choice("time_in_force", _LIFE_TIMES)


def _flag(row: Row) -> bool | None:
    value = row.integer_or_text("reduceOnly")
    return value if isinstance(value, bool) else row.choice("reduce_only", _BOOLEANS)


def _contracts(row: Row) -> Decimal | None:
    """
    The size, where it counts what the model counts.

    ``sz`` of a market buy on spot or margin is quote currency unless ``tgtCcy`` says otherwise (difference
    margin-market-buy-quote-size-read-as-base-amount).
    """
    size = row.size("contracts")
    unit = row.raw("tgtCcy")
    is_market_buy = row.raw("ordType") == "market" and row.raw("side") == "buy"
    in_quote = row.market_type() in _PAIRS and (unit == "quote_ccy" or (is_market_buy and unit != "base_ccy"))
    if size is not None and in_quote:
        row.null("contracts", NullReason.UNMAPPED)
        return None
    return size


def _base_quantity(
    row: Row, market_type: MarketType | None, contracts: Decimal | None, price: Decimal | None, find: FindListing
) -> Decimal | None:
    quantity: Decimal | NullReason
    if contracts is None:
        quantity = row.reasons["contracts"]
    elif market_type is None:
        quantity = row.reasons["market_type"]
    elif market_type in _PAIRS:
        quantity = contracts
    else:
        listing = find(market_type, row.raw("instId") or "")
        if isinstance(listing, NullReason):
            quantity = listing
        else:
            price_reason = row.reasons.get("price", NullReason.ABSENT)
            quantity = base_quantity_of(listing.instrument, contracts, price, price_reason=price_reason)
    if isinstance(quantity, NullReason):
        row.null("base_quantity", quantity)
        return None
    return quantity
