"""Evidence of the market: each check with what it finds, what it leaves alone, and the edge between the two."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.judge import Draft
from dualwitness.models import BookLevel, Candle, Fact, FindingKind, Library, NullReason, OddOneOut, OrderBook
from dualwitness.models.observation import Observation
from tests.support.observations import (
    INVERSE,
    LINEAR,
    NOW_MS,
    book,
    exchange,
    failed,
    fee_rates,
    linear_swap,
    observed,
    ticker,
    world,
)


def found_by(rule: str, *answers: Observation, now_ms: int | None = NOW_MS) -> list[Draft]:
    """What one rule finds in a world."""
    return [one for one in conflicts(world(*answers, now_ms=now_ms)) if one.rule == rule]


def asked(operation: str, *rows: Fact) -> Observation:
    """An answer to a question about the linear swap."""
    return observed(operation, *rows, symbol=LINEAR)


@pytest.mark.parametrize(
    ("operation", "row"),
    [
        ("get_ticker", ticker(symbol=INVERSE)),
        ("get_order_book", book(symbol=INVERSE)),
        ("get_fee_rates", fee_rates("0", "0", symbol=INVERSE)),
    ],
)
def test_an_answer_for_another_symbol_is_a_conflict(operation: str, row: Fact) -> None:
    """What was asked for is what must be answered."""
    (found,) = found_by("the-answer-is-for-what-was-asked", asked(operation, row))
    assert (found.operation, found.symbol, found.field) == (operation, LINEAR, "symbol")
    assert found.ccxt.value == INVERSE
    assert found.expected is not None
    assert found.expected.value == LINEAR


def test_answers_for_what_was_asked_are_no_conflict() -> None:
    """Nothing is found in a world that holds together."""
    answers = [
        asked("get_ticker", ticker()),
        asked("get_order_book", book()),
        asked("get_fee_rates", fee_rates("0", "0")),
    ]
    assert conflicts(world(*answers)) == []


@pytest.mark.parametrize(
    ("age_ms", "count"), [(0, 0), (60_000, 0), (60_001, 1), (-60_000, 0), (-60_001, 1), (3_600_000, 1)]
)
def test_a_ticker_more_than_a_minute_from_venue_time_is_stale(age_ms: int, count: int) -> None:
    """The edge of a minute belongs to what is fresh, in both directions."""
    found = found_by("a-ticker-is-as-old-as-the-venue-says", asked("get_ticker", ticker(ts_venue_ms=NOW_MS - age_ms)))
    assert len(found) == count


def test_a_ticker_is_never_stale_without_a_clock_or_a_time_of_its_own() -> None:
    """Where one of both times is unknown, nothing can be said of the age."""
    rule = "a-ticker-is-as-old-as-the-venue-says"
    assert found_by(rule, asked("get_ticker", ticker(ts_venue_ms=1)), now_ms=None) == []
    assert found_by(rule, asked("get_ticker", ticker(ts_venue_ms=None))) == []


@pytest.mark.parametrize(
    ("last", "count"), [("94.05", 0), ("94.04", 1), ("106.05", 0), ("106.06", 1), ("100", 0), (None, 0)]
)
def test_a_last_price_more_than_five_percent_outside_the_book_is_a_conflict(last: str | None, count: int) -> None:
    """With a book of 99 to 101 the edges are 94.05 and 106.05, and belong to what is allowed."""
    answers = asked("get_ticker", ticker(last=last)), asked("get_order_book", book("99", "101"))
    assert len(found_by("the-last-price-stands-near-the-book", *answers)) == count


@pytest.mark.parametrize("sides", [(None, "101"), ("99", None), (None, None)])
def test_a_last_price_is_not_held_against_half_a_book(sides: tuple[str | None, str | None]) -> None:
    """An empty side says nothing of prices; neither does a book that was not asked for or did not come."""
    rule = "the-last-price-stands-near-the-book"
    assert found_by(rule, asked("get_ticker", ticker(last="1")), asked("get_order_book", book(*sides))) == []
    assert found_by(rule, asked("get_ticker", ticker(last="1"))) == []
    assert found_by(rule, asked("get_ticker", ticker(last="1")), failed("get_order_book", symbol=LINEAR)) == []


@pytest.mark.parametrize(("bid", "ask", "count"), [("99", "99.1", 0), ("99", "99", 1), ("99.1", "99", 1)])
def test_a_book_whose_bid_meets_its_ask_is_crossed(bid: str, ask: str, count: int) -> None:
    """A bid at the ask would already have traded."""
    found = found_by("a-book-is-in-order-and-not-crossed", asked("get_order_book", book(bid, ask)))
    assert len(found) == count


def deep_book(bids: tuple[str, ...], asks: tuple[str, ...]) -> OrderBook:
    """A book with these prices."""
    levels = [tuple(BookLevel(Decimal(price), Decimal(1)) for price in side) for side in (bids, asks)]
    return OrderBook(symbol=LINEAR, bids=levels[0], asks=levels[1], ts_venue_ms=NOW_MS, sequence=1)


@pytest.mark.parametrize(
    ("bids", "asks", "count"),
    [
        (("99", "98", "97"), ("100", "101"), 0),
        (("98", "99"), ("100", "101"), 1),
        (("99", "98"), ("101", "100"), 1),
        ((), ("101", "100"), 1),
        ((), (), 0),
    ],
)
def test_a_book_out_of_the_order_of_its_prices_is_a_conflict(
    bids: tuple[str, ...], asks: tuple[str, ...], count: int
) -> None:
    """Bids fall, asks rise, whatever the other side looks like."""
    found = found_by("a-book-is-in-order-and-not-crossed", asked("get_order_book", deep_book(bids, asks)))
    assert len(found) == count


@pytest.mark.parametrize(("tick", "count"), [("0.1", 0), ("0.05", 0), ("1", 1), ("0.3", 1)])
def test_a_tick_that_the_prices_of_the_book_are_no_multiple_of_is_a_conflict(tick: str, count: int) -> None:
    """Prices 99.1 and 101.2 fit a tick of 0.1 and 0.05, not of 1 or 0.3."""
    listed = observed("get_instruments", linear_swap(tick_size=tick))
    found = found_by("prices-are-multiples-of-the-tick", listed, asked("get_order_book", book("99.1", "101.2")))
    assert len(found) == count


@pytest.mark.parametrize("instrument", [linear_swap(tick_size=None), linear_swap(option_type="call", tick_size="1")])
def test_prices_are_not_held_against_an_unknown_tick_or_that_of_an_option(instrument: Fact) -> None:
    """Options tick in bands; an unknown step is no step of zero."""
    answers = observed("get_instruments", instrument), asked("get_order_book", book("99.1", "101.2"))
    assert found_by("prices-are-multiples-of-the-tick", *answers) == []


def candle(open_: str | None, high: str | None, low: str | None, close: str | None) -> Candle:
    """A bar; None is blank."""
    prices = {"open": open_, "high": high, "low": low, "close": close, "volume_base": None, "volume_quote": None}
    return Candle.model_validate(
        {
            "ts_venue_ms": NOW_MS,
            "closed": True,
            "reasons": {name: NullReason.BLANK for name, price in prices.items() if price is None},
            **{name: None if price is None else Decimal(price) for name, price in prices.items()},
        }
    )


@pytest.mark.parametrize(
    ("prices", "field"),
    [
        (("10", "12", "9", "11"), None),
        (("10", "10", "10", "10"), None),
        (("10", "10.9", "9", "11"), "high"),
        (("12.1", "12", "9", "11"), "high"),
        (("10", "12", "10.1", "11"), "low"),
        (("10", "12", "11.1", "11"), "low"),
        (("10", None, None, "11"), None),
        ((None, "9", "8", None), None),
    ],
)
def test_a_candle_must_enclose_its_open_and_close(prices: tuple[str | None, ...], field: str | None) -> None:
    """Equal prices are enclosed; missing ones are not compared."""
    found = found_by("high-and-low-enclose-open-and-close", asked("get_candles", candle(*prices)))
    assert [one.field for one in found] == ([] if field is None else [field])


def test_a_conflict_is_blamed_on_what_its_library_was_told_with_its_sample() -> None:
    """The other library was not asked; the sample is the one of this answer."""
    body = exchange(library=Library.OKX_SDK)
    answer = observed("get_ticker", ticker(symbol=INVERSE), symbol=LINEAR, library=Library.OKX_SDK, exchanges=(body,))
    (found,) = conflicts(world(answer, library=Library.OKX_SDK))
    assert (found.kind, found.odd_one_out) == (FindingKind.EVIDENCE_CONFLICT, OddOneOut.OKX_SDK)
    assert (found.ccxt.reason, found.ccxt_ref) == (NullReason.NOT_ASKED, None)
    assert (found.okx_sdk.value, found.okx_ref) == (INVERSE, body.sample_id)


def test_a_world_of_which_nothing_is_known_contradicts_nothing() -> None:
    """No check speaks where nothing was answered."""
    operations = ("get_ticker", "get_order_book", "get_candles", "get_fee_rates", "get_fills", "get_positions")
    assert conflicts(world()) == []
    assert conflicts(world(*(failed(operation) for operation in operations))) == []


@pytest.mark.parametrize(("age_ms", "count"), [(60_000, 0), (60_001, 1), (-60_001, 1)])
def test_a_book_is_of_this_minute(age_ms: int, count: int) -> None:
    """Old and future books alike; without venue time nothing is called old."""
    rule = "a-book-is-as-old-as-the-venue-says"
    assert len(found_by(rule, asked("get_order_book", book()), now_ms=NOW_MS + age_ms)) == count
    assert found_by(rule, asked("get_order_book", book()), now_ms=None) == []


@pytest.mark.parametrize(
    ("bid", "ask", "count"), [("99", "101", 0), ("100", "100", 0), ("101", "99", 1), ("101", None, 0)]
)
def test_a_ticker_whose_bid_is_above_its_ask_is_a_conflict(bid: str, ask: str | None, count: int) -> None:
    """Nobody buys for more than somebody sells for."""
    found = found_by("a-bid-is-not-above-the-ask", asked("get_ticker", ticker(bid=bid, ask=ask)))
    assert [one.field for one in found] == ["bid"] * count


def candles(*minutes: int) -> Observation:
    """Candles of one minute that begin so many minutes before now."""
    rows = (candle("1", "1", "1", "1").model_copy(update={"ts_venue_ms": NOW_MS - each * 60_000}) for each in minutes)
    return asked("get_candles", *rows)


@pytest.mark.parametrize(
    ("minutes", "count"),
    [((3, 2, 1, 0), 0), ((3, 2, 0), 1), ((8, 7, 6, 5), 0), ((9, 8, 7, 6), 1), ((9, 0), 0), ((0, 1, 2, 3), 0)],
)
def test_candles_follow_each_other_up_to_now(minutes: tuple[int, ...], count: int) -> None:
    """A gap, or an end that is more than five candles old; two candles make no row, and order does not matter."""
    assert len(found_by("candles-follow-each-other-up-to-now", candles(*minutes))) == count
