"""Algo orders: what fires them, what they become, and what OKX says to those that make no sense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import Desk, open_desk

SWAP = "BTC-USDT-SWAP"


@pytest.fixture
def desk() -> Desk:
    """A desk that is long one contract of BTC-USDT-SWAP at about 50,000."""
    opened = open_desk()
    opened.order(SWAP, "buy", "1")
    return opened


def algo(desk: Desk, ord_type: str, **more: str) -> dict[str, Any]:
    """Place an algo order that sells one contract; give its acknowledgement."""
    params = {"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": ord_type, "sz": "1"}
    return desk.post("trade/order-algo", **{**params, **more})


def accepted(desk: Desk, ord_type: str, **more: str) -> str:
    """Place an algo order that is taken, and give its id."""
    ack = algo(desk, ord_type, **more)
    assert ack["sCode"] == "0", ack
    return str(ack["algoId"])


def price(desk: Desk, mark: str) -> None:
    """Move the market and let a second pass."""
    desk.market.marks[SWAP] = Decimal(mark)
    desk.clock.ms += 1000


def row(desk: Desk, algo_id: str) -> dict[str, Any]:
    """The algo order as the venue tells it."""
    (found,) = desk.get("trade/order-algo", algoId=algo_id)
    return found


def held(desk: Desk) -> Decimal:
    """Contracts of the swap, signed."""
    return sum((Decimal(one["pos"]) for one in desk.get("account/positions")), Decimal(0))


def test_a_stop_loss_fires_when_the_last_price_falls_to_it_and_closes_the_position(desk: Desk) -> None:
    """Nothing happens above the trigger; at it, a market order goes out and the algo order is effective."""
    algo_id = accepted(desk, "conditional", slTriggerPx="49000", slOrdPx="-1")
    price(desk, "49000.1")
    assert (row(desk, algo_id)["state"], held(desk)) == ("live", 1)
    price(desk, "49000")
    fired = row(desk, algo_id)
    assert (fired["state"], fired["actualSide"], held(desk)) == ("effective", "sl", 0)
    (child,) = desk.get("trade/order", instId=SWAP, ordId=fired["ordId"])
    assert (child["source"], child["algoId"], child["ordType"]) == ("7", algo_id, "market")
    assert fired["ordIdList"] == [child["ordId"]]


@pytest.mark.parametrize(("mark", "side"), [("51000", "tp"), ("48000", "sl")])
def test_an_oco_order_fires_on_whichever_side_is_reached_first_and_only_once(desk: Desk, mark: str, side: str) -> None:
    """Take profit above, stop loss below; afterwards nothing waits any more."""
    stops = {"tpTriggerPx": "51000", "tpOrdPx": "-1", "slTriggerPx": "48000", "slOrdPx": "-1"}
    algo_id = accepted(desk, "oco", **stops)
    price(desk, mark)
    assert (row(desk, algo_id)["actualSide"], held(desk)) == (side, 0)
    price(desk, "50000")
    price(desk, "48000")
    assert (held(desk), desk.get("trade/orders-algo-pending", ordType="oco")) == (0, [])


@pytest.mark.parametrize(
    ("trigger", "short_of_it", "reached"), [("52000", "51999.9", "52000"), ("47000", "47000.1", "47000")]
)
def test_a_trigger_order_is_reached_from_the_side_the_price_was_on(
    desk: Desk, trigger: str, short_of_it: str, reached: str
) -> None:
    """Above the price it waits for a rise, below it for a fall; its limit order rests in the book."""
    algo_id = accepted(desk, "trigger", triggerPx=trigger, orderPx="51500")
    price(desk, short_of_it)
    assert row(desk, algo_id)["state"] == "live"
    price(desk, reached)
    fired = row(desk, algo_id)
    assert (fired["state"], fired["actualPx"]) == ("effective", "51500")
    (child,) = desk.get("trade/order", instId=SWAP, ordId=fired["ordId"])
    assert (child["px"], child["source"]) == ("51500", "6")


def test_a_trailing_stop_follows_the_best_price_and_fires_on_the_way_back(desk: Desk) -> None:
    """Two percent under the peak, never lower again."""
    algo_id = accepted(desk, "move_order_stop", callbackRatio="0.02")
    for mark, stop in (("50000", "49000"), ("52000", "50960"), ("51000", "50960")):
        price(desk, mark)
        assert row(desk, algo_id)["moveTriggerPx"] == stop
    price(desk, "50960")
    fired = row(desk, algo_id)
    assert (fired["state"], held(desk)) == ("effective", 0)
    (child,) = desk.get("trade/order", instId=SWAP, ordId=fired["ordId"])
    assert child["source"] == "25"


def test_a_trailing_stop_sleeps_until_its_activation_price(desk: Desk) -> None:
    """A fall before the activation price is none of its business."""
    algo_id = accepted(desk, "move_order_stop", callbackSpread="500", activePx="51000")
    price(desk, "48000")
    assert row(desk, algo_id)["moveTriggerPx"] == ""
    price(desk, "51000")
    assert row(desk, algo_id)["moveTriggerPx"] == "50500"


def test_a_close_fraction_of_one_closes_whatever_is_held_when_it_fires(desk: Desk) -> None:
    """The position grew after the stop was set; all of it goes."""
    algo_id = accepted(desk, "conditional", sz="", closeFraction="1", slTriggerPx="49000", slOrdPx="-1")
    desk.order(SWAP, "buy", "2")
    price(desk, "48000")
    assert (row(desk, algo_id)["actualSz"], held(desk)) == ("3", 0)


def test_a_child_that_the_venue_refuses_makes_the_algo_order_fail_with_the_code(desk: Desk) -> None:
    """The reduce-only stop of a position that is gone has nothing to reduce."""
    algo_id = accepted(desk, "conditional", reduceOnly="true", slTriggerPx="49000", slOrdPx="-1")
    desk.order(SWAP, "sell", "1")
    price(desk, "48000")
    failed = row(desk, algo_id)
    assert (failed["state"], failed["failCode"], failed["ordIdList"]) == ("order_failed", "51169", [])


def test_an_order_that_dies_with_its_position_is_canceled_when_the_position_closes(desk: Desk) -> None:
    """CxlOnClosePos."""
    algo_id = accepted(desk, "conditional", cxlOnClosePos="true", slTriggerPx="49000", slOrdPx="-1")
    desk.order(SWAP, "sell", "1")
    desk.clock.ms += 1000
    assert row(desk, algo_id)["state"] == "canceled"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tpTriggerPx": "49000", "tpOrdPx": "-1"}, "51279"),
        ({"slTriggerPx": "51000", "slOrdPx": "-1"}, "51280"),
        ({"side": "buy", "tpTriggerPx": "51000", "tpOrdPx": "-1"}, "51277"),
        ({"side": "buy", "slTriggerPx": "49000", "slOrdPx": "-1"}, "51278"),
        ({"slTriggerPx": "49000.05", "slOrdPx": "-1"}, "51150"),
        ({"slTriggerPx": "49000", "slOrdPx": "-2"}, "51000"),
        ({"slTriggerPx": "-1", "slOrdPx": "-1"}, "51000"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "sz": "0.005"}, "51121"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "tdMode": "cash"}, "51000"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "posSide": "long"}, "51000"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "ordType": "chase"}, "51000"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "instId": "NO-SUCH"}, "51001"),
        ({"slTriggerPx": "49000", "slOrdPx": "-1", "algoClOrdId": "a-b"}, "51000"),
    ],
)
def test_an_algo_order_that_makes_no_sense_is_refused_in_its_row(desk: Desk, more: dict[str, str], code: str) -> None:
    """The acknowledgement carries OKX's code, and nothing waits."""
    ack = algo(desk, "conditional", **more)
    assert (ack["sCode"], ack["algoId"]) == (code, "")
    assert len(desk.account.algos) == 0


@pytest.mark.parametrize(
    ("ord_type", "more", "code"),
    [
        ("conditional", {}, "50015"),
        ("conditional", {"slTriggerPx": "49000"}, "50014"),
        ("oco", {"slTriggerPx": "49000", "slOrdPx": "-1"}, "50014"),
        ("trigger", {"triggerPx": "52000"}, "50014"),
        ("move_order_stop", {}, "50015"),
        ("move_order_stop", {"callbackRatio": "0.1", "callbackSpread": "5"}, "50015"),
        ("", {}, "50014"),
    ],
)
def test_a_missing_price_is_refused_at_the_top_level(
    desk: Desk, ord_type: str, more: dict[str, str], code: str
) -> None:
    """Missing parameters travel as HTTP 400."""
    with pytest.raises(Refusal) as refused:
        algo(desk, ord_type, **more)
    assert (refused.value.code, refused.value.http_status) == (code, 400)


def test_an_amended_stop_fires_at_its_new_price_alone(desk: Desk) -> None:
    """And an amend on the wrong side of the market is refused, the old price staying in force."""
    algo_id = accepted(desk, "conditional", slTriggerPx="49000", slOrdPx="-1")
    ack = desk.post("trade/amend-algos", instId=SWAP, algoId=algo_id, newSlTriggerPx="48000", reqId="r1")
    assert (ack["sCode"], ack["reqId"]) == ("0", "r1")
    refused = desk.post("trade/amend-algos", instId=SWAP, algoId=algo_id, newSlTriggerPx="51000")
    assert refused["sCode"] == "51280"
    price(desk, "48500")
    assert row(desk, algo_id)["state"] == "live"
    price(desk, "48000")
    assert row(desk, algo_id)["state"] == "effective"
    late = desk.post("trade/amend-algos", instId=SWAP, algoId=algo_id, newSlTriggerPx="47000")
    assert late["sCode"] == "51503"


def test_a_canceled_algo_order_never_fires_and_is_listed_as_canceled(desk: Desk) -> None:
    """Canceling it twice is refused the second time."""
    algo_id = accepted(desk, "conditional", slTriggerPx="49000", slOrdPx="-1", algoClOrdId="mine")
    for code in ("0", "51400"):
        (ack,) = desk.post_many("trade/cancel-algos", {"instId": SWAP, "algoId": algo_id})
        assert ack["sCode"] == code
    price(desk, "48000")
    assert held(desk) == 1
    history = desk.get("trade/orders-algo-history", ordType="conditional", state="canceled")
    assert [one["algoId"] for one in history] == [algo_id]
    assert desk.get("trade/orders-algo-pending", ordType="conditional,oco") == []


def test_an_algo_client_id_is_taken_while_its_order_waits(desk: Desk) -> None:
    """51065, and free again afterwards."""
    stop = {"slTriggerPx": "49000", "slOrdPx": "-1", "algoClOrdId": "mine"}
    algo_id = accepted(desk, "conditional", **stop)
    assert algo(desk, "conditional", **stop)["sCode"] == "51065"
    desk.post_many("trade/cancel-algos", {"instId": SWAP, "algoId": algo_id})
    accepted(desk, "conditional", **stop)
    (newest,) = desk.get("trade/order-algo", algoClOrdId="mine")
    assert newest["state"] == "live"


def test_the_lists_want_to_know_what_they_list(desk: Desk) -> None:
    """OrdType always, state or algoId for the history; an unknown id does not exist."""
    for path, params, code in (
        ("trade/orders-algo-pending", {}, "50014"),
        ("trade/orders-algo-pending", {"ordType": "limit"}, "51000"),
        ("trade/orders-algo-history", {"ordType": "oco"}, "50015"),
        ("trade/orders-algo-history", {"ordType": "oco", "state": "live"}, "51000"),
        ("trade/order-algo", {"algoId": "1"}, "51603"),
        ("trade/order-algo", {}, "50015"),
    ):
        with pytest.raises(Refusal) as refused:
            desk.get(path, **params)
        assert refused.value.code == code, path
