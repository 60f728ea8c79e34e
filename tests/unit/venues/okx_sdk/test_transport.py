"""The wire: host, proxy, time-out, redirects, one pool, and no secret anywhere. These tests use loopback sockets."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loguru import logger

from dualwitness.models import RunMode
from dualwitness.models.wire import WireAnswer
from dualwitness.venues.errors import AnswerTimeout, DualwitnessError, SafetyError, TransportError, UsageError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.okx_sdk.client import OkxSdkClient
from dualwitness.venues.okx_sdk.transport import WiredTransport
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import Credentials, Wiring

Opener = Callable[..., OkxSdkClient]

TIME = b'{"code":"0","data":[{"ts":"5"}],"msg":""}'


def ok(body: bytes, *headers: str) -> bytes:
    """An HTTP answer that keeps the connection open."""
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Loopback:
    """A tiny HTTP server: each request gets ``answer``; it counts connections and keeps the bytes that came."""

    answer: Callable[[socket.socket], None]
    connections: int = 0
    received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while data := connection.recv(65536):
                self.received += data
                if data.rstrip().endswith(b"}") or b"\r\n\r\n" in data:
                    self.answer(connection)
        except OSError:
            return

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._listener.close()
        for connection in self._open:
            connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Start loopback servers; all are closed at the end."""
    started: list[Loopback] = []

    def start(answer: Callable[[socket.socket], None] | None = None) -> Loopback:
        started.append(Loopback(answer or (lambda connection: connection.sendall(ok(TIME)))))
        return started[-1]

    yield start
    for server in started:
        server.close()


def test_all_api_classes_share_one_connection(serve: Callable[..., Loopback], open_client: Opener) -> None:
    """python-okx alone opens a pool an API class; over our transport the connection is one."""
    server = serve(lambda connection: connection.sendall(ok(b'{"code":"0","data":[],"msg":""}')))
    client = open_client(base_url=server.url, answers=None)
    client.get_positions()
    client.get_open_orders()
    client.get_candles("BTC/USDT")
    assert client.get_instruments() == ()
    assert server.connections == 1
    assert len(client.drain_exchanges()) == 9


def test_proxy_variables_change_nothing(
    serve: Callable[..., Loopback], open_client: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a proxy in the environment the answer still comes from the venue and the proxy sees no byte."""
    proxy, server = serve(), serve()
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    client = open_client(base_url=server.url, answers=None)
    assert client.get_server_time() == 5
    assert (proxy.connections, bytes(proxy.received)) == (0, b"")
    assert b"GET /api/v5/public/time" in server.received


def test_redirect_is_not_followed(serve: Callable[..., Loopback], open_client: Opener) -> None:
    """A 302 to another origin sends nothing there."""
    elsewhere = serve()
    text = f"HTTP/1.1 302 Found\r\nlocation: {elsewhere.url}/x\r\ncontent-length: 0\r\n\r\n".encode()
    server = serve(lambda connection: connection.sendall(text))
    client = open_client(base_url=server.url, answers=None)
    with pytest.raises(DualwitnessError, match="HTTP 302"):
        client.get_server_time()
    assert elsewhere.connections == 0


def test_silent_venue_times_out(serve: Callable[..., Loopback], open_client: Opener) -> None:
    """No answer within the time-out is `AnswerTimeout`, recorded without an answer."""
    client = open_client(base_url=serve(lambda _: None).url, answers=None, timeout_ms=150)
    with pytest.raises(AnswerTimeout, match="150 ms"):
        client.get_server_time()
    (exchange,) = client.drain_exchanges()
    assert exchange.answer is None
    assert exchange.error is not None
    assert exchange.error.startswith("AnswerTimeout")


def test_dripping_venue_times_out_as_a_whole(serve: Callable[..., Loopback], open_client: Opener) -> None:
    """A venue that sends a byte now and then cannot hold the call beyond its time-out."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b" ")
            time.sleep(0.05)

    client = open_client(base_url=serve(drip).url, answers=None, timeout_ms=300)
    started = time.monotonic()
    with pytest.raises(AnswerTimeout):
        client.get_server_time()
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", b"\x00\x01nonsense\r\n\r\n"])
def test_broken_connection_is_a_transport_error(
    serve: Callable[..., Loopback], open_client: Opener, cut: bytes
) -> None:
    """A connection that ends early, or that does not speak HTTP, brings no complete answer."""

    def break_off(connection: socket.socket) -> None:
        connection.sendall(cut)
        connection.shutdown(socket.SHUT_RDWR)

    client = open_client(base_url=serve(break_off).url, answers=None)
    with pytest.raises(TransportError, match="no complete answer"):
        client.get_server_time()


def test_refused_connection_is_a_transport_error(open_client: Opener) -> None:
    """Nobody listening is told as such."""
    with pytest.raises(TransportError, match="ConnectError"):
        open_client(answers=None).get_server_time()


def test_compressed_answer_is_read_and_kept_decoded(serve: Callable[..., Loopback], open_client: Opener) -> None:
    """The sample is the decoded body."""
    packed = gzip.compress(TIME)
    server = serve(lambda connection: connection.sendall(ok(packed, "content-encoding: gzip")))
    client = open_client(base_url=server.url, answers=None)
    assert client.get_server_time() == 5
    (exchange,) = client.drain_exchanges()
    assert exchange.answer is not None
    assert exchange.answer.body == TIME


@pytest.mark.parametrize("url", ["http://127.0.0.1:10/", "https://127.0.0.1:9/", "http://localhost:9/", "http://evil/"])
def test_request_for_another_origin_is_refused_before_the_socket(url: str) -> None:
    """Scheme, host and port must be the base URL's."""

    def never(_: object) -> WireAnswer:
        raise AssertionError

    transport = WiredTransport(Wiring("http://127.0.0.1:9", answers=never), Redactor(()))
    with pytest.raises(SafetyError, match="was about to leave"):
        transport.handle_request(httpx.Request("GET", url))
    assert transport.drain() == ()


@pytest.mark.parametrize(
    "url", ["http://www.okx.com", "https://okx.example", "ftp://127.0.0.1", "https://www.okx.com:8"]
)
def test_forbidden_base_url_opens_no_client(url: str) -> None:
    """Neither a foreign host nor plain HTTP to a real one."""
    with pytest.raises(SafetyError):
        OkxSdkClient(Wiring(url, mode=RunMode.OKX_DEMO_API))


@pytest.mark.parametrize("key", ["", "-1", "secr\u00e9t", "secret\n", " secret"])
def test_key_that_cannot_be_sent_is_refused_without_being_shown(
    open_client: Opener, keys: Callable[..., Credentials], key: str
) -> None:
    """A key that httpx would refuse with its value in the text never gets there."""
    with pytest.raises(UsageError, match="API key cannot be sent") as caught:
        open_client(credentials=keys(key))
    assert len(key) < 5 or repr(key)[1:-1] not in caught.value.diagnostics()


_SECRET = st.text("abcdefghijkXYZ0123456789\"'%+\\/&=", min_size=8, max_size=24).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(key=_SECRET, secret=_SECRET, word=_SECRET, status=st.sampled_from([200, 401, 503]))
def test_secrets_of_a_refused_call_appear_nowhere(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Callable[..., Credentials],
    key: str,
    *,
    secret: str,
    word: str,
    status: int,
) -> None:
    """No secret in a repr, an exception, an exchange, the journal or a log at DEBUG, even if the venue echoes it."""
    folder: Path = tmp_path_factory.mktemp("journal")
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    root, sink = logging.getLogger(), logger.add(logged.append, level=0, diagnose=False)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    echo = json.dumps({"code": "50111", "data": [], "msg": f"key {key} word {word} secret {secret}"}).encode()
    wiring = Wiring(
        "http://127.0.0.1:9",
        credentials=keys(key, secret, word),
        journal=CallJournal(folder, Redactor((key, secret, word))),
        answers=lambda _: WireAnswer(status, echo),
    )
    client = OkxSdkClient(wiring)
    try:
        with pytest.raises(DualwitnessError) as caught:
            client.get_account_balance()
        requests = [exchange.request for exchange in client.drain_exchanges()]
        journal = (folder / "okx_api.jsonl").read_text()
    finally:
        client.close()
        root.removeHandler(handler)
        root.setLevel(level)
        logger.remove(sink)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.diagnostics()
    everything = "\n".join((repr(client), repr(wiring), shown, repr(requests), journal, *logged))
    assert '"code":"50111"' in journal
    for value in (key, secret, word):
        assert value not in everything
    assert Redactor((key, secret, word)).redact(everything) == everything, "in another encoding"
