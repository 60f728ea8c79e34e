"""An answer that is not a proven answer is an error of every method, with the reason every field then gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dualwitness.models import Library, NullReason
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import EnvelopeInvalid, OutcomeUnknown, RateLimited, RowInvalid, VenueError, VenueRefusal
from dualwitness.venues.sim.envelope import Response
from tests.support.clients import READS, HeardVenue, checked_order, heard_venue, opened

PLACE, CANCEL = "/api/v5/trade/order", "/api/v5/trade/cancel-order"
HTML = (("content-type", "text/html; charset=utf-8"),)
Fault = Callable[[Response], Response]


def envelope(status: int = 200, **fields: Any) -> Fault:
    """An answer of exactly these fields."""
    return lambda _: Response(status, json.dumps(fields).encode())


def body(text: bytes, status: int = 200) -> Fault:
    """An answer of exactly these bytes."""
    return lambda _: Response(status, text)


def edited(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Fault:
    """The true answer with another envelope around its rows."""
    return lambda true: replace(true, body=json.dumps(change(json.loads(true.body))).encode())


# Answers that arrived and prove nothing: every field is then null with reason `invalid_envelope`.
SHAPELESS: Mapping[str, Fault] = {
    "web page": lambda _: Response(200, b"<!DOCTYPE html><html><body>Checking your browser</body></html>", HTML),
    "web page called json": body(b"<html></html>"),
    "empty body": body(b""),
    "blank body": body(b"   \n"),
    "truncated": lambda true: replace(true, body=true.body[: len(true.body) // 2]),
    "last brace missing": lambda true: replace(true, body=true.body[:-1]),
    "something behind it": lambda true: replace(true, body=true.body + b"{}"),
    "null": body(b"null"),
    "a list": body(b"[]"),
    "a string": body(b'"0"'),
    "no data": envelope(code="0", msg=""),
    "data null": envelope(code="0", data=None, msg=""),
    "data an object": envelope(code="0", data={}, msg=""),
    "data a string": envelope(code="0", data="", msg=""),
    "no code": edited(lambda true: {"data": true["data"], "msg": ""}),
    "code a number": edited(lambda true: {**true, "code": 0}),
    "code blank": edited(lambda true: {**true, "code": ""}),
    "code null": edited(lambda true: {**true, "code": None}),
    "code twice": lambda true: replace(true, body=b'{"code":"0","data":[],' + true.body[1:]),
    "not utf-8": body(b'{"code":"0","data":[],"msg":"\xff\xfe"}'),
}
# The venue said no: reason `error`, and its own code where it gave one.
REFUSALS: Mapping[str, tuple[Fault, str | None]] = {
    "503 in the venue's words": (envelope(503, code="50001", data=[], msg="Service temporarily unavailable"), "50001"),
    "429 in the venue's words": (envelope(429, code="50011", msg="Too Many Requests"), "50011"),
    "200 and a code": (envelope(code="50026", data=[], msg="System error"), "50026"),
    "200 and rate limited": (envelope(code="50011", data=[], msg="Requests too frequent"), "50011"),
    "401 bad signature": (envelope(401, code="50113", msg="Invalid Sign"), "50113"),
}
# Answers to an order that leave open whether it was taken (reliability B3): a gateway's, and OKX's own "unknown".
NOT_KNOWN: Mapping[str, Fault] = {
    "500 page": body(b"", 500),
    "504 page": body(b"<html></html>", 504),
    "503 in the venue's words": envelope(503, code="50001", data=[], msg="Service temporarily unavailable"),
    "endpoint timeout": envelope(400, code="50004", data=[], msg="Endpoint request timeout"),
    "row without certainty": envelope(
        code="1", data=[{"sCode": "51149", "sMsg": "Order timed out", "ordId": ""}], msg=""
    ),
}
# The HTTP status alone makes the answer worthless, also where the body looks sound.
STATUSES = (301, 302, 400, 403, 404, 418, 500, 502, 503, 504)


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[HeardVenue, str]]:
    """A venue with positions, orders and fills, whose answers the tests break one at a time."""
    with heard_venue("positions") as running:
        yield running


@pytest.fixture(scope="module", params=list(Library), ids=str)
def asker(request: pytest.FixtureRequest, whole: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client that has read the instruments while the venue was whole."""
    with opened(request.param, whole[1]) as client:
        client.get_instruments()
        client.get_account_config()
        yield client


def failure(venue: HeardVenue, client: VenueClient, operation: str, fault: Fault) -> BaseException | object:
    """What a method does where its own endpoint is broken: the error it raises, or what it wrongly gives."""
    path, ask = READS[operation]
    before = venue.count(path)
    with venue.broken(path, fault):
        try:
            answer = ask(client)
        except VenueError as error:
            return error
        finally:
            assert venue.count(path) > before, f"{operation} did not ask {path}"
    return answer


@pytest.mark.parametrize("name", SHAPELESS)
@pytest.mark.parametrize("operation", READS)
def test_answer_without_a_sound_envelope_is_never_an_answer(
    whole: tuple[HeardVenue, str], asker: VenueClient, operation: str, name: str
) -> None:
    """Whatever the library made of it, unknown is never flat, never zero, never an empty list."""
    error = failure(whole[0], asker, operation, SHAPELESS[name])
    assert isinstance(error, VenueError), error
    assert error.reason is NullReason.INVALID_ENVELOPE
    assert isinstance(error, EnvelopeInvalid | RowInvalid)
    (*_, last) = asker.drain_exchanges()
    assert last.request.path == READS[operation][0]
    assert last.answer is not None


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("operation", READS)
def test_refusal_of_the_venue_is_raised_with_its_code(
    whole: tuple[HeardVenue, str], asker: VenueClient, operation: str, name: str
) -> None:
    """In its own words, and as the kind of error that tells a caller what to do."""
    fault, code = REFUSALS[name]
    error = failure(whole[0], asker, operation, fault)
    assert isinstance(error, VenueRefusal), error
    assert (error.code, error.reason) == (code, NullReason.ERROR)
    assert isinstance(error, RateLimited) is (code == "50011")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", READS)
def test_answer_under_another_status_than_200_is_an_error(
    whole: tuple[HeardVenue, str], asker: VenueClient, operation: str, status: int
) -> None:
    """A sound body under an HTTP error, and an error page, prove nothing."""
    for fault in (lambda true: replace(true, status=status), body(b"<html>Bad Gateway</html>", status)):
        error = failure(whole[0], asker, operation, fault)
        assert isinstance(error, VenueError), error
        assert error.http_status in (status, None)


@pytest.mark.parametrize(
    "operation", ["get_positions", "get_open_orders", "get_fills", "get_order_history", "get_bills"]
)
@pytest.mark.parametrize(
    "rows", [[None], ["row"], [[]], [{}], [{"instId": "BTC-USDT-SWAP"}]], ids=["null", "string", "list", "{}", "bare"]
)
def test_row_that_cannot_be_read_is_never_left_out(
    whole: tuple[HeardVenue, str], asker: VenueClient, operation: str, rows: list[Any]
) -> None:
    """A row too few is a position too few."""
    error = failure(whole[0], asker, operation, envelope(code="0", data=rows, msg=""))
    if isinstance(error, tuple):
        # A row without values may be read as a row of nulls; it may not disappear.
        assert len(error) >= len(rows)
        assert all(one.reasons for one in error)
    else:
        assert isinstance(error, RowInvalid), error


@pytest.mark.parametrize("library", list(Library), ids=str)
@pytest.mark.parametrize("name", [*SHAPELESS, *NOT_KNOWN])
def test_order_without_a_clear_answer_has_an_unknown_outcome_and_goes_out_once(library: Library, name: str) -> None:
    """It may have been taken, as it was here: neither refused nor sent again."""
    fault = SHAPELESS.get(name) or NOT_KNOWN[name]
    with heard_venue("funded") as (venue, base_url), opened(library, base_url) as client:
        client.get_account_config()
        with venue.broken(PLACE, fault), pytest.raises(OutcomeUnknown):
            client.place_order(checked_order("BTC/USDT:USDT", "0.01", client_order_id="once1"))
        assert venue.count(PLACE) == 1
        assert len(venue.account.orders) == 1
        with venue.broken(CANCEL, fault), pytest.raises(OutcomeUnknown):
            client.cancel_order("1", "BTC/USDT:USDT")
        assert venue.count(CANCEL) == 1
