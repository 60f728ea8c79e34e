"""
The python-okx witness: `OkxSdkClient`.

Values come from what python-okx returns; that they are an answer at all is proven from the bytes on the wire.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import (
    AccountConfig,
    Balance,
    Bill,
    Candle,
    FeeRates,
    Fill,
    Instrument,
    Library,
    MarketType,
    NullReason,
    Order,
    OrderBook,
    Position,
    TdMode,
    Ticker,
    ValidatedOrder,
    Venue,
)
from dualwitness.models.wire import WireExchange, WireRequest
from dualwitness.venues.errors import SafetyError, UnknownSymbol, UsageError, VenueError
from dualwitness.venues.okx_sdk.history import History
from dualwitness.venues.okx_sdk.parse import one_row
from dualwitness.venues.okx_sdk.parse_account import (
    parse_balances,
    parse_config,
    parse_fee_rates,
    parse_leverage,
    parse_position,
)
from dualwitness.venues.okx_sdk.parse_market import (
    parse_book,
    parse_candle,
    parse_instrument,
    parse_server_time,
    parse_ticker,
)
from dualwitness.venues.okx_sdk.parse_trade import parse_order
from dualwitness.venues.okx_sdk.requests import (
    OrderArguments,
    catch_order,
    native_order_arguments,
    order_arguments,
    send_once,
)
from dualwitness.venues.okx_sdk.symbols import (
    INSTRUMENT_TYPES,
    InstrumentBook,
    Listing,
    check_value,
    family_of,
    market_type_of,
    pair_of,
)
from dualwitness.venues.okx_sdk.transport import Caller
from dualwitness.venues.wiring import Wiring

__all__ = ["OkxSdkClient"]

_BARS = {"1m": "1m", "5m": "5m", "15m": "15m", "1h": "1H", "4h": "4H", "1d": "1Dutc"}
_LARGEST_CANDLES = 300
_LARGEST_DEPTH = 400
# OKX lists options per underlying only; CCXT asks for these two (difference load-markets-option-underlyings-limited).
_OPTION_UNDERLYINGS = ("BTC-USD", "ETH-USD")
_CONTRACTS = (MarketType.SWAP, MarketType.FUTURE, MarketType.OPTION)


class OkxSdkClient:
    """
    OKX over python-okx; implements `VenueClient`.

    Instrument lists and the account's configuration are kept after the first read (``get_instruments`` and
    ``get_account_config`` always ask again). Raises `SafetyError` for a forbidden base URL and `UsageError` for
    credentials that cannot be sent.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._caller = Caller(wiring)
        self._apis = self._caller.apis
        self._book = InstrumentBook()
        self._history = History(self._caller, self._book, self._find)
        self._account: AccountConfig | None = None

    def __repr__(self) -> str:
        return f"OkxSdkClient({self._wiring.base_url}, mode={self._wiring.mode})"

    @property
    def venue(self) -> Venue:
        """Where this client trades."""
        return Venue.OKX

    @property
    def label(self) -> str:
        """The route that produced the results."""
        return str(Library.OKX_SDK)

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, everything that crossed the wire since the last call."""
        return self._caller.transport.drain()

    def close(self) -> None:
        """Release sockets; a second call does nothing."""
        self._caller.close()

    # Environment

    def get_server_time(self) -> int:
        """Venue time in ms (``public/time``)."""
        return parse_server_time(one_row(self._caller.ask(self._apis.public.get_system_time), "times"))

    def get_instruments(self, market_type: MarketType | None = None) -> tuple[Instrument, ...]:
        """
        All instruments, or those of one type, sorted by venue id (``public/instruments``).

        Options are those of BTC-USD and ETH-USD, because OKX answers per underlying only.
        """
        instruments: list[Instrument] = []
        for kind in MarketType if market_type is None else (market_type,):
            for underlying in _OPTION_UNDERLYINGS if kind is MarketType.OPTION else (None,):
                instruments += [listing.instrument for listing in self._load(kind, underlying)]
        return tuple(sorted(instruments, key=lambda item: (item.venue_instrument_id, item.market_type)))

    def get_ticker(self, symbol: str) -> Ticker:
        """Last trade, quotes and 24 hours, under the symbol that the venue answered for."""
        rows = self._caller.ask(self._apis.market.get_ticker, instId=self._id_of(symbol))
        return parse_ticker(one_row(rows, "tickers"), self._book)

    def get_candles(self, symbol: str, interval: str = "1m", limit: int = 100) -> tuple[Candle, ...]:
        """Bars, oldest first; days are UTC days (difference ohlcv-daily-bar-utc-vs-hongkong)."""
        if interval not in _BARS:
            message = f"no interval {interval!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(_BARS)}")
        _check_range("limit", limit, _LARGEST_CANDLES)
        instrument_id = self._id_of(symbol)
        rows = self._caller.ask(
            self._apis.market.get_candlesticks, instId=instrument_id, bar=_BARS[interval], limit=str(limit)
        )
        is_contract = market_type_of(instrument_id) in _CONTRACTS
        candles = (parse_candle(row, is_contract=is_contract) for row in rows)
        return tuple(sorted(candles, key=lambda candle: candle.ts_venue_ms))

    def get_order_book(self, symbol: str, depth: int = 20) -> OrderBook:
        """Up to ``depth`` levels a side; the venue does not say of which instrument, so it is the one asked for."""
        _check_range("depth", depth, _LARGEST_DEPTH)
        instrument_id = self._id_of(symbol)
        rows = self._caller.ask(self._apis.market.get_orderbook, instId=instrument_id, sz=str(depth))
        asked = self._book.symbol_of(market_type_of(instrument_id), instrument_id) or symbol
        return parse_book(one_row(rows, "books"), asked)

    # Identity

    def get_account_config(self) -> AccountConfig:
        """Account level, position mode, permissions, fee type."""
        rows = self._caller.ask(self._apis.account.get_account_config)
        self._account = parse_config(one_row(rows, "account configurations"))
        return self._account

    def get_account_balance(self) -> tuple[Balance, ...]:
        """One row a currency, sorted by currency."""
        return parse_balances(one_row(self._caller.ask(self._apis.account.get_account_balance), "balances"))

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Every position; with ``symbol`` OKX also reports closed ones, as flat."""
        filters = {} if symbol is None else {"instId": self._id_of(symbol)}
        rows = self._caller.ask(self._apis.account.get_positions, **filters)
        return tuple(parse_position(row, self._book, self._find) for row in rows)

    def get_fee_rates(self, symbol: str) -> FeeRates:
        """
        Maker and taker rate; OKX wants the pair for spot and the family for contracts.

        The row names no instrument, so the listing must: raises `UnknownSymbol` for one that is not listed.
        """
        instrument_id = self._id_of(symbol)
        market_type = market_type_of(instrument_id) or MarketType.SPOT
        listing = self._find(market_type, instrument_id)
        if listing is NullReason.ABSENT:
            message = f"{instrument_id} is not in OKX's instrument list"
            raise UnknownSymbol(message)
        is_contract = market_type in _CONTRACTS
        filters = {"instFamily": family_of(instrument_id)} if is_contract else {"instId": instrument_id}
        rows = self._caller.ask(self._apis.account.get_fee_rates, instType=INSTRUMENT_TYPES[market_type], **filters)
        pair = pair_of(instrument_id)
        asked = self._book.symbol_of(market_type, instrument_id) or symbol
        return parse_fee_rates(one_row(rows, "fee rates"), asked, listing, None if pair is None else pair[1])

    def get_leverage(self, symbol: str, td_mode: TdMode) -> Decimal:
        """The highest leverage in force for new orders of this mode (``account/leverage-info``)."""
        asked = {"instId": self._id_of(symbol), "mgnMode": str(td_mode)}
        return parse_leverage(self._caller.ask(self._apis.account.get_leverage, **asked))

    # Market interaction

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Every resting order, all pages; on a pair those of spot and of margin."""
        return self._history.open_orders(None if symbol is None else self._id_of(symbol))

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        """One order by either id; `VenueRefusal` (51603) where the venue does not know it."""
        ids = {"ordId": order_id or "", "clOrdId": client_order_id or ""}
        if not any(ids.values()):
            message = "an order is looked up by order_id or client_order_id"
            raise UsageError(message)
        rows = self._caller.ask(self._apis.trade.get_order, instId=self._id_of(symbol), **ids)
        return parse_order(one_row(rows, "orders"), self._book)

    def get_fills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Fill, ...]:
        """
        Our executions of three months, all pages and types, oldest first; duplicates are kept.

        ``since_ms`` leaves out older ones; a fill without a time is never left out.
        """
        return self._history.fills(None if symbol is None else self._id_of(symbol), since_ms)

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """Finished orders of seven days, newest first, none missing that was made after ``since_ms``."""
        return self._history.finished_orders(self._id_of(symbol), since_ms)

    def get_bills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Bill, ...]:
        """
        Changes of cash of three months, all pages, oldest first; duplicates are kept.

        ``since_ms`` leaves out older ones; a bill without a time is never left out.
        """
        return self._history.bills(None if symbol is None else self._id_of(symbol), since_ms)

    def place_order(self, order: ValidatedOrder, *, expires_at_ms: int | None = None) -> Order:
        """
        Send one checked order, once; the answer carries ids alone.

        ``expires_at_ms`` goes out as OKX's header ``expTime``. Raises `SafetyError` and `UsageError` before anything
        is sent, `OrderRefused` where OKX said no, and `OutcomeUnknown` where no structured answer came.
        """
        if not order.risk_checks_passed:
            message = f"the order did not pass its checks: {order.rejection_reason}"
            raise SafetyError(message, advice="nothing was sent; only checked orders are")
        self._wiring.check_may_trade()
        arguments = self._arguments(order)
        with self._caller.transport.expiring(expires_at_ms):
            return send_once(self._caller, self._apis.trade.place_order, order.intent.symbol, arguments)

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        """Ask to cancel; the answer carries ids alone and the same errors as `place_order`."""
        self._wiring.check_may_trade()
        if not order_id:
            message = "an order is cancelled by its order_id"
            raise UsageError(message)
        arguments: OrderArguments = {"instId": self._id_of(symbol), "ordId": check_value(order_id)}
        return send_once(self._caller, self._apis.trade.cancel_order, symbol, arguments)

    def build_order_request(self, order: ValidatedOrder) -> WireRequest:
        """The exact request that `place_order` would send, caught before the socket."""
        return catch_order(self._wiring, self._arguments(order))

    def native_order_request(
        self, symbol: str, order_type: str, side: str, quantity: Decimal, price: Decimal | None = None
    ) -> WireRequest:
        """What python-okx itself sends when only its required arguments are given, caught before the socket."""
        instrument_id = self._id_of(symbol)
        market_type = market_type_of(instrument_id) or MarketType.SPOT
        arguments = native_order_arguments(
            instrument_id, market_type=market_type, order_type=order_type, side=side, quantity=quantity, price=price
        )
        return catch_order(self._wiring, arguments)

    # Below: instrument lists, ids and arguments.

    def _load(self, market_type: MarketType, underlying: str | None) -> tuple[Listing, ...]:
        filters = {} if underlying is None else {"uly": underlying}
        rows = self._caller.ask(self._apis.public.get_instruments, instType=INSTRUMENT_TYPES[market_type], **filters)
        listings = tuple(parse_instrument(row) for row in rows)
        self._book.put(market_type, underlying, listings)
        return listings

    def _find(self, market_type: MarketType, instrument_id: str) -> Listing | NullReason:
        """The listing of an id, from a list that is loaded once; ``error`` where the list could not be had."""
        pair = pair_of(instrument_id)
        if pair is None:
            return NullReason.ABSENT
        underlying = "-".join(pair) if market_type is MarketType.OPTION else None
        if not self._book.has(market_type, underlying):
            try:
                self._load(market_type, underlying)
            except VenueError:
                return NullReason.ERROR
        return self._book.find(market_type, instrument_id) or NullReason.ABSENT

    def _id_of(self, symbol: str) -> str:
        instrument_id = self._book.id_of(symbol)
        is_usd_future = "_UM" in instrument_id and market_type_of(instrument_id) is MarketType.FUTURE
        if is_usd_future and self._book.listed_id(symbol) is None and symbol != instrument_id:
            # BTC/USD:USD-310404 may be of the family BTC-USD_UM or BTC-USD_UM_XPERP: only the list can tell.
            self._find(MarketType.FUTURE, instrument_id)
            instrument_id = self._book.id_of(symbol)
        return check_value(instrument_id)

    def _arguments(self, order: ValidatedOrder) -> OrderArguments:
        intent = order.intent
        if intent.venue is not Venue.OKX:
            message = f"an order for {intent.venue} cannot be sent to OKX"
            raise UsageError(message)
        instrument_id = self._id_of(intent.symbol)
        listing = self._find(market_type_of(instrument_id) or MarketType.SPOT, instrument_id)
        if not isinstance(listing, Listing):
            message = f"{instrument_id} is not in OKX's instrument list ({listing}), so its steps are unknown"
            raise UsageError(message, advice="check the symbol, and that the instrument list can be read")
        account = self._account or self.get_account_config()
        return order_arguments(intent, account, listing.instrument, order.notional_usd)


def _check_range(name: str, value: int, largest: int) -> None:
    if not 1 <= value <= largest:
        message = f"{name} is {value}, outside 1 to {largest}"
        raise UsageError(message)
