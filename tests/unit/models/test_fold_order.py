"""What came first: proven by time, ids or counted positions, and null where it matters and nothing proves it."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from dualwitness.models import Fill, FoldResult, History, Leg, NullReason, PositionMode, PositionSide
from dualwitness.models.fold import fold_fills
from dualwitness.models.leg import Bounds
from tests.support.fills import INSTRUMENTS, LINEAR, make_fill


def folded(*fills: Fill, positions_after: dict[str, str] | None = None, history: History | None = None) -> Leg:
    """The linear leg, after all orders of arrival were seen to give the same."""
    counted = {bill: Decimal(position) for bill, position in (positions_after or {}).items()}
    past: dict[str, object] = {"history_complete": True} if history is None else {"history": history}
    results: list[FoldResult] = [
        fold_fills(each, INSTRUMENTS, positions_after=counted, **past)  # type: ignore[arg-type]
        for each in permutations(fills)
    ]
    assert all(result == results[0] for result in results)
    leg = results[0].leg(LINEAR)
    assert leg is not None
    return leg


def bare(name: str, side: str, contracts: str, price: str, *, ts_ms: int = 5) -> Fill:
    """A fill whose ids prove no order."""
    return make_fill(f"x{name}", side, contracts, price, ts_ms=ts_ms)


def test_entry_price_is_null_where_an_unproven_order_decides_it() -> None:
    """Buy 1 at 100 and at 200, sell 1 at 150, all in one millisecond and in any order: three possible entries."""
    leg = folded(bare("a", "buy", "1", "100"), bare("b", "buy", "1", "200"), bare("c", "sell", "1", "150"))
    assert (leg.contracts, leg.change, leg.fill_count) == (Decimal(1), Decimal(1), 3)
    assert leg.value_or_reason("entry_price") == (None, NullReason.ABSENT)
    assert leg.value_or_reason("realized_pnl") == (None, NullReason.ABSENT)
    assert leg.explanation is not None


def test_entry_price_is_told_where_no_order_changes_it() -> None:
    """Purchases of one millisecond commute."""
    leg = folded(
        bare("a", "buy", "1", "100"), bare("b", "buy", "3", "200"), make_fill("1", "sell", "1", "150", ts_ms=9)
    )
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(3), Decimal(175), Decimal("-0.25"))
    assert leg.explanation is None


@pytest.mark.parametrize(("second", "entry"), [("110", Decimal(110)), ("120", None)])
def test_fills_that_turn_a_leg_around_need_an_order_unless_their_price_is_one(
    second: str, entry: Decimal | None
) -> None:
    """Long 1, then 2 and 2 sold within one millisecond: whose price opens the short is known only if there is one."""
    leg = folded(
        make_fill("1", "buy", "1", "100", ts_ms=1), bare("a", "sell", "2", "110"), bare("b", "sell", "2", second)
    )
    assert (leg.contracts, leg.entry_price) == (Decimal(-3), entry)


def test_leg_that_becomes_flat_again_knows_its_profit_whatever_the_order_was() -> None:
    """Profit is what came in less what went out; only what is still open needs an order."""
    leg = folded(
        bare("a", "buy", "1", "100"),
        bare("b", "sell", "2", "150"),
        bare("c", "buy", "2", "200"),
        make_fill("1", "sell", "1", "170", ts_ms=9),
    )
    assert (leg.contracts, leg.realized_pnl, leg.entry_price) == (Decimal(0), Decimal("-0.3"), None)


def test_leg_opened_anew_after_an_unproven_order_has_an_entry_price_again() -> None:
    """Flat is flat: what is opened then has its own entry."""
    leg = folded(
        bare("a", "buy", "1", "100"),
        bare("b", "sell", "2", "150"),
        make_fill("1", "buy", "3", "120", ts_ms=8),
    )
    assert (leg.contracts, leg.entry_price) == (Decimal(2), Decimal(120))


def test_trade_ids_prove_the_order_where_there_are_no_bill_ids() -> None:
    """The matches of one instrument are counted upwards: 9 before 10 before 11."""
    leg = folded(
        make_fill("9", "buy", "1", "100"), make_fill("10", "sell", "1", "110"), make_fill("11", "buy", "1", "120")
    )
    assert (leg.entry_price, leg.realized_pnl) == (Decimal(120), Decimal("0.1"))


@pytest.mark.parametrize(("names", "proven"), [(("a-7-", "a-7-"), True), (("a-", "b-"), False), (("a", "a"), False)])
def test_ids_with_a_name_prove_the_order_only_if_a_number_stands_apart_from_one_name(
    names: tuple[str, str], *, proven: bool
) -> None:
    """The paper venue counts under a name; letters and digits in one word may mean anything."""
    leg = folded(
        make_fill("1", "buy", "1", "100", ts_ms=1),
        make_fill(f"{names[0]}09", "sell", "1", "110", ts_ms=5),
        make_fill(f"{names[1]}10", "buy", "1", "120", ts_ms=5),
    )
    assert leg.entry_price == (120 if proven else None)


def test_negative_trade_id_proves_no_order() -> None:
    """Where a forced fill stands among the others of its millisecond its own id does not tell."""
    leg = folded(
        make_fill("9", "buy", "2", "100"), make_fill("-3", "sell", "1", "110"), make_fill("11", "buy", "1", "120")
    )
    assert (leg.contracts, leg.value_or_reason("entry_price")) == (Decimal(2), (None, NullReason.ABSENT))


def test_counted_positions_prove_the_order_where_no_number_does() -> None:
    """Sold 1 to nothing, bought 1 to one: each begins where the other ended, in one way alone."""
    fills = [
        make_fill("1", "buy", "1", "100", bill_id="10", ts_ms=1),
        make_fill("x2", "buy", "1", "120", bill_id="b", ts_ms=5),
        make_fill("x3", "sell", "1", "110", bill_id="a", ts_ms=5),
    ]
    assert folded(*fills).entry_price is None
    leg = folded(*fills, positions_after={"a": "0", "b": "1"})
    assert (leg.entry_price, leg.realized_pnl) == (Decimal(120), Decimal("0.1"))
    other = folded(*fills, positions_after={"b": "2", "a": "1"})
    assert (other.entry_price, other.realized_pnl) == (Decimal(110), Decimal(0))


def test_counted_positions_that_contradict_the_ids_make_the_entry_price_a_conflict() -> None:
    """Bill 11 says it was the first of its millisecond, its position says it was the second: nobody picks one."""
    fills = [
        make_fill("1", "buy", "1", "100", bill_id="10", ts_ms=1),
        make_fill("2", "sell", "1", "110", bill_id="11", ts_ms=5),
        make_fill("3", "buy", "1", "120", bill_id="12", ts_ms=5),
    ]
    assert folded(*fills, positions_after={"11": "0", "12": "1"}).entry_price == 120
    leg = folded(*fills, positions_after={"11": "1", "12": "2"})
    assert leg.contracts == 1
    assert leg.value_or_reason("entry_price") == (None, NullReason.CONFLICT)


def test_counted_position_that_the_fills_do_not_make_is_a_conflict_by_name() -> None:
    """After the second bill somebody counted 5, the fills make 3: a fill is amiss."""
    leg = folded(
        make_fill("1", "buy", "1", "100", bill_id="10", ts_ms=1),
        make_fill("2", "buy", "2", "110", bill_id="11", ts_ms=5),
        positions_after={"11": "5"},
    )
    assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)
    assert leg.explanation == "after bill 11 5 contracts were counted, the fills make 3"


def test_counted_position_bounds_a_leg_whose_start_is_unknown_and_tells_no_contracts() -> None:
    """It is the venue's count and not the fills': the interval becomes a point, the number stays null."""
    fills = [
        make_fill("1", "buy", "1", "100", bill_id="10", ts_ms=1),
        make_fill("2", "buy", "2", "110", bill_id="11", ts_ms=5),
    ]
    leg = folded(*fills, positions_after={"10": "-4"}, history=History())
    assert leg.value_or_reason("contracts") == (None, NullReason.ABSENT)
    assert leg.bounds == Bounds(Decimal(-2), Decimal(-2))
    torn = folded(*fills, positions_after={"10": "-4", "11": "9"}, history=History())
    assert torn.value_or_reason("contracts") == (None, NullReason.CONFLICT)
    assert torn.bounds is None


def test_unproven_order_inside_a_millisecond_is_no_sign_of_a_missing_fill() -> None:
    """Long leg: 2 in, 2 out within one millisecond; told out first, it was below zero only on paper."""
    fills = [
        make_fill("xa", "sell", "2", "100", position_side="long", ts_ms=5),
        make_fill("xb", "buy", "2", "100", position_side="long", ts_ms=5),
    ]
    for each in permutations(fills):
        leg = fold_fills(each, INSTRUMENTS, PositionMode.LONG_SHORT, history_complete=True).leg(
            LINEAR, PositionSide.LONG
        )
        assert leg is not None
        assert leg.contracts == 0
