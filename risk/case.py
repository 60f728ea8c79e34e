"""
One order beside everything that is known, and what follows from both: its value, the position, whether it reduces.

Whatever is no sound number becomes None here, so that a check sees either a number it may compute with or nothing.
Arithmetic is exact, and rounds away from zero where digits would not end: never towards a smaller risk.
"""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal

from dualwitness.config import RiskConfig
from dualwitness.models import MarketType, OrderIntent, Side, TdMode, base_from_contracts
from dualwitness.risk.inputs import RiskInputs, RiskUsage

__all__ = ["UP", "Case", "apart_ms", "clocks_apart_ms", "moment", "positive", "signed"]

# More digits than any product of sound numbers has.
UP = Context(prec=400, rounding=ROUND_UP)

_LARGEST_EXPONENT = 30
_SMALLEST, _BEYOND = Decimal((0, (1,), -_LARGEST_EXPONENT)), Decimal((0, (1,), _LARGEST_EXPONENT + 1))
_ZERO = Decimal(0)
_ONE = Decimal(1)
# A stable coin counts as the dollar that it promises to be; the audit does not watch the promise.
_CASH, _LONG, _OPTION, _SPOT = TdMode.CASH, Side.LONG, MarketType.OPTION, MarketType.SPOT
_add, _multiply = UP.add, UP.multiply
_DOLLARS = frozenset({"USD", "USDT", "USDC"})


def positive(value: object) -> Decimal | None:
    """The value where it is a number above zero that a price, size or leverage can be, None otherwise."""
    if isinstance(value, Decimal) and value.is_finite() and _SMALLEST <= value < _BEYOND:
        return value
    return None


def signed(value: object) -> Decimal | None:
    """The value where it is a finite number of a sane magnitude, None otherwise."""
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() <= _LARGEST_EXPONENT:
        return value
    return None


def moment(value: object) -> int | None:
    """The value where it can be a time in ms since the epoch, None otherwise."""
    return value if type(value) is int and 0 <= value < 1 << 53 else None


def clocks_apart_ms(inputs: RiskInputs, now_ms: int) -> int | None:
    """
    How far the venue's clock, ours when the facts were gathered, and ours now are apart; None where one is not known.

    Facts that were gathered long ago, and a clock that went back, are found by this as well.
    """
    return apart_ms(moment(inputs.now_ms), moment(inputs.venue_time_ms), now_ms)


def apart_ms(gathered_ms: int | None, venue_ms: int | None, now_ms: int) -> int | None:
    """The larger distance of the venue's clock, and of ours now, to ours when the facts were gathered."""
    if gathered_ms is None or venue_ms is None:
        return None
    skew_ms, age_ms = abs(venue_ms - gathered_ms), abs(now_ms - gathered_ms)
    return skew_ms if skew_ms >= age_ms else age_ms  # noqa: FURB136 - the call costs as much as a check


class Case:
    """
    An intent, its inputs, the limits and the usage, and what the checks need of them together.

    ``now_ms`` and ``venue_now_ms`` never go back. ``price`` is what the order names; ``notional_usd`` values it at the
    dearer of that and the reference. ``held_long`` and ``held_short`` are base currency, ``_usd`` is their worth at the
    reference; None where not known.
    """

    __slots__ = (
        "buys",
        "gathered_ms",
        "held_long",
        "held_long_usd",
        "held_short",
        "held_short_usd",
        "inputs",
        "intent",
        "leverage",
        "limits",
        "notional_usd",
        "now_ms",
        "price",
        "reducing",
        "reference",
        "size",
        "usage",
        "usd_per_base",
        "usd_per_quote",
        "venue",
        "venue_ms",
        "venue_now_ms",
    )

    def __init__(self, intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage) -> None:
        self.intent = intent
        self.inputs = inputs
        self.limits = limits
        self.usage = usage
        self.venue = inputs.venue_config
        self.buys = intent.side is _LONG
        self.gathered_ms = gathered_ms = moment(inputs.now_ms)
        self.venue_ms = venue_ms = moment(inputs.venue_time_ms)
        gathered_ms, now_ms = gathered_ms or 0, usage.now_ms
        self.now_ms = now_ms = max(gathered_ms, now_ms)
        self.venue_now_ms = None
        if venue_ms is not None:
            # What was gathered a while ago has aged since.
            venue_ms += now_ms - gathered_ms
            self.venue_now_ms = max(venue_ms, usage.venue_time_ms)
        self.size = positive(intent.size)
        self.price = positive(intent.price)
        self.leverage = positive(intent.leverage)
        self.reference = positive(inputs.reference_price)
        self.usd_per_quote = self._usd_per_quote()
        self.usd_per_base = self._usd_per_base()
        size, worth = self.size, self.usd_per_base
        self.notional_usd = None if size is None or worth is None else positive(_multiply(size, worth))
        self.held_long, self.held_short = self._held()
        self.held_long_usd = self._worth(self.held_long)
        self.held_short_usd = self._worth(self.held_short)
        self.reducing = intent.reduce_only is True and self._reduces()

    @property
    def margined(self) -> bool:
        """Whether the order has a leverage in force: everything but options and pairs traded in cash."""
        instrument = self.inputs.instrument
        if instrument is None or instrument.market_type is not _SPOT:
            return instrument is None or instrument.market_type is not _OPTION
        return self.intent.td_mode != _CASH

    def _worth(self, base: Decimal | None) -> Decimal | None:
        if base is None or self.reference is None or self.usd_per_quote is None:
            return None
        if not base:
            return base
        worth = _multiply(base, self.reference)
        return worth if self.usd_per_quote is _ONE else _multiply(worth, self.usd_per_quote)

    def _usd_per_quote(self) -> Decimal | None:
        given = self.inputs.usd_per_quote
        if given is not None:
            return positive(given)
        instrument = self.inputs.instrument
        return _ONE if instrument is not None and instrument.quote in _DOLLARS else None

    def _usd_per_base(self) -> Decimal | None:
        price, reference, rate = self.price, self.reference, self.usd_per_quote
        if reference is None or rate is None or (price is None and self.intent.price is not None):
            return None
        dearer = reference if price is None or price < reference else price
        return dearer if rate is _ONE else _multiply(dearer, rate)

    def _held(self) -> tuple[Decimal | None, Decimal | None]:
        inputs = self.inputs
        at = moment(inputs.position_ts_ms)
        # A position from the future could hide fills that it does not hold yet; fills bear the engine's own time.
        if at is None or at > (self.usage.now_ms or self.now_ms):
            return None, None
        if inputs.long_base is not None or inputs.short_base is not None:
            long, short = signed(inputs.long_base), signed(inputs.short_base)
            if long is None or short is None or long < 0 or short < 0:
                return None, None
            return long, short
        base = signed(self._base_from_contracts() if inputs.position_base is None else inputs.position_base)
        if base is None:
            return None, None
        return (base, _ZERO) if base >= 0 else (_ZERO, base.copy_negate())

    def _base_from_contracts(self) -> Decimal | None:
        contracts, instrument = signed(self.inputs.position_contracts), self.inputs.instrument
        if contracts is None or instrument is None:
            return None
        base = base_from_contracts(contracts, instrument, self.reference)
        return base if isinstance(base, Decimal) else None

    def _reduces(self) -> bool:
        """Whether, for an order that says it reduces, the position is there for it and all that reduce before it."""
        if self.size is None:
            return False
        held = self.held_short if self.buys else self.held_long
        before = self.usage.reducing_buy_base if self.buys else self.usage.reducing_sell_base
        return held is not None and _add(before, self.size) <= held
