"""Every world of two reports, fills, orders and bills: what may never be said, and that nobody's turn matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import pytest

from dualwitness.alignment.adjudicate import adjudicate
from dualwitness.alignment.adjudicate_rules import RULES, Rule, Taken, Then
from dualwitness.alignment.witness import AdjudicatedPosition, WitnessKind
from dualwitness.models import Library, PositionsQuality, PositionsSource
from tests.support.witnesses import GONE, INDEPENDENT, UNKNOWN, signed, statement, witnesses

# What a witness may say where two contracts are really held: nothing, flat, the truth, or something wrong.
WORDS = (UNKNOWN, "0", "2", "-5")
TRUTH, FLAT_TRUTH = "2", "0"
RELIABLE = PositionsQuality.RELIABLE

World = tuple[str, str, str, str, str]
CUBE: list[World] = list(product(WORDS, repeat=5))  # type: ignore[arg-type]


def judged(words: World, *, rules: Sequence[Rule] = RULES) -> AdjudicatedPosition:
    """The one leg of a world."""
    first, second, fills, orders, bills = words
    (found,) = adjudicate(witnesses((first, second), fills=fills, orders=orders, bills=bills), rules=rules)
    return found


def told_wrong(rules: Sequence[Rule], truth: str) -> Iterator[World]:
    """Worlds in which an independent witness is honest, and a wrong value is called reliable all the same."""
    for words in CUBE:
        found = judged(words, rules=rules)
        if truth in words[2:] and found.positions_quality is RELIABLE and signed(found) != int(truth):
            yield words


@pytest.mark.parametrize("truth", [TRUTH, FLAT_TRUTH])
def test_no_wrong_value_is_reliable_where_one_independent_witness_is_honest(truth: str) -> None:
    """All 1,024 worlds: whatever both reports and two witnesses say together, the third one's word is heard."""
    assert list(told_wrong(RULES, truth)) == []


def test_reliable_needs_every_report_and_an_independent_witness_and_no_contradiction() -> None:
    """Over all worlds: everybody who speaks says the same, both reports and one more among them."""
    for words in CUBE:
        if judged(words).positions_quality is RELIABLE:
            assert {word for word in words if word != UNKNOWN} == {words[0]}
            assert words[0] == words[1] != UNKNOWN
            assert set(words[2:]) != {UNKNOWN}


def test_flat_is_never_said_without_two_kinds_of_witness_and_never_in_doubt() -> None:
    """Over all worlds: false is said of ``has_position`` only where it is reliable, and confirmed."""
    for words in CUBE:
        found = judged(words)
        if found.has_position is False:
            assert found.positions_quality is RELIABLE
            assert found.empty_confirmed
            assert words[:2] == ("0", "0")
            assert "0" in words[2:]
        else:
            assert not found.empty_confirmed


def test_number_that_no_witness_said_is_never_told() -> None:
    """Over all worlds: adjudication chooses, it does not compute."""
    for words in CUBE:
        value = signed(judged(words))
        assert value is None or f"{value:f}" in words


def test_number_against_a_witness_has_two_independent_ones_or_undisputed_fills() -> None:
    """Over all worlds: where anybody contradicts what is told, it does not rest on one word."""
    for words in CUBE:
        found = judged(words)
        value = signed(found)
        if value is None or not found.witnesses_against:
            continue
        fills, *rest = words[2:]
        backing = sum(word == f"{value:f}" for word in words[2:])
        undisputed = fills == f"{value:f}" and all(word in (fills, UNKNOWN) for word in rest)
        assert backing >= 2 or undisputed, words


def test_reconstructed_means_that_the_fills_say_so() -> None:
    """Over all worlds: the quality is what its name says."""
    for words in CUBE:
        found = judged(words)
        if found.positions_quality is PositionsQuality.RECONSTRUCTED_FROM_FILLS:
            assert f"{signed(found):f}" == words[2]
            assert found.positions_source is PositionsSource.RECONSTRUCTED_FROM_FILLS


def test_order_in_which_witnesses_are_heard_changes_nothing() -> None:
    """Every permutation of the witnesses of every 13th world comes to the same judgement."""
    for words in CUBE[::13]:
        first, second, fills, orders, bills = words
        said = witnesses((first, second), fills=fills, orders=orders, bills=bills)
        outcomes = {
            (found.rule, found.contracts, found.direction, found.positions_quality, frozenset(found.odd_one_out))
            for turn in permutations(said)
            for found in adjudicate(turn)
        }
        assert len(outcomes) == 1, words


def test_library_that_is_missing_never_leaves_anything_reliable() -> None:
    """One report alone, or none: over all worlds of the rest."""
    for words in product(WORDS, repeat=4):
        first, fills, orders, bills = words
        for reports in ((first, GONE), (GONE, GONE), (first,)):
            for found in adjudicate(witnesses(reports, fills=fills, orders=orders, bills=bills)):
                assert found.positions_quality is not RELIABLE
                assert found.has_position is not False


def test_kind_whose_libraries_contradict_each_other_backs_nothing() -> None:
    """Fills of two libraries that say different things are one kind in doubt, not two votes."""
    for words in product(WORDS, repeat=3):
        report, one, other = words
        said = [
            *(statement(WitnessKind.REPORT, library, report) for library in Library),
            *(statement(WitnessKind.FILLS, library, word) for library, word in zip(Library, (one, other), strict=True)),
        ]
        for found in adjudicate(said):
            if UNKNOWN not in (one, other) and one != other:
                assert found.positions_quality is not RELIABLE
                assert signed(found) is None


def _believing() -> tuple[Rule, ...]:
    """A table that believes the reports first, as a program without a second source does."""
    then = Then(RELIABLE, PositionsSource.EXCHANGE, Taken.REPORT)
    return (Rule("believe", "the report says so", lambda evidence: evidence.report is not None, then), *RULES)


def test_table_that_believes_the_report_breaks_the_laws_of_this_file() -> None:
    """Negative control: with the report believed, wrong values are reliable and a held position is flat."""
    assert len(list(told_wrong(_believing(), TRUTH))) > 0
    lied = judged(("0", "0", "2", "2", "2"), rules=_believing())
    assert lied.has_position is False


def test_independent_kinds_are_those_of_the_cube() -> None:
    """A kind that is added to the adjudication has to be added to this cube."""
    assert len(INDEPENDENT) == 3
