"""Orders over WebSocket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.engine import truth
from tests.support.ws import Desk

SWAP = "BTC-USDT-SWAP"


def price(desk: Desk, share: str) -> str:
    """A price on tick at that share of the last one."""
    market = desk.venue.market
    tick = market.instrument(SWAP).tick_sz
    return str((market.last(SWAP) * Decimal(share) // tick) * tick)


def limit(desk: Desk, **changed: str) -> dict[str, Any]:
    """An order that rests."""
    code = desk.venue.market.instrument(SWAP).inst_id_code
    order = {"instIdCode": code, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1"}
    return order | {"px": price(desk, "0.99")} | changed


def test_order_reply_has_the_keys_of_okx_in_their_order() -> None:
    """id, op and the envelope; the order exists."""
    desk = Desk()
    (reply,) = desk.private().say({"id": "a1", "op": "order", "args": [limit(desk, clOrdId="mine")]})
    assert list(reply) == ["id", "op", "code", "msg", "data", "inTime", "outTime"]
    assert (reply["id"], reply["op"], reply["code"], reply["msg"]) == ("a1", "order", "0", "")
    assert reply["data"][0]["clOrdId"] == "mine"
    assert desk.venue.account.orders.get(reply["data"][0]["ordId"]) is not None


def test_batch_of_good_and_bad_orders_answers_one_row_each() -> None:
    """Code 2 when some failed."""
    desk = Desk()
    args = [limit(desk), limit(desk, sz="0.0000001"), limit(desk, side="jump")]
    (reply,) = desk.private().say({"id": "1", "op": "batch-orders", "args": args})
    assert reply["code"] == "2"
    assert [row["sCode"] == "0" for row in reply["data"]] == [True, False, False]


def test_every_operation_reaches_its_endpoint() -> None:
    """Placed, amended and canceled, one and several at a time."""
    desk = Desk()
    listener = desk.private()
    code = desk.venue.market.instrument(SWAP).inst_id_code

    def act(operation: str, *args: dict[str, Any]) -> list[str]:
        (reply,) = listener.say({"id": "1", "op": operation, "args": list(args)})
        assert (reply["op"], reply["code"]) == (operation, "0"), reply
        return [row["ordId"] for row in reply["data"]]

    (one,) = act("order", limit(desk))
    two, three = act("batch-orders", limit(desk), limit(desk))
    act("amend-order", {"instIdCode": code, "ordId": one, "newSz": "2"})
    act("batch-amend-orders", *({"instIdCode": code, "ordId": each, "newSz": "3"} for each in (two, three)))
    assert [order.request.sz for order in desk.venue.account.open_orders()] == [2, 3, 3]
    act("cancel-order", {"instIdCode": code, "ordId": one})
    act("batch-cancel-orders", *({"instIdCode": code, "ordId": each} for each in (two, three)))
    assert truth(desk.venue.account)["open_orders"] == 0


def test_order_that_names_its_instrument_by_id_is_refused() -> None:
    """Retired on 7 April 2026: instIdCode is what counts; no order comes to be."""
    desk = Desk()
    order = limit(desk)
    del order["instIdCode"]
    (reply,) = desk.private().say({"id": "1", "op": "order", "args": [order | {"instId": SWAP}]})
    assert (reply["code"], reply["data"][0]["sCode"]) == ("1", "50014")
    assert "instIdCode" in reply["data"][0]["sMsg"]
    assert truth(desk.venue.account)["open_orders"] == 0


def test_order_for_an_unknown_code_is_refused_as_unknown_instrument() -> None:
    """51001."""
    desk = Desk()
    (reply,) = desk.private().say({"id": "1", "op": "order", "args": [limit(desk) | {"instIdCode": 99_999_999}]})
    assert reply["data"][0]["sCode"] == "51001"


@pytest.mark.parametrize("args", [None, [], {}, ["x"], [[]], [{}, {}]])
def test_operation_without_orders_is_refused(args: object) -> None:
    """60013 in the reply's envelope."""
    (reply,) = Desk().private().say({"id": "1", "op": "order", "args": args})
    assert (reply["code"], reply["data"]) == ("60013", [])


def test_operation_before_the_login_is_refused() -> None:
    """60011 in the reply, so that the client finds its request."""
    desk = Desk()
    (reply,) = desk.listen("private").say({"id": "9", "op": "order", "args": [limit(desk)]})
    assert (reply["id"], reply["code"]) == ("9", "60011")
    assert truth(desk.venue.account)["open_orders"] == 0


def test_operation_on_the_public_endpoint_is_an_illegal_request() -> None:
    """Orders are for private and business."""
    desk = Desk()
    (answer,) = desk.listen("public").login().say({"id": "9", "op": "order", "args": [limit(desk)]})
    assert (answer["event"], answer["code"]) == ("error", "60012")


@pytest.mark.parametrize(("late_ms", "code"), [(0, "0"), (1, "50036")])
def test_operation_that_has_expired_is_refused_for_every_order(late_ms: int, code: str) -> None:
    """Its expTime is a moment of venue time; at that very moment the order is still wanted."""
    desk = Desk()
    message = {"id": "1", "op": "batch-orders", "args": [limit(desk), limit(desk)]}
    (reply,) = desk.private().say(message | {"expTime": str(desk.clock.at_ms - late_ms)})
    assert [row["sCode"] for row in reply["data"]] == [code, code]


def test_reply_stands_before_the_pushes_that_follow_from_it() -> None:
    """A client knows the order before it hears of it."""
    desk = Desk()
    listener = desk.private()
    listener.subscribe("orders", instType="ANY")
    heard = listener.say({"id": "1", "op": "order", "args": [limit(desk)]})
    assert [one.get("op") or one["arg"]["channel"] for one in heard] == ["order", "orders"]
