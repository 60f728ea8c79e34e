"""The venue as a whole: routing, envelopes, the body of a POST, determinism."""

from __future__ import annotations

import json

import pytest

from dualwitness.venues.sim.envelope import refused_row, success
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.post_body import read_orders
from tests.support.venue import FROZEN_MS, ask, frozen_venue, parsed

JSON = {"content-type": "application/json"}


def test_unknown_path_is_404_with_an_integer_code() -> None:
    """OKX's gateway answers in its own envelope."""
    answer = frozen_venue().respond("GET", "/api/v5/no/such", {})
    expected = {"code": 404, "data": {}, "detailMsg": "", "error_code": "404"}
    assert answer.status == 404
    assert json.loads(answer.body) == expected | {"error_message": "Not Found", "msg": "Not Found"}


def test_known_path_with_the_wrong_method_is_405() -> None:
    """50115, whether the path is public or private."""
    for target in ("/api/v5/market/ticker?instId=BTC-USDT", "/api/v5/account/positions"):
        answer = frozen_venue().respond("DELETE", target, {})
        assert (answer.status, json.loads(answer.body)["code"]) == (405, "50115")


def test_success_is_compact_and_alphabetical() -> None:
    """Byte for byte OKX's spelling."""
    answer = frozen_venue().respond("GET", "/api/v5/public/time", {})
    assert answer.body == b'{"code":"0","data":[{"ts":"%d"}],"msg":""}' % FROZEN_MS


def test_public_call_with_a_broken_signature_is_answered() -> None:
    """A key problem takes no public data away; a private call with the same headers is refused."""
    headers = {"OK-ACCESS-KEY": "x", "OK-ACCESS-SIGN": "x", "OK-ACCESS-TIMESTAMP": "x", "OK-ACCESS-PASSPHRASE": "x"}
    venue = frozen_venue()
    assert venue.respond("GET", "/api/v5/market/ticker?instId=BTC-USDT", headers).status == 200
    assert venue.respond("GET", "/api/v5/account/balance", headers).status == 401


@pytest.mark.parametrize(
    ("verdicts", "code", "msg"),
    [
        (["0", "0"], "0", ""),
        (["0", "51008"], "2", "Bulk operation partially succeeded."),
        (["51008", "51010"], "1", "All operations failed"),
    ],
)
def test_rows_with_s_code_decide_the_top_level_code(verdicts: list[str], code: str, msg: str) -> None:
    """All, some or none succeeded."""
    rows = [{"sCode": verdict} for verdict in verdicts]
    envelope = success(rows, now_ms=5, trade_write=True)
    assert (envelope["code"], envelope["msg"]) == (code, msg)
    assert list(envelope) == ["code", "data", "inTime", "msg", "outTime"]
    assert (envelope["inTime"], envelope["outTime"]) == ("5137", "6042")


def test_refused_row_repeats_what_the_order_was_called() -> None:
    """Keys and ids of a rejected order as in the capture of okx-v5-facts section 2."""
    row = refused_row(Refusal("51010", "no ", per_row=True), {"clOrdId": "x", "tag": "tb"}, 7)
    assert list(row) == ["clOrdId", "ordId", "sCode", "sMsg", "subCode", "tag", "ts"]
    assert list(row.values()) == ["x", "", "51010", "no ", "", "tb", "7"]


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (JSON, b"", "50000"),
        (JSON, b"   ", "50000"),
        ({"content-type": "text/plain"}, b"{}", "50006"),
        (JSON, b"{", "50002"),
        (JSON, b'"text"', "50002"),
        (JSON, b"[1]", "50002"),
        (JSON, b"\xff", "50002"),
    ],
)
def test_post_body_that_is_no_order_is_refused(headers: dict[str, str], body: bytes, code: str) -> None:
    """Empty, another content type, not JSON, no object."""
    with pytest.raises(Refusal) as caught:
        read_orders(headers, body)
    assert (caught.value.code, caught.value.http_status) == (code, 400)


def test_post_body_keeps_the_spelling_of_its_numbers() -> None:
    """A size never passes through float; booleans are OKX's words; null is absent."""
    body = b'{"sz":0.10000000000000000001,"n":5,"reduceOnly":true,"px":null,"a":"b"}'
    assert read_orders({"content-type": "application/json; charset=utf-8"}, body) == {
        "a": "b",
        "n": "5",
        "reduceOnly": "true",
        "sz": "0.10000000000000000001",
    }
    assert read_orders(JSON, b'[{"a":"b"}]') == [{"a": "b"}]


def test_order_without_signature_is_refused_before_its_body_is_read() -> None:
    """Authentication comes first."""
    answer = frozen_venue().respond("POST", "/api/v5/trade/order", JSON, b"not json")
    assert answer.status == 401


def test_illegal_order_is_refused_in_its_row_under_status_200() -> None:
    """A spot pair bought with a mode that does not exist: HTTP 200, top code 1, the reason in sCode."""
    body = b'{"instId":"BTC-USDT-SWAP","tdMode":"cash","side":"buy","ordType":"market","sz":"1","clOrdId":"abc1"}'
    answer = ask(frozen_venue(), "/api/v5/trade/order", method="POST", body=body)
    envelope = json.loads(answer.body)
    assert (answer.status, envelope["code"], envelope["msg"]) == (200, "1", "All operations failed")
    assert {"inTime", "outTime"} <= set(envelope)
    assert envelope["data"][0]["sCode"].startswith("51")


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_two_venues_of_one_seed_answer_the_same_bytes(seed: int) -> None:
    """With standing clocks everything repeats, private answers included."""
    targets = ("/api/v5/market/books?instId=BTC-USDT&sz=400", "/api/v5/account/positions", "/api/v5/account/balance")
    one, two = frozen_venue("positions", seed=seed), frozen_venue("positions", seed=seed)
    for target in targets:
        assert ask(one, target) == ask(two, target)


def test_two_seeds_show_different_prices_for_the_same_instruments() -> None:
    """The seed moves prices and leaves the table alone."""
    one, two = frozen_venue(seed=1), frozen_venue(seed=2)
    target = "/api/v5/public/instruments?instType=SWAP"
    assert ask(one, target) == ask(two, target)
    assert ask(one, "/api/v5/market/ticker?instId=BTC-USDT") != ask(two, "/api/v5/market/ticker?instId=BTC-USDT")


def test_every_private_get_needs_a_signature() -> None:
    """No private endpoint of the table answers without headers."""
    from dualwitness.venues.sim.engine import PRIVATE_ROUTES

    venue = frozen_venue()
    for method, path in (*PRIVATE_ROUTES, ("GET", "/api/v5/asset/currencies")):
        assert venue.respond(method, path, {}).status == 401, path


def test_account_instruments_are_the_public_rows() -> None:
    """The private list tells the same as the public one."""
    query = "instType=SWAP"
    private = parsed(ask(frozen_venue(), f"/api/v5/account/instruments?{query}"))["data"]
    assert private == parsed(ask(frozen_venue(), f"/api/v5/public/instruments?{query}"))["data"]
