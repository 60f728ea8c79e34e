"""Every field of an account answer, by endpoint, account level and type, against answers OKX gave or documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.venues.sim.engine.interest import accrue_interest
from tests.support.engine_desk import Desk, open_desk
from tests.support.shared import require_shared

PAIR, SWAP, FUTURE, OPTION = "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-270326", "BTC-USD-270326-60000-C"
NEWEST_POSITION = "ccxt/account_positions/fetchPosition_inverse_cross_hedge_long.json"
NEWEST_BALANCE = "ccxt/account_balance/fetchBalance_trading_13ccy_b.json"
NEWEST_TOTALS = "python_okx_notebook/account_balance/get_account_balance_2026_03.json"


def recorded(path: str) -> dict[str, Any]:
    """The first row of an answer in the collection."""
    text = (require_shared() / "okx-payloads" / path).read_text(encoding="utf-8")
    row = json.loads(text)["data"][0]
    assert isinstance(row, dict)
    return row


@pytest.fixture(scope="module")
def futures() -> Desk:
    """Account level 2 with every kind of position."""
    desk = open_desk()
    desk.order(PAIR, "buy", "0.1", "50100", tdMode="isolated", ccy="USDT")
    desk.order("ETH-USDT", "sell", "1", "2490", tdMode="cross", ccy="USDT")
    desk.order(SWAP, "buy", "1", "50100")
    desk.order(FUTURE, "sell", "1", "49900", tdMode="isolated")
    desk.order(OPTION, "buy", "1", "0.0502")
    desk.order("BTC-USD-270326-60000-P", "sell", "1", "0.0498")
    accrue_interest(desk.account, desk.clock.ms)
    return desk


@pytest.fixture(scope="module")
def spot() -> Desk:
    """Account level 1 with borrowing, where something was borrowed."""
    desk = open_desk(level="1")
    desk.account.settings.spot_borrow = True
    desk.post("account/spot-manual-borrow-repay", ccy="USDT", side="borrow", amt="1")
    return desk


def test_positions_of_every_type_have_the_newest_recorded_fields(futures: Desk) -> None:
    """The same keys on MARGIN, swaps, futures and options, strings everywhere but closeOrderAlgo."""
    known = recorded(NEWEST_POSITION)
    rows = futures.get("account/positions")
    assert {row["instType"] for row in rows} == {"MARGIN", "SWAP", "FUTURES", "OPTION"}
    for row in rows:
        assert list(row) == sorted(known)
        assert {key: type(value) for key, value in row.items()} == {key: type(known[key]) for key in row}


def test_position_fields_are_blank_where_they_do_not_apply(futures: Desk) -> None:
    """Margin belongs to isolated, imr to cross, liabilities to MARGIN, optVal to options (okx-v5-facts section 9)."""
    for row in futures.get("account/positions"):
        margin, option = row["instType"] == "MARGIN", row["instType"] == "OPTION"
        assert (row["margin"] == "") == (row["mgnMode"] == "cross")
        assert (row["imr"] == "") == (row["mgnMode"] == "isolated")
        assert all((row[name] != "") == margin for name in ("posCcy", "liab", "liabCcy", "interest"))
        assert (row["optVal"] != "") == option
        assert (row["lever"] == "") == option
        assert (row["availPos"] != "") == (margin or option)


# okx-v5-facts section 10: which totals and details are filled at which account level.
TOTALS = {
    "1": {"totalEq", "uTime", "details"},
    "2": {"totalEq", "uTime", "details", "isoEq"},
    "3": {"adjEq", "availEq", "borrowFroz", "details", "imr", "isoEq", "mmr", "notionalUsd", "ordFroz", "totalEq"}
    | {"uTime", "upl", "notionalUsdForBorrow", "notionalUsdForFutures", "notionalUsdForOption", "notionalUsdForSwap"},
}
DETAILS = {
    "1": set[str](),
    "2": {"availEq", "isoEq", "isoUpl", "upl"},
    "3": {"availEq", "borrowFroz", "crossLiab", "disEq", "interest", "isoEq", "isoLiab", "isoUpl", "liab", "maxLoan"}
    | {"twap", "upl", "uplLiab"},
}
ALWAYS = {
    *("availBal", "cashBal", "ccy", "collateralEnabled", "collateralRestrict", "eq", "eqUsd", "frozenBal", "ordFrozen"),
    *("colBorrAutoConversion", "fixedBal", "rewardBal", "smtSyncEq", "spotBal", "spotCopyTradingEq", "spotIsoBal"),
    *("stgyEq", "uTime"),
}


@pytest.mark.parametrize("level", ["1", "2", "3", "4"])
def test_balance_fills_what_the_account_level_knows(level: str) -> None:
    """All keys are always there; the others are blank."""
    row = open_desk(level=level).get("account/balance")[0]
    pattern = "3" if level == "4" else level
    assert set(row) == set(recorded(NEWEST_TOTALS))
    assert {key for key, value in row.items() if value != ""} == TOTALS[pattern]
    for detail in row["details"]:
        known = recorded(NEWEST_BALANCE)["details"][0]
        assert {key: type(value) for key, value in detail.items()} == {key: type(known[key]) for key in known}
        assert {key for key, value in detail.items() if value != ""} == ALWAYS | DETAILS[pattern]


def test_balance_of_spot_mode_with_borrowing_knows_its_debts(spot: Desk) -> None:
    """Adjusted equity, margin ratio and liabilities, as the table says of level 1 with borrowing."""
    row = spot.get("account/balance")[0]
    assert all(row[name] != "" for name in ("adjEq", "imr", "mmr", "mgnRatio", "notionalUsd", "borrowFroz"))
    assert row["availEq"] == ""
    assert row["upl"] == ""
    assert spot.detail("USDT")["liab"] == "1"


ANSWERS: list[tuple[str, dict[str, str], str, set[str]]] = [
    ("account/account-position-risk", {}, "jkorf/account_account-position-risk/GetAccountPositionRisk.json", set()),
    (
        "account/adjust-leverage-info",
        {"instType": "SWAP", "instId": SWAP, "mgnMode": "cross", "lever": "3"},
        "",
        {"estAvailQuoteTrans", "estAvailTrans", "estLiqPx", "estMaxAmt", "estMgn", "estQuoteMaxAmt", "estQuoteMgn"}
        | {"existOrd", "maxLever", "minLever"},
    ),
    ("account/bills", {}, "ccxt/account_bills/fetchLedger_spot_trade.json", set()),
    ("account/bills-archive", {}, "ccxt/account_bills-archive/fetchTransfers_bill_transfer_in.json", set()),
    ("account/config", {}, "python_okx_notebook/account_config/get_account_config_2026_03.json", set()),
    ("account/greeks", {}, "jkorf/account_greeks/GetGreeks.json", set()),
    (
        "account/interest-accrued",
        {},
        "jkorf/account_interest-accrued/GetInterestAccrued.json",
        {"interestFreeLiab", "totalLiab"},
    ),
    ("account/interest-limits", {}, "jkorf/account_interest-limits/GetBorrowInterestLimit.json", {"loanAlloc"}),
    ("account/interest-rate", {"ccy": "USDC"}, "ccxt/account_interest-rate/fetchCrossBorrowRate.json", set()),
    (
        "account/leverage-info",
        {"instId": SWAP, "mgnMode": "cross"},
        "pyted/account_leverage-info/nb1.4_c28_get_leverage_info.json",
        {"ccy"},
    ),
    (
        "account/max-avail-size",
        {"instId": PAIR, "tdMode": "cash"},
        "python_okx_notebook/account_max-avail-size/get_max_avail_size_2026_03.json",
        set(),
    ),
    (
        "account/max-loan",
        {"instId": PAIR, "mgnMode": "isolated"},
        "jkorf/account_max-loan/GetMaximumLoanAmount.json",
        set(),
    ),
    (
        "account/max-size",
        {"instId": PAIR, "tdMode": "cash"},
        "pyted/account_max-size/nb1.4_c15_get_max_size.json",
        set(),
    ),
    (
        "account/set-account-switch-precheck",
        {"acctLv": "3"},
        "jkorf/account_set-account-switch-precheck/PrecheckAccountModeSwitchAsync.json",
        set(),
    ),
    ("account/trade-fee", {"instType": "SPOT"}, "jkorf/account_trade-fee/GetFeeRates.json", {"feeGroup", "ruleType"}),
]


@pytest.mark.parametrize(("path", "params", "file", "newer"), ANSWERS)
def test_account_answer_has_the_known_fields_and_types(
    futures: Desk, path: str, params: dict[str, str], file: str, newer: set[str]
) -> None:
    """Every known key with its JSON type; beyond them only what OKX documents today."""
    row = futures.get(path, **params)[0]
    known = recorded(file) if file else {}
    assert set(known) - set(row) == set()
    assert set(row) - set(known) == newer
    nullable = ("mgnAft", "mgnBf")
    assert {key for key in known if key not in nullable and type(row[key]) is not type(known[key])} == set()
    assert list(row) == sorted(row)


POSTS = [
    (
        "account-level-switch-preset",
        {"acctLv": "3"},
        "jkorf/post_account_account-level-switch-preset/PresetAccountModeSwitch.json",
    ),
    ("set-greeks", {"greeksType": "PA"}, "jkorf/post_account_set-greeks/SetGreeks.json"),
    (
        "set-isolated-mode",
        {"isoMode": "automatic", "type": "MARGIN"},
        "jkorf/post_account_set-isolated-mode/SetIsolatedMarginMode.json",
    ),
    (
        "position/margin-balance",
        {"instId": FUTURE, "posSide": "net", "type": "add", "amt": "0.0001"},
        "jkorf/post_account_position_margin-balance/SetMarginAmount.json",
    ),
    (
        "set-trading-config",
        {"type": "stgyType", "stgyType": "0"},
        "burakoner_manual/post_account_set-trading-config/set-trading-config.json",
    ),
]


@pytest.mark.parametrize(("path", "params", "file"), POSTS)
def test_account_setting_answers_with_the_known_fields(
    futures: Desk, path: str, params: dict[str, str], file: str
) -> None:
    """What was set is told in OKX's own keys and types."""
    row, known = futures.post(f"account/{path}", **params), recorded(file)
    assert {key: type(value) for key, value in row.items()} == {key: type(value) for key, value in known.items()}


def test_spot_borrowing_answers_with_the_known_fields(spot: Desk) -> None:
    """The order of borrowing, its history, and the automatic repayment."""
    cases = [
        (
            spot.get("account/spot-borrow-repay-history")[0],
            "account_spot-borrow-repay-history/GetBorrowRepayHistory.json",
        ),
        (spot.post("account/set-auto-repay", autoRepay="true"), "post_account_set-auto-repay/SetAutoRepay.json"),
        (
            spot.post("account/spot-manual-borrow-repay", ccy="USDT", side="borrow", amt="1"),
            "post_account_spot-manual-borrow-repay/ManualBorrowRepay.json",
        ),
    ]
    for row, file in cases:
        known = recorded(f"jkorf/{file}")
        assert {key: type(value) for key, value in row.items()} == {key: type(value) for key, value in known.items()}
