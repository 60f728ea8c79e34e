"""Evidence of executions and instruments: each fill has its order, bill and time, and was of a size that can be."""

from __future__ import annotations

import pytest

from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import World
from dualwitness.models import Bill, LeverageSetting, Library, MarginMode, Severity
from dualwitness.models.observation import Observation
from tests.support.observations import (
    LINEAR,
    NOW_MS,
    bill,
    exchange,
    failed,
    fill,
    linear_swap,
    observed,
    order,
    position,
    world,
)

LISTED = "an-order-that-was-filled-is-listed"
SIZE = "what-was-taken-is-of-a-size-that-can-be"
FINISHED = observed("get_order_history", symbol=LINEAR)
RESTING = observed("get_open_orders")


def found_by(rule: str, *answers: Observation) -> list[Draft]:
    """What one rule finds."""
    return [one for one in conflicts(world(*answers)) if one.rule == rule]


def test_order_that_was_filled_and_is_listed_nowhere_is_a_conflict_of_the_orders() -> None:
    """Neither resting nor finished, and its fill is of today; told once for all its fills."""
    fills = observed("get_fills", fill(), fill(trade_id="22"))
    (found,) = found_by(LISTED, fills, FINISHED, RESTING)
    assert (found.operation, found.field, found.row_key) == ("get_order_history", "venue_order_id", f"{LINEAR}|11")
    assert found.severity is Severity.S3
    for listed in (
        observed("get_order_history", order(), symbol=LINEAR),
        observed("get_order", order(), symbol=f"{LINEAR}|11"),
    ):
        assert found_by(LISTED, fills, FINISHED if listed.operation == "get_order" else listed, RESTING, listed) == []


def test_order_is_not_missed_where_it_need_not_be_listed() -> None:
    """Older than a week, another symbol's history, an answer that did not come, or an order that never was."""
    today = observed("get_fills", fill())
    old = observed("get_fills", fill(ts_venue_ms=NOW_MS - 8 * 86_400_000))
    elsewhere = observed("get_bills", bill(venue_order_id="99"))
    assert found_by(LISTED, old, FINISHED, RESTING) == []
    assert found_by(LISTED, today, RESTING) == []
    assert found_by(LISTED, today, failed("get_order_history", symbol=LINEAR), RESTING) == []
    assert found_by(LISTED, today, FINISHED, failed("get_open_orders")) == []
    assert found_by(LISTED, today, FINISHED, RESTING, elsewhere) == []


@pytest.mark.parametrize(("later_ms", "count"), [(60_000, 0), (60_001, 1)])
def test_execution_is_not_of_the_future(later_ms: int, count: int) -> None:
    """A minute is left for clocks."""
    fills = observed("get_fills", fill(ts_venue_ms=NOW_MS + later_ms))
    assert len(found_by("an-execution-is-not-of-the-future", fills)) == count


@pytest.mark.parametrize(("apart_ms", "count"), [(5_000, 0), (-5_000, 0), (5_001, 1), (-5_001, 1)])
def test_execution_is_of_the_time_of_its_bill(apart_ms: int, count: int) -> None:
    """In either direction."""
    rule = "an-execution-is-of-the-time-of-its-bill"
    rows = observed("get_fills", fill()), observed("get_bills", bill(ts_venue_ms=NOW_MS + apart_ms))
    assert len(found_by(rule, *rows)) == count


@pytest.mark.parametrize(("placed_ms", "count"), [(5_000, 0), (5_001, 1), (-3_600_000, 0)])
def test_execution_is_not_before_its_order(placed_ms: int, count: int) -> None:
    """An order may rest as long as it likes, and is not filled before it is there."""
    finished = observed("get_order_history", order(ts_venue_ms=NOW_MS + placed_ms), symbol=LINEAR)
    assert len(found_by("an-execution-is-not-before-its-order", observed("get_fills", fill()), finished)) == count


def test_fill_names_the_bill_and_the_order_for_which_it_was_booked() -> None:
    """The bill of the same execution knows both; a library without the word contradicts nothing."""
    bills = observed("get_bills", bill())
    right = observed("get_fills", fill(bill_id="31"))
    wrong = observed("get_fills", fill(bill_id="99", venue_order_id="98"))
    silent = observed("get_fills", fill(bill_id=None, venue_order_id=None))
    for rule, field in (("a-fill-names-its-bill", "bill_id"), ("a-fill-names-its-order", "venue_order_id")):
        assert [one.field for one in found_by(rule, wrong, bills)] == [field]
        assert found_by(rule, right, bills) == []
        assert found_by(rule, silent, bills) == []


def lent(*bills: Bill) -> World:
    """A world whose own bills do not say what they were for, and that was lent others."""
    own = observed("get_bills", bill(symbol=None, trade_id=None, side=None, contracts=None))
    told = world(observed("get_fills", fill(venue_order_id="98")), own)
    return World(Library.CCXT, told.observations, NOW_MS, lent_bills=bills)


def test_library_whose_bills_have_no_words_borrows_those_of_the_other() -> None:
    """Its own order is settled by what the venue booked."""
    assert [one.rule for one in conflicts(lent(bill()))] == ["a-fill-names-its-order"]
    assert conflicts(lent()) == []


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({}, []),
        ({"lot_size": "1.5"}, ["lot_size"]),
        ({"min_size": "2.1"}, ["min_size"]),
        ({"min_size": "2"}, []),
        ({"lot_size": None, "min_size": None}, []),
    ],
)
def test_order_that_was_taken_is_of_a_size_that_can_be(terms: dict[str, str | None], fields: list[str]) -> None:
    """Two contracts were ordered and filled."""
    instruments = observed("get_instruments", linear_swap(**terms))
    finished = observed("get_order_history", order(), symbol=LINEAR)
    assert [one.field for one in found_by(SIZE, instruments, finished)] == fields


def test_execution_is_of_whole_lots_too() -> None:
    """A part of an order is no smaller than a lot; told once for each instrument."""
    instruments = observed("get_instruments", linear_swap(lot_size="1"))
    fills = observed("get_fills", fill(contracts="1.5"), fill(trade_id="22", contracts="0.5"))
    assert [one.field for one in found_by(SIZE, instruments, fills)] == ["lot_size"]
    assert found_by(SIZE, instruments, observed("get_fills", fill())) == []


def test_order_that_filled_nothing_proves_no_size() -> None:
    """It may have been refused for it."""
    instruments = observed("get_instruments", linear_swap(min_size="5"))
    assert found_by(SIZE, instruments, observed("get_open_orders", order(filled_contracts="0", state="live"))) == []


@pytest.mark.parametrize(
    ("allowed", "of_position", "count"), [("3", "3", 0), ("2", "3", 1), ("2", "1", 0), (None, "3", 0)]
)
def test_leverage_in_force_is_allowed(allowed: str | None, of_position: str, count: int) -> None:
    """Both the setting and the position must have it: one alone may itself be wrong."""
    number = position(leverage="3").leverage
    setting = LeverageSetting(symbol=LINEAR, margin_mode=MarginMode.CROSS, leverage=number)
    answers = (
        observed("get_instruments", linear_swap(max_leverage=allowed)),
        observed("get_leverage", setting, symbol=LINEAR),
        observed("get_positions", position(leverage=of_position)),
    )
    assert len(found_by("leverage-in-force-is-allowed", *answers)) == count


def test_both_sides_of_a_match_with_oneself_contradict_neither_their_orders_nor_their_bills() -> None:
    """One trade id, two orders, two bills; what is wrong with either of them is seen all the same."""
    bought = fill(side="buy", venue_order_id="11", bill_id=None)
    sold = fill(side="sell", venue_order_id="12", bill_id=None)
    orders = order(venue_order_id="11"), order(venue_order_id="12", side="sell")
    booked = observed(
        "get_bills",
        bill(bill_id="1", trade_id=bought.trade_id, venue_order_id="11"),
        bill(bill_id="2", trade_id=bought.trade_id, venue_order_id="12", side="sell"),
    )
    told = observed("get_order_history", *orders, symbol=LINEAR), booked
    rules = {"an-order-is-filled-by-its-fills", "a-fill-names-its-order", "an-execution-is-listed-once"}
    sound = conflicts(world(observed("get_fills", bought, sold), *told))
    assert {one.rule for one in sound} & rules == set()
    for wrong in ((bought,), (bought, fill(side="sell", venue_order_id="13", bill_id=None))):
        assert {one.rule for one in conflicts(world(observed("get_fills", *wrong), *told))} & rules


def test_execution_that_was_booked_and_is_not_among_the_fills_is_a_conflict_of_the_fills() -> None:
    """Told once for each symbol; what was booked a moment ago, or carries no trade id, may be missing."""
    rule = "an-execution-that-was-booked-is-listed"
    earlier = NOW_MS - 60_000
    booked = bill(ts_venue_ms=earlier), bill(bill_id="2", trade_id="22", ts_venue_ms=earlier)
    (found,) = found_by(rule, observed("get_fills"), observed("get_bills", *booked))
    assert (found.operation, found.field, found.severity, found.symbol) == (
        "get_fills",
        "trade_id",
        Severity.S3,
        LINEAR,
    )
    listed = fill(trade_id=booked[0].trade_id), fill(trade_id="22")
    assert found_by(rule, observed("get_fills", *listed), observed("get_bills", *booked)) == []
    renamed = fill(symbol="gone", trade_id=booked[0].trade_id), fill(symbol="gone", trade_id="22")
    assert found_by(rule, observed("get_fills", *renamed), observed("get_bills", *booked)) == []
    for harmless in (bill(ts_venue_ms=NOW_MS - 1), bill(trade_id="0", ts_venue_ms=earlier)):
        assert found_by(rule, observed("get_fills"), observed("get_bills", harmless)) == []
    assert found_by(rule, failed("get_fills"), observed("get_bills", *booked)) == []


def test_finding_about_one_order_that_was_looked_up_leads_to_its_bytes() -> None:
    """The answer stands under symbol and order id, and its row has no key of its own."""
    answer = observed("get_order", order(state="canceled"), symbol=f"{LINEAR}|11", exchanges=(exchange(b"seen"),))
    found = [one for one in conflicts(world(answer, observed("get_fills", fill()))) if one.operation == "get_order"]
    assert found
    assert {one.ccxt_ref for one in found} == set(answer.sample_ids)
