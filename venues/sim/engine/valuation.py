"""
What contracts are worth: notional, unrealised profit, margin, liquidation and break-even price.

All in the settlement currency, all pure. The formulas were checked against recorded answers (okx-v5-facts section 9).
Maintenance rates are those of the position's tier (`tiers`); the first ones are seen in recorded rows (0.4 % on BTC,
0.65 % on LTC). Options carry no recorded example: a short one is margined at 15 % (maintenance 7.5 %) of the underlying
plus its mark price.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.tiers import tier_of

__all__ = [
    "break_even_price",
    "liquidation_price",
    "maintenance_margin",
    "opening_margin",
    "profit",
    "settle_value",
]

_OPTION_INITIAL = Decimal("0.15")
_OPTION_MAINTENANCE = Decimal("0.075")


@exact
def settle_value(instrument: SimInstrument, contracts: Decimal, px: Decimal) -> Decimal:
    """Unsigned value of ``contracts`` at ``px``: linear (and option premium) n × size × px, inverse n × size ÷ px."""
    amount = abs(contracts) * instrument.contract_size
    return amount / px if instrument.inverse else amount * px


@exact
def profit(instrument: SimInstrument, contracts: Decimal, entry_px: Decimal, px: Decimal) -> Decimal:
    """Profit of signed ``contracts`` entered at ``entry_px`` when valued at ``px``."""
    amount = contracts * instrument.contract_size
    return amount * (1 / entry_px - 1 / px) if instrument.inverse else amount * (px - entry_px)


@exact
def opening_margin(instrument: SimInstrument, contracts: Decimal, px: Decimal, lever: Decimal) -> Decimal:
    """Initial margin of signed ``contracts`` at ``px``; a bought option needs none, its premium is paid."""
    if instrument.inst_type == "OPTION":
        return ZERO if contracts > 0 else abs(contracts) * instrument.contract_size * (_OPTION_INITIAL + px)
    return settle_value(instrument, contracts, px) / lever


@exact
def maintenance_margin(instrument: SimInstrument, contracts: Decimal, px: Decimal) -> Decimal:
    """Margin below which the position is liquidated."""
    if instrument.inst_type == "OPTION":
        return ZERO if contracts > 0 else abs(contracts) * instrument.contract_size * (_OPTION_MAINTENANCE + px)
    return settle_value(instrument, contracts, px) * tier_of(instrument, abs(contracts)).mmr


@exact
def liquidation_price(
    instrument: SimInstrument, contracts: Decimal, entry_px: Decimal, buffer: Decimal, taker: Decimal
) -> Decimal | None:
    """
    Price where ``buffer`` + profit = maintenance margin + closing fee, one tick to the safe side; None if none is.

    ``buffer`` is the isolated margin, or what cross margin leaves to this position.
    """
    if not contracts or instrument.inst_type == "OPTION":
        return None
    sign = 1 if contracts > 0 else -1
    amount = abs(contracts) * instrument.contract_size
    rate = tier_of(instrument, abs(contracts)).mmr + taker
    if instrument.inverse:
        below = amount / entry_px + sign * buffer
        px = amount * (1 + sign * rate) / below if below > 0 else ZERO
    else:
        px = (amount * entry_px - sign * buffer) / (amount * (1 - sign * rate))
    return px + sign * instrument.tick_sz if px > 0 else None


@exact
def break_even_price(
    instrument: SimInstrument, contracts: Decimal, entry_px: Decimal, realized: Decimal, taker: Decimal
) -> Decimal | None:
    """Price at which closing, fee included, leaves nothing won or lost; None for options and where none exists."""
    if not contracts or instrument.inst_type == "OPTION":
        return None
    sign = 1 if contracts > 0 else -1
    amount = abs(contracts) * instrument.contract_size
    if instrument.inverse:
        below = amount / entry_px + sign * realized
        return amount * (1 + sign * taker) / below if below > 0 else None
    return (amount * entry_px - sign * realized) / (amount * (1 - sign * taker))
