"""Which rows are the same execution: bill ids first, trade ids second, and what is in doubt is no number."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from dualwitness.models import Bill, BillKind, Fill, NullReason, PositionMode, PositionSide
from dualwitness.models.fees import FeeTotal
from dualwitness.models.fold import FoldResult, fold_fills
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, PAIR, make_fill

CONFLICT = (None, NullReason.CONFLICT)


def of_order(fill: Fill, order: str) -> Fill:
    """The fill as one of another order."""
    return fill.model_copy(update={"venue_order_id": order})


def in_every_order(*fills: Fill, mode: PositionMode = PositionMode.NET) -> FoldResult:
    """The fold, after all orders of arrival were seen to give the same."""
    results = [fold_fills(each, INSTRUMENTS, mode, history_complete=True) for each in permutations(fills)]
    assert all(result == results[0] for result in results)
    return results[0]


def contracts(result: FoldResult, symbol: str = LINEAR) -> tuple[object, object]:
    """Contracts of the net leg, and the reason where they are null."""
    leg = result.leg(symbol)
    assert leg is not None
    return leg.value_or_reason("contracts")


def test_both_sides_of_a_match_with_oneself_are_two_fills() -> None:
    """One trade id, two bill ids, two orders, opposite sides: two executions that cancel out."""
    buy = make_fill("7", "buy", "2", "100", bill_id="10", fee="0.2")
    sell = of_order(make_fill("7", "sell", "2", "100", bill_id="11", fee="-0.1"), "2")
    result = in_every_order(buy, sell)
    leg = result.leg(LINEAR)
    assert leg is not None
    assert (leg.contracts, leg.fill_count, leg.fees) == (Decimal(0), 2, (FeeTotal("USDT", Decimal("0.1")),))
    assert result.duplicates == ()


def test_both_sides_of_a_match_with_oneself_in_two_legs_are_two_fills() -> None:
    """In long/short mode a match with oneself may open both legs at once."""
    buy = make_fill("7", "buy", "2", "100", position_side="long", bill_id="10")
    sell = of_order(make_fill("7", "sell", "2", "100", position_side="short", bill_id="11"), "2")
    result = in_every_order(buy, sell, mode=PositionMode.LONG_SHORT)
    assert [leg.contracts for leg in result.legs] == [Decimal(2), Decimal(-2)]


@pytest.mark.parametrize(
    ("side", "order", "size"), [("buy", "1", "2"), ("buy", "2", "2"), ("sell", "1", "2"), ("sell", "2", "3")]
)
def test_trade_under_another_bill_id_that_is_no_other_side_is_in_doubt(side: str, order: str, size: str) -> None:
    """The same trade told again under another bill id, or an invented row: nobody counts either."""
    first = make_fill("7", "buy", "2", "100", bill_id="10")
    again = of_order(make_fill("7", side, size, "100", bill_id="11"), order)
    result = in_every_order(first, again)
    assert contracts(result) == CONFLICT
    (duplicate,) = result.duplicates
    assert (duplicate.agrees, duplicate.bill_id, duplicate.other_bill_id) == (False, "11", "10")


def test_same_bill_id_told_differently_is_a_conflict() -> None:
    """A bill id names one entry of the venue's books: it cannot be two sizes."""
    result = in_every_order(
        make_fill("7", "buy", "2", "100", bill_id="10"), make_fill("7", "buy", "3", "100", bill_id="10")
    )
    assert contracts(result) == CONFLICT


@pytest.mark.parametrize("changed", ["trade", "order"])
def test_same_bill_id_of_another_trade_or_order_is_a_conflict(changed: str) -> None:
    """What both rows know must be the same."""
    first = make_fill("7", "buy", "2", "100", bill_id="10")
    other = make_fill("8" if changed == "trade" else "7", "buy", "2", "100", bill_id="10")
    assert contracts(in_every_order(first, of_order(other, "2") if changed == "order" else other)) == CONFLICT


def test_copies_with_other_fees_keep_their_contracts_and_lose_the_fees() -> None:
    """Fees and contracts are different knowledge, whichever copy comes first."""
    result = in_every_order(
        make_fill("7", "buy", "2", "100", bill_id="10", fee="1"),
        make_fill("7", "buy", "2", "100", bill_id="10", fee="2"),
    )
    leg = result.leg(LINEAR)
    assert leg is not None
    assert (leg.contracts, leg.value_or_reason("fees")) == (Decimal(2), CONFLICT)
    assert [each.agrees for each in result.duplicates] == [False]


def test_copies_of_a_spot_fill_with_other_fees_make_the_holding_unknown() -> None:
    """A spot fee comes out of the coins."""
    spot = {"symbol": PAIR, "market_type": "spot", "bill_id": "10"}
    result = in_every_order(
        make_fill("7", "buy", "2", "100", fee="1", **spot),  # type: ignore[arg-type]
        make_fill("7", "buy", "2", "100", fee="2", **spot),  # type: ignore[arg-type]
    )
    holding = result.holding(PAIR)
    assert holding is not None
    assert holding.value_or_reason("base_change") == CONFLICT


def test_rows_of_a_library_without_bill_ids_are_copies_of_those_with_them() -> None:
    """Two libraries tell the same executions, one of them with fewer words: each is counted once."""
    rich = [make_fill(str(at), "buy", "1", "100", bill_id=str(90 + at), ts_ms=at) for at in (1, 2)]
    poor = [make_fill(str(at), "buy", "1", "100", bill_id=None, position_side=None, ts_ms=at) for at in (1, 2)]
    result = in_every_order(*rich, *poor)
    assert contracts(result) == (Decimal(2), None)
    assert (result.fill_count, len(result.duplicates)) == (2, 2)


def test_row_without_a_bill_id_goes_with_the_side_of_a_match_that_it_tells() -> None:
    """Of a match with oneself a row without bill id is a copy of the side that it names."""
    buy = make_fill("7", "buy", "2", "100", bill_id="10")
    sell = of_order(make_fill("7", "sell", "2", "100", bill_id="11"), "2")
    result = in_every_order(buy, sell, sell.model_copy(update={"bill_id": None, "reasons": {"bill_id": "absent"}}))
    assert (contracts(result), result.fill_count) == ((Decimal(0), None), 2)


def test_opposite_sides_of_one_trade_without_bill_ids_are_in_doubt() -> None:
    """Without bill ids nobody can tell a match with oneself from one row with a wrong side."""
    assert (
        contracts(in_every_order(make_fill("7", "buy", "2", "100"), of_order(make_fill("7", "sell", "2", "100"), "2")))
        == CONFLICT
    )


@pytest.mark.parametrize("nothing", ["", "0"])
def test_trade_ids_that_are_none_are_told_apart_by_bill_ids(nothing: str) -> None:
    """OKX writes "" or 0 where there is no trade id: two deliveries are not one."""
    result = in_every_order(
        make_fill(nothing, "sell", "2", "100", bill_id="10"), make_fill(nothing, "sell", "2", "100", bill_id="11")
    )
    assert (contracts(result), result.duplicates) == ((Decimal(-4), None), ())


@pytest.mark.parametrize("nothing", ["", "0"])
def test_fill_with_neither_id_is_in_doubt(nothing: str) -> None:
    """What cannot be told from its copies is not counted."""
    fill = make_fill(nothing, "sell", "2", "100", bill_id="9").model_copy(update={"bill_id": ""})
    assert contracts(in_every_order(fill)) == (None, NullReason.ABSENT)


def test_negative_trade_ids_of_forced_fills_are_ids() -> None:
    """Liquidation and auto-deleveraging have negative trade ids: each counts once, and a copy is a copy."""
    forced = [
        make_fill("-5", "sell", "1", "90", bill_id="10"),
        make_fill("-6", "sell", "1", "80", bill_id="11", ts_ms=9),
    ]
    result = in_every_order(make_fill("5", "buy", "3", "100", bill_id="9", ts_ms=1), *forced, forced[0])
    assert (contracts(result), len(result.duplicates)) == ((Decimal(1), None), 1)


def test_bill_id_of_two_instruments_is_two_fills() -> None:
    """Rows are the same only within one instrument."""
    result = in_every_order(
        make_fill("7", "buy", "1", "100", bill_id="1"), make_fill("7", "buy", "1", "9", symbol=INVERSE, bill_id="1")
    )
    assert (result.fill_count, result.duplicates) == (2, ())


def test_doubt_about_one_leg_leaves_the_other_leg_alone() -> None:
    """A contradiction in the long leg says nothing about the short one."""
    result = in_every_order(
        make_fill("1", "buy", "2", "100", position_side="long", bill_id="1"),
        make_fill("1", "buy", "3", "100", position_side="long", bill_id="1"),
        make_fill("2", "sell", "2", "100", position_side="short", bill_id="2"),
        mode=PositionMode.LONG_SHORT,
    )
    long, short = (result.leg(LINEAR, side) for side in (PositionSide.LONG, PositionSide.SHORT))
    assert long is not None
    assert short is not None
    assert (long.contracts, short.contracts) == (None, Decimal(-2))
    assert long.explanation is not None


def test_zero_contracts_are_no_execution() -> None:
    """A row of nothing poses as a fill."""
    assert contracts(in_every_order(make_fill("1", "buy", "0", "100"))) == CONFLICT


def test_bill_is_refused_where_a_fill_is_needed() -> None:
    """Funding moves cash and no contracts: it never enters the fold of fills."""
    nothing = dict.fromkeys(set(Bill.model_fields) - {"reasons", "bill_id", "kind"})
    bill = Bill.model_validate(
        {**nothing, "bill_id": "1", "kind": BillKind.FUNDING, "reasons": dict.fromkeys(nothing, NullReason.ABSENT)}
    )
    with pytest.raises(TypeError, match="fold_bills"):
        fold_fills([bill], INSTRUMENTS, history_complete=True)  # type: ignore[list-item]
