"""Pushes of what nobody ordered: algo orders, funding, liquidation, ADL."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.venues.sim.engine.advance import look_again
from tests.support.venue import ask, recorded
from tests.support.ws import Desk, Listener

SWAP = "BTC-USDT-SWAP"


def control(desk: Desk, name: str, given: dict[str, object]) -> None:
    """One control request, and the pushes that follow from it."""
    response = desk.venue.respond("POST", f"/control/{name}", {}, json.dumps(given).encode())
    assert response.status == 200, response.body
    desk.hub.after_request()


def business(desk: Desk, channel: str) -> Listener:
    """A listener of one business channel."""
    listener = desk.listen("business").login()
    assert listener.subscribe(channel, instType="ANY")[0]["event"] == "subscribe"
    return listener


def place_algo(desk: Desk, **order: str) -> None:
    """One algo order over REST that waits far from the market."""
    given = {"instId": SWAP, "tdMode": "cross", "side": "sell", "sz": "1"} | order
    answer = ask(desk.venue, "/api/v5/trade/order-algo", method="POST", body=json.dumps(given).encode())
    assert json.loads(answer.body)["code"] == "0", answer.body
    desk.hub.after_request()


@pytest.mark.parametrize(
    ("channel", "other", "order"),
    [
        ("orders-algo", "algo-advance", {"ordType": "trigger", "triggerPx": "1000", "orderPx": "-1"}),
        ("algo-advance", "orders-algo", {"ordType": "move_order_stop", "callbackRatio": "0.05"}),
    ],
)
def test_algo_order_is_pushed_on_its_own_channel_alone(channel: str, other: str, order: dict[str, str]) -> None:
    """With the fields of the documented push."""
    desk = Desk()
    listener, silent = business(desk, channel), business(desk, other)
    place_algo(desk, **order)
    (row,) = listener.rows(channel)
    assert (row["state"], row["ordType"], row["instId"]) == ("live", order["ordType"], SWAP)
    sample = recorded("gocryptotrader/ws_ws_orders-algo/push_Algo_Orders.json")["data"][0]
    assert set(sample) - {"px"} <= set(row)
    assert silent.rows(other) == []


def test_funding_is_pushed_as_an_event_of_balance_and_position() -> None:
    """Eight hours later the position has paid or received."""
    desk = Desk("positions")
    listener = desk.private()
    listener.subscribe("balance_and_position")
    listener.heard()
    control(desk, "time", {"advance_ms": 8 * 3_600_000})
    rows = listener.rows("balance_and_position")
    funding = [row for row in rows if row["eventType"] == "funding_fee"]
    assert funding
    assert {one["ccy"] for row in funding for one in row["balData"]} >= {"USDT"}
    assert {one["instId"] for row in funding for one in row["posData"]} >= {SWAP}


def liquidated(desk: Desk, *listeners: Listener) -> None:
    """Open an isolated long position with borrowed strength, and let its coin lose half its price."""
    body = {"instId": SWAP, "lever": "20", "mgnMode": "isolated"}
    answer = ask(desk.venue, "/api/v5/account/set-leverage", method="POST", body=json.dumps(body).encode())
    assert json.loads(answer.body)["code"] == "0", answer.body
    desk.place(desk.private(), SWAP, sz="2", tdMode="isolated")
    for listener in listeners:
        listener.heard()
    control(desk, "price", {"ccy": "BTC", "factor": "0.5"})


def test_liquidation_is_seen_by_everybody_but_the_orders_channel() -> None:
    """As an event of balance and position, a zero position, and a public liquidation (okx-v5-facts section 8)."""
    desk = Desk()
    private, public = desk.private(), desk.listen("public")
    for channel in ("orders", "positions"):
        private.subscribe(channel, instType="ANY")
    private.subscribe("balance_and_position")
    public.subscribe("liquidation-orders", instType="SWAP")
    liquidated(desk, private, public)
    heard: list[Any] = private.heard()
    by_channel = {
        name: [row for one in heard if one["arg"]["channel"] == name for row in one["data"]]
        for name in ("orders", "positions", "balance_and_position")
    }
    assert by_channel["orders"] == []
    assert by_channel["positions"][-1]["pos"] == "0"
    (event,) = (row for row in by_channel["balance_and_position"] if row["eventType"] == "liquidation")
    assert all(trade["tradeId"].startswith("-") for trade in event["trades"])
    sample = recorded("gocryptotrader/ws_ws_liquidation-orders/push_Liquidation_Orders.json")["data"][0]
    rows = public.rows("liquidation-orders")
    assert rows
    for row in rows:
        assert set(row) == set(sample)
        assert set(row["details"][0]) == set(sample["details"][0])
        assert (row["instId"], row["details"][0]["side"]) == (SWAP, "sell")


def test_position_close_to_its_liquidation_is_warned_of() -> None:
    """The rows of positions whose margin ratio is low, and no others."""
    desk = Desk("positions")
    listener = desk.private()
    assert len(listener.subscribe("liquidation-warning", instType="ANY")) == 2
    _isolated_near_the_end(desk)
    desk.pass_time(6)
    rows = listener.rows("liquidation-warning")
    assert {row["instId"] for row in rows} == {SWAP}
    sample = recorded("gocryptotrader/ws_ws_liquidation-warning/push_Position_Risk.json")["data"][0]
    assert set(sample) <= set(rows[0])


def _isolated_near_the_end(desk: Desk) -> None:
    body = {"instId": SWAP, "lever": "50", "mgnMode": "isolated"}
    answer = ask(desk.venue, "/api/v5/account/set-leverage", method="POST", body=json.dumps(body).encode())
    assert json.loads(answer.body)["code"] == "0", answer.body
    desk.place(desk.private(), SWAP, sz="2", tdMode="isolated")
    control(desk, "price", {"ccy": "BTC", "factor": "0.988"})
    look_again(desk.venue.account)


def test_deleveraging_is_pushed_as_adl() -> None:
    """The event has its own name."""
    desk = Desk("positions")
    listener = desk.private()
    listener.subscribe("balance_and_position")
    listener.heard()
    control(desk, "adl", {"inst_id": SWAP, "pos_side": "net", "contracts": "1"})
    assert "adl" in {row["eventType"] for row in listener.rows("balance_and_position")}
