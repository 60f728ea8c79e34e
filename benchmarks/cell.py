"""
The parts of a benchmark: a cell holds contenders that are timed side by side, and targets that judge their ratios.

Microseconds differ between machines and between minutes; ratios of contenders timed in the same round do not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Cell", "Contender", "Stage", "Target"]


class Stage(Protocol):
    """A cell that was set up: everything warm, ready to be timed."""

    def round(self, number: int) -> dict[str, float]:
        """Time every contender once; seconds by contender, for one unit of work."""
        ...

    def figures(self) -> dict[str, float]:
        """What was seen beside the costs, after the last round."""
        ...


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work: ``run`` does ``units`` of it (rows), and is called ``repeats`` times a round."""

    name: str
    run: Callable[[], object]
    units: int = 1
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """
    One judged value: the cost of ``over`` in units of ``under``.

    With several names in ``under`` the dearest is the yardstick. With none, ``over`` is a figure, judged as it is.
    ``goal`` is what we want, ``gate`` what a release must not exceed; without either the value is only reported.
    """

    name: str
    over: str
    under: tuple[str, ...] = ()
    goal: float | None = None
    gate: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One benchmark.

    ``clock`` says in words what is measured (CPU or wall), ``rounds`` is how often a fresh process repeats it, and
    ``open`` sets it up and cleans up after it.
    """

    name: str
    title: str
    clock: str
    rounds: int
    targets: tuple[Target, ...]
    open: Callable[[], AbstractContextManager[Stage]]
