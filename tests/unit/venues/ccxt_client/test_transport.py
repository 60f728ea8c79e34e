"""The wire: one origin, one attempt, no redirect, no proxy, and a record of everything."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dualwitness.models import Library, RunMode, Venue
from dualwitness.models.timing import WireTiming
from dualwitness.models.wire import WireAnswer, sample_id_of
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.ccxt_client.transport import WireTap, open_exchange, open_session
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import AnswerTimeout, EnvelopeInvalid, SafetyError, TransportError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.wiring import Wiring


class _Quiet(BaseHTTPRequestHandler):
    status = 200
    body = b""
    headers_out: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        type(self).seen.append(dict(self.headers))
        self.send_response(self.status)
        for name, value in (self.headers_out | {"Content-Length": str(len(self.body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    """A loopback server with one answer; gives its address and the headers it saw."""
    seen: list[Any] = []
    handler = type("Handler", (_Quiet,), {"status": status, "body": body, "headers_out": headers, "seen": seen})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


TIME = b'{"code":"0","data":[{"ts":"1700000000000"}],"msg":""}'


def test_the_client_speaks_the_common_interface(client: CcxtClient) -> None:
    """It is a `VenueClient`, labelled with the library that really answers."""
    assert isinstance(client, VenueClient)
    assert (client.label, client.venue) == ("ccxt", Venue.OKX)


def test_a_socket_call_is_recorded_with_its_sample_and_time(tmp_path: Path) -> None:
    """One exchange with digest, wall clock, monotonic duration and where it went, and one journal line."""
    # Opened, called, building, handed over, last byte, looked through.
    ticks = iter([0.0, 0.5, 1.0, 1.125, 1.25, 1.375])
    with served(200, TIME) as (url, seen):
        wiring = Wiring(url, journal=CallJournal(tmp_path), now_ms=lambda: 42, monotonic=lambda: next(ticks))
        client = CcxtClient(wiring)
        assert client.get_server_time() == 1700000000000
        client.close()
    (exchange,) = client.drain_exchanges()
    assert (exchange.library, exchange.started_ms, exchange.duration_ms) == (Library.CCXT, 42, 250.0)
    assert exchange.timing == WireTiming(1125.0, build_ms=125.0, sign_ms=0.0, wait_ms=0.0, answered_ms=125.0)
    assert exchange.sample_id == sample_id_of(TIME)
    line = json.loads((tmp_path / "ccxt_api.jsonl").read_text())
    assert (line["path"], line["status"], line["code"]) == ("/api/v5/public/time", 200, "0")
    assert seen[0]["x-simulated-trading"] == "1"
    assert client.drain_exchanges() == ()


def test_a_redirect_is_an_error_and_never_followed() -> None:
    """Key and signature must not travel on (difference redirect-followed-by-ccxt-not-by-sdk)."""
    with served(200, TIME) as (elsewhere, seen_elsewhere), served(302, b"", Location=elsewhere) as (url, seen):
        client = CcxtClient(Wiring(url))
        with pytest.raises(EnvelopeInvalid, match="HTTP 302"):
            client.get_server_time()
        client.close()
    assert (len(seen), len(seen_elsewhere)) == (1, 0)


def test_a_proxy_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead proxy is not even asked."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served(200, TIME) as (url, seen):
        client = CcxtClient(Wiring(url))
        assert client.get_server_time() == 1700000000000
        client.close()
    assert len(seen) == 1


def test_a_dead_venue_is_asked_once() -> None:
    """A refused connection is a `TransportError` after one attempt."""
    client = CcxtClient(Wiring("http://127.0.0.1:1"))
    with pytest.raises(TransportError):
        client.get_server_time()
    assert [exchange.error for exchange in client.drain_exchanges()] == ["ConnectionError"]


def test_a_slow_venue_is_a_timeout() -> None:
    """The wiring's timeout is CCXT's."""
    release = threading.Event()
    handler = type("Slow", (_Quiet,), {"do_GET": lambda _self: release.wait(5)})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        client = CcxtClient(Wiring(f"http://127.0.0.1:{server.server_port}", timeout_ms=50))
        try:
            with pytest.raises(AnswerTimeout):
                client.get_server_time()
        finally:
            release.set()
            thread.join()
            client.close()


@pytest.mark.parametrize("mode", list(RunMode))
def test_every_url_of_the_exchange_is_the_base_url(open_client: Callable[..., CcxtClient], mode: RunMode) -> None:
    """Switching demo on does not bring the real host back, and the demo header follows the mode."""
    client = open_client(mode=mode)
    exchange = client._exchange
    assert set(exchange.urls["api"].values()) | set(exchange.urls["test"].values()) == {"http://127.0.0.1:9"}
    assert ("x-simulated-trading" in exchange.headers) is (mode is not RunMode.OKX_LIVE)


def test_a_request_for_another_host_is_stopped_at_the_last_step(client: CcxtClient, venue: Any) -> None:
    """Even if CCXT's own URL changes later, nothing leaves, and CCXT does not swallow the refusal."""
    client._exchange.urls["api"]["rest"] = "https://www.okx.com"
    with pytest.raises(SafetyError, match=r"about to leave for https://www\.okx\.com"):
        client.get_server_time()
    assert venue.requests == []


def test_an_unknown_host_cannot_be_opened() -> None:
    """A base URL outside the allow-list is refused before an exchange exists."""
    with pytest.raises(SafetyError):
        CcxtClient(Wiring("https://www.okx.com.example.org"))


def test_demo_loads_instruments_without_a_signed_call(client: CcxtClient, venue: Any) -> None:
    """The list is asked for once, in five public calls, and once more only on request."""
    client.get_instruments()
    venue.answer("/api/v5/market/ticker", b'{"code":"0","data":[{"instId":"BTC-USDT","last":"1"}],"msg":""}')
    client.get_ticker("BTC/USDT")
    assert len(venue.asked("/api/v5/public/instruments")) == 5
    assert not any(request.signed for request in venue.requests)
    client.get_instruments()
    assert len(venue.asked("/api/v5/public/instruments")) == 10


def test_the_record_of_a_request_keeps_harmless_header_values_alone(client: CcxtClient, venue: Any) -> None:
    """Names of all headers, values of none that could be secret."""
    venue.answer("/api/v5/account/positions", b'{"code":"0","data":[],"msg":""}')
    client.get_positions()
    headers = dict(venue.requests[-1].headers)
    assert venue.requests[-1].signed
    assert headers["ok-access-key"] == headers["ok-access-sign"] == headers["ok-access-passphrase"] == ""
    assert headers["x-simulated-trading"] == "1"
    assert headers["user-agent"].startswith("python-requests/")


def test_an_answer_that_cannot_be_journalled_is_no_answer(tmp_path: Path) -> None:
    """Where the journal cannot be written the call fails instead of going unrecorded."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    client = CcxtClient(
        Wiring("http://127.0.0.1:9", answers=lambda _: WireAnswer(200, TIME), journal=CallJournal(blocked))
    )
    with pytest.raises(TransportError):
        client.get_server_time()


@pytest.mark.parametrize(
    ("base_url", "recorded", "throttled"),
    [
        ("https://www.okx.com", False, True),
        ("https://www.okx.com", True, False),
        ("http://127.0.0.1:8080", False, False),
        ("http://[::1]:8080", False, False),
    ],
)
def test_ccxt_spares_a_real_venue_and_never_waits_on_loopback(base_url: str, recorded: bool, throttled: bool) -> None:
    """Its own throttle is on where somebody else's limits count, and off where it would only falsify figures."""
    answers = (lambda _: WireAnswer(200, b"{}")) if recorded else None
    wiring = Wiring(base_url=base_url, mode=RunMode.OKX_DEMO_API, answers=answers, journal=CallJournal())
    exchange = open_exchange(wiring, Venue.OKX, open_session(WireTap(wiring)))
    assert exchange.enableRateLimit is throttled
