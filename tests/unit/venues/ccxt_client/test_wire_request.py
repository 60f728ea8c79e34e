"""Whether a request carried credentials, told without keeping any."""

from __future__ import annotations

import pytest

from dualwitness.models.wire import WireRequest


@pytest.mark.parametrize(
    ("headers", "query", "body", "signed"),
    [
        ((("ok-access-sign", ""),), "", b"", True),
        ((("x-bapi-sign", ""),), "", b"", True),
        ((("x-mbx-apikey", ""),), "", b"", True),
        ((), "timestamp=1&signature=[redacted]", b"", True),
        ((), "signature=[redacted]", b"", True),
        ((), "", b"symbol=BTCUSDT&signature=[redacted]", True),
        ((), "", b"", False),
        ((("user-agent", "x"), ("x-simulated-trading", "1")), "instType=SPOT", b"", False),
        ((), "mysignature=1", b"", False),
        ((), "", b'{"tag":"a&signature=b"}', False),
        ((), "", b"\xff\xfe", False),
    ],
    ids=range(11),
)
def test_signed_knows_the_words_of_each_venue(
    headers: tuple[tuple[str, str], ...], query: str, body: bytes, *, signed: bool
) -> None:
    """OKX and Bybit sign in a header; Binance names its key in one and signs in the query or the form."""
    request = WireRequest("GET", "https", "venue", "/path", query, body, headers)
    assert request.signed is signed
