"""
Where bytes move: what a bad network makes of one request and its answer.

The honest path costs one comparison: `deliver` with `NO_EFFECTS` answers at once. Times are real milliseconds; the
sleep is passed in, so that a test need not wait.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.lies.effects import NO_EFFECTS, Effects

__all__ = ["deliver"]

Sleep = Callable[[float], Awaitable[object]]
# A throttled answer moves this often: small enough to be a trickle, large enough not to be all overhead.
_TICKS_PER_SECOND = 20


async def deliver(
    request: web.BaseRequest, answer: Callable[[], Response], effects: Effects, *, sleep: Sleep = asyncio.sleep
) -> web.StreamResponse:
    """
    Answer ``request``, as ``effects`` will have it.

    ``answer`` lets the venue process the request; it is called at most once, and not at all where the request is lost.
    The body must have been read before. Whoever is hung up on gets no byte more.
    """
    if effects is NO_EFFECTS:
        return _whole(answer())
    if effects.lost:
        return _hang_up(request, reset=effects.reset)
    if effects.hung_up:
        _hang_up(request, reset=effects.reset)
    if effects.arrival_delay_ms:
        await sleep(effects.arrival_delay_ms / 1000)
    response = answer()
    if effects.latency_ms:
        await sleep(effects.latency_ms / 1000)
    if effects.hung_up or effects.reply_lost:
        if effects.silence_ms:
            await sleep(effects.silence_ms / 1000)
        return _hang_up(request, reset=effects.reset)
    if not _is_throttled(effects):
        return _whole(response)
    return await _trickled(request, response, effects, sleep)


def _whole(response: Response) -> web.Response:
    return web.Response(status=response.status, body=response.body, headers=dict(response.headers))


def _is_throttled(effects: Effects) -> bool:
    limited = effects.limit_bytes is not None
    return bool(limited or effects.bytes_per_second or effects.slice_bytes or effects.close_delay_ms)


def _hang_up(request: web.BaseRequest, *, reset: bool) -> web.Response:
    """Close the connection under the request; what is returned for aiohttp's sake reaches nobody."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if reset and connection is not None:
            # Lingering for no time at all is what makes the kernel send a reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
    return web.Response()


async def _trickled(request: web.BaseRequest, response: Response, effects: Effects, sleep: Sleep) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=dict(response.headers))
    if effects.close_delay_ms:
        # Without a length the end of the body is what the client has to wait for.
        stream.force_close()
    else:
        stream.content_length = len(response.body)
    await stream.prepare(request)
    async for piece in _pieces(response.body[: effects.limit_bytes], effects, sleep):
        await stream.write(piece)
    if effects.limit_bytes is not None and effects.limit_bytes < len(response.body):
        _hang_up(request, reset=effects.reset)
        return stream
    if effects.close_delay_ms:
        await sleep(effects.close_delay_ms / 1000)
    await stream.write_eof()
    return stream


async def _pieces(body: bytes, effects: Effects, sleep: Sleep) -> AsyncIterator[bytes]:
    """The body in pieces no larger than slice and rate allow, each after the time it takes."""
    step = effects.slice_bytes or len(body) or 1
    pause_s = effects.slice_delay_ms / 1000
    if effects.bytes_per_second:
        step = max(1, min(step, effects.bytes_per_second // _TICKS_PER_SECOND))
    for place in range(0, len(body), step):
        piece = body[place : place + step]
        travel_s = len(piece) / effects.bytes_per_second if effects.bytes_per_second else 0.0
        if travel_s or (pause_s and place):
            await sleep(travel_s + (pause_s if place else 0.0))
        yield piece
