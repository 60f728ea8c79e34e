"""Take profits and stop losses that travel with an order (attachAlgoOrds)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.engine_desk import Desk, open_desk

SWAP = "BTC-USDT-SWAP"


def attached(**stops: str) -> str:
    """One attachment, spelled as the body of a request carries it."""
    return json.dumps([stops])


def price(desk: Desk, mark: str) -> None:
    """Move the market and let a second pass."""
    desk.market.marks[SWAP] = Decimal(mark)
    desk.clock.ms += 1000


def waiting(desk: Desk) -> list[dict[str, Any]]:
    """The algo orders that wait."""
    return desk.get("trade/orders-algo-pending", ordType="conditional,oco")


def test_an_attached_stop_waits_for_the_fill_and_then_guards_the_position() -> None:
    """A resting order has none of its own yet; the filled one has, reduce-only and of the filled size."""
    desk = open_desk()
    stop = attached(slTriggerPx="48000", slOrdPx="-1", attachAlgoClOrdId="guard")
    order = desk.order(SWAP, "buy", "2", "49500", attachAlgoOrds=stop)
    assert waiting(desk) == []
    assert [one["attachAlgoClOrdId"] for one in order["attachAlgoOrds"]] == ["guard"]
    price(desk, "49400")
    (algo,) = waiting(desk)
    assert (algo["ordType"], algo["side"], algo["sz"], algo["reduceOnly"]) == ("conditional", "sell", "2", "true")
    assert (algo["linkedOrd"], algo["algoClOrdId"]) == ({"ordId": order["ordId"]}, "guard")
    price(desk, "48000")
    assert (waiting(desk), desk.get("account/positions")) == ([], [])


def test_both_prices_attached_become_one_order_that_cancels_its_other_side() -> None:
    """An oco order, from a market order at once."""
    desk = open_desk()
    stops = attached(tpTriggerPx="51000", tpOrdPx="-1", slTriggerPx="49000", slOrdPx="-1")
    desk.order(SWAP, "buy", "1", attachAlgoOrds=stops)
    (algo,) = waiting(desk)
    assert algo["ordType"] == "oco"
    price(desk, "51000")
    assert (waiting(desk), desk.get("account/positions")) == ([], [])


def test_an_order_canceled_after_a_part_guards_the_part_alone() -> None:
    """Three of ten were filled."""
    desk = open_desk()
    stop = attached(slTriggerPx="48000", slOrdPx="-1")
    ack = desk.ack(SWAP, "buy", "100", "50000.2", ordType="ioc", attachAlgoOrds=stop)
    (row,) = desk.get("trade/order", instId=SWAP, ordId=ack["ordId"])
    (algo,) = waiting(desk)
    assert (row["state"], algo["sz"]) == ("canceled", row["accFillSz"])


def test_an_order_canceled_without_a_fill_leaves_nothing() -> None:
    """There is nothing to guard."""
    desk = open_desk()
    order = desk.order(SWAP, "buy", "1", "49500", attachAlgoOrds=attached(slTriggerPx="48000", slOrdPx="-1"))
    desk.post("trade/cancel-order", instId=SWAP, ordId=order["ordId"])
    assert (waiting(desk), len(desk.account.algos)) == ([], 0)


@pytest.mark.parametrize(
    ("side", "px", "stops", "code"),
    [
        ("buy", "49500", {"tpTriggerPx": "49500", "tpOrdPx": "-1"}, "51046"),
        ("buy", "49500", {"slTriggerPx": "49500", "slOrdPx": "-1"}, "51047"),
        ("sell", "50500", {"tpTriggerPx": "50500", "tpOrdPx": "-1"}, "51048"),
        ("sell", "50500", {"slTriggerPx": "50500", "slOrdPx": "-1"}, "51049"),
        ("buy", "", {"tpTriggerPx": "49000", "tpOrdPx": "-1"}, "51050"),
        ("buy", "", {"slTriggerPx": "51000", "slOrdPx": "-1"}, "51051"),
        ("sell", "", {"tpTriggerPx": "51000", "tpOrdPx": "-1"}, "51052"),
        ("sell", "", {"slTriggerPx": "49000", "slOrdPx": "-1"}, "51053"),
        ("buy", "", {"slTriggerPx": "48000"}, "51000"),
        ("buy", "", {"slOrdPx": "-1"}, "51000"),
        ("buy", "", {"slTriggerPx": "48000.05", "slOrdPx": "-1"}, "51150"),
        ("buy", "", {"slTriggerPx": "48000", "slOrdPx": "-1", "chaseType": "x"}, "51000"),
        ("buy", "", {}, "51000"),
    ],
)
def test_an_attachment_that_makes_no_sense_refuses_the_whole_order(
    side: str, px: str, stops: dict[str, str], code: str
) -> None:
    """With OKX's code for each wrong side; nothing is placed."""
    desk = open_desk()
    assert desk.ack(SWAP, side, "1", px, attachAlgoOrds=attached(**stops))["sCode"] == code
    assert (len(desk.account.orders), len(desk.account.algos)) == (0, 0)


@pytest.mark.parametrize("text", ["[1]", "{}", "[", "null1", '[{"slTriggerPx": 48000, "slOrdPx": {}}]', "[[]]"])
def test_an_attachment_that_cannot_be_read_is_refused(text: str) -> None:
    """51000, whatever the junk."""
    assert open_desk().ack(SWAP, "buy", "1", attachAlgoOrds=text)["sCode"] == "51000"
