"""Market interaction: orders and fills are the account's own, and an order goes out once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from dualwitness.models import OrderState, OrderType, Side, TdMode, ValidatedOrder
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, OrderRefused, SafetyError, UsageError, VenueRefusal
from tests.support.clients import HeardVenue, checked_order, symbol_of

SWAP, PAIR = "BTC/USDT:USDT", "BTC/USDT"
PLACE, CANCEL = "/api/v5/trade/order", "/api/v5/trade/cancel-order"
STATES = {"live": OrderState.LIVE, "partially_filled": OrderState.PARTIALLY_FILLED}
QUESTIONS: Mapping[str, Callable[[VenueClient, str], object]] = {
    "get_ticker": lambda client, symbol: client.get_ticker(symbol),
    "get_candles": lambda client, symbol: client.get_candles(symbol),
    "get_order_book": lambda client, symbol: client.get_order_book(symbol),
    "get_fee_rates": lambda client, symbol: client.get_fee_rates(symbol),
    "get_order": lambda client, symbol: client.get_order(symbol, "1"),
    "place_order": lambda client, symbol: client.place_order(checked_order(symbol, "1", price="1")),
    "cancel_order": lambda client, symbol: client.cancel_order("1", symbol),
}
ONLY_IDS = ("side", "order_type", "price", "contracts", "state", "fee")


def resting(venue: HeardVenue, client_order_id: str = "resting1") -> ValidatedOrder:
    """A limit order one percent under the market: within the price band, and not filled."""
    price = (venue.market.last("BTC-USDT-SWAP") * Decimal("0.99")).quantize(Decimal("0.1"))
    return checked_order(SWAP, "0.02", price=f"{price:f}", client_order_id=client_order_id)


def books_agree(client: VenueClient, venue: HeardVenue, states: list[str]) -> bool:
    """Whether the venue's own books hold orders in these states; a simulated order must never have reached it."""
    if client.label == "paper":
        return not venue.account.orders and venue.count(PLACE) == venue.count(CANCEL) == 0
    return [order.state for order in venue.account.orders] == states


def test_open_orders_of_each_client_are_the_accounts_resting_ones(reader: VenueClient, truth: HeardVenue) -> None:
    """Every one, once, with price, size and how much of it is filled."""
    told = {
        one.venue_order_id: (one.symbol, one.side, one.price, one.contracts, one.filled_contracts, one.state)
        for one in reader.get_open_orders()
    }
    assert told == {
        order.ord_id: (
            symbol_of(order.instrument),
            order.request.side,
            order.request.px,
            order.request.sz,
            order.filled,
            STATES[order.state],
        )
        for order in truth.account.open_orders()
    }
    assert len(told) >= 3


def test_open_orders_of_one_symbol_leave_out_all_others(reader: VenueClient, truth: HeardVenue) -> None:
    """A filter neither adds nor loses an order."""
    told = {one.venue_order_id for one in reader.get_open_orders(SWAP)}
    true = {one.ord_id for one in truth.account.open_orders() if one.instrument.inst_id == "BTC-USDT-SWAP"}
    assert told == true != set()


def test_order_of_any_state_is_found_by_its_id(reader: VenueClient, truth: HeardVenue) -> None:
    """Filled, canceled, live: whatever the account lived through can be looked up."""
    states = set()
    for order in truth.account.orders:
        one = reader.get_order(symbol_of(order.instrument), order.ord_id)
        states.add(one.state)
        assert (one.venue_order_id, one.state) == (order.ord_id, order.state)
        assert (one.side, one.filled_contracts, one.ts_venue_ms) == (order.request.side, order.filled, order.created_ms)
    assert states == {OrderState.LIVE, OrderState.PARTIALLY_FILLED, OrderState.FILLED, OrderState.CANCELED}


def test_fills_of_each_client_are_the_accounts_executions(reader: VenueClient, truth: HeardVenue) -> None:
    """Each once, with its price, size and fee; the sign of the fee says that it was paid."""
    told = {(one.symbol, one.trade_id): one for one in reader.get_fills()}
    assert len(told) == len(reader.get_fills())
    true = {(symbol_of(one.instrument), one.trade_id): one for one in truth.account.fills}
    assert told.keys() == true.keys()
    for key, fill in true.items():
        one = told[key]
        assert (one.venue_order_id, one.side, one.price, one.contracts) == (fill.ord_id, fill.side, fill.px, fill.sz)
        assert (one.fee, one.fee_currency) == (-fill.fee, fill.fee_ccy)
        assert one.liquidity == ("maker" if fill.maker else "taker")
        if not fill.instrument.inverse:
            assert one.base_quantity == fill.sz * fill.instrument.contract_size


def test_fills_of_each_client_come_oldest_first_and_only_as_asked(reader: VenueClient, truth: HeardVenue) -> None:
    """Folding needs their order; a symbol or a time leaves out what was not asked for."""
    times = [one.ts_venue_ms or 0 for one in reader.get_fills()]
    assert times == sorted(times)
    mine = {one.trade_id for one in truth.account.fills if one.instrument.inst_id == "BTC-USDT-SWAP"}
    assert {one.trade_id for one in reader.get_fills(SWAP)} == mine
    since_ms = times[len(times) // 2]
    recent = {(symbol_of(one.instrument), one.trade_id) for one in truth.account.fills if one.ts_ms >= since_ms}
    told = {(one.symbol, one.trade_id) for one in reader.get_fills(since_ms=since_ms)}
    assert told <= {(symbol_of(one.instrument), one.trade_id) for one in truth.account.fills}
    # The libraries know two times of one fill, a few ms apart: none beyond a second may be wrong.
    late = {(symbol_of(one.instrument), one.trade_id) for one in truth.account.fills if one.ts_ms >= since_ms + 1000}
    assert late <= told
    assert len(told) < len(times)
    assert recent


def test_order_that_is_placed_rests_is_found_and_is_cancelled(client: VenueClient, venue: HeardVenue) -> None:
    """The whole way of a limit order; answers to placing and cancelling carry ids alone."""
    placed = client.place_order(resting(venue))
    assert placed.client_order_id == "resting1"
    assert all(getattr(placed, name) is None for name in ONLY_IDS)
    (open_order,) = client.get_open_orders()
    assert (open_order.venue_order_id, open_order.state) == (placed.venue_order_id, OrderState.LIVE)
    assert (open_order.contracts, open_order.side, open_order.order_type) == (Decimal(2), "buy", OrderType.LIMIT)
    assert client.get_order(SWAP, client_order_id="resting1").venue_order_id == placed.venue_order_id
    cancelled = client.cancel_order(str(placed.venue_order_id), SWAP)
    assert cancelled.venue_order_id == placed.venue_order_id
    assert client.get_open_orders() == ()
    assert client.get_order(SWAP, placed.venue_order_id).state is OrderState.CANCELED
    assert books_agree(client, venue, ["canceled"])


def test_order_at_market_becomes_a_fill_and_a_position(client: VenueClient, venue: HeardVenue) -> None:
    """Opened with 0.03 BTC, which are three contracts, and closed again by a reducing order."""
    placed = client.place_order(checked_order(SWAP, "0.03", client_order_id="open1"))
    (position,) = client.get_positions()
    assert (position.symbol, position.direction, position.contracts) == (SWAP, "long", Decimal(3))
    assert sum(one.contracts or 0 for one in client.get_fills()) == Decimal(3)
    assert {one.venue_order_id for one in client.get_fills()} == {placed.venue_order_id}
    client.place_order(checked_order(SWAP, "0.03", side=Side.SHORT, client_order_id="close1", reduce_only=True))
    assert client.get_positions() == ()
    assert books_agree(client, venue, ["filled", "filled"])
    assert list(venue.account.open_legs()) == []


def test_order_of_base_currency_on_spot_buys_that_much(client: VenueClient, venue: HeardVenue) -> None:
    """A size is base currency in every client, also for a market buy."""
    client.place_order(checked_order(PAIR, "0.01", td_mode=TdMode.CASH, client_order_id="spot1"))
    assert books_agree(client, venue, ["filled"])
    if client.label != "paper":
        assert sum(one.sz for one in venue.account.fills) == Decimal("0.01")
    assert sum(one.contracts or 0 for one in client.get_fills()) == Decimal("0.01")


def test_order_that_the_venue_refuses_raises_its_code_and_leaves_nothing(
    client: VenueClient, venue: HeardVenue
) -> None:
    """Ten thousand bitcoin cannot be afforded (51008): nothing was placed, and it was asked once."""
    price = f"{venue.market.last('BTC-USDT'):f}"
    order = checked_order(PAIR, "10000", price=price, td_mode=TdMode.CASH, client_order_id="toomuch1")
    with pytest.raises(OrderRefused) as refused:
        client.place_order(order)
    assert "51008" in (refused.value.code, refused.value.sub_code)
    assert books_agree(client, venue, [])
    assert client.get_open_orders() == ()
    assert venue.count(PLACE) == (0 if client.label == "paper" else 1)


def test_order_id_that_the_venue_does_not_know_is_refused(client: VenueClient, venue: HeardVenue) -> None:
    """Looking it up and cancelling it both say so, in the venue's words."""
    with pytest.raises(VenueRefusal) as lookup:
        client.get_order(SWAP, "123456789")
    assert "51603" in (lookup.value.code, lookup.value.sub_code)
    with pytest.raises(OrderRefused) as cancel:
        client.cancel_order("123456789", SWAP)
    assert "51400" in (cancel.value.code, cancel.value.sub_code)
    assert venue.count(CANCEL) == (0 if client.label == "paper" else 1)


def test_order_that_did_not_pass_its_checks_is_never_sent(client: VenueClient, venue: HeardVenue) -> None:
    """The client is the last door."""
    refused = resting(venue).model_copy(update={"risk_checks_passed": False, "rejection_reason": "max_leverage"})
    with pytest.raises(SafetyError):
        client.place_order(refused)
    assert venue.count(PLACE) == 0


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("symbol", ["NOPE/USDT:USDT", "BTC/NOPE", "nonsense", "BTC/USDT:USDT&instType=OPTION"])
def test_unknown_symbol_is_an_error_of_every_question(
    client: VenueClient, venue: HeardVenue, symbol: str, question: str
) -> None:
    """Never an empty answer, never somebody else's; and no order for it is taken."""
    with pytest.raises(DualwitnessError):
        QUESTIONS[question](client, symbol)
    assert len(venue.account.orders) == 0


def test_question_without_what_it_needs_is_a_usage_error(client: VenueClient) -> None:
    """No id, no such interval, a limit beyond the venue's: said before anything is asked."""
    with pytest.raises(UsageError):
        client.get_order(SWAP)
    with pytest.raises(UsageError):
        client.get_candles(SWAP, "7m")
    with pytest.raises(UsageError):
        client.get_candles(SWAP, "1m", 301)
    with pytest.raises(UsageError):
        client.get_order_book(SWAP, 0)
    with pytest.raises(UsageError):
        client.cancel_order("", SWAP)
