"""
What a MARGIN position is worth, in its margin currency: profit, requirements and the price that liquidates it.

Formulas found from the documented long position (OKX docs v5, account/positions): its ``upl``, ``uplRatio``,
``mgnRatio`` and ``liqPx`` follow from them to the last digit.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.margin_leg import held_currency, owed
from dualwitness.venues.sim.tiers import tier_of

__all__ = [
    "closing_cost",
    "debt_value",
    "held_amount",
    "maintenance_rate",
    "margin_liquidation_price",
    "margin_maintenance",
    "margin_profit",
    "stake",
]


def held_amount(leg: Leg) -> Decimal:
    """OKX's pos, in posCcy: the assets, and the isolated margin where it is the same currency."""
    own = leg.margin if leg.isolated and leg.margin_ccy == held_currency(leg) else ZERO
    return leg.assets + own


def _in_quote(leg: Leg) -> bool:
    return leg.margin_ccy == leg.instrument.quote_ccy


@exact
def debt_value(leg: Leg, px: Decimal) -> Decimal:
    """What is owed, valued at ``px`` in the margin currency."""
    if leg.long:
        return owed(leg) if _in_quote(leg) else owed(leg) / px
    return owed(leg) * px if _in_quote(leg) else owed(leg)


@exact
def margin_profit(leg: Leg, px: Decimal) -> Decimal:
    """Assets less debt: fees and interest are in it, the margin is not."""
    if leg.long:
        assets = leg.assets * px if _in_quote(leg) else leg.assets
    else:
        assets = leg.assets if _in_quote(leg) else leg.assets / px
    return assets - debt_value(leg, px)


@exact
def stake(leg: Leg) -> Decimal:
    """What uplRatio divides by: the margin, or what cross margin put aside when the position was opened."""
    if leg.isolated:
        return leg.margin
    entered = leg.entry_value if _in_quote(leg) else abs(leg.contracts)
    return entered / leg.lever


def maintenance_rate(leg: Leg) -> Decimal:
    """Of the tier that the position's size in base currency falls into."""
    return tier_of(leg.instrument, abs(leg.contracts)).mmr


@exact
def margin_maintenance(leg: Leg, px: Decimal, rate: Decimal | None = None) -> Decimal:
    """Maintenance margin: the debt's value times the tier's rate."""
    return debt_value(leg, px) * (maintenance_rate(leg) if rate is None else rate)


@exact
def closing_cost(leg: Leg, px: Decimal, taker: Decimal, rate: Decimal | None = None) -> Decimal:
    """Fee for buying or selling back the debt with its maintenance margin."""
    return (debt_value(leg, px) + margin_maintenance(leg, px, rate)) * taker


@exact
def margin_liquidation_price(leg: Leg, buffer: Decimal, taker: Decimal, rate: Decimal | None = None) -> Decimal | None:
    """
    Price where assets and ``buffer`` are just the debt, its maintenance margin and the closing fee; None if none is.

    ``buffer`` is in the margin currency: the isolated margin, or what cross margin leaves to this position.
    """
    needed = owed(leg) * (1 + (maintenance_rate(leg) if rate is None else rate)) * (1 + taker)
    if leg.long:
        over, under = (needed - buffer, leg.assets) if _in_quote(leg) else (needed, leg.assets + buffer)
    else:
        over, under = (leg.assets + buffer, needed) if _in_quote(leg) else (leg.assets, needed - buffer)
    return over / under if over > 0 and under > 0 else None
