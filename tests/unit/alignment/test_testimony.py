"""What reports, fills, orders, bills, balances and resting orders are made to say of a position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.adjudicate import adjudicate
from dualwitness.alignment.testimony import testimonies as told_by
from dualwitness.alignment.witness import AdjudicatedPosition, Leg, WitnessKind
from dualwitness.alignment.witness import Testimony as Statement
from dualwitness.models import Bill, Fill, Library, NullReason, Order, Position, PositionSide
from dualwitness.models.history import History, OpeningSnapshot
from dualwitness.models.leg import OpeningLeg
from dualwitness.models.observation import Observation
from tests.support.observations import (
    INVERSE,
    LINEAR,
    NOW_MS,
    SPOT,
    account_config,
    balance,
    bill,
    failed,
    fill,
    linear_swap,
    observed,
    order,
    position,
    world,
)

NET, LONG, SHORT = Leg(LINEAR, "net"), Leg(LINEAR, "long"), Leg(LINEAR, "short")
REPORT, FILLS, ORDERS, BILLS, BALANCES, ORDER_STATES = WitnessKind
PROVEN = History(since_ms=NOW_MS - 3_600_000, flat_start="proven in a test")
UNPROVEN = History()


def opening(contracts: str, *, at_ms: int = NOW_MS - 1_000) -> History:
    """A history that begins with a snapshot of a long position."""
    leg = OpeningLeg(LINEAR, PositionSide.NET, Decimal(contracts), Decimal(90))
    return History(since_ms=at_ms, opening=OpeningSnapshot(at_ms, (leg,), "a test"))


def said(kind: WitnessKind, *answers: Observation, mode: str | None = "net", history: History = PROVEN) -> Statement:
    """What one kind of witness says in a world."""
    config, instruments = (
        observed("get_account_config", account_config(mode)),
        observed("get_instruments", linear_swap()),
    )
    told = told_by([world(config, instruments, *answers)], history)
    return next(one for one in told if one.kind is kind)


def report_of(*rows: Position) -> Statement:
    """What a positions report says."""
    return said(REPORT, observed("get_positions", *rows))


def fold_of(*rows: Fill, mode: str | None = "net", history: History = PROVEN) -> Statement:
    """What fills add up to."""
    return said(FILLS, observed("get_fills", *rows), mode=mode, history=history)


def orders_of(
    *finished: Order,
    resting: tuple[Order, ...] = (),
    mode: str = "net",
    history: History = PROVEN,
    fills: tuple[Fill, ...] = (),
) -> Statement:
    """What finished and open orders add up to."""
    answers = (
        observed("get_order_history", *finished, symbol=LINEAR),
        observed("get_open_orders", *resting),
        observed("get_fills", *fills),
    )
    return said(ORDERS, *answers, mode=mode, history=history)


def bills_of(*rows: Bill, mode: str = "net", history: History = PROVEN) -> Statement:
    """What bills add up to."""
    return said(BILLS, observed("get_bills", *rows), mode=mode, history=history)


@pytest.mark.parametrize(("direction", "signed"), [("long", 2), ("short", -2)])
def test_report_in_net_mode_gives_signed_contracts(direction: str, signed: int) -> None:
    """The direction carries the sign."""
    told = report_of(position(direction=direction))
    assert told.says(NET) == signed
    assert told.entry_prices[NET] == 100


def test_report_in_long_short_mode_gives_a_leg_for_each_side() -> None:
    """Both sides of one symbol are told apart, the short one negative."""
    told = report_of(
        position(position_mode="long_short", direction="long", contracts="2"),
        position(position_mode="long_short", direction="short", contracts="3", venue_position_id="8"),
    )
    assert (told.says(LONG), told.says(SHORT)) == (2, -3)


def test_report_adds_cross_and_isolated_up_and_has_no_common_entry_price() -> None:
    """Fills do not tell margin modes apart, so the leg is the sum; two averages have no average."""
    told = report_of(
        position(contracts="2"),
        position(contracts="3", direction="short", margin_mode="isolated", venue_position_id="8"),
    )
    assert told.says(NET) == -1
    assert told.entry_prices[NET] is None


@pytest.mark.parametrize("missing", [{"contracts": None}, {"direction": None}])
@pytest.mark.parametrize("place", [0, 1])
def test_report_with_an_unknown_row_leaves_its_leg_unknown(missing: dict[str, None], place: int) -> None:
    """Unknown plus two is unknown, in either order; never two, never flat; the reason is kept."""
    rows = [position(), position(venue_position_id="8", margin_mode="isolated", **missing)]
    told = report_of(*(rows if place else reversed(rows)))
    assert told.says(NET) is None
    assert NET in told.reasons


def test_report_of_no_position_is_flat_and_a_symbol_that_is_not_listed_too() -> None:
    """A row that says there is none, and a sound list without the symbol, both mean zero."""
    told = report_of(position(has_position=False, direction=None, contracts=None))
    assert told.says(NET) == 0
    assert told.says(Leg(INVERSE, "net")) == 0


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("get_positions", REPORT), ("get_fills", FILLS), ("get_bills", BILLS), ("get_account_balance", BALANCES)],
)
def test_witness_whose_answer_did_not_come_says_nothing(operation: str, kind: WitnessKind) -> None:
    """An error is never an empty list; the reason of the error is kept, and what was not asked is not_asked."""
    told = told_by([world(failed(operation, reason=NullReason.INVALID_ENVELOPE))], PROVEN)
    for one in told:
        assert one.says(NET) is None
        assert one.error is (NullReason.INVALID_ENVELOPE if one.kind is kind else NullReason.NOT_ASKED)


def test_every_library_has_a_witness_of_every_kind() -> None:
    """The reports come first."""
    told = told_by([world(library=library) for library in Library], PROVEN)
    assert [(one.kind, one.library) for one in told] == [(kind, library) for kind in WitnessKind for library in Library]
    assert len({one.witness for one in told}) == len(told)


def test_fold_in_net_mode_adds_buys_and_sells_up() -> None:
    """Two bought and three sold is short one, at the price of the sale."""
    told = fold_of(
        fill(trade_id="1", contracts="2", price="100"),
        fill(trade_id="2", contracts="3", price="110", side="sell", ts_venue_ms=NOW_MS + 1),
    )
    assert told.says(NET) == -1
    assert told.entry_prices[NET] == 110


def test_fold_in_long_short_mode_keeps_the_sides_apart() -> None:
    """A sale of the short side opens it; the long side stays as it is."""
    told = fold_of(
        fill(trade_id="1", position_side="long"),
        fill(trade_id="2", position_side="short", side="sell", contracts="5"),
        mode="long_short",
    )
    assert (told.says(LONG), told.says(SHORT)) == (2, -5)


def test_fold_takes_the_position_mode_from_the_positions_where_the_account_is_silent() -> None:
    """Without a config the rows themselves show that there are sides."""
    told = told_by(
        [
            world(
                observed("get_positions", position(position_mode="long_short")),
                observed("get_instruments", linear_swap()),
                observed("get_fills", fill(position_side="long")),
            )
        ],
        PROVEN,
    )
    assert next(one for one in told if one.kind is FILLS).says(LONG) == 2


def test_fills_orders_and_bills_of_an_unproven_history_say_nothing() -> None:
    """What came before is unknown, so what is held is unknown too, for every leg."""
    silent = fold_of(fill(), history=UNPROVEN), orders_of(order(), history=UNPROVEN), bills_of(bill(), history=UNPROVEN)
    for told in silent:
        assert told.says(NET) is None
        assert told.says(Leg(INVERSE, "net")) is None


@pytest.mark.parametrize("market_type", ["spot", "margin"])
def test_fills_orders_and_bills_of_pairs_are_left_out(market_type: str) -> None:
    """A spot fill moves a balance; the size of a margin position also holds margin, so nothing confirms it."""
    pair = Leg(SPOT, "net")
    told = (
        fold_of(fill(symbol=SPOT, market_type=market_type)),
        said(ORDERS, observed("get_order_history", order(symbol=SPOT), symbol=SPOT), observed("get_open_orders")),
        bills_of(bill(symbol=SPOT, market_type=market_type)),
    )
    for one in told:
        assert dict(one.contracts) == {}
        assert one.says(pair) is None


def test_fold_with_a_fill_of_unknown_size_leaves_its_leg_unknown() -> None:
    """A fill without a size is not a fill of nothing."""
    assert fold_of(fill(trade_id="1"), fill(trade_id="2", contracts=None)).says(NET) is None


def test_fold_after_an_opening_snapshot_adds_to_it() -> None:
    """Five were held, two were bought afterwards; what was filled before is part of the five."""
    later = fill(trade_id="2", ts_venue_ms=NOW_MS)
    earlier = fill(trade_id="1", contracts="9", ts_venue_ms=NOW_MS - 2_000)
    assert fold_of(earlier, later, history=opening("5")).says(NET) == 7


def test_orders_add_up_what_was_filled_of_them_signed_by_side() -> None:
    """Two bought, five sold, one canceled in part, one that only rests: short 2.5."""
    told = orders_of(
        order(),
        order(venue_order_id="12", side="sell", contracts="5", filled_contracts="5"),
        order(venue_order_id="13", contracts="9", filled_contracts="0.5", state="canceled"),
        resting=(order(venue_order_id="14", contracts="7", filled_contracts="0", state="live"),),
    )
    assert told.says(NET) == Decimal("-2.5")


def test_orders_of_both_sides_are_kept_apart_and_without_a_side_unknown() -> None:
    """In long/short mode an order says which side it belongs to; where it does not, neither side is known."""
    sided = orders_of(order(position_side="short", side="sell"), mode="long_short")
    wordless = orders_of(order(position_side=None), mode="long_short")
    assert (sided.says(LONG), sided.says(SHORT)) == (0, -2)
    assert (wordless.says(LONG), wordless.says(SHORT)) == (None, None)


def test_order_that_was_told_twice_counts_once_by_its_later_word() -> None:
    """It rested with one filled, and was finished with two."""
    told = orders_of(order(), resting=(order(filled_contracts="1", state="partially_filled"),))
    assert told.says(NET) == 2


@pytest.mark.parametrize("missing", [{"filled_contracts": None}, {"side": None}, {"venue_order_id": None}])
def test_order_that_lacks_a_word_leaves_its_leg_unknown(missing: dict[str, None]) -> None:
    """Unknown is not zero."""
    assert orders_of(order(venue_order_id="12"), order(**missing)).says(NET) is None


def test_orders_say_nothing_of_symbols_whose_history_was_not_asked_for_or_did_not_come() -> None:
    """Only where all finished orders were told do they add up to anything."""
    assert orders_of(order()).says(Leg(INVERSE, "net")) is None
    lost = said(ORDERS, failed("get_order_history", symbol=LINEAR), observed("get_open_orders"))
    assert lost.says(NET) is None
    assert lost.reasons[NET] is NullReason.ERROR


def test_orders_say_nothing_without_the_open_ones() -> None:
    """What was filled of a resting order would be missing."""
    told = said(ORDERS, observed("get_order_history", order(), symbol=LINEAR), failed("get_open_orders"))
    assert told.error is NullReason.ERROR


@pytest.mark.parametrize(("days", "value"), [(6, Decimal(2)), (8, None)])
def test_orders_speak_only_where_the_account_is_younger_than_their_seven_days(days: int, value: Decimal | None) -> None:
    """The venue forgets finished orders after a week."""
    history = History(since_ms=NOW_MS - days * 86_400_000, flat_start="proven in a test")
    assert orders_of(order(), history=history).says(NET) == value


def test_orders_after_an_opening_snapshot_leave_older_ones_out_unless_they_went_on() -> None:
    """An older order is part of the snapshot; one that was filled across it cannot be split."""
    older = order(ts_venue_ms=NOW_MS - 2_000)
    newer = order(venue_order_id="12", contracts="1", filled_contracts="1", ts_venue_ms=NOW_MS)
    assert orders_of(older, newer, history=opening("5")).says(NET) == 6
    across = orders_of(older, newer, history=opening("5"), fills=(fill(ts_venue_ms=NOW_MS),))
    assert across.says(NET) is None


def test_bills_add_up_their_contracts_signed_by_sub_type() -> None:
    """Two bought, one sold by force; funding and a transfer hold no contracts."""
    told = bills_of(
        bill(
            bill_id="1",
            change="1000",
            balance="1000",
            kind="transfer",
            symbol=None,
            side=None,
            contracts=None,
            trade_id=None,
        ),
        bill(bill_id="2", change="-1", balance="999"),
        bill(bill_id="3", change="-1", balance="998", kind="liquidation", side="sell", contracts="1"),
        bill(bill_id="4", change="-1", balance="997", kind="funding", side=None, contracts=None, trade_id=None),
    )
    assert told.says(NET) == 1
    assert told.says(Leg(INVERSE, "net")) == 0


def test_bills_of_a_library_that_drops_what_they_were_for_say_nothing() -> None:
    """A bill without words is no bill of nothing."""
    told = bills_of(bill(reason=NullReason.UNSUPPORTED, symbol=None, side=None, contracts=None))
    assert told.error is NullReason.UNSUPPORTED


def test_bills_that_do_not_follow_from_each_other_say_nothing() -> None:
    """One is missing or wrong, and nobody knows which."""
    told = bills_of(bill(bill_id="1", change="-1", balance="999"), bill(bill_id="2", change="-1", balance="997"))
    assert told.error is NullReason.CONFLICT


def test_bill_that_was_told_twice_counts_once() -> None:
    """A copy is no second execution."""
    assert bills_of(bill(), bill()).says(NET) == 2


def test_bills_after_an_opening_snapshot_add_to_it() -> None:
    """Bills at or before its moment are part of it."""
    rows = (
        bill(bill_id="1", change="-1", balance="999", contracts="9", ts_venue_ms=NOW_MS - 1_000),
        bill(bill_id="2", change="-1", balance="998", ts_venue_ms=NOW_MS),
    )
    assert bills_of(*rows, history=opening("5")).says(NET) == 7


@pytest.mark.parametrize(
    ("last_bill_id", "whole", "value"),
    [(None, True, 5), (None, False, None), ("30", True, 7), ("31", True, 5), ("x", True, None)],
)
def test_bill_of_the_very_millisecond_of_an_opening_snapshot_is_placed_by_its_id(
    last_bill_id: str | None, *, whole: bool, value: int | None
) -> None:
    """Without an id the snapshot says whether all of it is in it; where nobody knows, the leg is unknown."""
    leg = OpeningLeg(LINEAR, PositionSide.NET, Decimal(5), Decimal(90))
    snapshot = OpeningSnapshot(NOW_MS, (leg,), "a test", last_bill_id=last_bill_id, whole_millisecond=whole)
    assert bills_of(bill(), history=History(since_ms=NOW_MS, opening=snapshot)).says(NET) == value


@pytest.mark.parametrize(
    ("parts", "mode", "leg", "sign"),
    [
        ({"side": "sell", "reduce_only": True}, "net", NET, 1),
        ({"side": "buy", "reduce_only": True}, "net", NET, -1),
        ({"side": "sell", "reduce_only": False}, "net", NET, None),
        ({"side": "sell", "reduce_only": True, "state": "filled"}, "net", NET, None),
        ({"side": "sell", "reduce_only": True, "symbol": SPOT}, "net", Leg(SPOT, "net"), None),
        ({"side": "sell", "position_side": "long"}, "long_short", LONG, 1),
        ({"side": "buy", "position_side": "short"}, "long_short", SHORT, -1),
        ({"side": "buy", "position_side": "long"}, "long_short", LONG, None),
    ],
)
def test_resting_order_that_can_only_reduce_proves_which_way_something_is_held(
    parts: dict[str, object], mode: str, leg: Leg, sign: int | None
) -> None:
    """It is no number: it says that there is something, and its direction."""
    resting = order(**({"state": "live", "filled_contracts": "0"} | parts))
    told = said(ORDER_STATES, observed("get_open_orders", resting), mode=mode)
    assert told.signs.get(leg) == sign
    assert told.says(leg) is None


def test_orders_that_reduce_opposite_ways_prove_only_that_something_is_held() -> None:
    """One of them is wrong."""
    rows = [
        order(venue_order_id=side, side=side, reduce_only=True, state="live", filled_contracts="0")
        for side in ("buy", "sell")
    ]
    assert said(ORDER_STATES, observed("get_open_orders", *rows)).signs == {NET: 0}


TURNED = (fill(), fill(trade_id="22", side="sell"))


def test_balances_prove_that_something_is_open_where_nobody_knows_of_anything() -> None:
    """Equity is not cash, nobody owes anything, and neither report nor fills hold anything of that currency."""
    rows = observed(
        "get_account_balance", balance("USDT", total="100", equity="101"), balance("BTC", total="1", equity="1")
    )
    hidden = said(BALANCES, rows, observed("get_positions"), observed("get_fills", *TURNED))
    listed = said(BALANCES, rows, observed("get_positions", position()), observed("get_fills", *TURNED))
    traded = said(BALANCES, rows, observed("get_positions"), observed("get_fills", fill()))
    assert (hidden.open_currencies, dict(hidden.signs)) == (("USDT",), {NET: 0})
    assert (listed.open_currencies, dict(listed.signs)) == ((), {})
    assert (traded.open_currencies, dict(traded.signs)) == ((), {})


@pytest.mark.parametrize("parts", [{"debt": "5"}, {"total": None}, {"equity": "100"}])
def test_balances_prove_nothing_where_something_else_explains_the_difference(parts: dict[str, str | None]) -> None:
    """What is owed, what is not known, and what does not differ."""
    row = balance("USDT", **({"total": "100", "equity": "101"} | parts))
    told = said(
        BALANCES, observed("get_account_balance", row), observed("get_positions"), observed("get_fills", fill())
    )
    assert told.open_currencies == ()


def test_balances_without_a_word_for_equity_say_nothing() -> None:
    """CCXT has none."""
    row = observed("get_account_balance", balance("USDT", total="100", equity=None))
    assert said(BALANCES, row, observed("get_positions")).error is NullReason.UNSUPPORTED


def test_witness_speaks_for_the_moment_of_its_answer_in_venue_time() -> None:
    """The local clock only carries venue time from one answer to the next; without it, that of the world."""
    rows = observed("get_positions", position())
    shifted = world(rows)
    told = told_by([shifted], PROVEN)
    assert told[0].as_of_ms == NOW_MS
    offset = type(shifted)(Library.CCXT, shifted.observations, NOW_MS, 5_000)
    assert told_by([offset], PROVEN)[0].as_of_ms == NOW_MS + 5_000


def judged_under(mode: str, *fills: Fill, bills: tuple[Bill, ...] = ()) -> tuple[AdjudicatedPosition, ...]:
    """What is held where both libraries report nothing, and the account calls itself so."""
    answers = (
        observed("get_instruments", linear_swap()),
        observed("get_account_config", account_config(mode)),
        observed("get_positions"),
        observed("get_fills", *fills),
        observed("get_bills", *bills),
    )
    both = [world(*answers, library=library) for library in Library]
    return adjudicate(told_by(both, PROVEN), symbols=(LINEAR,))


def test_position_mode_that_the_executions_contradict_hides_no_position() -> None:
    """Told the wrong mode and no position at all, nobody may call an account flat that bought two contracts."""
    (honest,) = judged_under("net", fill(), bills=(bill(),))
    assert (honest.contracts, honest.empty_confirmed) == (Decimal(2), False)
    (lied_to,) = judged_under("long_short", fill(), bills=(bill(),))
    assert (lied_to.position_side, lied_to.contracts, lied_to.has_position) == ("net", Decimal(2), True)


def test_position_mode_stands_where_bills_speak_for_it_and_its_legs_are_in_doubt() -> None:
    """Fills alone may lie: bills that leave nothing open keep the mode, and no leg of the symbol is called flat."""
    closed = bill(), bill(bill_id="2", trade_id="22", side="sell", position_side="net")
    for one in judged_under("long_short", fill(), bills=closed):
        assert one.position_side in ("long", "short")
        assert (one.contracts, one.empty_confirmed) == (None, False)


def test_one_fill_on_a_side_that_the_mode_lacks_does_not_turn_the_mode_over() -> None:
    """The bills name the sides of the account's own mode: a fill that says otherwise is in doubt, and not the mode."""
    damaged = fill(position_side="long"), fill(trade_id="22", venue_order_id="12", side="sell")
    booked = bill(), bill(bill_id="2", trade_id="22", venue_order_id="12", side="sell", position_side="net")
    (found,) = judged_under("net", *damaged, bills=booked)
    assert (found.position_side, found.contracts, found.empty_confirmed) == ("net", None, False)


def test_sides_of_a_mode_that_the_account_left_while_flat_are_forgotten() -> None:
    """A round trip in net mode says nothing against long/short mode, nor for a position in it."""
    trip = fill(), fill(trade_id="22", venue_order_id="12", side="sell")
    booked = bill(), bill(bill_id="2", trade_id="22", venue_order_id="12", side="sell", position_side="net")
    found = judged_under("long_short", *trip, bills=booked)
    assert [(one.position_side, one.contracts, one.empty_confirmed) for one in found] == [
        ("long", Decimal(0), True),
        ("short", Decimal(0), True),
    ]
