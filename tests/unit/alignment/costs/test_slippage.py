"""Slippage against the book before the order, by hand: middle, walked price, thin and damaged books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.costs.slippage import Slippage, middle, slippage_bps, slippage_of, walked_price
from dualwitness.models import BookLevel, NullReason, OrderBook, OrderSide
from tests.support.observations import LINEAR, NOW_MS, book, order


def levels(*pairs: tuple[str, str]) -> tuple[BookLevel, ...]:
    """Price and size, best first."""
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in pairs)


def deep_book() -> OrderBook:
    """Two levels a side: 99 and 98 against 101 and 103, one contract each."""
    return OrderBook(
        symbol=LINEAR, bids=levels(("99", "1"), ("98", "1")), asks=levels(("101", "1"), ("103", "1")),
        ts_venue_ms=NOW_MS, sequence=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("side", "price", "bps"),
    [
        ("buy", "100.1", "10"),
        ("buy", "99.9", "-10"),
        ("sell", "99.9", "10"),
        ("sell", "100.1", "-10"),
        ("buy", "100", "0"),
    ],
)
def test_slippage_is_positive_where_it_is_worse_for_us(side: str, price: str, bps: str) -> None:
    """Buying dearer and selling cheaper than the mid both cost; a tenth of a percent is ten basis points."""
    assert slippage_bps(OrderSide(side), Decimal(price), Decimal(100)) == Decimal(bps)


def test_slippage_keeps_four_places_of_a_basis_point() -> None:
    """A third has an end."""
    assert slippage_bps(OrderSide.BUY, Decimal(4), Decimal(3)) == Decimal("3333.3333")


@pytest.mark.parametrize(
    ("size", "price"),
    [("0.5", "101"), ("1", "101"), ("2", "102"), ("1.5", "101.6666666666666666666666666666666666667")],
)
def test_walked_price_is_the_mean_of_what_the_levels_give(size: str, price: str) -> None:
    """The first level, both in equal parts, and two thirds of one with a third of the other."""
    assert walked_price(levels(("101", "1"), ("103", "1")), Decimal(size)) == Decimal(price)


@pytest.mark.parametrize("rows", [(), (("101", "1"),), (("0", "9"),), (("101", "-1"), ("102", "9")), (("1e400", "9"),)])
def test_walked_price_of_a_thin_or_damaged_book_is_unknown(rows: tuple[tuple[str, str], ...]) -> None:
    """Where the levels do not hold the size, or are none, no price is made up."""
    assert walked_price(levels(*rows), Decimal("1.5")) is None


def test_middle_of_a_book_needs_two_prices() -> None:
    """Without a side, without a book, or at a price of zero there is none."""
    assert middle(book("99", "101")) == 100
    assert [middle(one) for one in (None, book(None, "101"), book("99", None), book("0", "101"))] == [None] * 4


@pytest.mark.parametrize(
    ("side", "achieved", "bps", "book_bps"),
    [("buy", "102", "200", "0"), ("sell", "98.5", "150", "0"), ("buy", "103", "300", "98.0392"),
     ("sell", "97", "300", "152.2843")],
)  # fmt: skip
def test_slippage_of_an_order_is_told_against_the_middle_and_against_the_walked_book(
    side: str, achieved: str, bps: str, book_bps: str
) -> None:
    """Two contracts take both levels: at the price that these give, the book itself explains all of it."""
    cost = slippage_of("open", order(side=side, average_price=achieved), deep_book())
    assert cost is not None
    assert (cost.bps, cost.book_bps) == (Decimal(bps), Decimal(book_bps))
    assert (cost.order, cost.side, cost.filled_contracts, cost.reason) == ("open", OrderSide(side), 2, None)


def test_slippage_of_a_partial_fill_is_against_what_was_filled() -> None:
    """One of two contracts took the first level alone."""
    cost = slippage_of("open", order(average_price="101", filled_contracts="1"), deep_book())
    assert cost is not None
    assert (cost.expected_price, cost.contracts) == (Decimal(101), Decimal(2))


@pytest.mark.parametrize(
    ("shown", "centre"), [(None, None), (book(None, "101"), None), (book("99", "101"), Decimal(100))]
)
def test_slippage_without_enough_of_a_book_is_null_with_a_reason(
    shown: OrderBook | None, centre: Decimal | None
) -> None:
    """No book, one side of one, or one that does not hold two contracts."""
    cost = slippage_of("open", order(average_price="101"), shown)
    assert cost is not None
    assert (cost.middle, cost.expected_price, cost.book_bps, cost.reason) == (centre, None, None, NullReason.ABSENT)


@pytest.mark.parametrize(
    "parts", [{"average_price": None}, {"side": None, "average_price": "1"}, {"average_price": "0"}]
)
def test_slippage_of_an_order_that_was_not_filled_does_not_exist(parts: dict[str, str | None]) -> None:
    """What did not happen cost nothing, and is no zero."""
    assert slippage_of("open", order(**parts), deep_book()) is None


def test_slippage_in_a_report_is_text_and_null_beside_its_reason() -> None:
    """No float, no exponent, no trailing zeros."""
    cost = Slippage(
        "open", OrderSide.BUY, Decimal(100), None, Decimal("1E+2"), Decimal("99.50"), None, NullReason.ABSENT
    )
    assert cost.document() == {
        "order": "open", "side": "buy", "contracts": "100", "filled_contracts": None, "achieved_price": "100",
        "middle": "99.5", "expected_price": None, "bps": "50.2513", "book_bps": None, "reason": "absent",
    }  # fmt: skip
