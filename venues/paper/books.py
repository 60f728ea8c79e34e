"""
Observed order books: looked at once a call, believed only when fresh and sound, and used up by what was filled at them.

An observation is never invented: a source that fails, a book that is old, crossed, unsorted or of another instrument is
a `BookProblem`, and nothing fills at it. The same snapshot is one supply, however often it is seen: what was taken from
it is gone until the source shows another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from dualwitness.models import BookLevel, NullReason, OrderBook, OrderSide
from dualwitness.models.exact import EXACT, is_venue_number
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.paper.amounts import ZERO, difference
from dualwitness.venues.paper.market import BookSource

__all__ = ["BookProblem", "BookProblemKind", "ObservedBook", "ObservedBooks"]

# What a source that fails raises; anything else is a defect of its own and passes through before anything has changed.
_FAILURES = (DualwitnessError, OSError, ValueError, LookupError, ArithmeticError)
_HALF = Decimal("0.5")


class BookProblemKind(StrEnum):
    """Why nothing can be filled at a book."""

    UNREACHABLE = "unreachable"
    STALE = "stale"
    UNUSABLE = "unusable"

    @property
    def null_reason(self) -> NullReason:
        """The reason that a value derived from the book is null with."""
        return _REASONS[self]


_REASONS = {
    BookProblemKind.UNREACHABLE: NullReason.ERROR,
    BookProblemKind.STALE: NullReason.STALE,
    BookProblemKind.UNUSABLE: NullReason.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class BookProblem:
    """A book that must not be used; ``text`` says what is wrong with it."""

    kind: BookProblemKind
    text: str


@dataclass(slots=True)
class ObservedBook:
    """One sound and fresh snapshot, and what has been taken from each of its levels."""

    snapshot: OrderBook
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    ts_venue_ms: int
    _taken: dict[tuple[bool, Decimal], Decimal] = field(default_factory=dict)

    def levels(self, side: OrderSide) -> tuple[BookLevel, ...]:
        """What an order of ``side`` can still meet, best first: asks for a buy, bids for a sale."""
        buys = side is OrderSide.BUY
        left = (
            BookLevel(level.price, difference(level.size, self._taken.get((buys, level.price), ZERO)))
            for level in (self.asks if buys else self.bids)
        )
        return tuple(level for level in left if level.size > 0)

    def take(self, side: OrderSide, price: Decimal, size: Decimal) -> None:
        """Use up ``size`` of one level."""
        key = side is OrderSide.BUY, price
        self._taken[key] = EXACT.add(self._taken.get(key, ZERO), size)

    @property
    def middle(self) -> Decimal:
        """The price halfway between the best bid and the best ask of the whole snapshot, exactly."""
        return EXACT.multiply(EXACT.add(self.bids[0].price, self.asks[0].price), _HALF)

    def same_supply(self, other: OrderBook) -> bool:
        """Whether another snapshot shows nothing new: the same sequence, or without one the same levels and time."""
        mine = self.snapshot
        if mine.sequence is not None or other.sequence is not None:
            return (mine.sequence, mine.bids, mine.asks) == (other.sequence, other.bids, other.asks)
        return (mine.ts_venue_ms, mine.bids, mine.asks) == (other.ts_venue_ms, other.bids, other.asks)


class ObservedBooks:
    """The newest usable book of each symbol; each is asked for once between two calls of `forget`."""

    def __init__(self, book_of: BookSource, now_ms: Callable[[], int], *, depth: int, largest_age_ms: int) -> None:
        self._book_of = book_of
        self._now_ms = now_ms
        self._depth = depth
        self._largest_age_ms = largest_age_ms
        self._newest: dict[str, ObservedBook] = {}
        self._looked: dict[str, ObservedBook | BookProblem] = {}

    def forget(self) -> None:
        """Look anew from now on."""
        self._looked.clear()

    def look(self, symbol: str) -> ObservedBook | BookProblem:
        """The book of a symbol as it is now, or why there is none that can be used."""
        if symbol not in self._looked:
            self._looked[symbol] = self._observed(symbol)
        return self._looked[symbol]

    def _observed(self, symbol: str) -> ObservedBook | BookProblem:
        try:
            book = self._book_of(symbol, self._depth)
        except _FAILURES as error:
            return BookProblem(BookProblemKind.UNREACHABLE, f"the book of {symbol} could not be had: {error}")
        problem = _problem_of(book, symbol)
        if problem is not None:
            return BookProblem(BookProblemKind.UNUSABLE, f"the book of {symbol} {problem}")
        ts_ms, before = book.ts_venue_ms, self._newest.get(symbol)
        if ts_ms is None:
            return BookProblem(BookProblemKind.STALE, f"the book of {symbol} has no time, so nobody knows its age")
        age_ms = self._now_ms() - ts_ms
        if abs(age_ms) > self._largest_age_ms:
            text = f"the book of {symbol} is {age_ms} ms old, and {self._largest_age_ms} ms is the most"
            return BookProblem(BookProblemKind.STALE, text)
        if before is not None and ts_ms < before.ts_venue_ms:
            text = f"the book of {symbol} is older than one that was seen before"
            return BookProblem(BookProblemKind.STALE, text)
        if before is None or not before.same_supply(book):
            self._newest[symbol] = ObservedBook(book, book.bids or (), book.asks or (), ts_ms)
        else:
            before.ts_venue_ms = ts_ms
        return self._newest[symbol]


def _problem_of(book: OrderBook, symbol: str) -> str | None:
    if book.symbol != symbol:
        return f"is that of {book.symbol}"
    if not book.bids or not book.asks:
        return "lacks a side"
    for name, levels, falling in (("bids", book.bids, True), ("asks", book.asks, False)):
        if any(not is_venue_number(number) or number <= 0 for level in levels for number in level):
            return f"holds {name} without a price or a size"
        if any((one.price > two.price) is not falling or one.price == two.price for one, two in pairwise(levels)):
            return f"holds {name} out of order"
    return "is crossed" if book.bids[0].price >= book.asks[0].price else None
