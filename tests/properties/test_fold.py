"""The fold of fills against an oracle in fractions that works lot by lot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import Fill, PositionMode, PositionSide
from dualwitness.models.fold import fold_fills
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, make_fill

STEP = Fraction(1, 10**30)


@dataclass
class _Oracle:
    """Average-cost bookkeeping on exact fractions, one leg."""

    inverse: bool
    size: Fraction
    held: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    pnl: Fraction = Fraction(0)

    def add(self, signed: Fraction, price: Fraction) -> None:
        """Add contracts at a price; ``cost`` is money paid for what is held, in quote (linear) or base (inverse)."""
        worth = -1 / price if self.inverse else price
        if self.held * signed < 0:
            closed = min(abs(self.held), abs(signed)) * (1 if self.held > 0 else -1)
            released = self.cost * closed / self.held
            self.pnl += (closed * worth - released) * self.size
            self.held -= closed
            self.cost -= released
            signed += closed
        self.held += signed
        self.cost += signed * worth

    @property
    def entry(self) -> Fraction:
        """Average entry price of what is held."""
        average = self.cost / self.held
        return -1 / average if self.inverse else average


def _same(told: Decimal | None, exact: Fraction, tolerance: Fraction) -> bool:
    return told is not None and abs(Fraction(told) - exact) <= tolerance


CONTRACTS = st.integers(1, 10**6).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
PRICES = st.integers(1, 10**9).map(lambda tenths: Decimal(tenths).scaleb(-1))
STEPS = st.lists(
    st.tuples(st.sampled_from([LINEAR, INVERSE]), st.booleans(), st.booleans(), CONTRACTS, PRICES, st.integers(0, 3)),
    max_size=40,
)
Step = tuple[str, bool, bool, Decimal, Decimal, int]


def _fills(steps: Sequence[Step], mode: PositionMode) -> tuple[list[Fill], dict[tuple[str, PositionSide], _Oracle]]:
    """Fills that an account in that mode could have had, with the oracle's books."""
    books: dict[tuple[str, PositionSide], _Oracle] = {}
    fills: list[Fill] = []
    now = 1_700_000_000_000
    for number, (symbol, buys, is_long, wanted, price, pause) in enumerate(steps):
        now += pause
        side = PositionSide.NET
        if mode is PositionMode.LONG_SHORT:
            side = PositionSide.LONG if is_long else PositionSide.SHORT
        size = INSTRUMENTS[symbol].contract_size
        assert size is not None
        book = books.setdefault((symbol, side), _Oracle(symbol == INVERSE, Fraction(size)))
        contracts = wanted
        if side is not PositionSide.NET and buys is not is_long:
            # The venue closes no more than there is.
            contracts = min(contracts, Decimal(int(abs(book.held) * 100)).scaleb(-2))
        if contracts == 0:
            continue
        book.add(Fraction(contracts) * (1 if buys else -1), Fraction(price))
        fill = make_fill(
            str(number + 1),
            "buy" if buys else "sell",
            str(contracts),
            str(price),
            symbol=symbol,
            position_side=side.value,
            ts_ms=now,
            bill_id=str(10**17 + number),
        )
        fills.append(fill)
    return fills, books


@given(steps=STEPS, mode=st.sampled_from(list(PositionMode)), seed=st.integers(0, 2**32), copies=st.integers(0, 10))
def test_fold_of_any_history_equals_the_fraction_oracle(
    steps: list[Step], mode: PositionMode, seed: int, copies: int
) -> None:
    """Linear and inverse, net and long/short, flips, copies and any order of arrival: the oracle's books come out."""
    fills, books = _fills(steps, mode)
    random = Random(seed)
    arrived = fills + (random.choices(fills, k=copies) if fills else [])
    random.shuffle(arrived)
    result = fold_fills(arrived, INSTRUMENTS, mode, history_complete=True)
    assert result.fill_count == len(fills)
    assert len(result.duplicates) == len(arrived) - len(fills)
    assert all(each.agrees for each in result.duplicates)
    traded = {(each.symbol, each.position_side) for each in fills}
    assert {(leg.symbol, leg.position_side) for leg in result.legs} == traded
    for leg in result.legs:
        book = books[leg.symbol, leg.position_side]
        assert _same(leg.contracts, book.held, Fraction(0))
        assert leg.change == leg.contracts
        assert _same(leg.realized_pnl, book.pnl, STEP)
        if book.held:
            assert _same(leg.entry_price, book.entry, abs(book.entry) / 10**38)
        else:
            assert leg.entry_price is None


@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_fold_does_not_depend_on_the_order_of_arrival(steps: list[Step], seed: int) -> None:
    """Shuffled fills give the identical result, digit for digit."""
    fills, _ = _fills(steps, PositionMode.NET)
    shuffled = list(fills)
    Random(seed).shuffle(shuffled)
    one = fold_fills(fills, INSTRUMENTS, PositionMode.NET, history_complete=True)
    other = fold_fills(shuffled, INSTRUMENTS, PositionMode.NET, history_complete=True)
    assert one == other


@given(steps=STEPS, cut=st.integers(0, 40))
def test_incomplete_history_never_claims_a_position(steps: list[Step], cut: int) -> None:
    """Whatever part of a history was seen, no leg has contracts, entry or profit."""
    fills, _ = _fills(steps, PositionMode.NET)
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
    fills, _ = _fills(steps, PositionMode.NET)
    few, many = _calls(fills[:200]), _calls(fills)
    assert few > 200
    assert many < 8.5 * few
