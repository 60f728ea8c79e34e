"""
What an intent becomes for the account that is really there: instrument, mode, leg, unit, size and price, or a refusal.

Pure. Nothing is repaired silently: an order only ever gets smaller, a price only ever better for us, and what OKX would
refuse is refused here with OKX's own code (okx-v5-facts sections 3, 5 and 6; the legal matrix is
`dualwitness.models.resolve_order_mode`). `AccountResolver` reads account and instruments for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, Inexact
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from dualwitness.models import (
    AccountConfig,
    Instrument,
    InstrumentState,
    MarginMode,
    MarketType,
    OrderIntent,
    OrderSide,
    OrderType,
    PositionMode,
    Refusal,
    ResolvedMode,
    Side,
    Sized,
    TdMode,
    Unsizeable,
    UnsizeableReason,
    Venue,
    resolve_order_mode,
    shorthand_from_okx_id,
    size_order,
)

__all__ = [
    "IntentRefusalReason",
    "IntentRefused",
    "ResolvedIntent",
    "names_of",
    "resolve_intent",
]

_PAIRS = frozenset({MarketType.SPOT, MarketType.MARGIN})
# What OKX answers to an order for an instrument in each state (okx-v5-facts section 3).
_STATE_CODES = {
    InstrumentState.PREOPEN: "51021",
    InstrumentState.EXPIRED: "51027",
    InstrumentState.SETTLING: "51029",
}
_SUSPENDED = "51022"
# "Users with options accounts cannot hold net short positions" (OKX docs v5, error codes).
_OPTION_SELLER = "51018"
# As in `dualwitness.models.sizing`: exact wherever the result ends.
_EXACT_DIGITS = 400
_TOLD_DIGITS = 40


class IntentRefusalReason(StrEnum):
    """Why an intent becomes no order; the mode's own reason stands in the text."""

    SYMBOL = "symbol"
    VENUE = "venue"
    ACCOUNT_UNKNOWN = "account_unknown"
    INSTRUMENT_STATE = "instrument_state"
    INSTRUMENT_INCOMPLETE = "instrument_incomplete"
    MODE = "mode"
    ORDER_TYPE = "order_type"
    SIZE_UNIT = "size_unit"
    REDUCE_ONLY = "reduce_only"
    LEVERAGE = "leverage"
    PRICE = "price"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class IntentRefused:
    """
    An intent that must not become an order.

    ``okx_code`` is what OKX would answer to it, None where OKX would take it or has no say. ``intent`` is the intent as
    far as it was resolved. ``nearest_below`` and ``nearest_above`` are base currency, where another size would do.
    """

    intent: OrderIntent
    reason: IntentRefusalReason
    text: str
    okx_code: str | None = None
    nearest_below: Decimal | None = None
    nearest_above: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ResolvedIntent:
    """
    An intent that can go out.

    ``intent`` has the unified symbol and a trade mode that is never ``margin``, and still the size that was asked for:
    each client sizes it anew. ``price`` is quote currency on the tick. ``target_currency`` and ``margin_currency`` are
    OKX's ``tgtCcy`` and ``ccy``. ``nearest_above`` is the next larger size in base currency that can be ordered; the
    one below is ``sized.base_quantity``. Why each came out as it did: `dualwitness.venues.decisions`.
    """

    asked: OrderIntent
    intent: OrderIntent
    account: AccountConfig
    instrument: Instrument
    mode: ResolvedMode
    sized: Sized
    nearest_above: Decimal
    price: Decimal | None
    target_currency: str | None
    margin_currency: str | None

    @property
    def size_unit(self) -> str:
        """What ``sized.contracts`` counts: ``contracts`` or ``base_currency``."""
        return "base_currency" if self.instrument.market_type in _PAIRS else "contracts"


def resolve_intent(
    intent: OrderIntent,
    account: AccountConfig,
    instrument: Instrument,
    *,
    margin_mode: MarginMode = MarginMode.CROSS,
    notional_usd: Decimal | None = None,
) -> ResolvedIntent | IntentRefused:
    """
    Resolve one intent, or say why not; refusals come in the order in which OKX checks.

    ``margin_mode`` is what ``TdMode.MARGIN`` stands for at this venue. ``notional_usd`` (US dollars) sizes a market
    order of an inverse contract, which is worth dollars; elsewhere it plays no part.
    """
    asked = intent
    mode_word = TdMode(margin_mode.value) if intent.td_mode is TdMode.MARGIN else intent.td_mode
    intent = intent.model_copy(update={"symbol": instrument.symbol, "td_mode": mode_word})
    refused = _circumstances(asked, intent, instrument)
    if refused is not None:
        return refused
    mode = _mode(intent, account, instrument)
    if isinstance(mode, IntentRefused):
        return mode
    refused = _leverage(intent, instrument)
    if refused is not None:
        return refused
    price = _price_on_tick(intent, instrument)
    if isinstance(price, IntentRefused):
        return price
    sizing = _sizing(intent, instrument, notional_usd)
    if isinstance(sizing, Unsizeable):
        return _unsizeable(intent, sizing)
    margin = _margin_currency(intent, instrument) if mode.currency_needed else None
    if mode.currency_needed and not margin:
        text = f"the instrument list does not name the currencies of {instrument.symbol}"
        return IntentRefused(intent, IntentRefusalReason.INSTRUMENT_INCOMPLETE, text)
    is_spot_market = instrument.market_type in _PAIRS and intent.order_type is OrderType.MARKET
    return ResolvedIntent(
        asked=asked,
        intent=intent,
        account=account,
        instrument=instrument,
        mode=mode,
        sized=sizing.sized,
        nearest_above=sizing.nearest_above,
        price=price,
        target_currency="base_ccy" if is_spot_market and not mode.currency_needed else None,
        margin_currency=margin,
    )


def _margin_currency(intent: OrderIntent, instrument: Instrument) -> str | None:
    """Quote currency margins a long and base currency a short, also where the order reduces it."""
    is_long = (intent.side is Side.LONG) is not intent.reduce_only
    return instrument.quote if is_long else instrument.base


def names_of(instrument: Instrument) -> frozenset[str]:
    """What an intent may call the instrument: unified symbol, OKX id, and shorthand (``BTCUSDT``)."""
    inst_id = instrument.venue_instrument_id
    return frozenset({instrument.symbol, inst_id, shorthand_from_okx_id(inst_id)})


def _circumstances(asked: OrderIntent, intent: OrderIntent, instrument: Instrument) -> IntentRefused | None:
    """What stands against any order of this instrument."""
    if asked.symbol not in names_of(instrument):
        text = f"the intent is for {asked.symbol}, and not for {instrument.symbol}"
        return IntentRefused(asked, IntentRefusalReason.SYMBOL, text)
    if intent.venue not in (Venue.OKX, Venue.PAPER):
        text = f"modes and sizes are known for OKX, and not for {intent.venue}"
        return IntentRefused(intent, IntentRefusalReason.VENUE, text)
    if instrument.state is InstrumentState.LIVE:
        return None
    if instrument.state is None:
        text = f"whether {instrument.symbol} is trading is not known"
        return IntentRefused(intent, IntentRefusalReason.INSTRUMENT_STATE, text)
    code = _STATE_CODES.get(instrument.state, _SUSPENDED)
    text = f"{instrument.symbol} is not trading: its state is {instrument.state}"
    return IntentRefused(intent, IntentRefusalReason.INSTRUMENT_STATE, text, code)


def _mode(intent: OrderIntent, account: AccountConfig, instrument: Instrument) -> ResolvedMode | IntentRefused:
    """Mode and leg, or the first refusal in the order in which the venue finds them."""
    level, position_mode, kind = account.account_level, account.position_mode, instrument.market_type
    if level is None or position_mode is None:
        text = "the account's level or position mode is unknown, so no trade mode can be chosen"
        return IntentRefused(intent, IntentRefusalReason.ACCOUNT_UNKNOWN, text)
    side = OrderSide.BUY if intent.side is Side.LONG else OrderSide.SELL

    def judged(
        market_type: MarketType, mode: PositionMode, side: OrderSide, *, reduces: bool
    ) -> ResolvedMode | Refusal:
        return resolve_order_mode(
            account_level=level,
            position_mode=mode,
            market_type=market_type,
            td_mode=intent.td_mode,
            side=side,
            reduce_only=reduces,
        )

    for mode in (PositionMode.NET, position_mode):  # the trade mode is looked at before the leg
        answer = judged(kind, mode, OrderSide.BUY, reduces=False)
        if isinstance(answer, Refusal):
            # OKX knows no margin instrument: a pair in cash is the spot order that it is, and may be taken.
            is_spot = kind is MarketType.MARGIN and intent.td_mode is TdMode.CASH
            said = judged(MarketType.SPOT, mode, side, reduces=intent.reduce_only) if is_spot else answer
            code = said.okx_code if isinstance(said, Refusal) else None
            return IntentRefused(intent, IntentRefusalReason.MODE, answer.text, code)
    is_margin = isinstance(answer, ResolvedMode) and answer.currency_needed
    refused = _order_type(intent, kind, is_margin=is_margin)
    if refused is not None:
        return refused
    if intent.reduce_only:
        answer = judged(kind, position_mode, OrderSide.BUY, reduces=True)
        if isinstance(answer, Refusal):
            return IntentRefused(intent, IntentRefusalReason.REDUCE_ONLY, answer.text, answer.okx_code)
    answer = judged(kind, position_mode, side, reduces=intent.reduce_only)
    if isinstance(answer, Refusal):  # what is left is the seller of an option on a spot account
        return IntentRefused(intent, IntentRefusalReason.MODE, answer.text, _OPTION_SELLER)
    return answer


def _order_type(intent: OrderIntent, kind: MarketType, *, is_margin: bool) -> IntentRefused | None:
    if intent.order_type is not OrderType.MARKET:
        return None
    if kind is MarketType.OPTION:
        text = "options take no market orders: send a limit order"
        return IntentRefused(intent, IntentRefusalReason.ORDER_TYPE, text, "51066")
    if is_margin and intent.side is Side.LONG:
        # OKX reads this size as quote currency and takes no tgtCcy (difference margin-market-buy-size-unit).
        text = "a margin market buy is sized in quote currency, and this one is asked for in base: send a limit order"
        return IntentRefused(intent, IntentRefusalReason.SIZE_UNIT, text, "59110")
    return None


def _leverage(intent: OrderIntent, instrument: Instrument) -> IntentRefused | None:
    if intent.leverage is None:
        return None
    if intent.td_mode is TdMode.CASH and intent.leverage != 1:
        text = f"leverage {intent.leverage} was asked for, and an order in cash has none"
        return IntentRefused(intent, IntentRefusalReason.LEVERAGE, text)
    if instrument.max_leverage is not None and intent.leverage > instrument.max_leverage:
        text = f"leverage {intent.leverage} is above {instrument.max_leverage}, the most that {instrument.symbol} has"
        return IntentRefused(intent, IntentRefusalReason.LEVERAGE, text)
    return None


def _price_on_tick(intent: OrderIntent, instrument: Instrument) -> Decimal | IntentRefused | None:
    """The nearest price on the tick that is no worse for us; None for a market order."""
    if intent.order_type is OrderType.MARKET or intent.price is None:
        return None
    tick = instrument.tick_size
    if tick is None or not tick.is_finite() or tick <= 0:
        text = f"the tick size of {instrument.symbol} is unknown"
        return IntentRefused(intent, IntentRefusalReason.INSTRUMENT_INCOMPLETE, text)
    steps = Fraction(intent.price) / Fraction(tick)
    whole = math.floor(steps) if intent.side is Side.LONG else math.ceil(steps)
    if whole <= 0:
        text = f"a price of {intent.price} is below one tick of {instrument.symbol}, {tick}"
        return IntentRefused(intent, IntentRefusalReason.PRICE, text, "51150")
    return _decimal(Fraction(tick) * whole)


class _Sizing(NamedTuple):
    sized: Sized
    nearest_above: Decimal


def _sizing(intent: OrderIntent, instrument: Instrument, notional_usd: Decimal | None) -> _Sizing | Unsizeable:
    in_dollars = instrument.inverse and instrument.market_type is not MarketType.OPTION and intent.price is None
    if not in_dollars or notional_usd is None or not notional_usd.is_finite() or notional_usd <= 0:
        sized = size_order(intent.size, instrument, intent.price)
        return sized if isinstance(sized, Unsizeable) else _with_nearest(sized, intent, instrument, Fraction(1))
    # Contracts worth dollars are linear in dollars; so no price is divided out and rounded on the way.
    dollars = size_order(notional_usd, instrument.model_copy(update={"linear": True, "inverse": False}))
    base_per_dollar = Fraction(intent.size) / Fraction(notional_usd)
    if isinstance(dollars, Sized):
        base = _decimal(Fraction(dollars.base_quantity) * base_per_dollar)
        sized = Sized(dollars.contracts, base, _minus(intent.size, base))
        return _with_nearest(sized, intent, instrument, base_per_dollar)
    if dollars.reason is not UnsizeableReason.BELOW_MINIMUM or dollars.nearest_above is None:
        return dollars
    above = _decimal(Fraction(dollars.nearest_above) * base_per_dollar, ROUND_CEILING)
    text = f"{intent.size} is below the smallest order of {instrument.symbol}, {above} at this price"
    return Unsizeable(dollars.reason, text, None, above)


def _with_nearest(sized: Sized, intent: OrderIntent, instrument: Instrument, base_per_dollar: Fraction) -> _Sizing:
    """The size with the next larger one that can be ordered; rounded up where it does not end, so that it can be."""
    contracts = Fraction(sized.contracts) + Fraction(instrument.lot_size or 0)
    if instrument.market_type in _PAIRS:
        worth = Fraction(1)
    else:
        worth = Fraction(instrument.contract_size or 0)
        if instrument.inverse and instrument.market_type is not MarketType.OPTION:
            worth *= base_per_dollar if intent.price is None else 1 / Fraction(intent.price)
    return _Sizing(sized, _decimal(contracts * worth, ROUND_CEILING))


def _unsizeable(intent: OrderIntent, sized: Unsizeable) -> IntentRefused:
    if sized.reason is UnsizeableReason.INSTRUMENT_INCOMPLETE:
        return IntentRefused(intent, IntentRefusalReason.INSTRUMENT_INCOMPLETE, sized.text)
    if sized.reason is UnsizeableReason.PRICE_NEEDED:
        return IntentRefused(intent, IntentRefusalReason.PRICE, sized.text)
    code = "51020" if sized.reason is UnsizeableReason.BELOW_MINIMUM else "51000"
    return IntentRefused(intent, IntentRefusalReason.SIZE, sized.text, code, sized.nearest_below, sized.nearest_above)


def _minus(left: Decimal, right: Decimal) -> Decimal:
    return Context(prec=_EXACT_DIGITS).subtract(left, right)


def _decimal(value: Fraction, rounding: str = ROUND_FLOOR) -> Decimal:
    """A fraction as a Decimal: whole where it ends, 40 digits rounded as told where it does not."""
    exact = Context(prec=_EXACT_DIGITS)
    quotient = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Context(prec=_TOLD_DIGITS, rounding=rounding).plus(quotient) if exact.flags[Inexact] else quotient
