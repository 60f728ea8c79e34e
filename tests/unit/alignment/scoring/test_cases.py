"""The cases of the scorecard: all of them, drawn by seed, and what the command makes of its options."""

from __future__ import annotations

import pytest

from dualwitness.alignment.scorecard import cases_of, main
from dualwitness.alignment.scoring.cases import Case, Sort, alone, catalogue, faults, honest, mid_run, pairs, sample
from dualwitness.venues.sim.lies import LIES, Needs, parse_plant


def test_every_lie_stands_alone_for_both_libraries_and_for_each() -> None:
    """Nothing in the registry is left out."""
    assert len(alone()) == 3 * len(LIES)
    assert {case.plants[0] for case in alone()} == {f"{name}{to}" for name in LIES for to in ("", "@ccxt", "@okx_sdk")}


def test_lies_and_faults_together_are_the_registry() -> None:
    """The share of the blind spots is counted over lies about rows alone."""
    assert {one.name for one in (*catalogue(), *faults())} == set(LIES)
    assert not {one.name for one in catalogue()} & {one.name for one in faults()}


def test_pairs_are_as_many_as_asked_for_different_and_repeat_by_seed() -> None:
    """Two different lies each, told to both libraries and to one."""
    drawn = pairs(300, 1)
    assert len({tuple(sorted(case.plants)) for case in drawn}) == 300
    assert drawn == pairs(300, 1) != pairs(300, 2)
    libraries = {parse_plant(label).library for case in drawn for label in case.plants}
    assert len(libraries) == 3
    assert all(len({parse_plant(label).lie.name for label in case.plants}) == 2 for case in drawn)


def test_every_lie_begins_in_mid_run_at_a_moment_of_its_own() -> None:
    """The moments spread over a first audit."""
    cases = mid_run(0)
    assert [case.plants for case in cases] == [(name,) for name in LIES]
    assert all(case.moving for case in cases)
    assert len({case.after for case in cases}) > 30


def test_honest_cases_have_seeds_of_their_own_and_stand_in_several_worlds() -> None:
    """No lie in any of them."""
    cases = honest(40, 7)
    assert [case.seed for case in cases] == list(range(7, 47))
    assert len({case.scenario for case in cases}) > 3
    assert 0 < sum(case.moving for case in cases) < 10
    assert all(case.plants == () for case in cases)


def test_sample_is_drawn_by_seed_and_keeps_the_order() -> None:
    """All of them where there are no more."""
    cases = alone()
    some = sample(cases, 10, 3)
    assert some == sample(cases, 10, 3) != sample(cases, 10, 4)
    assert [cases.index(one) for one in some] == sorted(cases.index(one) for one in some)
    assert sample(cases, 10_000, 0) == cases


def test_case_is_labelled_so_that_it_can_be_seen_again() -> None:
    """What is planted, the seed, the moment; and what its lies need."""
    case = Case(Sort.MID_RUN, ("positions_frozen", "fee_zero@ccxt"), 3, after=9)
    assert case.label == "positions_frozen + fee_zero@ccxt, seed 3, after 9 requests"
    assert case.needs == {Needs.TRADING}
    assert Case(Sort.HONEST, (), 2, "margin", moving=True).label == "no lie, margin in motion, seed 2"
    assert Case(Sort.HONEST, (), 2, "funded").label == "no lie, funded, seed 2"


def test_options_decide_how_many_cases_of_each_sort_there_are() -> None:
    """All means all; a sample is one of each sort; named lies are all cases that have them."""

    def counts(**options: object) -> list[int]:
        given = {"everything": False, "sample": 8, "pair_count": None, "honest_count": None, "seed": 0, "only": ()}
        found = cases_of(**given | options)
        return [sum(case.sort is sort for case in found) for sort in Sort]

    assert counts() == [8, 2, 2, 2]
    assert counts(everything=True) == [3 * len(LIES), 300, len(LIES), 500]
    assert counts(everything=True, pair_count=5, honest_count=0) == [3 * len(LIES), 5, len(LIES), 0]
    assert counts(only=("positions_empty",), pair_count=0) == [3, 0, 1, 0]


@pytest.mark.parametrize("words", [["--sample", "x"], ["--all", "--sample", "3"], ["--only", "nothing"], ["--nothing"]])
def test_command_that_makes_no_sense_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Usage, and a word about it."""
    assert main(words) == 2
    assert capsys.readouterr().err
