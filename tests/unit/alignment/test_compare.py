"""What `compare` makes of two answers: every outcome, joining of rows, both comparators of what moves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.compare import FieldComparison, claim_of, compare, plain, swapped
from dualwitness.alignment.rules import RULES
from dualwitness.models import BookLevel, Library, NullReason, OrderBook, Outcome
from dualwitness.models.finding import Claim
from tests.support.observations import (
    INVERSE,
    LINEAR,
    book,
    comparison,
    fee_rates,
    fill,
    linear_swap,
    observed,
    order,
    position,
    ticker,
)


def field(operation: str, name: str, ccxt: object, okx_sdk: object, **more: object) -> FieldComparison:
    """The one comparison of that field."""
    compared = comparison(operation, ccxt, okx_sdk, **more)
    (found,) = [one for one in compared.fields if one.field == name]
    return found


@pytest.mark.parametrize(("left", "right"), [("1.0", "1.00"), ("100", "1E+2"), ("0", "-0"), ("0.1", "0.1")])
def test_equal_numbers_in_other_spellings_match(left: str, right: str) -> None:
    """Numbers are compared by value; both spellings stand in the claims."""
    found = field("get_ticker", "last", (ticker(last=left),), (ticker(last=right),))
    assert found.outcome is Outcome.MATCH
    assert found.ccxt.value == left


@pytest.mark.parametrize(("left", "right"), [("1", "1.0000000000000000001"), ("100", "10"), ("1", "-1")])
def test_numbers_that_differ_in_any_digit_mismatch(left: str, right: str) -> None:
    """There is no hidden tolerance."""
    found = field("get_fee_rates", "taker", (fee_rates("0", left),), (fee_rates("0", right),))
    assert found.outcome is Outcome.MISMATCH


def test_a_value_that_one_side_lacks_is_one_missing_with_its_reason() -> None:
    """The claim of the silent side carries why it is silent."""
    found = field("get_ticker", "bid", (ticker(bid=None, reason=NullReason.UNMAPPED),), (ticker(bid="1"),))
    assert found.outcome is Outcome.ONE_MISSING
    assert (found.ccxt, found.okx_sdk) == (Claim(value=None, reason=NullReason.UNMAPPED), Claim(value="1"))


def test_a_value_that_both_sides_lack_is_both_missing() -> None:
    """Both missing is no match, and both reasons are told."""
    found = field("get_ticker", "bid", (ticker(),), (ticker(reason=NullReason.ABSENT),))
    assert found.outcome is Outcome.BOTH_MISSING
    assert (found.ccxt.reason, found.okx_sdk.reason) == (NullReason.BLANK, NullReason.ABSENT)


def test_a_field_with_nothing_to_know_on_either_side_is_not_listed() -> None:
    """A swap has no strike: null without reason on both sides is no gap."""
    compared = comparison("get_instruments", (linear_swap(),), (linear_swap(),))
    assert "strike" not in {one.field for one in compared.fields}
    assert compared.count(Outcome.MATCH) == len(compared.fields) > 5


def test_an_optional_value_that_one_side_has_makes_the_other_absent() -> None:
    """Where one side knows something, there is something to know, and silence needs a reason."""
    found = field("get_instruments", "strike", (linear_swap(strike="5"),), (linear_swap(),))
    assert found.outcome is Outcome.ONE_MISSING
    assert found.okx_sdk == Claim(value=None, reason=NullReason.ABSENT)


def test_both_answers_that_failed_are_both_error() -> None:
    """Two failures are one line with both reasons, under the field that stands for the answer."""
    (found,) = comparison("get_positions", None, None).fields
    assert found.outcome is Outcome.BOTH_ERROR
    assert (found.field, found.row_key) == ("has_position", None)
    assert (found.ccxt.reason, found.okx_sdk.reason) == (NullReason.ERROR, NullReason.ERROR)


@pytest.mark.parametrize("rows", [(), (position(),), (position(), position(venue_position_id="8"))])
def test_one_answer_that_failed_is_one_missing_however_many_rows_stand_against_it(rows: tuple[object, ...]) -> None:
    """An error against an empty list is a gap too, never agreement on empty."""
    for ccxt, okx_sdk in ((rows, None), (None, rows)):
        (found,) = comparison("get_positions", ccxt, okx_sdk).fields
        assert found.outcome is Outcome.ONE_MISSING
        assert {found.ccxt.reason, found.okx_sdk.reason} == {None, NullReason.ERROR}


def test_two_empty_answers_have_nothing_to_compare() -> None:
    """Empty against empty is no line at all, and so no match either."""
    assert comparison("get_positions", (), ()).fields == ()


def test_a_row_that_only_one_side_shows_is_one_missing() -> None:
    """The lead field stands for the whole row, judged by the operation's rule for lone rows."""
    (found,) = comparison("get_positions", (), (position(),)).fields
    assert found.outcome is Outcome.ONE_MISSING
    assert (found.field, found.row_key) == ("has_position", f"{LINEAR}|7")
    assert (found.ccxt, found.okx_sdk) == (Claim(value=None, reason=NullReason.ABSENT), Claim(value="true"))
    assert found.rule == RULES["get_positions"].row


def test_rows_are_joined_by_id_and_not_by_place() -> None:
    """Two fills in another order are still the same two fills."""
    first, second = fill(trade_id="1", price="5"), fill(trade_id="2", price="6")
    compared = comparison("get_fills", (first, second), (second, first))
    assert compared.count(Outcome.MISMATCH) == compared.count(Outcome.ONE_MISSING) == 0


def test_the_same_trade_id_of_two_instruments_is_two_rows() -> None:
    """A trade id is unique for its instrument alone."""
    compared = comparison("get_fills", (fill(),), (fill(symbol=INVERSE),))
    assert [one.outcome for one in compared.fields] == [Outcome.ONE_MISSING, Outcome.ONE_MISSING]


@pytest.mark.parametrize("copies", [(2, 1), (1, 3)])
def test_a_row_that_one_side_lists_more_often_is_a_mismatch_of_counts(copies: tuple[int, int]) -> None:
    """A doubled execution cannot hide behind its first copy."""
    compared = comparison("get_fills", (fill(),) * copies[0], (fill(),) * copies[1])
    counts = compared.fields[0]
    assert counts.outcome is Outcome.MISMATCH
    assert (counts.ccxt.value, counts.okx_sdk.value) == (f"{copies[0]} rows", f"{copies[1]} rows")


def test_a_second_copy_that_differs_is_a_mismatch() -> None:
    """As many copies on both sides prove nothing while their contents differ."""
    same, other = fill(price="100"), fill(price="999")
    assert comparison("get_fills", (same, same), (same, other)).count(Outcome.MISMATCH) == 1


def test_rows_without_id_are_never_joined() -> None:
    """Two nameless rows, one a side, are two lines that say nothing of each other."""
    left = position(venue_position_id=None, contracts="1", has_position=True)
    right = position(venue_position_id=None, contracts="9", has_position=False)
    compared = comparison("get_positions", (left,), (right,))
    assert {one.outcome for one in compared.fields} == {Outcome.NOT_COMPARABLE}
    claims = [(one.ccxt.value, one.okx_sdk.value) for one in compared.fields]
    assert claims == [("true", None), (None, "false")]


def test_a_price_one_step_away_matches_by_the_tick_comparator_alone() -> None:
    """An average price may be one step off; the edge belongs to the match."""
    ticks = {LINEAR: Decimal("0.1")}
    for right, outcome in (("100.1", Outcome.MATCH), ("99.9", Outcome.MATCH), ("100.11", Outcome.MISMATCH)):
        pair = (position(entry_price="100"),), (position(entry_price=right),)
        assert field("get_positions", "entry_price", *pair, ticks=ticks).outcome is outcome
    pair = (position(contracts="2"),), (position(contracts="2.1"),)
    assert field("get_positions", "contracts", *pair, ticks=ticks).outcome is Outcome.MISMATCH


def test_a_price_step_of_another_symbol_gives_no_tolerance() -> None:
    """Steps are looked up by symbol."""
    pair = (position(entry_price="100"),), (position(entry_price="100.1"),)
    found = field("get_positions", "entry_price", *pair, ticks={INVERSE: Decimal(1)})
    assert found.outcome is Outcome.MISMATCH


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ("100", Outcome.MATCH),
        ("105", Outcome.MATCH),
        ("110", Outcome.MATCH),
        ("99.9", Outcome.MISMATCH),
        ("110.1", Outcome.MISMATCH),
    ],
)
@pytest.mark.parametrize("readings", [("100", "110"), ("110", "100")])
def test_a_moving_value_matches_between_both_readings_of_the_other_library(
    readings: tuple[str, str], other: str, outcome: Outcome
) -> None:
    """A-B-A: what lies between both readings has only moved; both edges belong to the bracket."""
    first, again = ticker(last=readings[0]), ticker(last=readings[1])
    reread = observed("get_ticker", again, library=Library.CCXT)
    assert field("get_ticker", "last", (first,), (ticker(last=other),), again=reread).outcome is outcome


def test_a_bracket_by_the_other_library_holds_the_first_ones_value() -> None:
    """The second reading may be python-okx's: then it brackets what ccxt said."""
    reread = observed("get_ticker", ticker(last="110"), library=Library.OKX_SDK)
    assert field("get_ticker", "last", (ticker(last="105"),), (ticker(last="100"),), again=reread).outcome is (
        Outcome.MATCH
    )
    assert field("get_ticker", "last", (ticker(last="100"),), (ticker(last="105"),), again=reread).outcome is (
        Outcome.MISMATCH
    )


def test_a_bracket_never_helps_a_field_that_must_be_exact() -> None:
    """What does not move by itself has no bracket."""
    reread = observed("get_positions", position(contracts="9"), library=Library.CCXT)
    pair = (position(contracts="1"),), (position(contracts="5"),)
    assert field("get_positions", "contracts", *pair, again=reread).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("again", [ticker(last=None), None])
def test_a_second_reading_that_says_nothing_excuses_nothing(again: object) -> None:
    """Without a value on asking again a mismatch stays one."""
    reread = observed("get_ticker", *(() if again is None else (again,)), library=Library.CCXT)
    found = field("get_ticker", "last", (ticker(last="1"),), (ticker(last="2"),), again=reread)
    assert found.outcome is Outcome.MISMATCH


def test_a_book_that_moved_between_two_readings_is_not_comparable() -> None:
    """A book that stood still and differs is a mismatch; one that moved says nothing of the other library."""
    moved = observed("get_order_book", book("98"), library=Library.CCXT)
    stood = observed("get_order_book", book("99"), library=Library.CCXT)
    pair = (book("99"),), (book("97"),)
    assert field("get_order_book", "bids", *pair, again=moved).outcome is Outcome.NOT_COMPARABLE
    assert field("get_order_book", "bids", *pair, again=stood).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("place", [0, 1, 2])
def test_answers_to_different_operations_are_refused(place: int) -> None:
    """Only answers to one question can be compared, by its own rules."""
    operations = ["get_fills", "get_fills", "get_fills"]
    operations[place] = "get_positions"
    with pytest.raises(ValueError, match="cannot compare"):
        compare(observed(operations[0]), observed(operations[1], library=Library.OKX_SDK), RULES[operations[2]])


def test_claims_keep_every_digit_and_spell_levels_and_lists() -> None:
    """What goes to file is plain text that a person and a diff can read."""
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("0.00000001")) == "0.00000001"
    assert plain(True) == "true"
    assert plain(("read_only", "trade")) == "read_only trade"
    assert plain((BookLevel(Decimal("9.90"), Decimal(2)),)) == "9.90@2"
    assert claim_of(None, NullReason.BLANK) == Claim(value=None, reason=NullReason.BLANK)
    assert claim_of(Decimal(0), NullReason.BLANK) == Claim(value="0")


def test_the_symbol_asked_stands_in_every_field() -> None:
    """A ticker's fields carry the symbol of the question, whatever the answer is for."""
    compared = comparison("get_ticker", (ticker(symbol=INVERSE),), (ticker(),), symbol=LINEAR)
    assert {one.symbol for one in compared.fields} == {LINEAR}


def test_a_comparison_seen_from_the_other_side_has_its_claims_swapped() -> None:
    """Seen twice from the other side it is itself again."""
    one = comparison("get_order", (order(price="1"),), (order(price="2"),))
    found = next(each for each in swapped(one).fields if each.field == "price")
    assert (found.ccxt.value, found.okx_sdk.value) == ("2", "1")
    assert swapped(swapped(one)) == one


def test_an_empty_side_of_a_book_is_a_value_and_not_a_gap() -> None:
    """No bids at all differs from some bids: a mismatch, not one_missing."""
    empty = OrderBook(symbol=LINEAR, bids=(), asks=book().asks, ts_venue_ms=1, sequence=1)
    assert field("get_order_book", "bids", (empty,), (book(),)).outcome is Outcome.MISMATCH
