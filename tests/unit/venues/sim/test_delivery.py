"""Where bytes move: each effect as a raw client on the socket meets it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from dualwitness.venues.sim.delivery import deliver
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.lies import NO_EFFECTS, Effects

BODY = b'{"code":"0","data":["' + b"x" * 2_000 + b'"],"msg":""}'
REQUEST = b"GET /here HTTP/1.1\r\nHost: venue\r\n\r\n"
HEAD_END = b"\r\n\r\n"


@dataclass
class Bench:
    """A server whose effects a test chooses; when each request was processed stands in ``processed``."""

    port: int = 0
    effects: Effects = NO_EFFECTS
    processed: list[float] = field(default_factory=list)

    def answer(self) -> Response:
        self.processed.append(time.monotonic())
        return Response(200, BODY)


@dataclass
class Seen:
    """What a raw client met: its bytes, how long it took, whether the connection was reset."""

    raw: bytes
    seconds: float
    reset: bool

    @property
    def body(self) -> bytes:
        return self.raw.partition(HEAD_END)[2]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """The server on loopback, in a thread."""
    made = Bench()
    with serving(made):
        yield made


@contextlib.contextmanager
def serving(made: Bench) -> Iterator[None]:
    """Serve ``made`` for as long as the block lasts; a complaint of the event loop fails the test."""
    loop = asyncio.new_event_loop()
    complaints: list[object] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    started, stop = threading.Event(), asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        return await deliver(request, made.answer, made.effects)

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.port = runner.addresses[0][1]
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(5)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()
    assert complaints == []


def asked(bench: Bench, *, on_piece: Callable[[bytes], None] = lambda _: None) -> Seen:
    """One request; everything that comes back until it is whole, or the connection ends."""
    started, raw, reset = time.monotonic(), b"", False
    with socket.create_connection(("127.0.0.1", bench.port), timeout=5) as connection:
        connection.sendall(REQUEST)
        try:
            while not is_whole(raw) and (piece := connection.recv(65_536)):
                on_piece(piece)
                raw += piece
        except ConnectionResetError:
            reset = True
    return Seen(raw, time.monotonic() - started, reset)


def is_whole(raw: bytes) -> bool:
    """Whether an answer with a length has all of its body, or one in chunks its last."""
    head, found, body = raw.partition(HEAD_END)
    if not found:
        return False
    if b"chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= len(BODY)


def test_answer_without_effects_is_delivered_whole(bench: Bench) -> None:
    """The honest path."""
    assert asked(bench).body == BODY
    assert len(bench.processed) == 1


def test_connection_of_an_honest_and_of_a_slow_answer_stays_open(bench: Bench) -> None:
    """Keep-alive outlives whatever only delays."""
    slow = Effects(latency_ms=5, slice_bytes=100, bytes_per_second=200_000)
    with socket.create_connection(("127.0.0.1", bench.port), timeout=5) as connection:
        for effects in (NO_EFFECTS, slow, NO_EFFECTS):
            bench.effects = effects
            connection.sendall(REQUEST)
            raw = b""
            while not is_whole(raw):
                raw += connection.recv(65_536)
            assert raw.partition(HEAD_END)[2] == BODY


def test_latency_is_waited_for_before_the_first_byte(bench: Bench) -> None:
    """The venue has processed the request long before."""
    bench.effects = Effects(latency_ms=150)
    started = time.monotonic()
    seen = asked(bench)
    assert seen.body == BODY
    assert 0.15 <= seen.seconds < 1.5
    assert bench.processed[0] - started < 0.1


def test_bandwidth_makes_the_answer_take_its_time(bench: Bench) -> None:
    """Two thousand bytes at ten thousand a second are a fifth of a second."""
    bench.effects = Effects(bytes_per_second=10_000)
    seen = asked(bench)
    assert seen.body == BODY
    assert 0.15 <= seen.seconds < 2


def test_slicer_sends_the_body_in_pieces(bench: Bench) -> None:
    """With a pause between them a client sees several."""
    pieces: list[bytes] = []
    bench.effects = Effects(slice_bytes=500, slice_delay_ms=20)
    seen = asked(bench, on_piece=pieces.append)
    assert seen.body == BODY
    assert len(pieces) >= 4
    assert seen.seconds >= 0.08


def test_slow_close_holds_back_the_end_of_a_body_that_is_there(bench: Bench) -> None:
    """All of it comes at once, its end later."""
    arrivals: list[float] = []
    bench.effects = Effects(close_delay_ms=200)
    started = time.monotonic()
    seen = asked(bench, on_piece=lambda piece: arrivals.append(time.monotonic() - started) if BODY in piece else None)
    assert BODY in seen.body
    assert seen.seconds >= 0.2
    assert all(moment < 0.19 for moment in arrivals)


def test_limited_data_ends_in_the_middle_of_the_body(bench: Bench) -> None:
    """The length promises more."""
    bench.effects = Effects(limit_bytes=64)
    seen = asked(bench)
    assert seen.body == BODY[:64]
    assert f"content-length: {len(BODY)}".encode() in seen.raw.lower()
    bench.effects = Effects(limit_bytes=len(BODY))
    assert asked(bench).body == BODY


def test_lost_request_is_never_processed(bench: Bench) -> None:
    """The connection ends without a byte."""
    bench.effects = Effects(lost=True)
    assert asked(bench).raw == b""
    assert bench.processed == []


def test_lost_reply_is_processed_and_nothing_comes_back(bench: Bench) -> None:
    """The client cannot tell it from a lost request; the venue can."""
    bench.effects = Effects(reply_lost=True)
    assert asked(bench).raw == b""
    assert len(bench.processed) == 1


def test_timeout_is_silence_and_then_the_end(bench: Bench) -> None:
    """Nothing for so long, then the connection closes."""
    bench.effects = Effects(reply_lost=True, silence_ms=150)
    seen = asked(bench)
    assert (seen.raw, seen.reset) == (b"", False)
    assert seen.seconds >= 0.15


def test_reset_is_a_reset_and_no_orderly_end(bench: Bench) -> None:
    """The client's read fails instead of ending."""
    bench.effects = Effects(reply_lost=True, reset=True)
    seen = asked(bench)
    assert seen.reset
    assert seen.raw == b""


def test_delayed_arrival_is_processed_later_on_an_open_connection(bench: Bench) -> None:
    """The answer comes after it."""
    bench.effects = Effects(arrival_delay_ms=150)
    started = time.monotonic()
    assert asked(bench).body == BODY
    assert bench.processed[0] - started >= 0.15


def test_delayed_arrival_after_a_hang_up_is_processed_all_the_same(bench: Bench) -> None:
    """The client is gone, the order appears later."""
    bench.effects = Effects(arrival_delay_ms=200, hung_up=True)
    seen = asked(bench)
    assert seen.raw == b""
    assert seen.seconds < 0.19
    assert bench.processed == []
    deadline = time.monotonic() + 5
    while not bench.processed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(bench.processed) == 1


def test_server_still_answers_after_every_effect(bench: Bench) -> None:
    """No effect leaves anything behind."""
    for effects in (
        *(Effects(lost=True), Effects(reply_lost=True), Effects(reply_lost=True, reset=True)),
        *(Effects(limit_bytes=0), Effects(close_delay_ms=1), Effects(hung_up=True)),
    ):
        bench.effects = effects
        asked(bench)
        bench.effects = NO_EFFECTS
        assert asked(bench).body == BODY
