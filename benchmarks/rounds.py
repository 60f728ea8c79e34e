"""
Timing inside one process: rounds interleave the contenders, so that drift of the machine lands on all of them.

Garbage is collected before a round and never during it: a collection that one contender caused would be charged to
another.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dualwitness.benchmarks.cell import Contender, Stage

__all__ = ["Interleaved", "measure", "without_garbage_collection"]


class Interleaved:
    """A stage of plain contenders; each round begins with another one. ``clock`` gives seconds."""

    def __init__(self, contenders: Sequence[Contender], clock: Callable[[], float] = time.process_time) -> None:
        self._contenders = tuple(contenders)
        self._clock = clock

    def round(self, number: int) -> dict[str, float]:
        """Seconds a unit, by contender."""
        turn = number % len(self._contenders)
        costs = {}
        for contender in (*self._contenders[turn:], *self._contenders[:turn]):
            run = contender.run
            begun = self._clock()
            for _ in range(contender.repeats):
                run()
            costs[contender.name] = (self._clock() - begun) / (contender.repeats * contender.units)
        return costs

    def figures(self) -> dict[str, float]:
        """Nothing beside the costs."""
        return {}


def measure(stage: Stage, rounds: int) -> list[dict[str, float]]:
    """Cost by contender for each of ``rounds`` rounds, after one that warms up and is not counted."""
    measured = []
    for number in range(rounds + 1):
        with without_garbage_collection():
            costs = stage.round(number)
        if number:
            measured.append(costs)
    return measured


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Collect now, then not again until the end of the block."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
