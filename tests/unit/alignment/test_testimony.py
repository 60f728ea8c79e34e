"""What reports and fills are made to say, and where a report contradicts the fills of its own library."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.adjudicate import Leg
from dualwitness.alignment.adjudicate import Testimony as Statement
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony import position_conflicts
from dualwitness.alignment.testimony import testimonies as told_by
from dualwitness.models import Fill, Library, NullReason, OddOneOut, Position
from dualwitness.models.observation import Observation
from tests.support.observations import (
    INVERSE,
    LINEAR,
    SPOT,
    account_config,
    failed,
    fill,
    linear_swap,
    observed,
    position,
    world,
)

NET, LONG, SHORT = Leg(LINEAR, "net"), Leg(LINEAR, "long"), Leg(LINEAR, "short")
CCXT = Library.CCXT


def asked(*more: Observation, mode: str | None = "net") -> tuple[Observation, ...]:
    """What every world knows: the account's mode and the instrument."""
    return (observed("get_account_config", account_config(mode)), observed("get_instruments", linear_swap()), *more)


def report_of(*rows: Position) -> Statement:
    """What a positions report says."""
    reports, _ = told_by([world(*asked(observed("get_positions", *rows)))], history_complete=True)
    return reports[CCXT]


def fold_of(*fills: Fill, mode: str | None = "net", complete: bool = True) -> Statement:
    """What fills add up to."""
    _, folds = told_by([world(*asked(observed("get_fills", *fills), mode=mode))], history_complete=complete)
    return folds[CCXT]


def conflicts_of(rows: tuple[Position, ...], fills: tuple[Fill, ...], *, complete: bool = True) -> list[Draft]:
    """The contradictions between a report and fills of one library."""
    worlds = [world(*asked(observed("get_positions", *rows), observed("get_fills", *fills)))]
    reports, folds = told_by(worlds, history_complete=complete)
    return position_conflicts(worlds, reports, folds)


@pytest.mark.parametrize(("direction", "signed"), [("long", 2), ("short", -2)])
def test_report_in_net_mode_gives_signed_contracts(direction: str, signed: int) -> None:
    """The direction carries the sign."""
    said = report_of(position(direction=direction))
    assert said.says(NET) == signed
    assert said.entry_prices[NET] == 100


def test_report_in_long_short_mode_gives_a_leg_for_each_side() -> None:
    """Both sides of one symbol are told apart, the short one negative."""
    said = report_of(
        position(position_mode="long_short", direction="long", contracts="2"),
        position(position_mode="long_short", direction="short", contracts="3", venue_position_id="8"),
    )
    assert (said.says(LONG), said.says(SHORT)) == (2, -3)


def test_report_adds_cross_and_isolated_up_and_has_no_common_entry_price() -> None:
    """Fills do not tell margin modes apart, so the leg is the sum; two averages have no average."""
    said = report_of(
        position(contracts="2"),
        position(contracts="3", direction="short", margin_mode="isolated", venue_position_id="8"),
    )
    assert said.says(NET) == -1
    assert said.entry_prices[NET] is None


@pytest.mark.parametrize("missing", [{"contracts": None}, {"direction": None}])
@pytest.mark.parametrize("place", [0, 1])
def test_report_with_an_unknown_row_leaves_its_leg_unknown(missing: dict[str, None], place: int) -> None:
    """Unknown plus two is unknown, in either order; never two, never flat."""
    rows = [position(), position(venue_position_id="8", margin_mode="isolated", **missing)]
    assert report_of(*(rows if place else reversed(rows))).says(NET) is None


def test_report_of_no_position_is_flat_and_a_symbol_that_is_not_listed_too() -> None:
    """A row that says there is none, and a sound list without the symbol, both mean zero."""
    said = report_of(position(has_position=False, direction=None, contracts=None))
    assert said.says(NET) == 0
    assert said.says(Leg(INVERSE, "net")) == 0


@pytest.mark.parametrize("operation", ["get_positions", "get_fills"])
def test_witness_whose_answer_did_not_come_says_nothing(operation: str) -> None:
    """An error is never an empty list; the reason of the error is kept."""
    worlds = [world(*asked(failed(operation, reason=NullReason.INVALID_ENVELOPE)))]
    reports, folds = told_by(worlds, history_complete=True)
    told = reports if operation == "get_positions" else folds
    other = folds if operation == "get_positions" else reports
    assert told[CCXT].says(NET) is None
    assert told[CCXT].error is NullReason.INVALID_ENVELOPE
    assert other[CCXT].error is NullReason.NOT_ASKED


def test_fold_in_net_mode_adds_buys_and_sells_up() -> None:
    """Two bought and three sold is short one, at the price of the sale."""
    said = fold_of(
        fill(trade_id="1", contracts="2", price="100"),
        fill(trade_id="2", contracts="3", price="110", side="sell", ts_venue_ms=1_700_000_000_001),
    )
    assert said.says(NET) == -1
    assert said.entry_prices[NET] == 110


def test_fold_in_long_short_mode_keeps_the_sides_apart() -> None:
    """A sale of the short side opens it; the long side stays as it is."""
    said = fold_of(
        fill(trade_id="1", position_side="long"),
        fill(trade_id="2", position_side="short", side="sell", contracts="5"),
        mode="long_short",
    )
    assert (said.says(LONG), said.says(SHORT)) == (2, -5)


def test_fold_takes_the_position_mode_from_the_positions_where_the_account_is_silent() -> None:
    """Without a config the rows themselves show that there are sides."""
    worlds = [
        world(
            observed("get_positions", position(position_mode="long_short")),
            observed("get_instruments", linear_swap()),
            observed("get_fills", fill(position_side="long")),
        )
    ]
    _, folds = told_by(worlds, history_complete=True)
    assert folds[CCXT].says(LONG) == 2


def test_fold_of_an_incomplete_history_says_nothing_of_any_leg() -> None:
    """What came before the first fill is unknown, so what is held is unknown too."""
    said = fold_of(fill(), complete=False)
    assert said.says(NET) is None
    assert said.says(Leg(INVERSE, "net")) is None


@pytest.mark.parametrize("market_type", ["spot", "margin"])
def test_fold_leaves_fills_of_pairs_out(market_type: str) -> None:
    """A spot fill moves a balance; the size of a margin position also holds margin, so fills cannot confirm it."""
    said = fold_of(fill(symbol=SPOT, market_type=market_type))
    assert dict(said.contracts) == {}


def test_fold_with_a_fill_of_unknown_size_leaves_its_leg_unknown() -> None:
    """A fill without a size is not a fill of nothing."""
    assert fold_of(fill(trade_id="1"), fill(trade_id="2", contracts=None)).says(NET) is None


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
    assert (found.field, found.symbol, found.odd_one_out) == (field, LINEAR, OddOneOut.CCXT)
    assert found.ccxt.value == seen
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
    """An incomplete history, a lost answer and an unknown row contradict nobody."""
    assert conflicts_of((position(contracts="3"),), (fill(),), complete=False) == []
    assert conflicts_of((position(contracts=None),), (fill(),)) == []
    worlds = [world(*asked(observed("get_positions", position()), failed("get_fills")))]
    assert position_conflicts(worlds, *told_by(worlds, history_complete=True)) == []


@pytest.mark.parametrize(("entry", "count"), [("100.01", 0), ("100.010001", 1), ("99.99", 0), ("99.989999", 1)])
def test_entry_price_may_be_off_by_a_ten_thousandth_and_no_more(entry: str, count: int) -> None:
    """The venue rounds its average; the edge belongs to what is allowed."""
    assert len(conflicts_of((position(entry_price=entry),), (fill(),))) == count


@pytest.mark.parametrize(("market_type", "count"), [("future", 0), ("swap", 1)])
def test_entry_price_of_a_dated_future_is_not_held_against_its_fills(market_type: str, count: int) -> None:
    """OKX resets it every day; the same contradiction of a perpetual is one."""
    symbol = "BTC/USDT:USDT-261225"
    worlds = [
        world(
            observed("get_instruments", linear_swap(symbol=symbol, market_type=market_type)),
            observed("get_positions", position(symbol=symbol, market_type=market_type, entry_price="500")),
            observed("get_fills", fill(symbol=symbol, market_type=market_type)),
        )
    ]
    assert len(position_conflicts(worlds, *told_by(worlds, history_complete=True))) == count


def test_each_library_is_held_against_its_own_fills() -> None:
    """What one library was told is contradicted by what the same library was told."""
    ours = world(*asked(observed("get_positions", position()), observed("get_fills", fill())))
    theirs = world(
        *asked(
            observed("get_positions", position(contracts="9"), library=Library.OKX_SDK),
            observed("get_fills", fill(), library=Library.OKX_SDK),
        ),
        library=Library.OKX_SDK,
    )
    reports, folds = told_by([ours, theirs], history_complete=True)
    (found,) = position_conflicts([ours, theirs], reports, folds)
    assert found.odd_one_out is OddOneOut.OKX_SDK
    assert (found.okx_sdk.value, found.ccxt.reason) == ("9", NullReason.NOT_ASKED)
