"""HTTP faults: each breaks the answer as a whole and as its name says, on any endpoint."""

from __future__ import annotations

import gzip
import json

import pytest

from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.lies import LIES, Theme
from tests.support.venue import ask, frozen_venue, parsed

POSITIONS = "/api/v5/account/positions"
FAULTS = [name for name, lie in LIES.items() if lie.theme is Theme.HTTP_FAULT]
# Everything that is no JSON any more, by name: (status, how the body begins).
UNREADABLE = {
    "byte_order_mark": (200, b"\xef\xbb\xbf{"),
    "empty_body": (200, b""),
    "html_instead_of_json": (200, b"<!DOCTYPE html>"),
    "http_500": (500, b"Internal Server Error"),
    "http_502": (502, b"<!DOCTYPE html>"),
    "invalid_utf8": (200, b'{"code":"0"'),
    "redirect_elsewhere": (302, b""),
    "redirect_in_circle": (301, b""),
    "truncated_json": (200, b'{"code":"0","data":['),
}
REFUSALS = {
    "http_503": (503, "50001"),
    "outcome_unknown_50004": (400, "50004"),
    "outcome_unknown_51149": (500, "51149"),
    "rate_limited": (429, "50011"),
    "rate_limited_200": (200, "50011"),
    "system_error": (500, "50026"),
}


def broken(name: str, target: str = POSITIONS) -> Response:
    """The answer with the fault on whatever endpoint is asked."""
    return ask(frozen_venue("positions", lies=(f"{name}:path=*",)), target)


def test_every_http_fault_is_looked_at_here() -> None:
    """A fault that is added must say in which table it stands."""
    shaped = {"blank_rows", "data_is_null", "data_is_object", "duplicate_json_keys", "missing_data", "nan_literals"}
    assert {*UNREADABLE, *REFUSALS, *shaped, "gzip_garbage", "wrong_content_type"} == set(FAULTS)


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_answer_has_the_status_and_the_beginning_of_its_name(name: str) -> None:
    """Bytes that no JSON reader takes."""
    status, begins = UNREADABLE[name]
    answer = broken(name)
    assert answer.status == status
    assert answer.body.startswith(begins)
    with pytest.raises(ValueError):
        json.loads(answer.body.decode())


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_of_nothing_is_spelled_as_okx_spells_it(name: str) -> None:
    """Status and code are those of the venue's own refusals."""
    answer = broken(name)
    assert (answer.status, json.loads(answer.body)["code"]) == REFUSALS[name]


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("target", ["/api/v5/public/time", "/api/v5/market/candles?instId=BTC-USDT", "/nowhere/at/all"])
def test_fault_on_any_endpoint_ends_in_an_answer(name: str, target: str) -> None:
    """Rows of any shape, and none: a fault never breaks the venue itself."""
    assert isinstance(broken(name, target).body, bytes)


def test_missing_null_and_object_data_are_what_they_are_called() -> None:
    """The envelope says success, and its data is no list of rows."""
    assert "data" not in json.loads(broken("missing_data").body)
    assert json.loads(broken("data_is_null").body)["data"] is None
    assert json.loads(broken("data_is_object").body)["data"] == {}


def test_blank_rows_keep_every_name_and_lose_every_value() -> None:
    """Rows of objects and rows of lists alike."""
    true = parsed(ask(frozen_venue("positions"), POSITIONS))["data"]
    false = json.loads(broken("blank_rows").body)["data"]
    assert [set(row) for row in false] == [set(row) for row in true]
    assert {value for row in false for value in row.values() if isinstance(value, str)} == {""}
    candle = json.loads(broken("blank_rows", "/api/v5/market/candles?instId=BTC-USDT&limit=1").body)["data"][0]
    assert candle == [""] * 9


def test_doubled_key_hides_the_rows_from_whoever_takes_the_last() -> None:
    """Both are there; readers differ in which one they take."""
    body = broken("duplicate_json_keys").body
    assert json.loads(body)["data"] == []
    both = json.loads(body, object_pairs_hook=list)
    assert [len(value) > 0 for key, value in both if key == "data"] == [True, False]


def test_nan_literal_is_taken_by_a_lenient_reader_alone() -> None:
    """Python reads NaN; strict JSON does not have it."""
    rows = json.loads(broken("nan_literals").body)["data"]
    assert all(row["pos"] != row["pos"] for row in rows)


def test_gzip_garbage_says_gzip_and_is_none() -> None:
    """The header promises what the bytes do not hold."""
    answer = broken("gzip_garbage")
    assert ("content-encoding", "gzip") in answer.headers
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(answer.body)


def test_redirect_leads_to_another_host_on_loopback_or_round_in_a_circle() -> None:
    """Never away from this machine."""
    assert dict(broken("redirect_elsewhere").headers)["location"] == "http://127.0.0.2:9" + POSITIONS
    assert dict(broken("redirect_in_circle").headers)["location"] == POSITIONS


def test_wrong_content_type_leaves_the_bytes_as_they_are() -> None:
    """The truth, wrongly labelled."""
    answer = broken("wrong_content_type")
    assert dict(answer.headers)["content-type"] == "text/html"
    assert answer.body == ask(frozen_venue("positions"), POSITIONS).body


@pytest.mark.parametrize("name", ["outcome_unknown_50004", "outcome_unknown_51149"])
def test_order_with_an_unknown_outcome_is_placed_all_the_same(name: str) -> None:
    """The answer knows nothing; the order rests."""
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "post_only", "sz": "0.01", "px": "60000"}
    venue = frozen_venue("funded", lies=(name,))
    answer = ask(venue, "/api/v5/trade/order", method="POST", body=json.dumps(order).encode())
    assert answer.status in (400, 500)
    resting = parsed(ask(venue, "/api/v5/trade/orders-pending"))["data"]
    assert [row["px"] for row in resting] == ["60000"]
