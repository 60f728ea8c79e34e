"""Whether this order may exist at all: its numbers and id, switches, venue, symbol, strategy and address. Pure."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

from dualwitness.models import CheckResult, InstrumentState, OrderType, shorthand_from_okx_id
from dualwitness.risk.case import Case, positive
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.rule import UNKNOWN, failed, passed
from dualwitness.risk.states import TradingMode, TradingState

__all__ = [
    "check_client_order_id",
    "check_ip",
    "check_kill_switch",
    "check_numbers",
    "check_state",
    "check_strategy",
    "check_symbol_allowed",
    "check_symbol_known",
    "check_venue_enabled",
    "check_venue_mode",
]

_SHOWN = 60
_ACTIVE = TradingState.ACTIVE.value
_LIVE = InstrumentState.LIVE.value


def check_numbers(case: Case) -> CheckResult:
    """Size above zero, a price above zero where there is one or must be one, a leverage above zero where named."""
    intent = case.intent
    priced = case.price is not None or (intent.price is None and intent.order_type is not OrderType.LIMIT)
    if case.size is not None and priced and (intent.leverage is None or positive(intent.leverage) is not None):
        return passed("numbers", "sound", "finite and above zero")
    told = f"size {intent.size!s:.{_SHOWN}}, price {intent.price!s:.{_SHOWN}}, leverage {intent.leverage!s:.{_SHOWN}}"
    return failed("numbers", told, "finite and above zero", ReasonCode.INTENT_NUMBER_INVALID)


def check_client_order_id(case: Case) -> CheckResult:
    """An id of our own, never used before: without it the fate of an order cannot be asked for."""
    own_id = case.intent.client_order_id
    if not own_id:
        return failed("client_order_id", UNKNOWN, "named, once", ReasonCode.INTENT_ID_MISSING)
    if case.usage.id_is_known:
        return failed("client_order_id", own_id, "named, once", ReasonCode.INTENT_ID_REUSED)
    return passed("client_order_id", "named", "named, once")


def check_kill_switch(case: Case) -> CheckResult:
    """Nothing new once it was tripped, by file, command or program."""
    if case.usage.killed is None:
        return passed("kill_switch", "not tripped", "not tripped")
    return failed("kill_switch", case.usage.killed[:200], "not tripped", ReasonCode.KILL_TRIPPED)


def check_state(case: Case) -> CheckResult:
    """Everything while active, reducing orders alone while reducing, nothing while halted."""
    state = case.usage.state
    if state is TradingState.ACTIVE or (state is TradingState.REDUCING and case.reducing):
        return passed("trading_state", state, _ACTIVE)
    halted = state is not TradingState.REDUCING
    reason = ReasonCode.STATE_HALTED if halted else ReasonCode.STATE_REDUCING
    return failed("trading_state", str(state), _ACTIVE, reason)


def check_venue_enabled(case: Case) -> CheckResult:
    """The venue is the one that the facts are about, and its configuration enables it."""
    venue = case.intent.venue
    if venue != case.inputs.venue:
        return failed("venue_enabled", f"{venue}, facts of {case.inputs.venue}", "enabled", ReasonCode.VENUE_MISMATCH)
    if case.venue.enabled is not True:
        return failed("venue_enabled", venue, "enabled", ReasonCode.VENUE_DISABLED)
    return passed("venue_enabled", venue, "enabled")


def check_venue_mode(case: Case) -> CheckResult:
    """Demo and live are said twice, and both say the same; live needs allow_live_orders as well."""
    mode = case.inputs.mode
    configured = TradingMode.DEMO if case.venue.demo_mode else TradingMode.LIVE
    if mode is not configured:
        return failed("venue_mode", str(mode), configured, ReasonCode.VENUE_MODE_MISMATCH)
    if mode is TradingMode.LIVE and case.venue.allow_live_orders is not True:
        return failed("venue_mode", mode, "allow_live_orders", ReasonCode.VENUE_LIVE_FORBIDDEN)
    return passed("venue_mode", mode, configured)


def check_symbol_known(case: Case) -> CheckResult:
    """The instrument is listed, is the one that the intent names, and is open for trading."""
    instrument, symbol = case.inputs.instrument, case.intent.symbol
    if instrument is None or instrument.symbol != symbol:
        return failed("symbol_known", symbol[:_SHOWN], _LIVE, ReasonCode.SYMBOL_UNKNOWN)
    if instrument.state is not InstrumentState.LIVE:
        told = UNKNOWN if instrument.state is None else instrument.state
        return failed("symbol_known", told, _LIVE, ReasonCode.SYMBOL_NOT_LIVE)
    return passed("symbol_known", _LIVE, _LIVE)


def check_symbol_allowed(case: Case) -> CheckResult:
    """The instrument stands in ``allowed_symbols``, by unified symbol, venue id or shorthand."""
    instrument, allowed = case.inputs.instrument, case.venue.allowed_symbols
    if instrument is None:
        return failed("allowed_symbols", UNKNOWN, _listed(allowed), ReasonCode.SYMBOL_NOT_ALLOWED)
    name = instrument.venue_instrument_id
    if _shorthand(name) in allowed or instrument.symbol in allowed or name in allowed:
        return passed("allowed_symbols", instrument.symbol, _listed(allowed))
    return failed("allowed_symbols", instrument.symbol, _listed(allowed), ReasonCode.SYMBOL_NOT_ALLOWED)


def check_strategy(case: Case) -> CheckResult:
    """Each order is some strategy's, and the strategy may trade here."""
    strategy, allowed = case.intent.strategy, case.venue.allowed_strategies
    if strategy is not None and strategy in allowed:
        return passed("allowed_strategies", strategy, _listed(allowed))
    told = UNKNOWN if strategy is None else strategy[:_SHOWN]
    return failed("allowed_strategies", told, _listed(allowed), ReasonCode.STRATEGY_NOT_ALLOWED)


def check_ip(case: Case) -> CheckResult:
    """Where addresses are restricted, our own is known and on the list."""
    if not case.limits.enable_ip_restrictions:
        return passed("allowed_ips", "not restricted", "not restricted")
    own, allowed = case.inputs.own_ip, case.limits.allowed_ips
    if not own:
        return failed("allowed_ips", UNKNOWN, _listed(allowed), ReasonCode.IP_UNKNOWN)
    if _is_inside(own, allowed):
        return passed("allowed_ips", own, _listed(allowed))
    return failed("allowed_ips", own[:_SHOWN], _listed(allowed), ReasonCode.IP_NOT_ALLOWED)


@lru_cache(maxsize=64)
def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


@lru_cache(maxsize=4096)
def _shorthand(name: str) -> str:
    return shorthand_from_okx_id(name)


@lru_cache(maxsize=64)
def _is_inside(address: str, networks: tuple[str, ...]) -> bool:
    try:
        own = ip_address(address)
    except ValueError:
        return False
    return any(own in ip_network(network) for network in networks)
