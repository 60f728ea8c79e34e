"""What the private channels push."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.engine import truth
from tests.support.venue import ask, recorded
from tests.support.ws import Desk, Listener

SPOT, SWAP = "BTC-USDT", "BTC-USDT-SWAP"


def subscribed(desk: Desk, *channels: str, **arg: str) -> Listener:
    """A listener that has heard the openings of its channels already."""
    listener = desk.private()
    for channel in channels:
        assert listener.subscribe(channel, **arg)[0]["event"] == "subscribe"
    return listener


def far_below(desk: Desk, inst_id: str) -> str:
    """A price on tick that rests in the book."""
    market = desk.venue.market
    tick = market.instrument(inst_id).tick_sz
    return str((market.last(inst_id) * Decimal("0.99") // tick) * tick)


def test_account_opens_with_a_snapshot_of_what_rest_says() -> None:
    """The whole balance, with the uid in the argument and page one of one."""
    desk = Desk("positions")
    listener = desk.private()
    _, count, pushed = listener.subscribe("account")
    assert count["event"] == "channel-conn-count"
    assert list(pushed) == ["arg", "eventType", "curPage", "lastPage", "data"]
    assert pushed["arg"] == {"channel": "account", "uid": desk.venue.account.uid}
    assert (pushed["eventType"], pushed["curPage"], pushed["lastPage"]) == ("snapshot", 1, True)
    assert pushed["data"] == json.loads(ask(desk.venue, "/api/v5/account/balance").body)["data"]


def test_account_of_one_currency_has_that_detail_alone() -> None:
    """The filter ccy."""
    pushed = Desk().private().subscribe("account", ccy="BTC")[-1]
    assert [detail["ccy"] for detail in pushed["data"][0]["details"]] == ["BTC"]


def test_positions_open_with_those_that_rest_has_and_the_time_of_the_push() -> None:
    """Every row of REST, and pTime."""
    desk = Desk("positions")
    pushed = desk.private().subscribe("positions", instType="ANY")[-1]
    rest = json.loads(ask(desk.venue, "/api/v5/account/positions").body)["data"]
    assert [{**row, "pTime": str(desk.clock.at_ms)} for row in rest] == pushed["data"]
    assert pushed["eventType"] == "snapshot"


@pytest.mark.parametrize("arg", [{"instType": "SWAP"}, {"instType": "ANY", "instId": SWAP},
                                 {"instType": "SWAP", "instFamily": "BTC-USDT"}])  # fmt: skip
def test_positions_of_a_filter_are_those_alone(arg: dict[str, str]) -> None:
    """By type, instrument and family."""
    rows = Desk("positions").private().subscribe("positions", **arg)[-1]["data"]
    assert rows
    for row in rows:
        assert row["instType"] == "SWAP"
        assert arg.get("instId", row["instId"]) == row["instId"]
        assert row["instId"].startswith(arg.get("instFamily", ""))


def test_orders_open_with_nothing() -> None:
    """The channel has no snapshot (okx-v5-facts section 13)."""
    heard = Desk("positions").private().subscribe("orders", instType="ANY")
    assert [one["event"] for one in heard] == ["subscribe", "channel-conn-count"]


def heard_rows(heard: list[Any], channel: str) -> list[Any]:
    """The rows of one channel among what was heard."""
    return [row for one in heard if one.get("arg", {}).get("channel") == channel for row in one["data"]]


def test_market_order_pushes_its_fills() -> None:
    """Live first, then one push a fill; the sum of the fills is what was filled."""
    desk = Desk()
    listener = subscribed(desk, "orders", instType="ANY")
    rows = heard_rows(desk.place(listener, SWAP, sz="3"), "orders")
    fills = [row for row in rows if row["tradeId"]]
    assert rows[0]["state"] == "live"
    assert rows[-1]["state"] == "filled"
    assert sum(Decimal(row["fillSz"]) for row in fills) == Decimal(rows[-1]["accFillSz"]) == 3
    assert sum(Decimal(row["fillFee"]) for row in fills) == Decimal(rows[-1]["fee"]) < 0
    for row in fills:
        assert row["execType"] == "T"
        assert row["fillPx"]
        assert row["fillTime"]
        assert row["fillFeeCcy"] == "USDT"


def test_resting_order_is_pushed_when_placed_amended_and_canceled() -> None:
    """With amendResult and reqId at the amendment, cancelSource at the end."""
    desk = Desk()
    listener = subscribed(desk, "orders", instType="SPOT")
    price = far_below(desk, SPOT)
    order = {"ordType": "limit", "px": price, "sz": "0.01", "tdMode": "cash", "clOrdId": "mine"}
    heard = desk.place(listener, SPOT, **order)
    code = desk.venue.market.instrument(SPOT).inst_id_code
    (live,) = heard_rows(heard, "orders")
    args = {"instIdCode": code, "ordId": live["ordId"], "newSz": "0.02", "reqId": "r7"}
    (amended,) = heard_rows(listener.say({"id": "2", "op": "amend-order", "args": [args]}), "orders")
    named = {"instIdCode": code, "clOrdId": "mine"}
    (canceled,) = heard_rows(listener.say({"id": "3", "op": "cancel-order", "args": [named]}), "orders")
    assert (live["state"], live["clOrdId"], live["avgPx"], live["fillSz"]) == ("live", "mine", "0", "0")
    assert (amended["amendResult"], amended["reqId"], amended["sz"]) == ("0", "r7", "0.02")
    assert (canceled["state"], canceled["cancelSource"], canceled["amendResult"]) == ("canceled", "1", "")


def test_order_push_has_every_field_of_the_recorded_ones() -> None:
    """Recorded pushes of a spot pair, old and new; ours may know more."""
    desk = Desk()
    listener = subscribed(desk, "orders", instType="ANY")
    order = {"ordType": "limit", "px": far_below(desk, SPOT), "sz": "0.01", "tdMode": "cash"}
    rows = heard_rows(desk.place(listener, SPOT, **order), "orders")
    rows += heard_rows(desk.place(listener, SPOT, sz="0.01", tdMode="cash", tgtCcy="base_ccy"), "orders")
    assert any(row["tradeId"] for row in rows)
    for number in range(4):
        sample = recorded(f"gocryptotrader/ws_ws_orders/wsOrders_{number}.json")["data"][0]
        for row in rows:
            assert set(sample) <= set(row)
            assert {name: type(row[name]) for name in sample} == {name: type(sample[name]) for name in sample}
            assert (row["posSide"], row["lever"]) == ("", "0")


def test_order_over_rest_is_pushed_as_well() -> None:
    """Whoever listens hears what came another way."""
    desk = Desk()
    listener = subscribed(desk, "orders", instType="ANY")
    body = b'{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"market","sz":"0.01"}'
    assert json.loads(ask(desk.venue, "/api/v5/trade/order", method="POST", body=body).body)["code"] == "0"
    desk.hub.after_request()
    assert [row["state"] for row in listener.rows("orders")][-1] == "filled"


def test_fills_channel_pushes_fills_without_their_fees() -> None:
    """A client id that is no number of 64 bits reads 0."""
    desk = Desk()
    listener = subscribed(desk, "fills")
    (one, *_) = heard_rows(desk.place(listener, SWAP, clOrdId="abc"), "fills")
    (two, *_) = heard_rows(desk.place(listener, SWAP, clOrdId="77"), "fills")
    assert (one["clOrdId"], two["clOrdId"]) == ("0", "77")
    assert "fee" not in one
    assert one["execType"] == "T"


def test_positions_are_pushed_when_opened_and_with_zero_when_closed() -> None:
    """The closing push has pos 0 and the same posId."""
    desk = Desk()
    listener = subscribed(desk, "positions", instType="ANY")
    (opened,) = heard_rows(desk.place(listener, SWAP), "positions")
    (closed,) = heard_rows(desk.place(listener, SWAP, side="sell"), "positions")
    assert (opened["pos"], closed["pos"]) == ("1", "0")
    assert opened["posId"] == closed["posId"]


def test_positions_of_other_instruments_are_not_pushed() -> None:
    """Filters hold for events, too."""
    desk = Desk()
    listener = subscribed(desk, "positions", instType="SWAP", instId="ETH-USDT-SWAP")
    assert heard_rows(desk.place(listener, SWAP), "positions") == []


def test_account_push_follows_a_fill_and_agrees_with_the_truth() -> None:
    """event_update, with the cash that the account really holds."""
    desk = Desk()
    listener = subscribed(desk, "account")
    heard = [one for one in desk.place(listener, SWAP) if one.get("eventType") == "event_update"]
    details = {row["ccy"]: row["cashBal"] for row in heard[-1]["data"][0]["details"]}
    assert details == truth(desk.venue.account)["balances"]


def test_balance_and_position_pushes_what_a_fill_changed() -> None:
    """A snapshot first; then the currency, the position and the trades of the fill."""
    desk = Desk()
    listener = desk.private()
    snapshot = listener.subscribe("balance_and_position")[-1]["data"][0]
    sample = recorded("gocryptotrader/ws_ws_balance_and_position/push_Balance_And_Position.json")["data"][0]
    assert snapshot["eventType"] == "snapshot"
    assert set(sample) <= set(snapshot)
    assert {row["ccy"] for row in snapshot["balData"]} == {"USDT", "BTC", "ETH"}
    (row,) = heard_rows(desk.place(listener, SWAP), "balance_and_position")
    assert row["eventType"] == "filled"
    assert [one["ccy"] for one in row["balData"]] == ["USDT"]
    assert [(one["instId"], one["pos"]) for one in row["posData"]] == [(SWAP, "1")]
    assert row["trades"]
    assert set(sample["posData"][0]) - {"uTIme"} <= set(row["posData"][0])


@pytest.mark.parametrize(
    ("channel", "extra", "pushes"),
    [
        ("positions", "", 2),
        ("positions", '{"updateInterval":"2000"}', 5),
        ("positions", '{"updateInterval":"0"}', 0),
        ("account", '{"updateInterval":"0"}', 0),
        ("account", "", 2),
    ],
)
def test_account_channels_repeat_themselves_at_their_interval(channel: str, extra: str, pushes: int) -> None:
    """Some five seconds unless asked otherwise; 0 leaves the events alone. The argument of a push has no extras."""
    desk = Desk("positions")
    arg = {"instType": "ANY"} if channel == "positions" else {}
    listener = subscribed(desk, channel, **arg, **({"extraParams": extra} if extra else {}))
    listener.heard()
    desk.pass_time(10)
    snapshots = [one for one in listener.heard() if one["eventType"] == "snapshot"]
    assert len(snapshots) == pushes
    assert all("extraParams" not in one["arg"] for one in snapshots)


@pytest.mark.parametrize("extra", ["{", '{"updateInterval":"7"}', '{"updateInterval":7.5}'])
def test_senseless_interval_is_refused(extra: str) -> None:
    """60033."""
    (answer,) = Desk().private().subscribe("positions", instType="ANY", extraParams=extra)
    assert answer["code"] == "60033"


def test_two_venues_of_one_seed_push_the_same_bytes() -> None:
    """With clocks by hand everything repeats, pushes included."""

    def story() -> list[Any]:
        desk = Desk("positions", seed=5)
        listener = subscribed(desk, "orders", "positions", instType="ANY")
        listener.subscribe("account")
        heard = desk.place(listener, SWAP)
        desk.pass_time(7)
        return heard + listener.heard()

    assert story() == story()
