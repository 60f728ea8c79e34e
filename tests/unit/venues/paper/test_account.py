"""What the paper account holds: cash, positions and profit by the fold that is used everywhere."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from dualwitness.models import (
    FeeType,
    Fill,
    MarketType,
    NullReason,
    PositionMode,
    PositionSide,
    Side,
    TdMode,
    fold_fills,
)
from dualwitness.venues.errors import OrderRefused
from dualwitness.venues.paper import FeeSchedule, PaperVenue
from tests.support.clients import checked_order
from tests.support.paper import BookShelf, book, instruments, paper_desk

SWAP, PAIR, INVERSE, FUTURE = "BTC/USDT:USDT", "BTC/USDT", "BTC/USD:BTC", "BTC/USDT:USDT-270326"
LISTED = {one.symbol: one for one in instruments()}


def totals(desk: PaperVenue) -> dict[str, Decimal | None]:
    """Cash by currency."""
    return {one.currency: one.total for one in desk.get_account_balance()}


def quote(shelf: BookShelf, symbol: str, middle: int) -> None:
    """Show a book around a price, of now."""
    shelf.clock.at_ms += 1
    sides = {"bids": ((f"{middle - 1}", "1000"),), "asks": ((f"{middle + 1}", "1000"),)}
    shelf.show(book(symbol, ts_ms=shelf.clock.at_ms, **sides))


def test_profit_of_a_linear_position_is_cash_only_when_it_is_realised() -> None:
    """Bought at 101, marked at 200, sold at 199: 98 a coin, less both fees."""
    desk, shelf = paper_desk()
    quote(shelf, SWAP, 100)
    desk.place_order(checked_order(SWAP, "1", client_order_id="open1"))
    quote(shelf, SWAP, 200)
    (held,) = desk.get_positions()
    assert (held.mark_price, held.unrealized_pnl, held.entry_price) == (Decimal(200), Decimal(99), Decimal(101))
    usdt = next(one for one in desk.get_account_balance() if one.currency == "USDT")
    paid = Decimal("0.0505")
    assert (usdt.total, usdt.equity) == (10_000 - paid, 10_000 - paid + 99)
    assert held.realized_pnl == -paid
    desk.place_order(checked_order(SWAP, "1", side=Side.SHORT, client_order_id="close1", reduce_only=True))
    assert totals(desk)["USDT"] == 10_000 - paid + 98 - Decimal("0.0995")


def test_profit_of_an_inverse_position_is_in_coin() -> None:
    """A hundred dollars long from 101 to 199: 100 / 101 - 100 / 199 coins, less both fees."""
    desk, shelf = paper_desk(balances={"BTC": "100"})
    quote(shelf, INVERSE, 100)
    desk.place_order(checked_order(INVERSE, "1", client_order_id="open1"))
    quote(shelf, INVERSE, 200)
    desk.place_order(checked_order(INVERSE, "1", side=Side.SHORT, client_order_id="close1", reduce_only=True))
    assert [(one.contracts, one.price) for one in desk.get_fills()] == [(1, 101), (1, 199)]
    value = Fraction(100)
    coins = value / 101 - value / 199
    fees = Fraction(5, 10_000) * (value / 101 + value / 199)
    assert abs(Fraction(totals(desk)["BTC"] or 0) - (100 + coins - fees)) < Fraction(1, 10**14)
    assert desk.get_positions() == ()


def test_realised_profit_of_a_position_starts_anew_when_it_was_flat() -> None:
    """A report counts since the position was opened; the fold counts for ever."""
    desk, shelf = paper_desk()
    quote(shelf, SWAP, 100)
    for number in range(2):
        desk.place_order(checked_order(SWAP, "1", client_order_id=f"open{number}"))
        (held,) = desk.get_positions()
        assert held.realized_pnl == Decimal("-0.0505")
        desk.place_order(checked_order(SWAP, "1", side=Side.SHORT, client_order_id=f"close{number}"))
        quote(shelf, SWAP, 100)


def test_flip_of_a_position_opens_a_new_one_with_its_share_of_the_fee() -> None:
    """Sold three where one was held: two thirds of the fee belong to what was opened."""
    desk, shelf = paper_desk()
    quote(shelf, SWAP, 100)
    desk.place_order(checked_order(SWAP, "1", client_order_id="open1"))
    desk.place_order(checked_order(SWAP, "3", side=Side.SHORT, client_order_id="flip1"))
    (held,) = desk.get_positions()
    assert (held.direction, held.base_quantity, held.entry_price) == ("short", Decimal(2), Decimal(99))
    assert held.realized_pnl == Decimal("-0.099")


@pytest.mark.parametrize("side", Side, ids=str)
def test_fees_in_quote_currency_are_taken_there_on_both_sides(side: Side) -> None:
    """The account's setting is one of spot alone."""
    desk, _ = paper_desk(fee_type=FeeType.QUOTE_CURRENCY)
    desk.place_order(checked_order(PAIR, "1", side=side, td_mode=TdMode.CASH, client_order_id="fee1"))
    (fill,) = desk.get_fills()
    price = Decimal("100.1") if side is Side.LONG else Decimal("99.9")
    assert (fill.fee_currency, fill.fee) == ("USDT", price * Decimal("0.001"))
    assert totals(desk)["BTC"] == (11 if side is Side.LONG else 9)


def test_rebate_of_a_maker_is_a_negative_cost_that_is_paid_out() -> None:
    """The sign of a fee never changes its meaning."""
    fees = {MarketType.SWAP: FeeSchedule(maker="-0.0001", taker="0.0005")}
    desk, shelf = paper_desk(fees=fees)
    desk.place_order(checked_order(SWAP, "0.1", price="99", client_order_id="maker1"))
    quote(shelf, SWAP, 90)
    (fill,) = desk.get_fills()
    assert (fill.liquidity, fill.fee) == ("maker", Decimal("-0.00099"))
    assert totals(desk)["USDT"] == Decimal("10000.00099")


def test_cross_and_isolated_positions_of_one_instrument_stand_apart() -> None:
    """A fill does not tell them apart, so the venue must; each closes its own."""
    desk, _ = paper_desk()
    for name, td_mode in (("c1", TdMode.CROSS), ("i1", TdMode.ISOLATED)):
        desk.place_order(checked_order(SWAP, "0.03", td_mode=td_mode, client_order_id=name))
    assert {str(one.margin_mode) for one in desk.get_positions()} == {"cross", "isolated"}
    assert len({one.venue_position_id for one in desk.get_positions()}) == 2
    close = checked_order(
        SWAP, "0.03", side=Side.SHORT, td_mode=TdMode.ISOLATED, client_order_id="x1", reduce_only=True
    )
    desk.place_order(close)
    assert [str(one.margin_mode) for one in desk.get_positions()] == ["cross"]


def test_profit_of_an_isolated_position_cannot_be_spent() -> None:
    """It is equity, and not free; that of a cross position is both."""
    spendable = {}
    for td_mode in (TdMode.CROSS, TdMode.ISOLATED):
        desk, shelf = paper_desk()
        quote(shelf, SWAP, 100)
        desk.place_order(checked_order(SWAP, "1", td_mode=td_mode, client_order_id="open1"))
        quote(shelf, SWAP, 400)
        usdt = next(one for one in desk.get_account_balance() if one.currency == "USDT")
        assert usdt.equity == Decimal("10298.9495")
        spendable[td_mode] = usdt.free, usdt.used
    third = Decimal("0.3333333333333333")
    assert spendable[TdMode.CROSS] == (Decimal("10298.9495") - 133 - third, 133 + third)
    frozen = Decimal("33.6666666666666667")
    assert spendable[TdMode.ISOLATED] == (Decimal("9999.9495") - frozen, frozen)


def test_balance_and_position_without_a_usable_book_are_null_with_a_reason() -> None:
    """Unknown is never zero: cash and size are known, what hangs on the price is not."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    desk.place_order(checked_order(INVERSE, "1", client_order_id="open2"))
    shelf.failing = True
    linear, inverse = desk.get_positions()
    assert (linear.has_position, linear.contracts, linear.base_quantity) == (True, Decimal(10), Decimal("0.1"))
    assert (linear.mark_price, linear.unrealized_pnl, inverse.base_quantity) == (None, None, None)
    assert {linear.reasons["mark_price"], inverse.reasons["base_quantity"]} == {NullReason.ERROR}
    for one in desk.get_account_balance():
        assert one.total is not None
        assert (one.free, one.used, one.equity) == (None, None, None)
        assert one.reasons["free"] is NullReason.ERROR
    shelf.failing = False
    assert all(one.free is not None for one in desk.get_account_balance())


def test_margin_fee_beyond_the_cash_is_owed() -> None:
    """The fee of a margin buy is taken in base currency; without any, it is a debt and not a loss of count."""
    desk, _ = paper_desk(balances={"USDT": "1000"})
    desk.place_order(checked_order(PAIR, "1", price="100.1", client_order_id="lend1"))
    rows = {one.currency: one for one in desk.get_account_balance()}
    assert (rows["BTC"].total, rows["BTC"].debt, rows["BTC"].free) == (Decimal("-0.001"), Decimal("0.001"), Decimal(0))
    (held,) = desk.get_positions()
    assert (held.market_type, held.margin_currency, held.contracts) == (MarketType.MARGIN, "USDT", Decimal(1))


def trade_at_random(desk: PaperVenue, shelf: BookShelf, draw: random.Random, orders: int) -> dict[str, TdMode]:
    """A stream of orders of all kinds at moving books; gives the trade mode of each client order id."""
    modes: dict[str, TdMode] = {}
    price = 1000
    for number in range(orders):
        price = max(500, price + draw.randint(-20, 20))
        shelf.clock.at_ms += draw.randint(0, 50)
        for one in LISTED:
            spread = draw.randint(1, 5)
            levels = [(draw.randint(0, 3), draw.randint(1, 40)) for _ in range(2)]
            shelf.show(
                book(
                    one,
                    bids=((f"{price - spread}", f"{levels[0][1]}"), (f"{price - spread - 5}", "50")),
                    asks=((f"{price + spread}", f"{levels[1][1]}"), (f"{price + spread + 5}", "50")),
                    ts_ms=shelf.clock.at_ms,
                )
            )
        symbol = draw.choice(list(LISTED))
        td_mode = draw.choice([TdMode.CASH, TdMode.CROSS] if symbol == PAIR else [TdMode.CROSS, TdMode.ISOLATED])
        limit = draw.random() < 0.7 or symbol == INVERSE or (symbol == PAIR and td_mode is TdMode.CROSS)
        name = f"random{number}"
        order = checked_order(
            symbol,
            f"{draw.randint(3, 30) / 100}",
            price=f"{price + draw.randint(-15, 15)}" if limit else None,
            side=draw.choice(list(Side)),
            td_mode=td_mode,
            client_order_id=name,
            reduce_only=td_mode is not TdMode.CASH and draw.random() < 0.3,
        )
        try:
            placed = desk.place_order(order)
        except OrderRefused:
            continue
        modes[name] = td_mode
        if draw.random() < 0.2 and desk.get_open_orders(symbol):
            desk.cancel_order(str(desk.get_open_orders(symbol)[0].venue_order_id), symbol)
        assert placed.venue_order_id is not None
    return modes


@pytest.mark.parametrize("mode", PositionMode, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_positions_and_cash_are_what_the_fills_fold_to(mode: PositionMode, seed: int) -> None:
    """The fold knows nothing of this venue: told the fills of each margin mode, it must come to the same."""
    desk, shelf = paper_desk(position_mode=mode, balances={"USDT": "1000000", "BTC": "1000"})
    modes = trade_at_random(desk, shelf, random.Random(seed), 250)
    fills = desk.get_fills()
    assert len(fills) > 80
    cash = {"USDT": Fraction(1_000_000), "BTC": Fraction(1000)}
    for td_mode in (TdMode.CROSS, TdMode.ISOLATED):
        mine = [one for one in fills if modes[str(one.client_order_id)] is td_mode and one.symbol != PAIR]
        folded = fold_fills(mine, LISTED, mode, history_complete=True)
        held = [one for one in desk.get_positions() if one.margin_mode == td_mode and one.symbol != PAIR]
        told = {(one.symbol, one.direction, one.contracts, one.entry_price) for one in held}
        legs = [one for one in folded.legs if one.contracts]
        assert told == {(one.symbol, one.direction, abs(one.contracts or 0), one.entry_price) for one in legs}
        for leg in folded.legs:
            cash[str(leg.settle_currency)] += Fraction(leg.realized_pnl or 0)
            assert leg.position_side is PositionSide.NET or mode is PositionMode.LONG_SHORT
    spot = [one for one in fills if one.market_type is MarketType.SPOT]
    for holding in fold_fills(spot, LISTED, mode, history_complete=True).holdings:
        cash["BTC"] += Fraction(holding.base_change or 0)
        cash["USDT"] += Fraction(holding.quote_change or 0)
    for fill in fills:
        if fill.market_type is not MarketType.SPOT:
            cash[str(fill.fee_currency)] -= Fraction(fill.fee or 0)
    cash["USDT"] += margin_profit([one for one in fills if one.market_type is MarketType.MARGIN], desk)
    told_cash = totals(desk)
    assert told_cash.keys() == cash.keys()
    assert all(abs(Fraction(total or 0) - cash[name]) < Fraction(1, 10**9) for name, total in told_cash.items())


def margin_profit(fills: list[Fill], desk: PaperVenue) -> Fraction:
    """Realised profit of the margin pair: what sales brought and buys cost, and what is still held at its entry."""
    flow = sum(
        (Fraction(one.price or 0) * Fraction(one.contracts or 0) * (1 if one.side == "sell" else -1) for one in fills),
        Fraction(0),
    )
    for one in desk.get_positions(PAIR):
        sign = 1 if one.direction == "long" else -1
        flow += sign * Fraction(one.contracts or 0) * Fraction(one.entry_price or 0)
    return flow


def test_history_repeats_itself_with_one_seed() -> None:
    """Same seed, same books, same clock: the same fills to the last id."""

    def history(seed: int) -> tuple[Fill, ...]:
        desk, shelf = paper_desk(
            seed=seed, latency_ms=20, latency_jitter_ms=60, balances={"USDT": "1000000", "BTC": "1000"}
        )
        trade_at_random(desk, shelf, random.Random(7), 120)
        return desk.get_fills()

    assert history(3) == history(3)
    assert history(3) != history(4)
