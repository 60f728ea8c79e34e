"""
What an account can still spend of one currency: cash and profit, less the margin of positions, less what orders hold.

As a futures account of OKX counts it: free = equity - frozen (okx-v5-facts section 10). Isolated positions are kept
apart: their margin is frozen at entry, and their profit cannot be spent. Where a book that is needed cannot be used the
answer is the problem, never a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models import FeeType, MarginMode, MarketType, OrderSide
from dualwitness.venues.paper.account import PaperAccount
from dualwitness.venues.paper.amounts import ZERO, difference, product, quotient, total
from dualwitness.venues.paper.books import BookProblem
from dualwitness.venues.paper.fees import fee_currency, value_of
from dualwitness.venues.paper.leg import LegKey, PaperLeg, key_of
from dualwitness.venues.paper.order import PaperOrder, PaperRequest
from dualwitness.venues.paper.settings import PaperSettings

__all__ = ["CurrencyFunds", "FundsView"]

Marks = Callable[[str], Decimal | BookProblem]


@dataclass(frozen=True, slots=True)
class CurrencyFunds:
    """One currency of the account; ``free`` is never negative, ``used`` is frozen by positions and orders."""

    cash: Decimal
    equity: Decimal
    used: Decimal
    free: Decimal


class FundsView:
    """The account's funds as positions, open orders and books stand now."""

    def __init__(
        self, account: PaperAccount, orders: Iterable[PaperOrder], marks: Marks, settings: PaperSettings
    ) -> None:
        self._account = account
        self._orders = tuple(orders)
        self._marks = marks
        self._settings = settings

    def of(self, currency: str) -> CurrencyFunds | BookProblem:
        """The funds of one currency, or the book that would have to be seen first."""
        cash = self._account.cash.get(currency, ZERO)
        profits, spendable, frozen = [cash], [cash], []
        for leg in self._account.open_legs():
            if currency not in (leg.settle_currency, leg.key.margin_currency):
                continue
            mark = self._marks(leg.key.symbol)
            if isinstance(mark, BookProblem):
                return mark
            isolated = leg.key.margin_mode is MarginMode.ISOLATED
            if leg.settle_currency == currency:
                profits.append(leg.profit_at(mark))
                spendable += [] if isolated else [leg.profit_at(mark)]
            if leg.key.margin_currency == currency:
                frozen.append(self._margin(leg.key, leg, leg.entry_price if isolated else mark, leg.held))
        held = self._held(currency)
        used = total([*frozen, held])
        free = difference(total(spendable), used)
        return CurrencyFunds(cash, total(profits), used, max(free, ZERO))

    def needed(
        self, request: PaperRequest, price: Decimal, taker: Decimal, cost: Decimal | None = None
    ) -> tuple[str, Decimal]:
        """
        The currency that a new order needs and how much of it, at ``price`` where it has none of its own.

        ``cost`` is what a market buy on spot would pay at the book. ``taker`` is the rate that its fee is counted at.
        """
        instrument = request.instrument
        if request.market_type is MarketType.SPOT:
            if request.side is OrderSide.SELL:
                return instrument.base or "", request.contracts
            value = cost if cost is not None else product(request.contracts, price)
            return instrument.quote or "", self._with_quote_fee(request, value, taker)
        opening = self._openings(request)
        key = key_of(request)
        margin = self._margin(key, request, price, opening)
        fee = product(taker, value_of(instrument, price, opening))
        in_base = request.market_type is MarketType.MARGIN
        return key.margin_currency, margin if in_base else total((margin, max(fee, ZERO)))

    def _openings(self, request: PaperRequest) -> Decimal:
        """How much of a new order would open or add, after the open orders on its side have reduced what they can."""
        waiting = [order for order in self._orders if _same_side(order.request, request)]
        if request.only_reduces:
            return ZERO
        reducible = self._account.reducible(request)
        left = difference(reducible, min(reducible, total(order.remaining for order in waiting)))
        return max(difference(request.contracts, left), ZERO)

    def _held(self, currency: str) -> Decimal:
        """What open orders keep of a currency."""
        parts: list[Decimal] = []
        reduced: dict[tuple[LegKey, OrderSide], Decimal] = defaultdict(lambda: ZERO)
        for order in self._orders:
            request = order.request
            if request.market_type is MarketType.SPOT:
                parts += self._pair_hold(order, currency)
                continue
            key = key_of(request)
            if key.margin_currency != currency or request.only_reduces:
                continue
            done = reduced[key, request.side]
            left = max(difference(self._account.reducible(request), done), ZERO)
            reduced[key, request.side] = total((done, order.remaining))
            opening = max(difference(order.remaining, left), ZERO)
            parts.append(self._margin(key, request, request.price or order.reference_price, opening))
        return total(parts)

    def _pair_hold(self, order: PaperOrder, currency: str) -> list[Decimal]:
        request, instrument = order.request, order.request.instrument
        if request.side is OrderSide.SELL:
            return [order.remaining] if currency == instrument.base else []
        if currency != instrument.quote:
            return []
        if request.price is None:
            return [order.reserved]
        schedule = self._settings.fees_of(instrument.symbol, request.market_type)
        taker = ZERO if schedule is None else max(schedule.maker, schedule.taker)
        return [self._with_quote_fee(request, product(order.remaining, request.price), taker)]

    def _with_quote_fee(self, request: PaperRequest, value: Decimal, rate: Decimal) -> Decimal:
        """A buy whose fee is taken in quote needs that, too."""
        in_quote = fee_currency(request, self._settings.fee_type) == request.instrument.quote
        charged = in_quote and self._settings.fee_type is FeeType.QUOTE_CURRENCY
        return total((value, product(max(rate, ZERO), value))) if charged else value

    def _margin(self, key: LegKey, owner: PaperLeg | PaperRequest, price: Decimal, contracts: Decimal) -> Decimal:
        leverage = self._settings.leverage_of(owner.instrument)
        if key.market_type is MarketType.MARGIN and key.margin_currency == owner.instrument.base:
            return quotient(contracts.copy_abs(), leverage)
        return quotient(value_of(owner.instrument, price, contracts), leverage)


def _same_side(waiting: PaperRequest, new: PaperRequest) -> bool:
    if waiting.market_type is MarketType.SPOT or waiting.side is not new.side:
        return False
    return key_of(waiting) == key_of(new)
