"""Whether the order is priced and valued like one that somebody meant: clock, reference, collar, value, leverage."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal

from dualwitness.models import CheckResult
from dualwitness.risk.case import UP, Case, apart_ms, moment, positive
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.rule import UNKNOWN, failed, held, passed

__all__ = ["check_clock", "check_collar", "check_leverage", "check_reference", "check_trade_notional"]

_TOLD = Context(prec=6, rounding=ROUND_UP)
_BPS = Decimal(10_000)
_divide, _multiply, _subtract = _TOLD.divide, UP.multiply, UP.subtract
_ONE = Decimal(1)


def check_clock(case: Case) -> CheckResult:
    """The venue's time is known and near ours; the day's boundary and the age of prices are told by it."""
    limit = case.limits.max_clock_skew_ms
    apart = apart_ms(case.gathered_ms, case.venue_ms, case.usage.now_ms or case.now_ms)
    if apart is None:
        return failed("max_clock_skew_ms", UNKNOWN, str(limit), ReasonCode.CLOCK_UNKNOWN)
    if apart > limit:
        return failed("max_clock_skew_ms", str(apart), str(limit), ReasonCode.CLOCK_SKEWED)
    return held("max_clock_skew_ms", apart, limit)


def check_reference(case: Case) -> CheckResult:
    """There is a reference price, and it is fresh by the venue's clock."""
    limit, at = case.limits.max_reference_age_ms, moment(case.inputs.reference_ts_ms)
    if case.reference is None or at is None or case.venue_now_ms is None:
        return failed("max_reference_age_ms", UNKNOWN, str(limit), ReasonCode.REFERENCE_MISSING)
    age = case.venue_now_ms - at
    if age > limit or age < -limit:
        return failed("max_reference_age_ms", str(age), str(limit), ReasonCode.REFERENCE_STALE)
    return held("max_reference_age_ms", age, limit)


def check_collar(case: Case) -> CheckResult:
    """The order's own price is near the reference, on either side; a market order has none and needs the reference."""
    limit, reference, price = case.limits.max_price_deviation_bps, case.reference, case.price
    if reference is None:
        return failed("max_price_deviation_bps", UNKNOWN, str(limit), ReasonCode.REFERENCE_MISSING)
    if price is None and case.intent.price is not None:
        return failed("max_price_deviation_bps", UNKNOWN, str(limit), ReasonCode.PRICE_OUTSIDE_COLLAR)
    if price is None:
        return passed("max_price_deviation_bps", "no price of its own", str(limit))
    away = _multiply(_subtract(price, reference).copy_abs(), _BPS)
    told = _divide(away, reference)
    if away > _multiply(limit, reference):
        return failed("max_price_deviation_bps", str(told), str(limit), ReasonCode.PRICE_OUTSIDE_COLLAR)
    return held("max_price_deviation_bps", told, limit)


def check_trade_notional(case: Case) -> CheckResult:
    """One order is not worth more than one trade may be."""
    limit, notional = case.limits.max_notional_per_trade_usd, case.notional_usd
    if notional is None:
        return failed("max_notional_per_trade_usd", UNKNOWN, str(limit), ReasonCode.NOTIONAL_UNKNOWN)
    if notional > limit:
        reason = ReasonCode.NOTIONAL_ABOVE_TRADE_LIMIT
        return failed("max_notional_per_trade_usd", str(notional), str(limit), reason)
    return held("max_notional_per_trade_usd", notional, limit)


def check_leverage(case: Case) -> CheckResult:
    """Neither the leverage asked for nor the one in force is above the lowest of the three limits."""
    limit = _lowest_leverage(case)
    if case.reducing:
        return passed("max_leverage", "reduces", str(limit))
    asked = case.leverage
    unasked = case.intent.leverage is None
    if not case.margined:
        value = _ONE if unasked else asked
    else:
        value = positive(case.inputs.leverage_in_force)
        if not unasked and value is not None and (asked is None or asked >= value):
            value = asked
    if value is None:
        return failed("max_leverage", UNKNOWN, str(limit), ReasonCode.LEVERAGE_UNKNOWN)
    if value > limit:
        return failed("max_leverage", str(value), str(limit), ReasonCode.LEVERAGE_ABOVE_LIMIT)
    return held("max_leverage", value, limit)


def _lowest_leverage(case: Case) -> Decimal:
    lowest, of_venue = case.limits.max_leverage, case.venue.max_leverage
    if of_venue < lowest:  # noqa: PLR1730 - the call costs as much as a check
        lowest = of_venue
    instrument = case.inputs.instrument
    own = None if instrument is None or instrument.max_leverage is None else positive(instrument.max_leverage)
    return lowest if own is None or own > lowest else own
