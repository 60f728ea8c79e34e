"""Every refusal the engine knows, each provoked once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import open_desk

SWAP, PAIR, OPTION_TYPE = "BTC-USDT-SWAP", "BTC-USDT", "OPTION"


@pytest.mark.parametrize(
    ("level", "inst_id", "mode", "code", "text"),
    [
        ("1", SWAP, "cross", "51010", "You can't complete this request under your current account mode. "),
        ("1", PAIR, "cross", "51010", "You can't complete this request under your current account mode. "),
        ("2", SWAP, "cash", "51000", "Parameter tdMode error "),
        ("2", PAIR, "cross", "50014", "Parameter ccy can not be empty. "),
        ("2", "BTC-USDC", "isolated", "54000", "Margin trading is not supported. "),
        ("3", PAIR, "cash", "51000", "Parameter tdMode error "),
        ("3", PAIR, "isolated", "50072", "Isolated margin is not supported in the current account mode. "),
        ("3", SWAP, "cash", "51000", "Parameter tdMode error "),
    ],
)
def test_illegal_cell_of_the_trade_mode_matrix_is_refused(
    level: str, inst_id: str, mode: str, code: str, text: str
) -> None:
    """Account level by instrument by tdMode; the text is OKX's, with its trailing space."""
    ack = open_desk(level=level).ack(inst_id, "buy", "1", "49000", tdMode=mode)
    assert (ack["sCode"], ack["sMsg"], ack["ordId"]) == (code, text, "")


@pytest.mark.parametrize(
    ("level", "inst_id", "mode"),
    [
        ("1", PAIR, "cash"),
        ("2", PAIR, "cash"),
        ("2", SWAP, "cross"),
        ("2", PAIR, "isolated"),
        ("2", SWAP, "isolated"),
        ("3", PAIR, "cross"),
    ],
)
def test_legal_cell_of_the_trade_mode_matrix_is_accepted(level: str, inst_id: str, mode: str) -> None:
    """The negative control of the matrix."""
    assert open_desk(level=level).ack(inst_id, "buy", "1", "49000", tdMode=mode)["sCode"] == "0"


@pytest.mark.parametrize(
    ("mode", "inst_id", "side", "code"),
    [
        ("net_mode", SWAP, "long", "51000"),
        ("long_short_mode", SWAP, "", "51000"),
        ("long_short_mode", SWAP, "net", "51000"),
        ("long_short_mode", PAIR, "long", "51000"),
        ("net_mode", SWAP, "net", "0"),
        ("long_short_mode", SWAP, "long", "0"),
        ("long_short_mode", PAIR, "", "0"),
    ],
)
def test_position_side_follows_the_position_mode(mode: str, inst_id: str, side: str, code: str) -> None:
    """Long or short in long/short mode on contracts, net or nothing everywhere else."""
    ack = open_desk(mode=mode).ack(inst_id, "buy", "1", "49000", posSide=side)
    assert ack["sCode"] == code
    assert ack["sMsg"] == ("Order placed" if code == "0" else "Parameter posSide error ")


ORDER_REFUSALS = [
    ({"sz": "0.001"}, "51020"),
    ({"sz": "1.005"}, "51121"),
    ({"sz": "0"}, "51000"),
    ({"sz": "-1"}, "51000"),
    ({"sz": "1e3"}, "51000"),
    ({"sz": "NaN"}, "51000"),
    ({"px": "51500.1"}, "51006"),
    ({"px": "49000.05"}, "51150"),
    ({"px": ""}, "51204"),
    ({"px": "0"}, "51000"),
    ({"sz": "700"}, "51008"),
    ({"sz": "999999999"}, "51101"),
    ({"clOrdId": "a-b"}, "51000"),
    ({"clOrdId": "a" * 33}, "51000"),
    ({"tag": "seventeenletters1"}, "51000"),
    ({"side": "hold"}, "51000"),
    ({"ordType": "stop"}, "51000"),
    ({"tdMode": "margin"}, "51000"),
    ({"instId": "BTC-XXX-SWAP"}, "51001"),
    ({"tgtCcy": "base_ccy"}, "59110"),
    ({"reduceOnly": "true"}, "51169"),
    ({"attachAlgoOrds": '[{"tpOrdPx":"1"}]'}, "51000"),
]


@pytest.mark.parametrize(("change", "code"), ORDER_REFUSALS)
def test_order_with_one_wrong_parameter_is_refused_in_its_row(change: dict[str, str], code: str) -> None:
    """The same order without the change is accepted, so the change is what is refused."""
    good = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "49000"}
    desk = open_desk()
    ack = desk.post("trade/order", **{**good, **change})
    assert (ack["sCode"], ack["ordId"]) == (code, "")
    assert str(ack["sMsg"]).endswith(" ")
    assert desk.get("trade/orders-pending") == []
    assert desk.post("trade/order", **good)["sCode"] == "0"


@pytest.mark.parametrize("name", ["instId", "tdMode", "side", "ordType", "sz"])
def test_order_without_a_required_parameter_is_refused_at_the_top(name: str) -> None:
    """50014 with HTTP 400, not a row."""
    good = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "49000"}
    del good[name]
    with pytest.raises(Refusal) as caught:
        open_desk().post("trade/order", **good)
    assert (caught.value.code, caught.value.http_status, caught.value.per_row) == ("50014", 400, False)
    assert caught.value.msg == f"Parameter {name} can not be empty."


@pytest.mark.parametrize(("side", "px", "code"), [("buy", "52500.1", "51137"), ("sell", "47499.9", "51138")])
def test_spot_price_outside_the_band_has_its_own_codes(side: str, px: str, code: str) -> None:
    """Pairs answer 51137 and 51138 where contracts answer 51006."""
    assert open_desk().ack(PAIR, side, "0.1", px)["sCode"] == code


@pytest.mark.parametrize(("side", "sz", "ccy"), [("buy", "3", "USDT"), ("sell", "2.5", "BTC")])
def test_spot_order_beyond_the_cash_names_the_missing_currency(side: str, sz: str, ccy: str) -> None:
    """51008 with the currency in the text."""
    ack = open_desk().ack(PAIR, side, sz, "50000")
    assert (ack["sCode"], ack["sMsg"]) == ("51008", f"Order failed. Insufficient {ccy} balance in account. ")


def test_client_id_of_a_pending_order_cannot_be_used_again_until_it_is_done() -> None:
    """51016 while it waits, accepted after the cancel; a query gives the newest of the two."""
    desk = open_desk()
    first = desk.order(SWAP, "buy", "1", "49000", clOrdId="same")
    assert desk.ack(SWAP, "buy", "1", "49000", clOrdId="same")["sCode"] == "51016"
    desk.post("trade/cancel-order", instId=SWAP, clOrdId="same")
    second = desk.ack(SWAP, "buy", "1", "49000", clOrdId="same")
    assert second["sCode"] == "0"
    (found,) = desk.get("trade/order", instId=SWAP, clOrdId="same")
    assert found["ordId"] == second["ordId"] != first["ordId"]


def test_reduce_only_must_reduce_and_not_exceed_the_position() -> None:
    """Same direction 51170, larger than the position 51112, otherwise accepted."""
    desk = open_desk()
    desk.order(SWAP, "buy", "2")
    assert desk.ack(SWAP, "buy", "1", reduceOnly="true")["sCode"] == "51170"
    assert desk.ack(SWAP, "sell", "3", reduceOnly="true")["sCode"] == "51112"
    assert desk.ack(SWAP, "sell", "2", reduceOnly="true")["sCode"] == "0"


@pytest.mark.parametrize(
    ("level", "mode", "code"), [("1", "cash", "51139"), ("2", "cash", "51205"), ("3", "cross", "51133")]
)
def test_reduce_only_on_a_pair_is_unavailable(level: str, mode: str, code: str) -> None:
    """Each account level has its own code."""
    assert open_desk(level=level).ack(PAIR, "sell", "1", "50500", tdMode=mode, reduceOnly="true")["sCode"] == code


def test_long_short_close_needs_a_position_and_what_pending_closes_leave() -> None:
    """No short to buy back 51169; a second close of the same contracts 51112."""
    desk = open_desk(mode="long_short_mode")
    assert desk.ack(SWAP, "buy", "1", posSide="short")["sCode"] == "51169"
    desk.order(SWAP, "buy", "2", posSide="long")
    desk.order(SWAP, "sell", "1.5", "50500", posSide="long")
    assert desk.ack(SWAP, "sell", "1", posSide="long")["sCode"] == "51112"
    assert desk.ack(SWAP, "sell", "0.5", posSide="long")["sCode"] == "0"
    (row,) = desk.get("account/positions")
    assert (row["pos"], row["availPos"]) == ("1.5", "0")


def test_option_takes_no_market_order() -> None:
    """51066."""
    desk = open_desk()
    option = next(one.inst_id for one in desk.account.table if one.inst_type == OPTION_TYPE)
    assert desk.ack(option, "buy", "1")["sCode"] == "51066"


def test_finished_and_unknown_orders_cannot_be_canceled_or_amended() -> None:
    """51400 for a cancel, 51503 for an amend, 51603 at the top for a query."""
    desk = open_desk()
    done = desk.order(SWAP, "buy", "1")["ordId"]
    for ord_id in (done, "123"):
        assert desk.post("trade/cancel-order", instId=SWAP, ordId=ord_id)["sCode"] == "51400"
        assert desk.post("trade/amend-order", instId=SWAP, ordId=ord_id, newPx="49000")["sCode"] == "51503"
    with pytest.raises(Refusal) as caught:
        desk.get("trade/order", instId=SWAP, ordId="123")
    assert (caught.value.code, caught.value.msg, caught.value.per_row) == ("51603", "Order does not exist", False)


def test_post_only_order_cannot_be_amended_into_the_book() -> None:
    """51511, and the order stays."""
    desk = open_desk()
    order = desk.order(SWAP, "buy", "1", "49000", ordType="post_only")
    ack = desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newPx="50000.1")
    assert ack["sCode"] == "51511"
    assert desk.get("trade/orders-pending") == [order]


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("trade/fills-history", {}, "50014"),
        ("trade/orders-history", {}, "50014"),
        ("trade/orders-history-archive", {}, "50014"),
        ("account/trade-fee", {}, "50014"),
        ("account/instruments", {}, "50014"),
        ("account/leverage-info", {"instId": SWAP}, "50014"),
        ("trade/order", {"instId": SWAP}, "51003"),
        ("account/positions", {"instType": "SPOT"}, "51000"),
        ("account/positions", {"instId": "NOPE"}, "51001"),
        ("account/positions", {"instId": ",".join([SWAP] * 11)}, "50025"),
        ("account/trade-fee", {"instType": "WARRANT"}, "51000"),
        ("trade/fills", {"limit": "0"}, "51000"),
        ("trade/fills", {"after": "x"}, "51000"),
    ],
)
def test_query_with_a_missing_or_wrong_parameter_is_refused_at_the_top(
    path: str, params: dict[str, str], code: str
) -> None:
    """A query never answers with an empty list instead of an error."""
    with pytest.raises(Refusal) as caught:
        open_desk().get(path, **params)
    assert (caught.value.code, caught.value.per_row) == (code, False)


def test_position_mode_cannot_change_while_a_position_or_an_order_exists() -> None:
    """59000 in OKX's recorded words; accepted once the account is empty."""
    desk = open_desk()
    order = desk.order(SWAP, "buy", "1", "49000")
    with pytest.raises(Refusal) as caught:
        desk.post("account/set-position-mode", posMode="long_short_mode")
    assert caught.value.code == "59000"
    assert caught.value.msg == "Setting failed. Cancel any open orders, close positions, and stop trading bots first."
    desk.post("trade/cancel-order", instId=SWAP, ordId=order["ordId"])
    assert desk.post("account/set-position-mode", posMode="long_short_mode") == {"posMode": "long_short_mode"}
    assert desk.get("account/config")[0]["posMode"] == "long_short_mode"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"lever": "101"}, "59102"),
        ({"lever": "0"}, "51000"),
        ({"lever": "x"}, "51000"),
        ({"mgnMode": "cash"}, "51000"),
        ({"instId": "NOPE"}, "51001"),
        ({"posSide": "long", "mgnMode": "isolated"}, "51000"),
        ({"lever": ""}, "50014"),
    ],
)
def test_leverage_that_cannot_be_set_is_refused(params: dict[str, str], code: str) -> None:
    """Above the maximum, malformed, or for a side that net mode does not have."""
    good = {"instId": SWAP, "lever": "10", "mgnMode": "cross"}
    desk = open_desk()
    with pytest.raises(Refusal) as caught:
        desk.post("account/set-leverage", **{**good, **params})
    assert caught.value.code == code
    assert desk.post("account/set-leverage", **good)["lever"] == "10"


def test_price_limit_refusal_names_both_limits() -> None:
    """51006 tells the highest buy and the lowest sell price."""
    desk = open_desk()
    desk.market.marks[SWAP] = Decimal(60000)
    text = "Order price is not within the price limit (max buy price: 61800 min sell price: 58200) "
    assert desk.ack(SWAP, "buy", "1", "61800.1")["sMsg"] == text
    assert desk.ack(SWAP, "buy", "1", "61800")["sCode"] == "0"
