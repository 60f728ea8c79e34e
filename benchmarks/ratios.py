"""The arithmetic: ratios of each round, their median in a process, median and quartiles over processes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from dualwitness.benchmarks.cell import Target

__all__ = ["Summary", "median_costs", "summarise", "value_in_process"]


@dataclass(frozen=True, slots=True)
class Summary:
    """One target over all processes: the median of their medians, its quartiles, and how it stands."""

    target: Target
    yardstick: str | None
    median: float
    lower_quartile: float
    upper_quartile: float
    processes: tuple[float, ...]

    @property
    def interquartile_range(self) -> float:
        """Width of the middle half of the processes."""
        return self.upper_quartile - self.lower_quartile

    @property
    def goal_met(self) -> bool | None:
        """Whether the median is within the goal; None without one."""
        return None if self.target.goal is None else self.median <= self.target.goal

    @property
    def gate_met(self) -> bool | None:
        """Whether the median is within the gate; None without one."""
        return None if self.target.gate is None else self.median <= self.target.gate


def median_costs(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median cost of each contender over the rounds of one process."""
    return {name: median(costs[name] for costs in rounds) for name in rounds[0]}


def value_in_process(
    target: Target, rounds: Sequence[Mapping[str, float]], figures: Mapping[str, float]
) -> tuple[float, str | None]:
    """
    The target's value in one process, and its yardstick: the median of the ratios of each round, or the plain figure.

    The dearest of several yardsticks is chosen once, by its median: chosen anew in each round it would be the dearest
    of so many noisy values, which flatters us.
    """
    if not target.under:
        return figures[target.over], None
    costs = median_costs(rounds)
    yardstick = max(target.under, key=lambda name: costs[name])
    return median(each[target.over] / each[yardstick] for each in rounds), yardstick


def summarise(target: Target, values: Sequence[float], yardstick: str | None) -> Summary:
    """One target over the values of all processes; a single process is its own quartiles."""
    ordered = tuple(values)
    if len(ordered) == 1:
        return Summary(target, yardstick, ordered[0], ordered[0], ordered[0], ordered)
    lower, middle, upper = quantiles(ordered, n=4, method="inclusive")
    return Summary(target, yardstick, middle, lower, upper, ordered)
