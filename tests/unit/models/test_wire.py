"""Requests and answers as they crossed the wire."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import Library
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest, sample_id_of


def request(query: str = "", body: bytes = b"", *headers: str) -> WireRequest:
    """A request with these headers."""
    return WireRequest("GET", "https", "www.okx.com", "/x", query, body, tuple((name, "") for name in headers))


def test_sample_id_of_a_body_is_its_sha_256() -> None:
    """A published digest: what is stored can be checked with any tool."""
    assert sample_id_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(body=st.binary(max_size=64))
def test_exchange_of_an_answer_is_addressed_by_its_body(body: bytes) -> None:
    """Headers and status do not count, the bytes do."""
    one = WireExchange.of(Library.CCXT, request(), WireAnswer(200, body), started_ms=1, duration_ms=2.0)
    other = WireExchange.of(Library.OKX_SDK, request(), WireAnswer(500, body, ()), started_ms=9, duration_ms=9.0)
    assert one.sample_id == other.sample_id == hashlib.sha256(body).hexdigest()


def test_exchange_without_an_answer_has_no_sample_but_its_error() -> None:
    """An empty body is an answer, none is none."""
    silent = WireExchange.of(Library.CCXT, request(), None, started_ms=1, duration_ms=2.0, error="ReadTimeout")
    assert (silent.sample_id, silent.error, silent.answer) == (None, "ReadTimeout", None)
    empty = WireExchange.of(Library.CCXT, request(), WireAnswer(204, b""), started_ms=1, duration_ms=2.0)
    assert empty.sample_id == sample_id_of(b"")


@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [
        ("", b"", ("content-type", "ok-access-sign")),
        ("", b"", ("x-bapi-sign",)),
        ("", b"", ("x-mbx-apikey",)),
        ("signature=ab", b"", ()),
        ("symbol=X&signature=ab", b"", ()),
        ("", b"symbol=X&signature=ab", ()),
        ("", b"signature=\xff", ()),
    ],
)
def test_request_with_credentials_in_the_words_of_any_venue_is_signed(
    query: str, body: bytes, headers: tuple[str, ...]
) -> None:
    """OKX and Bybit sign in a header, Binance in query or form."""
    assert request(query, body, *headers).signed


@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [
        ("", b"", ()),
        ("instId=BTC-USDT", b"", ("content-type", "x-simulated-trading", "user-agent")),
        ("mysignature=ab", b"", ()),
        ("note=signature", b"", ()),
        ("", b'{"note":"&signature=1"}', ()),
        ("", b'[{"note":"&signature=1"}]', ()),
    ],
)
def test_request_without_credentials_is_not_signed(query: str, body: bytes, headers: tuple[str, ...]) -> None:
    """A word that only looks like a signature makes no request private."""
    assert not request(query, body, *headers).signed


def test_exchange_cannot_be_changed_after_it_was_made() -> None:
    """Neither request nor answer nor the exchange."""
    exchange = WireExchange.of(Library.CCXT, request(), WireAnswer(200, b""), started_ms=1, duration_ms=2.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        exchange.answer = None  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        exchange.request.path = "/y"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        WireAnswer(200, b"").body = b"x"  # type: ignore[misc]
