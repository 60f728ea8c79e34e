"""Bybit and Binance over the same client: canned answers on loopback, and requests that are not sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dualwitness.models import MarketType, OrderIntent, ValidatedOrder, Venue
from dualwitness.models.wire import WireAnswer
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import (
    AuthenticationRefused,
    EnvelopeInvalid,
    RateLimited,
    Unsupported,
    UsageError,
    VenueError,
    VenueRefusal,
)
from dualwitness.venues.wiring import Credentials, Wiring
from tests.unit.venues.ccxt_client.other_venues_rows import answer_of_the_market


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = json.dumps(answer_of_the_market(parts.path, parse_qs(parts.query))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A loopback server that speaks both venues' documented shapes."""
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


KEYS = Credentials(api_key="test-key", api_secret="test-secret")


@pytest.fixture(params=[Venue.BYBIT, Venue.BINANCE])
def client(request: pytest.FixtureRequest, base_url: str) -> Iterator[CcxtClient]:
    """A client of each venue."""
    client = CcxtClient(Wiring(base_url, credentials=KEYS), venue=request.param)
    yield client
    client.close()


def test_instruments_of_another_venue_are_read(client: CcxtClient) -> None:
    """A spot pair and a perpetual with their steps."""
    instruments = {item.symbol: item for item in client.get_instruments()}
    assert sorted(instruments) == ["BTC/USDT", "BTC/USDT:USDT"]
    swap = instruments["BTC/USDT:USDT"]
    assert (swap.market_type, swap.linear, swap.contract_size) == (MarketType.SWAP, True, Decimal(1))
    assert instruments["BTC/USDT"].tick_size == Decimal("0.01")


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
def test_a_ticker_of_another_venue_is_read(client: CcxtClient, symbol: str) -> None:
    """Prices and volumes in their slots."""
    ticker = client.get_ticker(symbol)
    assert (ticker.symbol, ticker.last) == (symbol, Decimal("60000.15"))
    assert (ticker.volume_base, ticker.volume_quote) == (Decimal(10), Decimal(600000))


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
def test_a_book_of_another_venue_is_read(client: CcxtClient, symbol: str) -> None:
    """Best levels first."""
    book = client.get_order_book(symbol, 5)
    assert book.bids == ((Decimal("60000.1"), Decimal(2)),)
    assert book.asks == ((Decimal("60000.2"), Decimal(3)),)


def test_the_time_of_another_venue_is_read(client: CcxtClient) -> None:
    """In ms."""
    assert client.get_server_time() == 1700000000123


def test_what_is_not_proven_elsewhere_is_unsupported(client: CcxtClient) -> None:
    """An honest no instead of an unproven answer."""
    with pytest.raises(Unsupported):
        client.get_fills()
    with pytest.raises(Unsupported):
        client.get_account_config()
    with pytest.raises(Unsupported):
        client.get_order_history(next(iter(client.get_instruments())).symbol, since_ms=0)
    with pytest.raises(Unsupported) as refused:
        client.get_bills()
    assert "transaction log" in refused.value.advice


def _order(venue: Venue, symbol: str, **fields: Any) -> ValidatedOrder:
    defaults = {
        "symbol": symbol,
        "side": "long",
        "order_type": "market",
        "size": "0.0123456",
        "client_order_id": "ours1",
    }
    intent = OrderIntent(**(defaults | {"venue": venue} | fields))
    return ValidatedOrder(intent=intent, validated_at=1, notional_usd="700", risk_checks_passed=True)


def test_a_bybit_order_names_category_unit_and_leg(base_url: str) -> None:
    """Spot market orders in base coin; contracts in one-way mode."""
    client = CcxtClient(Wiring(base_url, credentials=KEYS), venue=Venue.BYBIT)
    spot = client.build_order_request(_order(Venue.BYBIT, "BTC/USDT"))
    body = json.loads(spot.body)
    assert (spot.path, body["category"], body["marketUnit"]) == ("/v5/order/create", "spot", "baseCoin")
    assert (body["qty"], body["isLeverage"], body["orderLinkId"]) == ("0.012345", 0, "ours1")
    swap = json.loads(client.build_order_request(_order(Venue.BYBIT, "BTC/USDT:USDT", td_mode="cross")).body)
    assert (swap["category"], swap["qty"], swap["positionIdx"]) == ("linear", "0.012", 0)
    assert client.native_order_request("BTC/USDT", "market", "buy", "1").path == "/v5/order/create"
    client.close()


def test_a_binance_order_names_mode_and_hides_its_signature(base_url: str) -> None:
    """Spot and contracts go to their own paths; the signature is not kept."""
    client = CcxtClient(Wiring(base_url, credentials=KEYS), venue=Venue.BINANCE)
    spot = client.build_order_request(_order(Venue.BINANCE, "BTC/USDT"))
    fields = parse_qs(spot.body.decode() or spot.query)
    assert (spot.path, fields["quantity"], fields["newClientOrderId"]) == ("/api/v3/order", ["0.01234"], ["ours1"])
    assert fields["signature"] == ["[redacted]"]
    swap = client.build_order_request(_order(Venue.BINANCE, "BTC/USDT:USDT", td_mode="cross"))
    assert swap.path == "/fapi/v1/order"
    assert parse_qs(swap.body.decode() or swap.query)["positionSide"] == ["BOTH"]
    client.close()


@pytest.mark.parametrize(
    ("venue", "status", "body", "expected"),
    [
        (Venue.BYBIT, 200, b'{"retCode":10003,"retMsg":"API key is invalid."}', AuthenticationRefused),
        (Venue.BYBIT, 200, b'{"retCode":10006,"retMsg":"Too many visits!"}', RateLimited),
        (Venue.BYBIT, 200, b'{"retCode":10001,"retMsg":"params error"}', VenueRefusal),
        (Venue.BYBIT, 200, b'{"retCode":"0","result":{}}', EnvelopeInvalid),
        (Venue.BYBIT, 200, b'{"retCode":0}', EnvelopeInvalid),
        (Venue.BYBIT, 200, b"<html>", EnvelopeInvalid),
        (Venue.BINANCE, 400, b'{"code":-1121,"msg":"Invalid symbol."}', VenueRefusal),
        (Venue.BINANCE, 401, b'{"code":-2015,"msg":"Invalid API-key"}', AuthenticationRefused),
        (Venue.BINANCE, 429, b'{"code":-1003,"msg":"Too many requests"}', RateLimited),
        (Venue.BINANCE, 418, b"{}", RateLimited),
        (Venue.BINANCE, 200, b"", EnvelopeInvalid),
        (Venue.BINANCE, 502, b"{}", EnvelopeInvalid),
    ],
    ids=range(12),
)
def test_damaged_answers_of_other_venues_are_named(
    venue: Venue, status: int, body: bytes, expected: type[VenueError]
) -> None:
    """Each venue has its own proof."""
    client = CcxtClient(Wiring("http://127.0.0.1:9", answers=lambda _: WireAnswer(status, body)), venue=venue)
    with pytest.raises(VenueError) as caught:
        client.get_server_time()
    assert type(caught.value) is expected


def test_an_order_for_another_venue_is_refused(client: CcxtClient) -> None:
    """An OKX order does not leave for Bybit or Binance."""
    with pytest.raises(UsageError):
        client.place_order(_order(Venue.OKX, "BTC/USDT"))
