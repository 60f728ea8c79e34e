"""Evidence of orders: filled by their fills, on their own side, at their average price, listed while they rest."""

from __future__ import annotations

import pytest

from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.evidence_orders import RESTING
from dualwitness.alignment.judge import Draft
from dualwitness.models import Fact, Fill, Order
from dualwitness.models.observation import Observation
from tests.support.observations import LINEAR, NOW_MS, bill, failed, fill, observed, order, world

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


def of_order(*bills: Fact, fills_: tuple[Fill, ...] = (), told: Order) -> list[tuple[str, str]]:
    """Operation and field of everything found of one finished order, its fills and its bills."""
    answers = [fills(*fills_), observed("get_order_history", told, symbol=LINEAR), observed("get_bills", *bills)]
    found = conflicts(world(*answers))
    return [(one.operation, one.field) for one in found]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"filled_contracts": "3", "contracts": "3"}, "filled_contracts"),
        ({"side": "sell"}, "side"),
        ({"average_price": "90"}, "average_price"),
    ],
)
def test_an_order_that_its_fills_and_their_bills_contradict_is_named_itself(
    changed: dict[str, str], field: str
) -> None:
    """Without the bills it is the fills that are named."""
    told = order(**{"average_price": "100"} | changed)
    assert of_order(bill(), fills_=(fill(),), told=told) == [("get_order_history", field)]
    assert [operation for operation, _ in of_order(fills_=(fill(),), told=told)] == ["get_fills"]


def test_fills_that_their_order_and_its_bills_contradict_are_named() -> None:
    """The bills side with the order."""
    told = order(average_price="100")
    assert of_order(bill(), fills_=(fill(contracts="3"),), told=told) == [("get_fills", "contracts")]
    assert of_order(bill(), fills_=(fill(side="sell"),), told=told) == [("get_fills", "side")]
    assert of_order(bill(), fills_=(fill(price="110"),), told=told) == [("get_fills", "price")]


def test_a_fill_of_another_instrument_than_its_order_is_a_conflict() -> None:
    """The order is of bitcoin, its execution says ether."""
    other = fill(symbol="ETH/USDT:USDT")
    assert of_order(fills_=(other,), told=order()) == [("get_fills", "symbol")]


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ({"state": "filled"}, 0),
        ({"state": "canceled"}, 1),
        ({"state": "filled", "contracts": "5"}, 1),
        ({"state": "canceled", "contracts": "5"}, 0),
        ({"state": "partially_filled", "contracts": "5"}, 0),
        ({"state": None}, 0),
    ],
)
def test_an_order_is_filled_when_nothing_is_left(parts: dict[str, str | None], count: int) -> None:
    """Two of two, or two of five."""
    found = of_order(fills_=(fill(),), told=order(**parts))
    assert found == [("get_order_history", "state")] * count


def test_the_state_of_an_order_whose_size_is_contradicted_is_left_alone() -> None:
    """The bills say that more was filled: then the size is wrong."""
    told = order(state="partially_filled", contracts="2", filled_contracts="2")
    assert ("get_order_history", "state") not in of_order(bill(contracts="1"), fills_=(fill(contracts="1"),), told=told)


@pytest.mark.parametrize(("fee", "count"), [("0.3", 0), ("0.3003", 0), ("0.31", 1), ("-0.3", 1), (None, 0)])
def test_an_order_s_fee_is_the_sum_of_its_fills_fees(fee: str | None, count: int) -> None:
    """A thousandth is left for rounding."""
    rows = fill(contracts="1", fee="0.1"), fill(trade_id="22", contracts="1", fee="0.2")
    found = of_order(fills_=rows, told=order(fee=fee, fee_currency="USDT"))
    assert found == [("get_order_history", "fee")] * count


def test_an_order_s_fee_is_not_held_against_fees_that_are_unknown_or_contradicted() -> None:
    """A fill without a fee, in another currency, or against the account's rates is told elsewhere or not at all."""
    told = order(fee="9", fee_currency="USDT")
    assert of_order(fills_=(fill(fee=None),), told=told) == []
    assert of_order(fills_=(fill(fee="0.1", fee_currency="BTC"),), told=told) == []


def test_an_order_older_than_the_fills_reach_is_left_alone() -> None:
    """Some of its fills may have left the venue's window."""
    old = order(filled_contracts="5", contracts="5", ts_venue_ms=NOW_MS - 89 * 86_400_000)
    recent = order(filled_contracts="5", contracts="5", ts_venue_ms=NOW_MS - 80 * 86_400_000)
    assert of_order(fills_=(fill(),), told=old) == []
    assert of_order(fills_=(fill(),), told=recent) == [("get_fills", "trade_id")]
