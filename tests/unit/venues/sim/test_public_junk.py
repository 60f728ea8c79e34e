"""Any text in any parameter of any public endpoint gives an answer shaped like OKX's, never an exception."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.venues.sim.routes_public import PUBLIC_ROUTES
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.venue import frozen_venue

_PATHS = sorted(path for _, path in PUBLIC_ROUTES)
_NAMES = (
    "after", "annType", "bar", "before", "begin", "ccy", "end", "expTime", "index", "instFamily", "instId", "instType",
    "limit", "opType", "optType", "page", "period", "px", "quoteCcy", "state", "sz", "tdMode", "tier", "type", "uly",
    "unit",
)  # fmt: skip
_JUNK = (
    "", " ", "0", "-1", "+1", "1.5", ".5", "1e9", "NaN", "Infinity", "-0", "²", "٣", "1" * 19, "9" * 40, "0" * 25,
    "null", "true", "[]", "{}", "'", '"', "\\", "%", "%00", "\x00", "\ud800", "\U0001f4a5", "BTC-USDT", "BTC-USDT-SWAP",
    "btc-usdt", "BTC-USDT,", ",,,", "ANY", "SPOT", "SWAP", "OPTION", "cross", "1m", "1M", "3Mutc", "BTC-USD", "ETH-BTC",
    "BTC-USD-270326-60000-C", "BTC-USDT-270326", "a" * 3_000,
)  # fmt: skip
_SOUND = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "instFamily": "BTC-USDT", "uly": "BTC-USDT", "index": "BTC-USDT",
    "tdMode": "cross", "sz": "5", "quoteCcy": "USDT", "ccy": "BTC", "px": "60000",
}  # fmt: skip
_VENUE = frozen_venue()


def answer_of(venue: EmbeddedVenue, target: str) -> Any:
    """The envelope of an answer, which must be one of OKX's."""
    response = venue.respond("GET", target, {})
    envelope = json.loads(response.body)
    if response.status == 200 and envelope["code"] == "0":
        assert list(envelope) == ["code", "data", "msg"]
    else:
        assert response.status in {200, 400}, target
        assert envelope["code"].isdigit()
        assert len(envelope["code"]) == 5
        assert envelope["msg"]
    return envelope


def spelled(value: str) -> str:
    """A value as it stands on the wire; what is no text at all is sent as its bytes."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("path", _PATHS)
def test_junk_in_one_parameter_beside_sound_ones_is_answered_in_okx_shape(path: str) -> None:
    """Each parameter in turn takes pieces of junk, others at each endpoint, the rest being what a client would send."""
    for name in _NAMES:
        for junk in Random(f"{path} {name}").sample(_JUNK, 12):
            asked = _SOUND | {name: junk}
            answer_of(_VENUE, f"{path}?" + "&".join(f"{key}={spelled(value)}" for key, value in asked.items()))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_PATHS),
    st.lists(st.tuples(st.sampled_from(_NAMES), st.one_of(st.sampled_from(_JUNK), st.text(max_size=12))), max_size=6),
)
def test_any_parameters_repeated_or_not_are_answered_in_okx_shape(path: str, asked: list[tuple[str, str]]) -> None:
    """Parameters may repeat, be absent, and hold any text."""
    answer_of(_VENUE, f"{path}?" + "&".join(f"{name}={spelled(value)}" for name, value in asked))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_PATHS), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_any_raw_query_is_answered_in_okx_shape(path: str, query: str) -> None:
    """Broken percent signs, stray ampersands and equal signs included."""
    answer_of(_VENUE, f"{path}?{query}")
