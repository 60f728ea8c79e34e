"""Raw samples: written, read back, played back, and lent to the other parser."""

from __future__ import annotations

import json

import pytest

from dualwitness.alignment.samples import (
    RecordedAnswers,
    SameBytes,
    SampleStore,
    caught,
    document,
    exchanges_of,
)
from dualwitness.models import Library
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest, sample_id_of
from dualwitness.venues import VenueError
from dualwitness.venues.redact import Redactor
from tests.support.observations import NOW_MS, exchange

CCXT = Library.CCXT
NO_SECRETS = Redactor(())


def request(query: str = "", path: str = "/api/v5/market/ticker", method: str = "GET") -> WireRequest:
    """A request as a library would send it."""
    return WireRequest(method, "https", "www.okx.com", path, query, b"")


def lost(query: str = "") -> WireExchange:
    """An exchange without an answer."""
    return WireExchange.of(CCXT, request(query), None, started_ms=NOW_MS, duration_ms=1.0, error="ConnectionError")


def test_store_keeps_exchanges_by_library_and_in_order() -> None:
    """What one library exchanged never stands under the other's name."""
    store = SampleStore()
    store.add("get_ticker", "BTC/USDT", [exchange(b"1"), exchange(b"2", library=Library.OKX_SDK), exchange(b"3")])
    assert [(name, symbol, one.answer and one.answer.body) for name, symbol, one in store.of(CCXT)] == [
        ("get_ticker", "BTC/USDT", b"1"),
        ("get_ticker", "BTC/USDT", b"3"),
    ]
    assert (store.count(CCXT), store.count(Library.OKX_SDK)) == (2, 1)


@pytest.mark.parametrize("body", [b'{"data":[]}', "…é".encode(), b"\xff\xfe\x00 no utf-8", b""])
def test_document_read_back_gives_every_request_and_answer(body: bytes) -> None:
    """Through JSON and back: operation, symbol, method, path, query, sent body, status and received bytes."""
    sent = exchange(body, method="POST", path="/api/v5/trade/order", query="a=1", sent=b'{"x":1}', status=404)
    written = json.dumps(document(CCXT, [("place_order", "BTC/USDT", sent), ("get_ticker", None, lost())], NO_SECRETS))
    (first, second) = exchanges_of(json.loads(written))
    operation, symbol, asked, answer = first
    assert (operation, symbol) == ("place_order", "BTC/USDT")
    assert (asked.method, asked.path, asked.query, asked.body) == ("POST", "/api/v5/trade/order", "a=1", b'{"x":1}')
    assert answer is not None
    assert (answer.status, answer.body) == (404, body)
    assert second[3] is None


def test_document_holds_each_body_once_under_its_address() -> None:
    """The same bytes twice are one sample; every call points at its own."""
    written = document(CCXT, [("a", None, exchange(b"x")), ("b", None, exchange(b"x"))], NO_SECRETS)
    assert [call["sample_id"] for call in written["calls"]] == [sample_id_of(b"x")] * 2
    assert list(written["samples"]) == [sample_id_of(b"x")]
    assert written["library"] == "ccxt"


def test_document_holds_no_secret_and_says_where_one_was_taken_out() -> None:
    """Path, query, sent and received body are cleaned; the address is still that of the bytes as received."""
    secret = "s3cr3t-passphrase"
    dirty = exchange(
        f'{{"echo":"{secret}"}}'.encode(), path=f"/{secret}", query=f"k={secret}", sent=secret.encode(), method="POST"
    )
    written = document(CCXT, [("get_ticker", None, dirty), ("get_ticker", None, exchange(b"{}"))], Redactor([secret]))
    assert secret not in json.dumps(written)
    assert dirty.answer is not None
    assert written["samples"][sample_id_of(dirty.answer.body)]["redacted"] is True
    assert written["samples"][sample_id_of(b"{}")]["redacted"] is False


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"calls": [{}]},
        {"calls": [{"operation": "a", "symbol": None, "status": 200, "sample_id": "x"}]},
    ],
)
def test_document_that_is_none_cannot_be_read(broken: dict[str, object]) -> None:
    """A file of another kind is refused by name, not half read."""
    with pytest.raises(KeyError):
        exchanges_of(broken)


def test_document_whose_call_points_at_no_sample_cannot_be_read() -> None:
    """An answer whose bytes are gone is not an empty answer."""
    written = document(CCXT, [("get_ticker", None, exchange(b"{}"))], NO_SECRETS)
    with pytest.raises(KeyError):
        exchanges_of({**written, "samples": {}})


def test_caught_request_masks_the_id_that_the_library_made_up() -> None:
    """One seed gives one sample: everything else stays, and the request is its own evidence."""
    sent = [
        caught(CCXT, WireRequest("POST", "https", "h", "/p", "", f'{{"clOrdId": "{made_up}","sz":"1"}}'.encode()))
        for made_up in ("e847386590ce4dBC1a", "e847386590ce4dBC2b")
    ]
    assert sent[0].sample_id == sent[1].sample_id == sample_id_of(sent[0].request.body)
    assert b"e847386590ce4dBC" not in sent[0].request.body
    assert b'"sz":"1"' in sent[0].request.body
    assert sent[0].answer is None
    written = document(CCXT, [("native_order_request", None, sent[0])], NO_SECRETS)
    assert written["samples"][sent[0].sample_id]["body"] == sent[0].request.body.decode()


def test_caught_requests_that_differ_have_addresses_of_their_own() -> None:
    """The mask hides the id alone."""
    first, second = (caught(CCXT, WireRequest("POST", "https", "h", "/p", "", b'{"sz":"%d"}' % n)) for n in (1, 2))
    assert first.sample_id != second.sample_id


def test_recorded_answers_come_in_the_order_of_recording_and_the_last_stays() -> None:
    """The same request asked again gets the next answer to it, whatever the order of its query."""
    first, second = WireAnswer(200, b"1"), WireAnswer(200, b"2")
    play = RecordedAnswers(
        [(request("a=1&b=2"), first), (request("a=9"), WireAnswer(200, b"9")), (request("b=2&a=1"), second)]
    )
    assert [play(request("b=2&a=1")).body for _ in range(4)] == [b"1", b"2", b"2", b"2"]


@pytest.mark.parametrize(
    "never",
    [request("a=2"), request("a=1", path="/other"), request("a=1", method="POST"), request("a=1&b="), request("")],
)
def test_recorded_answers_refuse_a_request_that_was_never_recorded(never: WireRequest) -> None:
    """Another query, path or method is another question; none gets a neighbour's answer."""
    play = RecordedAnswers([(request("a=1"), WireAnswer(200, b"1"))])
    with pytest.raises(VenueError, match="never recorded"):
        play(never)


def test_recorded_answers_give_no_answer_where_none_came() -> None:
    """What failed while recording fails again."""
    play = RecordedAnswers([(request(), None)])
    with pytest.raises(VenueError, match="without an answer"):
        play(request())


def asked_of(query: str, *recorded: tuple[str, bytes]) -> bytes:
    """What the same bytes give for a query, from answers recorded for these queries."""
    bytes_ = SameBytes(exchange(body, query=known) for known, body in recorded)
    return bytes_(request(query)).body


def test_same_bytes_are_those_whose_query_has_most_in_common() -> None:
    """Two libraries spell one question differently; what both say decides."""
    recorded = ("instType=SWAP", b"swap"), ("instType=SPOT&limit=5", b"five"), ("instType=SPOT", b"spot")
    assert asked_of("instType=SPOT&limit=5&x=1", *recorded) == b"five"
    assert asked_of("instType=SPOT&limit=9", *recorded) == b"five"
    assert asked_of("instType=SWAP", *recorded) == b"swap"


@pytest.mark.parametrize("name", ["instType", "instId", "uly"])
def test_same_bytes_of_another_instrument_are_never_given(name: str) -> None:
    """An answer about something else is no answer, even if it is the only one."""
    with pytest.raises(VenueError, match="never asked"):
        asked_of(f"{name}=A", (f"{name}=B", b"b"))
    assert asked_of(f"{name}=A", ("", b"all")) == b"all"


def test_same_bytes_of_another_page_are_never_given() -> None:
    """A cursor must be the same, and its absence too."""
    recorded = ("", b"first"), ("after=7", b"second")
    assert asked_of("after=7", *recorded) == b"second"
    assert asked_of("limit=100", *recorded) == b"first"
    with pytest.raises(VenueError):
        asked_of("after=8", *recorded)


def test_same_bytes_hold_only_what_was_answered_on_that_path() -> None:
    """A lost answer and another path give nothing."""
    with pytest.raises(VenueError):
        SameBytes([lost()])(request())
    with pytest.raises(VenueError):
        SameBytes([exchange()])(request(path="/api/v5/market/books"))
