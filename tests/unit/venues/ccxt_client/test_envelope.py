"""No damaged answer may read as an empty account, whatever CCXT makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from dualwitness.models import NullReason
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import (
    AnswerTimeout,
    AuthenticationRefused,
    EnvelopeInvalid,
    RateLimited,
    RowInvalid,
    TransportError,
    VenueError,
    VenueRefusal,
)

POSITION = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "posId": "7",
    "pos": "3",
    "posSide": "net",
    "avgPx": "60000",
    "markPx": "60100",
    "mgnMode": "cross",
    "lever": "3",
    "cTime": "1",
    "uTime": "2",
}
READS: dict[str, tuple[str, Callable[[CcxtClient], Any]]] = {
    "positions": ("/api/v5/account/positions", lambda client: client.get_positions()),
    "balance": ("/api/v5/account/balance", lambda client: client.get_account_balance()),
    "ticker": ("/api/v5/market/ticker", lambda client: client.get_ticker("BTC/USDT")),
    "book": ("/api/v5/market/books", lambda client: client.get_order_book("BTC/USDT")),
    "candles": ("/api/v5/market/candles", lambda client: client.get_candles("BTC/USDT")),
    "open orders": ("/api/v5/trade/orders-pending", lambda client: client.get_open_orders()),
    "order": ("/api/v5/trade/order", lambda client: client.get_order("BTC/USDT", order_id="1")),
    "fills": ("/api/v5/trade/fills-history", lambda client: client.get_fills("BTC/USDT:USDT")),
    "fee rates": ("/api/v5/account/trade-fee", lambda client: client.get_fee_rates("BTC/USDT")),
    "account": ("/api/v5/account/config", lambda client: client.get_account_config()),
    "time": ("/api/v5/public/time", lambda client: client.get_server_time()),
}
BROKEN: dict[str, tuple[int, bytes, type[VenueError]]] = {
    "html": (200, b"<html>maintenance</html>", EnvelopeInvalid),
    "empty": (200, b"", EnvelopeInvalid),
    "truncated": (200, b'{"code":"0","data":[{"pos":"1', EnvelopeInvalid),
    "a list": (200, b"[]", EnvelopeInvalid),
    "data missing": (200, b'{"code":"0","msg":""}', EnvelopeInvalid),
    "data null": (200, b'{"code":"0","data":null,"msg":""}', EnvelopeInvalid),
    "data object": (200, b'{"code":"0","data":{},"msg":""}', EnvelopeInvalid),
    "integer code": (200, b'{"code":0,"data":[],"msg":""}', EnvelopeInvalid),
    "code missing": (200, b'{"data":[],"msg":""}', EnvelopeInvalid),
    "code blank": (200, b'{"code":"","data":[],"msg":""}', EnvelopeInvalid),
    "duplicate keys": (200, b'{"code":"0","data":[{"a":"1","a":"2"}],"msg":""}', EnvelopeInvalid),
    "NaN": (200, b'{"code":"0","data":[{"pos":NaN}],"msg":""}', EnvelopeInvalid),
    "no UTF-8": (200, b'{"code":"0","data":["\xff"],"msg":""}', EnvelopeInvalid),
    "deep": (200, b"[" * 100_000, EnvelopeInvalid),
    "503 html": (503, b"<html>busy</html>", EnvelopeInvalid),
    "success at 500": (500, b'{"code":"0","data":[],"msg":""}', EnvelopeInvalid),
    "redirect": (302, b"", EnvelopeInvalid),
    "unknown path": (404, b'{"code":404,"data":{},"msg":"Not Found"}', EnvelopeInvalid),
    "429 html": (429, b"slow down", RateLimited),
    "429 json": (429, b'{"code":"50011","msg":"Too Many Requests"}', RateLimited),
    "sub-account limit": (200, b'{"code":"50061","data":[],"msg":"limit"}', RateLimited),
    "bad key": (401, b'{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}', AuthenticationRefused),
    "wrong environment": (
        401,
        b'{"msg":"APIKey does not match current environment.","code":"50101"}',
        AuthenticationRefused,
    ),
    "refusal": (200, b'{"code":"51000","data":[],"msg":"Parameter instId error"}', VenueRefusal),
}


@pytest.mark.parametrize("damage", BROKEN)
@pytest.mark.parametrize("read", READS)
def test_a_damaged_answer_on_any_read_raises_its_own_error(
    client: CcxtClient, venue: Any, read: str, damage: str
) -> None:
    """Every kind of damage ends in the error that names it, on every read."""
    path, call = READS[read]
    status, body, expected = BROKEN[damage]
    venue.answer(path, body, status=status)
    with pytest.raises(VenueError) as caught:
        call(client)
    assert type(caught.value) is expected


@pytest.mark.parametrize("damage", [name for name, (_, _, kind) in BROKEN.items() if kind is EnvelopeInvalid])
def test_damaged_instruments_leave_no_list_behind(client: CcxtClient, venue: Any, damage: str) -> None:
    """After an unproven instrument list the next call asks again instead of trusting what CCXT kept."""
    good = venue.script["/api/v5/public/instruments"]
    status, body, expected = BROKEN[damage]
    venue.answer("/api/v5/public/instruments", body, status=status)
    with pytest.raises(expected):
        client.get_instruments()
    venue.script["/api/v5/public/instruments"] = good
    assert len(client.get_instruments()) == 7


def test_an_invalid_envelope_explains_its_nulls(client: CcxtClient, venue: Any) -> None:
    """The error carries the reason for the nulls that follow, and the HTTP status."""
    venue.answer("/api/v5/account/positions", b"<html>", status=503)
    with pytest.raises(EnvelopeInvalid) as caught:
        client.get_positions()
    assert (caught.value.reason, caught.value.http_status) == (NullReason.INVALID_ENVELOPE, 503)


def test_a_refusal_carries_the_venue_s_code_and_words(client: CcxtClient, venue: Any) -> None:
    """Code and text of the venue are kept for the reader."""
    venue.answer("/api/v5/trade/order", b'{"code":"51603","data":[],"msg":"Order does not exist"}')
    with pytest.raises(VenueRefusal, match="51603 Order does not exist") as caught:
        client.get_order("BTC/USDT", order_id="1")
    assert caught.value.code == "51603"


def test_a_true_empty_list_is_an_answer(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Only a sound envelope with an empty list says that there is nothing."""
    venue.answer("/api/v5/account/positions", envelope())
    assert client.get_positions() == ()


@pytest.mark.parametrize("read", ["balance", "ticker", "book", "order", "fee rates", "account"])
def test_no_row_where_one_was_asked_for_is_an_error(client: CcxtClient, venue: Any, envelope: Any, read: str) -> None:
    """CCXT would make a record of nulls, or an empty wallet, out of an empty list."""
    path, call = READS[read]
    venue.answer(path, envelope())
    with pytest.raises(RowInvalid):
        call(client)


@pytest.mark.parametrize(
    "change",
    [
        {"pos": "NaN"},
        {"pos": "Infinity"},
        {"pos": "1e400"},
        {"pos": "３"},
        {"pos": "3 "},
        {"pos": "abc"},
        {"avgPx": "1_000"},
        {"posSide": "sideways"},
        {"posSide": None},
        {"posSide": ""},
        {"instId": ""},
        {"mgnMode": "shared"},
    ],
)
def test_a_position_row_nobody_can_read_is_an_error(client: CcxtClient, venue: Any, envelope: Any, change: Any) -> None:
    """NaN, foreign digits, absurd exponents and unknown words never become a position."""
    venue.answer("/api/v5/account/positions", envelope(POSITION | change))
    with pytest.raises(RowInvalid):
        client.get_positions()


@pytest.mark.parametrize("row", ["text", 7, None, ["a"]])
def test_a_row_that_is_no_object_is_an_error(client: CcxtClient, venue: Any, envelope: Any, row: Any) -> None:
    """Rows of a wrong shape end in `RowInvalid`, not in a foreign exception."""
    for read in ("positions", "balance", "ticker", "open orders", "order", "fills", "fee rates"):
        path, call = READS[read]
        venue.answer(path, envelope(row))
        with pytest.raises(RowInvalid):
            call(client)


def test_positions_of_another_instrument_are_not_a_flat_account(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT filters the wrong instrument out without a word; the row at the wire betrays it."""
    venue.answer("/api/v5/account/positions", envelope(POSITION | {"instId": "ETH-USDT-SWAP"}))
    with pytest.raises(RowInvalid, match="sent 1 rows, ccxt gave 0"):
        client.get_positions("BTC/USDT:USDT")


def test_a_ticker_of_another_instrument_keeps_its_own_symbol(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """What the venue answered for is reported, not what was asked."""
    row = {"instType": "SPOT", "instId": "ETH-USDT", "last": "3000", "ts": "5"}
    venue.answer("/api/v5/market/ticker", envelope(row))
    assert client.get_ticker("BTC/USDT").symbol == "ETH/USDT"


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (requests.ReadTimeout("slow"), AnswerTimeout),
        (requests.ConnectTimeout("slow"), AnswerTimeout),
        (requests.ConnectionError("gone"), TransportError),
        (requests.exceptions.ChunkedEncodingError("cut"), TransportError),
        (ConnectionResetError("reset"), TransportError),
    ],
)
def test_a_broken_connection_is_named_as_such(
    open_client: Callable[..., CcxtClient], venue: Any, failure: Exception, expected: type[VenueError]
) -> None:
    """Time-outs and lost connections are told apart, and recorded without an answer."""

    def answers(request: WireRequest) -> WireAnswer:
        if "instruments" in request.path:
            return venue(request)
        raise failure

    client = open_client(answers=answers)
    with pytest.raises(expected) as caught:
        client.get_positions()
    assert type(caught.value) is expected
    last = client.drain_exchanges()[-1]
    assert (last.answer, last.error) == (None, type(failure).__name__)
