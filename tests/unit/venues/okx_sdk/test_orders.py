"""Orders: modes, sizes, the exact request, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import NullReason, OrderIntent, RunMode, ValidatedOrder
from dualwitness.models.wire import WireAnswer
from dualwitness.venues.errors import (
    AnswerTimeout,
    AuthenticationRefused,
    OrderRefused,
    OutcomeUnknown,
    RateLimited,
    SafetyError,
    TransportError,
    UsageError,
)
from dualwitness.venues.okx_sdk.client import OkxSdkClient

Opener = Callable[..., OkxSdkClient]
Envelope = Callable[..., bytes]


def order(symbol: str = "BTC/USDT:USDT", **changes: Any) -> ValidatedOrder:
    """A checked order for 0.0257 BTC, limit at 60000 under cross."""
    intent = {
        "symbol": symbol, "side": "long", "order_type": "limit", "size": "0.0257", "price": "60000.0",
        "td_mode": "cross", "client_order_id": "abc1",
    } | changes  # fmt: skip
    notional = intent.pop("notional_usd", None)
    return ValidatedOrder(intent=OrderIntent(**intent), validated_at=1, notional_usd=notional, risk_checks_passed=True)


def sent(client: OkxSdkClient, **changes: Any) -> dict[str, Any]:
    """The non-blank fields of the body that would go out."""
    body = json.loads(client.build_order_request(order(**changes)).body)
    return {key: value for key, value in body.items() if value not in ("", None)}


def acknowledgement(**changes: str) -> dict[str, str]:
    """A row that acknowledges the order above."""
    return {"ordId": "77", "clOrdId": "abc1", "sCode": "0", "sMsg": "Order placed", "subCode": ""} | changes


def test_swap_order_is_sized_in_contracts_floored_to_the_lot(venue: Any, client: OkxSdkClient) -> None:
    """0.0257 BTC are 2.57 contracts of 0.01 BTC; the request is caught and never sent."""
    request = client.build_order_request(order(size="0.02579"))
    assert (request.method, request.path, request.signed) == ("POST", "/api/v5/trade/order", True)
    body = {key: value for key, value in json.loads(request.body).items() if value not in ("", None)}
    assert body == {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "2.57", "px": "60000",
        "clOrdId": "abc1", "posSide": "net",
    }  # fmt: skip
    assert venue.count("trade/order") == 0
    assert all(exchange.request.method == "GET" for exchange in client.drain_exchanges())


@pytest.mark.parametrize(("side", "price"), [("long", "60000.1"), ("short", "60000.2")])
def test_price_moves_to_the_tick_that_is_no_worse_for_us(client: OkxSdkClient, side: str, price: str) -> None:
    """Between two ticks a buyer bids the lower and a seller asks the higher one."""
    assert sent(client, side=side, price="60000.17")["px"] == price


def test_native_request_keeps_the_quantity_verbatim(venue: Any, client: OkxSdkClient) -> None:
    """The same number goes out as contracts: exactly what a careless caller would send."""
    body = json.loads(client.native_order_request("BTC/USDT:USDT", "market", "buy", Decimal("0.50")).body)
    assert (body["sz"], body["tdMode"], body["clOrdId"], body["tgtCcy"]) == ("0.50", "cross", "", "")
    body = json.loads(client.native_order_request("BTC/USDT", "limit", "sell", Decimal(1), Decimal("5.0")).body)
    assert (body["sz"], body["tdMode"], body["px"]) == ("1", "cash", "5.0")
    assert venue.asked == []


def test_inverse_order_is_sized_at_its_price_or_by_its_value(client: OkxSdkClient) -> None:
    """0.0257 BTC at 60000 are 1542 USD: 15.4 contracts of 100 USD."""
    assert sent(client, symbol="BTC/USD:BTC")["sz"] == "15.4"
    market = {"symbol": "BTC/USD:BTC", "order_type": "market", "price": None}
    assert sent(client, **market, notional_usd="1599")["sz"] == "15.9"
    with pytest.raises(UsageError, match="needs a price"):
        client.build_order_request(order(**market))


def test_option_order_is_sized_with_its_multiplier(client: OkxSdkClient) -> None:
    """0.0257 BTC are two option contracts of 0.01 BTC, and no leg is named."""
    body = sent(client, symbol="BTC/USD:BTC-260925-60000-C")
    assert (body["sz"], "posSide" in body) == ("2", False)


def test_spot_market_order_names_its_unit(client: OkxSdkClient) -> None:
    """OKX would read a market buy as USDT; base_ccy is explicit and no margin currency goes along."""
    body = sent(client, symbol="BTC/USDT", td_mode="cash", order_type="market", price=None)
    assert (body["sz"], body["tgtCcy"], body["tdMode"], "px" in body) == ("0.0257", "base_ccy", "cash", False)
    assert "ccy" not in body
    assert "posSide" not in body


def test_margin_order_names_its_currency(client: OkxSdkClient) -> None:
    """On account level 2 a cross order of a pair needs ccy: quote currency to buy, base currency to sell."""
    body = sent(client, symbol="BTC/USDT")
    assert (body["tdMode"], body["ccy"], "tgtCcy" in body) == ("cross", "USDT", False)
    assert sent(client, symbol="BTC/USDT", td_mode="isolated", side="short")["ccy"] == "BTC"


@pytest.mark.parametrize(
    ("side", "reduce_only", "leg"),
    [("long", False, "long"), ("short", False, "short"), ("long", True, "short"), ("short", True, "long")],
)
def test_long_short_account_names_the_leg_and_no_flag(
    venue: Any, client: OkxSdkClient, rows: Any, *, say_rows: Envelope, side: str, reduce_only: bool, leg: str
) -> None:
    """Buying reduces the short leg and selling the long one; OKX ignores the flag there."""
    venue.say("account/config", say_rows(rows["config"] | {"posMode": "long_short_mode"}))
    body = sent(client, side=side, reduce_only=reduce_only)
    assert (body["posSide"], "reduceOnly" in body) == (leg, False)


def test_net_account_sends_the_reduce_only_flag(client: OkxSdkClient) -> None:
    """In net mode only the flag keeps an order from opening the other side."""
    assert sent(client, reduce_only=True)["reduceOnly"] is True


@pytest.mark.parametrize(
    ("level", "mode", "changes"),
    [
        ("1", "net_mode", {}),
        ("1", "net_mode", {"symbol": "BTC/USDT", "td_mode": "cross"}),
        ("1", "net_mode", {"symbol": "BTC/USDT", "td_mode": "cash", "reduce_only": True}),
        ("2", "net_mode", {"td_mode": "cash"}),
        ("2", "net_mode", {"td_mode": "margin"}),
        ("2", "net_mode", {"symbol": "BTC/USDT", "order_type": "market", "price": None}),
        ("2", "net_mode", {"symbol": "BTC/USD:BTC-260925-60000-C", "reduce_only": True}),
        ("3", "net_mode", {"symbol": "BTC/USDT", "td_mode": "cash"}),
        ("3", "net_mode", {"symbol": "BTC/USDT", "td_mode": "isolated"}),
        ("3", "net_mode", {"symbol": "BTC/USDT", "reduce_only": True}),
        ("4", "net_mode", {"reduce_only": True}),
        ("4", "long_short_mode", {}),
        ("4", "net_mode", {"td_mode": "isolated"}),
        ("9", "net_mode", {}),
    ],
)
def test_mode_that_the_account_does_not_have_is_refused(
    venue: Any, client: OkxSdkClient, rows: Any, *, say_rows: Envelope, level: str, mode: str, changes: dict[str, Any]
) -> None:
    """What OKX would refuse is refused here, with advice, and nothing is sent."""
    venue.say("account/config", say_rows(rows["config"] | {"acctLv": level, "posMode": mode}))
    with pytest.raises(UsageError):
        client.place_order(order(**changes))
    assert venue.count("trade/order") == 0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"client_order_id": None}, "client_order_id"),
        ({"size": "0.00001"}, "below the smallest order"),
        ({"symbol": "DOGE/USDT:USDT"}, "not in OKX's instrument list"),
        ({"venue": "bybit"}, "cannot be sent to OKX"),
        ({"symbol": "BTC/USDT", "td_mode": "margin"}, "must be resolved to cross or isolated"),
    ],
)
def test_order_that_cannot_be_right_is_a_usage_error(
    venue: Any, client: OkxSdkClient, changes: dict[str, Any], text: str
) -> None:
    """No id, too small, unlisted, another venue: refused before anything is sent."""
    with pytest.raises(UsageError, match=text):
        client.place_order(order(**changes))
    assert venue.count("trade/order") == 0


def test_unchecked_order_is_never_sent(venue: Any, client: OkxSdkClient) -> None:
    """Only what passed its checks goes out."""
    refused = order().model_copy(update={"risk_checks_passed": False, "rejection_reason": "too big"})
    with pytest.raises(SafetyError, match="too big"):
        client.place_order(refused)
    assert venue.asked == []


def test_live_orders_need_both_switches(venue: Any, open_client: Opener, say_rows: Envelope) -> None:
    """In live mode placing and cancelling are refused until the wiring allows them."""
    live = open_client(mode=RunMode.OKX_LIVE)
    with pytest.raises(SafetyError, match="switched off"):
        live.place_order(order())
    with pytest.raises(SafetyError, match="switched off"):
        live.cancel_order("1", "BTC/USDT")
    assert venue.asked == []
    venue.say("trade/order", say_rows(acknowledgement()))
    assert open_client(mode=RunMode.OKX_LIVE, allow_live_orders=True).place_order(order()).venue_order_id == "77"


def test_acknowledged_order_carries_ids_alone(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """Sent once; everything but the ids was not asked."""
    venue.say("trade/order", say_rows(acknowledgement()))
    placed = client.place_order(order())
    assert (placed.venue_order_id, placed.client_order_id, placed.symbol) == ("77", "abc1", "BTC/USDT:USDT")
    assert set(placed.reasons.values()) == {NullReason.NOT_ASKED}
    assert placed.state is None
    assert venue.count("trade/order") == 1
    venue.say("trade/cancel-order", say_rows(acknowledgement(clOrdId="")))
    assert client.cancel_order("77", "BTC/USDT:USDT").reasons["client_order_id"] is NullReason.BLANK


def test_acknowledgement_without_our_id_is_taken_by_the_venues(
    venue: Any, client: OkxSdkClient, say_rows: Envelope
) -> None:
    """A blank client order id contradicts nothing: one order was sent, and the row names the venue's id."""
    venue.say("trade/order", say_rows(acknowledgement(clOrdId="")))
    placed = client.place_order(order())
    assert (placed.venue_order_id, placed.client_order_id) == ("77", None)
    assert placed.reasons["client_order_id"] is NullReason.BLANK


def test_cancel_acknowledged_for_another_order_is_unknown(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """The id must be the one that was sent."""
    venue.say("trade/cancel-order", say_rows(acknowledgement(ordId="78")))
    with pytest.raises(OutcomeUnknown):
        client.cancel_order("77", "BTC/USDT:USDT")


def test_row_code_of_a_refusal_wins_over_the_envelopes(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """The code of the row is the venue's word; nothing was placed."""
    row = acknowledgement(ordId="", sCode="51008", sMsg="Insufficient USDT margin ", subCode="1001")
    for code in ("1", "0", "2"):
        venue.say("trade/order", say_rows(row, code=code, text="All operations failed"))
        with pytest.raises(OrderRefused, match=r"Insufficient USDT margin$") as caught:
            client.place_order(order())
        assert (caught.value.code, caught.value.sub_code) == ("51008", "1001")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"msg":"Invalid Sign","code":"50113"}', AuthenticationRefused),
        (429, b'{"code":"50011","msg":"Too Many Requests"}', RateLimited),
        (200, b'{"code":"51000","data":[],"msg":"Parameter tdMode error"}', OrderRefused),
        (200, b'{"code":"51149","data":[],"msg":"Order timed out."}', OutcomeUnknown),
        (400, b'{"code":"50004","data":[],"msg":"Endpoint request timeout"}', OutcomeUnknown),
        (503, b'{"code":"50001","data":[],"msg":"Service temporarily unavailable"}', OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (200, b"", OutcomeUnknown),
        (429, b"<html>", OutcomeUnknown),
        (302, b"", OutcomeUnknown),
        (200, b'{"code":"0","data":[],"msg":""}', OutcomeUnknown),
        (200, b'{"code":"0","data":{},"msg":""}', OutcomeUnknown),
        (200, b'{"code":"0","data":["x"],"msg":""}', OutcomeUnknown),
        (200, b'{"code":0,"data":[{"ordId":"77","clOrdId":"abc1","sCode":"0"}]}', OutcomeUnknown),
        (200, b'{"code":"0","data":[{"ordId":"77","clOrdId":"abc1"}]}', OutcomeUnknown),
        (200, b'{"code":"0","data":[{"ordId":"","clOrdId":"abc1","sCode":"0"}]}', OutcomeUnknown),
        (200, b'{"code":"0","data":[{"ordId":"77","clOrdId":"other","sCode":"0"}]}', OutcomeUnknown),
        (200, b'{"code":"1","data":[{"ordId":"77","clOrdId":"abc1","sCode":"0"}]}', OutcomeUnknown),
        (500, b'{"code":"0","data":[{"ordId":"77","clOrdId":"abc1","sCode":"0"}]}', OutcomeUnknown),
    ],
)
def test_answer_to_an_order_is_refusal_or_unknown_never_placed(
    venue: Any, client: OkxSdkClient, status: int, body: bytes, kind: type[Exception]
) -> None:
    """Only a structured "no" means no; whatever proves nothing is unknown, and nothing is sent twice."""
    venue.say("trade/order", body, status=status)
    with pytest.raises(kind) as caught:
        client.place_order(order())
    assert type(caught.value) is kind
    assert venue.count("trade/order") == 1


@pytest.mark.parametrize("error", [AnswerTimeout("late"), TransportError("gone"), RuntimeError("odd")])
def test_lost_answer_to_an_order_is_unknown(venue: Any, client: OkxSdkClient, error: Exception) -> None:
    """A time-out proves nothing about the order."""

    def lose(_: object) -> WireAnswer:
        raise error

    venue.script["/api/v5/trade/order"] = lose
    with pytest.raises(OutcomeUnknown, match="no structured answer"):
        client.place_order(order())
    assert venue.count("trade/order") == 1


def test_cancel_without_an_id_is_a_usage_error(venue: Any, client: OkxSdkClient) -> None:
    """A blank id would ask OKX to cancel nothing in particular."""
    with pytest.raises(UsageError):
        client.cancel_order("", "BTC/USDT")
    with pytest.raises(UsageError):
        client.cancel_order("1&x=2", "BTC/USDT")
    assert venue.asked == []
