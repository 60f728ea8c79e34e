"""The runner's arithmetic: ratios of rounds, yardsticks, quartiles, verdicts."""

from __future__ import annotations

import pytest

from dualwitness.benchmarks.cell import Target
from dualwitness.benchmarks.ratios import median_costs, summarise, value_in_process

# The machine became twice as slow in the last round; the ratio did not.
ROUNDS = [
    {"ours": 3.0, "plain": 2.0, "dear": 4.0},
    {"ours": 3.0, "plain": 2.0, "dear": 1.0},
    {"ours": 6.0, "plain": 4.0, "dear": 12.0},
]


def test_ratio_of_rounds_on_a_machine_that_slows_down_stays_the_same() -> None:
    """Each round is divided by its own yardstick, so drift cancels out."""
    assert value_in_process(Target("ratio", "ours", ("plain",)), ROUNDS, {}) == (1.5, "plain")


def test_ratio_against_several_yardsticks_takes_the_dearest_by_its_median() -> None:
    """The dearest is chosen once: 4 is the median of `dear`, 2 of `plain`, so the ratios are 0.75, 3 and 0.5."""
    target = Target("ratio", "ours", ("plain", "dear"))
    assert value_in_process(target, ROUNDS, {}) == (0.75, "dear")


def test_target_without_a_yardstick_is_judged_as_the_figure_it_names() -> None:
    """A count or a percentile is no ratio."""
    assert value_in_process(Target("skew", "skew_ms", goal=0.5), ROUNDS, {"skew_ms": 0.25}) == (0.25, None)


def test_median_costs_of_three_rounds_are_the_middle_ones() -> None:
    """One disturbed round moves no cost."""
    assert median_costs(ROUNDS) == {"ours": 3.0, "plain": 2.0, "dear": 4.0}


def test_summary_of_seven_processes_has_their_median_and_quartiles() -> None:
    """1 to 7 in any order: median 4, quartiles 2.5 and 5.5, so that the middle half is 3 wide."""
    summary = summarise(Target("ratio", "ours", ("plain",)), [7, 1, 6, 2, 5, 3, 4], "plain")
    assert (summary.median, summary.lower_quartile, summary.upper_quartile) == (4, 2.5, 5.5)
    assert summary.interquartile_range == 3


def test_summary_of_one_process_has_no_spread_at_all() -> None:
    """A quick run is its own median."""
    summary = summarise(Target("ratio", "ours", ("plain",)), [1.2], "plain")
    assert (summary.median, summary.interquartile_range) == (1.2, 0)


@pytest.mark.parametrize(
    ("value", "goal_met", "gate_met"), [(1.0, True, True), (1.1, True, True), (1.2, False, True), (1.4, False, False)]
)
def test_summary_against_goal_and_gate_is_met_up_to_the_limit(value: float, goal_met: bool, gate_met: bool) -> None:
    """The limit itself is within; goal and gate are judged apart."""
    summary = summarise(Target("ratio", "ours", ("plain",), goal=1.1, gate=1.3), [value], "plain")
    assert (summary.goal_met, summary.gate_met) == (goal_met, gate_met)


def test_summary_without_limits_has_no_verdict_to_give() -> None:
    """What is only reported is neither met nor missed."""
    summary = summarise(Target("ratio", "ours", ("plain",)), [9.0], "plain")
    assert (summary.goal_met, summary.gate_met) == (None, None)
