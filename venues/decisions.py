"""Why each word of a resolved order is what it is, for people. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models import PositionSide, Side, TdMode
from dualwitness.venues.sizing import ResolvedIntent

__all__ = ["Decided", "decisions_of"]


@dataclass(frozen=True, slots=True)
class Decided:
    """One word of the order: OKX's name for it, what is sent (None: nothing), and why."""

    field: str
    value: str | None
    why: str


def decisions_of(resolved: ResolvedIntent) -> tuple[Decided, ...]:
    """Every word whose value depends on account, instrument or configuration, in the order of OKX's documents."""
    return (
        _why_instrument(resolved),
        _why_trade_mode(resolved),
        _why_position_side(resolved),
        _why_reduce_only(resolved),
        _why_unit(resolved),
        _why_margin_currency(resolved),
        _why_leverage(resolved),
    )


def _why_instrument(resolved: ResolvedIntent) -> Decided:
    instrument, asked = resolved.instrument, resolved.asked.symbol
    name = f"{instrument.symbol}, a {instrument.market_type}"
    why = name if asked == instrument.symbol else f"{asked} names {name}"
    return Decided("instId", instrument.venue_instrument_id, why)


def _why_trade_mode(resolved: ResolvedIntent) -> Decided:
    mode = resolved.mode.td_mode
    level = f"which a {resolved.account.account_level} account may send for a {resolved.instrument.market_type}"
    if resolved.asked.td_mode is TdMode.MARGIN:
        return Decided("tdMode", str(mode), f"margin stands for {mode} by the venue's configuration, {level}")
    return Decided("tdMode", str(mode), f"as asked, {level}")


def _why_position_side(resolved: ResolvedIntent) -> Decided:
    side = resolved.mode.position_side
    if side is None:
        return Decided("posSide", None, f"a {resolved.instrument.market_type} order names no side of a position")
    if side is PositionSide.NET:
        return Decided("posSide", str(side), "the account is in net mode: one signed position an instrument")
    verb = "that reduces closes" if resolved.intent.reduce_only else "opens"
    deed = "buy" if resolved.intent.side is Side.LONG else "sell"
    return Decided("posSide", str(side), f"the account is in long/short mode: a {deed} {verb} {side}")


def _why_reduce_only(resolved: ResolvedIntent) -> Decided:
    if resolved.mode.reduce_only:
        return Decided("reduceOnly", "true", "as asked: OKX refuses what would open")
    if resolved.intent.reduce_only:
        why = f"asked for, and not sent: an order that closes {resolved.mode.position_side} can only reduce"
        return Decided("reduceOnly", None, why)
    return Decided("reduceOnly", None, "not asked for: the order may open")


def _why_unit(resolved: ResolvedIntent) -> Decided:
    if resolved.target_currency is not None:
        why = "without it OKX would read the size of a market buy as quote currency"
        return Decided("tgtCcy", resolved.target_currency, why)
    unit = resolved.size_unit.replace("_", " ")
    return Decided("tgtCcy", None, f"the size of this order is {unit} whatever is sent")


def _why_margin_currency(resolved: ResolvedIntent) -> Decided:
    if resolved.margin_currency is None:
        return Decided("ccy", None, "the order is not a margin order of a pair: it names no margin currency")
    is_long = resolved.margin_currency == resolved.instrument.quote
    deed = "quote currency margins a long" if is_long else "base currency margins a short"
    return Decided("ccy", resolved.margin_currency, f"a margin order on a futures account names its currency: {deed}")


def _why_leverage(resolved: ResolvedIntent) -> Decided:
    lever = resolved.intent.leverage
    if lever is None:
        return Decided("lever", None, "none was asked for: the account's own setting stays in force")
    return Decided("lever", None, f"no order carries leverage: {lever} must be set at the venue for this to hold")
