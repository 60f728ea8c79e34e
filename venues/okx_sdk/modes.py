"""
From an intent to OKX's words: trade mode, leg, reduce-only, unit and margin currency of one order.

The legal combinations are those of `dualwitness.models.resolve_order_mode`. What OKX would refuse is refused here, so
that nothing illegal is sent; nothing is ever changed silently into another mode.
"""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models import (
    AccountConfig,
    Instrument,
    MarketType,
    OrderIntent,
    OrderSide,
    OrderType,
    Refusal,
    ResolvedMode,
    Side,
    TdMode,
    resolve_order_mode,
)
from dualwitness.venues.errors import UsageError

__all__ = ["OrderModes", "resolve_modes"]


@dataclass(frozen=True, slots=True)
class OrderModes:
    """OKX's ``tdMode``, ``posSide``, ``reduceOnly``, ``tgtCcy`` and ``ccy``; blank where it is not sent."""

    trade_mode: str
    position_side: str = ""
    reduce_only: bool = False
    target_currency: str = ""
    margin_currency: str = ""


def resolve_modes(intent: OrderIntent, account: AccountConfig, instrument: Instrument) -> OrderModes:
    """The modes of one order; raises `UsageError` for what this account cannot do."""
    resolved = _resolved(intent, account, instrument)
    buys, is_market = intent.side is Side.LONG, intent.order_type is OrderType.MARKET
    is_pair = instrument.market_type in (MarketType.SPOT, MarketType.MARGIN)
    margin_currency = ""
    if resolved.currency_needed:
        if is_market and buys:
            # OKX reads this size as quote currency and takes no tgtCcy (59110; difference margin-market-buy-size-unit).
            text = "a margin market buy is sized in quote currency"
            raise _refusal(intent, text, "send a limit order")
        # Quote currency margins a long, base currency a short; what reduces one is margined as it was opened, because
        # the currency is part of which position the order is about (51134 otherwise).
        is_long = buys is not intent.reduce_only
        margin_currency = (instrument.quote if is_long else instrument.base) or ""
        if not margin_currency:
            raise _refusal(intent, "the instrument list does not name the pair's currencies", "read the list again")
    return OrderModes(
        trade_mode=str(resolved.td_mode),
        position_side="" if resolved.position_side is None else str(resolved.position_side),
        reduce_only=resolved.reduce_only,
        target_currency="base_ccy" if is_pair and is_market and not resolved.currency_needed else "",
        margin_currency=margin_currency,
    )


def _resolved(intent: OrderIntent, account: AccountConfig, instrument: Instrument) -> ResolvedMode:
    if intent.td_mode is TdMode.MARGIN:
        message = "td_mode margin must be resolved to cross or isolated before an order is built"
        raise UsageError(message, advice="name cross or isolated")
    if account.account_level is None or account.position_mode is None:
        message = "the account's level or position mode is unknown, so no trade mode can be chosen"
        raise UsageError(message, advice="read the account configuration first")
    answer = resolve_order_mode(
        account_level=account.account_level,
        position_mode=account.position_mode,
        market_type=instrument.market_type,
        td_mode=intent.td_mode,
        side=OrderSide.BUY if intent.side is Side.LONG else OrderSide.SELL,
        reduce_only=intent.reduce_only,
    )
    if isinstance(answer, Refusal):
        raise _refusal(intent, answer.text, f"nothing was sent; OKX would answer {answer.okx_code}")
    return answer


def _refusal(intent: OrderIntent, text: str, advice: str) -> UsageError:
    return UsageError(f"{intent.symbol} cannot be ordered like this: {text}", advice=advice)
