"""Observed books: believed only when fresh and sound, and used up by what was filled at them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import BookLevel, NullReason, OrderBook, OrderSide
from dualwitness.venues.paper.books import BookProblem, BookProblemKind, ObservedBook, ObservedBooks
from tests.support.paper import BookShelf, book
from tests.support.venue import FROZEN_MS, ManualClock

SYMBOL = "BTC/USDT"


def observed(shown: OrderBook | Exception, **words: Any) -> ObservedBook | BookProblem:
    """What is made of one book of a source."""

    def source(_symbol: str, _depth: int) -> OrderBook:
        if isinstance(shown, Exception):
            raise shown
        return shown

    words = {"depth": 5, "largest_age_ms": 1_000} | words
    return ObservedBooks(source, lambda: FROZEN_MS, **words).look(SYMBOL)


def test_sound_and_fresh_book_is_observed_with_its_middle() -> None:
    """The control of every refusal below."""
    seen = observed(book(SYMBOL))
    assert isinstance(seen, ObservedBook)
    assert (seen.middle, seen.ts_venue_ms) == (Decimal(100), FROZEN_MS)
    assert [level.price for level in seen.levels(OrderSide.BUY)] == [Decimal("100.1"), Decimal("100.2")]
    assert [level.price for level in seen.levels(OrderSide.SELL)] == [Decimal("99.9"), Decimal("99.8")]


@pytest.mark.parametrize("age_ms", [1_001, -1_001, 10**9])
def test_book_that_is_too_old_or_from_the_future_is_stale(age_ms: int) -> None:
    """A clock that is off makes ages meaningless in both directions."""
    seen = observed(book(SYMBOL, ts_ms=FROZEN_MS - age_ms))
    assert isinstance(seen, BookProblem)
    assert (seen.kind, seen.kind.null_reason) == (BookProblemKind.STALE, NullReason.STALE)
    assert str(age_ms) in seen.text


@pytest.mark.parametrize("age_ms", [1_000, -1_000, 0])
def test_book_at_the_edge_of_its_age_is_still_fresh(age_ms: int) -> None:
    """The limit itself is allowed."""
    assert isinstance(observed(book(SYMBOL, ts_ms=FROZEN_MS - age_ms)), ObservedBook)


def test_book_without_a_time_is_stale() -> None:
    """An unknown age is not a young one."""
    seen = observed(book(SYMBOL, ts_ms=None))
    assert isinstance(seen, BookProblem)
    assert seen.kind is BookProblemKind.STALE


UNUSABLE = {
    "crossed": book(SYMBOL, bids=(("100.2", "1"),), asks=(("100.1", "1"),)),
    "locked": book(SYMBOL, bids=(("100.1", "1"),), asks=(("100.1", "1"),)),
    "no bids": book(SYMBOL, bids=()),
    "no asks": book(SYMBOL, asks=()),
    "bids upside down": book(SYMBOL, bids=(("99.8", "1"), ("99.9", "1"))),
    "asks upside down": book(SYMBOL, asks=(("100.2", "1"), ("100.1", "1"))),
    "a price twice": book(SYMBOL, asks=(("100.1", "1"), ("100.1", "1"))),
    "a size of zero": book(SYMBOL, asks=(("100.1", "0"),)),
    "a negative size": book(SYMBOL, bids=(("99.9", "-1"),)),
    "a price of zero": book(SYMBOL, bids=(("0", "1"),)),
    "a monstrous size": book(SYMBOL, asks=(("100.1", "1e400"),)),
    "another instrument": book("ETH/USDT"),
    "a missing side": OrderBook(
        symbol=SYMBOL,
        bids=None,
        asks=(BookLevel(Decimal(1), Decimal(1)),),
        ts_venue_ms=FROZEN_MS,
        sequence=1,
        reasons={"bids": NullReason.BLANK},
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_book_that_contradicts_itself_is_unusable(what: str) -> None:
    """No price is taken from what cannot be a book."""
    seen = observed(UNUSABLE[what])
    assert isinstance(seen, BookProblem)
    assert (seen.kind, seen.kind.null_reason) == (BookProblemKind.UNUSABLE, NullReason.CONFLICT)
    assert SYMBOL in seen.text


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("bad"), KeyError("none"), ZeroDivisionError("odd")])
def test_source_that_fails_is_unreachable_and_never_a_price(error: Exception) -> None:
    """Whatever a source raises on a bad day."""
    seen = observed(error)
    assert isinstance(seen, BookProblem)
    assert (seen.kind, seen.kind.null_reason) == (BookProblemKind.UNREACHABLE, NullReason.ERROR)


def test_defect_of_a_source_is_not_swallowed() -> None:
    """A programming error is nobody's outage."""
    with pytest.raises(AttributeError):
        observed(AttributeError("typing error"))


def desk() -> tuple[ObservedBooks, BookShelf]:
    """Books over a shelf."""
    shelf = BookShelf(ManualClock())
    return ObservedBooks(shelf, shelf.clock.now_ms, depth=5, largest_age_ms=1_000), shelf


def offered(books: ObservedBooks) -> list[str]:
    """What a buyer finds, looked at anew."""
    books.forget()
    seen = books.look(SYMBOL)
    assert isinstance(seen, ObservedBook)
    return [f"{level.size:f}@{level.price}" for level in seen.levels(OrderSide.BUY)]


def take(books: ObservedBooks, price: str, size: str) -> None:
    """Take something off the asks."""
    seen = books.look(SYMBOL)
    assert isinstance(seen, ObservedBook)
    seen.take(OrderSide.BUY, Decimal(price), Decimal(size))


def test_supply_of_one_snapshot_is_used_up_however_often_it_is_seen() -> None:
    """What was taken is gone, level by level, and a level without anything left is none."""
    books, shelf = desk()
    shelf.show(book(SYMBOL))
    take(books, "100.1", "4")
    assert offered(books) == ["6@100.1", "20@100.2"]
    take(books, "100.1", "6")
    assert offered(books) == ["20@100.2"]
    seen = books.look(SYMBOL)
    assert isinstance(seen, ObservedBook)
    assert len(seen.levels(OrderSide.SELL)) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (book(SYMBOL), book(SYMBOL, ts_ms=FROZEN_MS + 1)),
        (book(SYMBOL, sequence=1), book(SYMBOL, sequence=2)),
        (book(SYMBOL), book(SYMBOL, asks=(("100.1", "11"), ("100.2", "20")))),
        (book(SYMBOL, sequence=1), book(SYMBOL)),
    ],
    ids=["later", "next sequence", "other size", "sequence lost"],
)
def test_another_snapshot_is_another_supply(first: OrderBook, second: OrderBook) -> None:
    """Whatever tells snapshots apart refills the levels."""
    books, shelf = desk()
    shelf.show(first)
    take(books, "100.1", "10")
    assert offered(books) == ["20@100.2"]
    shelf.show(second)
    assert len(offered(books)) == 2


def test_same_sequence_at_a_later_time_is_the_same_supply() -> None:
    """A source that stamps every answer anew does not refill its levels."""
    books, shelf = desk()
    shelf.show(book(SYMBOL, sequence=7))
    take(books, "100.1", "10")
    shelf.show(book(SYMBOL, sequence=7, ts_ms=FROZEN_MS + 5))
    assert offered(books) == ["20@100.2"]


def test_book_older_than_one_that_was_seen_is_stale() -> None:
    """Caches of a venue may answer out of order; an old supply is not a new one."""
    books, shelf = desk()
    shelf.show(book(SYMBOL))
    offered(books)
    shelf.show(book(SYMBOL, ts_ms=FROZEN_MS - 1))
    books.forget()
    seen = books.look(SYMBOL)
    assert isinstance(seen, BookProblem)
    assert seen.kind is BookProblemKind.STALE


def test_source_is_asked_once_until_it_is_looked_at_anew() -> None:
    """One call sees one world, and asks as deep as it was told."""
    books, shelf = desk()
    shelf.show(book(SYMBOL))
    for _ in range(3):
        books.look(SYMBOL)
    assert shelf.asked == [(SYMBOL, 5)]
    books.forget()
    books.look(SYMBOL)
    assert len(shelf.asked) == 2
