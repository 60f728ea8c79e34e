"""Liquidation: who is liquidated, at which price, what it costs, and that it makes no money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.engine.feed import LegChanged, OrderChanged
from dualwitness.venues.sim.engine.liquidation import isolated_health
from dualwitness.venues.sim.tiers import tiers_of
from tests.support.engine_books import SWAP, bills, conserved, insured, isolated_long, set_leverage, worth
from tests.support.engine_desk import START_MS, HandMarket, instrument, open_desk

FUTURE = "BTC-USDT-270326"


def test_a_past_price_liquidates_at_its_own_time_and_price() -> None:
    """The market dipped for a minute while nobody asked: the position did not survive it."""
    desk = open_desk()
    isolated_long(desk)
    desk.market.moves += [(START_MS + 60_000, SWAP, Decimal(47700)), (START_MS + 120_000, SWAP, Decimal(50000))]
    desk.clock.ms += 300_000
    (row,) = desk.get("account/positions-history", instId=SWAP)
    assert (row["type"], row["triggerPx"], row["closeAvgPx"]) == ("3", "47700", "47700")
    assert int(row["uTime"]) == START_MS + 60_000


def test_isolated_liquidation_takes_the_margin_and_nothing_else() -> None:
    """Loss, fee and penalty together are the margin; cash is what it was; the fund has the penalty."""
    desk = open_desk()
    position = isolated_long(desk)
    waiting = desk.order(SWAP, "buy", "1", "45000", tdMode="isolated")
    cash = Decimal(desk.detail("USDT")["cashBal"])
    desk.market.marks[SWAP] = Decimal(47700)
    desk.clock.ms += 1000
    (row,) = desk.get("account/positions-history", instId=SWAP)
    canceled = desk.get("trade/order", instId=SWAP, ordId=waiting["ordId"])[0]
    assert (canceled["state"], canceled["cancelSource"]) == ("canceled", "3")
    assert Decimal(desk.detail("USDT")["cashBal"]) == cash
    opening_fee = Decimal(position["fee"])
    assert Decimal(row["realizedPnl"]) == opening_fee - Decimal(position["margin"])
    assert Decimal(row["liqPenalty"]) < 0
    known = conserved(desk)
    assert Decimal(known["insurance"]["USDT"]) == -Decimal(row["liqPenalty"])
    assert {(bill["subType"]) for bill in bills(desk, "5")} == {"107", "111"}


def test_forced_fill_has_a_negative_trade_id_and_leaves_the_positions_trade_id() -> None:
    """The fill is a sell of kind 107, its order of category full_liquidation, and no order event is published."""
    desk = open_desk()
    before = isolated_long(desk)
    desk.account.feed.listening = True
    desk.market.marks[SWAP] = Decimal(47700)
    desk.clock.ms += 1000
    fill = desk.get("trade/fills", instId=SWAP)[0]
    assert (fill["subType"], fill["tradeId"][0], fill["execType"]) == ("107", "-", "")
    events = desk.account.feed.drain()
    assert not [event for event in events if isinstance(event, OrderChanged)]
    assert {event.reason for event in events if isinstance(event, LegChanged)} == {"liquidation"}
    (flat,) = desk.get("account/positions", instId=SWAP)
    assert (flat["pos"], flat["tradeId"]) == ("0", before["tradeId"])
    order = desk.get("trade/orders-history", instType="SWAP", category="full_liquidation")[0]
    assert (order["category"], order["state"]) == ("full_liquidation", "filled")


def test_a_price_beyond_bankruptcy_is_paid_by_the_insurance_fund() -> None:
    """The loss is twice the margin: cash stays, the fund pays with a bill of its own."""
    desk = open_desk()
    isolated_long(desk)
    cash = Decimal(desk.detail("USDT")["cashBal"])
    desk.market.marks[SWAP] = Decimal(45000)
    desk.clock.ms += 1000
    assert Decimal(desk.detail("USDT")["cashBal"]) == cash
    assert {bill["subType"] for bill in bills(desk, "5")} == {"107", "110"}
    known = conserved(desk)
    assert Decimal(known["insurance"]["USDT"]) < 0


def test_healthy_positions_are_left_alone() -> None:
    """One tick above the liquidation price nothing happens, one tick below everything does."""
    desk = open_desk()
    position = isolated_long(desk)
    edge = Decimal(position["liqPx"])
    desk.market.marks[SWAP] = (edge + 1).quantize(Decimal("0.1"))
    desk.clock.ms += 1000
    assert desk.position(SWAP)["pos"] == "10"
    desk.market.marks[SWAP] = (edge - 1).quantize(Decimal("0.1"))
    desk.clock.ms += 1000
    assert desk.position(SWAP)["pos"] == "0"


def test_cross_liquidation_closes_until_the_ratio_holds_and_leaves_other_currencies() -> None:
    """USDT positions go, largest requirement first; the coin-margined one stays."""
    desk = open_desk(usdt="400")
    set_leverage(desk, "50", "cross")
    desk.order(SWAP, "buy", "15")
    desk.order(SWAP, "buy", "15")
    desk.order("BTC-USD-SWAP", "sell", "1")
    waiting = desk.order("ETH-USDT-SWAP", "buy", "0.1", "2400")
    desk.market.marks[SWAP] = Decimal(48800)
    desk.clock.ms += 1000
    assert desk.position(SWAP)["pos"] == "0"
    assert desk.position("BTC-USD-SWAP")["pos"] == "-1"
    assert desk.get("trade/order", instId="ETH-USDT-SWAP", ordId=waiting["ordId"])[0]["cancelSource"] == "3"
    known = conserved(desk)
    assert Decimal(known["balances"]["USDT"]) >= 0


def test_cross_bankruptcy_ends_at_zero() -> None:
    """The insurance fund brings the cash back to exactly nothing."""
    desk = open_desk(usdt="400")
    set_leverage(desk, "50", "cross")
    desk.order(SWAP, "buy", "15")
    desk.order(SWAP, "buy", "15")
    desk.market.marks[SWAP] = Decimal(40000)
    desk.clock.ms += 1000
    known = conserved(desk)
    assert Decimal(known["balances"]["USDT"]) == 0
    assert Decimal(known["insurance"]["USDT"]) < 0


def test_whole_account_is_liquidated_in_dollars_in_multi_currency_mode() -> None:
    """A loss in USDT is borne by BTC and ETH as long as these last."""
    desk = open_desk(level="3", usdt="1000")
    set_leverage(desk, "50", "cross")
    for _ in range(2):
        desk.order(SWAP, "buy", "15")
    desk.market.marks[SWAP] = Decimal(40000)
    desk.clock.ms += 1000
    assert desk.position(SWAP)["pos"] == "30"
    desk.market.marks[SWAP] = Decimal(1)
    for coin in ("BTC", "ETH"):
        desk.account.cash[coin] = Decimal(0)
    desk.clock.ms += 1000
    assert desk.position(SWAP)["pos"] == "0"


def test_large_position_is_reduced_by_two_tiers() -> None:
    """A position of tier 3 or higher loses the part beyond two tiers below and lives on."""
    desk = open_desk()
    tiers = tiers_of(instrument(SWAP))
    set_leverage(desk, "20", "isolated")
    desk.order(SWAP, "buy", "1", tdMode="isolated")
    leg = next(desk.account.open_legs())
    size = tiers[2].max_sz
    entry = leg.entry_value * size
    margin = Decimal("0.05") * size * 500
    desk.account.keep_leg(type(leg)(**{**fields(leg), "contracts": size, "entry_value": entry, "margin": margin}), "x")
    edge = Decimal(desk.position(SWAP)["liqPx"])
    desk.market.marks[SWAP] = edge.quantize(Decimal("0.1")) - Decimal("0.2")
    desk.clock.ms += 1000
    left = desk.position(SWAP)
    assert Decimal(left["pos"]) == tiers[0].max_sz
    assert Decimal(left["mgnRatio"]) > 1
    (row,) = desk.get("account/positions-history", instId=SWAP)
    assert (row["type"], Decimal(row["liqPenalty"]) < 0) == ("4", True)
    assert desk.get("trade/fills", instId=SWAP)[0]["subType"] == "103"


def fields(leg: Any) -> dict[str, Any]:
    return {name: getattr(leg, name) for name in type(leg).__dataclass_fields__}


@pytest.mark.parametrize(("side", "mark"), [("buy", "44000"), ("sell", "56000")])
@pytest.mark.parametrize("ccy", ["USDT", "BTC"])
def test_isolated_pair_on_borrowed_money_is_liquidated_and_owes_nothing(side: str, mark: str, ccy: str) -> None:
    """At 10x a move of 12 % is beyond the margin: the debt is repaid, the rest comes from the insurance fund."""
    desk = open_desk()
    desk.account.keep_leverage(desk.account.margin_pairs["BTC-USDT"], "isolated", "net", Decimal(10))
    desk.order("BTC-USDT", side, "0.1", "50010" if side == "buy" else "49990", tdMode="isolated", ccy=ccy)
    before = dict(desk.account.cash)
    desk.market.marks["BTC-USDT"] = Decimal(mark)
    desk.clock.ms += 1000
    advance(desk.account)
    assert not list(desk.account.open_legs())
    (row,) = desk.get("account/positions-history", instType="MARGIN")
    assert row["type"] == "3"
    assert desk.account.cash[ccy] >= before[ccy] - Decimal("0.00000001")
    conserved(desk)


_TRADED = (SWAP, "ETH-USDT-SWAP", "BTC-USD-SWAP", "ETH-USD-SWAP", FUTURE)
_PRICES = st.decimals("0.5", "2", places=3)


@given(
    sides=st.lists(st.sampled_from(("buy", "sell")), min_size=5, max_size=5),
    modes=st.lists(st.sampled_from(("cross", "isolated")), min_size=5, max_size=5),
    factors=st.lists(_PRICES, min_size=1, max_size=4),
    usdt=st.integers(200, 3000),
    level=st.sampled_from(("2", "3")),
)
@settings(max_examples=60, deadline=None)
def test_no_event_makes_money(
    sides: list[str], modes: list[str], factors: list[Decimal], usdt: int, level: str
) -> None:
    """
    Whatever prices do, a liquidation leaves no more than there was and what the insurance fund paid.

    Books add up afterwards, and nothing is left that ought to have been liquidated.
    """
    desk = open_desk(usdt=str(usdt), level=level)
    desk.market.rate = Decimal(0)
    account = desk.account
    for inst_id, side, mode in zip(_TRADED, sides, modes, strict=True):
        account.keep_leverage(instrument(inst_id), mode, "net", Decimal(20))
        desk.ack(inst_id, side, "1", tdMode=mode)
    for factor in factors:
        for inst_id in _TRADED:
            base = HandMarket().mark(inst_id)
            desk.market.marks[inst_id] = (base * factor).quantize(instrument(inst_id).tick_sz)
        before, paid = worth(account), insured(account)
        desk.clock.ms += 1000
        conserved(desk)
        assert worth(account) <= before + insured(account) - paid + Decimal("1E-9")
        assert not any(isolated_health(account, leg).broken for leg in account.open_legs() if leg.isolated)
