"""The probe orders: where they may go, what they are, and when none is sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.observe import Pair, observe
from dualwitness.alignment.probe import Probe, ProbeRecord, probe_symbol
from dualwitness.models import (
    BookLevel,
    Instrument,
    Library,
    NullReason,
    Order,
    OrderBook,
    OrderType,
    Side,
    TdMode,
    ValidatedOrder,
)
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireExchange
from dualwitness.venues import VenueError
from dualwitness.venues.errors import OrderRefused, OutcomeUnknown, VenueRefusal
from tests.support.observations import INVERSE, LINEAR, SPOT, book, inverse_swap, linear_swap, order, spot_pair

ETHER = "ETH/USDT:USDT"
TABLE = {
    LINEAR: linear_swap(),
    ETHER: linear_swap(symbol=ETHER),
    INVERSE: inverse_swap(),
    SPOT: spot_pair(),
    "future": linear_swap(symbol="future", market_type="future"),
    "sizeless": linear_swap(symbol="sizeless", contract_size=None),
    "stepless": linear_swap(symbol="stepless", tick_size=None),
    "unbounded": linear_swap(symbol="unbounded", min_size=None),
}


@pytest.mark.parametrize(
    ("symbols", "held", "chosen"),
    [
        ((LINEAR, ETHER), set(), ETHER),
        ((ETHER, LINEAR), set(), LINEAR),
        ((LINEAR, ETHER), {ETHER}, LINEAR),
        ((LINEAR, ETHER), {LINEAR, ETHER}, None),
        ((LINEAR, INVERSE, SPOT, "future", "sizeless", "stepless", "unbounded", "not listed"), set(), LINEAR),
        ((INVERSE, SPOT), set(), None),
        ((), set(), None),
    ],
)
def test_probe_goes_to_the_last_linear_perpetual_in_which_nothing_is_held(
    symbols: tuple[str, ...], held: set[str], chosen: str | None
) -> None:
    """Never onto a position, never onto an instrument whose size or step is unknown, else nowhere."""
    assert probe_symbol(symbols, TABLE, held) == chosen


def deep_book(bid: str, ask: str) -> OrderBook:
    """A book of one level a side that holds more than the probe orders."""
    return OrderBook(
        symbol=LINEAR,
        bids=(BookLevel(Decimal(bid), Decimal(9)),),
        asks=(BookLevel(Decimal(ask), Decimal(9)),),
        ts_venue_ms=5,
        sequence=1,
    )


class Exchange:
    """A client that remembers what it was asked to do; ``failing`` names the calls that fail, by their number."""

    venue = "okx"

    def __init__(self, library: Library, shown: OrderBook, failing: dict[int, Exception]) -> None:
        self.label = str(library)
        self.placed: list[ValidatedOrder] = []
        self.cancelled: list[str] = []
        self.later: list[OrderBook | None] = []  # the books after the first
        self._asked = 0
        self._book = shown
        self._failing = failing

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        return ()

    def get_order_book(self, symbol: str, depth: int = 20) -> OrderBook:
        self._asked += 1
        shown = self._book if self._asked == 1 or not self.later else self.later.pop(0)
        if shown is None:
            message = "no answer"
            raise VenueError(message)
        return shown

    def place_order(self, placed: ValidatedOrder) -> Order:
        self.placed.append(placed)
        failure = self._failing.get(len(self.placed))
        if failure is not None:
            raise failure
        return order(venue_order_id=str(len(self.placed)), reason=NullReason.NOT_ASKED)

    def cancel_order(self, order_id: str, symbol: str) -> Order:
        self.cancelled.append(order_id)
        return order(venue_order_id=order_id, reason=NullReason.NOT_ASKED)

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        return ()

    def get_order(self, symbol: str, order_id: str | None = None, client_order_id: str | None = None) -> Order:
        ours = [one.intent.client_order_id for one in self.placed]
        number = int(order_id) if order_id is not None else ours.index(client_order_id) + 1
        if isinstance(self._failing.get(number), OrderRefused):
            message = "no such order"
            raise VenueRefusal(message, code="51603")
        sent, order_id = self.placed[number - 1].intent, str(number)
        filled = sent.order_type is OrderType.MARKET
        return order(
            venue_order_id=order_id,
            side="buy" if sent.side is Side.LONG else "sell",
            average_price=("101" if sent.side is Side.LONG else "99") if filled else None,
        )


class Bench:
    """One probe over two such clients that show one account."""

    def __init__(
        self,
        instrument: Instrument,
        *,
        shown: OrderBook | None = None,
        limit: str = "1000",
        failing: dict[int, Exception] | None = None,
    ) -> None:
        client = Exchange(Library.CCXT, shown or book("99", "101"), failing or {})
        self.client = client
        self.probe = Probe(self, instrument, seed=0, now_ms=lambda: 5, max_notional_usd=Decimal(limit))

    def ask_one(self, library: Library, operation: str, symbol: str | None, ask: Callable[[Any], Any]) -> Observation:
        return observe(self.client, operation, symbol, ask)

    def ask(self, operation: str, symbol: str | None, ask: Callable[[Any], Any]) -> Pair:
        return {Library.CCXT: observe(self.client, operation, symbol, ask)}

    def run(self) -> ProbeRecord:
        return self.probe.run(Library.CCXT)


def test_probe_places_a_resting_order_then_opens_and_closes_the_smallest_position() -> None:
    """Three orders of the least size: a limit below the market, a market buy, a market sell that can only reduce."""
    bench = Bench(linear_swap(min_size="2"))
    bench.run()
    words = [
        (one.intent.side, one.intent.order_type, one.intent.size, one.intent.price, one.intent.reduce_only)
        for one in bench.client.placed
    ]
    assert words == [
        (Side.LONG, OrderType.LIMIT, Decimal("0.02"), Decimal("98.0"), False),
        (Side.LONG, OrderType.MARKET, Decimal("0.02"), None, False),
        (Side.SHORT, OrderType.MARKET, Decimal("0.02"), None, True),
    ]
    assert {one.intent.td_mode for one in bench.client.placed} == {TdMode.CROSS}
    assert bench.client.cancelled == ["1"]


@pytest.mark.parametrize(("tick", "price"), [("0.1", "98.0"), ("0.04", "98.00"), ("5", "95"), ("0.0001", "98.0100")])
def test_probe_rests_below_the_market_on_a_step_of_the_price(tick: str, price: str) -> None:
    """One percent below the bid of 99, rounded down to the step."""
    bench = Bench(linear_swap(tick_size=tick))
    bench.run()
    assert bench.client.placed[0].intent.price == Decimal(price)


def test_probe_looks_every_order_up_and_the_cancelled_one_twice() -> None:
    """Placed, looked up, cancelled, looked up again; before each market order a look at the book."""
    record = Bench(linear_swap()).run()
    assert [one.operation for one in record.placed] == [
        "get_order_book",
        "place_order",
        "cancel_order",
        "get_order_book",
        "place_order",
        "get_order_book",
        "place_order",
    ]
    assert [order_id for order_id, _ in record.looked_up] == ["1", "1", "2", "3"]
    assert all(pair[Library.CCXT].operation == "get_order" for _, pair in record.looked_up)


def costs(record: ProbeRecord) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    """Which order, on which side, against the middle, and against the price that the book should have given."""
    return [(one.order, str(one.side), one.bps, one.book_bps) for one in record.slippage]


def test_probe_measures_slippage_of_both_market_orders_against_the_middle_and_the_book() -> None:
    """Bought at 101 and sold at 99 with the middle at 100: a hundred basis points, all of them the spread."""
    bench = Bench(linear_swap(), shown=deep_book("99", "101"))
    assert costs(bench.run()) == [
        ("open", "buy", Decimal(100), Decimal(0)),
        ("close", "sell", Decimal(100), Decimal(0)),
    ]


def test_probe_measures_each_market_order_against_the_book_right_before_it() -> None:
    """The book moves between the two: bought at 101 of a book of 101, sold at 99 of one that offered 100 by then."""
    bench = Bench(linear_swap(), shown=deep_book("99", "101"))
    bench.client.later = [deep_book("99", "101"), deep_book("100", "102")]
    assert costs(bench.run()) == [
        ("open", "buy", Decimal(100), Decimal(0)),
        ("close", "sell", Decimal("198.0198"), Decimal(100)),
    ]


def test_probe_whose_book_is_lost_before_an_order_still_sends_it_and_measures_nothing() -> None:
    """The closing order must go out whatever the book says; what it cost is then unknown, with the reason."""
    bench = Bench(linear_swap(), shown=deep_book("99", "101"))
    bench.client.later = [deep_book("99", "101"), None]
    record = bench.run()
    assert len(bench.client.placed) == 3
    assert costs(record)[1] == ("close", "sell", None, None)
    assert record.slippage[1].reason is NullReason.ABSENT


@pytest.mark.parametrize(("limit", "sent"), [("1", 3), ("0.99", 1), ("0.9800", 1), ("0.9799", 0), ("0", 0)])
def test_probe_beyond_the_configured_notional_is_not_sent(limit: str, sent: int) -> None:
    """0.01 BTC is worth 1.00 at the middle of 100 and 0.98 at the resting price: the limit itself is still allowed."""
    bench = Bench(linear_swap(min_size="1"), limit=limit)
    record = bench.run()
    assert len(bench.client.placed) == sent
    assert all(one.risk_checks_passed for one in bench.client.placed)
    assert len([one for one in record.placed if one.operation == "place_order"]) == sent


def test_probe_orders_carry_the_check_that_let_them_pass() -> None:
    """An order says by which limit it was checked, when, and what it is worth."""
    bench = Bench(linear_swap(min_size="1"))
    bench.run()
    first = bench.client.placed[0]
    assert (first.validated_at, first.notional_usd) == (5, Decimal("0.98"))
    assert [(one.rule, one.limit, one.passed) for one in first.checks] == [("max_notional_per_trade_usd", "1000", True)]


@pytest.mark.parametrize("shown", [book(None, "101"), book("99", None), book(None, None)])
def test_probe_without_two_sides_of_a_book_places_nothing(shown: OrderBook) -> None:
    """There is no middle to measure against, and no price to rest below."""
    bench = Bench(linear_swap(), shown=shown)
    assert bench.run().slippage == ()
    assert bench.client.placed == []


def test_probe_whose_book_did_not_come_places_nothing_and_keeps_the_error() -> None:
    """The failed read is an observation of the run."""
    bench = Bench(linear_swap())

    def fail(*_: object, **__: object) -> OrderBook:
        message = "no answer"
        raise VenueError(message)

    bench.client.get_order_book = fail  # type: ignore[method-assign]
    record = bench.run()
    assert [one.error is not None for one in record.placed] == [True]
    assert bench.client.placed == []


def test_probe_order_that_was_refused_is_kept_and_neither_looked_up_nor_cancelled() -> None:
    """The refusal is evidence; what was never placed cannot be cancelled."""
    bench = Bench(linear_swap(), failing={1: OrderRefused("no", code="51000")})
    record = bench.run()
    (refusal,) = [one.error for one in record.placed if one.operation == "place_order" and one.error is not None]
    assert (refusal.kind, refusal.code) == ("OrderRefused", "51000")
    assert "1" not in [order_id for order_id, _ in record.looked_up]
    assert bench.client.cancelled == []


def test_probe_whose_resting_answer_was_lost_finds_the_order_by_its_own_id_and_cancels_it() -> None:
    """An order that may rest at the venue is never left there."""
    bench = Bench(linear_swap(), failing={1: OutcomeUnknown("the answer was lost")})
    bench.run()
    assert bench.client.cancelled == ["1"]


def test_probe_whose_opening_answer_was_lost_still_sends_the_close_that_can_only_reduce() -> None:
    """The market order may have filled: the account must hold afterwards what it held before."""
    bench = Bench(linear_swap(), failing={2: OutcomeUnknown("the answer was lost")})
    bench.run()
    last = bench.client.placed[-1].intent
    assert (last.side, last.reduce_only) == (Side.SHORT, True)


def test_probe_order_ids_are_ours_valid_and_the_same_in_the_next_run() -> None:
    """Letters and digits, at most 32, one for each order, library and seed."""
    first, again = Bench(linear_swap()), Bench(linear_swap())
    for bench in (first, again):
        bench.run()
    ids = [one.intent.client_order_id or "" for one in first.client.placed]
    assert ids == [one.intent.client_order_id for one in again.client.placed]
    assert len(set(ids)) == 3
    assert all(one.isalnum() and one.startswith("dw") and len(one) <= 32 for one in ids)
    other = Bench(linear_swap())
    other.probe.run(Library.OKX_SDK)
    assert not {one.intent.client_order_id for one in other.client.placed} & set(ids)
