"""The venue on loopback: aiohttp in front of `EmbeddedVenue`, which does all the thinking."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiohttp import web

from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["ServedVenue", "bind_loopback", "serve", "serve_in_thread"]

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0


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


def _application(venue: EmbeddedVenue, delay_ms: int) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        arrived = asyncio.get_running_loop().time()
        body = await request.read()
        response = venue.respond(request.method, request.raw_path, dict(request.headers), body)
        if delay_ms:
            # A distance, not a load: the venue's own work falls into the time that the answer travels.
            await asyncio.sleep(arrived + delay_ms / 1000 - asyncio.get_running_loop().time())
        return web.Response(status=response.status, body=response.body, headers=dict(response.headers))

    application = web.Application(client_max_size=1 << 20)
    application.router.add_route("*", "/{path:.*}", answer)
    return application


async def serve(
    venue: EmbeddedVenue,
    bound: socket.socket,
    stop: asyncio.Event,
    *,
    delay_ms: int = 0,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """
    Serve until ``stop`` is set; ``ready`` is called once requests are answered.

    Connections stay open between requests; aiohttp sets TCP_NODELAY itself. ``delay_ms`` is the round trip: how long
    every answer takes from the arrival of its request.
    """
    runner = web.AppRunner(_application(venue, delay_ms), access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, bound).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class ServedVenue:
    """A venue that answers at ``base_url``."""

    base_url: str
    venue: EmbeddedVenue


@contextlib.contextmanager
def serve_in_thread(venue: EmbeddedVenue, *, port: int = 0, delay_ms: int = 0) -> Iterator[ServedVenue]:
    """Serve ``venue`` from a thread of this process for as long as the block lasts."""
    bound = bind_loopback(port)
    base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve(venue, bound, stop, delay_ms=delay_ms, ready=started.set))
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
        yield ServedVenue(base_url, venue)
    finally:
        # A loop that has already failed cannot be asked to stop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)
        thread.join(_STOP_TIMEOUT_S)
        bound.close()
        if not loop.is_running():
            loop.close()
