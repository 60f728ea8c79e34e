"""The paper venue behind the interface of every client: an exchange in this process, at books that were shown."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

from dualwitness.models import (
    AccountConfig,
    Balance,
    Bill,
    Candle,
    FeeRates,
    Fill,
    Instrument,
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
from dualwitness.models.wire import WireExchange
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import (
    OutcomeUnknown,
    TransportError,
    UnknownSymbol,
    Unsupported,
    UsageError,
    VenueRefusal,
)
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.paper.exchange import PaperExchange
from dualwitness.venues.paper.fees import fee_currency
from dualwitness.venues.paper.market import PaperMarket
from dualwitness.venues.paper.order import PaperOrder
from dualwitness.venues.paper.requests import request_of
from dualwitness.venues.paper.rows import acknowledgement_of, balance_of, config_of, order_of, position_of
from dualwitness.venues.paper.settings import OPENING_BALANCES, PaperSettings
from dualwitness.venues.paper.trade_journal import TradeJournal

__all__ = ["PaperVenue"]

_INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")
_LARGEST_CANDLES = 300
_LARGEST_DEPTH = 400
_TOP = 1


class PaperVenue:
    """
    Simulated trading; implements `VenueClient`, and no order can leave it.

    ``market`` is a `PaperMarket` or any client, of which only market data is read. Every call first lets happen what is
    due, so a fill happens when somebody looks. Order, trade, bill and position ids begin with ``simulated-``, the label
    is ``paper``, and each fill is a line of ``demo_trades.jsonl`` in the journal's folder. The account lives as long as
    this object. A symbol is not asked for before it is needed, so opening reaches nobody.
    """

    def __init__(
        self,
        market: PaperMarket | VenueClient,
        *,
        settings: PaperSettings | None = None,
        balances: Mapping[str, Decimal] = OPENING_BALANCES,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        seed: int = 0,
        journal: CallJournal | None = None,
    ) -> None:
        self._market = market if isinstance(market, PaperMarket) else PaperMarket.of_client(market)
        self._settings = settings or PaperSettings()
        self._trades = TradeJournal(journal or CallJournal(), self._market.venue)
        self._exchange = PaperExchange(
            self._market,
            self._settings,
            balances,
            clock_ms=clock_ms,
            seed=seed,
            on_fill=lambda fill, _: self._trades.note(fill),
        )
        self._instruments: dict[str, Instrument] | None = None

    def __repr__(self) -> str:
        return f"PaperVenue({self._market.venue})"

    @property
    def venue(self) -> Venue:
        """Where this client trades: nowhere."""
        return Venue.PAPER

    @property
    def label(self) -> str:
        """``paper``: nothing that it tells of orders was ever real."""
        return "paper"

    @property
    def settings(self) -> PaperSettings:
        """How the account is set up."""
        return self._settings

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """What crossed the wire for market data, where the source belongs to this venue; orders never do."""
        return self._market.drain()

    def close(self) -> None:
        """Release the source's sockets, where it belongs to this venue."""
        self._market.close()

    # Environment

    def get_server_time(self) -> int:
        """Venue time in ms: the clock that was passed in."""
        return self._exchange.now_ms()

    def get_instruments(self, market_type: MarketType | None = None) -> tuple[Instrument, ...]:
        """The source's instruments, read anew."""
        instruments = self._market.instruments_of(market_type)
        if market_type is None:
            self._instruments = _by_symbol(instruments)
        return instruments

    def get_ticker(self, symbol: str) -> Ticker:
        """The source's ticker; where it has none, the best quotes of its book and nothing else."""
        self._instrument(symbol)
        if self._market.ticker_of is not None:
            return self._market.ticker_of(symbol)
        book = self._market.book_of(symbol, _TOP)
        bid, ask = (side[0] if side else None for side in (book.bids, book.asks))
        quotes = {
            "bid": bid and bid.price,
            "bid_size": bid and bid.size,
            "ask": ask and ask.price,
            "ask_size": ask and ask.size,
            "ts_venue_ms": book.ts_venue_ms,
        }
        rest = [name for name in Ticker.model_fields if name not in ("symbol", "reasons", *quotes)]
        reasons = dict.fromkeys(rest, NullReason.UNSUPPORTED)
        reasons |= {name: NullReason.ABSENT for name, value in quotes.items() if value is None}
        return Ticker.model_validate({"symbol": book.symbol, "reasons": reasons, **dict.fromkeys(rest), **quotes})

    def get_candles(self, symbol: str, interval: str = "1m", limit: int = 100) -> tuple[Candle, ...]:
        """The source's bars; `Unsupported` where it has none."""
        if interval not in _INTERVALS:
            message = f"no interval {interval!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(_INTERVALS)}")
        _check_range("limit", limit, _LARGEST_CANDLES)
        self._instrument(symbol)
        if self._market.candles_of is None:
            message = "this paper venue looks at books alone, and a book has no bars"
            raise Unsupported(message, advice="open it on a client, or read bars there")
        return self._market.candles_of(symbol, interval, limit)

    def get_order_book(self, symbol: str, depth: int = 20) -> OrderBook:
        """The source's book as it is, without what simulated orders took from it."""
        _check_range("depth", depth, _LARGEST_DEPTH)
        self._instrument(symbol)
        return self._market.book_of(symbol, depth)

    # Identity

    def get_account_config(self) -> AccountConfig:
        """The settings; nothing can be withdrawn."""
        return config_of(self._settings)

    def get_account_balance(self) -> tuple[Balance, ...]:
        """Every currency that is held or owed, sorted; what needs a book that cannot be used is null."""
        self._advance()
        exchange, funds = self._exchange, self._exchange.funds()
        cash = sorted(exchange.account.cash.items())
        rows = ((currency, held, funds.of(currency)) for currency, held in cash)
        return tuple(balance_of(*row) for row in rows if _is_told(row[1], row[2]))

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Every open position of derivatives and margin; the account is this object's, so empty means none."""
        self._advance()
        self._check(symbol)
        legs = (leg for leg in self._exchange.account.open_legs() if symbol in (None, leg.key.symbol))
        return tuple(
            position_of(leg, self._exchange.mark(leg.key.symbol), self._settings.leverage_of(leg.instrument))
            for leg in legs
        )

    def get_fee_rates(self, symbol: str) -> FeeRates:
        """The settings' rates; null where there are none."""
        schedule = self._settings.fees_of(symbol, self._instrument(symbol).market_type)
        if schedule is None:
            reasons = dict.fromkeys(("maker", "taker"), NullReason.ABSENT)
            return FeeRates(symbol=symbol, maker=None, taker=None, reasons=reasons)
        return FeeRates(symbol=symbol, maker=schedule.maker, taker=schedule.taker)

    def get_leverage(self, symbol: str, td_mode: TdMode) -> Decimal:
        """The settings' leverage of one instrument."""
        return self._settings.leverage_of(self._instrument(symbol))

    # Market interaction

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Every order that can still fill, those under way included, oldest first."""
        self._advance()
        self._check(symbol)
        orders = self._exchange.open_orders()
        return tuple(self._told(order) for order in orders if symbol in (None, order.request.instrument.symbol))

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        """One order by either id; `VenueRefusal` (51603) where there is none of that symbol."""
        if not (order_id or client_order_id):
            message = "an order is looked up by order_id or client_order_id"
            raise UsageError(message)
        self._advance()
        self._check(symbol)
        order = self._exchange.order(order_id, client_order_id)
        if order is None or order.request.instrument.symbol != symbol:
            message = f"the paper venue knows no such order of {symbol} (51603)"
            raise VenueRefusal(message, code="51603", advice="check the id and the symbol")
        return self._told(order)

    def get_fills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Fill, ...]:
        """Every simulated execution of this account, oldest first."""
        self._advance()
        self._check(symbol)
        return tuple(
            fill
            for fill in self._exchange.fills
            if symbol in (None, fill.symbol) and (since_ms is None or (fill.ts_venue_ms or 0) >= since_ms)
        )

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """Finished orders of this account that were made at ``since_ms`` or later, newest first."""
        self._advance()
        self._check(symbol)
        found = (order for order in self._exchange.finished_orders() if order.request.instrument.symbol == symbol)
        return tuple(self._told(order) for order in found if order.created_ms >= since_ms)[::-1]

    def get_bills(self, symbol: str | None = None, *, since_ms: int | None = None) -> tuple[Bill, ...]:
        """Every change of this account's cash, oldest first; it begins with what was put in."""
        self._advance()
        self._check(symbol)
        return tuple(
            bill
            for bill in self._exchange.account.bills
            if symbol in (None, bill.symbol) and (since_ms is None or (bill.ts_venue_ms or 0) >= since_ms)
        )

    def place_order(self, order: ValidatedOrder, *, expires_at_ms: int | None = None) -> Order:
        """
        Simulate one checked order; the answer carries ids alone.

        An order that arrives after ``expires_at_ms`` (venue time) is void: refused (50036), or canceled on arrival.
        Errors are those of every client; `OutcomeUnknown` only where a fill could not be written to the journal.
        """
        instrument = self._instrument(order.intent.symbol)
        request = request_of(order, self.get_account_config(), instrument, market=self._market.venue)
        return self._journalled(lambda: self._exchange.place(request, expires_ms=expires_at_ms))

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        """Ask to cancel; the answer carries ids alone."""
        if not order_id:
            message = "an order is cancelled by its order_id"
            raise UsageError(message)
        self._instrument(symbol)
        return self._journalled(lambda: self._exchange.cancel(order_id, symbol))

    # Below: symbols, time and the journal.

    def _instrument(self, symbol: str) -> Instrument:
        if self._instruments is None:
            self._instruments = _by_symbol(self._market.instruments_of(None))
        instrument = self._instruments.get(symbol)
        if instrument is None:
            message = f"{symbol!r} is not in the instrument list of {self._market.venue}"
            raise UnknownSymbol(message)
        return instrument

    def _check(self, symbol: str | None) -> None:
        if symbol is not None:
            self._instrument(symbol)

    def _told(self, order: PaperOrder) -> Order:
        return order_of(order, fee_currency(order.request, self._settings.fee_type))

    def _advance(self) -> None:
        self._exchange.advance()
        try:
            self._trades.flush()
        except OSError as error:
            message = f"a simulated fill could not be journalled ({error})"
            raise TransportError(message, advice="make the journal's folder writable and ask again") from error

    def _journalled(self, deed: Callable[[], PaperOrder]) -> Order:
        """The answer to placing or cancelling, when every fill up to it has been written."""
        try:
            order = deed()
        except VenueRefusal:
            # Older orders may have filled meanwhile; the refusal stands, and what cannot be written now waits.
            with contextlib.suppress(OSError):
                self._trades.flush()
            raise
        try:
            self._trades.flush()
        except OSError as error:
            message = f"a simulated fill could not be journalled ({error})"
            raise OutcomeUnknown(message) from error
        return acknowledgement_of(order)


def _by_symbol(instruments: tuple[Instrument, ...]) -> dict[str, Instrument]:
    # A pair is listed as spot and as margin under one name; the order's trade mode tells which is meant.
    return {one.symbol: one for one in instruments if one.market_type is not MarketType.MARGIN}


def _is_told(cash: Decimal, funds: object) -> bool:
    """A currency that is neither held nor used says nothing."""
    return bool(cash) or getattr(funds, "used", None) != 0


def _check_range(name: str, value: int, largest: int) -> None:
    if not 1 <= value <= largest:
        message = f"{name} is {value}, outside 1 to {largest}"
        raise UsageError(message)
