"""What resting orders hold back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.engine.holds import held_by_orders
from tests.support.engine_desk import Desk, open_desk

SWAP, PAIR, INVERSE = "BTC-USDT-SWAP", "BTC-USDT", "ETH-USD-SWAP"


def held(desk: Desk, ccy: str) -> Decimal:
    """What orders hold back of a currency."""
    return held_by_orders(desk.account, ccy)


def test_pair_holds_quote_for_buys_and_base_for_sells() -> None:
    """Size times price, and size."""
    desk = open_desk()
    desk.order(PAIR, "buy", "0.5", "48000")
    desk.order(PAIR, "buy", "0.25", "40000")
    desk.order(PAIR, "sell", "0.5", "51000")
    assert (held(desk, "USDT"), held(desk, "BTC")) == (34000, Decimal("0.5"))


def test_contract_holds_margin_only_for_what_it_would_open() -> None:
    """Three bought; of five offered two would open, at the average of both prices."""
    desk = open_desk()
    desk.order(SWAP, "buy", "3")
    desk.order(SWAP, "sell", "2", "51000")
    assert held(desk, "USDT") == 0
    desk.order(SWAP, "sell", "3", "52000")
    average = Decimal(2 * 51000 + 3 * 52000) / 5
    assert abs(held(desk, "USDT") - 2 * average / 100 / 3) < Decimal("1E-15")


def test_orders_of_one_side_do_not_each_reckon_with_the_whole_position() -> None:
    """The second sell cannot use the same long again: it needs margin and is refused where there is none."""
    desk = open_desk(usdt="500")
    desk.order(SWAP, "buy", "2")
    desk.order(SWAP, "sell", "2", "51000")
    ack = desk.ack(SWAP, "sell", "2", "51000")
    assert ack["sCode"] == "51008"


def test_inverse_contract_holds_its_margin_in_the_coin() -> None:
    """Ten contracts of 10 USD at 2500 and 3x."""
    desk = open_desk()
    desk.order(INVERSE, "buy", "10", "2450")
    assert abs(held(desk, "ETH") - Decimal(100) / 2450 / 3) < Decimal("1E-15")


def test_bought_option_holds_its_premium() -> None:
    """It needs no margin, but it must be paid when it fills."""
    desk = open_desk()
    one = next(each for each in desk.account.table if each.inst_type == "OPTION" and each.base_ccy == "BTC")
    px = desk.market.mark(one.inst_id) - 5 * one.tick_sz
    desk.order(one.inst_id, "buy", "3", str(px))
    assert held(desk, "BTC") == 3 * one.contract_size * px


@pytest.mark.parametrize("end", ["cancel", "fill"])
def test_hold_is_gone_with_its_order(end: str) -> None:
    """Nothing is left of it, not even a rounding."""
    desk = open_desk()
    orders = [desk.order(INVERSE, "buy", "1", px) for px in ("2431.31", "2447.77", "2444.71")]
    if end == "cancel":
        for order in orders:
            desk.post("trade/cancel-order", instId=INVERSE, ordId=order["ordId"])
    else:
        desk.market.marks[INVERSE] = Decimal(2400)
        desk.clock.ms += 1000
        assert desk.get("trade/orders-pending") == []
    assert held(desk, "ETH") == 0
    assert list(desk.account.orders.holds) == []


def test_amended_order_holds_what_it_became() -> None:
    """And a refused amend leaves the hold as it was."""
    desk = open_desk()
    order = desk.order(PAIR, "buy", "1", "40000")
    desk.post("trade/amend-order", instId=PAIR, ordId=order["ordId"], newSz="2", newPx="45000")
    assert held(desk, "USDT") == 90000
    ack = desk.post("trade/amend-order", instId=PAIR, ordId=order["ordId"], newSz="3")
    assert (ack["sCode"], held(desk, "USDT")) == ("51008", 90000)


def test_balance_does_not_walk_over_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a balance nor a position nor a new order asks for all open orders."""
    desk = open_desk()
    for n in range(20):
        desk.order(SWAP, "buy", "0.01", str(49000 + n))

    def walked() -> None:
        message = "all open orders were walked over"
        raise AssertionError(message)

    monkeypatch.setattr(desk.account.orders, "open_orders", walked)
    monkeypatch.setattr(desk.account.orders, "open_of", walked)
    assert desk.detail("USDT")["ordFrozen"] != "0"
    desk.order(SWAP, "buy", "1")
    assert desk.position(SWAP)["pos"] == "1"
