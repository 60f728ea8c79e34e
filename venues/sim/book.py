"""The venue's order book: levels on tick, sizes on lot, the last price between best bid and best ask."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from dualwitness.venues.sim import prices
from dualwitness.venues.sim.draws import integer
from dualwitness.venues.sim.kinds import Level, SimInstrument
from dualwitness.venues.sim.pace import lot_usd
from dualwitness.venues.sim.world import World

__all__ = ["asks", "best_ask", "best_bid", "bids", "taker_side"]


@lru_cache(maxsize=4_096)
def _half_spread(world: World, instrument: SimInstrument, at_s: int) -> tuple[int, int]:
    """Ticks from the last price down to the best bid and up to the best ask; one of them is zero."""
    chance = integer(world.seed, f"spread/{instrument.inst_id}", at_s)
    width = 1 + (chance >> 1) % 2
    return (0, width) if chance & 1 else (width, 0)


def taker_side(world: World, instrument: SimInstrument, at_s: int) -> str:
    """Who took the other's price in the trade of a second: it happened at the bid, or at the ask."""
    return "sell" if _half_spread(world, instrument, at_s)[0] == 0 else "buy"


def best_bid(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The highest price somebody buys at; never below one tick."""
    below, _ = _half_spread(world, instrument, at_s)
    return max(prices.last(world, instrument, at_s) - below * instrument.tick_sz, instrument.tick_sz)


def best_ask(world: World, instrument: SimInstrument, at_s: int) -> Decimal:
    """The lowest price somebody sells at; always above the best bid."""
    _, above = _half_spread(world, instrument, at_s)
    wanted = prices.last(world, instrument, at_s) + above * instrument.tick_sz
    return max(wanted, best_bid(world, instrument, at_s) + instrument.tick_sz)


@lru_cache(maxsize=512)
def bids(world: World, instrument: SimInstrument, at_s: int, depth: int) -> tuple[Level, ...]:
    """The ``depth`` best bids, best first; fewer where the price would reach zero."""
    return _side(world, instrument, at_s, depth, direction=-1)


@lru_cache(maxsize=512)
def asks(world: World, instrument: SimInstrument, at_s: int, depth: int) -> tuple[Level, ...]:
    """The ``depth`` best asks, best first."""
    return _side(world, instrument, at_s, depth, direction=1)


def _side(world: World, instrument: SimInstrument, at_s: int, depth: int, *, direction: int) -> tuple[Level, ...]:
    best = best_bid(world, instrument, at_s) if direction < 0 else best_ask(world, instrument, at_s)
    one_lot_usd = lot_usd(world, instrument)
    least = instrument.min_sz / instrument.lot_sz
    step = direction * instrument.tick_sz
    # Far from a coin's price a tick is dust: steps widen so that 400 levels reach about 1 % into a liquid book.
    stride = max(1, int(best / instrument.tick_sz / 60_000))
    levels: list[Level] = []
    price = best
    label = f"level/{direction}/{instrument.inst_id}/{at_s}"
    for place in range(depth):
        if price <= 0:
            break
        chance = integer(world.seed, label, place)
        value_usd = 1_000 + chance % 40_000 + 500 * place
        lots = max(Decimal(value_usd) // one_lot_usd, least)
        levels.append(Level(price, lots * instrument.lot_sz, 1 + (chance >> 24) % 20))
        price += step * stride * (1 + (chance >> 40) % 3)
    return tuple(levels)
