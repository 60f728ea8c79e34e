"""
The paper exchange: takes orders, lets them arrive, fills them at observed books.

Nothing here sleeps or asks the time of the machine: whatever is due when somebody looks has happened. When time
has passed unobserved, arrivals and cancels come first, in the order of their moments, and then the resting orders meet
the book that is seen now. A fill carries the time at which its book was looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from dualwitness.models import Fill, Liquidity, MarketType, OrderSide, OrderType
from dualwitness.venues.errors import OrderRefused, UsageError
from dualwitness.venues.paper.account import PaperAccount
from dualwitness.venues.paper.amounts import total
from dualwitness.venues.paper.books import BookProblem, ObservedBook, ObservedBooks
from dualwitness.venues.paper.checks import check_form, check_funds, check_reduction, refused, usable_book
from dualwitness.venues.paper.fees import charged_fee, fee_currency
from dualwitness.venues.paper.funds import FundsView
from dualwitness.venues.paper.ids import SimulatedIds
from dualwitness.venues.paper.market import PaperMarket
from dualwitness.venues.paper.matching import Match, crosses, walk
from dualwitness.venues.paper.order import PaperOrder, PaperRequest
from dualwitness.venues.paper.rows import fill_of
from dualwitness.venues.paper.settings import FeeSchedule, PaperSettings

__all__ = ["PaperExchange"]


class PaperExchange:
    """
    Orders, fills and the account of one paper venue.

    ``on_fill`` hears every fill with its order. Time never runs backwards, whatever ``clock_ms`` says. Not thread-safe.
    """

    def __init__(
        self,
        market: PaperMarket,
        settings: PaperSettings,
        balances: Mapping[str, Decimal],
        *,
        clock_ms: Callable[[], int],
        seed: int,
        on_fill: Callable[[Fill, PaperOrder], None],
    ) -> None:
        self._settings = settings
        self._clock_ms = clock_ms
        self._latest_ms = clock_ms()
        self._ids = SimulatedIds(self._latest_ms)
        self._random = random.Random(seed)
        self._on_fill = on_fill
        self._books = ObservedBooks(
            market.book_of, self.now_ms, depth=settings.book_depth, largest_age_ms=settings.largest_book_age_ms
        )
        self.account = PaperAccount(balances, self._ids.next, opened_ms=self._latest_ms)
        self.fills: list[Fill] = []
        self._orders: dict[str, PaperOrder] = {}
        self._by_client_id: dict[str, PaperOrder] = {}
        self._open: dict[str, PaperOrder] = {}

    def now_ms(self) -> int:
        """Venue time, which never runs backwards."""
        self._latest_ms = max(self._latest_ms, self._clock_ms())
        return self._latest_ms

    def open_orders(self) -> tuple[PaperOrder, ...]:
        """Orders that can still fill, oldest first."""
        return tuple(self._open.values())

    def finished_orders(self) -> tuple[PaperOrder, ...]:
        """Orders that can fill no more, oldest first."""
        return tuple(order for order in self._orders.values() if not order.open)

    def order(self, order_id: str | None, client_order_id: str | None) -> PaperOrder | None:
        """An order of any state by either id; the venue's own comes first, and of several the latest."""
        if order_id:
            return self._orders.get(order_id)
        return self._by_client_id.get(client_order_id or "")

    def mark(self, symbol: str) -> Decimal | BookProblem:
        """The middle of the book as it is seen now, or why there is none."""
        book = self._books.look(symbol)
        return book if isinstance(book, BookProblem) else book.middle

    def funds(self, without: PaperOrder | None = None) -> FundsView:
        """The account's funds as they stand, leaving out what one order holds."""
        orders = (order for order in self._open.values() if order is not without)
        return FundsView(self.account, orders, self.mark, self._settings)

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        now_ms = self.now_ms()
        self._books.forget()
        due: list[tuple[int, int, PaperOrder]] = []
        for rank, order in enumerate(self._open.values()):
            if not order.arrived and order.arrives_ms <= now_ms:
                due.append((order.arrives_ms, 2 * rank, order))
            if order.cancel_ms is not None and order.cancel_ms <= now_ms:
                due.append((order.cancel_ms, 2 * rank + 1, order))
        for _, what, order in sorted(due, key=lambda event: event[:2]):
            if order.open and what % 2:
                order.cancel()
            elif order.open:
                self._arrive(order)
        self._meet(order for order in self._open.values() if order.arrived and order.open)
        self._forget_finished()

    def place(self, request: PaperRequest, *, expires_ms: int | None = None) -> PaperOrder:
        """Take an order, which is void when it arrives after ``expires_ms``; one that was refused left nothing."""
        self.advance()
        if expires_ms is not None and self.now_ms() > expires_ms:
            raise refused("50036", f"its deadline {expires_ms} had passed at {self.now_ms()}, venue time")
        schedule = self._schedule(request)
        check_form(request, self._settings, self.now_ms(), self._open.values())
        check_reduction(request, self.account, self._open.values())
        book = self._books.look(request.instrument.symbol)
        reference, reserved = check_funds(request, self.funds(), book, schedule)
        created_ms = self.now_ms()
        order = PaperOrder(
            self._ids.next(),
            request,
            created_ms,
            created_ms + self._delay_ms(),
            expires_ms=expires_ms,
            reference_price=reference,
            reserved=reserved,
        )
        self._orders[order.order_id] = self._by_client_id[request.client_order_id] = order
        self._open[order.order_id] = order
        if order.arrives_ms <= created_ms:
            self._arrive(order)
            self._forget_finished()
        return order

    def cancel(self, order_id: str, symbol: str) -> PaperOrder:
        """Ask for a cancel, which is under way as long as an order is; `OrderRefused` where none can be canceled."""
        self.advance()
        order = self._open.get(order_id)
        if order is None or order.request.instrument.symbol != symbol:
            raise refused(
                "51400", "the order has been filled, canceled or does not exist", advice="nothing was canceled"
            )
        moment_ms = max(self.now_ms() + self._delay_ms(), order.arrives_ms)
        order.cancel_ms = moment_ms if order.cancel_ms is None else min(order.cancel_ms, moment_ms)
        if order.arrived and order.cancel_ms <= self.now_ms():
            order.cancel()
            self._forget_finished()
        return order

    def _schedule(self, request: PaperRequest) -> FeeSchedule:
        schedule = self._settings.fees_of(request.instrument.symbol, request.market_type)
        if schedule is None or not fee_currency(request, self._settings.fee_type):
            message = f"what a {request.market_type} order of {request.instrument.symbol} costs is unknown"
            raise UsageError(message, advice="give the paper venue fee rates for it")
        return schedule

    def _delay_ms(self) -> int:
        jitter_ms = self._settings.latency_jitter_ms
        return self._settings.latency_ms + (self._random.randint(0, jitter_ms) if jitter_ms else 0)

    def _forget_finished(self) -> None:
        for order_id in [order_id for order_id, order in self._open.items() if not order.open]:
            del self._open[order_id]

    def _arrive(self, order: PaperOrder) -> None:
        """An order reaches the book: it takes what it crosses, and a market order ends there."""
        request = order.request
        book = self._books.look(request.instrument.symbol)
        order.arrived = True
        at_market = request.order_type is OrderType.MARKET
        if order.late:
            order.cancel()
        elif isinstance(book, ObservedBook) and (not at_market or self._still_affordable(order, book)):
            lot = request.instrument.lot_size or Decimal(1)
            for match in walk(book.levels(request.side), request.side, self._fillable(order), lot, request.price):
                self._cancel_own(order, match.price)
                book.take(request.side, match.price, match.contracts)
                self._fill(order, match, Liquidity.TAKER)
            if order.open:
                self._cancel_own(order, request.price)
        if at_market and order.open:
            order.cancel()

    def _cancel_own(self, incoming: PaperOrder, reach: Decimal | None) -> None:
        """
        Cancel own resting orders that an incoming one would trade with on its way to ``reach``, or anywhere.

        As OKX's default does (``cancel_maker``): own orders stand in front of the market at their price.
        """
        mine = incoming.request
        for order in self._open.values():
            request = order.request
            if request.instrument.symbol != mine.instrument.symbol or request.side is mine.side:
                continue
            met = reach is None or (request.price is not None and crosses(request.side, request.price, reach))
            if order.arrived and order.open and met:
                order.cancel()

    def _still_affordable(self, order: PaperOrder, book: ObservedBook) -> bool:
        """Whether a market order that was under way can still be paid at the book that it meets."""
        if order.arrives_ms <= order.created_ms:
            return True
        try:
            check_funds(order.request, self.funds(without=order), usable_book(book), self._schedule(order.request))
        except OrderRefused:
            return False
        return True

    def _meet(self, resting: Iterable[PaperOrder]) -> None:
        """Resting orders and the books of now: best price first, then the oldest; they fill at their own price."""
        for order in sorted(resting, key=_priority):
            request = order.request
            book = self._books.look(request.instrument.symbol)
            if isinstance(book, BookProblem) or request.price is None:
                continue
            lot = request.instrument.lot_size or Decimal(1)
            met = walk(book.levels(request.side), request.side, self._fillable(order), lot, request.price)
            for match in met:
                book.take(request.side, match.price, match.contracts)
            if met:
                self._fill(order, Match(request.price, total(match.contracts for match in met)), Liquidity.MAKER)
            elif not self._fillable(order):
                order.cancel()

    def _fillable(self, order: PaperOrder) -> Decimal:
        """How much of an order may fill: what may only reduce never goes beyond its position."""
        request = order.request
        if request.market_type is MarketType.SPOT or not request.only_reduces:
            return order.remaining
        return min(order.remaining, self.account.reducible(request))

    def _fill(self, order: PaperOrder, match: Match, liquidity: Liquidity) -> None:
        """Book one fill everywhere; an order that may only reduce ends when there is nothing left to reduce."""
        request, schedule = order.request, self._schedule(order.request)
        charged = charged_fee(
            request,
            match.price,
            match.contracts,
            liquidity=liquidity,
            schedule=schedule,
            fee_type=self._settings.fee_type,
        )
        fill = fill_of(order, match, charged, liquidity=liquidity, trade_id=self._ids.next(), ts_ms=self.now_ms())
        self.account.book(fill, request)
        order.fill(match.price, match.contracts, charged.fee)
        self.fills.append(fill)
        self._on_fill(fill, order)
        if order.open and not self._fillable(order):
            order.cancel()


def _priority(order: PaperOrder) -> tuple[str, str, Decimal]:
    """Best price first within an instrument and side; sorting keeps the oldest first among equals."""
    request = order.request
    price = request.price or Decimal(0)
    return request.instrument.symbol, request.side, price.copy_negate() if request.side is OrderSide.BUY else price
