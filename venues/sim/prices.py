"""
The venue's prices: a pure function of the world, the instrument and the second.

Every instrument follows the path of its coin, so that spot, swaps, futures and options of one coin agree with each
other at any moment. What turns the path into a price is fixed for a day and never reverses an order, so the high of a
path is the high of the price (the low, for a put). At second 0 of a UTC day the day before still counts: days touch.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from dualwitness.venues.sim import path
from dualwitness.venues.sim.draws import signed
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.numbers import round_to
from dualwitness.venues.sim.pace import pace_of
from dualwitness.venues.sim.world import World, path_name

__all__ = [
    "DAY_S",
    "Kind",
    "Slopes",
    "day_of",
    "index",
    "last",
    "mark",
    "name_of",
    "price_of",
    "slopes",
    "traded_s",
    "usd",
]

DAY_S = 86_400
Kind = Literal["last", "mark", "index"]

_PAIR_BASIS = Decimal("0.00005")
_BASIS = Decimal("0.0003")
_MARK_GAP = Decimal("0.0001")
_CARRY_PER_YEAR = Decimal("0.05")
_VOLATILITY_PER_YEAR = Decimal("0.6")
_YEAR_S = Decimal(365 * DAY_S)
_LONGEST_YEARS = Decimal(4)


class Slopes(NamedTuple):
    """Last (of an option: its forward), mark and index price per unit of the path, for one instrument and day."""

    last: Decimal
    mark: Decimal
    spot: Decimal


@lru_cache(maxsize=4_096)
def name_of(instrument: SimInstrument) -> str:
    """The path an instrument follows."""
    return path_name(instrument.base_ccy, instrument.quote_ccy)


def day_of(at_s: int) -> int:
    """The UTC day whose rules a second follows, in days since the epoch."""
    return (at_s - 1) // DAY_S


@lru_cache(maxsize=4_096)
def _years_left(instrument: SimInstrument, day: int) -> Decimal:
    if instrument.exp_time_ms is None or instrument.rule_type == "xperp":
        return Decimal(0)
    # Never zero: an option's time value divides by it.
    left = Decimal(max(instrument.exp_time_ms // 1000 - day * DAY_S, DAY_S)) / _YEAR_S
    return min(left, _LONGEST_YEARS)


@lru_cache(maxsize=8_192)
def slopes(world: World, instrument: SimInstrument, day: int, phase: int) -> Slopes:
    """How the path becomes prices on a day after so many shocks."""
    base, quote = instrument.base_ccy, instrument.quote_ccy
    ratio = world.openings[base] / world.openings[quote] / path.UNIT
    if phase:
        ratio = ratio * world.multiplier(base, phase) / world.multiplier(quote, phase)
    label = f"basis/{instrument.inst_id}"
    basis = signed(world.seed, label, day)
    if instrument.is_spot:
        return Slopes(ratio * (1 + _PAIR_BASIS * basis), ratio, ratio)
    fair = ratio * (1 + _CARRY_PER_YEAR * _years_left(instrument, day) + _BASIS * basis)
    return Slopes(fair, fair * (1 + _MARK_GAP * signed(world.seed, f"mark/{instrument.inst_id}", day)), ratio)


@lru_cache(maxsize=4_096)
def _spread(instrument: SimInstrument, day: int) -> Decimal:
    return _VOLATILITY_PER_YEAR * _years_left(instrument, day).sqrt()


def _premium(instrument: SimInstrument, forward: Decimal, day: int) -> Decimal:
    """
    An option's price: intrinsic value plus a time value that decays away from the money; in coin, or in dollars.

    Never falls with the forward for a call, never rises for a put: the time value's slope stays below 1.
    """
    strike = instrument.strike or forward
    spread = _spread(instrument, day)
    moneyness = (forward - strike) / forward
    time_value = Decimal("0.4") * spread / (1 + (moneyness / spread) ** 2)
    dollars = instrument.ct_type == "linear"
    edge = forward - strike if dollars else moneyness
    intrinsic = max(edge if instrument.opt_type == "C" else -edge, Decimal(0))
    return intrinsic + (time_value * strike if dollars else time_value)


def price_of(world: World, instrument: SimInstrument, kind: Kind, level: int, day: int, phase: int) -> Decimal:
    """The price at a level of the path, on tick; the index ten times finer, an option's (its coin's) to the cent."""
    rules, tick = slopes(world, instrument, day, phase), instrument.tick_sz
    if kind == "index":
        return round_to(rules.spot * level, Decimal("0.01") if instrument.inst_type == "OPTION" else tick / 10)
    fair = (rules.last if kind == "last" else rules.mark) * level
    if instrument.inst_type == "OPTION":
        fair = _premium(instrument, fair, day)
    return max(round_to(fair, tick), tick)


def traded_s(world: World, instrument: SimInstrument, at_s: int) -> int:
    """The second of the latest trade: this one, or in a sparse market the turn of the minute it follows."""
    if not pace_of(world, instrument).sparse:
        return at_s
    index, place = divmod(at_s, path.MINUTE_S)
    turns = path.minute(world.seed, name_of(instrument), index).turns
    return index * path.MINUTE_S + max(turn for turn in (0, *turns, path.MINUTE_S - 1) if turn <= place)


def _level(world: World, name: str, at_s: int) -> int:
    return path.minute(world.seed, name, at_s // path.MINUTE_S).levels[at_s % path.MINUTE_S]


def _at(world: World, instrument: SimInstrument, kind: Kind, at_s: int) -> Decimal:
    level = _level(world, name_of(instrument), at_s)
    return price_of(world, instrument, kind, level, day_of(at_s), world.phase(at_s))


@lru_cache(maxsize=16_384)
def last(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The price of the latest trade, on tick."""
    return _at(world, instrument, "last", traded_s(world, instrument, at_s))


@lru_cache(maxsize=16_384)
def mark(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The mark price, on tick; a pair's is its index."""
    return _at(world, instrument, "mark", at_s)


@lru_cache(maxsize=16_384)
def index(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The index of its underlying pair, ten times finer than the pair's tick; an option's is the coin's."""
    return _at(world, instrument, "index", at_s)


@lru_cache(maxsize=16_384)
def usd(world: World, ccy: str, at_s: int) -> Decimal:
    """What one unit of ``ccy`` is worth in dollars at a second of venue time, to ten digits. Raises KeyError."""
    dollars = world.openings[ccy]
    phase = world.phase(at_s)
    if phase:
        dollars *= world.multiplier(ccy, phase)
    name = path_name(ccy, "USD")
    if not name:
        return dollars
    whole = dollars * _level(world, name, at_s) / path.UNIT
    return whole.quantize(Decimal(1).scaleb(min(whole.adjusted() - 9, 0)))
