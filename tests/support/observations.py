"""Short ways to write facts, wire exchanges, observations and worlds for the tests of the alignment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from dualwitness.alignment.compare import Comparison, FieldComparison, compare
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.world import World
from dualwitness.models import (
    AccountConfig,
    Balance,
    Bill,
    BookLevel,
    Fact,
    FeeRates,
    Fill,
    Instrument,
    Library,
    MarketType,
    NullReason,
    Order,
    OrderBook,
    Outcome,
    Position,
    Ticker,
)
from dualwitness.models.finding import Claim
from dualwitness.models.observation import Observation, ObservedError
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest

__all__ = [
    "INVERSE",
    "LINEAR",
    "NOW_MS",
    "SPOT",
    "account_config",
    "balance",
    "bill",
    "book",
    "compared_field",
    "comparison",
    "exchange",
    "failed",
    "fee_rates",
    "fill",
    "inverse_swap",
    "linear_swap",
    "observed",
    "order",
    "pair_of",
    "position",
    "spot_pair",
    "ticker",
    "world",
]

LINEAR = "BTC/USDT:USDT"
INVERSE = "BTC/USD:BTC"
SPOT = "BTC/USDT"
NOW_MS = 1_700_000_000_000

_FactType = TypeVar("_FactType", bound=Fact)


def _fact(model: type[_FactType], reason: NullReason, parts: Mapping[str, Any]) -> _FactType:
    """A fact: texts become numbers where the field is one, and what is None gets ``reason``."""
    given = {name: _number(model, name, value) for name, value in parts.items()}
    for name in model.model_fields:
        if name != "reasons" and name not in model.OPTIONAL:
            given.setdefault(name, None)
    reasons = {name: reason for name, value in given.items() if value is None and name not in model.OPTIONAL}
    return model.model_validate({**given, "reasons": reasons})


def _number(model: type[Fact], name: str, value: Any) -> Any:
    exact = "Decimal" in str(model.model_fields[name].annotation)
    return Decimal(value) if exact and isinstance(value, str) else value


def position(*, reason: NullReason = NullReason.BLANK, **parts: Any) -> Position:
    """A cross long of two contracts in net mode; what is set to None is null with ``reason``."""
    usual = {
        "symbol": LINEAR,
        "market_type": MarketType.SWAP,
        "has_position": True,
        "direction": "long",
        "contracts": "2",
        "entry_price": "100",
        "margin_mode": "cross",
        "position_mode": "net",
        "venue_position_id": "7",
    }
    return _fact(Position, reason, usual | parts)


def order(*, reason: NullReason = NullReason.BLANK, **parts: Any) -> Order:
    """A filled market buy of two contracts."""
    usual = {
        "venue_order_id": "11",
        "symbol": LINEAR,
        "side": "buy",
        "order_type": "market",
        "contracts": "2",
        "filled_contracts": "2",
        "state": "filled",
    }
    return _fact(Order, reason, usual | parts)


def fill(*, reason: NullReason = NullReason.BLANK, **parts: Any) -> Fill:
    """A taker buy of two contracts at 100."""
    usual = {
        "trade_id": "21",
        "venue_order_id": "11",
        "symbol": LINEAR,
        "market_type": MarketType.SWAP,
        "side": "buy",
        "position_side": "net",
        "price": "100",
        "contracts": "2",
        "fee_currency": "USDT",
        "liquidity": "taker",
        "ts_venue_ms": NOW_MS,
    }
    return _fact(Fill, reason, usual | parts)


def bill(*, reason: NullReason = NullReason.ABSENT, **parts: Any) -> Bill:
    """The bill of a taker buy of two contracts at 100; what is set to None is null with ``reason``."""
    usual = {
        "bill_id": "31",
        "currency": "USDT",
        "kind": "trade",
        "venue_kind": "2/1",
        "change": "-0.1",
        "balance": "999.9",
        "fee": "0.1",
        "realized_pnl": "0",
        "symbol": LINEAR,
        "market_type": MarketType.SWAP,
        "side": "buy",
        "position_side": "net",
        "contracts": "2",
        "price": "100",
        "margin_mode": "cross",
        "venue_order_id": "11",
        "trade_id": "21",
        "ts_venue_ms": NOW_MS,
    }
    return _fact(Bill, reason, usual | parts)


def ticker(*, reason: NullReason = NullReason.BLANK, **parts: Any) -> Ticker:
    """A fresh ticker at 100."""
    return _fact(Ticker, reason, {"symbol": LINEAR, "last": "100", "ts_venue_ms": NOW_MS} | parts)


def book(bid: str | None = "99", ask: str | None = "101", *, symbol: str = LINEAR) -> OrderBook:
    """A book of one level a side; a side that is None has no level."""
    return OrderBook(
        symbol=symbol,
        bids=() if bid is None else (BookLevel(Decimal(bid), Decimal(1)),),
        asks=() if ask is None else (BookLevel(Decimal(ask), Decimal(1)),),
        ts_venue_ms=NOW_MS,
        sequence=1,
    )


def fee_rates(maker: str | None, taker: str | None, *, symbol: str = LINEAR) -> FeeRates:
    """Rates as fractions, positive = paid."""
    return _fact(FeeRates, NullReason.BLANK, {"symbol": symbol, "maker": maker, "taker": taker})


def balance(currency: str, *, reason: NullReason = NullReason.UNSUPPORTED, **parts: Any) -> Balance:
    """One currency of the account; what is not given is null with ``reason``."""
    return _fact(Balance, reason, {"currency": currency} | parts)


def account_config(position_mode: str | None = "net") -> AccountConfig:
    """An account of the futures level."""
    parts = {"account_level": "futures", "position_mode": position_mode, "permissions": ("trade",)}
    return _fact(AccountConfig, NullReason.BLANK, parts)


def linear_swap(*, reason: NullReason = NullReason.BLANK, **parts: Any) -> Instrument:
    """The linear perpetual of bitcoin: one contract is 0.01 BTC."""
    usual = {
        "symbol": LINEAR,
        "venue_instrument_id": "BTC-USDT-SWAP",
        "market_type": MarketType.SWAP,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "linear": True,
        "inverse": False,
        "contract_size": "0.01",
        "tick_size": "0.1",
        "lot_size": "0.01",
        "min_size": "0.01",
        "state": "live",
    }
    return _fact(Instrument, reason, usual | parts)


def inverse_swap() -> Instrument:
    """The inverse perpetual of bitcoin: one contract is 100 USD."""
    return linear_swap(
        symbol=INVERSE,
        venue_instrument_id="BTC-USD-SWAP",
        quote="USD",
        settle="BTC",
        linear=False,
        inverse=True,
        contract_size="100",
    )


def spot_pair(market_type: MarketType = MarketType.SPOT) -> Instrument:
    """The bitcoin pair, spot or its margin twin."""
    return linear_swap(
        symbol=SPOT,
        venue_instrument_id="BTC-USDT",
        market_type=market_type,
        settle=None,
        linear=None,
        inverse=None,
        contract_size=None,
    )


def exchange(
    body: bytes = b'{"code":"0","data":[],"msg":""}',
    *,
    library: Library = Library.CCXT,
    path: str = "/api/v5/market/ticker",
    query: str = "",
    method: str = "GET",
    sent: bytes = b"",
    host: str = "127.0.0.1:8080",
    status: int = 200,
    duration_ms: float = 1.0,
) -> WireExchange:
    """One sound answer to one request."""
    return WireExchange.of(
        library,
        WireRequest(method, "http", host, path, query, sent),
        WireAnswer(status, body),
        started_ms=NOW_MS,
        duration_ms=duration_ms,
    )


def observed(
    operation: str,
    *rows: Fact,
    library: Library = Library.CCXT,
    symbol: str | None = None,
    exchanges: Iterable[WireExchange] = (),
    duration_ms: float = 1.0,
) -> Observation:
    """A sound answer with these rows."""
    return Observation(library, operation, symbol, rows, None, tuple(exchanges), NOW_MS, 0.0, duration_ms)


def failed(
    operation: str,
    *,
    library: Library = Library.CCXT,
    symbol: str | None = None,
    reason: NullReason = NullReason.ERROR,
) -> Observation:
    """An answer that did not come."""
    error = ObservedError("TransportError", "no answer", reason)
    return Observation(library, operation, symbol, None, error, (), NOW_MS, 0.0, 1.0)


def pair_of(
    operation: str, ccxt: Iterable[Fact] | None, okx_sdk: Iterable[Fact] | None, *, symbol: str | None = None
) -> dict[Library, Observation]:
    """Both libraries' answers to one question; None is an answer that did not come."""
    return {
        library: failed(operation, library=library, symbol=symbol)
        if rows is None
        else observed(operation, *rows, library=library, symbol=symbol)
        for library, rows in ((Library.CCXT, ccxt), (Library.OKX_SDK, okx_sdk))
    }


def comparison(
    operation: str,
    ccxt: Iterable[Fact] | None,
    okx_sdk: Iterable[Fact] | None,
    *,
    symbol: str | None = None,
    again: Observation | None = None,
    ticks: Mapping[str, Decimal] | None = None,
) -> Comparison:
    """Both answers compared by the operation's rules."""
    pair = pair_of(operation, ccxt, okx_sdk, symbol=symbol)
    return compare(pair[Library.CCXT], pair[Library.OKX_SDK], RULES[operation], again=again, ticks=ticks or {})


def compared_field(
    operation: str,
    field: str,
    ccxt: Claim,
    okx_sdk: Claim,
    outcome: Outcome,
    *,
    symbol: str | None = None,
    market_type: MarketType | None = None,
    row_key: str | None = "1",
) -> FieldComparison:
    """One compared field, as `compare` would give it."""
    rule = next(rule for rule in RULES[operation].fields if rule.field == field)
    return FieldComparison(operation, symbol, market_type, row_key, field, ccxt, okx_sdk, outcome, rule)


def world(*answers: Observation, library: Library = Library.CCXT, now_ms: int | None = NOW_MS) -> World:
    """What one library was told in one run."""
    return World(library, {(one.operation, one.symbol): one for one in answers}, now_ms)
