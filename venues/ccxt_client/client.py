"""
The venue over CCXT: one call, one proof, one claim.

Every method proves the wire before it reads what CCXT made of it, and counts rows, because CCXT drops rows it does not
want (difference fetch-positions-wrong-instrument-filtered-out).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dualwitness.models import (
    AccountConfig,
    Balance,
    Bill,
    Candle,
    FeeRates,
    Fill,
    Instrument,
    MarketType,
    Order,
    OrderBook,
    Position,
    TdMode,
    Ticker,
    ValidatedOrder,
    Venue,
)
from dualwitness.models.wire import WireExchange, WireRequest
from dualwitness.venues.ccxt_client.elsewhere.accounts import (
    fee_row_elsewhere,
    open_orders_elsewhere,
    positions_elsewhere,
    wallet_elsewhere,
)
from dualwitness.venues.ccxt_client.envelope import Calls
from dualwitness.venues.ccxt_client.history import History
from dualwitness.venues.ccxt_client.parse import check_columns, check_instrument_ids, check_row_numbers, quoted, read
from dualwitness.venues.ccxt_client.parse_account import (
    account_config_from,
    balances_from,
    check_position_rows,
    fee_rates_from,
    position_from,
)
from dualwitness.venues.ccxt_client.parse_market import candles_from, instrument_from, order_book_from, ticker_from
from dualwitness.venues.ccxt_client.parse_trade import order_from
from dualwitness.venues.ccxt_client.requests import OrderRequest, captured, order_request, prechecked, sent_once
from dualwitness.venues.ccxt_client.symbols import Market, listed_market, market_of
from dualwitness.venues.ccxt_client.transport import WireTap, open_exchange, open_session
from dualwitness.venues.errors import DualwitnessError, RowInvalid, SafetyError, Unsupported, UsageError
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import Wiring

__all__ = ["CcxtClient"]

_CANDLE_COLUMNS, _LEVEL_COLUMNS = 9, 4  # OKX market/candles, market/books
_INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")


class CcxtClient:
    """
    A client over CCXT for OKX, Bybit or Binance; see `VenueClient` for every method.

    Methods raise `VenueError` for an answer that was not proven, `UsageError` for a wrong call and `SafetyError` before
    anything forbidden leaves. The instrument list is loaded on first use; `get_instruments` loads it anew.
    """

    def __init__(self, wiring: Wiring, *, venue: Venue = Venue.OKX) -> None:
        self._wiring = wiring
        self._venue = venue
        self._tap = WireTap(wiring)
        self._session = open_session(self._tap)
        self._exchange = open_exchange(wiring, venue, self._session)
        keys = wiring.credentials
        secrets = () if keys is None else (keys.api_key, keys.api_secret, keys.passphrase)
        redactor = Redactor(secret.get_secret_value() for secret in secrets)
        self._calls = Calls(self._exchange, self._tap, venue, redactor.redact)
        self._history = History(self._calls, self._exchange)
        self._account: AccountConfig | None = None

    def __repr__(self) -> str:
        return f"CcxtClient({self._venue}, {self._wiring.base_url})"

    @property
    def venue(self) -> Venue:
        """Where this client trades."""
        return self._venue

    @property
    def label(self) -> str:
        """``ccxt``."""
        return "ccxt"

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, everything that crossed the wire since the last call."""
        return self._tap.drain()

    def close(self) -> None:
        """Release sockets."""
        self._session.close()

    # Environment

    def get_server_time(self) -> int:
        """Venue time in ms."""
        proven = self._calls.call("fetch_time").one_row()
        if not isinstance(proven.value, int) or isinstance(proven.value, bool):
            message = "the venue's time is no whole number of ms"
            raise RowInvalid(message)
        return proven.value

    def get_instruments(self, market_type: MarketType | None = None) -> tuple[Instrument, ...]:
        """Loaded anew; `Unsupported` for ``margin``, which CCXT files under spot (margin-instruments-not-a-market)."""
        if market_type is MarketType.MARGIN:
            message = "ccxt has no list of margin pairs"
            raise Unsupported(message)
        self._load_markets(reload=True)
        # By id: two instruments may share one unified symbol, and CCXT's list by symbol keeps the last alone.
        markets = [row for rows in self._exchange.markets_by_id.values() for row in rows]
        instruments = read(lambda: [instrument_from(row) for row in markets])
        wanted = (item for item in instruments if market_type is None or item.market_type is market_type)
        return tuple(sorted(wanted, key=lambda item: (item.venue_instrument_id, item.market_type)))

    def get_ticker(self, symbol: str) -> Ticker:
        """Its ``symbol`` is the one the venue answered for (difference ticker-wrong-instrument-accepted)."""
        self._market(symbol)
        proven = self._calls.call("fetch_ticker", symbol).one_row()
        if proven.countable:
            check_instrument_ids(proven.rows)
        return read(lambda: ticker_from(proven.value))

    def get_candles(self, symbol: str, interval: str = "1m", limit: int = 100) -> tuple[Candle, ...]:
        """Bars, oldest first; CCXT asks for days in UTC. Raises `UsageError` beyond 300, which CCXT would cut."""
        _between("limit", limit, 300)
        if interval not in _INTERVALS:
            message = f"unknown interval {interval!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(_INTERVALS)}")
        self._market(symbol)
        proven = self._calls.call("fetch_ohlcv", symbol, interval, None, limit).all_rows()
        if proven.countable:
            check_columns(proven.rows, _CANDLE_COLUMNS, timed=True)
        return read(lambda: candles_from(proven.value))

    def get_order_book(self, symbol: str, depth: int = 20) -> OrderBook:
        """Up to ``depth`` levels a side, at most 400; prices went through a float of CCXT's."""
        _between("depth", depth, 400)
        self._market(symbol)
        proven = self._calls.call("fetch_order_book", symbol, depth).one_row()
        if proven.countable:
            for side in ("bids", "asks"):
                levels = _list_of(proven.rows[0], side)
                check_columns(levels, _LEVEL_COLUMNS, timed=False)
                _all_kept(levels, proven.value, side)
        return read(lambda: order_book_from(proven.value, symbol))

    # Identity

    def get_account_config(self) -> AccountConfig:
        """Account level and position mode: two calls, because CCXT keeps them apart."""
        if self._venue is not Venue.OKX:
            message = f"ccxt has no account configuration for {self._venue}"
            raise Unsupported(message)
        accounts = self._calls.call("fetch_accounts").one_row()
        mode = self._calls.call("fetch_position_mode").one_row()
        config = read(lambda: account_config_from(accounts.value, mode.value))
        self._account = config
        return config

    def get_account_balance(self) -> tuple[Balance, ...]:
        """
        One row a currency; an answer without an account in it is an error, not an empty wallet.

        `Unsupported` for Binance, of whose wallets CCXT reads one.
        """
        if self._venue is Venue.BINANCE:
            message = "ccxt reads one Binance wallet at a time, so the balance would be a part passed off as the whole"
            raise Unsupported(message)
        self._load_markets()
        proven = self._calls.call("fetch_balance").one_row()
        if self._venue is Venue.BYBIT:
            return read(lambda: balances_from(proven.value, wallet_elsewhere(proven)))
        details = proven.rows[0].get("details") if isinstance(proven.rows[0], Mapping) else None
        if not isinstance(details, list):
            message = "the balance has no list of currencies"
            raise RowInvalid(message)
        check_row_numbers(details)
        return read(lambda: balances_from(proven.value, details))

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Every row of the venue; fewer than it sent is an error. Bybit and Binance need the symbol of a contract."""
        market = self._market_or_all(symbol)
        if self._venue is Venue.OKX:
            proven = self._calls.call("fetch_positions", None if symbol is None else [symbol])
            check_position_rows(proven.rows)
            rows = proven.all_rows().value
        else:
            rows = read(lambda: positions_elsewhere(self._calls, self._venue, market))
        return read(lambda: tuple(position_from(row, listed_market(self._exchange, row)) for row in rows))

    def get_fee_rates(self, symbol: str) -> FeeRates:
        """Maker and taker rate of one instrument; `Unsupported` for a Binance contract."""
        market = self._market(symbol)
        if self._venue is not Venue.OKX:
            return read(lambda: fee_rates_from(fee_row_elsewhere(self._calls, self._venue, market)))
        proven = self._calls.call("fetch_trading_fee", symbol).one_row()
        return read(lambda: fee_rates_from(proven.value))

    def get_leverage(self, symbol: str, td_mode: TdMode) -> Decimal:
        """
        The highest leverage in force for new orders of this mode (OKX ``account/leverage-info``).

        Asked for by OKX's own name: CCXT's ``fetch_leverage`` cuts 2.5 down to 2. `Unsupported` at other venues.
        """
        market = self._market(symbol)
        if self._venue is not Venue.OKX:
            message = f"the leverage in force is proven for OKX alone, not for {self._venue}"
            raise Unsupported(message)
        asked = {"instId": market.venue_id, "mgnMode": str(td_mode)}
        rows = self._calls.call("privateGetAccountLeverageInfo", asked).rows
        check_row_numbers(rows)
        levers = [quoted(row.get("lever"), "lever") for row in rows]
        known = [lever for lever in levers if lever]
        if not known or len(known) != len(levers):
            message = f"the venue did not tell the leverage of {symbol}"
            raise RowInvalid(message)
        return max(known)

    # Market interaction

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """
        All pages, without trigger orders (difference open-orders-omit-algos-and-second-page).

        Bybit needs a symbol, Binance that of a contract.
        """
        market = self._market_or_all(symbol)
        if self._venue is not Venue.OKX:
            rows = read(lambda: open_orders_elsewhere(self._calls, self._venue, market))
            return read(lambda: tuple(order_from(row) for row in rows))
        return self._history.open_orders(symbol)

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        """By either id; by the venue's where both are given."""
        if not (order_id or client_order_id):
            message = "an order id or a client order id is needed"
            raise UsageError(message)
        self._market(symbol)
        parameters = {} if order_id else {"clientOrderId": client_order_id}
        proven = self._calls.call("fetch_order", order_id, symbol, parameters).one_row()
        if proven.countable:
            check_instrument_ids(proven.rows)
        return read(lambda: order_from(proven.value))

    def get_fills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Fill, ...]:
        """Three months of fills (OKX trade/fills-history), one call a kind and page, oldest first."""
        if self._venue is not Venue.OKX:
            message = f"fills over ccxt are proven for OKX alone, not for {self._venue}"
            raise Unsupported(message)
        return self._history.fills(self._market_or_all(symbol), since_ms)

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """
        Finished orders of seven days (OKX trade/orders-history), none missing that was made after ``since_ms``.

        Asked for by OKX's own name: CCXT has two words for them. `Unsupported` for Bybit and Binance.
        """
        if self._venue is not Venue.OKX:
            message = f"finished orders over ccxt are proven for OKX alone, not for {self._venue}"
            raise Unsupported(message)
        return self._history.finished_orders(self._market(symbol), since_ms)

    def get_bills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Bill, ...]:
        """Three months of bills (OKX account/bills-archive), all pages, oldest first; `Unsupported` elsewhere."""
        if self._venue is not Venue.OKX:
            message = f"bills over ccxt are proven for OKX alone, not for {self._venue}"
            raise Unsupported(message, advice="export the venue's own transaction log, or do without bills there")
        return self._history.bills(self._market_or_all(symbol), since_ms)

    def place_order(self, order: ValidatedOrder, *, expires_at_ms: int | None = None) -> Order:
        """
        Send one checked order, once, with our own id; the answer carries ids alone.

        ``expires_at_ms`` goes out as OKX's header ``expTime``; Bybit and Binance have none: `Unsupported`.
        """
        if not order.risk_checks_passed:
            message = f"the order did not pass its checks: {order.rejection_reason}"
            raise SafetyError(message, advice="nothing was sent; only a checked order can be placed")
        self._wiring.check_may_trade()
        if expires_at_ms is not None and self._venue is not Venue.OKX:
            message = f"{self._venue} takes no deadline for an order"
            raise Unsupported(message)
        request = self._order_request(order)
        own_id = order.intent.client_order_id
        with self._tap.expiring(expires_at_ms):
            return sent_once(self._calls, "create_order", request.arguments(), request.symbol, own_id)

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        """Ask to cancel; `OrderRefused` where the venue does not, `OutcomeUnknown` where no structured answer came."""
        self._wiring.check_may_trade()
        if not order_id:
            message = "an order id is needed"
            raise UsageError(message)
        self._market(symbol)
        return sent_once(self._calls, "cancel_order", (order_id, symbol), symbol, None)

    def build_order_request(self, order: ValidatedOrder) -> WireRequest:
        """
        The exact request `place_order` would send, caught before the socket; nothing is sent.

        At OKX the account's level and position mode are asked for first, once, which needs keys.
        """
        return self._captured(self._order_request(order).arguments())

    def precheck_order(self, order: ValidatedOrder) -> dict[str, str]:
        """
        What OKX says that the order would do to the margin (``trade/order-precheck``); no order is sent.

        Multi-currency and portfolio accounts alone: elsewhere OKX refuses with 51010. Raises `VenueRefusal` with the
        code that the order itself would be refused with, and `Unsupported` at other venues.
        """
        if self._venue is not Venue.OKX:
            message = f"{self._venue} has no precheck of orders"
            raise Unsupported(message)
        return prechecked(self._calls, self.build_order_request(order))

    def native_order_request(
        self, symbol: str, order_type: str, side: str, quantity: str, price: str | None = None
    ) -> WireRequest:
        """What CCXT itself makes of ``create_order`` with nothing else given; nothing is sent."""
        self._market(symbol)
        arguments = (symbol, order_type, side, quantity, price)
        if self._venue is not Venue.OKX:
            return self._captured(arguments)
        options = self._exchange.options
        ours = options["createOrder"]
        options["createOrder"] = "privatePostTradeBatchOrders"  # CCXT's default, which `open_exchange` replaced
        try:
            return self._captured(arguments)
        finally:
            options["createOrder"] = ours

    # Inside

    def _load_markets(self, *, reload: bool = False) -> None:
        if self._exchange.markets and not reload:
            return
        try:
            self._calls.call("load_markets", True)
        except DualwitnessError:
            # CCXT keeps what it made of an unproven answer: forget it, or the next call would trust it.
            self._exchange.markets = self._exchange.markets_by_id = None
            raise

    def _market(self, symbol: str) -> Market:
        self._load_markets()
        return market_of(self._exchange, symbol)

    def _market_or_all(self, symbol: str | None) -> Market | None:
        if symbol is not None:
            return self._market(symbol)
        self._load_markets()
        return None

    def _captured(self, arguments: tuple[Any, ...]) -> WireRequest:
        return captured(self._exchange, self._tap, self._calls, arguments)

    def _order_request(self, order: ValidatedOrder) -> OrderRequest:
        market = self._market(order.intent.symbol)
        # Bybit and Binance start in one-way mode and refuse an order of the other; CCXT has no proven way to ask.
        account = None
        if self._venue is Venue.OKX:
            account = self._account or self.get_account_config()
        return order_request(self._venue, order, market, account)


def _list_of(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    if not isinstance(value, list):
        message = f"{name} is no list but {type(value).__name__}"
        raise RowInvalid(message)
    return value


def _all_kept(levels: list[Any], book: object, side: str) -> None:
    kept = book.get(side) if isinstance(book, Mapping) else None
    if not isinstance(kept, list) or len(kept) != len(levels):
        message = f"the venue sent {len(levels)} {side}, ccxt did not give as many"
        raise RowInvalid(message)


def _between(name: str, value: int, largest: int) -> None:
    if not 1 <= value <= largest:
        message = f"{name} must be 1 to {largest}, it was {value}"
        raise UsageError(message)
