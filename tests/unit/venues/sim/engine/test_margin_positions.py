"""MARGIN positions as a client sees them: rows, bills, refusals, interest, and borrowing where cash goes below zero."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from dualwitness.venues.sim.engine.borrowing import hourly_rate
from dualwitness.venues.sim.engine.interest import accrue_interest, owes_anything
from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import Desk, open_desk

PAIR, SWAP = "BTC-USDT", "BTC-USDT-SWAP"


def borrow(desk: Desk, side: str, sz: str, mode: str = "isolated", ccy: str = "USDT", **more: str) -> dict[str, object]:
    """A MARGIN order that fills at once."""
    px = "50500" if side == "buy" else "49500"
    return desk.order(PAIR, side, sz, px, tdMode=mode, ccy=ccy, **more)


def bills_explain_the_cash(desk: Desk) -> bool:
    """Whether the bills of each currency sum to its cash."""
    sums: dict[str, Decimal] = {}
    for bill in desk.account.bills:
        sums[bill.ccy] = sums.get(bill.ccy, Decimal(0)) + bill.change
    return sums == desk.account.cash


def total(desk: Desk) -> Decimal:
    """Equity in dollars."""
    return Decimal(desk.get("account/balance")[0]["totalEq"])


def test_isolated_long_is_listed_in_base_with_its_debt_in_quote() -> None:
    """The fee comes off what was bought, the debt is the whole cost, the margin a third of it."""
    desk = open_desk()
    borrow(desk, "buy", "1")
    row = desk.position(PAIR)
    shown = {name: row[name] for name in ("instType", "pos", "posCcy", "liab", "liabCcy", "ccy", "margin", "posSide")}
    assert shown == {
        "instType": "MARGIN",
        "pos": "0.999",
        "posCcy": "BTC",
        "liab": "-50000.1",
        "liabCcy": "USDT",
        "ccy": "USDT",
        "margin": "16666.7",
        "posSide": "net",
    }
    assert (row["availPos"], row["avgPx"], row["upl"]) == ("0.999", "50000.1", "-50.1")
    assert (row["fee"], row["realizedPnl"], row["imr"], row["lever"]) == ("", "", "", "3")
    assert total(desk) == Decimal(250000) - Decimal("50.1")


def test_isolated_short_holds_its_margin_where_that_is_quote() -> None:
    """Proceeds net of fee plus the margin: the rule of the captured position."""
    desk = open_desk()
    borrow(desk, "sell", "1")
    row = desk.position(PAIR)
    assert row["pos"] == "66616.5334333333333333"
    assert (row["posCcy"], row["liab"], row["liabCcy"]) == ("USDT", "-1", "BTC")


def test_cross_position_needs_margin_of_its_currency_and_keeps_it_in_cash() -> None:
    """Nothing leaves cash; the initial margin is held back in the balance."""
    desk = open_desk()
    borrow(desk, "buy", "1", "cross")
    row, detail = desk.position(PAIR), desk.detail("USDT")
    assert (row["margin"], row["imr"]) == ("", "16666.7")
    assert (detail["cashBal"], detail["imr"], detail["upl"]) == ("100000", "16666.7", "-50.1")
    assert Decimal(detail["availBal"]) == Decimal(100000) - Decimal("50.1") - Decimal("16666.7")


def test_positions_of_two_margin_currencies_stand_side_by_side() -> None:
    """PosId is made from the currency too."""
    desk = open_desk()
    for ccy in ("USDT", "BTC"):
        borrow(desk, "buy", "0.5", "cross", ccy)
    rows = desk.get("account/positions", instType="MARGIN")
    assert {row["ccy"] for row in rows} == {"USDT", "BTC"}
    assert len({row["posId"] for row in rows}) == 2


@pytest.mark.parametrize("ccy", ["USDT", "BTC"])
@pytest.mark.parametrize("mode", ["cross", "isolated"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_close_position_leaves_nothing_and_bills_that_explain_the_cash(side: str, mode: str, ccy: str) -> None:
    """Whatever the direction, the mode and the margin currency, at another price than it was opened."""
    desk = open_desk()
    borrow(desk, side, "1", mode, ccy)
    known, opened = desk.position(PAIR)["posId"], total(desk)
    desk.market.marks[PAIR] = Decimal(51000)
    desk.post("trade/close-position", instId=PAIR, mgnMode=mode, ccy=ccy)
    assert desk.get("account/positions") == []
    assert bills_explain_the_cash(desk)
    assert set(desk.account.cash) == {"BTC", "ETH", "USDT"}
    (closed,) = desk.get("account/positions-history")
    assert (closed["posId"], closed["type"], closed["instType"], closed["ccy"]) == (known, "2", "MARGIN", ccy)
    assert (Decimal(closed["pnl"]) > 0) == (side == "buy")
    assert (total(desk) > opened) == (side == "buy")


def test_market_buy_of_a_short_counts_in_quote() -> None:
    """MARGIN market orders have no tgtCcy: a buy is quote currency (okx-v5-facts section 6)."""
    desk = open_desk()
    order = desk.order(PAIR, "buy", "20000", tdMode="cross", ccy="USDT")
    assert Decimal(order["accFillSz"]) < 1
    assert desk.ack(PAIR, "buy", "20000", tdMode="cross", ccy="USDT", tgtCcy="quote_ccy")["sCode"] == "59110"


REFUSED: list[tuple[Mapping[str, str], str]] = [
    ({"ccy": ""}, "50014"),
    ({"ccy": "ETH"}, "51130"),
    ({"sz": "10"}, "51008"),
    ({"reduceOnly": "true"}, "51170"),
    ({"reduceOnly": "true", "side": "sell", "ccy": "BTC"}, "51134"),
    ({"posSide": "long"}, "51000"),
    ({"sz": "90"}, "51004"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_margin_order_that_is_not_legal_is_refused_in_its_row(change: Mapping[str, str], code: str) -> None:
    """The same order without the change is accepted."""
    desk = open_desk(usdt="150000")
    borrow(desk, "buy", "0.1", "cross")
    good = {
        "instId": PAIR,
        "tdMode": "cross",
        "ccy": "USDT",
        "side": "buy",
        "ordType": "limit",
        "px": "49000",
        "sz": "1",
    }
    ack = desk.post("trade/order", **{**good, **change})
    assert (ack["sCode"], ack["ordId"]) == (code, "")
    assert desk.post("trade/order", **good)["sCode"] == "0"


def test_insufficient_margin_has_its_sub_code() -> None:
    """51008 names what is missing in words and in subCode."""
    ack = open_desk().ack(PAIR, "buy", "7", "49000", tdMode="cross", ccy="USDT")
    assert (ack["sCode"], ack["subCode"]) == ("51008", "1001")
    assert ack["sMsg"] == "Order failed. Insufficient USDT margin in account. "


def test_resting_margin_order_holds_its_margin() -> None:
    """A third of its value in the margin currency; nothing once it is canceled."""
    desk = open_desk()
    order = desk.order(PAIR, "buy", "1", "45000", tdMode="isolated", ccy="USDT")
    assert desk.detail("USDT")["ordFrozen"] == "15000"
    desk.post("trade/cancel-order", instId=PAIR, ordId=order["ordId"])
    assert desk.detail("USDT")["ordFrozen"] == "0"


def test_bills_of_a_margin_trade_tell_of_trade_margin_and_loan() -> None:
    """Trade in both currencies, margin moved in, and what was borrowed."""
    desk = open_desk()
    borrow(desk, "buy", "1")
    rows = [row for row in desk.get("account/bills") if row["type"] != "1"]
    assert sorted((row["type"], row["subType"], row["ccy"], row["mgnMode"]) for row in rows) == [
        ("16", "307", "USDT", "isolated"),
        ("2", "1", "BTC", "isolated"),
        ("2", "2", "USDT", "isolated"),
        ("6", "332", "USDT", "isolated"),
    ]
    assert {row["instType"] for row in rows} == {"MARGIN"}
    assert {row["ccy"]: Decimal(row["balChg"]) for row in rows if Decimal(row["balChg"])} == {
        "USDT": Decimal("-16666.7")
    }


def test_interest_waits_in_the_position_and_is_repaid_first() -> None:
    """Two hours on the whole debt, the second on the first one's interest too."""
    desk = open_desk()
    assert not owes_anything(desk.account)
    borrow(desk, "buy", "1", "cross")
    assert owes_anything(desk.account)
    for hour in (1, 2):
        accrue_interest(desk.account, desk.clock.ms + hour * 3_600_000)
    rate, debt = hourly_rate("USDT"), Decimal("50000.1")
    wanted = debt * rate + (debt + debt * rate) * rate
    assert abs(Decimal(desk.position(PAIR)["interest"]) - wanted) < Decimal("1E-14")
    assert [row["ccy"] for row in desk.get("account/interest-accrued")] == ["USDT", "USDT"]
    assert desk.get("account/interest-limits", ccy="USDT")[0]["records"][0]["usedLmt"] == plain_owed(desk)
    desk.post("trade/close-position", instId=PAIR, mgnMode="cross", ccy="USDT")
    assert bills_explain_the_cash(desk)


def plain_owed(desk: Desk) -> str:
    """The position's liability without its sign."""
    return str(desk.position(PAIR)["liab"]).removeprefix("-")


@pytest.mark.parametrize(("auto_loan", "code"), [(False, "51008"), (True, "0")])
def test_multi_currency_spot_order_borrows_only_where_auto_loan_is_on(auto_loan: bool, code: str) -> None:
    """Selling 3 BTC of 2: refused with the subCode for auto-borrow, or one is owed."""
    desk = open_desk(level="3")
    desk.post("account/set-auto-loan", autoLoan="true" if auto_loan else "false")
    ack = desk.ack(PAIR, "sell", "3", "49500", tdMode="cross")
    assert (ack["sCode"], ack["subCode"]) == (code, "" if auto_loan else "1002")
    detail = desk.detail("BTC")
    assert (detail["cashBal"], detail["liab"]) == (("-1", "1") if auto_loan else ("2", "0"))
    assert desk.get("account/positions") == []
    assert bills_explain_the_cash(desk)


def test_negative_cash_pays_interest_every_hour() -> None:
    """A bill of type 7; the liability in the balance grows by it."""
    desk = open_desk(level="3")
    desk.post("account/set-auto-loan", autoLoan="true")
    desk.order(PAIR, "sell", "3", "49500", tdMode="cross")
    accrue_interest(desk.account, desk.clock.ms)
    (bill,) = (row for row in desk.get("account/bills") if row["type"] == "7")
    assert Decimal(bill["balChg"]) == -hourly_rate("BTC")
    assert Decimal(desk.detail("BTC")["liab"]) == 1 + hourly_rate("BTC")
    assert bills_explain_the_cash(desk)


def test_spot_mode_borrows_by_hand_only_where_it_is_enabled() -> None:
    """51010 without; then equity stays as it was and the debt can be repaid."""
    desk = open_desk(level="1")
    with pytest.raises(Refusal) as caught:
        desk.post("account/spot-manual-borrow-repay", ccy="USDT", side="borrow", amt="100")
    assert caught.value.code == "51010"
    desk.account.settings.spot_borrow = True
    before = total(desk)
    desk.post("account/spot-manual-borrow-repay", ccy="USDT", side="borrow", amt="100")
    detail = desk.detail("USDT")
    assert (detail["cashBal"], detail["liab"], detail["eq"]) == ("100100", "100", "100000")
    assert total(desk) == before
    repaid = desk.post("account/spot-manual-borrow-repay", ccy="USDT", side="repay", amt="500")
    assert repaid["amt"] == "100"
    rows = desk.get("account/spot-borrow-repay-history")
    assert {(row["type"], row["amt"], row["accBorrowed"]) for row in rows} == {
        ("manual_borrow", "100", "100"),
        ("manual_repay", "100", "0"),
    }
    with pytest.raises(Refusal) as caught:
        desk.post("account/spot-manual-borrow-repay", ccy="USDT", side="repay", amt="1")
    assert caught.value.code == "59413"
    assert bills_explain_the_cash(desk)


def test_swap_margin_may_be_any_currency_where_auto_loan_is_on() -> None:
    """Multi-currency margin counts BTC for a swap that settles in USDT."""
    for auto_loan, code in (("false", "51008"), ("true", "0")):
        desk = open_desk(level="3", usdt="100")
        desk.post("account/set-auto-loan", autoLoan=auto_loan)
        assert desk.ack(SWAP, "buy", "100", "49000")["sCode"] == code
