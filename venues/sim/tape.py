"""
What was traded: volumes that add up over any split of time, and the public trades they consist of.

A liquid market trades once a second, a sparse one at second 0, 59 and the two turns of each minute; trade ids count
without a gap. Sizes of a minute's trades sum to its volume, their prices are the path at their second.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from dualwitness.venues.sim import path, prices
from dualwitness.venues.sim.activity import activity_ms
from dualwitness.venues.sim.book import taker_side
from dualwitness.venues.sim.draws import noise
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.pace import RATE_SCALE, pace_of
from dualwitness.venues.sim.world import World

__all__ = ["Print", "Traded", "Volume", "last_size", "prints", "traded", "volume_of"]

# Trades are numbered from this minute on.
_FIRST_MINUTE = 1_480_000_000 // path.MINUTE_S
_ALL = tuple(range(path.MINUTE_S))


class Volume(NamedTuple):
    """What was traded in a stretch of time: contracts (base for a pair), base currency, quote currency."""

    contracts: Decimal
    base: Decimal
    quote: Decimal


class Print(NamedTuple):
    """One public trade; ``side`` is the taker's."""

    trade_id: int
    px: Decimal
    sz: Decimal
    side: str
    ts_ms: int


class Traded(NamedTuple):
    """What was traded up to a moment: lots, milliseconds of activity, and the path's integral over it."""

    lots: int
    activity: int
    worth: int


class _Minute(NamedTuple):
    """The seconds that trade and, after each of the 60, the lots traded and their sum of lots times path."""

    seconds: tuple[int, ...]
    lots: tuple[int, ...]
    worth: tuple[int, ...]


def _lots_at(world: World, instrument: SimInstrument, minute: int) -> int:
    name = prices.name_of(instrument)
    return activity_ms(world.seed, name, minute * path.MINUTE_S) * pace_of(world, instrument).rate // RATE_SCALE


def _seconds(world: World, instrument: SimInstrument, minute: int) -> tuple[int, ...]:
    if not pace_of(world, instrument).sparse:
        return _ALL
    return (0, *path.minute(world.seed, prices.name_of(instrument), minute).turns, path.MINUTE_S - 1)


@lru_cache(maxsize=2_048)
def _minute(world: World, instrument: SimInstrument, minute: int) -> _Minute:
    """Give every trade its least size, and the rest of the minute's lots by chance: few large, many small."""
    pace, seconds = pace_of(world, instrument), _seconds(world, instrument, minute)
    spare = (
        _lots_at(world, instrument, minute + 1) - _lots_at(world, instrument, minute) - pace.least_lots * len(seconds)
    )
    chance = noise(world.seed, f"sizes/{instrument.inst_id}", minute, path.MINUTE_S)
    weights = [(byte + 1) ** 3 for byte in chance[: len(seconds)]]
    levels = path.minute(world.seed, prices.name_of(instrument), minute).levels
    whole, seen, lots, worth = sum(weights), 0, [0], [0]
    place = 0
    for second in _ALL:
        size = 0
        if place < len(seconds) and seconds[place] == second:
            before = spare * seen // whole
            seen += weights[place]
            size = pace.least_lots + spare * seen // whole - before
            place += 1
        lots.append(lots[-1] + size)
        worth.append(worth[-1] + size * levels[second])
    return _Minute(seconds, tuple(lots), tuple(worth))


def _inside(world: World, instrument: SimInstrument, at_s: int) -> Traded:
    """What was traded in the minute of ``at_s`` before it."""
    index, place = divmod(at_s, path.MINUTE_S)
    if place == 0:
        return Traded(0, 0, 0)
    sizes, name = _minute(world, instrument, index), prices.name_of(instrument)
    length = activity_ms(world.seed, name, (index + 1) * 60) - activity_ms(world.seed, name, index * 60)
    worth = path.minute(world.seed, name, index).worth * sizes.worth[place] // (sizes.worth[-1] or 1)
    return Traded(sizes.lots[place], length * sizes.lots[place] // (sizes.lots[-1] or 1), worth)


def traded(world: World, instrument: SimInstrument, start_s: int, end_s: int) -> Traded:
    """What was traded from ``start_s`` up to but without ``end_s``; adjacent stretches add up exactly."""
    first_s, last_s = start_s // path.MINUTE_S * path.MINUTE_S, end_s // path.MINUTE_S * path.MINUTE_S
    name = prices.name_of(instrument)
    whole = path.stretch(world.seed, name, first_s, last_s)
    lots = _lots_at(world, instrument, last_s // 60) - _lots_at(world, instrument, first_s // 60)
    activity = activity_ms(world.seed, name, last_s) - activity_ms(world.seed, name, first_s)
    head, tail = _inside(world, instrument, start_s), _inside(world, instrument, end_s)
    return Traded(
        lots - head.lots + tail.lots,
        activity - head.activity + tail.activity,
        (whole.worth if whole else 0) - head.worth + tail.worth,
    )


def volume_of(instrument: SimInstrument, contracts: Decimal, average: Decimal) -> Volume:
    """The three units of a volume traded at about ``average`` (OKX market/candles: vol, volCcy, volCcyQuote)."""
    fine = Decimal("0.00000001")
    amount = contracts * instrument.contract_size
    if instrument.inverse:
        return Volume(contracts, (amount / average).quantize(fine), amount)
    return Volume(contracts, amount, (amount * average).quantize(fine))


def _print(world: World, instrument: SimInstrument, minute: int, place: int) -> Print:
    sizes = _minute(world, instrument, minute)
    second = sizes.seconds[place]
    at_s = minute * path.MINUTE_S + second
    return Print(
        (minute - _FIRST_MINUTE) * len(sizes.seconds) + place + 1,
        prices.last(world, instrument, at_s),
        (sizes.lots[second + 1] - sizes.lots[second]) * instrument.lot_sz,
        taker_side(world, instrument, at_s),
        at_s * 1000,
    )


def _backwards(world: World, instrument: SimInstrument, at_s: int) -> Iterator[tuple[int, int]]:
    """Minute and place of the trades at or before a second, newest first."""
    minute, second = divmod(at_s, path.MINUTE_S)
    place = sum(one <= second for one in _seconds(world, instrument, minute)) - 1
    count = 4 if pace_of(world, instrument).sparse else path.MINUTE_S
    while True:
        yield minute, place
        if place == 0:
            minute, place = minute - 1, count
        place -= 1


def last_size(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The size of the latest trade at a second."""
    return _print(world, instrument, *next(_backwards(world, instrument, at_s))).sz


def prints(
    world: World,
    instrument: SimInstrument,
    now_s: int,
    limit: int,
    *,
    older_than_id: int | None = None,
    newer_than_id: int | None = None,
    older_than_ms: int | None = None,
) -> tuple[Print, ...]:
    """The newest public trades, newest first, none before the listing; both ids and the moment are exclusive."""
    count = 4 if pace_of(world, instrument).sparse else path.MINUTE_S
    newest_s = now_s if older_than_ms is None else min(now_s, (older_than_ms - 1) // 1000)
    if older_than_id is not None:
        index, place = divmod(max(older_than_id, 1) - 1, count)
        # The id's own second is not older than the last second of the minute before, nor than its own minute's end.
        newest_s = min(newest_s, (_FIRST_MINUTE + index) * path.MINUTE_S + (path.MINUTE_S - 1 if place else -1))
    found: list[Print] = []
    for minute, place in _backwards(world, instrument, newest_s):
        trade_id = (minute - _FIRST_MINUTE) * count + place + 1
        stale = minute * path.MINUTE_S < instrument.list_time_ms // 1000 or trade_id < 1
        if len(found) >= limit or stale or (newer_than_id is not None and trade_id <= newer_than_id):
            break
        if older_than_id is None or trade_id < older_than_id:
            found.append(_print(world, instrument, minute, place))
    return tuple(found)
