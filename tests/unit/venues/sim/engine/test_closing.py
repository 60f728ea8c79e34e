"""Close-position, cancel-all-after, order-precheck and the rate limit's row."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import open_desk

SWAP = "BTC-USDT-SWAP"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_position_of_either_direction_is_closed_in_full(side: str) -> None:
    """The answer names no order (okx-v5-facts section 7)."""
    desk = open_desk()
    desk.order(SWAP, side, "3")
    desk.order("ETH-USD-SWAP", side, "2")
    answer = desk.post("trade/close-position", instId=SWAP, mgnMode="cross", clOrdId="bye", tag="t")
    assert answer == {"clOrdId": "bye", "instId": SWAP, "posSide": "net", "tag": "t"}
    assert [row["instId"] for row in desk.get("account/positions")] == ["ETH-USD-SWAP"]


def test_in_long_short_mode_only_the_named_side_is_closed() -> None:
    """And the side must be named."""
    desk = open_desk(mode="long_short_mode")
    desk.order(SWAP, "buy", "2", posSide="long")
    desk.order(SWAP, "sell", "1", posSide="short")
    with pytest.raises(Refusal, match="51000"):
        desk.post("trade/close-position", instId=SWAP, mgnMode="cross")
    desk.post("trade/close-position", instId=SWAP, mgnMode="cross", posSide="long")
    (left,) = desk.get("account/positions")
    assert (left["posSide"], left["pos"]) == ("short", "1")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"instId": "ETH-USDT-SWAP"}, "51023"),
        ({"mgnMode": "isolated"}, "51023"),
        ({"mgnMode": "cash"}, "51000"),
        ({"mgnMode": ""}, "50014"),
        ({"instId": "NO-SUCH"}, "51001"),
        ({"posSide": "long"}, "51000"),
        ({"autoCxl": "maybe"}, "51000"),
    ],
)
def test_what_cannot_be_closed_is_refused_and_stays(changed: dict[str, str], code: str) -> None:
    """Top-level refusals; the position is untouched."""
    desk = open_desk()
    desk.order(SWAP, "buy", "3")
    with pytest.raises(Refusal) as refused:
        desk.post("trade/close-position", **{"instId": SWAP, "mgnMode": "cross", **changed})
    assert refused.value.code == code
    assert desk.position(SWAP)["pos"] == "3"


def test_a_waiting_close_order_is_in_the_way_unless_it_may_be_canceled() -> None:
    """51115 with HTTP 429, or autoCxl."""
    desk = open_desk()
    desk.order(SWAP, "buy", "3")
    waiting = desk.order(SWAP, "sell", "1", "51000", reduceOnly="true")
    with pytest.raises(Refusal) as refused:
        desk.post("trade/close-position", instId=SWAP, mgnMode="cross")
    assert (refused.value.code, refused.value.http_status) == ("51115", 429)
    desk.post("trade/close-position", instId=SWAP, mgnMode="cross", autoCxl="true")
    (row,) = desk.get("trade/order", instId=SWAP, ordId=waiting["ordId"])
    assert (row["state"], desk.get("account/positions")) == ("canceled", [])


def test_cancel_all_after_cancels_what_waits_once_its_time_has_come() -> None:
    """Not a second earlier; disarmed by zero."""
    desk = open_desk()
    order = desk.order(SWAP, "buy", "1", "49000")
    armed = desk.post("trade/cancel-all-after", timeOut="10")
    assert int(armed["triggerTime"]) == desk.clock.ms + 10_000
    desk.clock.ms += 9_000
    assert len(desk.get("trade/orders-pending")) == 1
    desk.clock.ms += 2_000
    (row,) = desk.get("trade/order", instId=SWAP, ordId=order["ordId"])
    assert (row["state"], row["cancelSource"]) == ("canceled", "20")
    desk.order(SWAP, "buy", "1", "49000")
    desk.post("trade/cancel-all-after", timeOut="10")
    assert desk.post("trade/cancel-all-after", timeOut="0")["triggerTime"] == "0"
    desk.clock.ms += 60_000
    assert len(desk.get("trade/orders-pending")) == 1


@pytest.mark.parametrize("timeout", ["9", "121", "-1", "ten", "1e1", "99999999999999999999"])
def test_a_timeout_outside_ten_to_a_hundred_and_twenty_seconds_is_refused(timeout: str) -> None:
    """51000."""
    with pytest.raises(Refusal, match="51000"):
        open_desk().post("trade/cancel-all-after", timeOut=timeout)


def test_a_precheck_tells_the_margin_an_order_would_bind_and_places_nothing() -> None:
    """In multi-currency margin; the order's own margin is what the real order then binds."""
    desk = open_desk(level="3")
    params = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "2"}
    told = desk.post("trade/order-precheck", **params)
    assert (len(desk.account.orders), Decimal(told["mmrChg"]) > 0) == (0, True)
    desk.post("trade/order", **params)
    assert Decimal(desk.position(SWAP)["imr"]) == Decimal(told["imrChg"])


def test_a_precheck_is_not_for_the_other_account_modes() -> None:
    """51010."""
    with pytest.raises(Refusal, match="51010"):
        open_desk(level="2").post(
            "trade/order-precheck", instId=SWAP, tdMode="cross", side="buy", ordType="market", sz="1"
        )


def test_the_order_rate_limit_of_the_account_is_told() -> None:
    """Demo trading leaves the ratios blank."""
    (row,) = open_desk().get("trade/account-rate-limit")
    assert (row["accRateLimit"], row["fillRatio"]) == ("1000", "")
