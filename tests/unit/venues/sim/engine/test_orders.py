"""What orders do: fees, matching, order types, states."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.engine_desk import Desk, open_desk

SWAP, PAIR, INVERSE = "BTC-USDT-SWAP", "BTC-USDT", "ETH-USD-SWAP"


@pytest.fixture
def desk() -> Desk:
    """A funded futures-mode account."""
    return open_desk()


def fills(desk: Desk, **params: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return desk.get("trade/fills", **params)[::-1]


def test_spot_buy_pays_its_fee_in_base_currency(desk: Desk) -> None:
    """0.5 BTC at 50000.1 taker: 25000.05 USDT go, 0.5 − 0.0005 BTC come."""
    row = desk.order(PAIR, "buy", "0.5", tgtCcy="base_ccy")
    assert (row["state"], row["fee"], row["feeCcy"], row["avgPx"]) == ("filled", "-0.0005", "BTC", "50000.1")
    assert desk.detail("USDT")["cashBal"] == "74999.95"
    assert desk.detail("BTC")["cashBal"] == "2.4995"


def test_spot_maker_sell_pays_its_fee_in_quote_currency(desk: Desk) -> None:
    """A resting sell of 0.5 at 50500, reached by the market, pays 0.08 % of 25250 USDT."""
    order = desk.order(PAIR, "sell", "0.5", "50500")
    assert order["state"] == "live"
    assert desk.detail("BTC")["availBal"] == "1.5"
    desk.market.marks[PAIR] = Decimal(50600)
    desk.clock.ms += 1000
    (fill,) = fills(desk)
    assert (fill["execType"], fill["fillPx"], fill["fee"], fill["feeCcy"]) == ("M", "50500", "-20.2", "USDT")
    assert fill["feeRate"] == "-0.0008"
    assert desk.detail("USDT")["cashBal"] == "125229.8"
    assert desk.detail("BTC")["cashBal"] == "1.5"


def test_spot_market_buy_without_target_counts_its_size_in_quote(desk: Desk) -> None:
    """10000 USDT buy the whole satoshis that fit; the order keeps sz 10000 and the fill is in BTC."""
    row = desk.order(PAIR, "buy", "10000")
    assert (row["sz"], row["tgtCcy"], row["state"]) == ("10000", "quote_ccy", "filled")
    assert row["accFillSz"] == "0.1999996"
    assert Decimal(desk.detail("USDT")["cashBal"]) == 100000 - Decimal("0.1999996") * Decimal("50000.1")


def test_spot_market_sell_without_target_counts_its_size_in_base(desk: Desk) -> None:
    """Sells default to base currency."""
    row = desk.order(PAIR, "sell", "0.25")
    assert (row["tgtCcy"], row["accFillSz"], row["feeCcy"]) == ("base_ccy", "0.25", "USDT")


def test_taker_walks_the_book_and_gets_one_fill_a_level(desk: Desk) -> None:
    """Four contracts take 1, 2 and 1 from three levels; the order's average is their VWAP."""
    row = desk.order(SWAP, "buy", "4")
    rows = fills(desk)
    assert [(fill["fillPx"], fill["fillSz"]) for fill in rows] == [("50000.1", "1"), ("50000.2", "2"), ("50000.3", "1")]
    assert row["avgPx"] == "50000.2"
    assert len({fill["tradeId"] for fill in rows}) == 3
    assert {fill["ordId"] for fill in rows} == {row["ordId"]}
    assert (row["fillSz"], row["tradeId"]) == ("1", rows[-1]["tradeId"])


def test_linear_and_inverse_fees_are_charged_in_the_settlement_currency(desk: Desk) -> None:
    """0.05 % of 500.001 USDT, and 0.05 % of 10 USD in ETH at 2499.99."""
    desk.order(SWAP, "buy", "1")
    desk.order(INVERSE, "sell", "1")
    linear, inverse = fills(desk)
    assert (linear["fee"], linear["feeCcy"]) == ("-0.2500005", "USDT")
    assert (inverse["fee"], inverse["feeCcy"]) == ("-0.000002000008", "ETH")
    assert linear["feeRate"] == inverse["feeRate"] == ""


def test_book_is_not_used_up_by_a_taker(desk: Desk) -> None:
    """Two equal orders get the same prices."""
    assert desk.order(SWAP, "buy", "3")["avgPx"] == desk.order(SWAP, "buy", "3")["avgPx"]


def test_limit_order_takes_what_it_crosses_and_rests_with_the_remainder(desk: Desk) -> None:
    """Five at 50000.2 get three; two stay as partially filled."""
    row = desk.order(SWAP, "buy", "5", "50000.2")
    assert (row["state"], row["accFillSz"], row["avgPx"]) == ("partially_filled", "3", "50000.1666666666666666")
    assert [each["ordId"] for each in desk.get("trade/orders-pending")] == [row["ordId"]]


@pytest.mark.parametrize(
    ("order_type", "size", "state", "filled", "source"),
    [
        ("post_only", "1", "canceled", "0", "31"),
        ("fok", "4", "canceled", "0", "13"),
        ("fok", "3", "filled", "3", ""),
        ("ioc", "4", "canceled", "3", "14"),
        ("limit", "4", "partially_filled", "3", ""),
    ],
)
def test_order_type_decides_what_happens_to_the_unfilled_part(
    desk: Desk, order_type: str, size: str, state: str, filled: str, source: str
) -> None:
    """Post-only never takes, FOK takes all or nothing, IOC drops the rest, limit rests."""
    row = desk.order(SWAP, "buy", size, "50000.2", ordType=order_type)
    assert (row["state"], row["accFillSz"], row["cancelSource"]) == (state, filled, source)


def test_optimal_limit_ioc_takes_up_to_the_band(desk: Desk) -> None:
    """It needs no price and leaves nothing resting."""
    row = desk.order(SWAP, "sell", "2", ordType="optimal_limit_ioc")
    assert (row["state"], row["avgPx"]) == ("filled", "49999.85")


def test_resting_order_fills_once_the_market_comes_and_not_before(desk: Desk) -> None:
    """A bid at 49900 waits, then fills as maker at its own price."""
    desk.order(SWAP, "buy", "2", "49900")
    desk.clock.ms += 5000
    assert fills(desk) == []
    desk.market.marks[SWAP] = Decimal(49800)
    desk.clock.ms += 5000
    (fill,) = fills(desk)
    assert (fill["fillPx"], fill["execType"], fill["fillSz"]) == ("49900", "M", "2")
    assert fill["fee"] == "-0.1996"


def test_net_mode_sell_through_a_long_flips_and_reports_only_the_closed_profit(desk: Desk) -> None:
    """1 long, 3 sold: the first sold contract closes at a loss of two ticks."""
    desk.order(SWAP, "buy", "1")
    desk.order(SWAP, "sell", "1.5")
    first, second, third = fills(desk)
    assert (first["fillPnl"], second["fillPnl"], third["fillPnl"]) == ("0", "-0.002", "0")
    assert desk.position(SWAP)["pos"] == "-0.5"
    assert {fill["subType"] for fill in (second, third)} == {"2"}


def test_long_short_mode_holds_both_sides_of_one_instrument() -> None:
    """Long 2 and short 1 are two rows, both positive, with their own posId and subTypes 3, 4 and 5."""
    desk = open_desk(mode="long_short_mode")
    desk.order(SWAP, "buy", "2", posSide="long")
    desk.order(SWAP, "sell", "1", posSide="short")
    desk.order(SWAP, "sell", "0.5", posSide="long")
    rows = {row["posSide"]: row for row in desk.get("account/positions")}
    assert (rows["long"]["pos"], rows["short"]["pos"]) == ("1.5", "1")
    assert (rows["long"]["availPos"], rows["short"]["availPos"]) == ("1.5", "1")
    assert rows["long"]["posId"] != rows["short"]["posId"]
    assert [fill["subType"] for fill in fills(desk)] == ["3", "3", "4", "5"]


def test_cross_and_isolated_positions_of_one_instrument_live_side_by_side(desk: Desk) -> None:
    """Opposite directions in two margin modes do not net."""
    desk.order(SWAP, "buy", "1")
    desk.order(SWAP, "sell", "1", tdMode="isolated")
    rows = {row["mgnMode"]: row for row in desk.get("account/positions")}
    assert (rows["cross"]["pos"], rows["isolated"]["pos"]) == ("1", "-1")
    assert (rows["cross"]["margin"], rows["isolated"]["imr"]) == ("", "")
    assert rows["isolated"]["margin"] == "166.6663333333333333"


def test_canceled_order_frees_what_it_held(desk: Desk) -> None:
    """A cancel answers with a blank message, and cancelSource becomes 1."""
    order = desk.order(PAIR, "buy", "1", "49000")
    assert desk.detail("USDT")["availBal"] == "51000"
    ack = desk.post("trade/cancel-order", instId=PAIR, ordId=order["ordId"])
    assert (ack["sCode"], ack["sMsg"]) == ("0", "")
    (row,) = desk.get("trade/order", instId=PAIR, ordId=order["ordId"])
    assert (row["state"], row["cancelSource"], desk.detail("USDT")["availBal"]) == ("canceled", "1", "100000")


def test_amended_order_keeps_its_id_and_trades_when_it_crosses(desk: Desk) -> None:
    """Moved to the ask it fills; a new size includes what is filled."""
    order = desk.order(SWAP, "buy", "2", "49000")
    ack = desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newPx="50000.1", newSz="3", reqId="r1")
    assert (ack["sCode"], ack["reqId"]) == ("0", "r1")
    (row,) = desk.get("trade/order", instId=SWAP, ordId=order["ordId"])
    assert (row["px"], row["sz"], row["accFillSz"], row["state"]) == ("50000.1", "3", "1", "partially_filled")


def test_refused_amend_leaves_the_order_as_it_was(desk: Desk) -> None:
    """A size off the lot changes nothing, neither the order nor its place."""
    order = desk.order(SWAP, "buy", "2", "49000")
    ack = desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newSz="2.005")
    assert ack["sCode"] == "51121"
    assert desk.get("trade/order", instId=SWAP, ordId=order["ordId"]) == [order]


def test_bought_option_pays_its_premium_and_no_margin(desk: Desk) -> None:
    """One contract of 0.01 BTC at 0.0501: the premium leaves the cash, the option's value stays in the equity."""
    one = next(each for each in desk.account.table if each.inst_type == "OPTION" and each.base_ccy == "BTC")
    ask = desk.market.asks(one.inst_id)[0].px
    desk.order(one.inst_id, "buy", "1", str(ask))
    (row,) = desk.get("account/positions")
    cash = Decimal(desk.detail("BTC")["cashBal"])
    assert cash == 2 - one.contract_size * ask - one.contract_size * Decimal("0.0003")
    assert (row["optVal"], row["lever"], row["liqPx"]) == ("0.0005", "", "")
    assert Decimal(desk.detail("BTC")["eq"]) == cash + Decimal("0.0005")


def test_batch_answers_one_row_an_order_in_their_order(desk: Desk) -> None:
    """A bad order between two good ones stops neither; a client id used twice in it is refused the second time."""
    good = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "49000"}
    rows = desk.post_many(
        "trade/batch-orders", {**good, "clOrdId": "a1"}, {**good, "sz": "0.005"}, {**good, "clOrdId": "a1"}
    )
    assert [row["sCode"] for row in rows] == ["0", "51020", "51016"]
    assert rows[0]["sMsg"] == "Order placed"
    assert [row["ordId"] == "" for row in rows] == [False, True, True]


def test_json_booleans_and_nulls_are_read_as_okx_reads_them(desk: Desk) -> None:
    """A body's true and null arrive as such when a caller hands them through."""
    desk.order(SWAP, "buy", "1")
    params: dict[str, Any] = {"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "1"}
    ack = desk.post("trade/order", **{**params, "reduceOnly": True, "clOrdId": None})
    assert ack["sCode"] == "0"
    (row,) = desk.get("trade/order", instId=SWAP, ordId=ack["ordId"])
    assert row["reduceOnly"] == "true"
