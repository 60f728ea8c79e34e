"""The venue on loopback: aiohttp in front of `EmbeddedVenue`, which does all the thinking."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aiohttp import hdrs, web

from dualwitness.venues.sim.delivery import deliver
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.http_server import HttpServer, gateway_response
from dualwitness.venues.sim.tls import server_context
from dualwitness.venues.sim.truth_file import TruthFile
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sim.ws.hub import ENDPOINTS, Hub
from dualwitness.venues.sim.ws.socket import IDLE_S, serve_socket

__all__ = ["SecurePort", "ServedVenue", "bind_loopback", "serve", "serve_in_thread"]

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0
# How often venue time takes effect where somebody listens.
_TICK_S = 0.1


class SecurePort(NamedTuple):
    """A second port on which the venue speaks TLS."""

    bound: socket.socket
    context: ssl.SSLContext


def bind_loopback(port: int) -> socket.socket:
    """A socket bound to 127.0.0.1; port 0 takes any free one. Raises OSError where the port is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        # Listening at once makes a second venue on the same port fail here and not later.
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _http_server(venue: EmbeddedVenue, hub: Hub, delay_ms: int, idle_s: float) -> HttpServer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path
        if target.startswith("/ws/") and request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            endpoint = ENDPOINTS.get(target.partition("?")[0])
            if endpoint is not None:
                return await serve_socket(request, hub, endpoint, idle_s=idle_s)
        arrived = asyncio.get_running_loop().time()
        try:
            body = await request.read() if request.body_exists else b""
        except web.HTTPRequestEntityTooLarge:
            return gateway_response(413)
        method, headers = request.method, request.headers

        def processed() -> Response:
            response = venue.answer(method, target, headers, body)
            hub.after_request()
            return response

        delivered = await deliver(request, processed, venue.effects(target, headers, body))
        if delay_ms:
            # A distance, not a load: the venue's own work falls into the time that the answer travels.
            await asyncio.sleep(arrived + delay_ms / 1000 - asyncio.get_running_loop().time())
        return delivered

    return HttpServer(answer)


async def serve(
    venue: EmbeddedVenue,
    bound: socket.socket,
    stop: asyncio.Event,
    *,
    delay_ms: int = 0,
    ready: Callable[[], None] = lambda: None,
    secure: SecurePort | None = None,
    truth_file: TruthFile | None = None,
    idle_s: float = IDLE_S,
) -> None:
    """
    Serve until ``stop`` is set; ``ready`` is called once requests are answered.

    Connections stay open between requests; aiohttp sets TCP_NODELAY itself. ``delay_ms`` is the round trip over REST:
    how long every answer takes from the arrival of its request. A WebSocket that is silent for ``idle_s`` is closed.
    """
    hub = Hub(venue, asyncio.get_running_loop().time)
    runner = web.ServerRunner(_http_server(venue, hub, delay_ms, idle_s), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    ticker = asyncio.ensure_future(_tick(hub, truth_file))
    # A ticker that has failed ends the venue: nothing would be pushed any more.
    ticker.add_done_callback(lambda _: stop.set())
    try:
        await web.SockSite(runner, bound).start()
        if secure is not None:
            await web.SockSite(runner, secure.bound, ssl_context=secure.context).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()
        ticker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticker
        if truth_file is not None:
            truth_file.refresh()


async def _tick(hub: Hub, truth_file: TruthFile | None) -> None:
    while True:
        if truth_file is not None:
            truth_file.refresh()
        await asyncio.sleep(_TICK_S)
        for _ in hub.tick():
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class ServedVenue:
    """A venue that answers at ``base_url``, and at ``secure_url`` over TLS; blank where it does not."""

    base_url: str
    venue: EmbeddedVenue
    secure_url: str = ""


@contextlib.contextmanager
def serve_in_thread(
    venue: EmbeddedVenue, *, port: int = 0, delay_ms: int = 0, cert_file: Path | None = None, idle_s: float = IDLE_S
) -> Iterator[ServedVenue]:
    """Serve ``venue`` from a thread of this process for as long as the block lasts; TLS too with a ``cert_file``."""
    bound = bind_loopback(port)
    secure = None if cert_file is None else SecurePort(bind_loopback(0), server_context(cert_file))
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(
                serve(venue, bound, stop, delay_ms=delay_ms, ready=started.set, secure=secure, idle_s=idle_s)
            )
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            failures.append(error)
            started.set()

    thread = threading.Thread(target=run, name="embedded-venue", daemon=True)
    thread.start()
    try:
        if not started.wait(_START_TIMEOUT_S):
            message = f"the embedded venue did not answer within {_START_TIMEOUT_S:.0f} s"
            raise TimeoutError(message)
        if failures:
            raise failures[0]
        yield ServedVenue(_url("http", bound), venue, "" if secure is None else _url("https", secure.bound))
    finally:
        # A loop that has already failed cannot be asked to stop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)
        thread.join(_STOP_TIMEOUT_S)
        bound.close()
        if secure is not None:
            secure.bound.close()
        if not loop.is_running():
            loop.close()


def _url(scheme: str, bound: socket.socket) -> str:
    return f"{scheme}://127.0.0.1:{bound.getsockname()[1]}"
