"""How simulated orders fill: at the shown levels, in whole lots, late by the configured latency, and never invented."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import OrderState, Side, TdMode
from dualwitness.venues.errors import OrderRefused
from dualwitness.venues.paper import PaperVenue
from tests.support.clients import checked_order
from tests.support.paper import BookShelf, book, paper_desk
from tests.support.venue import FROZEN_MS

SWAP, PAIR, FUTURE = "BTC/USDT:USDT", "BTC/USDT", "BTC/USDT:USDT-270326"


def place(desk: PaperVenue, name: str, contracts: str, price: str | None = None, **words: object) -> str:
    """Place an order of so many linear contracts (0.01 BTC each) and give its id."""
    size = f"{Decimal(contracts) * Decimal('0.01'):f}"
    placed = desk.place_order(checked_order(SWAP, size, price=price, client_order_id=name, **words))
    return str(placed.venue_order_id)


def fills_of(desk: PaperVenue) -> list[str]:
    """Every fill as size@price."""
    return [f"{one.contracts:f}@{one.price:f}" for one in desk.get_fills()]


def state_of(desk: PaperVenue, order_id: str) -> tuple[OrderState | None, Decimal | None]:
    """State and filled size."""
    order = desk.get_order(SWAP, order_id)
    return order.state, order.filled_contracts


def show(shelf: BookShelf, **words: object) -> None:
    """Show another book of the swap, of now."""
    shelf.show(book(SWAP, ts_ms=shelf.clock.at_ms, **words))


def test_market_order_walks_the_levels_and_ends_where_the_book_does() -> None:
    """Thirty contracts are shown; what is asked beyond them is canceled, not invented."""
    desk, _ = paper_desk()
    order_id = place(desk, "deep1", "31")
    assert fills_of(desk) == ["10@100.1", "20@100.2"]
    assert state_of(desk, order_id) == (OrderState.CANCELED, Decimal(30))
    assert desk.get_open_orders() == ()


def test_second_order_at_the_same_snapshot_meets_what_the_first_left() -> None:
    """One supply, however often it is looked at; the next snapshot is another one."""
    desk, shelf = paper_desk()
    place(desk, "one1", "4")
    place(desk, "two1", "10")
    assert fills_of(desk) == ["4@100.1", "6@100.1", "4@100.2"]
    shelf.clock.at_ms += 10
    show(shelf)
    place(desk, "three1", "10")
    assert fills_of(desk)[-1] == "10@100.1"


def test_level_between_two_lots_is_filled_in_whole_lots() -> None:
    """What a level shows beyond a lot cannot be had."""
    desk, shelf = paper_desk()
    show(shelf, asks=(("100.1", "0.27"), ("100.2", "0.05"), ("100.3", "5")))
    place(desk, "lots1", "1")
    assert fills_of(desk) == ["0.2@100.1", "0.8@100.3"]


def test_limit_order_takes_what_it_crosses_and_rests_with_the_remainder() -> None:
    """Taker at the book's prices first; then it waits at its own."""
    desk, _ = paper_desk()
    order_id = place(desk, "part1", "15", "100.1")
    assert fills_of(desk) == ["10@100.1"]
    assert state_of(desk, order_id) == (OrderState.PARTIALLY_FILLED, Decimal(10))
    assert [one.venue_order_id for one in desk.get_open_orders()] == [order_id]
    assert {one.liquidity for one in desk.get_fills()} == {"taker"}


def test_resting_order_fills_at_its_own_price_when_the_book_crosses_it() -> None:
    """As a maker, no better than it asked for, and no more than the crossing levels show."""
    desk, shelf = paper_desk()
    order_id = place(desk, "rest1", "10", "99.5")
    shelf.clock.at_ms += 1
    show(shelf, bids=(("99", "1"),), asks=(("99.3", "2"), ("99.5", "3"), ("99.6", "50")))
    assert state_of(desk, order_id) == (OrderState.PARTIALLY_FILLED, Decimal(5))
    assert fills_of(desk) == ["5@99.5"]
    assert [one.liquidity for one in desk.get_fills()] == ["maker"]
    assert state_of(desk, order_id)[1] == Decimal(5)
    shelf.clock.at_ms += 1
    show(shelf, bids=(("99", "1"),), asks=(("99.5", "50"),))
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(10))


def test_resting_order_that_the_book_only_touches_from_afar_stays() -> None:
    """The control: a book that does not cross fills nothing."""
    desk, shelf = paper_desk()
    order_id = place(desk, "stay1", "10", "99.5")
    shelf.clock.at_ms += 1
    show(shelf, bids=(("99.5", "100"),), asks=(("99.6", "100"),))
    assert state_of(desk, order_id) == (OrderState.LIVE, Decimal(0))


def test_resting_sale_fills_when_a_bid_reaches_it() -> None:
    """The other side, the same rule."""
    desk, shelf = paper_desk()
    order_id = place(desk, "sale1", "3", "100.5", side=Side.SHORT)
    shelf.clock.at_ms += 1
    show(shelf, bids=(("100.6", "2"), ("100.5", "9")), asks=(("100.7", "1"),))
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(3))
    assert fills_of(desk) == ["3@100.5"]


def test_better_price_is_served_first_and_then_the_older_order() -> None:
    """Three of our own orders share what the book shows."""
    desk, shelf = paper_desk()
    old, young, best = (place(desk, name, "4", price) for name, price in (("a1", "99"), ("b1", "99"), ("c1", "99.5")))
    shelf.clock.at_ms += 1
    show(shelf, bids=(("98", "1"),), asks=(("98.9", "6"),))
    assert [state_of(desk, one)[1] for one in (best, old, young)] == [Decimal(4), Decimal(2), Decimal(0)]


@pytest.mark.parametrize("price", [None, "100.2"])
def test_order_fills_only_when_its_latency_is_over(price: str | None) -> None:
    """Acknowledged at once, live while it is under way, and matched at the book of its arrival."""
    desk, shelf = paper_desk(latency_ms=40)
    order_id = place(desk, "late1", "3", price)
    assert state_of(desk, order_id) == (OrderState.LIVE, Decimal(0))
    shelf.clock.at_ms += 39
    show(shelf)
    assert state_of(desk, order_id) == (OrderState.LIVE, Decimal(0))
    shelf.clock.at_ms += 1
    show(shelf, asks=(("100.2", "50"),))
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(3))
    assert fills_of(desk) == ["3@100.2"]
    assert desk.get_fills()[0].ts_venue_ms == FROZEN_MS + 40


def test_cancel_under_way_loses_against_a_fill_before_it() -> None:
    """A cancel has the same way to go; until then the order is alive."""
    desk, shelf = paper_desk(latency_ms=40)
    order_id = place(desk, "race1", "3", "99.5")
    shelf.clock.at_ms += 40
    show(shelf)
    desk.cancel_order(order_id, SWAP)
    assert [one.venue_order_id for one in desk.get_open_orders()] == [order_id]
    shelf.clock.at_ms += 20
    show(shelf, bids=(("98", "1"),), asks=(("99.4", "9"),))
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(3))
    shelf.clock.at_ms += 20
    show(shelf)
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(3))


def test_cancel_that_arrived_wins_against_a_book_that_is_seen_later() -> None:
    """Nobody looked in between, so nothing filled in between."""
    desk, shelf = paper_desk(latency_ms=40)
    order_id = place(desk, "race1", "3", "99.5")
    shelf.clock.at_ms += 40
    show(shelf)
    desk.cancel_order(order_id, SWAP)
    shelf.clock.at_ms += 100
    show(shelf, bids=(("98", "1"),), asks=(("99.4", "9"),))
    assert state_of(desk, order_id) == (OrderState.CANCELED, Decimal(0))


def test_cancel_of_an_order_under_way_arrives_after_it() -> None:
    """An order cannot be canceled before it exists: what it takes on arrival is taken."""
    desk, shelf = paper_desk(latency_ms=40)
    order_id = place(desk, "chase1", "13", "100.1")
    desk.cancel_order(order_id, SWAP)
    desk.cancel_order(order_id, SWAP)
    shelf.clock.at_ms += 40
    show(shelf)
    assert state_of(desk, order_id) == (OrderState.CANCELED, Decimal(10))


def test_jitter_of_the_latency_repeats_with_its_seed() -> None:
    """One seed, one history; another seed, another one; never beyond what was configured."""

    def arrivals(seed: int) -> list[int]:
        desk, shelf = paper_desk(seed=seed, latency_ms=10, latency_jitter_ms=500)
        for number in range(8):
            place(desk, f"jitter{number}", "1")
        for _ in range(600):
            shelf.clock.at_ms += 1
            show(shelf)
            desk.get_open_orders()
        return [(one.ts_venue_ms or 0) - FROZEN_MS for one in desk.get_fills()]

    assert arrivals(1) == arrivals(1) != arrivals(2)
    assert all(10 <= one <= 510 for one in arrivals(3))


def test_order_that_arrives_after_its_deadline_is_void() -> None:
    """Canceled on arrival; one that arrives in time fills; one that was late already is refused."""
    desk, shelf = paper_desk(latency_ms=40)
    order = checked_order(SWAP, "0.03", client_order_id="late1")
    void = desk.place_order(order, expires_at_ms=FROZEN_MS + 39).venue_order_id
    kept = desk.place_order(
        checked_order(SWAP, "0.02", client_order_id="good1"), expires_at_ms=FROZEN_MS + 40
    ).venue_order_id
    shelf.clock.at_ms += 40
    show(shelf)
    assert state_of(desk, str(void)) == (OrderState.CANCELED, Decimal(0))
    assert state_of(desk, str(kept)) == (OrderState.FILLED, Decimal(2))
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="dead1"), expires_at_ms=FROZEN_MS + 39)
    assert refused.value.code == "50036"


def test_clock_that_runs_backwards_is_not_followed() -> None:
    """Venue time stands until the clock has caught up, and nothing is undone."""
    desk, shelf = paper_desk()
    shelf.clock.at_ms -= 3_000
    assert desk.get_server_time() == FROZEN_MS
    place(desk, "back1", "1")
    assert desk.get_fills()[0].ts_venue_ms == FROZEN_MS


@pytest.mark.parametrize("trouble", ["away", "stale", "crossed"])
def test_market_order_without_a_usable_book_is_refused_and_leaves_nothing(trouble: str) -> None:
    """No price is invented; the same order fills when the book can be seen again."""
    desk, shelf = paper_desk()
    if trouble == "away":
        shelf.failing = True
    elif trouble == "stale":
        shelf.clock.at_ms += 5_001
    else:
        show(shelf, bids=(("101", "1"),))
    with pytest.raises(OrderRefused, match="book of BTC/USDT:USDT") as refused:
        place(desk, "blind1", "1")
    assert refused.value.code == "50001"
    assert (desk.get_open_orders(), desk.get_fills(), desk.get_positions()) == ((), (), ())
    shelf.failing = False
    show(shelf)
    place(desk, "blind1", "1")
    assert fills_of(desk) == ["1@100.1"]


def test_market_order_that_arrives_at_no_book_is_canceled_unfilled() -> None:
    """It was acknowledged, so its fate is told; it is not kept for a later price."""
    desk, shelf = paper_desk(latency_ms=40)
    order_id = place(desk, "blind1", "1")
    shelf.clock.at_ms += 40
    shelf.failing = True
    assert state_of(desk, order_id) == (OrderState.CANCELED, Decimal(0))


def test_resting_order_waits_while_the_book_cannot_be_seen() -> None:
    """A limit order needs no book to rest; without one it fills nothing and is not lost."""
    desk, shelf = paper_desk()
    shelf.failing = True
    order_id = place(desk, "wait1", "2", "99.5")
    assert state_of(desk, order_id) == (OrderState.LIVE, Decimal(0))
    shelf.failing = False
    shelf.clock.at_ms += 1
    show(shelf, bids=(("99", "1"),), asks=(("99.5", "9"),))
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(2))


def test_market_order_at_an_empty_side_is_refused() -> None:
    """Everything shown was taken before: 51109."""
    desk, _ = paper_desk()
    place(desk, "all1", "30")
    with pytest.raises(OrderRefused) as refused:
        place(desk, "none1", "1")
    assert refused.value.code == "51109"


def test_reducing_order_never_goes_beyond_the_position_that_is_left() -> None:
    """Ten are held and ten shall be sold; a sale in between leaves four, and the rest of the order ends."""
    desk, shelf = paper_desk()
    place(desk, "open1", "10")
    reducing = place(desk, "tp1", "10", "101", side=Side.SHORT, reduce_only=True)
    shelf.clock.at_ms += 1
    show(shelf)
    place(desk, "sell1", "6", side=Side.SHORT)
    shelf.clock.at_ms += 1
    show(shelf, bids=(("101", "50"),), asks=(("101.1", "1"),))
    assert state_of(desk, reducing) == (OrderState.CANCELED, Decimal(4))
    assert desk.get_positions() == ()


def test_reducing_order_without_any_position_left_is_canceled() -> None:
    """It would open the other way."""
    desk, shelf = paper_desk()
    place(desk, "open1", "5")
    reducing = place(desk, "tp1", "5", "101", side=Side.SHORT, reduce_only=True)
    shelf.clock.at_ms += 1
    show(shelf)
    place(desk, "sell1", "5", side=Side.SHORT)
    shelf.clock.at_ms += 1
    show(shelf, bids=(("101", "50"),), asks=(("101.1", "1"),))
    assert state_of(desk, reducing) == (OrderState.CANCELED, Decimal(0))
    assert desk.get_positions() == ()


def test_market_buy_that_has_become_too_dear_on_its_way_is_canceled() -> None:
    """What it was held to cost is not what it would cost; cash never falls below zero for it."""
    desk, shelf = paper_desk(latency_ms=40, balances={"USDT": "1000"})
    order = checked_order(PAIR, "9", td_mode=TdMode.CASH, client_order_id="dear1")
    order_id = desk.place_order(order).venue_order_id
    (held,) = desk.get_account_balance()
    assert held.used == Decimal("900.9")
    shelf.clock.at_ms += 40
    shelf.show(book(PAIR, asks=(("120", "50"),), ts_ms=shelf.clock.at_ms))
    assert desk.get_order(PAIR, order_id).state is OrderState.CANCELED
    (after,) = desk.get_account_balance()
    assert (after.total, after.used) == (Decimal(1000), Decimal(0))


def test_own_resting_order_is_canceled_before_it_would_trade_with_itself() -> None:
    """An order never meets one of the same account: the resting one goes, the others stay."""
    desk, _ = paper_desk()
    near, far = (place(desk, name, "1", price) for name, price in (("near1", "100"), ("far1", "99")))
    place(desk, "sell1", "1", side=Side.SHORT)
    assert fills_of(desk) == ["1@99.9"]
    assert [state_of(desk, one)[0] for one in (near, far)] == [OrderState.CANCELED, OrderState.LIVE]


def test_order_that_empties_the_book_meets_every_own_order_behind_it() -> None:
    """Beyond the last level only own orders are left, and none of them trades."""
    desk, _ = paper_desk()
    far = place(desk, "far1", "1", "99")
    place(desk, "sell1", "31", side=Side.SHORT)
    assert fills_of(desk) == ["10@99.9", "20@99.8"]
    assert state_of(desk, far)[0] is OrderState.CANCELED


@pytest.mark.parametrize("seed", range(10))
def test_cancel_never_overtakes_its_order_and_never_undoes_a_fill(seed: int) -> None:
    """Whatever chance does to both on their way: the order arrives first, fills whole, and stays filled."""
    desk, shelf = paper_desk(seed=seed, latency_jitter_ms=500)
    order_id = place(desk, "chase1", "3", "100.1")
    desk.cancel_order(order_id, SWAP)
    shelf.clock.at_ms += 1_000
    show(shelf)
    assert state_of(desk, order_id) == (OrderState.FILLED, Decimal(3))
