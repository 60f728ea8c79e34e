"""Every cell of the legal matrix against a table written from OKX's documentation, not from the venue's code."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from dualwitness.venues.sim.engine.checks import check_order
from dualwitness.venues.sim.engine.margin_pairs import as_traded
from dualwitness.venues.sim.engine.request import read_request
from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import Desk, open_desk

INSTRUMENTS = {
    "pair": ("BTC-USDT", "49000"),
    "unlent pair": ("BTC-USDC", "49000"),
    "swap": ("BTC-USDT-SWAP", "49000"),
    "future": ("BTC-USD-270326", "49000"),
    "option": ("BTC-USD-270326-60000-C", "0.05"),
}
MODES = ("cash", "cross", "isolated")
SIDES = ("", "net", "long", "short")
CURRENCIES = ("", "BTC", "USDT", "ETH")
TARGETS = ("", "base_ccy", "quote_ccy")

# acctLv, kind of instrument, tdMode -> what the order becomes, or the refusal. OKX docs v5 and okx-v5-facts section 5.
MATRIX = {
    ("1", "pair"): {"cash": "spot", "cross": "51010", "isolated": "51010"},
    ("1", "contract"): {"cash": "51010", "cross": "51010", "isolated": "51010"},
    ("1", "option"): {"cash": "bought", "cross": "51010", "isolated": "51010"},
    ("2", "pair"): {"cash": "spot", "cross": "margin", "isolated": "margin"},
    ("2", "contract"): {"cash": "51000 tdMode", "cross": "contract", "isolated": "contract"},
    ("2", "option"): {"cash": "51000 tdMode", "cross": "option", "isolated": "option"},
    ("3", "pair"): {"cash": "51000 tdMode", "cross": "spot", "isolated": "50072"},
    ("3", "contract"): {"cash": "51000 tdMode", "cross": "contract", "isolated": "contract"},
    ("3", "option"): {"cash": "51000 tdMode", "cross": "option", "isolated": "option"},
    ("4", "pair"): {"cash": "51000 tdMode", "cross": "spot", "isolated": "50072"},
    ("4", "contract"): {"cash": "51000 tdMode", "cross": "contract", "isolated": "51010"},
    ("4", "option"): {"cash": "51000 tdMode", "cross": "option", "isolated": "51010"},
}
SPOT_REDUCTION = {"1": "51139", "2": "51205", "3": "51133", "4": "51205"}


def expected(level: str, mode: str, hedged: bool, cell: tuple[str, str, str, str, bool]) -> str:
    """The code, with the parameter's name where it is 51000, or "0"; from the table above."""
    kind, side, ccy, target, reduces = cell
    row = {"unlent pair": "pair", "swap": "contract", "future": "contract"}.get(kind, kind)
    if target and row != "pair":
        return "59110"
    meaning = MATRIX[level, row][mode]
    if meaning[0].isdigit():
        return meaning
    if meaning == "margin":
        problem = margin_problem(kind, mode, ccy)
        if problem:
            return problem
    sided = side in ("long", "short")
    if level == "4" and row == "contract" and sided:
        return "51041"
    if sided != (hedged and row == "contract"):
        return "51000 posSide"
    if meaning == "margin" and target:
        return "59110"
    if not reduces or sided:
        return "0" if not sided or side == "long" else "51169"
    # Nothing is held, so a legal reduce-only order still has nothing to reduce.
    if meaning == "spot":
        return SPOT_REDUCTION[level]
    if row == "option" or level == "4":
        return "51205"
    return "51134" if meaning == "margin" else "51169"


def margin_problem(kind: str, mode: str, ccy: str) -> str:
    """What is wrong with the margin currency of a MARGIN order on BTC-USDT; "" for nothing."""
    if mode == "cross" and not ccy:
        return "50014"
    if kind == "unlent pair":
        return "54000"
    return "" if ccy in ("", "BTC", "USDT") else "51130"


def answered(desk: Desk, mode: str, cell: tuple[str, str, str, str, bool]) -> str:
    """The code a buy order of that cell is judged with."""
    kind, side, ccy, target, reduces = cell
    inst_id, px = INSTRUMENTS[kind]
    params = {
        "instId": inst_id,
        "tdMode": mode,
        "side": "buy",
        "posSide": side,
        "ordType": "limit",
        "sz": "1" if kind == "option" else "0.1",
        "px": px,
        "ccy": ccy,
        "tgtCcy": target,
        "reduceOnly": "true" if reduces else "",
    }
    try:
        check_order(desk.account, as_traded(desk.account, read_request(params, desk.account.instruments)))
    except Refusal as raised:
        refusal = raised
    else:
        return "0"
    # Refused in the order's own row, with the trailing space of OKX's texts.
    assert (refusal.per_row, refusal.http_status, refusal.msg[-1]) == (True, 200, " ")
    return f"51000 {refusal.msg.split()[1]}" if refusal.code == "51000" else refusal.code


CUBE = tuple(product(INSTRUMENTS, SIDES, CURRENCIES, TARGETS, (False, True)))


@pytest.mark.parametrize(
    ("level", "hedged"),
    [("1", False), ("1", True), ("2", False), ("2", True), ("3", False), ("3", True), ("4", False)],
)
@pytest.mark.parametrize("mode", MODES)
def test_every_cell_of_the_legal_matrix_is_answered_as_the_table_says(level: str, hedged: bool, mode: str) -> None:
    """480 cells for each account level, position mode and tdMode: 10,080 orders in all."""
    desk = open_desk(level=level, mode="long_short_mode" if hedged else "net_mode")
    desk.account.deposit("USDC", desk.account.cash["USDT"], desk.clock.ms)
    codes: Counter[str] = Counter()
    for cell in CUBE:
        wanted, was = expected(level, mode, hedged, cell), answered(desk, mode, cell)
        assert was == wanted, (level, mode, hedged, cell)
        codes[was] += 1
    assert sum(codes.values()) == len(CUBE) == 480
    assert not list(desk.account.orders)


def test_isolated_contracts_are_a_capability_of_the_account() -> None:
    """Taken from level 2 and given to level 4, the same orders are judged the other way round."""
    cell = ("swap", "", "", "", False)
    for level, before, after in (("2", "0", "51010"), ("4", "51010", "0")):
        desk = open_desk(level=level)
        assert answered(desk, "isolated", cell) == before
        desk.account.settings.isolated_levels = frozenset("4")
        assert answered(desk, "isolated", cell) == after


@pytest.mark.parametrize(
    ("level", "mode", "ccy", "inst_type"),
    [
        ("2", "cash", "", "SPOT"),
        ("2", "cross", "USDT", "MARGIN"),
        ("2", "isolated", "", "MARGIN"),
        ("3", "cross", "", "SPOT"),
    ],
)
def test_the_same_pair_is_spot_or_margin_by_trade_mode(level: str, mode: str, ccy: str, inst_type: str) -> None:
    """There is no MARGIN instId: orders, and their fills, carry the type their tdMode makes of them."""
    desk = open_desk(level=level)
    order = desk.order("BTC-USDT", "buy", "0.1", "50100", tdMode=mode, ccy=ccy)
    (fill,) = desk.get("trade/fills")
    assert (order["instType"], fill["instType"]) == (inst_type, inst_type)
    assert order["lever"] == ("3" if inst_type == "MARGIN" else "")


def test_spot_mode_buys_options_and_never_sells_them_short() -> None:
    """51018 for what would be a short one; what was bought may be sold, and is listed as isolated."""
    desk = open_desk(level="1")
    option, px = INSTRUMENTS["option"]
    assert desk.ack(option, "sell", "1", px, tdMode="cash")["sCode"] == "51018"
    desk.order(option, "buy", "2", "0.0502", tdMode="cash")
    row = desk.position(option)
    assert (row["pos"], row["mgnMode"], row["margin"]) == ("2", "isolated", "")
    assert desk.ack(option, "sell", "2", "0.0499", tdMode="cash")["sCode"] == "0"
    assert desk.ack(option, "sell", "1", px, tdMode="cash")["sCode"] == "51018"
