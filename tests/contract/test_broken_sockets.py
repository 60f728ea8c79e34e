"""What a hostile server does below HTTP: each client ends in time, with an error of ours, and follows nobody."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from dualwitness.models import Library
from dualwitness.venues.errors import AnswerTimeout, EnvelopeInvalid, TransportError, VenueError
from tests.support.clients import opened

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TRUE = b'{"code":"0","msg":"","data":[{"ts":"1795000000123"}]}'
TIMEOUT_MS = 500


def whole(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(TRUE) + TRUE)


def dripping(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(TRUE))
    for place in range(len(TRUE)):
        connection.sendall(TRUE[place : place + 1])
        time.sleep(0.05)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def said(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


FAULTS: Mapping[str, tuple[Callable[[socket.socket], None], type[VenueError]]] = {
    "slow drip": (dripping, AnswerTimeout),
    "silence": (lambda _: time.sleep(0.8), AnswerTimeout),
    "reset": (reset, TransportError),
    "closed": (lambda _: None, TransportError),
    "no http": (said(b"\0\1\2 hello\r\n\r\n"), TransportError),
    "cut short": (said(HEAD + b"Content-Length: 900\r\n\r\n" + TRUE), TransportError),
    "garbage for chunks": (said(HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + TRUE), TransportError),
    "no gzip": (said(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 53\r\n\r\n" + TRUE), VenueError),
    "redirect": (
        said(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:1/\r\nContent-Length: 0\r\n\r\n"),
        VenueError,
    ),
    "web page": (
        said(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<hr>"),
        EnvelopeInvalid,
    ),
}


@pytest.fixture
def server() -> Iterator[tuple[str, list[Callable[[socket.socket], None]], list[int]]]:
    """An address, what to do with each connection, and a list that grows with each request."""
    listening = socket.create_server(("127.0.0.1", 0))
    behaviour: list[Callable[[socket.socket], None]] = [whole]
    asked = [0]

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    asked[0] += 1
                    behaviour[0](connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", behaviour, asked
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(3)


@pytest.mark.parametrize("library", list(Library), ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_server_that_breaks_an_answer_ends_in_an_error_of_ours_in_time_and_is_asked_once(
    server: tuple[str, list[Callable[[socket.socket], None]], list[int]], library: Library, fault: str
) -> None:
    """No retry, no redirect followed, no call that lasts."""
    base_url, behaviour, asked = server
    behaviour[0], kind = FAULTS[fault]
    with opened(library, base_url, timeout_ms=TIMEOUT_MS) as client:
        started = time.monotonic()
        with pytest.raises(kind):
            client.get_server_time()
        assert time.monotonic() - started < 1.5
        assert asked == [1]


@pytest.mark.parametrize("library", list(Library), ids=str)
def test_server_that_answers_is_read(
    server: tuple[str, list[Callable[[socket.socket], None]], list[int]], library: Library
) -> None:
    """Negative control: the server of these tests can also tell the truth."""
    with opened(library, server[0], timeout_ms=TIMEOUT_MS) as client:
        assert client.get_server_time() == 1_795_000_000_123
