"""Every short sequence of small fills, one by one: nothing is left to chance."""

from __future__ import annotations

import os
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest

from dualwitness.models import Fill, NullReason, PositionMode, PositionSide
from dualwitness.models.fold import fold_fills
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, make_fill
from tests.support.fold_oracle import Book, to_digits, to_step

FULL = os.environ.get("DUALWITNESS_FULL") == "1"
SIZES = (1, 2)
PRICES = (7, 11, 13, 6, 9)


def _sequences(longest: int, legs: tuple[str, ...]) -> list[tuple[tuple[bool, int, str], ...]]:
    one = list(product((True, False), SIZES, legs))
    return [each for length in range(1, longest + 1) for each in product(one, repeat=length)]


def _fills(sequence: tuple[tuple[bool, int, str], ...], symbol: str) -> list[Fill]:
    return [
        make_fill(
            str(at + 1),
            "buy" if buys else "sell",
            str(size),
            str(PRICES[at]),
            symbol=symbol,
            position_side=leg,
            ts_ms=at // 2,
            bill_id=str(at + 1),
        )
        for at, (buys, size, leg) in enumerate(sequence)
    ]


@pytest.mark.parametrize("symbol", [LINEAR, INVERSE])
def test_every_net_sequence_of_up_to_five_fills_is_what_the_oracle_counts(symbol: str) -> None:
    """1364 sequences: all flips, partial closes and returns to flat that sizes of one and two can make."""
    size = Fraction(INSTRUMENTS[symbol].contract_size or 0)
    for sequence in _sequences(5, ("net",)):
        book = Book(symbol == INVERSE, size)
        for at, (buys, contracts, _) in enumerate(sequence):
            book.add(Fraction(contracts if buys else -contracts), Fraction(PRICES[at]))
        leg = fold_fills(_fills(sequence, symbol), INSTRUMENTS, history_complete=True).leg(symbol)
        assert leg is not None
        assert leg.contracts == int(book.held)
        assert Fraction(leg.realized_pnl or 0) == to_step(book.pnl, 30)
        assert (leg.entry_price is None) == (not book.held)
        assert not book.held or Fraction(leg.entry_price or 0) == to_digits(book.entry, 40)


def test_every_two_sided_sequence_is_counted_by_leg_and_a_crossed_leg_is_a_conflict() -> None:
    """Long and short legs of one instrument: a number where no leg ever crosses zero, null where one does."""
    for sequence in _sequences(5 if FULL else 3, ("long", "short")):
        held, crossed = {"long": 0, "short": 0}, {"long": False, "short": False}
        for buys, contracts, leg in sequence:
            held[leg] += contracts if buys else -contracts
            crossed[leg] |= held[leg] < 0 if leg == "long" else held[leg] > 0
        result = fold_fills(_fills(sequence, LINEAR), INSTRUMENTS, PositionMode.LONG_SHORT, history_complete=True)
        for side in {leg for _, _, leg in sequence}:
            found = result.leg(LINEAR, PositionSide(side))
            assert found is not None
            expected = (None, NullReason.CONFLICT) if crossed[side] else (Decimal(held[side]), None)
            assert found.value_or_reason("contracts") == expected
