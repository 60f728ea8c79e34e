"""Sizes: where report, fills, orders and bills of one library contradict each other, and which of them is named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.conservation_positions import position_conflicts
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony import testimonies as told_by
from dualwitness.models import Fill, Library, NullReason, OddOneOut, Position, Severity
from dualwitness.models.history import History
from dualwitness.models.observation import Observation
from tests.support.observations import (
    LINEAR,
    NOW_MS,
    account_config,
    bill,
    failed,
    fill,
    linear_swap,
    observed,
    order,
    position,
    world,
)

PROVEN = History(since_ms=NOW_MS - 3_600_000, flat_start="proven in a test")


def found_in(*answers: Observation, history: History = PROVEN) -> list[Draft]:
    """The contradictions in a world with these answers."""
    config, instruments = observed("get_account_config", account_config()), observed("get_instruments", linear_swap())
    told = world(config, instruments, *answers)
    return position_conflicts(told, told_by([told], history))


def conflicts_of(rows: tuple[Position, ...], fills: tuple[Fill, ...], *, history: History = PROVEN) -> list[Draft]:
    """The contradictions between a report and fills."""
    return found_in(observed("get_positions", *rows), observed("get_fills", *fills), history=history)


CONFLICTS = [
    ("has_position", (position(),), (), "true", "false"),
    ("has_position", (), (fill(),), "not reported", "true"),
    ("direction", (position(direction="short"),), (fill(),), "short", "long"),
    ("contracts", (position(contracts="3"),), (fill(),), "3", "2"),
    ("entry_price", (position(entry_price="101"),), (fill(),), "101", "100"),
]


@pytest.mark.parametrize(
    ("field", "rows", "fills", "seen", "expected"),
    CONFLICTS,
    ids=["phantom", "hidden", "turned", "resized", "repriced"],
)
def test_report_that_the_fills_contradict_is_a_conflict_of_the_field_that_is_wrong(
    field: str, rows: tuple[Position, ...], fills: tuple[Fill, ...], seen: str, expected: str
) -> None:
    """The field says what sort of contradiction it is: whether, which way, how much, at what price."""
    (found,) = conflicts_of(rows, fills)
    assert (found.operation, found.field, found.symbol) == ("get_positions", field, LINEAR)
    assert (found.odd_one_out, found.ccxt.value) == (OddOneOut.CCXT, seen)
    assert found.expected is not None
    assert found.expected.value is not None
    if field == "entry_price":
        assert Decimal(found.expected.value) == Decimal(expected)
    else:
        assert found.expected.value == expected


def test_report_that_the_fills_confirm_is_no_conflict() -> None:
    """The same contracts at the same price: nothing to say."""
    assert conflicts_of((position(),), (fill(),)) == []


def test_report_is_not_contradicted_by_fills_that_cannot_speak() -> None:
    """An unproven history, a lost answer and an unknown row contradict nobody."""
    assert conflicts_of((position(contracts="3"),), (fill(),), history=History()) == []
    assert conflicts_of((position(contracts=None),), (fill(),)) == []
    assert found_in(observed("get_positions", position()), failed("get_fills")) == []
    assert found_in(failed("get_positions"), observed("get_fills", fill())) == []


@pytest.mark.parametrize(("entry", "count"), [("100.01", 0), ("100.010001", 1), ("99.99", 0), ("99.989999", 1)])
def test_entry_price_may_be_off_by_a_ten_thousandth_and_no_more(entry: str, count: int) -> None:
    """The venue rounds its average; the edge belongs to what is allowed."""
    assert len(conflicts_of((position(entry_price=entry),), (fill(),))) == count


@pytest.mark.parametrize(("market_type", "count"), [("future", 0), ("swap", 1)])
def test_entry_price_of_a_dated_future_is_not_held_against_its_fills(market_type: str, count: int) -> None:
    """OKX resets it every day; the same contradiction of a perpetual is one."""
    symbol = "BTC/USDT:USDT-261225"
    told = world(
        observed("get_instruments", linear_swap(symbol=symbol, market_type=market_type)),
        observed("get_positions", position(symbol=symbol, market_type=market_type, entry_price="500")),
        observed("get_fills", fill(symbol=symbol, market_type=market_type)),
    )
    assert len(position_conflicts(told, told_by([told], PROVEN))) == count


def three(fills: str, orders: str, bills: str, *, report: str = "2") -> list[Draft]:
    """A report, and fills, finished orders and bills of these sizes."""
    return found_in(
        observed("get_positions", position(contracts=report)),
        observed("get_fills", fill(contracts=fills)),
        observed("get_order_history", order(contracts=orders, filled_contracts=orders), symbol=LINEAR),
        observed("get_open_orders"),
        observed("get_bills", bill(contracts=bills)),
    )


@pytest.mark.parametrize(
    ("sizes", "operation", "field", "severity"),
    [
        (("3", "2", "2"), "get_fills", "contracts", Severity.S3),
        (("2", "3", "2"), "get_order_history", "filled_contracts", Severity.S3),
        (("2", "2", "3"), "get_bills", "contracts", Severity.S3),
    ],
)
def test_witness_that_the_report_and_another_contradict_is_named_itself(
    sizes: tuple[str, str, str], operation: str, field: str, severity: Severity
) -> None:
    """The report is not blamed for what it is confirmed in."""
    (found,) = three(*sizes)
    assert (found.operation, found.field, found.severity) == (operation, field, severity)
    assert (found.ccxt.value, found.expected and found.expected.value) == ("3", "2")


def test_two_witnesses_that_the_report_and_the_third_contradict_are_both_named() -> None:
    """Each is its own contradiction."""
    assert [one.operation for one in three("3", "4", "2")] == ["get_fills", "get_order_history"]


def test_report_that_nothing_confirms_is_named_once() -> None:
    """Three witnesses against it are one contradiction of the report."""
    (found,) = three("3", "3", "3")
    assert (found.operation, found.field, found.rule) == ("get_positions", "contracts", "fills-add-up-to-the-position")
    assert three("2", "2", "2") == []


def test_report_with_one_kind_of_evidence_stands_against_two_others_and_is_named() -> None:
    """A lie that made report and fills false alike has not made orders and bills false as well."""
    report, fills = three("2", "3", "3")[0], three("2", "3", "3")[1:]
    assert (report.operation, report.field, report.expected and report.expected.value) == (
        "get_positions",
        "contracts",
        "3",
    )
    assert fills == []


def test_entry_price_is_held_against_the_fills_that_contradict_the_size_too() -> None:
    """Two lies in one row are two findings; fills that are wrong themselves have no say."""
    fields = [one.field for one in conflicts_of((position(contracts="4", entry_price="105"),), (fill(),))]
    assert fields == ["contracts", "entry_price"]
    rows = (
        observed("get_positions", position(entry_price="105")),
        observed("get_fills", fill(contracts="3")),
        observed("get_order_history", order(), symbol=LINEAR),
        observed("get_open_orders"),
        observed("get_bills", bill()),
    )
    assert [one.field for one in found_in(*rows)] == ["contracts"]


def test_report_without_fills_is_held_against_orders_or_bills() -> None:
    """Whoever speaks first is named as the source."""
    (found,) = found_in(observed("get_positions", position()), observed("get_bills", bill(contracts="5")))
    assert (found.field, found.rule) == ("contracts", "bills-add-up-to-the-position")


def test_each_library_is_held_against_its_own_fills() -> None:
    """What one library was told is contradicted by what the same library was told."""
    asked = (observed("get_account_config", account_config()), observed("get_instruments", linear_swap()))
    ours = world(*asked, observed("get_positions", position()), observed("get_fills", fill()))
    theirs = world(
        *asked,
        observed("get_positions", position(contracts="9"), library=Library.OKX_SDK),
        observed("get_fills", fill(), library=Library.OKX_SDK),
        library=Library.OKX_SDK,
    )
    told = told_by([ours, theirs], PROVEN)
    assert position_conflicts(ours, told) == []
    (found,) = position_conflicts(theirs, told)
    assert found.odd_one_out is OddOneOut.OKX_SDK
    assert (found.okx_sdk.value, found.ccxt.reason) == ("9", NullReason.NOT_ASKED)
