"""
From a checked order to the paper venue's own request, resolved as for every other client.

What a client over a library refuses before it sends, with a `UsageError`, is refused here with the same.
"""

from __future__ import annotations

from dualwitness.models import AccountConfig, Instrument, MarketType, OrderSide, Side, TdMode, ValidatedOrder, Venue
from dualwitness.models.exact import plain
from dualwitness.venues.errors import SafetyError, Unsupported, UsageError
from dualwitness.venues.paper.checks import refused
from dualwitness.venues.paper.leg import terms_of
from dualwitness.venues.paper.order import PaperRequest
from dualwitness.venues.sizing import IntentRefusalReason, IntentRefused, resolve_intent

__all__ = ["request_of"]


def request_of(order: ValidatedOrder, account: AccountConfig, instrument: Instrument, *, market: Venue) -> PaperRequest:
    """
    What the venue is asked; ``market`` is whose market the paper venue stands in for.

    Raises `SafetyError` for an order that did not pass its checks, `UsageError` and `Unsupported` for what no client
    would send, `OrderRefused` for an instrument that is not trading.
    """
    intent = order.intent
    if not order.risk_checks_passed:
        message = f"the order did not pass its checks: {order.rejection_reason}"
        raise SafetyError(message, advice="nothing was sent; only checked orders are")
    if intent.venue not in (Venue.PAPER, market):
        message = f"the order is for {intent.venue}, and this paper venue stands in for {market}"
        raise UsageError(message, advice=f"send it to {intent.venue}, or simulate it on that venue's market")
    if intent.client_order_id is None:
        message = "an order needs a client_order_id"
        raise UsageError(message, advice="give each order its own, 1 to 32 letters and digits")
    if intent.td_mode is TdMode.MARGIN:
        message = "td_mode margin must be resolved to cross or isolated before an order is built"
        raise UsageError(message, advice="name cross or isolated")
    if instrument.market_type is MarketType.OPTION:
        message = "the paper venue trades no options"
        raise Unsupported(message, advice="trade options at the venue's own demo")
    # Resolved as an intent of OKX, whose modes the paper account has, whatever venue's books it looks at.
    resolved = resolve_intent(
        intent.model_copy(update={"venue": Venue.PAPER}), account, instrument, notional_usd=order.notional_usd
    )
    if isinstance(resolved, IntentRefused):
        if resolved.reason is IntentRefusalReason.INSTRUMENT_STATE:
            raise refused(resolved.okx_code or "51022", resolved.text)
        answer = "" if resolved.okx_code is None else f"; OKX would answer {resolved.okx_code}"
        message = f"{intent.symbol} cannot be ordered like this: {resolved.text}"
        raise UsageError(message, advice=f"nothing was sent{answer}")
    mode = resolved.mode
    market_type = MarketType.MARGIN if mode.currency_needed else instrument.market_type
    if market_type is not MarketType.SPOT:
        terms_of(instrument, market_type)
    elif not instrument.base or not instrument.quote:
        message = f"the instrument list does not name the currencies of {instrument.symbol}"
        raise UsageError(message, advice="the instrument cannot be traded on paper; read the list again")
    return PaperRequest(
        instrument=instrument,
        market_type=market_type,
        td_mode=mode.td_mode,
        side=OrderSide.BUY if intent.side is Side.LONG else OrderSide.SELL,
        order_type=intent.order_type,
        contracts=plain(resolved.sized.contracts),
        price=None if resolved.price is None else plain(resolved.price),
        client_order_id=intent.client_order_id,
        position_side=mode.position_side,
        reduce_only=mode.reduce_only,
        margin_currency=resolved.margin_currency,
    )
