"""The rules of orders: self-trade prevention, amends, limits, client ids, what is forgotten."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.engine import Account
from dualwitness.venues.sim.engine.feed import OrderChanged
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import START_MS, Desk, HandClock, HandMarket, open_desk

SWAP, PAIR = "BTC-USDT-SWAP", "BTC-USDT"
HOUR_MS = 3_600_000


@pytest.fixture
def desk() -> Desk:
    """A funded futures-mode account."""
    return open_desk()


def state(desk: Desk, row: dict[str, Any]) -> tuple[str, str]:
    """State and cancelSource of an order as it is now."""
    (now,) = desk.get("trade/order", instId=row["instId"], ordId=row["ordId"])
    return (now["state"], now["cancelSource"])


def published(desk: Desk) -> list[tuple[str, str, str]]:
    """State, cancelSource and amendResult of every order event since the last call."""
    return [
        (event.order.state, event.order.cancel_source, event.amend_result)
        for event in desk.account.feed.drain()
        if isinstance(event, OrderChanged)
    ]


@pytest.mark.parametrize(
    ("mode", "resting", "incoming", "filled"),
    [
        ("", ("canceled", "32"), ("partially_filled", ""), "3"),
        ("cancel_maker", ("canceled", "32"), ("partially_filled", ""), "3"),
        ("cancel_taker", ("live", ""), ("canceled", "32"), "1"),
        ("cancel_both", ("canceled", "32"), ("canceled", "32"), "1"),
    ],
)
def test_order_that_would_meet_an_own_one_follows_its_self_trade_mode(
    desk: Desk, mode: str, resting: tuple[str, str], incoming: tuple[str, str], filled: str
) -> None:
    """An own sell stands at the second ask: one contract trades before it, the rest depends on the mode."""
    sell = desk.order(SWAP, "sell", "1", "50000.2")
    buy = desk.order(SWAP, "buy", "5", "50000.2", stpMode=mode)
    assert state(desk, sell) == resting
    assert (state(desk, buy), buy["accFillSz"]) == (incoming, filled)


def test_order_that_is_filled_before_it_meets_an_own_one_leaves_that_alone(desk: Desk) -> None:
    """One contract is on offer in front of it."""
    sell = desk.order(SWAP, "sell", "1", "50000.2")
    buy = desk.order(SWAP, "buy", "1", "50000.2", stpMode="cancel_both")
    assert (state(desk, sell), state(desk, buy)) == (("live", ""), ("filled", ""))


def test_market_order_by_quote_stops_where_its_budget_ends(desk: Desk) -> None:
    """A small budget never reaches the own sell, a large one does."""
    sell = desk.order(PAIR, "sell", "0.5", "50000.2")
    assert state(desk, desk.order(PAIR, "buy", "100", stpMode="cancel_taker")) == ("filled", "")
    large = desk.order(PAIR, "buy", "90000", stpMode="cancel_taker")
    assert (state(desk, large), large["accFillSz"]) == (("canceled", "32"), "1")
    assert state(desk, sell) == ("live", "")


def test_fill_or_kill_is_killed_whole_by_an_own_order_in_its_way(desk: Desk) -> None:
    """It cannot be filled in part; with cancel_both it is no order at all."""
    desk.order(SWAP, "sell", "1", "50000.2")
    killed = desk.order(SWAP, "buy", "3", "50000.3", ordType="fok", stpMode="cancel_taker")
    assert (state(desk, killed), killed["accFillSz"]) == (("canceled", "32"), "0")
    ack = desk.ack(SWAP, "buy", "3", "50000.3", ordType="fok", stpMode="cancel_both")
    assert ack["sCode"] == "50016"


def test_fill_or_kill_that_the_book_cannot_fill_takes_no_own_order_with_it(desk: Desk) -> None:
    """Nothing traded, so nothing was prevented."""
    sell = desk.order(SWAP, "sell", "1", "50000.2")
    assert state(desk, desk.order(SWAP, "buy", "4", "50000.2", ordType="fok")) == ("canceled", "13")
    assert state(desk, sell) == ("live", "")


def test_crossing_post_only_publishes_its_cancel_and_nothing_else(desk: Desk) -> None:
    """No live before it; an own order in the way counts like the market's."""
    desk.account.feed.listening = True
    desk.order(SWAP, "buy", "1", "50000.1", ordType="post_only")
    assert published(desk) == [("canceled", "31", "")]
    desk.order(SWAP, "sell", "1", "50000.1", ordType="post_only")
    desk.order(SWAP, "buy", "1", "50000.1", ordType="post_only")
    assert published(desk) == [("live", "", ""), ("canceled", "31", "")]


def test_amend_is_published_with_its_result_and_request_id(desk: Desk) -> None:
    """Result 0, then the fills that the new price brings."""
    order = desk.order(SWAP, "buy", "2", "49000")
    desk.account.feed.listening = True
    desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newPx="50000.1", reqId="r1")
    events = [event for event in desk.account.feed.drain() if isinstance(event, OrderChanged)]
    assert [(each.amend_result, each.request_id, each.fill is None) for each in events] == [
        ("0", "r1", True),
        ("", "", False),
    ]


def test_amend_down_to_what_is_filled_makes_the_order_filled(desk: Desk) -> None:
    """NewSz includes the filled part."""
    order = desk.order(SWAP, "buy", "5", "50000.2")
    desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newSz="2")
    assert state(desk, order) == ("filled", "")


def test_failed_amend_cancels_only_with_cxl_on_fail(desk: Desk) -> None:
    """The refusal is the same; with the flag the order is gone and the push says so."""
    order = desk.order(SWAP, "buy", "2", "49000")
    params = {"instId": SWAP, "ordId": order["ordId"], "newPx": "90000"}
    assert desk.post("trade/amend-order", **params)["sCode"] == "51006"
    assert state(desk, order) == ("live", "")
    desk.account.feed.listening = True
    assert desk.post("trade/amend-order", **params, cxlOnFail="true")["sCode"] == "51006"
    assert (state(desk, order)[0], published(desk)) == ("canceled", [("canceled", "0", "1")])


def test_price_beyond_the_band_is_moved_to_its_edge_where_that_is_allowed(desk: Desk) -> None:
    """PxAmendType 1 on an order and on an amend, whose push then has amendResult 2."""
    assert desk.ack(SWAP, "sell", "1", "100")["sCode"] == "51006"
    order = desk.order(SWAP, "sell", "1", "90000")
    ioc = desk.order(SWAP, "sell", "1", "100", ordType="ioc", pxAmendType="1")
    assert Decimal(ioc["px"]) > 40000
    desk.account.feed.listening = True
    desk.post("trade/amend-order", instId=SWAP, ordId=order["ordId"], newPx="100", pxAmendType="1")
    assert published(desk)[0][2] == "2"


def test_amended_order_keeps_its_place_among_those_of_its_price(desk: Desk) -> None:
    """The older order of a price is filled first, also after its size was changed."""
    first, second = (desk.order(SWAP, "buy", "1", "49900") for _ in range(2))
    desk.post("trade/amend-order", instId=SWAP, ordId=first["ordId"], newSz="2")
    better = desk.order(SWAP, "buy", "1", "49950")
    desk.market.marks[SWAP] = Decimal(49800)
    desk.clock.ms += 1000
    fills = desk.get("trade/fills")[::-1]
    assert [fill["ordId"] for fill in fills] == [better["ordId"], first["ordId"], second["ordId"]]


def test_spot_market_order_shrinks_to_the_balance_unless_that_is_banned() -> None:
    """By quote, by base and for a sell."""
    desk = open_desk(usdt="1000")
    assert desk.ack(PAIR, "buy", "5000", banAmend="true")["sCode"] == "51008"
    bought = desk.order(PAIR, "buy", "5000")
    assert (bought["sz"], bought["state"]) == ("1000", "filled")
    assert desk.ack(PAIR, "buy", "1", tgtCcy="base_ccy")["sCode"] == "51008"
    sold = desk.order(PAIR, "sell", "4")
    assert (sold["state"], desk.detail("BTC")["availBal"]) == ("filled", plain_rest(sold["sz"]))


def plain_rest(sold: str) -> str:
    """What is left of 2 BTC and 1000 USDT worth of it, less the fee, after a sale."""
    bought = Decimal("0.01999996")
    rest = 2 + bought * Decimal("0.999") - Decimal(sold)
    assert 0 <= rest < Decimal("1E-8")
    return format(rest.normalize(), "f")


def limited_desk(in_all: int, of_one: int) -> Desk:
    """A desk that may have few orders pending."""
    clock, market = HandClock(), HandMarket()
    account = Account(INSTRUMENTS, market, clock, 0, pending_limit=(in_all, of_one))
    account.deposit("USDT", Decimal(100000), START_MS)
    return Desk(account, market, clock)


def test_number_of_pending_orders_is_limited_by_instrument_and_in_all() -> None:
    """A cancel makes room again; an order that cannot rest needs none."""
    desk = limited_desk(3, 2)
    first = desk.order(SWAP, "buy", "1", "49000")
    desk.order(SWAP, "buy", "1", "49000")
    assert desk.ack(SWAP, "buy", "1", "49000")["sCode"] == "51102"
    assert desk.ack(SWAP, "buy", "1", "49000", ordType="ioc")["sCode"] == "0"
    desk.order("ETH-USDT-SWAP", "buy", "1", "2400")
    assert desk.ack("ETH-USDT-SWAP", "buy", "1", "2400")["sCode"] == "51174"
    desk.post("trade/cancel-order", instId=SWAP, ordId=first["ordId"])
    assert desk.ack(SWAP, "buy", "1", "49000")["sCode"] == "0"


def test_limits_of_pending_orders_are_those_of_okx_by_default(desk: Desk) -> None:
    """4,000 in all, 500 of one instrument."""
    assert desk.account.pending_limit == (4000, 500)


def test_client_id_is_free_again_when_its_order_ended_and_names_the_latest(desk: Desk) -> None:
    """It is unique among pending orders only."""
    first = desk.order(SWAP, "buy", "1", "49000", clOrdId="mine")
    assert desk.ack(PAIR, "buy", "1", "49000", clOrdId="mine")["sCode"] == "51016"
    desk.post("trade/cancel-order", instId=SWAP, clOrdId="mine")
    second = desk.order(SWAP, "buy", "1", "49001", clOrdId="mine")
    (found,) = desk.get("trade/order", instId=SWAP, clOrdId="mine")
    assert (found["ordId"], found["ordId"] != first["ordId"]) == (second["ordId"], True)


@pytest.mark.parametrize("word", ["a-b", "x" * 33, "é"])
def test_malformed_client_id_is_a_row_on_an_order_and_a_bad_request_on_a_query(desk: Desk, word: str) -> None:
    """51000 both times, HTTP 400 for the query."""
    assert desk.ack(SWAP, "buy", "1", "49000", clOrdId=word)["sCode"] == "51000"
    with pytest.raises(Refusal) as caught:
        desk.get("trade/order", instId=SWAP, clOrdId=word)
    assert (caught.value.code, caught.value.http_status) == ("51000", 400)


def test_order_canceled_without_a_fill_is_unknown_to_every_endpoint_after_two_hours(desk: Desk) -> None:
    """By either id, for query, cancel and amend; one with a fill stays."""
    gone = desk.order(SWAP, "buy", "1", "49000", clOrdId="gone")
    desk.post("trade/cancel-order", instId=SWAP, ordId=gone["ordId"])
    kept = desk.order(SWAP, "buy", "4", "50000.2", ordType="ioc")
    desk.clock.ms += 2 * HOUR_MS - 1
    assert state(desk, gone) == ("canceled", "1")
    desk.clock.ms += 1
    for name, word in (("ordId", gone["ordId"]), ("clOrdId", "gone")):
        with pytest.raises(Refusal, match="51603"):
            desk.get("trade/order", instId=SWAP, **{name: word})
        assert desk.post("trade/cancel-order", instId=SWAP, **{name: word})["sCode"] == "51400"
    assert state(desk, kept) == ("canceled", "14")


def test_instrument_may_be_named_by_its_code(desk: Desk) -> None:
    """For placing, amending and canceling; an unknown code is an unknown instrument."""
    code = str(desk.account.instruments[SWAP].inst_id_code)
    order = {"instIdCode": code, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "49000"}
    ord_id = desk.post("trade/order", **order)["ordId"]
    assert desk.post("trade/amend-order", instIdCode=code, ordId=ord_id, newSz="2")["sCode"] == "0"
    assert desk.post("trade/cancel-order", instIdCode=code, ordId=ord_id)["sCode"] == "0"
    assert desk.post("trade/cancel-order", instIdCode="999999999", ordId=ord_id)["sCode"] == "51001"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tradeQuoteCcy": "USDC"}, "51000"),
        ({"tradeQuoteCcy": "USDT"}, "0"),
        ({"pxAmendType": "2"}, "51000"),
        ({"banAmend": "maybe"}, "51000"),
        ({"reduceOnly": "False"}, "0"),
        ({"ordType": "mmp"}, "51000"),
        ({"ordType": "op_fok"}, "51000"),
    ],
)
def test_parameter_of_an_order_is_read_or_refused_and_never_ignored(
    desk: Desk, more: dict[str, str], code: str
) -> None:
    """On a pair quoted in USDT."""
    assert desk.ack(PAIR, "buy", "0.1", "49000", **more)["sCode"] == code


def test_mass_cancel_takes_the_protected_orders_of_one_option_family(desk: Desk) -> None:
    """Ordinary orders and other families stay; anything but options is refused."""
    one = next(each for each in desk.account.table if each.inst_type == "OPTION" and each.base_ccy == "BTC")
    px = str(desk.market.mark(one.inst_id) - 5 * one.tick_sz)
    protected = desk.order(one.inst_id, "buy", "1", px, ordType="mmp")
    plain = desk.order(one.inst_id, "buy", "1", px)
    assert desk.post("trade/mass-cancel", instType="OPTION", instFamily=one.inst_family) == {"result": True}
    assert (state(desk, protected)[0], state(desk, plain)[0]) == ("canceled", "live")
    with pytest.raises(Refusal, match="51000"):
        desk.post("trade/mass-cancel", instType="SWAP", instFamily=one.inst_family)


def test_order_lists_are_filtered_by_every_named_field(desk: Desk) -> None:
    """A list of order types, a state, a family; an unknown word is refused."""
    rest = desk.order(SWAP, "buy", "1", "49000")
    post = desk.order(SWAP, "buy", "1", "49000", ordType="post_only")
    part = desk.order("ETH-USDT-SWAP", "buy", "9", "2500.02")

    def listed(**params: str) -> list[str]:
        return [row["ordId"] for row in desk.get("trade/orders-pending", **params)]

    assert listed(ordType="limit") == [part["ordId"], rest["ordId"]]
    assert listed(ordType="post_only,limit") == [part["ordId"], post["ordId"], rest["ordId"]]
    assert listed(state="partially_filled") == [part["ordId"]]
    assert listed(instFamily="BTC-USDT", ordType="post_only") == [post["ordId"]]
    assert listed(uly="ETH-USDT") == [part["ordId"]]
    with pytest.raises(Refusal, match="51000"):
        listed(state="open")


def test_number_of_any_length_in_a_cursor_is_refused_and_not_computed(desk: Desk) -> None:
    """Five thousand digits are no id."""
    with pytest.raises(Refusal, match="51000"):
        desk.get("trade/fills", after="9" * 5000)


def test_reduce_only_order_without_a_position_left_is_canceled_when_its_price_comes(desk: Desk) -> None:
    """It never opens one."""
    desk.order(SWAP, "buy", "1")
    desk.order(SWAP, "sell", "1", "50400")
    order = desk.order(SWAP, "sell", "1", "50500", reduceOnly="true")
    desk.market.marks[SWAP] = Decimal(50600)
    desk.clock.ms += 1000
    assert state(desk, order) == ("canceled", "22")
    assert desk.get("account/positions") == []


def test_trade_ids_of_a_venue_restarted_later_do_not_repeat() -> None:
    """Even where venue time was set back: ids start from the wall clock that is given."""
    clock, market = HandClock(), HandMarket()
    accounts = [Account(INSTRUMENTS, market, clock, 0, id_ms=START_MS + ms) for ms in (0, 1000)]
    first, second = ({account.ids.trade(SWAP) for _ in range(50)} for account in accounts)
    assert first.isdisjoint(second)
    assert int(min(first, key=int)) > 10**11


def test_version_of_the_account_grows_with_every_change(desk: Desk) -> None:
    """An order, a fill, a setting, a transfer: rows kept from before are stale."""
    seen = [desk.account.version]
    desk.order(SWAP, "buy", "1", "49000")
    seen.append(desk.account.version)
    desk.order(SWAP, "buy", "1")
    seen.append(desk.account.version)
    desk.post("account/set-leverage", instId=SWAP, mgnMode="cross", lever="5")
    seen.append(desk.account.version)
    desk.account.deposit("USDT", Decimal(1), desk.clock.ms)
    seen.append(desk.account.version)
    assert seen == sorted(set(seen))


def test_position_row_is_fresh_after_any_change_and_belongs_to_the_caller(desk: Desk) -> None:
    """A price that moves within the second shows, and a caller's scribble does not."""
    desk.order(SWAP, "buy", "1")
    before = desk.position(SWAP)
    before["pos"] = "scribble"
    assert desk.position(SWAP)["pos"] == "1"
    desk.market.marks[SWAP] = Decimal(50100)
    assert desk.position(SWAP)["markPx"] == "50100"
