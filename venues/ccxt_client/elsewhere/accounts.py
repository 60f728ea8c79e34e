"""
Accounts at Bybit and Binance: what their answers must hold before anybody believes what CCXT made of them.

CCXT asks these venues for one kind of contract, one wallet and one page at a time, and reads a list that is not there
as an empty one. So a question without a symbol, whose answer would be a part passed off as the whole, is `Unsupported`;
the others are proven at the wire: the list is there, it is about the instrument that was asked for, its numbers are
numbers, and CCXT kept every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualwitness.models import MarketType, Venue
from dualwitness.venues.ccxt_client.envelope import Calls, Envelope, Proven
from dualwitness.venues.ccxt_client.parse import exact
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import RowInvalid, Unsupported

__all__ = ["fee_row_elsewhere", "open_orders_elsewhere", "positions_elsewhere", "wallet_elsewhere"]

_Row = Mapping[str, Any]

_BYBIT_PAGE = 50  # Bybit's largest page of open orders (Bybit docs v5/order/open-order)
_LARGEST_PAGES = 1000
_MONEY_NAMES = (
    # Bybit, then Binance
    "size avgPrice markPrice positionValue unrealisedPnl curRealisedPnl leverage liqPrice price qty cumExecQty "
    "walletBalance locked totalPositionIM totalOrderIM borrowAmount accruedInterest makerFeeRate takerFeeRate "
    "positionAmt entryPrice unRealizedProfit liquidationPrice notional isolatedMargin origQty executedQty "
    "makerCommission takerCommission makerCommissionRate takerCommissionRate"
)
_MONEY = frozenset(_MONEY_NAMES.split())


def positions_elsewhere(calls: Calls, venue: Venue, market: Market | None) -> Sequence[_Row]:
    """CCXT's positions in one contract; raises `Unsupported` without one, and for a pair, whose loans are no rows."""
    if market is None:
        message = f"ccxt asks {venue} for one kind of contract at a time, so all positions cannot be had"
        raise Unsupported(message, advice="name a symbol")
    if market.market_type is MarketType.SPOT:
        message = f"{venue} has no positions in pairs"
        raise Unsupported(message, advice="name a contract, or read the balance")
    proven = calls.call("fetch_positions", [market.symbol])
    if venue is Venue.BYBIT:
        rows = _bybit_rows(proven.envelopes[-1], market)
        _check_bybit_sides(rows)
        _check_all_kept(rows, proven.value)
    else:
        # Binance is asked for all contracts; CCXT leaves out the other ones and those that were never entered.
        rows = [row for row in _binance_rows(proven.envelopes[-1]) if row.get("symbol") == market.venue_id]
        _check_all_kept([row for row in rows if _is_open(row)], [row for row in proven.value if _holds(row)])
    return [row for row in proven.value if isinstance(row, Mapping)]


def open_orders_elsewhere(calls: Calls, venue: Venue, market: Market | None) -> Sequence[_Row]:
    """
    CCXT's open orders of one instrument, all pages, without trigger orders.

    Raises `Unsupported` without a symbol, and for a Binance pair, whose margin orders rest in accounts of their own.
    """
    if market is None:
        message = f"ccxt asks {venue} for one kind of instrument at a time, so all open orders cannot be had"
        raise Unsupported(message, advice="name a symbol")
    if venue is Venue.BINANCE:
        if market.market_type is MarketType.SPOT:
            message = "ccxt asks Binance for the spot account alone, and the margin orders of a pair rest elsewhere"
            raise Unsupported(message, advice="name a contract")
        proven = calls.call("fetch_open_orders", market.symbol)
        rows = _binance_rows(proven.envelopes[-1])
        _check_instrument(rows, market)
        _check_all_kept(rows, proven.value)
        return list(proven.value)
    return _bybit_order_pages(calls, market)


def _bybit_order_pages(calls: Calls, market: Market) -> Sequence[_Row]:
    orders: list[_Row] = []
    query: dict[str, str] = {}
    for _ in range(_LARGEST_PAGES):
        proven = calls.call("fetch_open_orders", market.symbol, None, _BYBIT_PAGE, query)
        envelope = proven.envelopes[-1]
        rows = _bybit_rows(envelope, market)
        _check_all_kept(rows, proven.value)
        orders += proven.value
        if len(rows) < _BYBIT_PAGE:
            return orders
        cursor = envelope.document["result"].get("nextPageCursor")
        if not isinstance(cursor, str) or not cursor or cursor == query.get("cursor"):
            break
        query = {"cursor": cursor}
    message = "the pages of open orders do not end"
    raise RowInvalid(message)


def fee_row_elsewhere(calls: Calls, venue: Venue, market: Market) -> _Row:
    """
    CCXT's fee rates where the venue sent one row, about this instrument; of none CCXT makes a record of nulls.

    Raises `Unsupported` for a Binance contract, whose rates CCXT files under the pair of the same name.
    """
    if venue is Venue.BINANCE and market.market_type is not MarketType.SPOT:
        message = f"ccxt files the fee rates of {market.symbol} under a pair"
        raise Unsupported(message)
    proven = calls.call("fetch_trading_fee", market.symbol)
    envelope = proven.envelopes[-1]
    if venue is Venue.BYBIT:
        rows = _bybit_rows(envelope, market)
    else:
        document = envelope.document
        rows = _checked(document if isinstance(document, list) else [document])
        _check_instrument(rows, market)
    if len(rows) != 1 or not isinstance(proven.value, Mapping):
        message = f"the venue sent {len(rows)} fee rates where one was asked for"
        raise RowInvalid(message)
    return proven.value


def wallet_elsewhere(proven: Proven) -> Sequence[_Row]:
    """The currencies of Bybit's one unified wallet as they stand on the wire."""
    rows = _rows_of_bybit(proven.envelopes[-1])
    coins = rows[0].get("coin") if len(rows) == 1 else None
    if not isinstance(coins, list) or rows[0].get("accountType") != "UNIFIED":
        message = "the balance is not one unified wallet with a list of currencies"
        raise RowInvalid(message)
    for coin in _checked(coins):
        # An empty balance is one that Bybit did not say: CCXT would leave it out of the arithmetic.
        if not coin.get("coin") or exact(coin.get("walletBalance"), "walletBalance") is None:
            message = "a currency of the wallet has no name or no balance"
            raise RowInvalid(message)
    return coins


def _bybit_rows(envelope: Envelope, market: Market) -> list[_Row]:
    rows = _rows_of_bybit(envelope)
    _check_instrument(rows, market)
    return rows


def _rows_of_bybit(envelope: Envelope) -> list[_Row]:
    result = envelope.document.get("result")
    return _checked(result.get("list") if isinstance(result, Mapping) else None)


def _binance_rows(envelope: Envelope) -> list[_Row]:
    return _checked(envelope.document)


def _checked(rows: object) -> list[_Row]:
    if not isinstance(rows, list):
        message = "the answer has no list of rows"
        raise RowInvalid(message, advice="treat the account as unknown, not as empty")
    for row in rows:
        if not isinstance(row, Mapping):
            message = f"a row is no object but {type(row).__name__}"
            raise RowInvalid(message)
        for name in _MONEY & row.keys():
            exact(row[name], name)
    return rows


def _check_instrument(rows: Sequence[_Row], market: Market) -> None:
    others = [row for row in rows if row.get("symbol") != market.venue_id]
    if others:
        message = f"{len(others)} of {len(rows)} rows are not about {market.venue_id}"
        raise RowInvalid(message)


def _check_all_kept(rows: Sequence[_Row], kept: Sequence[object]) -> None:
    if len(rows) != len(kept):
        message = f"the venue sent {len(rows)} rows, ccxt gave {len(kept)}"
        raise RowInvalid(message, advice="rows were dropped: treat the answer as unknown, not as empty")


def _check_bybit_sides(rows: Sequence[_Row]) -> None:
    """CCXT takes any leg but 0 and 1 for the short one, and a row without a size for one without contracts."""
    for row in rows:
        if row.get("positionIdx") not in (0, 1, 2) or row.get("side") not in ("Buy", "Sell", "", "None"):
            message = "a position has an unknown leg or side"
            raise RowInvalid(message)
        if exact(row.get("size"), "size") is None:
            message = "a position has no size"
            raise RowInvalid(message)


def _is_open(row: _Row) -> bool:
    """Whether a Binance row holds contracts; CCXT reads their direction from the notional, so both must agree."""
    amount, notional = exact(row.get("positionAmt"), "positionAmt"), exact(row.get("notional"), "notional")
    if amount is None or row.get("positionSide") not in ("BOTH", "LONG", "SHORT"):
        message = "a position has no size or an unknown leg"
        raise RowInvalid(message)
    if amount and (not notional or (amount > 0) != (notional > 0)):
        message = "the notional of a position contradicts its size"
        raise RowInvalid(message)
    return bool(amount)


def _holds(row: object) -> bool:
    return isinstance(row, Mapping) and bool(exact(row.get("contracts"), "contracts"))
