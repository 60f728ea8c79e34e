"""The fold of fills against an oracle in fractions, by random histories, in any order of arrival."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import Fill, FoldResult, PositionMode, PositionSide
from dualwitness.models.fold import fold_fills
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR
from tests.support.fold_oracle import Book, Step, fills_of, random_steps, to_digits, to_step

HISTORIES = 20_000 if os.environ.get("DUALWITNESS_FULL") == "1" else 2_000

CONTRACTS = st.integers(1, 10**6).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
PRICES = st.integers(1, 10**9).map(lambda tenths: Decimal(tenths).scaleb(-1))
STEPS = st.lists(
    st.tuples(st.sampled_from([LINEAR, INVERSE]), st.booleans(), st.booleans(), CONTRACTS, PRICES, st.integers(0, 3)),
    max_size=40,
)


def check(result: FoldResult, books: dict[tuple[str, PositionSide], Book]) -> None:
    """Every leg is what the oracle counted: contracts exactly, money exactly but for the rounding that is told."""
    assert {(leg.symbol, leg.position_side) for leg in result.legs} == {key for key in books if books[key].history}
    for leg in result.legs:
        book = books[leg.symbol, leg.position_side]
        assert leg.contracts is not None
        assert Fraction(leg.contracts) == book.held
        assert leg.change == leg.contracts
        assert leg.realized_pnl is not None
        assert Fraction(leg.realized_pnl) == to_step(book.pnl, 30)
        if book.held:
            assert leg.entry_price is not None
            assert Fraction(leg.entry_price) == to_digits(book.entry, 40)
        else:
            assert leg.entry_price is None


@given(steps=STEPS, mode=st.sampled_from(list(PositionMode)), seed=st.integers(0, 2**32), copies=st.integers(0, 10))
def test_fold_of_any_history_equals_the_fraction_oracle(
    steps: list[Step], mode: PositionMode, seed: int, copies: int
) -> None:
    """Linear and inverse, net and long/short, flips, copies and any order of arrival: the oracle's books come out."""
    fills, books = fills_of(steps, mode)
    random = Random(seed)
    arrived = fills + (random.choices(fills, k=copies) if fills else [])
    random.shuffle(arrived)
    result = fold_fills(arrived, INSTRUMENTS, mode, history_complete=True)
    assert result.fill_count == len(fills)
    assert len(result.duplicates) == len(arrived) - len(fills)
    assert all(each.agrees for each in result.duplicates)
    check(result, books)


def test_fold_of_many_seeded_histories_equals_the_fraction_oracle() -> None:
    """Histories of up to 60 fills, net and long/short, with ids that change their length on the way."""
    for seed in range(HISTORIES):
        random = Random(seed)
        mode = random.choice(list(PositionMode))
        fills, books = fills_of(
            random_steps(random, 60 if seed % 10 == 0 else 12), mode, wide_ids=random.random() < 0.7
        )
        check(fold_fills(fills, INSTRUMENTS, mode, history_complete=True), books)
        for key, book in books.items():
            paid = sum(
                (each.fee or Decimal(0) for each in fills if (each.symbol, each.position_side) == key), Decimal(0)
            )
            leg = fold_fills(fills, INSTRUMENTS, mode, history_complete=True).leg(*key) if seed % 50 == 0 else None
            if leg is not None and book.history:
                assert leg.fees is not None
                assert sum(each.fee for each in leg.fees) == paid


@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_fold_does_not_depend_on_the_order_of_arrival(steps: list[Step], seed: int) -> None:
    """Shuffled fills give the identical result, digit for digit."""
    fills, _ = fills_of(steps, PositionMode.NET)
    shuffled = list(fills)
    Random(seed).shuffle(shuffled)
    one = fold_fills(fills, INSTRUMENTS, PositionMode.NET, history_complete=True)
    other = fold_fills(shuffled, INSTRUMENTS, PositionMode.NET, history_complete=True)
    assert one == other


@given(steps=STEPS, cut=st.integers(0, 40))
def test_incomplete_history_never_claims_a_position(steps: list[Step], cut: int) -> None:
    """Whatever part of a history was seen, no leg has contracts, entry or profit."""
    fills, _ = fills_of(steps, PositionMode.NET)
    result = fold_fills(fills[cut:], INSTRUMENTS, PositionMode.NET, history_complete=False)
    for leg in result.legs:
        assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (None, None, None)
        assert leg.change is not None


def _calls(fills: list[Fill]) -> int:
    """Number of Python and C function calls that a fold makes."""
    count = 0

    def _counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(_counted)
    try:
        fold_fills(fills, INSTRUMENTS, PositionMode.NET, history_complete=True)
    finally:
        sys.setprofile(before)
    return count


def test_fold_does_a_constant_amount_of_work_per_fill() -> None:
    """Counted in calls, eight times the fills cost eight times the work."""
    random = Random(7)
    steps = [
        (LINEAR, random.random() < 0.5, True, Decimal(random.randint(1, 500)), Decimal(random.randint(1, 10**6)), 1)
        for _ in range(1600)
    ]
    fills, _ = fills_of(steps, PositionMode.NET)
    few, many = _calls(fills[:200]), _calls(fills)
    assert few > 200
    assert many < 8.5 * few
