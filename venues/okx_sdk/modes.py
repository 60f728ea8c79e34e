"""
From an intent to OKX's words: trade mode, leg, reduce-only, unit and margin currency of one order.

The legal combinations are okx-v5-facts section 5. What OKX would refuse is refused here with advice, so that nothing
illegal is sent; nothing is ever changed silently into another mode.
"""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Instrument,
    MarketType,
    OrderIntent,
    OrderType,
    PositionMode,
    Side,
    TdMode,
)
from dualwitness.venues.errors import UsageError

__all__ = ["OrderModes", "resolve_modes"]

_LEGGED = (MarketType.SWAP, MarketType.FUTURE)


@dataclass(frozen=True, slots=True)
class OrderModes:
    """
    OKX's ``tdMode``, ``posSide``, ``reduceOnly``, ``tgtCcy`` and ``ccy``; blank where it is not sent.

    ``is_margin`` says that the pair is traded on borrowed funds, which decides how OKX reads a market size.
    """

    trade_mode: str
    position_side: str = ""
    reduce_only: bool = False
    target_currency: str = ""
    margin_currency: str = ""
    is_margin: bool = False


def resolve_modes(intent: OrderIntent, account: AccountConfig, instrument: Instrument) -> OrderModes:
    """The modes of one order; raises `UsageError` for what this account cannot do."""
    if account.account_level is None or account.position_mode is None:
        message = "the account's level or position mode is unknown, so no trade mode can be chosen"
        raise UsageError(message, advice="read the account configuration first")
    if instrument.market_type in (MarketType.SPOT, MarketType.MARGIN):
        return _pair_modes(intent, account.account_level, instrument)
    return _contract_modes(intent, account.account_level, account.position_mode, instrument)


def _pair_modes(intent: OrderIntent, level: AccountLevel, instrument: Instrument) -> OrderModes:
    mode = TdMode.CROSS if intent.td_mode is TdMode.MARGIN else intent.td_mode
    has_cash = level in (AccountLevel.SPOT, AccountLevel.FUTURES)
    if mode is TdMode.CASH and not has_cash:
        raise _refusal(intent, level, "on this account OKX trades pairs as cross only: say td_mode cross")
    if mode is TdMode.ISOLATED and level is not AccountLevel.FUTURES:
        raise _refusal(intent, level, "isolated margin on a pair needs account level 2")
    if mode is TdMode.CROSS and level is AccountLevel.SPOT:
        raise _refusal(intent, level, "a spot account trades pairs as cash only")
    is_margin = level is AccountLevel.FUTURES and mode is not TdMode.CASH
    if intent.reduce_only and not is_margin:
        raise _refusal(intent, level, "reduce_only does not exist for spot")
    is_market = intent.order_type is OrderType.MARKET
    if is_margin and is_market and intent.side is Side.LONG:
        # OKX reads this size as quote currency (difference margin-market-buy-size-unit).
        raise _refusal(intent, level, "OKX sizes a margin market buy in quote currency: send a limit order")
    margin_currency = ""
    if is_margin:
        chosen = instrument.quote if intent.side is Side.LONG else instrument.base
        if chosen is None:
            raise _refusal(intent, level, "the instrument list does not name the pair's currencies")
        margin_currency = chosen
    return OrderModes(
        trade_mode=str(mode),
        reduce_only=intent.reduce_only,
        target_currency="base_ccy" if is_market and not is_margin else "",
        margin_currency=margin_currency,
        is_margin=is_margin,
    )


def _contract_modes(
    intent: OrderIntent, level: AccountLevel, position_mode: PositionMode, instrument: Instrument
) -> OrderModes:
    is_option = instrument.market_type is MarketType.OPTION
    if level is AccountLevel.SPOT:
        allowed = is_option and intent.td_mode is TdMode.CASH and intent.side is Side.LONG
        if not allowed:
            raise _refusal(intent, level, "a spot account trades no contracts, and buys options as cash only")
    elif intent.td_mode not in (TdMode.CROSS, TdMode.ISOLATED):
        raise _refusal(intent, level, "contracts trade as cross or isolated: say which")
    is_legged = position_mode is PositionMode.LONG_SHORT and instrument.market_type in _LEGGED
    has_reduce_only = not is_option and level in (AccountLevel.FUTURES, AccountLevel.MULTI_CURRENCY)
    if intent.reduce_only and not is_legged and not has_reduce_only:
        raise _refusal(intent, level, "OKX knows reduce_only on futures and swaps of account levels 2 and 3 only")
    if is_legged and level is AccountLevel.PORTFOLIO:
        raise _refusal(intent, level, "a portfolio account holds net positions only")
    if not is_legged:
        leg = "" if is_option else "net"
        return OrderModes(trade_mode=str(intent.td_mode), position_side=leg, reduce_only=intent.reduce_only)
    # On a leg a closing order is reduce-only by nature and OKX ignores the flag; buying closes the short leg.
    opens_long = (intent.side is Side.LONG) is not intent.reduce_only
    return OrderModes(trade_mode=str(intent.td_mode), position_side="long" if opens_long else "short")


def _refusal(intent: OrderIntent, level: AccountLevel, advice: str) -> UsageError:
    message = f"{intent.symbol} cannot be ordered with td_mode {intent.td_mode} on an OKX account of level {level}"
    return UsageError(message, advice=advice)
