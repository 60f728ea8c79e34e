"""The band of prices a limit order may have."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.numbers import ceil_to, floor_to

__all__ = ["price_band"]

# Widths of the order OKX publishes in `public/price-limit`: contracts follow the mark closely, spot is wider, an
# option's premium can multiply within a day.
_WIDTH = {"SWAP": Decimal("0.03"), "FUTURES": Decimal("0.03"), "SPOT": Decimal("0.05"), "MARGIN": Decimal("0.05")}
_OPTION_WIDTH = Decimal("0.5")


def price_band(instrument: SimInstrument, mark: Decimal) -> tuple[Decimal, Decimal]:
    """The highest price to buy at and the lowest to sell at, on tick; the lowest is at least one tick."""
    width = mark * _WIDTH.get(instrument.inst_type, _OPTION_WIDTH)
    tick = instrument.tick_sz
    return ceil_to(mark + width, tick), max(floor_to(mark - width, tick), tick)
