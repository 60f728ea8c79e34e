"""Evidence of orders: filled by their fills, on their own side, at their average price, listed while they rest."""

from __future__ import annotations

import pytest

from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.evidence_orders import RESTING
from dualwitness.alignment.judge import Draft
from dualwitness.models import Fact, Fill, Order
from dualwitness.models.observation import Observation
from tests.support.observations import LINEAR, failed, fill, observed, order, world

FILLED = "an-order-is-filled-by-its-fills"
SIDE = "a-fill-is-on-the-side-of-its-order"
AVERAGE = "an-order-s-price-is-the-average-of-its-fills"
LISTED = "a-resting-order-is-listed"


def found_by(rule: str, *answers: Observation) -> list[Draft]:
    """What one rule finds in a world."""
    return [one for one in conflicts(world(*answers)) if one.rule == rule]


def fills(*rows: Fact) -> Observation:
    """The account's executions."""
    return observed("get_fills", *rows)


def order_conflicts(rows: tuple[Fill, ...], *orders: Order, rule: str = FILLED) -> list[Draft]:
    """What is found of orders, each looked up by its id, and the account's fills."""
    looked_up = [observed("get_order", one, symbol=f"{LINEAR}|{one.venue_order_id}") for one in orders]
    return found_by(rule, fills(*rows), *looked_up)


def test_an_order_that_its_fills_do_not_add_up_to_is_a_conflict() -> None:
    """Three filled, two shown: an execution is missing."""
    (found,) = order_conflicts((fill(),), order(filled_contracts="3"))
    assert (found.ccxt.value, found.row_key, found.field) == ("2", f"{LINEAR}|11", "trade_id")
    assert found.expected is not None
    assert found.expected.value == "3"


def test_an_order_without_any_fill_that_says_filled_is_a_conflict() -> None:
    """A filled order leaves fills; one that filled nothing leaves none."""
    assert len(order_conflicts((), order())) == 1
    assert order_conflicts((), order(filled_contracts="0", state="canceled")) == []


def test_an_order_in_parts_that_add_up_is_no_conflict() -> None:
    """Parts count together, a copy of one counts once, another order's do not count."""
    parts = fill(contracts="0.5"), fill(trade_id="22", contracts="1.5"), fill(trade_id="22", contracts="1.5")
    other = fill(trade_id="23", venue_order_id="12", contracts="9")
    assert order_conflicts((*parts, other), order()) == []


def test_an_open_order_is_held_against_its_fills_too() -> None:
    """A partly filled order in the list of open orders is evidence like one that was looked up."""
    resting = observed("get_open_orders", order(state="partially_filled", filled_contracts="1"))
    assert len(found_by(FILLED, fills(), resting)) == 1
    assert found_by(FILLED, fills(fill(contracts="1")), resting) == []


@pytest.mark.parametrize("missing", [{"filled_contracts": None}, {"venue_order_id": None}])
def test_an_order_that_does_not_say_what_was_filled_is_no_conflict(missing: dict[str, None]) -> None:
    """Unknown is not zero."""
    assert order_conflicts((fill(contracts="7"),), order(**missing)) == []


def test_an_order_is_not_held_against_fills_that_did_not_come() -> None:
    """Fills that were not asked for are not fills of nothing."""
    assert found_by(FILLED, observed("get_order", order(), symbol=f"{LINEAR}|11")) == []


def test_an_order_with_a_fill_of_unknown_size_is_not_held_against_the_rest() -> None:
    """One fill that does not say how much leaves the sum unknown, not smaller."""
    rows = fill(contracts="1"), fill(trade_id="22", contracts=None)
    assert order_conflicts(rows, order()) == []


def test_fills_without_trade_id_of_one_order_all_count() -> None:
    """Two executions without id are not copies of each other."""
    rows = fill(trade_id=None, bill_id="1", contracts="1"), fill(trade_id=None, bill_id="2", contracts="1")
    assert order_conflicts(rows, order()) == []


def test_an_order_with_more_fills_than_it_says_has_a_size_that_is_wrong() -> None:
    """Too much is no missing execution: a size is wrong."""
    (found,) = order_conflicts((fill(contracts="5"),), order())
    assert found.field == "contracts"


def test_an_order_is_told_once_however_often_it_was_looked_up() -> None:
    """An open order that was looked up too is one contradiction."""
    partly = order(state="partially_filled", filled_contracts="1")
    answers = fills(), observed("get_open_orders", partly), observed("get_order", partly, symbol=f"{LINEAR}|11")
    assert len(found_by(FILLED, *answers)) == 1


@pytest.mark.parametrize(("side", "count"), [("buy", 0), ("sell", 1), (None, 0)])
def test_a_fill_on_the_other_side_of_its_order_is_a_conflict(side: str | None, count: int) -> None:
    """A buy is filled by purchases; a side that is unknown contradicts nothing."""
    assert len(order_conflicts((fill(side=side),), order(), rule=SIDE)) == count
    assert order_conflicts((fill(side=side),), order(side=None), rule=SIDE) == []


@pytest.mark.parametrize(("average", "count"), [("100", 0), ("100.0009", 0), ("100.0011", 1), ("90", 1), (None, 0)])
def test_an_average_price_that_the_fills_do_not_have_is_a_conflict(average: str | None, count: int) -> None:
    """Filled at 100; a hundred-thousandth is left for rounding."""
    assert len(order_conflicts((fill(),), order(average_price=average), rule=AVERAGE)) == count


@pytest.mark.parametrize(("average", "count"), [("125", 0), ("120", 0), ("122", 1), ("100", 1)])
def test_an_average_price_may_be_by_size_or_by_value(average: str, count: int) -> None:
    """One contract at 100 and one at 150 average 125 by size and 120 by value (inverse)."""
    parts = fill(contracts="1"), fill(trade_id="22", contracts="1", price="150")
    assert len(order_conflicts(parts, order(average_price=average), rule=AVERAGE)) == count


@pytest.mark.parametrize("price", [None, "0"])
def test_an_average_price_is_not_held_against_fills_without_price(price: str | None) -> None:
    """A fill that does not say its price leaves the average unknown."""
    parts = fill(contracts="1"), fill(trade_id="22", contracts="1", price=price)
    assert order_conflicts(parts, order(average_price="5"), rule=AVERAGE) == []


def resting(*rows: Order) -> Observation:
    """What was listed as open while order 11 rested."""
    return observed(RESTING, *rows, symbol=f"{LINEAR}|11")


def test_a_resting_order_that_is_not_listed_as_open_is_a_conflict() -> None:
    """It was placed and not yet cancelled; an order of another id is no substitute."""
    for listed in ((), (order(venue_order_id="12"),)):
        (found,) = found_by(LISTED, resting(*listed))
        assert (found.operation, found.symbol, found.row_key) == ("get_open_orders", LINEAR, f"{LINEAR}|11")
    assert found_by(LISTED, resting(order(venue_order_id="12"), order())) == []


def test_a_list_of_open_orders_that_did_not_come_hides_no_order() -> None:
    """An error is not an empty list."""
    assert found_by(LISTED, failed(RESTING, symbol=f"{LINEAR}|11")) == []
