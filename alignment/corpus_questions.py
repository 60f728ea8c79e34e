"""
Which question a recorded answer belongs to: from an OKX endpoint and the rows of its payload to an operation.

The answer's own rows say which instrument it is about; where they do not (a book has no instrument id), the pair that
OKX lists first is asked, because only the shape matters then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualwitness.alignment.operations import Question
from dualwitness.models import Fact, MarginMode, MarketType, OrderIntent, OrderType, Side, TdMode, ValidatedOrder
from dualwitness.models.market import VenueTime
from dualwitness.models.symbols import SymbolError, symbol_from_okx_id
from dualwitness.venues import VenueClient

__all__ = ["ENDPOINTS", "CorpusQuestion", "NotAsked", "question_of"]

_INST_TYPES = {
    "SPOT": MarketType.SPOT,
    "MARGIN": MarketType.MARGIN,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}
_ANY = {"SPOT": "BTC/USDT", "MARGIN": "BTC/USDT", "SWAP": "BTC/USDT:USDT"}
_MOST_LEVELS, _MOST_CANDLES = 400, 300

Rows = list[Mapping[str, Any]]


class NotAsked(Exception):
    """A recorded answer that no operation can be asked for; the text says why."""


@dataclass(frozen=True, slots=True)
class CorpusQuestion:
    """
    One operation to be asked of a recorded answer.

    ``path`` is where the answer is to be found by the clients; ``inst_type`` limits it to the pages of that type.
    ``fresh`` needs clients that know no instruments yet.
    """

    operation: str
    symbol: str | None
    paths: tuple[str, ...]
    ask: Callable[[VenueClient], tuple[Fact, ...]]
    inst_type: str | None = None
    fresh: bool = False


def question_of(method: str, endpoint: str, payload: Mapping[str, Any]) -> CorpusQuestion:
    """The question that this answer answers; raises `NotAsked` with the reason where there is none."""
    maker = ENDPOINTS.get((method, endpoint))
    if maker is None:
        message = "no operation reads this endpoint"
        raise NotAsked(message)
    data = payload.get("data")
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    return maker(rows)


def _symbol(rows: Rows, default: str = "BTC/USDT") -> str:
    inst_id = next((str(row["instId"]) for row in rows if row.get("instId")), None)
    if inst_id is None:
        inst_type = next((str(row["instType"]) for row in rows if row.get("instType")), "SPOT")
        return _ANY.get(inst_type, default)
    try:
        return symbol_from_okx_id(inst_id).spelling
    except SymbolError:
        message = f"the instrument id {inst_id!r} has no unified symbol"
        raise NotAsked(message) from None


def _time(_: Rows) -> CorpusQuestion:
    return CorpusQuestion(
        "get_server_time", None, ("/api/v5/public/time",), lambda c: (VenueTime(ts_venue_ms=c.get_server_time()),)
    )


def _instruments(rows: Rows) -> CorpusQuestion:
    inst_type = next((str(row.get("instType", "")) for row in rows), "")
    market_type = _INST_TYPES.get(inst_type)
    if market_type is None:
        message = f"no client asks for instruments of type {inst_type or 'none'}"
        raise NotAsked(message)
    if market_type is MarketType.MARGIN:
        message = "ccxt never asks for MARGIN instruments (margin-instruments-not-a-market)"
        raise NotAsked(message)
    return CorpusQuestion(
        "get_instruments",
        None,
        ("/api/v5/public/instruments",),
        lambda c: c.get_instruments(market_type),
        inst_type=inst_type,
        fresh=True,
    )


def _ticker(rows: Rows) -> CorpusQuestion:
    symbol = _symbol(rows)
    return CorpusQuestion("get_ticker", symbol, ("/api/v5/market/ticker",), lambda c: (c.get_ticker(symbol),))


def _book(rows: Rows) -> CorpusQuestion:
    symbol = _symbol(rows)
    return CorpusQuestion(
        "get_order_book", symbol, ("/api/v5/market/books",), lambda c: (c.get_order_book(symbol, _MOST_LEVELS),)
    )


def _candles(_: Rows) -> CorpusQuestion:
    symbol = "BTC/USDT"
    paths = ("/api/v5/market/candles", "/api/v5/market/history-candles")
    return CorpusQuestion("get_candles", symbol, paths, lambda c: c.get_candles(symbol, "1m", _MOST_CANDLES))


def _config(_: Rows) -> CorpusQuestion:
    return CorpusQuestion("get_account_config", None, ("/api/v5/account/config",), lambda c: (c.get_account_config(),))


def _balance(_: Rows) -> CorpusQuestion:
    return CorpusQuestion("get_account_balance", None, ("/api/v5/account/balance",), lambda c: c.get_account_balance())


def _positions(_: Rows) -> CorpusQuestion:
    return CorpusQuestion("get_positions", None, ("/api/v5/account/positions",), lambda c: c.get_positions())


def _fee_rates(rows: Rows) -> CorpusQuestion:
    symbol = _symbol(rows)
    return CorpusQuestion("get_fee_rates", symbol, ("/api/v5/account/trade-fee",), lambda c: (c.get_fee_rates(symbol),))


def _open_orders(_: Rows) -> CorpusQuestion:
    return CorpusQuestion("get_open_orders", None, ("/api/v5/trade/orders-pending",), lambda c: c.get_open_orders())


def _order(rows: Rows) -> CorpusQuestion:
    symbol = _symbol(rows)
    order_id = next((str(row["ordId"]) for row in rows if row.get("ordId")), "1")
    return CorpusQuestion("get_order", symbol, ("/api/v5/trade/order",), lambda c: (c.get_order(symbol, order_id),))


def _fills(rows: Rows) -> CorpusQuestion:
    inst_type = next((str(row.get("instType", "")) for row in rows), "SPOT")
    paths = ("/api/v5/trade/fills-history", "/api/v5/trade/fills")
    return CorpusQuestion("get_fills", None, paths, lambda c: c.get_fills(), inst_type=inst_type)


def _order_history(rows: Rows) -> CorpusQuestion:
    symbol = _symbol(rows)
    inst_type = next((str(row.get("instType", "")) for row in rows), "SPOT")
    paths = ("/api/v5/trade/orders-history", "/api/v5/trade/orders-history-archive")
    return CorpusQuestion(
        "get_order_history", symbol, paths, lambda c: c.get_order_history(symbol, since_ms=0), inst_type=inst_type
    )


def _bills(_: Rows) -> CorpusQuestion:
    paths = ("/api/v5/account/bills-archive", "/api/v5/account/bills")
    return CorpusQuestion("get_bills", None, paths, lambda c: c.get_bills())


def _leverage(rows: Rows) -> CorpusQuestion:
    modes = {str(mode): mode for mode in MarginMode}
    mode = next((modes[str(row["mgnMode"])] for row in rows if row.get("mgnMode") in modes), MarginMode.CROSS)
    question = Question("get_leverage", _symbol(rows), margin_modes=(mode,))
    return CorpusQuestion(question.operation, question.symbol, ("/api/v5/account/leverage-info",), question.ask)


def _place(rows: Rows) -> CorpusQuestion:
    if len(rows) > 1:
        message = f"a batch of {len(rows)} orders: no operation places several at once"
        raise NotAsked(message)
    order = _order_like(rows)
    paths = ("/api/v5/trade/order", "/api/v5/trade/batch-orders")
    return CorpusQuestion("place_order", order.intent.symbol, paths, lambda c: (c.place_order(order),))


def _order_like(rows: Rows) -> ValidatedOrder:
    own_id = next((str(row["clOrdId"]) for row in rows if row.get("clOrdId")), "dualwitness1")
    intent = OrderIntent(
        symbol="BTC/USDT:USDT",
        side=Side.LONG,
        order_type=OrderType.LIMIT,
        size=Decimal("0.01"),
        price=Decimal(1000),
        td_mode=TdMode.CROSS,
        client_order_id=own_id if own_id.isalnum() and len(own_id) <= 32 else "dualwitness1",
    )
    return ValidatedOrder(intent=intent, validated_at=0, notional_usd=Decimal(10), risk_checks_passed=True)


def _cancel(rows: Rows) -> CorpusQuestion:
    if len(rows) > 1:
        message = f"a batch of {len(rows)} cancels: no operation cancels several at once"
        raise NotAsked(message)
    order_id = next((str(row["ordId"]) for row in rows if row.get("ordId")), "1")
    paths = ("/api/v5/trade/cancel-order", "/api/v5/trade/cancel-batch-orders")
    return CorpusQuestion(
        "cancel_order", "BTC/USDT:USDT", paths, lambda c: (c.cancel_order(order_id, "BTC/USDT:USDT"),)
    )


ENDPOINTS: dict[tuple[str, str], Callable[[Rows], CorpusQuestion]] = {
    ("GET", "/api/v5/public/time"): _time,
    ("GET", "/api/v5/public/instruments"): _instruments,
    ("GET", "/api/v5/market/ticker"): _ticker,
    ("GET", "/api/v5/market/books"): _book,
    ("GET", "/api/v5/market/candles"): _candles,
    ("GET", "/api/v5/market/history-candles"): _candles,
    ("GET", "/api/v5/account/config"): _config,
    ("GET", "/api/v5/account/balance"): _balance,
    ("GET", "/api/v5/account/positions"): _positions,
    ("GET", "/api/v5/account/trade-fee"): _fee_rates,
    ("GET", "/api/v5/account/bills"): _bills,
    ("GET", "/api/v5/account/bills-archive"): _bills,
    ("GET", "/api/v5/account/leverage-info"): _leverage,
    ("GET", "/api/v5/trade/orders-pending"): _open_orders,
    ("GET", "/api/v5/trade/order"): _order,
    ("GET", "/api/v5/trade/orders-history"): _order_history,
    ("GET", "/api/v5/trade/orders-history-archive"): _order_history,
    ("GET", "/api/v5/trade/fills"): _fills,
    ("GET", "/api/v5/trade/fills-history"): _fills,
    ("POST", "/api/v5/trade/order"): _place,
    ("POST", "/api/v5/trade/batch-orders"): _place,
    ("POST", "/api/v5/trade/cancel-order"): _cancel,
    ("POST", "/api/v5/trade/cancel-batch-orders"): _cancel,
}
