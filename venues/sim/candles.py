"""
Candles: what happened within a bar, exactly.

A bar opens at the price its first second finds, reaches what the path reaches while it trades, and closes at its last
trade; a running one ends with the present second. Whatever changes prices within a bar (a day, a shock) cuts it into
pieces of one rule each.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from dualwitness.venues.sim import path, prices, tape
from dualwitness.venues.sim.bars import BARS, Bar, starts
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.pace import RATE_SCALE, pace_of
from dualwitness.venues.sim.world import World, world_of

__all__ = ["BARS", "NO_VOLUME", "Bar", "Candle", "candle", "starts"]

NO_VOLUME = tape.Volume(Decimal(0), Decimal(0), Decimal(0))
_VOLUME_DIGITS = 9


class Candle(NamedTuple):
    """One bar of one instrument; prices on tick, without volume if it is of the mark price or the index."""

    start_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: tape.Volume
    closed: bool


def candle(
    world: World | int,
    instrument: SimInstrument,
    start_s: int,
    end_s: int,
    now_s: int,
    kind: prices.Kind = "last",
) -> Candle:
    """
    The bar from ``start_s`` (a full minute) to ``end_s`` as known at ``now_s``; closed once its end has passed.

    A seed stands for the world of the venue's own table before any shock.
    """
    known = world if isinstance(world, World) else world_of(world)
    until_s = min(end_s, max(now_s, start_s) + 1)
    return _candle(known, instrument, start_s, until_s, kind, now_s >= end_s)


@lru_cache(maxsize=8_192)
def _candle(
    world: World, instrument: SimInstrument, start_s: int, until_s: int, kind: prices.Kind, closed: bool
) -> Candle:
    seen = list(_seen(world, instrument, start_s, until_s, kind))
    volume = _volume(world, instrument, start_s, until_s) if kind == "last" else NO_VOLUME
    return Candle(start_s, seen[0], max(seen), min(seen), seen[-1], volume, closed)


def _pieces(world: World, start_s: int, until_s: int) -> Iterator[tuple[int, int]]:
    midnights = range((start_s // prices.DAY_S + 1) * prices.DAY_S, until_s, prices.DAY_S)
    return pairwise(sorted({start_s, *midnights, *world.moments(start_s, until_s), until_s}))


def _seen(world: World, instrument: SimInstrument, start_s: int, until_s: int, kind: prices.Kind) -> Iterator[Decimal]:
    """Prices of a bar: its first, its last, and in between all that are a high or a low of a piece."""
    name, sparse = prices.name_of(instrument), kind == "last" and pace_of(world, instrument).sparse
    for from_s, to_s in _pieces(world, start_s, until_s):
        day, phase = from_s // prices.DAY_S, world.phase(from_s)
        later_s = from_s
        if from_s % prices.DAY_S == 0:
            # Second 0 still follows the day before. A whole minute reaches its extremes again after it, a part may not.
            level = path.minute(world.seed, name, from_s // path.MINUTE_S).levels[0]
            yield prices.price_of(world, instrument, kind, level, day - 1, phase)
            later_s += to_s < from_s + path.MINUTE_S
        piece = path.stretch(world.seed, name, later_s, to_s, sparse=sparse)
        if piece is not None:
            for level in (piece.open, piece.high, piece.low, piece.close):
                yield prices.price_of(world, instrument, kind, level, day, phase)


class _Weights(NamedTuple):
    """Quote currency per worth, base currency per activity and per worth: what a piece's volumes are made of."""

    quote_per_worth: Decimal
    base_per_activity: Decimal
    base_per_worth: Decimal


def _rounded(number: Decimal) -> Decimal:
    """To few digits, so that sums of products stay exact."""
    return number.quantize(Decimal(1).scaleb(number.adjusted() - _VOLUME_DIGITS)) if number else number


@lru_cache(maxsize=8_192)
def _weights(world: World, instrument: SimInstrument, day: int, phase: int) -> _Weights:
    """
    For an inverse contract, 1 / price is taken along its tangent at the day's middle: within 0.1 % on any day.

    An option's quote volume values its coins at the index.
    """
    rules = prices.slopes(world, instrument, day, phase)
    slope = rules.spot if instrument.inst_type == "OPTION" else rules.last
    amount = pace_of(world, instrument).rate * instrument.lot_sz * instrument.contract_size / RATE_SCALE
    if not instrument.inverse:
        return _Weights(_rounded(amount * slope * path.WORTH_UNIT), Decimal(0), Decimal(0))
    name, start_s = prices.name_of(instrument), day * prices.DAY_S
    ends = path.level_at(world.seed, name, start_s) + path.level_at(world.seed, name, start_s + prices.DAY_S)
    near = Decimal(ends) / 2
    per_worth = amount * path.WORTH_UNIT / slope / near / near
    return _Weights(Decimal(0), _rounded(2 * amount / slope / near), _rounded(per_worth))


def _volume(world: World, instrument: SimInstrument, start_s: int, until_s: int) -> tape.Volume:
    lots, base, quote = 0, Decimal(0), Decimal(0)
    for from_s, to_s in _pieces(world, start_s, until_s):
        part = tape.traded(world, instrument, from_s, to_s)
        weights = _weights(world, instrument, from_s // prices.DAY_S, world.phase(from_s))
        lots += part.lots
        quote += weights.quote_per_worth * part.worth
        base += weights.base_per_activity * part.activity - weights.base_per_worth * part.worth
    contracts = lots * instrument.lot_sz
    amount = contracts * instrument.contract_size
    return tape.Volume(contracts, base, amount) if instrument.inverse else tape.Volume(contracts, amount, quote)
