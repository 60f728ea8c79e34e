"""What leaves a client: to one host alone, marked as demo, kept and journalled whole, without a secret."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dualwitness.models import Library, RunMode
from dualwitness.venues import open_venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import AnswerTimeout, SafetyError, TransportError, UsageError, VenueError
from dualwitness.venues.journal import JOURNAL_FILES
from dualwitness.venues.sim.envelope import Response
from tests.support.clients import READS, SECRETS, HeardVenue, checked_order, heard_venue, opened

FOREIGN = (
    "https://evil.example",
    "http://www.okx.com",
    "https://www.okx.com:8443",
    "https://www.okx.com.evil.example",
    "https://www.okx.com@evil.example",
    "http://10.0.0.1:8080",
    "http://127.0.0.1.evil.example",
    "ftp://127.0.0.1",
    "127.0.0.1:8080",
    "",
)


@pytest.fixture
def client(library: Library, funded: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client of the fresh venue over each library: what has no wire is not asked here."""
    with opened(library, funded[1]) as trading:
        yield trading


def everything(client: VenueClient) -> None:
    """Every method of the interface, once."""
    for name, (_, ask) in READS.items():
        if name != "get_order":
            ask(client)
    placed = client.place_order(checked_order("BTC/USDT:USDT", "0.01", price="60500", client_order_id="all1"))
    client.get_order("BTC/USDT:USDT", placed.venue_order_id)
    client.cancel_order(str(placed.venue_order_id), "BTC/USDT:USDT")


@contextmanager
def silent_port() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_demo_header_goes_out_with_every_request(client: VenueClient, venue: HeardVenue) -> None:
    """Public or private, read or order: without exception."""
    everything(client)
    assert len(venue.heard) > len(READS)
    assert {headers.get("x-simulated-trading") for _, _, headers in venue.heard} == {"1"}


def test_secret_of_the_keys_never_crosses_the_wire(client: VenueClient, venue: HeardVenue) -> None:
    """Key and passphrase are headers of signed calls; the secret signs and stays."""
    everything(client)
    signed = [headers for _, _, headers in venue.heard if "ok-access-sign" in headers]
    assert signed
    assert not any(SECRETS[1] in value for _, _, headers in venue.heard for value in headers.values())


def test_exchanges_of_a_client_are_handed_over_once_and_whole(
    library: Library, client: VenueClient, venue: HeardVenue
) -> None:
    """Every request the venue heard, each with the bytes it was answered with, and then nothing more."""
    everything(client)
    exchanges = client.drain_exchanges()
    heard = [(verb, path) for verb, path, _ in venue.heard]
    assert [(one.request.method, one.request.path) for one in exchanges] == heard
    for one in exchanges:
        assert one.library is library
        assert one.answer is not None
        assert one.sample_id == hashlib.sha256(one.answer.body).hexdigest()
    assert client.drain_exchanges() == ()


def test_exchanges_of_a_client_hold_no_secret(client: VenueClient) -> None:
    """Neither key, secret, passphrase nor signature: these are what gets written down."""
    everything(client)
    for one in client.drain_exchanges():
        text = repr(one)
        assert not any(secret in text for secret in SECRETS)
        assert dict(one.request.headers).get("ok-access-sign", "") in ("", "[redacted]", "redacted", "…")


def test_journal_has_one_line_for_every_request(
    library: Library, funded: tuple[HeardVenue, str], tmp_path: Path
) -> None:
    """Time, library, method, path, status, code, duration and digest; no secret."""
    venue, base_url = funded
    with opened(library, base_url, journal=tmp_path) as client:
        everything(client)
        exchanges = client.drain_exchanges()
    (file,) = tmp_path.iterdir()
    assert file.name == JOURNAL_FILES[library]
    text = file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(one["method"], one["path"]) for one in lines] == [(verb, path) for verb, path, _ in venue.heard]
    assert [one["sample_id"] for one in lines] == [one.sample_id for one in exchanges]
    for one in lines:
        assert one.keys() >= {"ts_local_ms", "library", "method", "path", "status", "code", "duration_ms", "sample_id"}
        assert (one["library"], one["status"], one["code"]) == (library, 200, "0")
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("base_url", FOREIGN)
def test_base_url_that_is_not_allowed_opens_no_client(library: Library, base_url: str) -> None:
    """Nothing signed leaves for a foreign host, for plain http, for another port, for a look-alike."""
    with pytest.raises(SafetyError), opened(library, base_url):
        pass


def test_redirect_is_not_followed_to_another_host(library: Library, funded: tuple[HeardVenue, str]) -> None:
    """The answer of whom it points to is never asked for."""
    venue, base_url = funded
    with heard_venue("positions") as (other, elsewhere), opened(library, base_url) as client:
        client.get_instruments()
        path = "/api/v5/account/positions"
        answer = Response(302, b"", (("location", f"{elsewhere}{path}"),))
        with venue.broken(path, lambda _: answer), pytest.raises((SafetyError, VenueError)):
            client.get_positions()
        assert other.heard == []


def test_closed_port_is_a_transport_error_of_every_question(library: Library) -> None:
    """Nobody there is not nothing there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with opened(library, f"http://127.0.0.1:{port}") as client:
        for _, ask in READS.values():
            with pytest.raises(TransportError):
                ask(client)
        assert all(one.answer is None and one.error for one in client.drain_exchanges())


def test_venue_that_never_answers_is_a_timeout_in_both_libraries(library: Library) -> None:
    """After the same time, which was passed in."""
    with silent_port() as base_url, opened(library, base_url, timeout_ms=300) as client:
        with pytest.raises(AnswerTimeout):
            client.get_server_time()
        (exchange,) = client.drain_exchanges()
        assert 250 <= exchange.duration_ms < 3000


def test_proxy_of_the_environment_is_not_used(
    library: Library, funded: tuple[HeardVenue, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loopback goes direct whatever the machine's variables say: a proxy would see key and passphrase."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    venue, base_url = funded
    with opened(library, base_url) as client:
        assert client.get_positions() == ()
    assert venue.count("/api/v5/account/positions") == 1


def test_live_mode_without_permission_sends_no_order(library: Library, funded: tuple[HeardVenue, str]) -> None:
    """A live client may read; an order stops before the socket, and a live request has no demo header."""
    venue, base_url = funded
    with opened(library, base_url, mode=RunMode.OKX_LIVE) as client:
        # The demo venue refuses live keys (50101); what matters is what was sent.
        with suppress(VenueError):
            client.get_ticker("BTC/USDT:USDT")
        with pytest.raises(SafetyError):
            client.place_order(checked_order("BTC/USDT:USDT", "0.01"))
        with pytest.raises(SafetyError):
            client.cancel_order("1", "BTC/USDT:USDT")
    assert {method for method, _, _ in venue.heard} == {"GET"}
    assert not any(headers.get("x-simulated-trading") == "1" for _, _, headers in venue.heard)


def test_name_that_does_not_exist_opens_nothing_and_suggests_one() -> None:
    """Venue, library and mode: each with the nearest name that exists."""
    for words, near in (
        ({"venue": "okex"}, "okx"),
        ({"venue": "okx", "library": "cctx"}, "ccxt"),
        ({"venue": "okx", "mode": "okx_demo"}, "okx_demo"),
    ):
        with pytest.raises(UsageError) as error:
            open_venue(**words)
        assert f"did you mean {near}" in error.value.diagnostics().lower()
