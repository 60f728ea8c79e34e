"""HTTP below the venue: aiohttp without its router; broken requests are refused as OKX's gateway does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from dualwitness.venues.sim.envelope import as_json, gateway_refusal

__all__ = ["HttpServer", "gateway_response"]


def gateway_response(status: int) -> web.Response:
    """What OKX's gateway answers where no service was asked, in the envelope recorded with 404."""
    refused = as_json(gateway_refusal(status, HTTPStatus(status).phrase), status)
    return web.Response(status=status, body=refused.body, headers=dict(refused.headers))


class _Handler(RequestHandler):
    """One connection."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A request that is no HTTP, or a defect of the venue, which is logged."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception("the venue failed to answer %s", request.rel_url, exc_info=exc)
        response = gateway_response(status)
        response.force_close()
        return response


class HttpServer(web.Server):
    """aiohttp's low-level server: every request goes to one coroutine."""

    def __init__(self, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        # What was signed is what came: a body that says it is compressed is read as it is.
        super().__init__(answer, access_log=None, auto_decompress=False)

    def __call__(self) -> RequestHandler:
        """The protocol of one more connection."""
        return _Handler(self, loop=self._loop, **self._kwargs)
