"""An answer is proven at the wire, or it is an error of ours; nothing foreign escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.models.wire import WireAnswer
from dualwitness.venues.errors import (
    AuthenticationRefused,
    EnvelopeInvalid,
    RateLimited,
    TransportError,
    VenueError,
    VenueRefusal,
)
from dualwitness.venues.okx_sdk.client import OkxSdkClient
from dualwitness.venues.okx_sdk.envelope import prove, read_body
from dualwitness.venues.wiring import Wiring

Opener = Callable[..., OkxSdkClient]

READS = [
    lambda client: client.get_server_time(),
    lambda client: client.get_instruments(),
    lambda client: client.get_ticker("BTC/USDT:USDT"),
    lambda client: client.get_candles("BTC/USDT:USDT"),
    lambda client: client.get_order_book("BTC/USDT:USDT"),
    lambda client: client.get_account_config(),
    lambda client: client.get_account_balance(),
    lambda client: client.get_positions(),
    lambda client: client.get_fee_rates("BTC/USDT:USDT"),
    lambda client: client.get_open_orders(),
    lambda client: client.get_order("BTC/USDT", "1"),
    lambda client: client.get_fills(),
]
DAMAGED = {
    "html": (200, b"<html>maintenance</html>", EnvelopeInvalid),
    "empty": (200, b"", EnvelopeInvalid),
    "truncated": (200, b'{"code":"0","data":[{"ts"', EnvelopeInvalid),
    "missing data": (200, b'{"code":"0","msg":""}', EnvelopeInvalid),
    "data null": (200, b'{"code":"0","data":null}', EnvelopeInvalid),
    "data object": (200, b'{"code":"0","data":{}}', EnvelopeInvalid),
    "integer code": (200, b'{"code":0,"data":[]}', EnvelopeInvalid),
    "missing code": (200, b'{"data":[]}', EnvelopeInvalid),
    "a list": (200, b"[]", EnvelopeInvalid),
    "duplicate keys": (200, b'{"code":"0","data":[{"pos":"1","pos":"2"}]}', EnvelopeInvalid),
    "NaN": (200, b'{"code":"0","data":[NaN]}', EnvelopeInvalid),
    "no utf-8": (200, b'{"code":"0","data":["\xff"]}', EnvelopeInvalid),
    "deep": (200, b"[" * 100_000, EnvelopeInvalid),
    "503 html": (503, b"<html>", EnvelopeInvalid),
    "503 sound": (503, b'{"code":"0","data":[]}', EnvelopeInvalid),
    "302": (302, b"", EnvelopeInvalid),
    "404": (404, b'{"code":404,"data":{},"msg":"Not Found"}', EnvelopeInvalid),
    "429 html": (429, b"<html>", RateLimited),
    "429": (429, b'{"code":"50011","msg":"Too Many Requests"}', RateLimited),
    "50061": (200, b'{"code":"50061","data":[],"msg":"sub-account"}', RateLimited),
    "401": (401, b'{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}', AuthenticationRefused),
    "50101": (401, b'{"msg":"does not match current environment.","code":"50101"}', AuthenticationRefused),
    "51000": (400, b'{"code":"51000","data":[],"msg":"Parameter instId error"}', VenueRefusal),
    "50115": (405, b'{"code":"50115","data":[],"msg":"Invalid request method"}', VenueRefusal),
}


@pytest.mark.parametrize("read", range(len(READS)))
@pytest.mark.parametrize("name", DAMAGED)
def test_every_read_of_a_damaged_answer_is_an_error_of_the_right_kind(
    open_client: Opener, name: str, read: int
) -> None:
    """No read takes a damaged answer for "none", and each error says what kind of damage it was."""
    status, body, kind = DAMAGED[name]
    client = open_client(answers=lambda _: WireAnswer(status, body))
    with pytest.raises(VenueError) as caught:
        READS[read](client)
    assert type(caught.value) is kind
    assert caught.value.http_status == status
    assert "got" not in str(caught.value)


def test_refusal_carries_the_venues_code_and_words(open_client: Opener) -> None:
    """The venue's own code and text reach the caller."""
    body = b'{"code":"51001","data":[],"msg":"Instrument ID does not exist. "}'
    client = open_client(answers=lambda _: WireAnswer(200, body))
    with pytest.raises(VenueRefusal, match=r"51001: Instrument ID does not exist\.$") as caught:
        client.get_ticker("FOO/BAR")
    assert (caught.value.code, caught.value.http_status) == ("51001", 200)


def test_unquoted_number_is_refused_because_the_library_rounded_it(venue: Any, client: OkxSdkClient, rows: Any) -> None:
    """A JSON number became a float inside python-okx: it is not money any more."""
    row = rows["position"] | {"pos": "X"}
    body = json.dumps({"code": "0", "data": [row], "msg": ""}).replace('"X"', "0.1234567890123456789")
    venue.say("account/positions", body.encode())
    with pytest.raises(VenueError, match="pos in a row of positions was"):
        client.get_positions()


def test_failing_source_of_answers_is_a_transport_error(open_client: Opener) -> None:
    """A request that never became an answer is a transport error, whatever its cause."""

    def nothing(_: object) -> WireAnswer:
        raise LookupError

    with pytest.raises(TransportError, match="before any answer"):
        open_client(answers=nothing).get_server_time()


def test_sound_empty_envelope_is_proven() -> None:
    """Only HTTP 200, code "0" and a list prove an answer."""
    prove(read_body(b'{"code":"0","data":[],"msg":""}'), 200, str)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_position_is_never_silently_nothing(data: st.DataObject) -> None:
    """Whatever happens to the bytes of a position: it is read, or it is an error of ours, never an empty answer."""
    row = {"instType": "SWAP", "instId": "BTC-USDT-SWAP", "posSide": "long", "pos": "3", "mgnMode": "cross"}
    body = bytearray(json.dumps({"code": "0", "data": [row], "msg": ""}).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            body[position] = data.draw(st.integers(0, 255))
        else:
            del body[position:]
            break
        if not body:
            break

    def answers(request: object) -> WireAnswer:
        is_positions = getattr(request, "path", "").endswith("positions")
        return WireAnswer(200, bytes(body) if is_positions else b'{"code":"0","data":[],"msg":""}')

    client = OkxSdkClient(Wiring("http://127.0.0.1:9", answers=answers))
    try:
        assert len(client.get_positions()) == 1
    except VenueError:
        return
    finally:
        client.close()
