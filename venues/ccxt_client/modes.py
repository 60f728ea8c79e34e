"""
How an intent's trade mode becomes the parameters of one CCXT order.

Nothing is left to a default of the library or the venue: trade mode, leg, size unit and margin currency are always said
(differences tdmode-inferred-cross-for-contracts, hedge-mode-order-sent-without-posside, spot-market-buy-size-unit).
What OKX would refuse is refused here (`dualwitness.models.resolve_order_mode`).
"""

from __future__ import annotations

from dualwitness.models import (
    AccountConfig,
    MarketType,
    OrderIntent,
    OrderSide,
    OrderType,
    Refusal,
    ResolvedMode,
    Side,
    TdMode,
    Venue,
    resolve_order_mode,
)
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import Unsupported, UsageError

__all__ = ["order_parameters"]

Parameters = dict[str, str | int | bool]


def order_parameters(venue: Venue, intent: OrderIntent, market: Market, account: AccountConfig | None) -> Parameters:
    """
    The CCXT ``params`` of an order, without ids.

    ``account`` is how the OKX account is set up; Bybit and Binance are traded in one-way mode. Raises `UsageError` for
    a combination that does not exist and `Unsupported` where CCXT has no way.
    """
    if intent.td_mode is TdMode.MARGIN:
        message = "td_mode margin must be resolved to cross or isolated before an order is built"
        raise UsageError(message, advice="name cross or isolated")
    if venue is Venue.OKX:
        return _okx(intent, market, _resolved(intent, market, account))
    spot = market.market_type is MarketType.SPOT
    if not spot and intent.td_mode is TdMode.CASH:
        message = f"{market.symbol} is a {market.market_type} and cannot be traded with cash"
        raise UsageError(message, advice="use cross or isolated")
    if spot and intent.td_mode is TdMode.CASH and intent.reduce_only:
        message = "a spot order with cash has nothing to reduce"
        raise UsageError(message, advice="drop reduce_only")
    return _bybit(intent, spot=spot) if venue is Venue.BYBIT else _binance(intent, spot=spot)


def _resolved(intent: OrderIntent, market: Market, account: AccountConfig | None) -> ResolvedMode:
    if account is None or account.account_level is None or account.position_mode is None:
        message = "the account's level or position mode is not known"
        raise UsageError(message, advice="ask for the account configuration first")
    answer = resolve_order_mode(
        account_level=account.account_level,
        position_mode=account.position_mode,
        market_type=market.market_type,
        td_mode=intent.td_mode,
        side=OrderSide.BUY if intent.side is Side.LONG else OrderSide.SELL,
        reduce_only=intent.reduce_only,
    )
    if isinstance(answer, Refusal):
        message = f"{market.symbol} cannot be ordered like this: {answer.text}"
        raise UsageError(message, advice=f"nothing was sent; OKX would answer {answer.okx_code}")
    return answer


def _okx(intent: OrderIntent, market: Market, resolved: ResolvedMode) -> Parameters:
    parameters: Parameters = {"tdMode": str(resolved.td_mode)}
    if resolved.position_side is not None:
        parameters["posSide"] = str(resolved.position_side)
    if resolved.reduce_only:
        parameters["reduceOnly"] = True
    if market.market_type is MarketType.SPOT:
        parameters |= _pair_parameters(intent, market, resolved)
    return parameters


def _pair_parameters(intent: OrderIntent, market: Market, resolved: ResolvedMode) -> Parameters:
    """Size unit and margin currency of an order of a pair; CCXT names a currency under every mode but cash."""
    buys, is_market = intent.side is Side.LONG, intent.order_type is OrderType.MARKET
    parameters: Parameters = {}
    if is_market and not resolved.currency_needed:
        # OKX sizes a spot market buy in quote currency unless told otherwise (OKX trade/order, tgtCcy).
        parameters["tgtCcy"] = "base_ccy"
    if is_market and buys and resolved.currency_needed:
        # OKX reads this size as quote currency and takes no tgtCcy (59110; difference margin-market-buy-size-unit).
        message = f"{market.symbol} cannot be ordered like this: a margin market buy is sized in quote currency"
        raise UsageError(message, advice="send a limit order")
    # Quote currency margins a long, base currency a short; what reduces one names the currency that it was opened with,
    # because the venue keeps a position a currency (51134 otherwise).
    currency = market.quote if buys is not intent.reduce_only else market.base
    if resolved.td_mode is not TdMode.CASH:
        if currency is None or market.venue_id != f"{market.base}-{market.quote}":
            message = f"ccxt would name the margin currency of {market.venue_id} in a word of its own"
            raise Unsupported(message)  # difference renamed-code-sent-back-to-venue
        parameters["ccy"] = currency
    return parameters


def _bybit(intent: OrderIntent, *, spot: bool) -> Parameters:
    if spot:
        if intent.td_mode is TdMode.ISOLATED:
            message = "Bybit has no isolated spot margin"
            raise Unsupported(message, advice="use cross")
        return {"isLeverage": 1 if intent.td_mode is TdMode.CROSS else 0}
    if intent.td_mode is TdMode.ISOLATED:
        message = "Bybit sets isolated margin for the whole account, not for an order"
        raise Unsupported(message, advice="use cross, or set the account's margin mode at Bybit")
    parameters: Parameters = {"positionIdx": 0}  # one-way mode (Bybit docs v5/order/create-order)
    if intent.reduce_only:
        parameters["reduceOnly"] = True
    return parameters


def _binance(intent: OrderIntent, *, spot: bool) -> Parameters:
    if spot:
        if intent.td_mode is TdMode.CASH:
            return {}
        parameters: Parameters = {"marginMode": str(intent.td_mode)}
        if intent.reduce_only:
            parameters["reduceOnly"] = True
        return parameters
    if intent.td_mode is TdMode.ISOLATED:
        message = "Binance sets isolated margin for a symbol, not for an order"
        raise Unsupported(message, advice="use cross, or set the symbol's margin type at Binance")
    return {"positionSide": "BOTH", "reduceOnly": intent.reduce_only}
