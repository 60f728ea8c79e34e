"""
Entry checks of the paper venue: what a real venue refuses, with OKX's codes (okx-v5-facts section 3).

Each raises `OrderRefused` or stays silent; nothing has changed when one raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.models import InstrumentState, MarketType, OrderSide
from dualwitness.venues.errors import OrderRefused
from dualwitness.venues.paper.account import PaperAccount
from dualwitness.venues.paper.amounts import difference, is_multiple, product, total
from dualwitness.venues.paper.books import BookProblem, ObservedBook
from dualwitness.venues.paper.funds import FundsView
from dualwitness.venues.paper.matching import walk
from dualwitness.venues.paper.order import PaperOrder, PaperRequest
from dualwitness.venues.paper.settings import FeeSchedule, PaperSettings

__all__ = ["check_form", "check_funds", "check_reduction", "refused", "usable_book"]


def refused(code: str, text: str, *, sub_code: str | None = None, advice: str | None = None) -> OrderRefused:
    """The refusal of an order, in the words of the venue that is simulated."""
    message = f"the paper venue refused the order with code {code}: {text}"
    return OrderRefused(message, code=code, sub_code=sub_code, advice=advice)


def check_form(request: PaperRequest, settings: PaperSettings, now_ms: int, open_orders: Iterable[PaperOrder]) -> None:
    """Instrument, leverage, client order id, size and price, each for itself."""
    instrument = request.instrument
    if instrument.state is not InstrumentState.LIVE:
        raise refused("51022", f"{instrument.symbol} is not trading: its state is {instrument.state or 'unknown'}")
    if instrument.expiry_ms is not None and now_ms >= instrument.expiry_ms:
        raise refused("51027", f"{instrument.symbol} has expired")
    leverage = settings.leverage_of(instrument)
    limit = instrument.max_leverage
    if request.market_type is not MarketType.SPOT and limit is not None and leverage > limit:
        raise refused("59102", f"leverage {leverage} is above {limit}, the most that {instrument.symbol} has")
    if any(order.request.client_order_id == request.client_order_id for order in open_orders):
        raise refused("51016", f"client order id {request.client_order_id} belongs to an order that is still open")
    lot, smallest, tick = instrument.lot_size, instrument.min_size, instrument.tick_size
    if lot is None or smallest is None or tick is None or min(lot, smallest, tick) <= 0:
        raise refused("51000", f"the steps of {instrument.symbol} are unknown")
    if request.contracts < smallest:
        raise refused("51020", f"{request.contracts} is below the smallest order of {instrument.symbol}, {smallest}")
    if not is_multiple(request.contracts, lot):
        raise refused("51121", f"{request.contracts} is not a multiple of the lot size {lot}")
    if request.price is not None and (request.price <= 0 or not is_multiple(request.price, tick)):
        raise refused("51150", f"{request.price} is not a multiple of the tick size {tick}")


def check_reduction(request: PaperRequest, account: PaperAccount, open_orders: Iterable[PaperOrder]) -> None:
    """What may only reduce has something to reduce, and does not want more than there is, waiting orders counted."""
    if request.market_type is MarketType.SPOT or not request.only_reduces:
        return
    held, reducible = account.held(request), account.reducible(request)
    if not held:
        code = "51134" if request.market_type is MarketType.MARGIN else "51169"
        raise refused(code, f"there is no position of {request.instrument.symbol} that this order could reduce")
    if not reducible:
        raise refused("51170", "a reduce-only order cannot have the direction of the position")
    waiting = total(
        order.remaining for order in open_orders if order.request.only_reduces and _same_leg(order.request, request)
    )
    free = difference(reducible, waiting)
    if request.contracts > free:
        raise refused("51112", f"{request.contracts} is more than the {max(free, Decimal(0))} that can be closed")


def usable_book(book: ObservedBook | BookProblem) -> ObservedBook:
    """The book itself; raises `OrderRefused` (50001) for one that must not be used: no price is ever invented."""
    if isinstance(book, BookProblem):
        raise refused("50001", book.text, advice="nothing was placed; order again when the book can be seen")
    return book


def check_funds(
    request: PaperRequest, funds: FundsView, book: ObservedBook | BookProblem, schedule: FeeSchedule
) -> tuple[Decimal, Decimal]:
    """
    What a market order begins at and what a market buy on spot would pay; zeros for a limit order.

    Raises `OrderRefused`: 51109 where nothing is on offer, 51008 for what cannot be paid, 50001 where a book is needed
    that must not be used.
    """
    price, cost = request.price, None
    if price is None:
        levels = usable_book(book).levels(request.side)
        if not levels:
            raise refused("51109", f"nothing is on offer for {request.instrument.symbol}")
        price = levels[0].price
        if request.market_type is MarketType.SPOT and request.side is OrderSide.BUY:
            lot = request.instrument.lot_size or Decimal(1)
            matches = walk(levels, request.side, request.contracts, lot, None)
            cost = total(product(match.price, match.contracts) for match in matches)
    currency, needed = funds.needed(request, price, schedule.taker, cost)
    if needed > 0:
        state = funds.of(currency)
        if isinstance(state, BookProblem):
            text = f"what is free of {currency} is unknown, because {state.text}"
            raise refused("50001", text, advice="nothing was placed; order again when the book can be seen")
        if needed > state.free:
            spot = request.market_type is MarketType.SPOT
            text = (
                f"insufficient {currency} {'balance' if spot else 'margin'}: {needed} is needed, {state.free} is free"
            )
            raise refused("51008", text, sub_code="1000" if spot else "1001")
    if request.price is not None:
        return Decimal(0), Decimal(0)
    return price, cost or Decimal(0)


def _same_leg(one: PaperRequest, other: PaperRequest) -> bool:
    if one.market_type is MarketType.SPOT:
        return False
    return (one.instrument.symbol, one.market_type, one.td_mode, one.leg_side, one.margin_currency) == (
        other.instrument.symbol,
        other.market_type,
        other.td_mode,
        other.leg_side,
        other.margin_currency,
    )
