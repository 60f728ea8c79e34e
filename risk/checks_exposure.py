"""What the account would hold and has lost: position, its quality, what may still be filled, the day's loss. Pure."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import CheckResult, PositionsQuality
from dualwitness.risk.case import UP, Case, moment, signed
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.rule import UNKNOWN, failed, held, passed

__all__ = [
    "check_daily_loss",
    "check_position_quality",
    "check_position_size",
    "check_reduce_only",
    "check_symbol_notional",
]

_ZERO = Decimal(0)
_add = UP.add
_RELIABLE = PositionsQuality.RELIABLE
_BELIEVED = frozenset({_RELIABLE, PositionsQuality.RECONSTRUCTED_FROM_FILLS})
_BELIEVED_TEXT = "reliable or reconstructed_from_fills"
_UNCONTRADICTED = "no evidence against it"
_REDUCES = "reduces"
_IS_RELIABLE = passed("positions_quality", _RELIABLE.value, _BELIEVED_TEXT)
_OPENS = passed("reduce_only", "opens", "a known position shrinks")


def check_position_quality(case: Case) -> CheckResult:
    """The position is known, believed and fresh; an order that reduces it may build on what was last known."""
    quality, limit = case.inputs.positions_quality, case.limits.max_position_age_ms
    told = UNKNOWN if quality is None else quality
    if case.reducing:
        return passed("positions_quality", told, _BELIEVED_TEXT)
    believed = quality is _RELIABLE or quality in _BELIEVED
    if quality is None or case.held_long is None:
        reason = ReasonCode.POSITION_UNKNOWN if believed or quality is None else ReasonCode.POSITION_UNRELIABLE
        return failed("positions_quality", told, _BELIEVED_TEXT, reason)
    if not believed:
        return failed("positions_quality", told, _BELIEVED_TEXT, ReasonCode.POSITION_UNRELIABLE)
    if case.inputs.only_reducing:
        return failed("positions_quality", told, _UNCONTRADICTED, ReasonCode.POSITION_CONTRADICTED)
    at = moment(case.inputs.position_ts_ms)
    if at is None or case.now_ms - at > limit:
        return failed("positions_quality", f"{told}, too old", f"{limit} ms", ReasonCode.POSITION_STALE)
    return _IS_RELIABLE if quality is _RELIABLE else passed("positions_quality", told, _BELIEVED_TEXT)


def check_reduce_only(case: Case) -> CheckResult:
    """An order that says it reduces really does, after all those that reduce before it."""
    if case.intent.reduce_only is False:
        return _OPENS
    if case.reducing:
        return passed("reduce_only", _REDUCES, "a known position shrinks")
    there = case.held_short if case.buys else case.held_long
    told = UNKNOWN if there is None else str(there)
    return failed("reduce_only", told, "a known position shrinks", ReasonCode.REDUCE_NOT_SHRINKING)


def check_symbol_notional(case: Case) -> CheckResult:
    """Position, orders of both sides and this order together; what was sent counts until its fate is known."""
    limit = case.venue.max_notional_per_symbol_usd
    if case.reducing:
        return passed("max_notional_per_symbol_usd", _REDUCES, str(limit))
    long, short, notional = case.held_long_usd, case.held_short_usd, case.notional_usd
    if long is None or short is None or notional is None:
        reason = ReasonCode.NOTIONAL_UNKNOWN if notional is None else ReasonCode.POSITION_UNKNOWN
        return failed("max_notional_per_symbol_usd", UNKNOWN, str(limit), reason)
    opened = _add(case.usage.open_long_usd, case.usage.open_short_usd)
    total = _add(_add(_add(long, short), opened), notional)
    if total > limit:
        reason = ReasonCode.NOTIONAL_ABOVE_SYMBOL_LIMIT
        return failed("max_notional_per_symbol_usd", str(total), str(limit), reason)
    return held("max_notional_per_symbol_usd", total, limit)


def check_position_size(case: Case) -> CheckResult:
    """The position on the order's side, if everything that may still be filled there is filled, and this order too."""
    limit = case.venue.max_position_per_symbol_usd
    if case.reducing:
        return passed("max_position_per_symbol_usd", _REDUCES, str(limit))
    there = case.held_long_usd if case.buys else case.held_short_usd
    if there is None or case.notional_usd is None:
        reason = ReasonCode.NOTIONAL_UNKNOWN if case.notional_usd is None else ReasonCode.POSITION_UNKNOWN
        return failed("max_position_per_symbol_usd", UNKNOWN, str(limit), reason)
    opened = case.usage.open_long_usd if case.buys else case.usage.open_short_usd
    total = _add(_add(there, opened), case.notional_usd)
    if total > limit:
        return failed("max_position_per_symbol_usd", str(total), str(limit), ReasonCode.POSITION_ABOVE_LIMIT)
    return held("max_position_per_symbol_usd", total, limit)


def check_daily_loss(case: Case) -> CheckResult:
    """The worst of the venue day, realised and unrealised, is above the limit, known, and known lately."""
    limit = case.limits.max_daily_loss_usd
    if case.reducing:
        return passed("max_daily_loss_usd", _REDUCES, str(limit))
    now, noted = _loss_now(case), case.usage.day_loss_usd
    if now is None and noted is None:
        return failed("max_daily_loss_usd", UNKNOWN, str(limit), ReasonCode.LOSS_UNKNOWN)
    loss = _ZERO if noted is None or noted < 0 else noted
    if now is not None and now > loss:
        loss = now
    if loss >= limit:
        return failed("max_daily_loss_usd", str(loss), str(limit), ReasonCode.LOSS_LIMIT_REACHED)
    at = case.usage.day_loss_ts_ms
    if now is None and (at is None or case.now_ms - at > case.limits.max_pnl_age_ms):
        return failed("max_daily_loss_usd", f"{loss}, too old", str(limit), ReasonCode.LOSS_STALE)
    return held("max_daily_loss_usd", loss, limit)


def _loss_now(case: Case) -> Decimal | None:
    """What the inputs say that the day has lost; above zero for a loss."""
    realised, unrealised = signed(case.inputs.realised_pnl_usd), signed(case.inputs.unrealised_pnl_usd)
    if realised is None or unrealised is None:
        return None
    return _add(realised, unrealised).copy_negate()
