"""The bills among themselves and against fills and orders: each once, in a chain, one for every execution."""

from __future__ import annotations

import pytest

from dualwitness.alignment.conservation_bills import bill_conflicts
from dualwitness.models import Bill, Severity
from dualwitness.models.observation import Observation
from tests.support.observations import (
    LINEAR,
    NOW_MS,
    SPOT,
    bill,
    failed,
    fee_rates,
    fill,
    linear_swap,
    observed,
    order,
    spot_pair,
    world,
)


def came_in(change: str = "1000", balance: str = "1000") -> Bill:
    """A transfer."""
    words = dict.fromkeys(("symbol", "side", "contracts", "trade_id", "venue_order_id", "fee", "realized_pnl"))
    return bill(bill_id="1", kind="transfer", change=change, balance=balance, **words)


BOUGHT = bill(bill_id="2")  # 1000 less a fee of 0.1
SOLD = bill(bill_id="3", change="-0.2", balance="999.7", fee="0.2", trade_id="22", venue_order_id="12", side="sell")
CHAIN = (came_in(), BOUGHT, SOLD)


def found_in(*bills: Bill, others: tuple[Observation, ...] = ()) -> list[tuple[str, str | None]]:
    """Field and row of everything that is found in these bills."""
    told = world(observed("get_instruments", linear_swap()), observed("get_bills", *bills), *others)
    return [(one.field, one.row_key) for one in bill_conflicts(told) if one.operation == "get_bills"]


def executions(**parts: object) -> tuple[Observation, ...]:
    """The fills of both executions of the chain; the first one changed."""
    second = fill(trade_id="22", venue_order_id="12", side="sell", fee="0.2")
    return (observed("get_fills", fill(**{"fee": "0.1"} | parts), second),)


def test_chain_of_bills_with_its_executions_is_no_conflict() -> None:
    """In whatever order they arrive."""
    assert found_in(*CHAIN, others=executions()) == []
    assert found_in(*reversed(CHAIN), others=executions()) == []


def test_bill_that_is_listed_twice_is_a_conflict() -> None:
    """A bill id is unique; the copy breaks no chain."""
    assert found_in(*CHAIN, SOLD) == [("bill_id", "USDT|3")]


def test_bill_that_is_missing_breaks_the_chain_and_leaves_its_execution_unbooked() -> None:
    """Told at the bill after the gap, and at the order that was filled."""
    found = found_in(came_in(), SOLD, others=executions())
    assert found == [("bill_id", "USDT|3"), ("bill_id", f"{LINEAR}|11")]


def test_change_that_its_own_parts_contradict_is_named() -> None:
    """A cross execution moves profit less fee: 0.1, and the bill says 0.2."""
    doubled = bill(bill_id="2", change="-0.2", balance="999.9")
    assert found_in(came_in(), doubled, SOLD, others=executions()) == [("change", "USDT|2")]


def test_change_without_parts_is_named_where_no_execution_lacks_its_bill() -> None:
    """A transfer of double the size is no missing bill."""
    more = bill(bill_id="2", kind="transfer", change="20", balance="1010", symbol=None, side=None, contracts=None,
                fee=None, realized_pnl=None, trade_id=None, venue_order_id=None)  # fmt: skip
    assert found_in(came_in(), more) == [("change", "USDT|2")]


def test_change_with_the_wrong_sign_is_named_whatever_it_is_for() -> None:
    """The balance went the other way by exactly as much."""
    turned = bill(bill_id="2", change="0.1", balance="999.9", fee=None)
    assert found_in(came_in(), turned, SOLD) == [("change", "USDT|2")]


def test_balance_that_both_neighbours_contradict_is_named_once() -> None:
    """In front of it and behind it the chain breaks by the same amount."""
    wrong = bill(bill_id="2", balance="1099.9")
    assert found_in(came_in(), wrong, SOLD) == [("balance", "USDT|2")]


def test_balances_that_are_all_wrong_are_named_and_not_the_changes() -> None:
    """Every link broken is a column that is wrong."""
    rows = [
        bill(bill_id=str(number), change="-1", balance=str(1_100 - 2 * number), fee="1", trade_id=str(number))
        for number in range(1, 6)
    ]
    assert {field for field, _ in found_in(*rows)} == {"balance"}


def test_bills_that_did_not_come_and_a_bill_that_cannot_be_read_prove_nothing() -> None:
    """Unknown is not broken."""
    assert bill_conflicts(world(failed("get_bills"))) == []
    assert bill_conflicts(world()) == []
    assert found_in(came_in(), bill(bill_id="2", balance=None), SOLD) == []


def test_executions_without_any_bill_are_conflicts_of_their_orders() -> None:
    """No bill at all, and two orders were filled."""
    assert found_in(others=executions()) == [("bill_id", f"{LINEAR}|11"), ("bill_id", f"{LINEAR}|12")]


def test_bill_of_more_contracts_than_were_executed_is_a_conflict() -> None:
    """Too much is a size that is wrong."""
    found = found_in(came_in(), bill(bill_id="2", contracts="5"), SOLD, others=executions())
    assert found == [("contracts", f"{LINEAR}|11")]


@pytest.mark.parametrize(("fee", "count"), [("0.1", 0), ("0.1001", 0), ("0.10011", 1), ("-0.1", 1)])
def test_bill_takes_the_fee_of_its_fill(fee: str, count: int) -> None:
    """A thousandth is left for rounding."""
    found = found_in(came_in(), bill(bill_id="2", fee=fee), SOLD, others=executions())
    assert found == [("fee", f"{LINEAR}|11")] * count


def test_fee_that_the_rates_contradict_is_not_told_of_the_bill_too() -> None:
    """Then the fill is wrong, which is told of the fill."""
    rates = observed("get_fee_rates", fee_rates("0.01", "0.05"), symbol=LINEAR)
    assert found_in(*CHAIN, others=(*executions(fee="0.9"), rates)) == []
    assert found_in(*CHAIN, others=executions(fee="0.9")) == [("fee", f"{LINEAR}|11")]


def test_order_that_contradicts_its_fills_is_not_told_of_the_bills_too() -> None:
    """One falsehood, one finding."""
    finished = observed("get_order_history", order(filled_contracts="7"), symbol=LINEAR)
    assert found_in(came_in(), bill(bill_id="2", contracts="7"), SOLD, others=(*executions(), finished)) == []


def test_execution_of_a_pair_has_its_size_in_the_bill_of_its_base() -> None:
    """The bill of the quote has no contracts, and none are missed."""
    base = bill(bill_id="5", currency="BTC", change="2", balance="2", symbol=SPOT, market_type="spot", fee="0")
    quote = bill(bill_id="6", change="-200", balance="800", symbol=SPOT, market_type="spot", contracts=None, fee="0")
    told = world(
        observed("get_instruments", spot_pair()),
        observed("get_bills", came_in(), base, quote),
        observed("get_fills", fill(symbol=SPOT, market_type="spot", fee="0", fee_currency="BTC")),
    )
    assert bill_conflicts(told) == []


def test_fill_that_is_older_than_the_bills_reach_needs_none() -> None:
    """The venue keeps three months of both, and not to the millisecond."""
    old = observed("get_fills", fill(ts_venue_ms=NOW_MS - 89 * 86_400_000))
    assert found_in(came_in(), others=(old,)) == []


def test_findings_about_bills_have_the_severity_of_their_field() -> None:
    """A wrong change is fatal, a bill that is missing is not."""
    doubled = bill(bill_id="2", change="-0.2", balance="999.9")
    told = world(observed("get_bills", came_in(), doubled, SOLD, SOLD))
    assert {one.field: one.severity for one in bill_conflicts(told)} == {"bill_id": Severity.S2, "change": Severity.S3}
