"""What the queries show: pages, windows, filters, settings, balances."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.engine.paging import page
from tests.support.engine_desk import START_MS, open_desk

SWAP, PAIR = "BTC-USDT-SWAP", "BTC-USDT"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"limit": "3"}, [10, 9, 8]),
        ({"after": "6", "limit": "3"}, [5, 4, 3]),
        ({"before": "6", "limit": "3"}, [9, 8, 7]),
        ({"before": "2", "after": "9", "limit": "3"}, [8, 7, 6]),
        ({"begin": "60", "limit": "3"}, [8, 7, 6]),
        ({"begin": "60", "end": "80"}, [8, 7, 6]),
        ({"begin": "30", "end": "80", "limit": "2"}, [8, 7]),
    ],
)
def test_page_follows_okx_cursor_rules(params: dict[str, str], expected: list[int]) -> None:
    """Exclusive cursors, inclusive times, the page nearest to what was asked for."""
    assert page(range(1, 11), params, cursor=int, time_ms=lambda row: row * 10) == expected


def test_page_of_fills_by_begin_alone_is_the_newest() -> None:
    """OKX's exception for fills."""
    rows = page(range(1, 11), {"begin": "60", "limit": "3"}, cursor=int, time_ms=lambda row: row * 10, nearest=False)
    assert rows == [10, 9, 8]


def test_page_never_holds_more_than_a_hundred_rows() -> None:
    """A limit of 1000 gives 100."""
    assert len(page(range(300), {"limit": "1000"}, cursor=int, time_ms=int)) == 100


def test_fills_paged_by_bill_id_are_complete_and_without_repeats() -> None:
    """Walking back with ``after`` meets every fill once, newest first."""
    desk = open_desk()
    for _ in range(4):
        desk.order(SWAP, "buy", "4")
    every = [row["billId"] for row in desk.get("trade/fills")]
    assert len(every) == 12
    assert every == sorted(every, key=int, reverse=True)
    walked: list[str] = []
    while rows := desk.get("trade/fills", limit="5", **({"after": walked[-1]} if walked else {})):
        walked += [row["billId"] for row in rows]
    assert walked == every


def test_trade_ids_repeat_between_instruments_and_never_within_one() -> None:
    """OKX's tradeId is unique per instrument only, and a client must know."""
    desk = open_desk()
    desk.order(SWAP, "buy", "3")
    desk.order("ETH-USDT-SWAP", "buy", "3")
    seen = [(row["instId"], row["tradeId"]) for row in desk.get("trade/fills")]
    assert len(set(seen)) == len(seen) == 4
    assert len({trade_id for _, trade_id in seen}) == 2


def test_unfilled_cancel_leaves_the_history_after_two_hours_and_never_reaches_the_archive() -> None:
    """Filled orders stay in both."""
    desk = open_desk()
    filled = desk.order(SWAP, "buy", "1")["ordId"]
    gone = desk.order(SWAP, "buy", "1", "49000")["ordId"]
    desk.post("trade/cancel-order", instId=SWAP, ordId=gone)
    listed = [row["ordId"] for row in desk.get("trade/orders-history", instType="SWAP")]
    assert listed == [gone, filled]
    assert [row["ordId"] for row in desk.get("trade/orders-history-archive", instType="SWAP")] == [filled]
    desk.clock.ms += 2 * 3_600_000
    assert [row["ordId"] for row in desk.get("trade/orders-history", instType="SWAP")] == [filled]


def test_fills_leave_the_short_window_but_stay_in_the_long_one() -> None:
    """Three days and three months."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    desk.clock.ms += 3 * 24 * 3_600_000 + 1
    assert desk.get("trade/fills") == []
    assert len(desk.get("trade/fills-history", instType="SWAP")) == 1
    assert desk.get("trade/fills-history", instType="SPOT") == []


def test_closed_position_is_shown_only_when_asked_for_by_name() -> None:
    """Then it has pos 0, its old posId and blanks; reopening keeps the posId."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    pos_id = desk.position(SWAP)["posId"]
    desk.order(SWAP, "sell", "1")
    assert desk.get("account/positions") == []
    for params in ({"instId": SWAP}, {"posId": pos_id}):
        (row,) = desk.get("account/positions", **params)
        assert (row["pos"], row["posId"], row["avgPx"], row["liqPx"], row["imr"]) == ("0", pos_id, "", "", "")
    desk.order(SWAP, "sell", "2")
    assert (desk.position(SWAP)["posId"], desk.position(SWAP)["pos"]) == (pos_id, "-2")
    desk.order(SWAP, "buy", "2")
    desk.clock.ms += 30 * 24 * 3_600_000 + 1
    assert desk.get("account/positions", instId=SWAP) == []


def test_positions_history_tells_full_and_partial_closes_apart() -> None:
    """Type 2 with both averages for the finished long, type 1 for the short that is half closed."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    desk.clock.ms += 10
    desk.order(SWAP, "sell", "1")
    desk.clock.ms += 10
    desk.order(SWAP, "sell", "1")
    desk.clock.ms += 10
    desk.order(SWAP, "buy", "0.5")
    short, long = desk.get("account/positions-history")
    assert (long["type"], long["direction"], long["openAvgPx"], long["closeAvgPx"]) == (
        "2",
        "long",
        "50000.1",
        "49999.9",
    )
    assert (long["closeTotalPos"], long["openMaxPos"], long["pnl"], long["lever"]) == ("1", "1", "-0.002", "3.0")
    assert Decimal(long["realizedPnl"]) == Decimal(long["pnl"]) + Decimal(long["fee"])
    assert (short["type"], short["direction"], short["closeTotalPos"]) == ("1", "short", "0.5")
    assert desk.get("account/positions-history", type="1") == [short]


@pytest.mark.parametrize("inst_id", [SWAP, "ETH-USD-SWAP"])
def test_equity_is_cash_and_profit_and_available_is_what_is_not_frozen(inst_id: str) -> None:
    """Eq = cashBal + upl + isoEq and availBal = eq − frozenBal, in the position's currency."""
    desk = open_desk()
    desk.order(inst_id, "buy", "5")
    desk.order(inst_id, "sell", "2", tdMode="isolated")
    desk.market.marks[inst_id] = desk.market.mark(inst_id) * 99 / 100
    row = desk.detail("USDT" if inst_id == SWAP else "ETH")
    number = {name: Decimal(word) for name, word in row.items() if isinstance(word, str) and word and name != "ccy"}
    assert number["eq"] == number["cashBal"] + number["upl"] + number["isoEq"]
    assert number["availBal"] == number["eq"] - number["frozenBal"]
    assert number["frozenBal"] == number["isoEq"] + number["imr"] + number["ordFrozen"]
    assert number["upl"] < 0 < number["isoUpl"]
    assert number["upl"] == Decimal(desk.get("account/positions", instId=inst_id)[1]["upl"])


def test_cash_is_the_sum_of_its_bills_to_the_last_digit() -> None:
    """Every currency's bills add up to its cash, and each bill's balance is the running sum."""
    desk = open_desk()
    for inst_id, side in ((PAIR, "buy"), (SWAP, "buy"), ("ETH-USD-SWAP", "sell"), (SWAP, "sell"), (PAIR, "sell")):
        desk.order(inst_id, side, "1", tgtCcy="base_ccy" if inst_id == PAIR else "")
    desk.order(SWAP, "buy", "2", tdMode="isolated")
    desk.post("account/set-leverage", instId=SWAP, mgnMode="isolated", lever="7")
    running: dict[str, Decimal] = {}
    for bill in desk.get("account/bills")[::-1]:
        running[bill["ccy"]] = running.get(bill["ccy"], Decimal(0)) + Decimal(bill["balChg"])
        assert Decimal(bill["bal"]) == running[bill["ccy"]]
    assert running == {ccy: Decimal(desk.detail(ccy)["cashBal"]) for ccy in ("BTC", "ETH", "USDT")}
    ids = [int(bill["billId"]) for bill in desk.get("account/bills")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("level", "filled", "blank"),
    [
        ("1", (), ("availEq", "upl", "isoEq", "imr", "liab", "disEq")),
        ("2", ("availEq", "upl", "isoEq", "imr", "mmr", "mgnRatio"), ("liab", "disEq", "maxLoan")),
        ("3", ("availEq", "upl", "isoEq", "liab", "disEq"), ("imr", "mgnRatio")),
    ],
)
def test_balance_fields_are_blank_where_the_account_level_has_none(
    level: str, filled: tuple[str, ...], blank: tuple[str, ...]
) -> None:
    """Spot mode knows no equity fields; only futures mode shows a currency's margin."""
    desk = open_desk(level=level)
    if level != "1":
        desk.order(SWAP, "buy", "1")
    row = desk.detail("USDT")
    assert [name for name in filled if row[name] == ""] == []
    assert [name for name in blank if row[name] != ""] == []
    assert row["availBal"] != ""


def test_balance_leaves_out_what_is_empty_and_filters_by_currency() -> None:
    """A currency spent to zero is listed only when named."""
    desk = open_desk()
    desk.order("ETH-USDT", "sell", "10")
    desk.order("ETH-USDT", "sell", "10")
    listed = [row["ccy"] for row in desk.get("account/balance")[0]["details"]]
    assert listed == ["BTC", "USDT"]
    assert desk.detail("ETH")["cashBal"] == "0"
    assert [row["ccy"] for row in desk.get("account/balance", ccy="BTC,ETH")[0]["details"]] == ["BTC", "ETH"]


def test_leverage_belongs_to_its_margin_mode_and_side() -> None:
    """Isolated long changes alone; leverage-info shows two rows in long/short mode and one otherwise."""
    desk = open_desk(mode="long_short_mode")
    set_row = desk.post("account/set-leverage", instId=SWAP, mgnMode="isolated", posSide="long", lever="7")
    assert (set_row["lever"], set_row["posSide"]) == ("7", "long")
    rows = desk.get("account/leverage-info", instId=SWAP, mgnMode="isolated")
    assert [(row["posSide"], row["lever"]) for row in rows] == [("long", "7"), ("short", "3")]
    cross = desk.get("account/leverage-info", instId=SWAP, mgnMode="cross")
    assert [row["lever"] for row in cross] == ["3", "3"]
    assert [row["posSide"] for row in open_desk().get("account/leverage-info", instId=SWAP, mgnMode="cross")] == ["net"]


def test_leverage_of_an_open_isolated_position_moves_its_margin() -> None:
    """From 3x to 6x half of the margin returns to the cash."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "50000.1", tdMode="isolated")
    before, cash = Decimal(desk.position(SWAP)["margin"]), Decimal(desk.detail("USDT")["cashBal"])
    desk.post("account/set-leverage", instId=SWAP, mgnMode="isolated", lever="6")
    after = Decimal(desk.position(SWAP)["margin"])
    assert abs(after - before / 2) < Decimal("1E-15")
    assert Decimal(desk.detail("USDT")["cashBal"]) == cash + before - after
    assert desk.position(SWAP)["lever"] == "6"


@pytest.mark.parametrize(
    ("inst_type", "maker", "taker"),
    [
        ("SPOT", "-0.0008", "-0.001"),
        ("MARGIN", "-0.0008", "-0.001"),
        ("SWAP", "-0.0002", "-0.0005"),
        ("FUTURES", "-0.0002", "-0.0005"),
        ("OPTION", "-0.0002", "-0.0003"),
    ],
)
def test_fee_rates_are_negative_for_a_commission(inst_type: str, maker: str, taker: str) -> None:
    """In the deprecated flat fields, and in the groups but for those that cost more."""
    (row,) = open_desk().get("account/trade-fee", instType=inst_type)
    assert (row["maker"], row["taker"]) == (maker, taker)
    assert row["feeGroup"]
    assert (maker, taker) in {(group["maker"], group["taker"]) for group in row["feeGroup"]}
    assert all(Decimal(group["taker"]) <= Decimal(taker) for group in row["feeGroup"])


def test_fee_rate_of_one_instrument_names_its_group_alone() -> None:
    """The group is the instrument's groupId."""
    (row,) = open_desk().get("account/trade-fee", instType="SWAP", instId=SWAP)
    (listed,) = open_desk().get("account/instruments", instType="SWAP", instId=SWAP)
    assert [group["groupId"] for group in row["feeGroup"]] == [listed["groupId"]]


def test_ids_of_a_venue_restarted_later_do_not_repeat() -> None:
    """The start time is part of every id; within a run they rise."""
    first, second = open_desk(), open_desk()
    assert first.order(SWAP, "buy", "1") == second.order(SWAP, "buy", "1")
    later = open_desk(start_ms=START_MS + 1000)
    ids = {first.order(SWAP, "buy", "1")["ordId"] for _ in range(20)}
    assert ids.isdisjoint({later.order(SWAP, "buy", "1")["ordId"] for _ in range(20)})
    assert {len(ord_id) for ord_id in ids} == {19}
