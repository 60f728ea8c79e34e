"""What a position is worth and how it is held, law by law: what breaks it, what does not, and the edge."""

from __future__ import annotations

import pytest

from dualwitness.alignment.conservation_positions import position_conflicts
from dualwitness.alignment.conservation_valuation import valuation_conflicts
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony import testimonies as told_by
from dualwitness.models import AccountLevel, FindingKind, LeverageSetting, MarginMode, Position
from dualwitness.models.history import History
from dualwitness.models.observation import Observation
from tests.support.observations import (
    INVERSE,
    LINEAR,
    NOW_MS,
    account_config,
    bill,
    book,
    fee_rates,
    fill,
    inverse_swap,
    linear_swap,
    observed,
    order,
    position,
    world,
)

# Two contracts of 0.01 bought at 100, marked at 110: a profit of 0.2.
SOUND = {"mark_price": "110", "unrealized_pnl": "0.2", "base_quantity": "0.02", "leverage": "3"}


def found_in(row: Position, *answers: Observation) -> list[Draft]:
    """What the laws of a position's worth find of one row."""
    instruments = observed("get_instruments", linear_swap(), inverse_swap())
    told = world(instruments, observed("get_positions", row), *answers)
    return valuation_conflicts(told, ())


def fields(row: Position, *answers: Observation) -> list[str]:
    """The fields at which something is found."""
    return [one.field for one in found_in(row, *answers)]


def test_position_that_adds_up_is_no_conflict() -> None:
    """Long and short, linear and inverse."""
    assert fields(position(**SOUND)) == []
    assert fields(position(**SOUND | {"direction": "short", "unrealized_pnl": "-0.2"})) == []
    inverse = {"symbol": INVERSE, "mark_price": "125", "unrealized_pnl": "0.4", "base_quantity": "1.6"}
    assert fields(position(**inverse)) == []


@pytest.mark.parametrize(("profit", "count"), [("0.2", 0), ("0.2000022", 0), ("0.2000023", 1), ("-0.2", 1), ("0.6", 1)])
def test_profit_follows_from_mark_and_entry(profit: str, count: int) -> None:
    """A millionth of the position's value is left for rounding; sign and size are held to."""
    assert fields(position(**SOUND | {"unrealized_pnl": profit})) == ["unrealized_pnl"] * count


def test_profit_of_an_inverse_position_follows_from_the_reciprocals() -> None:
    """200 USD bought at 100 are worth 0.4 less at 125 than they cost."""
    row = {"symbol": INVERSE, "mark_price": "125", "base_quantity": "1.6"}
    assert fields(position(**row | {"unrealized_pnl": "-0.4"})) == ["unrealized_pnl"]


def test_mark_that_the_profit_and_the_book_contradict_is_named_instead_of_the_profit() -> None:
    """The profit is that of 110, where the book stands, and the mark says 115."""
    near = observed("get_order_book", book("109", "111"), symbol=LINEAR)
    assert fields(position(**SOUND | {"mark_price": "115"}), near) == ["mark_price"]
    assert fields(position(**SOUND | {"unrealized_pnl": "0.3"}), near) == ["unrealized_pnl"]


@pytest.mark.parametrize(("mark", "count"), [("105", 0), ("105.01", 1), ("94.99", 1)])
def test_mark_stands_near_the_middle_of_the_book(mark: str, count: int) -> None:
    """Five percent belong to what is allowed; profit may even agree with it."""
    near = observed("get_order_book", book("99", "101"), symbol=LINEAR)
    row = position(mark_price=mark)
    assert [one.rule for one in found_in(row, near) if one.field == "mark_price"] == [
        "the-mark-stands-near-the-book"
    ] * count


def test_instrument_whose_size_is_contradicted_is_not_told_as_a_wrong_profit() -> None:
    """Profit and fees both imply contracts of 0.1."""
    rows = (
        observed("get_fee_rates", fee_rates("0.0002", "0.0005"), symbol=LINEAR),
        observed("get_fills", fill(fee="0.01")),
    )
    assert "unrealized_pnl" not in fields(position(**SOUND | {"unrealized_pnl": "2"}), *rows)


def test_position_whose_size_is_contradicted_is_not_told_as_a_wrong_profit_too() -> None:
    """One falsehood, one finding."""
    told = world(
        observed("get_instruments", linear_swap()),
        observed("get_positions", position(**SOUND | {"contracts": "4", "base_quantity": "0.04"})),
        observed("get_fills", fill()),
    )
    proven = History(since_ms=NOW_MS, flat_start="proven in a test")
    sizes = position_conflicts(told, told_by([told], proven))
    assert [one.field for one in sizes] == ["contracts"]
    assert valuation_conflicts(told, sizes) == []
    assert [one.field for one in valuation_conflicts(told, ())] == ["unrealized_pnl"]


@pytest.mark.parametrize(("amount", "count"), [("0.02", 0), ("0.021", 1)])
def test_amount_is_contracts_times_their_size(amount: str, count: int) -> None:
    """Two contracts of a hundredth."""
    assert fields(position(**SOUND | {"base_quantity": amount})) == ["base_quantity"] * count


@pytest.mark.parametrize(
    ("direction", "gone", "count"),
    [("long", "90", 0), ("long", "120", 1), ("short", "120", 0), ("short", "90", 1), ("long", "110", 0)],
)
def test_position_that_is_there_has_not_passed_its_liquidation_price(direction: str, gone: str, count: int) -> None:
    """A long is liquidated below the mark, a short above."""
    row = position(direction=direction, mark_price="110", liquidation_price=gone)
    assert fields(row).count("liquidation_price") == count


def setting(leverage: str, mode: MarginMode = MarginMode.CROSS) -> Observation:
    """The leverage that is set."""
    number = position(leverage=leverage).leverage
    return observed("get_leverage", LeverageSetting(symbol=LINEAR, margin_mode=mode, leverage=number), symbol=LINEAR)


def test_position_has_the_leverage_that_is_set_for_its_margin_mode() -> None:
    """Another mode's setting is another setting."""
    row = position(**SOUND)
    assert fields(row, setting("3")) == []
    assert fields(row, setting("30")) == ["leverage"]
    assert fields(row, setting("30", MarginMode.ISOLATED)) == []


def test_side_of_an_isolated_pair_of_legs_may_have_less_than_the_highest_leverage() -> None:
    """The venue tells the higher of both sides."""
    row = position(**SOUND, margin_mode="isolated", position_mode="long_short")
    assert fields(row, setting("5", MarginMode.ISOLATED)) == []
    assert fields(row, setting("2", MarginMode.ISOLATED)) == ["leverage"]


def booked(mode: str, contracts: str = "2") -> Observation:
    """The bill of the purchase, in a margin mode."""
    return observed("get_bills", bill(margin_mode=mode, contracts=contracts))


def test_position_is_held_as_its_executions_were_ordered() -> None:
    """The bills say cross; an order of the other mode among them leaves it open."""
    assert fields(position(**SOUND), booked("cross")) == []
    assert fields(position(**SOUND), booked("isolated")) == ["margin_mode"]
    other = observed("get_order_history", order(td_mode="cross"), symbol=LINEAR)
    assert fields(position(**SOUND), booked("isolated"), other) == []


def test_margin_mode_is_not_held_against_bills_that_are_not_all_of_them() -> None:
    """What was bought before them may have been ordered otherwise."""
    assert fields(position(**SOUND), booked("isolated", contracts="1")) == []


@pytest.mark.parametrize(
    ("stamp_ms", "found"),
    [(0, []), (-2_000, []), (-2_001, ["ts_venue_ms"]), (60_000, []), (60_001, ["ts_venue_ms"])],
)
def test_position_is_as_old_as_its_last_fill_and_not_of_the_future(stamp_ms: int, found: list[str]) -> None:
    """Two seconds and a minute are left for clocks."""
    row = position(**SOUND, ts_venue_ms=NOW_MS + stamp_ms)
    assert fields(row, observed("get_fills", fill())) == found


@pytest.mark.parametrize("field", ["mark_price", "unrealized_pnl"])
def test_worth_that_is_left_blank_cannot_be_had(field: str) -> None:
    """Not a contradiction: evidence that is gone."""
    (found,) = found_in(position(**SOUND | {field: None}))
    assert (found.field, found.kind) == (field, FindingKind.UNOBTAINABLE)


def test_row_without_a_position_and_a_margin_pair_are_left_alone() -> None:
    """Nothing is held, or something that is worth more than its contracts."""
    assert fields(position(has_position=False, direction=None, contracts=None)) == []
    assert fields(position(symbol="BTC/USDT", market_type="margin")) == []


@pytest.mark.parametrize(
    ("told", "fields_"),
    [
        ({"contracts": "4"}, []),  # profit and amount of what is proven
        ({"contracts": "4", "unrealized_pnl": "0.4", "base_quantity": "0.04"}, []),  # and of what is told
        ({"contracts": "4", "unrealized_pnl": "0.6", "base_quantity": "0.06"}, ["base_quantity", "unrealized_pnl"]),
        ({"contracts": "4", "liquidation_price": "120"}, ["liquidation_price"]),
        ({"entry_price": "105"}, []),
        ({"entry_price": "105", "unrealized_pnl": "-0.2"}, ["unrealized_pnl"]),
        ({"direction": "short", "unrealized_pnl": "0.2"}, []),
        ({"direction": "short", "unrealized_pnl": "0.3"}, ["unrealized_pnl"]),
    ],
)
def test_worth_that_fits_neither_what_is_told_nor_what_is_proven_is_false_as_well(
    told: dict[str, str], fields_: list[str]
) -> None:
    """The fills prove two contracts bought at 100; the row lies about one of it, and perhaps about its worth."""
    row = position(**SOUND | told)
    instruments = observed("get_instruments", linear_swap(), inverse_swap())
    seen = world(instruments, observed("get_positions", row), observed("get_fills", fill()))
    sizes = position_conflicts(seen, told_by([seen], History(since_ms=NOW_MS - 1, flat_start="proven in a test")))
    assert sizes
    assert sorted(one.field for one in valuation_conflicts(seen, sizes)) == fields_


@pytest.mark.parametrize(
    ("level", "margin_mode", "count"),
    [
        ("futures", "cross", 1),
        ("futures", "isolated", 1),
        ("multi_currency", "cross", 0),
        ("multi_currency", "isolated", 1),
        ("portfolio", "cross", 0),
    ],
)
def test_liquidation_price_may_be_anywhere_where_the_account_pools_its_currencies(
    level: str, margin_mode: str, count: int
) -> None:
    """A cross position hangs on everything else that such an account holds."""
    row = position(**SOUND | {"liquidation_price": "120", "margin_mode": margin_mode})
    config = observed("get_account_config", account_config().model_copy(update={"account_level": AccountLevel(level)}))
    assert fields(row, config) == ["liquidation_price"] * count
