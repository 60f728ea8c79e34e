"""Sizes of known instruments, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import Instrument, MarketType, NullReason
from dualwitness.models.sizing import Sized, Unsizeable, UnsizeableReason, base_from_contracts, size_order


def _instrument(
    market_type: MarketType, size: str | None, lot: str | None, minimum: str = "0.01", *, linear: bool | None = None
) -> Instrument:
    return Instrument(
        symbol="BTC/USDT:USDT",
        venue_instrument_id="BTC-USDT-SWAP",
        market_type=market_type,
        base="BTC",
        quote="USDT",
        settle="USDT",
        linear=linear,
        inverse=None if linear is None else not linear,
        contract_size=None if size is None else Decimal(size),
        tick_size=Decimal("0.1"),
        lot_size=None if lot is None else Decimal(lot),
        min_size=Decimal(minimum),
        state=None,
        reasons={"state": NullReason.NOT_ASKED} | ({"lot_size": NullReason.BLANK} if lot is None else {}),
    )


LINEAR = _instrument(MarketType.SWAP, "0.01", "0.01", linear=True)
INVERSE = _instrument(MarketType.SWAP, "100", "0.1", "0.1", linear=False)
SPOT = _instrument(MarketType.SPOT, None, "0.00000001", "0.00001")
OPTION = _instrument(MarketType.OPTION, "0.01", "1", "1", linear=False)
NO_SIZE = _instrument(MarketType.SWAP, None, "1", linear=True)
NO_KIND = _instrument(MarketType.SWAP, "1", "1")
NO_LOT = _instrument(MarketType.SPOT, None, None)


@pytest.mark.parametrize(
    ("instrument", "asked", "expected"),
    [
        (LINEAR, ("0.1239", None), ("12.39", "0.1239", "0")),
        (LINEAR, ("0.12399", None), ("12.39", "0.1239", "0.00009")),
        (LINEAR, ("-0.12399", None), ("-12.39", "-0.1239", "-0.00009")),
        (INVERSE, ("0.0123", "50000"), ("6.1", "0.0122", "0.0001")),
        (SPOT, ("0.123456789", None), ("0.12345678", "0.12345678", "0.000000009")),
        (OPTION, ("0.059", None), ("5", "0.05", "0.009")),
    ],
)
def test_size_of_each_kind_is_floored_to_the_lot(
    instrument: Instrument, asked: tuple[str, str | None], expected: tuple[str, str, str]
) -> None:
    """Base currency (and price) in; contracts, their worth and what is left over out."""
    size, price = asked
    sized = size_order(Decimal(size), instrument, None if price is None else Decimal(price))
    assert sized == Sized(*map(Decimal, expected))


def test_size_below_the_minimum_names_the_smallest_order() -> None:
    """Too little is said, with what would be enough."""
    answer = size_order(Decimal("0.00009"), LINEAR)
    assert isinstance(answer, Unsizeable)
    assert (answer.reason, answer.nearest_below, answer.nearest_above) == (
        UnsizeableReason.BELOW_MINIMUM,
        None,
        Decimal("0.0001"),
    )


def test_minimum_between_two_lots_is_rounded_up_to_a_lot() -> None:
    """A minimum that is no multiple of the lot does not become an order below it."""
    answer = size_order(Decimal("0.24"), _instrument(MarketType.SPOT, None, "0.1", "0.25"))
    assert isinstance(answer, Unsizeable)
    assert answer.nearest_above == Decimal("0.3")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (size_order(Decimal(1), INVERSE), UnsizeableReason.PRICE_NEEDED),
        (size_order(Decimal(1), INVERSE, Decimal(0)), UnsizeableReason.PRICE_NEEDED),
        (base_from_contracts(Decimal(1), INVERSE), UnsizeableReason.PRICE_NEEDED),
        (size_order(Decimal(0), LINEAR), UnsizeableReason.NOT_A_SIZE),
        (size_order(Decimal("NaN"), LINEAR), UnsizeableReason.NOT_A_SIZE),
        (size_order(Decimal("sNaN"), LINEAR), UnsizeableReason.NOT_A_SIZE),
        (size_order(Decimal("-Infinity"), LINEAR), UnsizeableReason.NOT_A_SIZE),
        (size_order(Decimal("1E+999999"), LINEAR), UnsizeableReason.NOT_A_SIZE),
        (size_order(Decimal("1E-999999"), LINEAR), UnsizeableReason.BELOW_MINIMUM),
        (size_order(Decimal(1), NO_SIZE), UnsizeableReason.INSTRUMENT_INCOMPLETE),
        (size_order(Decimal(1), NO_KIND), UnsizeableReason.INSTRUMENT_INCOMPLETE),
        (size_order(Decimal(1), NO_LOT), UnsizeableReason.INSTRUMENT_INCOMPLETE),
    ],
)  # fmt: skip
def test_what_cannot_be_sized_says_why(answer: object, reason: UnsizeableReason) -> None:
    """No guess and no crash: each kind of impossibility has its reason."""
    assert isinstance(answer, Unsizeable)
    assert answer.reason is reason


def test_base_of_inverse_contracts_is_cut_towards_zero() -> None:
    """100 USD at 30000 is a third of a hundredth, and never more than that."""
    worth = base_from_contracts(Decimal(-1), INVERSE, Decimal(30000))
    assert isinstance(worth, Decimal)
    assert str(worth) == "-0.00" + "3" * 40
