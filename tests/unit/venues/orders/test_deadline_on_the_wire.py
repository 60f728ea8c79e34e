"""Both libraries carry an order's deadline as OKX wants it, and list finished orders whole: heard at the venue."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from dualwitness.models import Library, Order, OrderState, Venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import OrderRefused, Unsupported
from dualwitness.venues.opening import open_wired
from dualwitness.venues.orders.inquiry import OrderHistory
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.clients import SECRETS, HeardVenue, checked_order, heard_venue, opened
from tests.support.venue import FROZEN_MS

SWAP, PAIR = "BTC/USDT:USDT", "BTC/USDT"
PLACE = "/api/v5/trade/order"
HISTORY = "/api/v5/trade/orders-history"
PAGE = 100


@pytest.fixture
def venue_and_url() -> Iterator[tuple[HeardVenue, str]]:
    """A funded account whose data stands still."""
    with heard_venue("funded") as running:
        yield running


@pytest.fixture
def venue(venue_and_url: tuple[HeardVenue, str]) -> HeardVenue:
    """The venue itself."""
    return venue_and_url[0]


@pytest.fixture(params=list(Library))
def client(request: pytest.FixtureRequest, venue_and_url: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """Each client in turn."""
    with opened(request.param, venue_and_url[1]) as made:
        yield made


def deadlines(venue: HeardVenue) -> list[tuple[str, str]]:
    """Every request that said when it expires: its path and the moment."""
    return [(path, headers["exptime"]) for _, path, headers in venue.heard if "exptime" in headers]


def history_of(client: VenueClient, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
    """Finished orders; both clients over OKX can list them."""
    assert isinstance(client, OrderHistory)
    return client.get_order_history(symbol, since_ms=since_ms)


def test_order_says_when_it_expires_and_nothing_else_does(client: VenueClient, venue: HeardVenue) -> None:
    """Reads, a cancel, and an order that was given no deadline go without the header."""
    client.place_order(checked_order(SWAP, "0.01", client_order_id="a1"), expires_at_ms=FROZEN_MS + 5_000)
    client.place_order(checked_order(SWAP, "0.01", client_order_id="a2"))
    client.get_order(SWAP, client_order_id="a1")
    resting = checked_order(
        SWAP, "0.01", price=str(int(venue.market.last("BTC-USDT-SWAP") * 99 / 100)), client_order_id="a3"
    )
    placed = client.place_order(resting, expires_at_ms=FROZEN_MS + 6_000)
    client.cancel_order(str(placed.venue_order_id), SWAP)
    assert deadlines(venue) == [(PLACE, str(FROZEN_MS + 5_000)), (PLACE, str(FROZEN_MS + 6_000))]


def test_order_whose_deadline_has_passed_is_refused_and_not_placed(client: VenueClient, venue: HeardVenue) -> None:
    """OKX answers 50036 in the order's own row."""
    with pytest.raises(OrderRefused) as caught:
        client.place_order(checked_order(SWAP, "0.01", client_order_id="late1"), expires_at_ms=FROZEN_MS - 1)
    assert caught.value.code == "50036"
    assert len(venue.account.orders) == 0


def test_deadline_of_an_order_that_failed_is_not_that_of_the_next(client: VenueClient, venue: HeardVenue) -> None:
    """Whatever came of one request, the next one carries its own."""
    with pytest.raises(OrderRefused):
        client.place_order(checked_order(SWAP, "0.01", client_order_id="late1"), expires_at_ms=FROZEN_MS - 1)
    client.place_order(checked_order(SWAP, "0.01", client_order_id="next1"))
    assert len(deadlines(venue)) == 1
    assert len(venue.account.orders) == 1


@pytest.mark.parametrize("venue_name", [Venue.BYBIT, Venue.BINANCE])
def test_deadline_is_not_dropped_silently_where_a_venue_takes_none(venue_name: Venue) -> None:
    """Who asks for one is told that there is none, before anything is sent."""
    keys = Credentials(**dict(zip(("api_key", "api_secret", "passphrase"), SECRETS, strict=True)))
    client = open_wired(venue_name, Library.CCXT, Wiring(base_url="http://127.0.0.1:9", credentials=keys))
    try:
        order = checked_order(SWAP, "0.01", client_order_id="a1")
        order = order.model_copy(update={"intent": order.intent.model_copy(update={"venue": venue_name})})
        with pytest.raises(Unsupported, match="takes no deadline"):
            client.place_order(order, expires_at_ms=FROZEN_MS)
        with pytest.raises(Unsupported, match="finished orders"):
            history_of(client, SWAP, since_ms=0)
        assert client.drain_exchanges() == ()
    finally:
        client.close()


def test_finished_orders_are_listed_whole_over_several_pages(client: VenueClient, venue: HeardVenue) -> None:
    """Filled and cancelled ones, newest first, none twice and none missing; open ones are not among them."""
    price = str(int(venue.market.last("BTC-USDT-SWAP") * 99 / 100))
    made = []
    for number in range(PAGE + 30):
        placed = client.place_order(checked_order(SWAP, "0.001", client_order_id=f"filled{number}"))
        made.append(str(placed.venue_order_id))
    for number in range(3):
        placed = client.place_order(checked_order(SWAP, "0.001", price=price, client_order_id=f"gone{number}"))
        client.cancel_order(str(placed.venue_order_id), SWAP)
        made.append(str(placed.venue_order_id))
    client.place_order(checked_order(SWAP, "0.001", price=price, client_order_id="open1"))
    told = history_of(client, SWAP, since_ms=FROZEN_MS)
    assert sorted(str(order.venue_order_id) for order in told) == sorted(made)
    assert sum(order.state is OrderState.CANCELED for order in told) == 3


def test_finished_orders_older_than_asked_for_cost_no_further_page(client: VenueClient, venue: HeardVenue) -> None:
    """The first page that reaches back far enough is the last."""
    for number in range(PAGE + 5):
        client.place_order(checked_order(SWAP, "0.001", client_order_id=f"old{number}"))
    venue.clock.advance(60_000)
    client.place_order(checked_order(SWAP, "0.001", client_order_id="new1"))
    venue.heard.clear()
    told = history_of(client, SWAP, since_ms=FROZEN_MS + 60_000)
    new = [order for order in told if order.client_order_id == "new1"]
    assert [order.filled_contracts for order in new] == [Decimal("0.1")]
    assert venue.count(HISTORY) == 1


def test_finished_orders_of_a_pair_are_those_of_spot_and_of_margin(client: VenueClient, venue: HeardVenue) -> None:
    """They are filed under two kinds of one instrument."""
    client.place_order(checked_order(PAIR, "0.001", td_mode="cash", client_order_id="spot1"))
    price = str(int(venue.market.last("BTC-USDT") * 101 / 100))
    client.place_order(checked_order(PAIR, "0.001", price=price, client_order_id="margin1"))
    told = history_of(client, PAIR, since_ms=FROZEN_MS)
    assert sorted(str(order.client_order_id) for order in told) == ["margin1", "spot1"]


def test_fills_since_a_moment_cost_no_older_page(client: VenueClient, venue: HeardVenue) -> None:
    """Three months of fills are not read to find those of a minute."""
    for number in range(PAGE + 5):
        client.place_order(checked_order(SWAP, "0.001", client_order_id=f"old{number}"))
    venue.clock.advance(60_000)
    client.place_order(checked_order(SWAP, "0.001", client_order_id="new1"))
    venue.heard.clear()
    told = client.get_fills(SWAP, since_ms=FROZEN_MS + 60_000)
    assert len(told) == 1
    assert venue.count("/api/v5/trade/fills-history") == 1
