"""An order leaves once, never larger than asked, and its outcome is never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import NullReason, Order, OrderIntent, RunMode, ValidatedOrder
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.ccxt_client.requests import contracts_of
from dualwitness.venues.ccxt_client.symbols import market_of
from dualwitness.venues.errors import (
    AuthenticationRefused,
    DualwitnessError,
    OrderRefused,
    OutcomeUnknown,
    RateLimited,
    RowInvalid,
    SafetyError,
    Unsupported,
    UsageError,
    VenueRefusal,
)

PLACE, CANCEL, CONFIG = "/api/v5/trade/order", "/api/v5/trade/cancel-order", "/api/v5/account/config"
NET = {"uid": "1", "acctLv": "2", "posMode": "net_mode"}


def checked(symbol: str = "BTC/USDT", **fields: Any) -> ValidatedOrder:
    """An order that passed its checks."""
    notional = fields.pop("notional_usd", "1000")
    defaults = {"symbol": symbol, "side": "long", "order_type": "market", "size": "0.1", "client_order_id": "ours1"}
    intent = OrderIntent(**(defaults | fields))
    return ValidatedOrder(intent=intent, validated_at=1, notional_usd=notional, risk_checks_passed=True)


def ack(**row: str) -> bytes:
    """The venue's acknowledgement of one order."""
    whole = {"ordId": "77", "clOrdId": "ours1", "sCode": "0", "sMsg": "", "tag": "", "ts": "1"} | row
    return json.dumps({"code": "0", "data": [whole], "msg": "", "inTime": "1", "outTime": "2"}).encode()


def test_an_acknowledgement_gives_ids_alone(client: CcxtClient, venue: Any) -> None:
    """Type and side, which CCXT copies from the call, are not taken for the venue's word."""
    venue.answer(PLACE, ack())
    order = client.place_order(checked())
    assert (order.venue_order_id, order.client_order_id, order.symbol) == ("77", "ours1", "BTC/USDT")
    others = set(Order.model_fields) - {"venue_order_id", "client_order_id", "symbol", "reasons"}
    assert order.reasons == dict.fromkeys(others, NullReason.NOT_ASKED)


def test_an_acknowledgement_without_our_id_is_taken_by_the_venue_s(client: CcxtClient, venue: Any) -> None:
    """A blank client order id contradicts nothing: one order was sent, and the row names the venue's id."""
    venue.answer(PLACE, ack(clOrdId=""))
    order = client.place_order(checked())
    assert (order.venue_order_id, order.client_order_id) == ("77", None)
    assert order.reasons["client_order_id"] is NullReason.BLANK


def test_an_order_goes_out_once_with_our_id_and_no_tag(client: CcxtClient, venue: Any) -> None:
    """CCXT's broker tag is avoided by our own id (difference broker-id-injected-into-clordid-and-tag)."""
    venue.answer(PLACE, ack())
    client.place_order(checked())
    (request,) = venue.asked(PLACE)
    assert json.loads(request.body) == {
        "instId": "BTC-USDT",
        "side": "buy",
        "ordType": "market",
        "sz": "0.1",
        "tdMode": "cash",
        "tgtCcy": "base_ccy",
        "clOrdId": "ours1",
    }


def test_a_built_request_is_the_one_that_is_sent(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Building sends nothing; placing then sends exactly that."""
    venue.answer(CONFIG, envelope(NET))
    order = checked("BTC/USDT:USDT", td_mode="cross", order_type="limit", price="60000.06", side="short")
    built = client.build_order_request(order)
    assert venue.asked(PLACE) == []
    venue.answer(PLACE, ack())
    client.place_order(order)
    (sent,) = venue.asked(PLACE)
    assert (built.method, built.path, built.body) == (sent.method, sent.path, sent.body)
    assert json.loads(sent.body)["posSide"] == "net"


def test_a_native_request_can_be_built_without_keys(open_client: Callable[..., CcxtClient], venue: Any) -> None:
    """Nothing leaves, so no key is needed and afterwards there still is none; a real order asks how the account is."""
    client = open_client(credentials=None)
    assert client.native_order_request("BTC/USDT", "market", "buy", "1").signed
    with pytest.raises(UsageError):
        client.get_positions()
    with pytest.raises(UsageError):
        client.build_order_request(checked())
    assert venue.asked(PLACE) == []


def test_a_native_request_shows_the_library_s_defaults(client: CcxtClient, venue: Any) -> None:
    """Batch endpoint, broker id and tag, cross for contracts, base unit for spot."""
    request = client.native_order_request("BTC/USDT", "market", "buy", "1")
    (row,) = json.loads(request.body)
    assert request.path == "/api/v5/trade/batch-orders"
    assert (row["sz"], row["tgtCcy"], row["tdMode"]) == ("1", "base_ccy", "cash")
    assert row["clOrdId"].startswith(row["tag"])
    (contract,) = json.loads(client.native_order_request("BTC/USDT:USDT", "limit", "sell", "1", "60000").body)
    assert (contract["tdMode"], contract["px"], "posSide" in contract) == ("cross", "60000", False)
    assert not [request for request in venue.requests if request.method == "POST"]
    assert client.build_order_request(checked()).path == PLACE


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"symbol": "BTC/USDT", "size": "0.123456789"}, {"sz": "0.12345678"}),
        ({"symbol": "BTC/USDT:USDT", "td_mode": "cross", "size": "0.12345"}, {"sz": "12.34"}),
        ({"symbol": "ETH/USDT:USDT", "td_mode": "cross", "size": "0.29999"}, {"sz": "2"}),
        (
            {"symbol": "BTC/USD:BTC", "td_mode": "cross", "size": "0.01", "order_type": "limit", "price": "60000"},
            {"sz": "6"},
        ),
        ({"symbol": "BTC/USD:BTC", "td_mode": "cross", "notional_usd": "999"}, {"sz": "9"}),
        ({"order_type": "limit", "price": "59999.99"}, {"px": "59999.9"}),
        ({"order_type": "limit", "price": "59999.91", "side": "short"}, {"px": "60000"}),
    ],
    ids=["spot", "linear", "floor", "inverse limit", "inverse market", "buy price", "sell price"],
)
def test_sizes_round_down_and_prices_never_get_worse(
    client: CcxtClient, venue: Any, envelope: Any, fields: Any, sent: Any
) -> None:
    """Base currency becomes contracts by exact division; a buy is never dearer, a sale never cheaper than asked."""
    venue.answer(CONFIG, envelope(NET))
    body = json.loads(client.build_order_request(checked(**fields)).body)
    assert body | sent == body


@given(size=st.decimals("0.0001", "1000", places=12))
def test_no_size_ever_grows(size: Decimal) -> None:
    """Contracts times their value never exceed what was asked, and miss it by less than one lot."""
    market = market_of(_LISTED, "BTC/USDT:USDT")
    contracts = contracts_of(checked("BTC/USDT:USDT", size=size), market)
    assert market.contract_size is not None
    assert market.lot_size is not None
    missed = size - contracts * market.contract_size
    assert 0 <= missed < market.lot_size * market.contract_size


class _Listed:
    markets: ClassVar[dict[str, Any]] = {
        "BTC/USDT:USDT": {
            "symbol": "BTC/USDT:USDT",
            "id": "BTC-USDT-SWAP",
            "type": "swap",
            "linear": True,
            "inverse": False,
            "contractSize": "0.01",
            "precision": {"price": "0.1", "amount": "0.01"},
            "limits": {"amount": {"min": "0.01"}},
        }
    }


_LISTED = _Listed()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_order_id": None}, UsageError),
        ({"size": "0.000001"}, UsageError),
        ({"symbol": "BTC/NONE"}, UsageError),
        ({"venue": "bybit"}, UsageError),
        ({"td_mode": "margin"}, UsageError),
        ({"order_type": "limit", "price": "0.01"}, UsageError),
        ({"symbol": "BTC/USD:BTC", "td_mode": "cross", "notional_usd": None}, UsageError),
        ({"symbol": "BTC/USDT:USDT", "td_mode": "cash"}, UsageError),
        ({"symbol": "BTC/USD:BTC-300329-60000-C", "td_mode": "cross"}, Unsupported),
    ],
    ids=["id", "minimum", "symbol", "venue", "margin", "tick", "notional", "cash swap", "option"],
)
def test_an_order_that_cannot_be_built_is_refused_before_it_leaves(
    client: CcxtClient, venue: Any, envelope: Any, fields: Any, expected: type[DualwitnessError]
) -> None:
    """A wrong order is the caller's error, and nothing was sent."""
    venue.answer(CONFIG, envelope(NET))
    with pytest.raises(expected):
        client.place_order(checked(**fields))
    assert venue.asked(PLACE) == []


def test_an_unchecked_order_is_a_safety_error(client: CcxtClient, venue: Any) -> None:
    """Only what passed its checks can be sent."""
    refused = ValidatedOrder(
        intent=checked().intent, validated_at=1, notional_usd="1", risk_checks_passed=False, rejection_reason="too big"
    )
    with pytest.raises(SafetyError, match="too big"):
        client.place_order(refused)
    assert venue.requests == []


def test_a_live_order_needs_its_switch(open_client: Callable[..., CcxtClient], venue: Any) -> None:
    """Placing and cancelling on the live account are off unless both switches say otherwise."""
    client = open_client(mode=RunMode.OKX_LIVE)
    with pytest.raises(SafetyError):
        client.place_order(checked())
    with pytest.raises(SafetyError):
        client.cancel_order("1", "BTC/USDT")
    assert venue.requests == []
    allowed = open_client(mode=RunMode.OKX_LIVE, allow_live_orders=True)
    venue.answer("/api/v5/asset/currencies", b'{"code":"0","data":[],"msg":""}')
    venue.answer(PLACE, ack())
    assert allowed.place_order(checked()).venue_order_id == "77"


def _refusal(code: str, row_code: str = "") -> bytes:
    rows = [{"ordId": "", "clOrdId": "ours1", "sCode": row_code, "sMsg": "no ", "subCode": "x1"}] if row_code else []
    return json.dumps({"code": code, "data": rows, "msg": "All operations failed"}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (200, _refusal("1", "51008"), OrderRefused, "51008"),
        (200, _refusal("0", "51008"), OrderRefused, "51008"),
        (200, _refusal("2", "51169"), OrderRefused, "51169"),
        (400, _refusal("51000"), OrderRefused, "51000"),
        (429, _refusal("50011"), RateLimited, "50011"),
        (200, _refusal("50061"), RateLimited, "50061"),
        (401, _refusal("50113"), AuthenticationRefused, "50113"),
        (400, _refusal("50004"), OutcomeUnknown, "50004"),
        (200, _refusal("1", "51149"), OutcomeUnknown, "51149"),
        (200, b"<html>", OutcomeUnknown, None),
        (200, b"", OutcomeUnknown, None),
        (503, b"<html>", OutcomeUnknown, None),
        (429, b"slow down", OutcomeUnknown, None),
        (401, b"", OutcomeUnknown, None),
        (302, b"", OutcomeUnknown, None),
        (200, b'{"code":"0","data":[],"msg":""}', OutcomeUnknown, None),
        (200, b'{"code":"0","data":{},"msg":""}', OutcomeUnknown, "0"),
        (200, b'{"code":0,"data":[{"ordId":"77","sCode":"0"}],"msg":""}', OutcomeUnknown, None),
        (200, ack(ordId=""), OutcomeUnknown, None),
        (200, ack(clOrdId="theirs"), OutcomeUnknown, None),
        (200, ack().replace(b'"sCode": "0", ', b""), OutcomeUnknown, None),
        (200, ack().replace(b'"sCode": "0"', b'"sCode": 0'), OutcomeUnknown, None),
        (200, ack().replace(b'"code": "0"', b'"code": "1"'), OutcomeUnknown, None),
        (503, _refusal("50001"), OutcomeUnknown, "50001"),
        (500, _refusal("1", "51000"), OutcomeUnknown, "51000"),
        (200, b'{"code":"0","data":["x"],"msg":""}', OutcomeUnknown, None),
    ],
    ids=range(26),
)
def test_only_the_venue_s_own_words_refuse_an_order(
    client: CcxtClient, venue: Any, status: int, body: bytes, expected: type[DualwitnessError], code: str | None
) -> None:
    """A structured no is a refusal with its code; everything else leaves the outcome unknown, after one attempt."""
    venue.answer(PLACE, body, status=status)
    with pytest.raises(DualwitnessError) as caught:
        client.place_order(checked())
    assert type(caught.value) is expected
    assert getattr(caught.value, "code", None) == code
    assert len(venue.asked(PLACE)) == 1


@pytest.mark.parametrize("failure", [requests.ReadTimeout("slow"), requests.ConnectionError("gone"), OSError("odd")])
def test_a_lost_answer_leaves_the_outcome_unknown(
    open_client: Callable[..., CcxtClient], venue: Any, failure: Exception
) -> None:
    """It may have been taken: it is sent once and never again."""
    sent: list[WireRequest] = []

    def answers(request: WireRequest) -> WireAnswer:
        if request.path != PLACE:
            return venue(request)
        sent.append(request)
        raise failure

    with pytest.raises(OutcomeUnknown, match="no complete answer"):
        open_client(answers=answers).place_order(checked())
    assert len(sent) == 1


def test_a_cancel_gives_ids_alone(client: CcxtClient, venue: Any) -> None:
    """The acknowledgement says nothing about the order's state."""
    venue.answer(CANCEL, ack())
    order = client.cancel_order("77", "BTC/USDT")
    assert (order.venue_order_id, order.state) == ("77", None)
    assert json.loads(venue.asked(CANCEL)[0].body) == {"instId": "BTC-USDT", "ordId": "77"}


def test_a_refused_cancel_says_so(client: CcxtClient, venue: Any) -> None:
    """Not cancelled is not rejected (difference failed-cancel-reported-as-order-rejected)."""
    venue.answer(CANCEL, _refusal("1", "51400"))
    with pytest.raises(OrderRefused, match="51400") as caught:
        client.cancel_order("77", "BTC/USDT")
    assert caught.value.sub_code == "x1"
    assert "not canceled" in caught.value.advice


def test_a_cancel_acknowledged_for_another_order_is_unknown(client: CcxtClient, venue: Any) -> None:
    """The id must be the one that was sent."""
    venue.answer(CANCEL, ack(ordId="78"))
    with pytest.raises(OutcomeUnknown):
        client.cancel_order("77", "BTC/USDT")


PRECHECK = "/api/v5/trade/order-precheck"


def test_precheck_asks_with_the_words_of_the_order_and_places_nothing(client: CcxtClient, venue: Any) -> None:
    """OKX's own row comes back in its own words, without blanks; ids are not sent, because nothing is placed."""
    row = {"adjEq": "41.9", "imrChg": "0.1", "type": "", "liqPx": ""}
    venue.answer(CONFIG, sound_account("3"))
    venue.answer(PRECHECK, json.dumps({"code": "0", "data": [row], "msg": ""}).encode())
    order = checked("BTC/USDT:USDT", td_mode="cross", order_type="limit", price="60000")
    assert client.precheck_order(order) == {"adjEq": "41.9", "imrChg": "0.1"}
    (asked,) = venue.asked(PRECHECK)
    assert json.loads(asked.body) == {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "posSide": "net", "ordType": "limit",
        "sz": "10", "px": "60000",
    }  # fmt: skip
    assert venue.asked(PLACE) == []


def test_precheck_that_is_refused_gives_the_code_that_the_order_would_get(client: CcxtClient, venue: Any) -> None:
    """Accounts below multi-currency have none: 51010, as a refusal and not as an unknown outcome."""
    venue.answer(PRECHECK, json.dumps({"code": "51010", "data": [], "msg": "not in this mode"}).encode())
    with pytest.raises(VenueRefusal) as caught:
        client.precheck_order(checked("BTC/USDT:USDT", td_mode="cross"))
    assert caught.value.code == "51010"


@pytest.mark.parametrize("rows", [[], [{}, {}], ["x"]])
def test_precheck_without_exactly_one_row_proves_nothing(client: CcxtClient, venue: Any, rows: list[Any]) -> None:
    """An empty answer is not a yes."""
    venue.answer(PRECHECK, json.dumps({"code": "0", "data": rows, "msg": ""}).encode())
    with pytest.raises(RowInvalid):
        client.precheck_order(checked("BTC/USDT:USDT", td_mode="cross"))


def sound_account(level: str) -> bytes:
    """The configuration of an account of that level in net mode."""
    return json.dumps({"code": "0", "data": [NET | {"acctLv": level}], "msg": ""}).encode()
