"""WebSocket on a real connection, plain and over TLS."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.venue import frozen_venue, served
from tests.support.ws import login_message

SUBSCRIBE = json.dumps({"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-USDT"}]})


def opened(base_url: str, endpoint: str = "public", query: str = "", **options: Any) -> ClientConnection:
    """A connection to one endpoint, past every proxy."""
    return connect(f"ws{base_url.removeprefix('http')}/ws/v5/{endpoint}{query}", proxy=None, **options)


@pytest.mark.parametrize("query", ["", "?brokerId=9999"])
def test_connection_subscribes_and_is_pushed_to(query: str) -> None:
    """On the port of REST; a query behind the path is allowed."""
    with served() as running, opened(running.base_url, query=query) as client:
        client.send("ping")
        assert client.recv(5) == "pong"
        client.send(SUBSCRIBE)
        assert json.loads(client.recv(5))["event"] == "subscribe"
        assert json.loads(client.recv(5))["data"][0]["instId"] == "BTC-USDT"


def test_connection_over_tls_trusts_the_written_certificate(tmp_path: Path) -> None:
    """TLS with the authority's PEM alone, and a refusal without it."""
    cert_file = tmp_path / "certificate.pem"
    with serve_in_thread(frozen_venue(), cert_file=cert_file) as running:
        context = ssl.create_default_context(cafile=str(cert_file))
        with opened(running.secure_url, ssl=context) as client:
            client.send("ping")
            assert client.recv(5) == "pong"
        with pytest.raises(ssl.SSLCertVerificationError):
            opened(running.secure_url, ssl=ssl.create_default_context())


def test_order_over_rest_reaches_a_private_listener() -> None:
    """Pushed right after the answer, while venue time stands still."""
    with served() as running, opened(running.base_url, "private") as client:
        client.send(json.dumps(login_message(at_s=int(time.time()))))
        assert json.loads(client.recv(5))["event"] == "login"
        client.send(json.dumps({"op": "subscribe", "args": [{"channel": "orders", "instType": "ANY"}]}))
        assert [json.loads(client.recv(5))["event"] for _ in range(2)] == ["subscribe", "channel-conn-count"]
        _buy_over_rest(running.base_url)
        assert json.loads(client.recv(5))["data"][0]["instId"] == "BTC-USDT"


def _buy_over_rest(base_url: str) -> None:
    import http.client

    from tests.support.venue import auth_headers

    body = b'{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"market","sz":"0.01"}'
    target = "/api/v5/trade/order"
    headers = auth_headers("POST", target, body, at_ms=time.time_ns() // 1_000_000)
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=10)
    connection.request("POST", target, body, headers | {"Content-Type": "application/json"})
    assert json.loads(connection.getresponse().read())["code"] == "0"
    connection.close()


def test_running_clock_pushes_tickers_again_and_again() -> None:
    """A venue on the wall clock pushes once a second without being asked."""
    with serve_in_thread(EmbeddedVenue()) as running, opened(running.base_url) as client:
        client.send(SUBSCRIBE)
        stamps = [json.loads(client.recv(5)) for _ in range(3)][1:]
        assert stamps[0]["data"][0]["ts"] < stamps[1]["data"][0]["ts"]


def test_silent_connection_is_closed_with_4004() -> None:
    """After 30 s on OKX, sooner here: nothing came in, nothing went out."""
    with serve_in_thread(frozen_venue(), idle_s=0.2) as running, opened(running.base_url) as client:
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(5)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4004, "No data received in 30s.")


def test_pinging_connection_stays_open() -> None:
    """A ping within the time keeps it."""
    with serve_in_thread(frozen_venue(), idle_s=0.4) as running, opened(running.base_url) as client:
        for _ in range(6):
            time.sleep(0.1)
            client.send("ping")
            assert client.recv(5) == "pong"


def test_message_over_64_kilobytes_ends_the_connection_with_1009() -> None:
    """OKX's limit for the arguments of one message."""
    with served() as running, opened(running.base_url) as client:
        client.send("x" * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009


@pytest.mark.parametrize("path", ["/ws/v5/nope", "/ws/v4/public", "/api/v5/public/time"])
def test_handshake_elsewhere_is_refused(path: str) -> None:
    """There are three endpoints."""
    with served() as running, pytest.raises(Exception, match=r"HTTP (404|200)"):
        connect(f"ws{running.base_url.removeprefix('http')}{path}", proxy=None)
