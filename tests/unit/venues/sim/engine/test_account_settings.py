"""Sizes, leverage, isolated margin, fee terms and account level: what may be asked and set, and what refuses it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import Desk, open_desk

PAIR, SWAP, INVERSE = "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"
OPTION = "BTC-USD-270326-60000-C"


def refused(desk: Desk, path: str, method: str = "post", **params: Any) -> str:
    """The code of a request that is refused at the top level."""
    with pytest.raises(Refusal) as caught:
        (desk.post if method == "post" else desk.get)(path, **params)
    assert not caught.value.per_row
    assert caught.value.msg == caught.value.msg.strip()
    return caught.value.code


SIZED = [
    ("2", SWAP, "cross", "", "50000"),
    ("2", SWAP, "isolated", "", "50000"),
    ("2", INVERSE, "cross", "", "50000"),
    ("2", OPTION, "cross", "", "0.05"),
    ("2", PAIR, "cash", "", "50000"),
    ("2", PAIR, "cross", "USDT", "50000"),
    ("2", PAIR, "isolated", "BTC", "50000"),
    ("3", PAIR, "cross", "", "50000"),
    ("3", SWAP, "cross", "", "50000"),
]


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(("level", "inst_id", "mode", "ccy", "px"), SIZED)
def test_an_order_of_the_maximum_size_is_accepted_and_a_larger_one_is_not(
    level: str, inst_id: str, mode: str, ccy: str, px: str, side: str
) -> None:
    """Max-size and the entry checks are two ways to the same number."""
    desk = open_desk(level=level)
    (row,) = desk.get("account/max-size", instId=inst_id, tdMode=mode, ccy=ccy, px=px)
    lot = desk.account.instruments[inst_id].lot_sz
    most = Decimal(row["maxBuy" if side == "buy" else "maxSell"]) // lot * lot
    assert most > 0
    more = {"tdMode": mode, "ccy": ccy}
    for size, code in ((most + lot, "51008"), (most, "0")):
        assert desk.ack(inst_id, side, f"{size:f}", px, **more)["sCode"] == code


def test_maximum_size_counts_what_an_opposite_position_gives() -> None:
    """A long of 10 contracts lets 10 more be sold than bought."""
    desk = open_desk()
    desk.post("account/set-leverage", instId=SWAP, lever="1", mgnMode="cross")
    desk.order(SWAP, "buy", "10", "50100")
    (row,) = desk.get("account/max-size", instId=SWAP, tdMode="cross", px="50000")
    assert Decimal(row["maxSell"]) == Decimal(row["maxBuy"]) + 10
    (row,) = desk.get("account/max-avail-size", instId=SWAP, tdMode="cross", reduceOnly="true")
    assert (row["availBuy"], row["availSell"]) == ("0", "10")


def test_available_size_is_in_the_currency_an_order_pays_with() -> None:
    """Quote and base of a pair for cash, the margin currency of a cross MARGIN order and of a contract."""
    desk = open_desk()
    cases = [("cash", "", "100000", "2"), ("isolated", "", "100000", "2"), ("cross", "BTC", "2", "2")]
    for mode, ccy, buys, sells in cases:
        (row,) = desk.get("account/max-avail-size", instId=PAIR, tdMode=mode, ccy=ccy)
        assert (row["availBuy"], row["availSell"]) == (buys, sells)
    rows = desk.get("account/max-avail-size", instId=f"{SWAP},{INVERSE}", tdMode="cross")
    assert [row["availBuy"] for row in rows] == ["100000", "2"]


@pytest.mark.parametrize(
    ("level", "params", "code"),
    [
        ("1", {"instId": SWAP, "tdMode": "cross"}, "51010"),
        ("2", {"instId": SWAP, "tdMode": "cash"}, "51000"),
        ("2", {"instId": PAIR, "tdMode": "cross"}, "50014"),
        ("2", {"instId": "NOPE", "tdMode": "cross"}, "51001"),
        ("2", {"instId": SWAP}, "50014"),
        ("2", {"instId": ",".join([SWAP] * 6), "tdMode": "cross"}, "50025"),
        ("4", {"instId": SWAP, "tdMode": "cross"}, "59202"),
    ],
)
def test_maximum_size_of_an_illegal_order_is_refused(level: str, params: dict[str, str], code: str) -> None:
    """As the order itself would be, at the top level."""
    assert refused(open_desk(level=level), "account/max-size", "get", **params) == code


def test_withdrawal_is_what_nothing_holds() -> None:
    """Initial margin stays; a coin without a position may go."""
    desk = open_desk()
    desk.order(SWAP, "buy", "10", "50100")
    rows = {row["ccy"]: row["maxWd"] for row in desk.get("account/max-withdrawal")}
    assert rows["BTC"] == "2"
    assert Decimal(rows["USDT"]) < 100000 - 5000 / 3


LEVERAGE_REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("2", {"lever": "101"}, "59102"),
    ("2", {"lever": "0.5"}, "59105"),
    ("2", {"instId": OPTION}, "51000"),
    ("2", {"instId": PAIR, "lever": "11"}, "59102"),
    ("2", {"instId": "BTC-USDC"}, "54000"),
    ("2", {"instId": "", "ccy": "BTC"}, "51010"),
    ("2", {"instId": ""}, "50014"),
    ("1", {}, "51010"),
    ("3", {"instId": PAIR, "mgnMode": "isolated"}, "50072"),
    ("3", {"instId": "", "ccy": "NOPE"}, "51000"),
    ("3", {"instId": "", "ccy": "BTC", "lever": "50"}, "59102"),
    ("4", {}, "51039"),
]


@pytest.mark.parametrize(("level", "change", "code"), LEVERAGE_REFUSED)
def test_leverage_outside_its_scope_is_refused(level: str, change: dict[str, str], code: str) -> None:
    """And nothing of it is kept."""
    desk = open_desk(level=level)
    params = {"instId": SWAP, "lever": "10", "mgnMode": "cross", **change}
    assert refused(desk, "account/set-leverage", **params) == code
    assert desk.account.leverage(desk.account.instruments[SWAP], "cross", "net") == 3


def test_leverage_belongs_to_the_pair_in_futures_mode_and_to_the_currency_in_multi_currency_mode() -> None:
    """Both are read back where they were set."""
    futures, multi = open_desk(), open_desk(level="3")
    futures.post("account/set-leverage", instId=PAIR, lever="5", mgnMode="cross")
    assert [row["lever"] for row in futures.get("account/leverage-info", instId=PAIR, mgnMode="cross")] == ["5"]
    assert [row["lever"] for row in futures.get("account/leverage-info", instId=PAIR, mgnMode="isolated")] == ["3"]
    multi.post("account/set-leverage", ccy="BTC", lever="5", mgnMode="cross")
    rows = multi.get("account/leverage-info", ccy="BTC,USDT", mgnMode="cross")
    assert [(row["ccy"], row["lever"]) for row in rows] == [("BTC", "5"), ("USDT", "3")]


def test_leverage_cannot_change_under_pending_isolated_orders() -> None:
    """59101 for another leverage; the same one again changes nothing and is fine."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "49000", tdMode="isolated")
    assert refused(desk, "account/set-leverage", instId=SWAP, lever="10", mgnMode="isolated") == "59101"
    assert desk.post("account/set-leverage", instId=SWAP, lever="3", mgnMode="isolated")["lever"] == "3"
    assert desk.post("account/set-leverage", instId=SWAP, lever="10", mgnMode="cross")["lever"] == "10"


def test_lower_leverage_takes_margin_into_an_isolated_position_or_is_refused() -> None:
    """Half the leverage, twice the margin, with a bill; 59103 where it is not there."""
    desk = open_desk()
    desk.order(SWAP, "buy", "15", "50100", tdMode="isolated")
    before = Decimal(desk.position(SWAP)["margin"])
    desk.post("account/set-leverage", instId=SWAP, lever="1.5", mgnMode="isolated")
    assert Decimal(desk.position(SWAP)["margin"]) == before * 2
    assert desk.get("account/bills", type="6")[0]["posBalChg"] == str(before)
    poor = open_desk(usdt="2600")
    poor.order(SWAP, "buy", "15", "50100", tdMode="isolated")
    assert refused(poor, "account/set-leverage", instId=SWAP, lever="1", mgnMode="isolated") == "59103"
    assert poor.position(SWAP)["lever"] == "3"


def test_lower_leverage_of_a_cross_position_needs_margin_too() -> None:
    """59108."""
    desk = open_desk(usdt="17500")
    desk.order(SWAP, "buy", "100", "50100")
    assert refused(desk, "account/set-leverage", instId=SWAP, lever="1", mgnMode="cross") == "59108"


def test_position_larger_than_the_leverage_allows_is_refused() -> None:
    """51004 with the subCode of the cell; with less leverage the same order passes the tier."""
    desk = open_desk(usdt="1000000000")
    desk.post("account/set-leverage", instId=SWAP, lever="100", mgnMode="cross")
    size = str(desk.account.instruments[SWAP].max_mkt_sz)
    ack = desk.ack(SWAP, "buy", size, "50000")
    assert (ack["sCode"], ack["subCode"]) == ("51004", "1104")
    desk.post("account/set-leverage", instId=SWAP, lever="3", mgnMode="cross")
    assert desk.ack(SWAP, "buy", size, "49000")["sCode"] == "0"


def test_isolated_margin_is_added_and_taken_back() -> None:
    """With bills 160 and 161, and cash that moves the other way."""
    desk = open_desk()
    desk.order(SWAP, "buy", "100", "50000.2", tdMode="isolated")
    before, cash = Decimal(desk.position(SWAP)["margin"]), Decimal(desk.detail("USDT")["cashBal"])
    added = desk.post("account/position/margin-balance", instId=SWAP, posSide="net", type="add", amt="1000")
    assert (added["amt"], added["ccy"], added["type"]) == ("1000", "USDT", "add")
    assert Decimal(added["leverage"]) < 3
    assert Decimal(desk.position(SWAP)["margin"]) == before + 1000
    assert Decimal(desk.detail("USDT")["cashBal"]) == cash - 1000
    desk.post("account/position/margin-balance", instId=SWAP, posSide="net", type="reduce", amt="1000")
    assert Decimal(desk.position(SWAP)["margin"]) == before
    assert [row["subType"] for row in desk.get("account/bills", type="6")] == ["161", "160"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amt": "200000"}, "59301"),
        ({"amt": "0"}, "51000"),
        ({"type": "reduce", "amt": "16000"}, "59301"),
        ({"instId": INVERSE}, "59300"),
        ({"posSide": "long"}, "59300"),
        ({"posSide": ""}, "50014"),
        ({"type": "more"}, "51000"),
    ],
)
def test_margin_that_cannot_be_moved_is_refused(change: dict[str, str], code: str) -> None:
    """Beyond what there is, below what it needs, without a position, or malformed."""
    desk = open_desk()
    desk.order(SWAP, "buy", "100", "50000.2", tdMode="isolated")
    params = {"instId": SWAP, "posSide": "net", "type": "add", "amt": "1", **change}
    assert refused(desk, "account/position/margin-balance", **params) == code


def test_margin_stays_while_a_close_waits() -> None:
    """59302 for taking it out; adding is fine."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "50000.2", tdMode="isolated")
    desk.order(SWAP, "sell", "1", "51000", tdMode="isolated", reduceOnly="true")
    params = {"instId": SWAP, "posSide": "net", "amt": "1"}
    assert refused(desk, "account/position/margin-balance", type="reduce", **params) == "59302"
    assert desk.post("account/position/margin-balance", type="add", **params)["type"] == "add"


def test_ordinary_order_may_not_flip_what_a_reduce_only_order_waits_to_reduce() -> None:
    """51148; what fits beside it is accepted."""
    desk = open_desk()
    desk.order(SWAP, "buy", "2", "50100")
    desk.order(SWAP, "sell", "1", "51000", reduceOnly="true")
    assert desk.ack(SWAP, "sell", "1.5", "51000")["sCode"] == "51148"
    assert desk.ack(SWAP, "sell", "1", "51000")["sCode"] == "0"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_maker_of_the_rebate_level_is_paid_in_quote(side: str) -> None:
    """A positive fee on the fill; on a buy the order's rebate, because its fee may only be a charge."""
    desk = open_desk()
    desk.account.settings.fee_level = "VIP9"
    order = desk.order(PAIR, side, "1", "49900" if side == "buy" else "50100", tdMode="cash")
    desk.market.marks[PAIR] = Decimal(49800) if side == "buy" else Decimal(50200)
    desk.clock.ms += 1000
    order = desk.get("trade/order", instId=PAIR, ordId=order["ordId"])[0]
    (fill,) = desk.get("trade/fills")
    paid = Decimal("49900" if side == "buy" else "50100") * Decimal("0.00005")
    assert (Decimal(fill["fee"]), fill["feeCcy"], fill["feeRate"], fill["execType"]) == (paid, "USDT", "0.00005", "M")
    assert (Decimal(order["fee"]), Decimal(order["rebate"])) == ((0, paid) if side == "buy" else (paid, 0))
    assert desk.get("account/trade-fee", instType="SPOT")[0]["maker"] == "0.00005"
    changes = {row["ccy"]: Decimal(row["balChg"]) for row in desk.get("account/bills", type="2")}
    sign = -1 if side == "buy" else 1
    assert changes == {"BTC": -sign, "USDT": sign * Decimal("49900" if side == "buy" else "50100") + paid}


def test_fee_type_one_takes_every_spot_fee_in_quote() -> None:
    """A buy receives the whole base; the quote it needs includes the fee. Refused while spot orders rest (59678)."""
    desk = open_desk()
    resting = desk.order(PAIR, "buy", "0.1", "49000", tdMode="cash")
    assert refused(desk, "account/set-fee-type", feeType="1") == "59678"
    desk.post("trade/cancel-order", instId=PAIR, ordId=resting["ordId"])
    desk.post("account/set-fee-type", feeType="1")
    assert desk.get("account/config")[0]["feeType"] == "1"
    order = desk.order(PAIR, "buy", "1", "50100", tdMode="cash")
    assert (order["feeCcy"], order["fee"]) == ("USDT", "-50.0001")
    assert desk.detail("BTC")["cashBal"] == "3"


def test_fee_group_of_an_instrument_is_what_its_fills_are_charged() -> None:
    """AVAX-USDT is in a dearer group than BTC-USDT; the flat fields do not tell."""
    desk = open_desk()
    (row,) = desk.get("account/trade-fee", instType="SWAP", instId="AVAX-USDT-SWAP")
    assert row["feeGroup"] == [{"groupId": "5", "maker": "-0.0003", "taker": "-0.0006"}]
    assert row["taker"] == "-0.0005"
    assert refused(desk, "account/trade-fee", "get", instType="SWAP", groupId="77") == "51000"


def test_account_level_does_not_change_under_positions_or_orders() -> None:
    """The recorded 59000; an empty account switches, and portfolio margin forces net mode."""
    desk = open_desk(mode="long_short_mode")
    order = desk.order(SWAP, "buy", "1", "49000", posSide="long")
    assert refused(desk, "account/set-account-level", acctLv="3") == "59000"
    desk.post("trade/cancel-order", instId=SWAP, ordId=order["ordId"])
    assert desk.post("account/set-account-level", acctLv="4") == {"acctLv": "4"}
    config = desk.get("account/config")[0]
    assert (config["acctLv"], config["posMode"]) == ("4", "net_mode")
    assert refused(desk, "account/set-position-mode", posMode="long_short_mode") == "51041"
    assert refused(desk, "account/set-account-level", acctLv="5") == "51000"


def test_preset_and_precheck_carry_cross_positions_to_another_level() -> None:
    """2 to 3 as they are; 4 to 2 only with a leverage that their size allows."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "50100")
    desk.post("account/account-level-switch-preset", acctLv="3")
    (check,) = desk.get("account/set-account-switch-precheck", acctLv="3")
    assert (check["sCode"], check["curAcctLv"], check["mgnBf"]["acctAvailEq"]) == ("0", "2", "")
    desk.post("account/set-account-level", acctLv="3")
    desk.post("account/account-level-switch-preset", acctLv="4")
    desk.post("account/set-account-level", acctLv="4")
    (check,) = desk.get("account/set-account-switch-precheck", acctLv="2")
    assert check["sCode"] == "3"
    assert refused(desk, "account/account-level-switch-preset", acctLv="2") == "50014"
    desk.post("account/account-level-switch-preset", acctLv="2", lever="10")
    desk.post("account/set-account-level", acctLv="2")
    assert desk.position(SWAP)["lever"] == "10"


def test_precheck_names_what_does_not_match() -> None:
    """Two-sided positions stand against portfolio margin, all positions against spot mode."""
    desk = open_desk(mode="long_short_mode")
    desk.order(SWAP, "buy", "1", "50100", posSide="long")
    for level, kind in (("4", "contract_long_short"), ("1", "all_positions")):
        (check,) = desk.get("account/set-account-switch-precheck", acctLv=level)
        assert check["sCode"] == "1"
        assert [one["type"] for one in check["unmatchedInfoCheck"]] == [kind]
        assert check["unmatchedInfoCheck"][0]["posList"] == [desk.position(SWAP)["posId"]]
        assert check["mgnAft"] is None
    desk.post("account/account-level-switch-preset", acctLv="4")
    assert refused(desk, "account/set-account-level", acctLv="4") == "59134"


@pytest.mark.parametrize(
    ("level", "path", "params", "answer"),
    [
        ("2", "set-greeks", {"greeksType": "BS"}, {"greeksType": "BS"}),
        (
            "2",
            "set-isolated-mode",
            {"type": "MARGIN", "isoMode": "auto_transfers_ccy"},
            {"isoMode": "auto_transfers_ccy"},
        ),
        ("3", "set-auto-loan", {"autoLoan": "true"}, {"autoLoan": True}),
        ("3", "set-trading-config", {"type": "stgyType", "stgyType": "0"}, {"type": "stgyType", "stgyType": "0"}),
        ("2", "set-auto-loan", {"autoLoan": "true"}, "54001"),
        ("2", "set-auto-repay", {"autoRepay": "true"}, "51010"),
        ("2", "set-trading-config", {"type": "stgyType", "stgyType": "1"}, "59520"),
        ("2", "set-isolated-mode", {"type": "CONTRACTS", "isoMode": "autonomy"}, "51000"),
    ],
)
def test_setting_is_kept_or_refused(
    level: str, path: str, params: dict[str, str], answer: dict[str, object] | str
) -> None:
    """Each answers with what it set."""
    desk = open_desk(level=level)
    if isinstance(answer, str):
        assert refused(desk, f"account/{path}", **params) == answer
    else:
        assert desk.post(f"account/{path}", **params) == answer


def test_collateral_that_is_switched_off_no_longer_counts() -> None:
    """DisEq and adjEq lose it; eq does not."""
    desk = open_desk(level="3")
    before = Decimal(desk.get("account/balance")[0]["adjEq"])
    desk.post("account/set-collateral-assets", type="custom", ccyList="BTC", collateralEnabled="false")
    row = desk.get("account/balance")[0]
    assert Decimal(row["adjEq"]) == before - 100000
    detail = desk.detail("BTC")
    assert (detail["disEq"], detail["eqUsd"], detail["collateralEnabled"]) == ("0", "100000", False)


def test_position_risk_shows_equity_and_positions_of_one_moment() -> None:
    """Every currency held, every open position."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "50100")
    (row,) = desk.get("account/account-position-risk")
    assert [one["ccy"] for one in row["balData"]] == ["BTC", "ETH", "USDT"]
    assert [(one["instId"], one["pos"], one["notionalUsd"]) for one in row["posData"]] == [(SWAP, "1", "500")]
