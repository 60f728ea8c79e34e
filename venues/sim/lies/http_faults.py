"""Answers that are broken as a whole: wrong status, no JSON, JSON of the wrong shape, outcomes that stay unknown."""

from __future__ import annotations

import json
from collections.abc import Callable

from dualwitness.models import Axis, FindingKind, PositionsQuality, Severity
from dualwitness.venues.sim.envelope import Response, as_json
from dualwitness.venues.sim.lies.kinds import Asked, Cause, Envelope, Lie, Theme, rows_of

__all__ = ["HTTP_FAULTS"]

_BALANCE = ("/api/v5/account/balance",)
_PLACE = ("/api/v5/trade/order",)
_POSITIONS = ("/api/v5/account/positions",)
_TICKER = ("/api/v5/market/ticker",)
# Another host on loopback; nobody listens there, and a client that follows has left the host it was sent to.
_ELSEWHERE = "http://127.0.0.2:9/"

Transport = Callable[[Response, Asked], Response]
Change = Callable[[Envelope], Envelope]


def _headers(kind: str) -> tuple[tuple[str, str], ...]:
    return (("content-type", kind),)


def _page(status: int, words: str) -> Transport:
    """A web page where JSON belongs."""
    page = f"<!DOCTYPE html><html><head><title>{words}</title></head><body>{words}</body></html>".encode()
    return lambda _response, _asked: Response(status, page, _headers("text/html; charset=utf-8"))


def _refused(status: int, code: str, msg: str, *, with_data: bool = True) -> Transport:
    """A refusal in OKX's words, whatever was asked and done."""
    envelope: Envelope = {"code": code, "data": [], "msg": msg} if with_data else {"code": code, "msg": msg}
    return lambda _response, _asked: as_json(envelope, status)


def _body(change: Callable[[bytes], bytes]) -> Transport:
    """The same answer with other bytes."""
    return lambda response, _asked: Response(response.status, change(response.body), response.headers)


def _shaped(change: Change) -> Transport:
    """The same answer with another shape; an answer that is no JSON object stays as it is."""

    def transport(response: Response, _asked: Asked) -> Response:
        try:
            envelope = json.loads(response.body)
        except ValueError:
            return response
        return as_json(change(envelope), response.status) if isinstance(envelope, dict) else response

    return transport


def _blanked(envelope: Envelope) -> Envelope:
    """Every row keeps its names and loses its values."""
    for row in rows_of(envelope):
        row.update({key: "" for key, value in row.items() if isinstance(value, str)})
    data = envelope.get("data")
    if not isinstance(data, list):
        return envelope
    return envelope | {"data": [[""] * len(row) if isinstance(row, list) else row for row in data]}


def _redirected(status: int, *, elsewhere: bool) -> Transport:
    """A redirect to another host, or for ever to the same path."""

    def transport(_response: Response, asked: Asked) -> Response:
        where = _ELSEWHERE + asked.path.lstrip("/") if elsewhere else asked.path
        return Response(status, b"", (*_headers("application/json"), ("location", where)))

    return transport


def _doubled_keys(body: bytes) -> bytes:
    """The key ``data`` a second time, and empty: readers differ in which one they take."""
    return body[:-1] + b',"data":[]}' if body.endswith(b"}") else body


def _not_a_number(body: bytes) -> bytes:
    """Numbers become NaN without quotes, which is no JSON, and which some readers take."""
    return body.replace(b'"0"', b"NaN").replace(b'"pos":"', b'"pos":NaN,"was":"')


def _fault(
    name: str, text: str, transport: Transport, paths: tuple[str, ...] = _POSITIONS, *, breaks: bool = True
) -> Lie:
    """A fault at its usual endpoint; ``breaks`` says whether it makes the answer unreadable."""
    axis, operation, field, severity = _PLACES[paths]
    quality = PositionsQuality.RELIABLE
    if breaks and paths == _POSITIONS:
        quality = PositionsQuality.RECONSTRUCTED_FROM_FILLS
    cause = Cause(FindingKind.UNOBTAINABLE, operation, field, severity, quality)
    if not breaks:
        cause = Cause(None, operation, field)
    return Lie(name, Theme.HTTP_FAULT, axis, operation, field, text, paths, cause, transport=transport)


_PLACES: dict[tuple[str, ...], tuple[Axis, str, str, Severity]] = {
    _BALANCE: (Axis.I, "get_account_balance", "total", Severity.S2),
    _PLACE: (Axis.M, "place_order", "venue_order_id", Severity.S3),
    _POSITIONS: (Axis.I, "get_positions", "has_position", Severity.S3),
    _TICKER: (Axis.E, "get_ticker", "last", Severity.S2),
}
_LATER = "Service temporarily unavailable. Try again later."
_UNKNOWN = "Endpoint request timeout (does not indicate success or failure of order, please check order status)."

HTTP_FAULTS = (
    _fault("blank_rows", "the rows keep their names and lose their values", _shaped(_blanked)),
    _fault("byte_order_mark", "the answer begins with a byte order mark", _body(lambda body: b"\xef\xbb\xbf" + body)),
    _fault("data_is_null", "data is null", _shaped(lambda envelope: envelope | {"data": None})),
    _fault("data_is_object", "data is an empty object", _shaped(lambda envelope: envelope | {"data": {}})),
    _fault("duplicate_json_keys", "data stands there twice, the second time empty", _body(_doubled_keys)),
    _fault("empty_body", "HTTP 200 and no body", lambda response, _: Response(200, b"", response.headers)),
    _fault("gzip_garbage", "content-encoding says gzip, and the bytes are none",
           lambda response, _: Response(response.status, response.body,
                                        (*response.headers, ("content-encoding", "gzip")))),
    _fault("html_instead_of_json", "HTTP 200 with a web page", _page(200, "Just a moment...")),
    _fault("http_500", "HTTP 500 and no JSON", lambda _r, _a: Response(500, b"Internal Server Error",
                                                                   _headers("text/plain"))),
    _fault("http_502", "HTTP 502 with the web page of a gateway", _page(502, "502 Bad Gateway")),
    _fault("http_503", "HTTP 503, code 50001", _refused(503, "50001", _LATER), _TICKER),
    _fault("invalid_utf8", "bytes that are no UTF-8", _body(lambda body: body.replace(b'"msg":"', b'"msg":"\xff\xfe'))),
    _fault("missing_data", "no data at all",
           _shaped(lambda envelope: {key: value for key, value in envelope.items() if key != "data"})),
    _fault("nan_literals", "NaN where a number belongs", _body(_not_a_number)),
    _fault("outcome_unknown_50004", "the order is placed, HTTP 400 and code 50004 say that nobody knows",
           _refused(400, "50004", _UNKNOWN), _PLACE),
    _fault("outcome_unknown_51149", "the order is placed, HTTP 500 and code 51149 say that nobody knows",
           _refused(500, "51149", "Order timed out. Please try again later."), _PLACE),
    _fault("rate_limited", "HTTP 429, code 50011", _refused(429, "50011", "Too Many Requests", with_data=False),
           _BALANCE),
    _fault("rate_limited_200", "HTTP 200, code 50011", _refused(200, "50011", "Too Many Requests"), _BALANCE),
    _fault("redirect_elsewhere", "HTTP 302 to another host", _redirected(302, elsewhere=True)),
    _fault("redirect_in_circle", "HTTP 301 to the same path", _redirected(301, elsewhere=False)),
    _fault("system_error", "HTTP 500, code 50026", _refused(500, "50026", "System error. Try again later."), _BALANCE),
    _fault("truncated_json", "the answer breaks off in the middle", _body(lambda body: body[: len(body) // 2])),
    _fault("wrong_content_type", "the answer is true and called text/html",
           lambda response, _: Response(response.status, response.body, _headers("text/html")), breaks=False),
)  # fmt: skip
