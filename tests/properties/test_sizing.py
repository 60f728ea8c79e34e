"""Sizing over every recorded instrument and amounts of any magnitude."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import Instrument, MarketType
from dualwitness.models.sizing import Sized, Unsizeable, UnsizeableReason, base_from_contracts, size_order
from tests.support.instrument_of_row import instruments_of_rows
from tests.support.shared import INSTRUMENT_ENVIRONMENTS, instrument_rows


@cache
def _instruments() -> list[Instrument]:
    return [
        each for environment in INSTRUMENT_ENVIRONMENTS for each in instruments_of_rows(instrument_rows(environment))
    ]


# Digits times a power of ten, from far below any lot to far above any market.
AMOUNTS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**18), 10**18),
    st.integers(-40, 30),
)
PRICES = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(1, 10**9), st.integers(-12, 3)
)


def _check(instrument: Instrument, amount: Decimal, price: Decimal) -> None:
    answer = size_order(amount, instrument, price)
    lot, minimum = instrument.lot_size, instrument.min_size
    if isinstance(answer, Unsizeable):
        if answer.reason is UnsizeableReason.BELOW_MINIMUM:
            assert answer.nearest_above is not None
            assert abs(answer.nearest_above) > abs(amount)
            assert (answer.nearest_above > 0) is (amount > 0)
            above = size_order(answer.nearest_above, instrument, price)
            assert isinstance(above, Sized)
            assert minimum is not None
            assert abs(above.contracts) >= minimum
        elif answer.reason is UnsizeableReason.INSTRUMENT_INCOMPLETE:
            assert lot is None or minimum is None or (instrument.contract_size is None and instrument.settle is None)
        else:
            assert amount == 0
        return
    assert lot is not None
    assert minimum is not None
    assert (answer.contracts > 0) is (answer.base_quantity > 0) is (amount > 0)
    assert abs(answer.contracts) >= minimum
    assert Fraction(answer.contracts) % Fraction(lot) == 0
    assert abs(answer.base_quantity) <= abs(amount)
    assert Fraction(answer.base_quantity) + Fraction(answer.shortfall) == Fraction(amount)
    assert base_from_contracts(answer.contracts, instrument, price) == answer.base_quantity
    one_lot_more = base_from_contracts(Decimal(answer.contracts) + lot.copy_sign(amount), instrument, price)
    if len(answer.contracts.as_tuple().digits) < 25:
        assert isinstance(one_lot_more, Decimal)
        assert abs(one_lot_more) > abs(amount) - abs(amount) * Decimal("1E-20")


@given(data=st.data())
def test_any_amount_of_any_instrument_never_grows_and_never_turns(data: st.DataObject) -> None:
    """Base to contracts to base: same sign, not larger, whole lots, at least the minimum, or a reason."""
    instrument = data.draw(st.sampled_from(_instruments()))
    _check(instrument, data.draw(AMOUNTS), data.draw(PRICES))


@pytest.mark.parametrize("base", ["0.000000001", "0.7", "12345.678901234567890123", "-3", "1E+25"])
def test_every_instrument_sizes_the_same_amount_by_its_own_steps(base: str) -> None:
    """All recorded instruments, one after the other."""
    for instrument in _instruments():
        _check(instrument, Decimal(base), Decimal("64123.7"))


def test_every_live_instrument_can_be_sized_at_all() -> None:
    """Only the rows the venue itself left blank are incomplete."""
    incomplete = {
        each.venue_instrument_id
        for each in _instruments()
        if isinstance(size_order(Decimal(10**12), each, Decimal(1)), Unsizeable)
    }
    assert incomplete == {"TESTING-USDT", "TESTING-USDT-SWAP", "TESTING3-USDT", "TESTING4-USDT"}


@given(amount=AMOUNTS, digits=st.integers(1, 6))
def test_arithmetic_context_of_the_caller_plays_no_part(amount: Decimal, digits: int) -> None:
    """A caller's low precision changes no digit of a size."""
    instrument = next(each for each in _instruments() if each.market_type is MarketType.SWAP and each.linear)
    expected = size_order(amount, instrument)
    with localcontext(prec=digits):
        assert size_order(amount, instrument) == expected
