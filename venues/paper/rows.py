"""What the paper venue tells of its orders, fills, positions and balances: the facts that every client tells."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import (
    AccountConfig,
    Balance,
    Direction,
    Fill,
    Liquidity,
    NullReason,
    Order,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    TimeInForce,
    Unsizeable,
    base_from_contracts,
)
from dualwitness.venues.paper.amounts import ZERO
from dualwitness.venues.paper.books import BookProblem
from dualwitness.venues.paper.fees import ChargedFee
from dualwitness.venues.paper.funds import CurrencyFunds
from dualwitness.venues.paper.leg import PaperLeg
from dualwitness.venues.paper.matching import Match
from dualwitness.venues.paper.order import PaperOrder
from dualwitness.venues.paper.settings import PaperSettings

__all__ = ["acknowledgement_of", "balance_of", "config_of", "fill_of", "order_of", "position_of"]


def config_of(settings: PaperSettings) -> AccountConfig:
    """How the account is set up; it reads and trades, and can withdraw nothing."""
    return AccountConfig(
        account_level=settings.account_level,
        position_mode=settings.position_mode,
        permissions=("read_only", "trade"),
        fee_type=settings.fee_type,
    )


def fill_of(
    order: PaperOrder, match: Match, charged: ChargedFee, *, liquidity: Liquidity, trade_id: str, ts_ms: int
) -> Fill:
    """One simulated execution; its ids say so."""
    request = order.request
    base = base_from_contracts(match.contracts, request.instrument, match.price)
    unknown = isinstance(base, Unsizeable)
    return Fill(
        trade_id=trade_id,
        bill_id=trade_id,
        venue_order_id=order.order_id,
        client_order_id=request.client_order_id,
        symbol=request.instrument.symbol,
        market_type=request.market_type,
        side=request.side,
        position_side=request.leg_side,
        price=match.price,
        contracts=match.contracts,
        base_quantity=None if isinstance(base, Unsizeable) else base,
        fee=charged.fee,
        fee_currency=charged.currency,
        liquidity=liquidity,
        ts_venue_ms=ts_ms,
        reasons={"base_quantity": NullReason.UNMAPPED} if unknown else {},
    )


def acknowledgement_of(order: PaperOrder) -> Order:
    """The answer to placing or cancelling: ids alone."""
    known = {
        "venue_order_id": order.order_id,
        "client_order_id": order.request.client_order_id,
        "symbol": order.request.instrument.symbol,
    }
    rest = [name for name in Order.model_fields if name not in ("reasons", *known)]
    return Order.model_validate({**dict.fromkeys(rest), **known, "reasons": dict.fromkeys(rest, NullReason.NOT_ASKED)})


def order_of(order: PaperOrder, fee_currency: str) -> Order:
    """An order as it stands."""
    request = order.request
    at_market = request.order_type is OrderType.MARKET
    average = order.average_price
    nulls = {"price": at_market, "time_in_force": at_market, "average_price": average is None}
    return Order(
        venue_order_id=order.order_id,
        client_order_id=request.client_order_id,
        symbol=request.instrument.symbol,
        side=request.side,
        position_side=request.leg_side,
        order_type=request.order_type,
        time_in_force=None if at_market else TimeInForce.GTC,
        td_mode=request.td_mode,
        reduce_only=request.reduce_only,
        price=request.price,
        contracts=request.contracts,
        filled_contracts=order.filled,
        average_price=average,
        state=order.state,
        fee=order.fee,
        fee_currency=fee_currency,
        ts_venue_ms=order.created_ms,
        reasons={name: NullReason.ABSENT for name, null in nulls.items() if null},
    )


def position_of(leg: PaperLeg, mark: Decimal | BookProblem, leverage: Decimal) -> Position:
    """
    An open position; what hangs on the mark price is null where no book can be used.

    There is no liquidation on paper, so its price is ``unsupported``.
    """
    held, key = leg.held, leg.key
    reasons = {"liquidation_price": NullReason.UNSUPPORTED}
    price = None if isinstance(mark, BookProblem) else mark
    if isinstance(mark, BookProblem):
        reasons |= dict.fromkeys(("mark_price", "unrealized_pnl"), mark.kind.null_reason)
    base = base_from_contracts(held.copy_abs(), leg.instrument, price)
    if isinstance(base, Unsizeable):
        reasons["base_quantity"] = reasons.get("mark_price", NullReason.UNMAPPED)
    one_sided = key.position_side is PositionSide.NET
    return Position(
        symbol=key.symbol,
        market_type=key.market_type,
        has_position=True,
        direction=Direction.LONG if held > 0 else Direction.SHORT,
        contracts=held.copy_abs(),
        base_quantity=None if isinstance(base, Unsizeable) else base,
        entry_price=leg.entry_price,
        mark_price=price,
        unrealized_pnl=None if price is None else leg.profit_at(price),
        realized_pnl=leg.realized_pnl,
        leverage=leverage,
        margin_mode=key.margin_mode,
        position_mode=PositionMode.NET if one_sided else PositionMode.LONG_SHORT,
        margin_currency=key.margin_currency,
        liquidation_price=None,
        venue_position_id=leg.position_id,
        ts_venue_ms=leg.updated_ms,
        reasons=reasons,
    )


def balance_of(currency: str, cash: Decimal, funds: CurrencyFunds | BookProblem) -> Balance:
    """One currency; what hangs on a book that cannot be used is null with its reason."""
    debt = max(cash.copy_negate(), ZERO)
    if isinstance(funds, BookProblem):
        reasons = dict.fromkeys(("free", "used", "equity"), funds.kind.null_reason)
        return Balance(currency=currency, total=cash, free=None, used=None, equity=None, debt=debt, reasons=reasons)
    return Balance(currency=currency, total=cash, free=funds.free, used=funds.used, equity=funds.equity, debt=debt)
