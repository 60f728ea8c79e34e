"""The venue's front door."""

from __future__ import annotations

import json

import pytest

from dualwitness.venues.sim.auth import SKEW_MS, Authenticator, SimCredentials, sign
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.kinds import Refusal
from tests.support.venue import FROZEN_MS, auth_headers, frozen_venue, recorded

TARGET = "/api/v5/account/positions?instType=SWAP"


def check(headers: dict[str, str], *, target: str = TARGET, body: bytes = b"", demo: bool = True) -> str:
    """The code the authenticator refuses with; blank when it lets the request pass."""
    authenticator = Authenticator(SimCredentials(demo=demo), FrozenClock(FROZEN_MS))
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        authenticator.check("GET", target, lowered, body)
    except Refusal as refusal:
        return refusal.code if refusal.http_status == 401 else f"HTTP {refusal.http_status}"
    return ""


def test_sign_of_published_vectors_matches_their_signatures() -> None:
    """Every recorded vector is reproduced: the venue signs as OKX does."""
    vectors = recorded("signing_vectors.json")["vectors"]
    assert len(vectors) == 17
    for vector in vectors:
        made = sign(vector["secret"], vector["timestamp"], vector["method"], vector["path"], vector["body"].encode())
        assert made == vector["sign"]


def test_request_with_right_signature_passes() -> None:
    """The control: nothing is refused when everything is right."""
    assert check(auth_headers("GET", TARGET)) == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("OK-ACCESS-KEY", "50103"),
        ("OK-ACCESS-PASSPHRASE", "50104"),
        ("OK-ACCESS-SIGN", "50106"),
        ("OK-ACCESS-TIMESTAMP", "50107"),
    ],
)
def test_request_without_a_header_is_refused_by_its_own_code(name: str, code: str) -> None:
    """Each missing header has a code of its own."""
    headers = auth_headers("GET", TARGET)
    del headers[name]
    assert check(headers) == code


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (SimCredentials(api_key="other"), "50111"),
        (SimCredentials(api_secret="other"), "50113"),
        (SimCredentials(passphrase="other"), "50105"),
        (SimCredentials(demo=False), "50101"),
    ],
)
def test_request_with_one_wrong_credential_is_refused_by_its_own_code(credentials: SimCredentials, code: str) -> None:
    """Wrong key, secret, passphrase and a demo key without the demo header are told apart."""
    assert check(auth_headers("GET", TARGET, credentials=credentials)) == code


def test_live_key_with_demo_header_is_refused() -> None:
    """The environment is checked in both directions."""
    assert check(auth_headers("GET", TARGET), demo=False) == "50101"


@pytest.mark.parametrize(("skew_ms", "code"), [(SKEW_MS, ""), (SKEW_MS + 1, "50102"), (-SKEW_MS - 1, "50102")])
def test_timestamp_is_refused_exactly_beyond_thirty_seconds(skew_ms: int, code: str) -> None:
    """Thirty seconds pass, one millisecond more does not, either way."""
    assert check(auth_headers("GET", TARGET, at_ms=FROZEN_MS + skew_ms)) == code


@pytest.mark.parametrize("timestamp", ["1795000000", "2026-11-18T11:06:40", "2026-13-18T11:06:40.123Z", "²026"])
def test_timestamp_in_another_format_is_refused(timestamp: str) -> None:
    """Only ISO 8601 with Z is a timestamp, and only of a day that exists."""
    assert check(auth_headers("GET", TARGET) | {"OK-ACCESS-TIMESTAMP": timestamp}) == "50112"


def test_signature_of_another_query_or_body_is_refused() -> None:
    """The signature covers the raw query and the exact body."""
    headers = auth_headers("GET", TARGET)
    assert check(headers, target=TARGET + "&instId=BTC-USDT-SWAP") == "50113"
    assert check(headers, body=b"{}") == "50113"


def test_secrets_are_not_in_the_repr_of_credentials() -> None:
    """A traceback must not print them."""
    shown = repr(SimCredentials(api_secret="hush", passphrase="quiet"))
    assert "hush" not in shown
    assert "quiet" not in shown


def test_refusal_over_the_venue_has_no_data_and_starts_with_msg() -> None:
    """The envelope of a 401 is OKX's own: msg, then code, no data."""
    answer = frozen_venue().respond("GET", "/api/v5/account/balance", {})
    assert answer.status == 401
    assert list(json.loads(answer.body)) == ["msg", "code"]
