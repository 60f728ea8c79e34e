"""What happens by itself: funding, deleveraging, delivery, timers, and the order of all that in time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.engine.advance import FUNDING_INTERVAL_MS, advance
from dualwitness.venues.sim.engine.deleveraging import deleverage
from dualwitness.venues.sim.engine.delivery_settlement import intrinsic_value
from dualwitness.venues.sim.engine.moments import moments
from dualwitness.venues.sim.engine.timers import POSITION_ID_LIFE_MS, arm
from dualwitness.venues.sim.listing import is_listed
from tests.support.engine_books import SWAP, bills, conserved, isolated_long
from tests.support.engine_desk import START_MS, instrument, open_desk

NEXT_FUNDING_MS = (START_MS // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS
FUTURE = "BTC-USDT-270326"
CALL = "BTC-USD-270326-50000-C"


@pytest.mark.parametrize(("side", "sub_type", "sign"), [("buy", "173", -1), ("sell", "174", 1)])
def test_cross_swap_pays_funding_from_cash_at_the_funding_time(side: str, sub_type: str, sign: int) -> None:
    """2 contracts of 0.01 BTC at 50,000 are 1,000 USDT; 0.01 % of it goes from long to short, once."""
    desk = open_desk()
    desk.order(SWAP, side, "2")
    before = Decimal(desk.detail("USDT")["cashBal"])
    desk.clock.ms = NEXT_FUNDING_MS - 1
    assert bills(desk, "8") == []
    desk.clock.ms = NEXT_FUNDING_MS + 5_000
    (bill,) = bills(desk, "8")
    assert (bill["subType"], Decimal(bill["balChg"]), bill["ts"]) == (
        sub_type,
        sign * Decimal("0.1"),
        str(NEXT_FUNDING_MS),
    )
    assert Decimal(desk.detail("USDT")["cashBal"]) == before + sign * Decimal("0.1")
    assert Decimal(desk.position(SWAP)["fundingFee"]) == sign * Decimal("0.1")
    conserved(desk)


def test_isolated_swap_pays_funding_from_its_own_margin() -> None:
    """Cash stays as it is, the margin shrinks, and the bill tells the change of the position's balance."""
    desk = open_desk()
    position = isolated_long(desk)
    cash = desk.detail("USDT")["cashBal"]
    desk.clock.ms = NEXT_FUNDING_MS
    after = desk.position(SWAP)
    assert desk.detail("USDT")["cashBal"] == cash
    assert Decimal(after["margin"]) == Decimal(position["margin"]) - Decimal("0.5")
    (bill,) = bills(desk, "8")
    assert (Decimal(bill["balChg"]), Decimal(bill["posBalChg"])) == (0, Decimal("-0.5"))
    conserved(desk)


def test_inverse_swap_pays_funding_in_its_coin() -> None:
    """100 contracts of 100 USD at 50,000 are 0.2 BTC."""
    desk = open_desk()
    desk.order("BTC-USD-SWAP", "sell", "10")
    desk.clock.ms = NEXT_FUNDING_MS
    (bill,) = bills(desk, "8")
    assert (bill["ccy"], Decimal(bill["balChg"])) == ("BTC", Decimal("0.02") * Decimal("0.0001"))


def test_a_month_away_pays_every_funding_in_order() -> None:
    """30 days are 90 payments, each at its own time."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    desk.clock.ms += 30 * 86_400_000
    advance(desk.account)
    paid = [bill for bill in desk.account.bills if bill.bill_type == "8"]
    assert [bill.ts_ms for bill in paid] == [NEXT_FUNDING_MS + n * FUNDING_INTERVAL_MS for n in range(90)]
    conserved(desk)


def test_deleveraging_closes_at_the_mark_price_without_a_fee() -> None:
    """Part of a winning short is bought back at mark; positions-history says type 5, then 6 for the rest."""
    desk = open_desk()
    desk.order(SWAP, "sell", "5")
    waiting = desk.order(SWAP, "sell", "1", "51000")
    desk.market.marks[SWAP] = Decimal(49000)
    desk.clock.ms += 1000
    left = deleverage(desk.account, SWAP, "", Decimal(2))
    assert left.contracts == -3
    fill = desk.get("trade/fills", instId=SWAP)[0]
    assert (fill["subType"], fill["fillPx"], fill["fee"], fill["tradeId"][0]) == ("127", "49000", "0", "-")
    assert desk.get("account/positions-history", instId=SWAP)[0]["type"] == "5"
    assert desk.get("trade/order", instId=SWAP, ordId=waiting["ordId"])[0]["cancelSource"] == "6"
    assert [bill["subType"] for bill in bills(desk, "9")] == ["127"]
    deleverage(desk.account, SWAP, "net", Decimal(3))
    row = desk.get("account/positions-history", instId=SWAP)[0]
    assert (row["type"], row["triggerPx"]) == ("6", "49000")
    conserved(desk)


@pytest.mark.parametrize(("inst_id", "size"), [(SWAP, "9"), (SWAP, "0"), (SWAP, "0.001"), ("ETH-USDT-SWAP", "1")])
def test_deleveraging_of_what_is_not_there_is_refused(inst_id: str, size: str) -> None:
    """More than there is, nothing, a part of a lot, another instrument: an error and an unchanged account."""
    desk = open_desk()
    desk.order(SWAP, "sell", "5")
    with pytest.raises(ValueError, match=r"deleverage|whole lots"):
        deleverage(desk.account, inst_id, "", Decimal(size))
    assert desk.position(SWAP)["pos"] == "-5"


def test_future_is_delivered_at_the_index_and_is_gone() -> None:
    """Closed at the index for the delivery fee, orders canceled, nothing to trade any more."""
    desk = open_desk()
    desk.order(FUTURE, "buy", "4")
    waiting = desk.order(FUTURE, "buy", "1", "49000")
    one = instrument(FUTURE)
    assert one.exp_time_ms is not None
    desk.market.indices[FUTURE] = Decimal(51234)
    desk.clock.ms = one.exp_time_ms - 1
    assert desk.position(FUTURE)["pos"] == "4"
    assert is_listed(one, desk.clock.ms)
    desk.clock.ms = one.exp_time_ms + 10_000
    assert not is_listed(one, desk.clock.ms)
    assert desk.get("account/positions", instId=FUTURE) == []
    fill = desk.get("trade/fills", instId=FUTURE)[0]
    assert (fill["subType"], fill["fillPx"], fill["ts"]) == ("112", "51234", str(one.exp_time_ms))
    assert Decimal(fill["fee"]) == -Decimal(51234) * 4 * one.contract_size * Decimal("0.0001")
    assert [bill["subType"] for bill in bills(desk, "3")] == ["112"]
    (row,) = desk.get("account/positions-history", instId=FUTURE)
    assert row["type"] == "2"
    order = desk.get("trade/order", instId=FUTURE, ordId=waiting["ordId"])[0]
    assert (order["state"], order["cancelSource"]) == ("canceled", "7")
    conserved(desk)


@pytest.mark.parametrize(
    ("side", "index", "sub_type", "paid"),
    [
        ("buy", "62500", "170", "0.2"),
        ("sell", "62500", "171", "0.2"),
        ("buy", "40000", "172", "0"),
        ("sell", "40000", "172", "0"),
    ],
)
def test_option_pays_its_intrinsic_value_in_coin(side: str, index: str, sub_type: str, paid: str) -> None:
    """At 62,500 a call of 50,000 pays 0.2 coin per coin; below its strike nothing, and no fee either."""
    desk = open_desk()
    one = instrument(CALL)
    assert one.exp_time_ms is not None
    px = "0.06" if side == "buy" else "0.04"
    desk.order(CALL, side, "3", px)
    before = desk.account.cash["BTC"]
    desk.market.indices[CALL] = Decimal(index)
    desk.clock.ms = one.exp_time_ms
    (bill,) = bills(desk, "3")
    amount = 3 * one.contract_size
    gain = amount * Decimal(paid) * (1 if side == "buy" else -1)
    fee = amount * Decimal("0.0002") if paid != "0" else Decimal(0)
    assert bill["subType"] == sub_type
    assert desk.account.cash["BTC"] == before + gain - fee
    conserved(desk)


def test_put_is_worth_what_the_index_lacks() -> None:
    """40,000 under a strike of 50,000: a quarter of the coin."""
    assert intrinsic_value(instrument("BTC-USD-270326-50000-P"), Decimal(40000)) == Decimal("0.25")
    assert intrinsic_value(instrument("BTC-USD-270326-50000-P"), Decimal(60000)) == 0


def test_cancel_all_after_cancels_at_its_moment_and_only_its_tag() -> None:
    """20 seconds after it was armed, the tagged order goes and the other stays; cancelSource 20."""
    desk = open_desk()
    tagged = desk.order(SWAP, "buy", "1", "45000", tag="bot")
    other = desk.order(SWAP, "buy", "1", "45000")
    due_ms = arm(desk.account, 20, "bot")
    assert due_ms == START_MS + 20_000
    desk.clock.ms += 19_999
    assert len(desk.get("trade/orders-pending")) == 2
    desk.clock.ms += 1
    assert [row["ordId"] for row in desk.get("trade/orders-pending")] == [other["ordId"]]
    gone = desk.get("trade/order", instId=SWAP, ordId=tagged["ordId"])[0]
    assert (gone["cancelSource"], gone["uTime"]) == ("20", str(due_ms))


def test_cancel_all_after_can_be_taken_back() -> None:
    """A timeout of zero disarms it."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "45000")
    arm(desk.account, 10)
    assert arm(desk.account, 0) == 0
    desk.clock.ms += 60_000
    assert len(desk.get("trade/orders-pending")) == 1


def test_position_id_is_new_thirty_days_after_the_close() -> None:
    """Reopened before, the posId is the same; after, it is another."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    first = desk.position(SWAP)["posId"]
    desk.order(SWAP, "sell", "1")
    desk.clock.ms += POSITION_ID_LIFE_MS
    desk.order(SWAP, "buy", "1")
    assert desk.position(SWAP)["posId"] == first
    desk.order(SWAP, "sell", "1")
    desk.clock.ms += POSITION_ID_LIFE_MS + 1_000
    assert desk.get("account/positions", instId=SWAP) == []
    desk.order(SWAP, "buy", "1")
    assert desk.position(SWAP)["posId"] != first


def test_resting_order_fills_at_the_second_the_market_came_by() -> None:
    """Looked at five minutes later, the fill still has the time of the dip."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "49500")
    desk.market.moves += [(START_MS + 40_000, SWAP, Decimal(49000)), (START_MS + 41_000, SWAP, Decimal(50000))]
    desk.clock.ms += 300_000
    fill = desk.get("trade/fills", instId=SWAP)[0]
    assert (START_MS + 40_000 <= int(fill["fillTime"]) < START_MS + 41_000, fill["fillPx"]) == (True, "49500")


def test_the_account_keeps_its_clock_and_market_after_a_journey() -> None:
    """A look into the past must not leave the past behind, also where it fails."""
    desk = open_desk()
    isolated_long(desk)
    desk.clock.ms += 7 * 86_400_000
    advance(desk.account)
    assert (desk.account.clock, desk.account.market) == (desk.clock, desk.market)
    assert desk.account.timeline.looked_ms == desk.clock.ms


def test_order_of_an_expired_contract_is_refused() -> None:
    """51027, before anything else is looked at."""
    desk = open_desk()
    desk.clock.ms = instrument(FUTURE).exp_time_ms or 0
    assert desk.ack(FUTURE, "buy", "1", "50000")["sCode"] == "51027"


def test_an_absence_is_sampled_at_no_more_than_six_hundred_seconds() -> None:
    """Every second of ten minutes; of a month every 72nd minute, what is due in between and the last moment."""
    assert moments(500, 3_200, [], sampled=True) == [1000, 2000, 3000, 3200]
    assert moments(0, 600_000, [], sampled=True) == list(range(1000, 600_001, 1000))
    month = moments(START_MS, START_MS + 30 * 86_400_000, [START_MS + 77], sampled=True)
    assert len(month) <= 602
    assert (month[0], month[-1]) == (START_MS + 77, START_MS + 30 * 86_400_000)
    assert month == sorted(set(month))
    assert moments(START_MS, START_MS + 10**9, [START_MS, START_MS + 5], sampled=False) == [
        START_MS + 5,
        START_MS + 10**9,
    ]
