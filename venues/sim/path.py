"""
The path of a price through time, as a tree of nested intervals.

An interval of eight hours has an open, a close, a high and a low; it is split by chance into two of four hours and so
on down to minutes, such that neighbours touch, exactly one child reaches the high and one the low. A candle of any bar
is therefore the union of few intervals, and bars of different length agree exactly.

A path is named by its currency (``BTC``), by a pair whose two sides both move (``ETH-BTC``), or ``""``: it stands
still. Values are whole numbers in units of a thousand-millionth of the opening price. A cross path starts anew from
the ratio of its two coins every two hours and finds its own way in between: the extremes of a ratio are not the ratio
of the extremes.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from dualwitness.venues.sim.activity import activity_ms
from dualwitness.venues.sim.draws import drift, noise

__all__ = ["MINUTE_S", "UNIT", "WORTH_UNIT", "Minute", "Stretch", "level_at", "minute", "stretch"]

UNIT = 10**9
# Units of path times milliseconds of activity, in one unit of worth.
WORTH_UNIT = 10**6
MINUTE_S = 60

_Shape = tuple[int, int, int, int]
_SPANS_S = (28_800, 14_400, 7_200, 3_600, 1_800, 900, 300, 60)
_PARTS = (2, 2, 2, 2, 2, 3, 5)
_CROSS_ROOT = 2
_LEAF = len(_SPANS_S) - 1
# How far a coin wanders from its opening price at the ends of eight hours: period in seconds, size in path units.
_WAVES = ((7 * 86_400, 30_000_000), (86_400, 15_000_000), (28_800, 4_000_000))
# How far an interval of the first level reaches beyond its ends: at least, and by chance on top.
_COIN_REACH = (1_000_000, 5_000_000)
_CROSS_REACH = (300_000, 1_500_000)


class Stretch(NamedTuple):
    """A path over an interval: where it starts, ends, how high and low it gets, and its integral over activity."""

    open: int
    close: int
    high: int
    low: int
    worth: int


def _root_level(name: str) -> int:
    return _CROSS_ROOT if "-" in name else 0


@lru_cache(maxsize=16_384)
def _anchor(seed: int, name: str, at_s: int) -> int:
    """The path at a moment where it is free of its past."""
    if "-" in name:
        base, quote = name.split("-")
        return UNIT * level_at(seed, base, at_s) // level_at(seed, quote, at_s)
    return UNIT + sum(drift(seed, f"path/{name}", period_s, at_s, size) for period_s, size in _WAVES)


def level_at(seed: int, name: str, at_s: int) -> int:
    """The path at a full two hours (``at_s`` a multiple of 7,200)."""
    if not name:
        return UNIT
    if "-" in name or at_s % _SPANS_S[0] == 0:
        return _anchor(seed, name, at_s)
    return _node(seed, name, _CROSS_ROOT, at_s // _SPANS_S[_CROSS_ROOT]).open


def _activity(seed: int, name: str, level: int, index: int) -> int:
    span_s = _SPANS_S[level]
    return activity_ms(seed, name, (index + 1) * span_s) - activity_ms(seed, name, index * span_s)


@lru_cache(maxsize=16_384)
def _root(seed: int, name: str, index: int) -> Stretch:
    level = _root_level(name)
    span_s = _SPANS_S[level]
    start, end = _anchor(seed, name, index * span_s), _anchor(seed, name, (index + 1) * span_s)
    chance = noise(seed, f"reach/{name}", index, 8)
    least, most = _CROSS_REACH if "-" in name else _COIN_REACH
    high = max(start, end) + least + most * int.from_bytes(chance[:4], "big") // 2**32
    low = min(start, end) - least - most * int.from_bytes(chance[4:], "big") // 2**32
    worth = (start + end + high + low) * _activity(seed, name, level, index) // (4 * WORTH_UNIT)
    return Stretch(start, end, high, low, worth)


def _node(seed: int, name: str, level: int, index: int) -> Stretch:
    if level == _root_level(name):
        return _root(seed, name, index)
    parent, child = divmod(index, _PARTS[level - 1])
    return _children(seed, name, level - 1, parent)[child]


@lru_cache(maxsize=16_384)
def _children(seed: int, name: str, level: int, index: int) -> tuple[Stretch, ...]:
    parent, parts = _node(seed, name, level, index), _PARTS[level]
    chance = noise(seed, f"split/{name}/{level}", index, 24)
    first = chance[1] % (parts - 1)
    second = first + 1 + chance[2] % (parts - 1 - first)
    low_at, high_at = (first, second) if _falls_first(parent, chance[0]) else (second, first)
    lengths = [_activity(seed, name, level + 1, index * parts + child) for child in range(parts)]
    ends = _ends(parent, parts, low_at, high_at, chance)
    shapes = _shapes(parent, ends, low_at, high_at, chance)
    # Where the children touch decides their mean: two steps bring it to what the parent's integral demands.
    for _ in range(2):
        missing = parent.worth - sum(_guesses(shapes, lengths))
        step = 2 * missing * WORTH_UNIT * parts // ((parts - 1) * sum(lengths))
        inner = [min(max(end + step, parent.low), parent.high) for end in ends[1:-1]]
        ends = [parent.open, *inner, parent.close]
        shapes = _shapes(parent, ends, low_at, high_at, chance)
    worths = _worths(parent.worth, shapes, lengths)
    return tuple(Stretch(*shape, worth) for shape, worth in zip(shapes, worths, strict=True))


def _shapes(parent: Stretch, ends: list[int], low_at: int, high_at: int, chance: bytes) -> list[_Shape]:
    shapes = []
    for child, (start, end) in enumerate(pairwise(ends)):
        top, bottom = max(start, end), min(start, end)
        high = parent.high if child == high_at else top + (parent.high - top) * chance[8 + child] // 1024
        low = parent.low if child == low_at else bottom - (bottom - parent.low) * chance[14 + child] // 1024
        shapes.append((start, end, high, low))
    return shapes


def _guesses(shapes: list[_Shape], lengths: list[int]) -> list[int]:
    return [sum(shape) * length // (4 * WORTH_UNIT) for shape, length in zip(shapes, lengths, strict=True)]


def _falls_first(parent: Stretch, chance: int) -> bool:
    """A rising interval visits its low first, else a child would have to cross it whole; a flat one is free."""
    rise = parent.close - parent.open
    return rise > 0 if 4 * abs(rise) > parent.high - parent.low else chance % 2 == 0


def _ends(parent: Stretch, parts: int, low_at: int, high_at: int, chance: bytes) -> list[int]:
    """Where the children touch: along straight lines from open by way of the two extremes to close, and some noise."""
    room = parent.high - parent.low
    near_low, near_high = parent.low + room * 15 // 100, parent.high - room * 15 // 100
    visits = sorted(((2 * low_at + 1, near_low), (2 * high_at + 1, near_high)))
    knots = ((0, parent.open), *visits, (2 * parts, parent.close))
    ends = [parent.open]
    for place in range(1, parts):
        wanted = _between(knots, 2 * place) + (chance[2 + place] - 128) * room // 1280
        ends.append(min(max(wanted, parent.low), parent.high))
    return [*ends, parent.close]


def _between(knots: tuple[tuple[int, int], ...], place: int) -> int:
    after = next(number for number, (at, _) in enumerate(knots) if at >= place)
    (left, low), (right, high) = knots[after - 1], knots[after]
    return low + (high - low) * (place - left) // (right - left)


def _worths(whole: int, shapes: list[_Shape], lengths: list[int]) -> list[int]:
    """Split an integral: each child's own guess, and the difference to the whole where there is room for it."""
    guesses = _guesses(shapes, lengths)
    spare = whole - sum(guesses)
    bound = 2 if spare > 0 else 3
    rooms = [abs(shape[bound] * n // WORTH_UNIT - g) for shape, n, g in zip(shapes, lengths, guesses, strict=True)]
    total, seen, given = sum(rooms) or 1, 0, 0
    for child, room in enumerate(rooms):
        seen += room
        upto = spare * seen // total
        guesses[child] += upto - given
        given = upto
    guesses[-1] += spare - given
    return guesses


class Minute(NamedTuple):
    """The seconds of a minute: the path at each, the two at which it turns, and its integral."""

    levels: tuple[int, ...]
    turns: tuple[int, int]
    worth: int


@lru_cache(maxsize=4_096)
def minute(seed: int, name: str, index: int) -> Minute:
    """
    Minute ``index`` since the epoch, second by second.

    Second 0 is where the minute before ended, second 59 its own end; high and low are reached at the turns.
    """
    if not name:
        whole = _activity(seed, name, _LEAF, index) * UNIT // WORTH_UNIT
        return Minute((UNIT,) * MINUTE_S, (20, 40), whole)
    parent = _node(seed, name, _LEAF, index)
    chance = noise(seed, f"second/{name}", index, 64)
    early, late = 8 + chance[60] % 18, 33 + chance[61] % 18
    visits = (parent.low, parent.high) if _falls_first(parent, chance[62]) else (parent.high, parent.low)
    knots = ((0, parent.open), (early, visits[0]), (late, visits[1]), (MINUTE_S - 1, parent.close))
    reach = parent.high - parent.low
    levels: list[int] = []
    for (left, start), (right, end) in pairwise(knots):
        levels.append(start)
        for place in range(left + 1, right):
            straight = start + (end - start) * (place - left) // (right - left)
            shaken = straight + (chance[place] - 128) * reach // 1536
            levels.append(min(max(shaken, parent.low), parent.high))
    levels.append(parent.close)
    return Minute(tuple(levels), (early, late), parent.worth)


@lru_cache(maxsize=16_384)
def _aligned(seed: int, name: str, start_s: int, end_s: int) -> Stretch | None:
    """The path over whole minutes; None over none."""
    if end_s <= start_s:
        return None
    if not name:
        length = activity_ms(seed, name, end_s) - activity_ms(seed, name, start_s)
        return Stretch(UNIT, UNIT, UNIT, UNIT, length * UNIT // WORTH_UNIT)
    nodes: list[Stretch] = []
    at_s, top = start_s, _root_level(name)
    while at_s < end_s:
        level = next(n for n in range(top, _LEAF + 1) if at_s % _SPANS_S[n] == 0 and at_s + _SPANS_S[n] <= end_s)
        nodes.append(_node(seed, name, level, at_s // _SPANS_S[level]))
        at_s += _SPANS_S[level]
    return _joined(nodes)


def _joined(nodes: list[Stretch]) -> Stretch:
    high, low = max(node.high for node in nodes), min(node.low for node in nodes)
    return Stretch(nodes[0].open, nodes[-1].close, high, low, sum(node.worth for node in nodes))


def _part(seed: int, name: str, start_s: int, end_s: int, *, sparse: bool) -> Stretch | None:
    """Seconds within one minute; a sparse market trades at four of them only."""
    index, first = divmod(start_s, MINUTE_S)
    whole = minute(seed, name, index)
    places = range(first, first + end_s - start_s)
    seen = [whole.levels[place] for place in (p for p in (0, *whole.turns, 59) if p in places)] if sparse else None
    levels = whole.levels[places.start : places.stop] if seen is None else seen
    return Stretch(levels[0], levels[-1], max(levels), min(levels), 0) if levels else None


def stretch(seed: int, name: str, start_s: int, end_s: int, *, sparse: bool = False) -> Stretch | None:
    """
    The path from ``start_s`` up to but without ``end_s``, at the seconds that trade; None where none does.

    Its ``worth`` counts whole minutes only: what is traded within a minute is the tape's business.
    """
    first_s, last_s = -(-start_s // MINUTE_S) * MINUTE_S, end_s // MINUTE_S * MINUTE_S
    if first_s > last_s:
        return _part(seed, name, start_s, end_s, sparse=sparse)
    nodes = [
        _part(seed, name, start_s, first_s, sparse=sparse) if start_s < first_s else None,
        _aligned(seed, name, first_s, last_s),
        _part(seed, name, last_s, end_s, sparse=sparse) if last_s < end_s else None,
    ]
    found = [node for node in nodes if node is not None]
    return _joined(found) if found else None
