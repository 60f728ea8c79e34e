"""How often: orders and messages of the rolling minute, the same order again, the same trade again and again. Pure."""

from __future__ import annotations

from functools import lru_cache

from dualwitness.models import CheckResult
from dualwitness.risk.case import Case
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.rule import failed, held, passed

__all__ = ["check_duplicate", "check_messages", "check_repeats", "check_symbol_rate", "check_venue_rate"]

# Members looked up once: each look-up costs as much as a rule.
_DUPLICATE, _REPEATED = ReasonCode.INTENT_DUPLICATE, ReasonCode.STRATEGY_REPEATED
_SYMBOL_EXCEEDED, _VENUE_EXCEEDED = ReasonCode.RATE_SYMBOL_EXCEEDED, ReasonCode.RATE_VENUE_EXCEEDED
_MESSAGES_EXCEEDED = ReasonCode.RATE_MESSAGES_EXCEEDED


def check_symbol_rate(case: Case) -> CheckResult:
    """Orders for the symbol in the last minute, this one included."""
    limit = case.limits.rate_limit_per_symbol_per_minute
    return _counted("rate_limit_per_symbol_per_minute", case.usage.orders_of_symbol, limit, _SYMBOL_EXCEEDED)


def check_venue_rate(case: Case) -> CheckResult:
    """Orders for the venue in the last minute, this one included."""
    limit = case.limits.rate_limit_per_venue_per_minute
    return _counted("rate_limit_per_venue_per_minute", case.usage.orders_of_venue, limit, _VENUE_EXCEEDED)


def check_messages(case: Case) -> CheckResult:
    """Everything told to the venue about orders in the last minute, cancels and this order included."""
    limit = case.limits.max_messages_per_minute
    return _counted("max_messages_per_minute", case.usage.messages_of_venue, limit, _MESSAGES_EXCEEDED)


def check_duplicate(case: Case) -> CheckResult:
    """No order like this one was accepted a moment ago, whatever its client order id."""
    before, window_ms = case.usage.duplicates, case.limits.duplicate_window_ms
    if before:
        return failed("duplicate_window_ms", str(before), f"none in {window_ms} ms", _DUPLICATE)
    return _no_duplicate(window_ms)


def check_repeats(case: Case) -> CheckResult:
    """The strategy made no trade (venue, symbol, side) too often; once it did, it waits for a person."""
    limit = case.limits.max_repeated_executions
    if case.usage.latched:
        return failed("max_repeated_executions", "latched", str(limit), ReasonCode.STRATEGY_LATCHED)
    return _counted("max_repeated_executions", case.usage.repeats, limit, _REPEATED)


@lru_cache(maxsize=64)
def _no_duplicate(window_ms: int) -> CheckResult:
    return passed("duplicate_window_ms", "0", f"none in {window_ms} ms")


# By type as well, for equal numbers of two types are not spelled alike.
@lru_cache(maxsize=2048, typed=True)
def _within(rule: str, count: int, limit: int) -> CheckResult:
    return held(rule, count, limit)


def _counted(rule: str, before: int, limit: int, reason: ReasonCode) -> CheckResult:
    if before < limit:
        return _within(rule, before + 1, limit)
    return failed(rule, str(before + 1), str(limit), reason)
