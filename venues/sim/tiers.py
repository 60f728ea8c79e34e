"""
Position tiers: the larger a position, the less leverage and the more margin it needs to stay open.

Orders of magnitude are OKX's, the numbers are the venue's own: the first tier has the instrument's leverage and the
maintenance rate seen in recorded positions (0.4 % on BTC and ETH, 0.65 % on the rest), pairs on margin the documented
3 %; further tiers go down OKX's ladder of leverages and keep half of the initial rate as maintenance.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.numbers import floor_to, round_to

__all__ = ["Tier", "tier_of", "tiers_of"]

_LADDER = tuple(Decimal(lever) for lever in (100, 75, 50, 40, 30, 20, 15, 10, 8, 5, 4, 3, 2, 1))
# Upper ends of the tiers, in multiples of the first one's.
_GROWTH = (1, 2, 3, 5, 8, 12, 18, 26, 40, 60, 90, 140, 200, 300)
_LARGE_COINS = frozenset({"BTC", "ETH"})
_LARGE_COIN_RATE = Decimal("0.004")
_OTHER_RATE = Decimal("0.0065")
_PAIR_RATE = Decimal("0.03")
_PAIR_FIRST_MINIMUMS = 1_000_000
_OPTION_INITIAL = Decimal("0.15")
_OPTION_MAINTENANCE = Decimal("0.075")
_OPTION_TIERS = 5
_RATE_STEP = Decimal("0.0005")
_RATE_DIGITS = Decimal("0.0001")


class Tier(NamedTuple):
    """
    One tier: sizes from ``min_sz`` to ``max_sz`` inclusive (contracts, or base currency on a pair) and its rates.

    ``imr`` is 1 / ``max_lever`` to four digits. An option's tier has the margin rates of the underlying a short one
    is held to, and leverage 1: OKX leaves these blank there.
    """

    number: int
    min_sz: Decimal
    max_sz: Decimal
    mmr: Decimal
    imr: Decimal
    max_lever: Decimal


@lru_cache(maxsize=8_192)
def tiers_of(instrument: SimInstrument) -> tuple[Tier, ...]:
    """The tiers of an instrument, smallest sizes first, without a gap; empty for SPOT, which has no leverage."""
    if instrument.inst_type == "SPOT":
        return ()
    rates = _option_rates() if instrument.inst_type == "OPTION" else _rates(instrument)
    first = _first_end(instrument)
    tiers: list[Tier] = []
    least = Decimal(0)
    for number, (growth, (lever, initial, maintenance)) in enumerate(zip(_GROWTH, rates, strict=False), start=1):
        most = first * growth
        tiers.append(Tier(number, least, most, maintenance, initial, lever))
        least = most + instrument.lot_sz
    return tuple(tiers)


def tier_of(instrument: SimInstrument, size: Decimal) -> Tier:
    """
    The tier of a position of unsigned ``size``; the last one beyond its end, because positions outlive a limit.

    Raises ValueError for an instrument without tiers (SPOT).
    """
    tiers = tiers_of(instrument)
    if not tiers:
        message = f"{instrument.inst_type} {instrument.inst_id} has no position tiers"
        raise ValueError(message)
    return next((tier for tier in tiers if size <= tier.max_sz), tiers[-1])


def _first_end(instrument: SimInstrument) -> Decimal:
    """Up to here the full leverage: a tenth of the largest market order, on a pair a million times the smallest."""
    if instrument.is_spot:
        return max(instrument.min_sz * _PAIR_FIRST_MINIMUMS, instrument.lot_sz)
    return max(floor_to(instrument.max_mkt_sz / 10, instrument.lot_sz), instrument.lot_sz)


def _option_rates() -> list[tuple[Decimal, Decimal, Decimal]]:
    return [(Decimal(1), _OPTION_INITIAL, _OPTION_MAINTENANCE)] * _OPTION_TIERS


def _rates(instrument: SimInstrument) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Leverage, initial and maintenance rate of each tier, the instrument's own leverage first."""
    highest = Decimal(instrument.lever or 1)
    if instrument.is_spot:
        least = _PAIR_RATE
    else:
        least = _LARGE_COIN_RATE if instrument.base_ccy in _LARGE_COINS else _OTHER_RATE
    rates = [(highest, (1 / highest).quantize(_RATE_DIGITS), least)]
    for lever in _LADDER:
        if lever < highest:
            initial = (1 / lever).quantize(_RATE_DIGITS)
            rates.append((lever, initial, max(least, round_to(initial / 2, _RATE_STEP))))
    return rates
