"""One WebSocket on aiohttp: reads for the hub, writes what the hub has queued, ends what is silent."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from dualwitness.venues.sim.ws.hub import Hub
from dualwitness.venues.sim.ws.session import Closing, Session

__all__ = ["IDLE_S", "serve_socket"]

# Without a byte in either direction for this long a connection ends (okx-v5-facts section 13).
IDLE_S = 30.0
# A longer message ends the connection with close code 1009.
_MOST_BYTES = 64 * 1024
_IDLE = Closing(4004, "No data received in 30s.")


async def serve_socket(request: web.BaseRequest, hub: Hub, endpoint: str, *, idle_s: float) -> web.WebSocketResponse:
    """Serve one connection to its end."""
    socket = web.WebSocketResponse(max_msg_size=_MOST_BYTES)
    await socket.prepare(request)
    wake = asyncio.Event()
    headers = request.headers
    session = hub.open(endpoint, headers.get("User-Agent", ""), headers.get("x-simulated-trading"), wake.set)
    writer = asyncio.ensure_future(_write(socket, session, wake, idle_s))
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                hub.receive(session, message.data)
                wake.set()
    finally:
        hub.close(session)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await writer
    return socket


async def _write(socket: web.WebSocketResponse, session: Session, wake: asyncio.Event, idle_s: float) -> None:
    """Send what is queued; a wait without any event, from either side, ends the connection."""
    while session.closing is None:
        try:
            await asyncio.wait_for(wake.wait(), idle_s)
        except TimeoutError:
            session.closing = _IDLE
            break
        wake.clear()
        while session.unsent:
            await socket.send_frame(session.unsent.popleft(), WSMsgType.TEXT)
    await socket.close(code=session.closing.code, message=session.closing.reason.encode())
