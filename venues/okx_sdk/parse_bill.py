"""
Bills from raw OKX rows (``account/bills-archive``).

What an execution did stands in the sub-type (okx-v5-facts section 8). On a pair there is a bill for each currency, and
an ordinary sub-type speaks of the bill's own currency: paying USDT for LTC is a *sale* of USDT (recorded: LTC-USDT,
USDT, -10.158, subType 2). Here the side is always that of the execution, so it is turned on the quote currency's bill.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import Bill, BillKind, MarginMode, MarketType, NullReason, OrderSide, PositionSide
from dualwitness.venues.okx_sdk.parse import Row, flipped
from dualwitness.venues.okx_sdk.symbols import MARKET_TYPES, InstrumentBook, pair_of

__all__ = ["parse_bill"]

_BILL = {
    "bill_id": "billId",
    "currency": "ccy",
    "kind": "type",
    "change": "balChg",
    "balance": "bal",
    "fee": "fee",
    "realized_pnl": "pnl",
    "symbol": "instId",
    "market_type": "instType",
    "contracts": "sz",
    "price": "px",
    "margin_mode": "mgnMode",
    "venue_order_id": "ordId",
    "trade_id": "tradeId",
    "ts_venue_ms": "ts",
}
# Block trades, spreads, hedges and moved positions are executions too; conversions and loans move cash alone.
_KINDS = {
    "1": BillKind.TRANSFER,
    "2": BillKind.TRADE,
    "3": BillKind.DELIVERY,
    "4": BillKind.OTHER,
    "5": BillKind.LIQUIDATION,
    "6": BillKind.MARGIN,
    "7": BillKind.INTEREST,
    "8": BillKind.FUNDING,
    "9": BillKind.AUTO_DELEVERAGING,
    "10": BillKind.OTHER,
    "11": BillKind.OTHER,
    "12": BillKind.TRANSFER,
    "13": BillKind.TRADE,
    "14": BillKind.TRADE,
    "15": BillKind.MARGIN,
    "16": BillKind.BORROW,
    "22": BillKind.REPAY,
    "24": BillKind.TRADE,
    "26": BillKind.OTHER,
    "27": BillKind.OTHER,
    "28": BillKind.OTHER,
    "29": BillKind.OTHER,
    "30": BillKind.OTHER,
    "32": BillKind.TRADE,
    "33": BillKind.OTHER,
    "34": BillKind.OTHER,
}
_EXECUTIONS = (BillKind.TRADE, BillKind.DELIVERY, BillKind.LIQUIDATION, BillKind.AUTO_DELEVERAGING)
_BUY, _SELL = OrderSide.BUY, OrderSide.SELL
_NET, _LONG, _SHORT = PositionSide.NET, PositionSide.LONG, PositionSide.SHORT
_SPEAKS_OF_THE_CURRENCY = ("1", "2")
_SIX = ((_BUY, _NET), (_SELL, _NET), (_BUY, _LONG), (_SELL, _SHORT), (_SELL, _LONG), (_BUY, _SHORT))
_FORCED = ((_SELL, _LONG), (_BUY, _SHORT), (_BUY, _NET), (_SELL, _NET))
# Sub-type of the first of each group -> what the group's members did, in OKX's order.
_GROUPS: dict[int, tuple[tuple[OrderSide, PositionSide], ...]] = {
    1: _SIX,
    100: _FORCED,
    104: _FORCED,
    125: _FORCED,
    204: _SIX,
    270: _SIX,
    324: _SIX,
}
_DEEDS = {str(first + place): deed for first, group in _GROUPS.items() for place, deed in enumerate(group)}
# A delivery says which leg it closed, an exercise whose right it was: neither says anything of the position mode. An
# option that expired worthless (172) does not even say which leg it was.
_DELIVERED = {"112": OrderSide.SELL, "113": OrderSide.BUY, "170": OrderSide.SELL, "171": OrderSide.BUY}
# Money between the account and the insurance fund: a liquidation's bill, but no execution.
_NO_DEEDS = frozenset({"110", "111"})
_MARGIN_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_NOBODYS_TRADE = "0"
_PAIRS = (MarketType.SPOT, MarketType.MARGIN)


def parse_bill(raw: object, book: InstrumentBook) -> Bill:
    """One bill row; `RowInvalid` where it names an instrument that nobody can read, or a number that is none."""
    row = Row(raw, _BILL, "bills")
    kind = row.choice("kind", _KINDS)
    market_type = row.choice("market_type", MARKET_TYPES)
    side, position_side = _deed(row, kind, market_type)
    return Bill(
        bill_id=row.text("bill_id"),
        currency=row.text("currency"),
        kind=kind,
        venue_kind=_venue_kind(row),
        change=row.number("change"),
        balance=row.number("balance"),
        fee=flipped(row.number("fee")),
        realized_pnl=row.number("realized_pnl"),
        symbol=_symbol(row, book, market_type),
        market_type=market_type,
        side=side,
        position_side=position_side,
        contracts=_contracts(row, kind, market_type, side),
        price=row.number("price"),
        margin_mode=_margin_mode(row),
        venue_order_id=row.text("venue_order_id"),
        trade_id=_trade_id(row),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        reasons=row.reasons,
    )


def _venue_kind(row: Row) -> str | None:
    words = [word for word in (row.raw("type"), row.raw("subType")) if word is not None]
    if not words:
        row.null("venue_kind", row.reasons.get("kind", NullReason.BLANK))
        return None
    return "/".join(words)


def _symbol(row: Row, book: InstrumentBook, market_type: MarketType | None) -> str | None:
    if row.text("symbol") is None:
        if row.reasons["symbol"] is NullReason.UNMAPPED:
            row.refuse("instId", row.integer_or_text("instId"))
        return None
    if market_type is None and row.raw("instType") is not None:
        row.null("symbol", NullReason.UNMAPPED)  # a kind of instrument that has no unified symbol
        return None
    return row.symbol(book)


def _deed(
    row: Row, kind: BillKind | None, market_type: MarketType | None
) -> tuple[OrderSide | None, PositionSide | None]:
    """What an execution did; ``absent`` for what is known to be none, ``unmapped`` where that cannot be told."""
    sub_type = row.raw("subType") or ""
    side, position_side = _DEEDS.get(sub_type, (_DELIVERED.get(sub_type), None))
    if kind not in _EXECUTIONS:
        side = position_side = None
    elif side is not None and market_type in _PAIRS and sub_type in _SPEAKS_OF_THE_CURRENCY and not _in_base(row):
        side, position_side = (_SELL if side is _BUY else _BUY, _NET) if _in_quote(row) else (None, None)
    is_none = (kind is not None and kind not in _EXECUTIONS) or sub_type in _NO_DEEDS
    reason = NullReason.ABSENT if is_none else NullReason.UNMAPPED
    for name, value in (("side", side), ("position_side", position_side)):
        if value is None:
            row.null(name, reason)
    return side, position_side


def _in_base(row: Row) -> bool:
    pair = pair_of(row.raw("instId") or "")
    return pair is not None and row.raw("ccy") == pair[0]


def _in_quote(row: Row) -> bool:
    pair = pair_of(row.raw("instId") or "")
    return pair is not None and row.raw("ccy") == pair[1]


def _contracts(
    row: Row, kind: BillKind | None, market_type: MarketType | None, side: OrderSide | None
) -> Decimal | None:
    """
    ``sz`` where it counts contracts or base currency: of executions, and of the position that paid funding.

    Everywhere else it counts the bill's own currency (OKX account/bills, sz).
    """
    if side is None and kind is not BillKind.FUNDING:
        row.null("contracts", row.reasons["side"])
        return None
    if market_type is None or (market_type in _PAIRS and not _in_base(row)):
        row.null("contracts", NullReason.UNMAPPED)
        return None
    return row.size("contracts")


def _margin_mode(row: Row) -> MarginMode | None:
    if row.raw("mgnMode") == "cash":
        row.null("margin_mode", NullReason.ABSENT)
        return None
    return row.choice("margin_mode", _MARGIN_MODES)


def _trade_id(row: Row) -> str | None:
    trade_id = row.text("trade_id")
    if trade_id == _NOBODYS_TRADE:
        row.null("trade_id", NullReason.ABSENT)
        return None
    return trade_id
