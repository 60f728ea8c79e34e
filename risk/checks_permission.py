"""Whether this order may exist at all: its numbers and id, switches, venue, symbol, strategy and address. Pure."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

from dualwitness.models import CheckResult, InstrumentState, OrderType, Venue, shorthand_from_okx_id
from dualwitness.risk.case import Case
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
# Members and records that every order meets, looked up and made once.
_ACTIVE, _REDUCING = TradingState.ACTIVE, TradingState.REDUCING
_DEMO, _LIVE_MODE = TradingMode.DEMO, TradingMode.LIVE
_LIVE_STATE = InstrumentState.LIVE
_LIVE = _LIVE_STATE.value
_LIMIT_ORDER = OrderType.LIMIT
_SOUND = passed("numbers", "sound", "finite and above zero")
_NAMED = passed("client_order_id", "named", "named, once")
_NOT_TRIPPED = passed("kill_switch", "not tripped", "not tripped")
_IS_ACTIVE = passed("trading_state", _ACTIVE.value, _ACTIVE.value)
_MAY_REDUCE = passed("trading_state", _REDUCING.value, _ACTIVE.value)
_IN_DEMO = passed("venue_mode", _DEMO.value, _DEMO.value)
_IN_LIVE = passed("venue_mode", _LIVE_MODE.value, _LIVE_MODE.value)
_KNOWN = passed("symbol_known", _LIVE, _LIVE)
_OKX = Venue.OKX
_OKX_ENABLED = passed("venue_enabled", _OKX.value, "enabled")
_NOT_RESTRICTED = passed("allowed_ips", "not restricted", "not restricted")


def check_numbers(case: Case) -> CheckResult:
    """Size above zero, a price above zero where there is one or must be one, a leverage above zero where named."""
    intent = case.intent
    priced = case.price is not None or (intent.price is None and intent.order_type is not _LIMIT_ORDER)
    if case.size is not None and priced and (intent.leverage is None or case.leverage is not None):
        return _SOUND
    told = f"size {intent.size!s:.{_SHOWN}}, price {intent.price!s:.{_SHOWN}}, leverage {intent.leverage!s:.{_SHOWN}}"
    return failed("numbers", told, "finite and above zero", ReasonCode.INTENT_NUMBER_INVALID)


def check_client_order_id(case: Case) -> CheckResult:
    """An id of our own, never used before: without it the fate of an order cannot be asked for."""
    own_id = case.intent.client_order_id
    if not own_id:
        return failed("client_order_id", UNKNOWN, "named, once", ReasonCode.INTENT_ID_MISSING)
    if case.usage.id_is_known:
        return failed("client_order_id", own_id, "named, once", ReasonCode.INTENT_ID_REUSED)
    return _NAMED


def check_kill_switch(case: Case) -> CheckResult:
    """Nothing new once it was tripped, by file, command or program."""
    if case.usage.killed is None:
        return _NOT_TRIPPED
    return failed("kill_switch", case.usage.killed[:200], "not tripped", ReasonCode.KILL_TRIPPED)


def check_state(case: Case) -> CheckResult:
    """Everything while active, reducing orders alone while reducing, nothing while halted."""
    state = case.usage.state
    if state is _ACTIVE:
        return _IS_ACTIVE
    if state is _REDUCING and case.reducing:
        return _MAY_REDUCE
    halted = state is not _REDUCING
    reason = ReasonCode.STATE_HALTED if halted else ReasonCode.STATE_REDUCING
    return failed("trading_state", str(state), _ACTIVE, reason)


def check_venue_enabled(case: Case) -> CheckResult:
    """The venue is the one that the facts are about, and its configuration enables it."""
    venue = case.intent.venue
    if venue is not case.inputs.venue and venue != case.inputs.venue:
        return failed("venue_enabled", f"{venue}, facts of {case.inputs.venue}", "enabled", ReasonCode.VENUE_MISMATCH)
    if case.venue.enabled is not True:
        return failed("venue_enabled", venue, "enabled", ReasonCode.VENUE_DISABLED)
    return _OKX_ENABLED if venue is _OKX else passed("venue_enabled", venue, "enabled")


def check_venue_mode(case: Case) -> CheckResult:
    """Demo and live are said twice, and both say the same; live needs allow_live_orders as well."""
    mode = case.inputs.mode
    configured = _DEMO if case.venue.demo_mode else _LIVE_MODE
    if mode is not configured:
        return failed("venue_mode", str(mode), configured, ReasonCode.VENUE_MODE_MISMATCH)
    if mode is _LIVE_MODE and case.venue.allow_live_orders is not True:
        return failed("venue_mode", mode, "allow_live_orders", ReasonCode.VENUE_LIVE_FORBIDDEN)
    return _IN_DEMO if mode is _DEMO else _IN_LIVE


def check_symbol_known(case: Case) -> CheckResult:
    """The instrument is listed, is the one that the intent names, and is open for trading."""
    instrument, symbol = case.inputs.instrument, case.intent.symbol
    if instrument is None or instrument.symbol != symbol:
        return failed("symbol_known", symbol[:_SHOWN], _LIVE, ReasonCode.SYMBOL_UNKNOWN)
    if instrument.state is not _LIVE_STATE:
        told = UNKNOWN if instrument.state is None else instrument.state
        return failed("symbol_known", told, _LIVE, ReasonCode.SYMBOL_NOT_LIVE)
    return _KNOWN


def check_symbol_allowed(case: Case) -> CheckResult:
    """The instrument stands in ``allowed_symbols``, by unified symbol, venue id or shorthand."""
    instrument, allowed = case.inputs.instrument, case.venue.allowed_symbols
    if instrument is None:
        return failed("allowed_symbols", UNKNOWN, _listed(allowed), ReasonCode.SYMBOL_NOT_ALLOWED)
    name = instrument.venue_instrument_id
    if _shorthand(name) in allowed or instrument.symbol in allowed or name in allowed:
        return _on_list("allowed_symbols", instrument.symbol, allowed)
    return failed("allowed_symbols", instrument.symbol, _listed(allowed), ReasonCode.SYMBOL_NOT_ALLOWED)


def check_strategy(case: Case) -> CheckResult:
    """Each order is some strategy's, and the strategy may trade here."""
    strategy, allowed = case.intent.strategy, case.venue.allowed_strategies
    if strategy is not None and strategy in allowed:
        return _on_list("allowed_strategies", strategy, allowed)
    told = UNKNOWN if strategy is None else strategy[:_SHOWN]
    return failed("allowed_strategies", told, _listed(allowed), ReasonCode.STRATEGY_NOT_ALLOWED)


def check_ip(case: Case) -> CheckResult:
    """Where addresses are restricted, our own is known and on the list."""
    if not case.limits.enable_ip_restrictions:
        return _NOT_RESTRICTED
    own, allowed = case.inputs.own_ip, case.limits.allowed_ips
    if not own:
        return failed("allowed_ips", UNKNOWN, _listed(allowed), ReasonCode.IP_UNKNOWN)
    if _is_inside(own, allowed):
        return passed("allowed_ips", own, _listed(allowed))
    return failed("allowed_ips", own[:_SHOWN], _listed(allowed), ReasonCode.IP_NOT_ALLOWED)


@lru_cache(maxsize=2048)
def _on_list(rule: str, name: str, allowed: tuple[str, ...]) -> CheckResult:
    return passed(rule, name, _listed(allowed))


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
