"""
Which trade mode and position side an order may go out with: the legal matrix of okx-v5-facts section 5 as one function.

Pure: the account's set-up comes in, a `ResolvedMode` or a `Refusal` goes out; nothing is repaired silently. What the
venue would refuse is refused here with the venue's own code, so that no order opens what it was meant to close.

There is no margin instrument: the same pair is spot or margin by its trade mode, so ``market_type`` spot and margin
differ in one cell alone (a margin pair is never traded in cash).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dualwitness.models.enums import AccountLevel, MarginMode, MarketType, OrderSide, PositionMode, PositionSide, TdMode

__all__ = ["Refusal", "RefusalReason", "ResolvedMode", "resolve_order_mode"]

_PAIRS = frozenset({MarketType.SPOT, MarketType.MARGIN})
_TWO_SIDED = frozenset({MarketType.SWAP, MarketType.FUTURE})
_MARGINED = frozenset({AccountLevel.FUTURES, AccountLevel.MULTI_CURRENCY})


class RefusalReason(StrEnum):
    """Why an order has no legal mode."""

    ACCOUNT_LEVEL = "account_level"
    TRADE_MODE = "trade_mode"
    ISOLATED_MARGIN = "isolated_margin"
    POSITION_MODE = "position_mode"
    OPTION_SELLER = "option_seller"
    REDUCE_ONLY = "reduce_only"


@dataclass(frozen=True, slots=True)
class ResolvedMode:
    """
    What goes out with the order.

    ``td_mode`` is never ``margin``. ``position_side`` is null where the parameter is not sent (spot, margin, option),
    ``net``, ``long`` or ``short`` for swaps and futures. ``reduce_only`` is the flag to send: false in long/short mode,
    where ``position_side`` makes a closing order reduce only and the flag is ignored. ``currency_needed``: the order
    names its margin currency (OKX ``ccy``).
    """

    td_mode: TdMode
    position_side: PositionSide | None
    reduce_only: bool
    currency_needed: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that must not be sent; ``okx_code`` is what the venue answers to it (okx-v5-facts sections 3 and 5)."""

    reason: RefusalReason
    text: str
    okx_code: str


def resolve_order_mode(
    *,
    account_level: AccountLevel,
    position_mode: PositionMode,
    market_type: MarketType,
    td_mode: TdMode,
    side: OrderSide,
    reduce_only: bool = False,
    margin_mode: MarginMode = MarginMode.CROSS,
    isolated_derivatives: bool | None = None,
) -> ResolvedMode | Refusal:
    """
    Resolve one order's mode, or refuse it with OKX's code.

    ``margin_mode`` is what ``TdMode.MARGIN`` stands for. ``isolated_derivatives`` says whether this account trades
    derivatives isolated; null is the documented default: futures and multi-currency accounts do, portfolio accounts do
    not (the sources disagree, so it is a capability of the account and not a constant: okx-v5-facts section 5).
    """
    mode = TdMode(margin_mode.value) if td_mode is TdMode.MARGIN else td_mode
    if isolated_derivatives is None:
        isolated_derivatives = account_level in _MARGINED
    if market_type in _PAIRS:
        refusal = _pair_refusal(account_level, market_type, mode)
    elif market_type in _TWO_SIDED:
        refusal = _contract_refusal(account_level, position_mode, mode, isolated=isolated_derivatives)
    else:
        refusal = _option_refusal(account_level, mode, side, isolated=isolated_derivatives)
    if refusal is None and reduce_only:
        refusal = _reduce_only_refusal(account_level, market_type, mode)
    if refusal is not None:
        return refusal
    position_side = _position_side(position_mode, market_type, side, reduce_only=reduce_only)
    return ResolvedMode(
        td_mode=mode,
        position_side=position_side,
        reduce_only=reduce_only and position_side in (None, PositionSide.NET),
        currency_needed=_is_margin_order(account_level, market_type, mode),
    )


def _is_margin_order(account_level: AccountLevel, market_type: MarketType, mode: TdMode) -> bool:
    # Cross and isolated orders of a pair are margin orders on a futures account alone: higher levels trade the pair as
    # spot under cross, and refuse isolated.
    return market_type in _PAIRS and account_level is AccountLevel.FUTURES and mode is not TdMode.CASH


def _pair_refusal(account_level: AccountLevel, market_type: MarketType, mode: TdMode) -> Refusal | None:
    if account_level is AccountLevel.SPOT and mode is not TdMode.CASH:
        return Refusal(RefusalReason.ACCOUNT_LEVEL, "a spot account trades pairs in cash only", "51010")
    if mode is TdMode.CASH and account_level in (AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO):
        text = f"a {account_level.value} account trades pairs under cross only: Parameter tdMode error"
        return Refusal(RefusalReason.TRADE_MODE, text, "51000")
    if mode is TdMode.ISOLATED and account_level is not AccountLevel.FUTURES:
        text = f"a {account_level.value} account has no isolated margin on pairs"
        return Refusal(RefusalReason.ISOLATED_MARGIN, text, "50072")
    if mode is TdMode.CASH and market_type is MarketType.MARGIN:
        # The venue would take it, as a spot order; who asked for margin did not mean that.
        return Refusal(RefusalReason.TRADE_MODE, "a margin pair is traded cross or isolated, not in cash", "51000")
    return None


def _contract_refusal(
    account_level: AccountLevel, position_mode: PositionMode, mode: TdMode, *, isolated: bool
) -> Refusal | None:
    if account_level is AccountLevel.SPOT:
        return Refusal(RefusalReason.ACCOUNT_LEVEL, "a spot account trades no swaps or futures", "51010")
    if mode is TdMode.CASH:
        text = "swaps and futures are traded cross or isolated, not in cash: Parameter tdMode error"
        return Refusal(RefusalReason.TRADE_MODE, text, "51000")
    if account_level is AccountLevel.PORTFOLIO and position_mode is PositionMode.LONG_SHORT:
        text = "a portfolio account holds net positions only: switch the position mode to net"
        return Refusal(RefusalReason.POSITION_MODE, text, "51041")
    if mode is TdMode.ISOLATED and not isolated:
        return Refusal(RefusalReason.TRADE_MODE, "this account trades derivatives under cross only", "51010")
    return None


def _option_refusal(account_level: AccountLevel, mode: TdMode, side: OrderSide, *, isolated: bool) -> Refusal | None:
    if account_level is AccountLevel.SPOT:
        if mode is not TdMode.CASH:
            return Refusal(RefusalReason.ACCOUNT_LEVEL, "a spot account trades options in cash only", "51010")
        if side is OrderSide.SELL:
            return Refusal(RefusalReason.OPTION_SELLER, "a spot account only buys options", "51010")
        return None
    if mode is TdMode.CASH:
        text = f"a {account_level.value} account trades options on margin, not in cash: Parameter tdMode error"
        return Refusal(RefusalReason.TRADE_MODE, text, "51000")
    if mode is TdMode.ISOLATED and (account_level is AccountLevel.PORTFOLIO or not isolated):
        return Refusal(RefusalReason.TRADE_MODE, "this account trades options under cross only", "51010")
    return None


def _reduce_only_refusal(account_level: AccountLevel, market_type: MarketType, mode: TdMode) -> Refusal | None:
    if market_type in _TWO_SIDED and account_level in _MARGINED:
        return None
    if _is_margin_order(account_level, market_type, mode):
        return None
    if market_type in _PAIRS and account_level is AccountLevel.SPOT:
        return Refusal(RefusalReason.REDUCE_ONLY, "a spot account has no reduce-only orders", "51139")
    if market_type in _PAIRS and account_level is AccountLevel.MULTI_CURRENCY:
        return Refusal(RefusalReason.REDUCE_ONLY, "a pair traded as spot has no reduce-only orders", "51133")
    text = f"reduce only is not available for this {market_type.value} order on a {account_level.value} account"
    return Refusal(RefusalReason.REDUCE_ONLY, text, "51205")


def _position_side(
    position_mode: PositionMode, market_type: MarketType, side: OrderSide, *, reduce_only: bool
) -> PositionSide | None:
    if market_type not in _TWO_SIDED:
        return None
    if position_mode is PositionMode.NET:
        return PositionSide.NET
    # Buy opens long and closes short; sell opens short and closes long.
    opens = PositionSide.LONG if side is OrderSide.BUY else PositionSide.SHORT
    closes = PositionSide.SHORT if side is OrderSide.BUY else PositionSide.LONG
    return closes if reduce_only else opens
