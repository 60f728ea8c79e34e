"""CCXT's orders and fills as facts, page by page."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Liquidity, MarketType, NullReason, OrderSide, OrderState, OrderType, TimeInForce
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import RowInvalid

ORDER = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "ordId": "1",
    "clOrdId": "ours1",
    "side": "sell",
    "posSide": "net",
    "ordType": "post_only",
    "tdMode": "cross",
    "px": "60000",
    "sz": "3",
    "accFillSz": "1",
    "avgPx": "60000",
    "state": "partially_filled",
    "fee": "0.05",
    "feeCcy": "USDT",
    "reduceOnly": "true",
    "cTime": "5",
    "uTime": "6",
}
FILL = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "tradeId": "9",
    "billId": "100",
    "ordId": "1",
    "clOrdId": "ours1",
    "side": "buy",
    "posSide": "net",
    "fillPx": "60000",
    "fillSz": "3",
    "fee": "-0.3",
    "feeCcy": "USDT",
    "execType": "T",
    "ts": "7",
    "fillTime": "6",
}


def test_an_order_is_read(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Each field is CCXT's own word; what it has no word for is unsupported."""
    venue.answer("/api/v5/trade/order", envelope(ORDER))
    order = client.get_order("BTC/USDT:USDT", order_id="1")
    assert (order.venue_order_id, order.client_order_id, order.side) == ("1", "ours1", OrderSide.SELL)
    assert (order.order_type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.POST_ONLY)
    assert (order.state, order.filled_contracts) == (OrderState.PARTIALLY_FILLED, Decimal(1))
    assert (order.fee, order.fee_currency) == (Decimal("-0.05"), "USDT")
    assert (order.reduce_only, order.ts_venue_ms) == (True, 5)
    assert order.reasons == dict.fromkeys(("position_side", "td_mode"), NullReason.UNSUPPORTED)
    assert venue.requests[-1].query == "instId=BTC-USDT-SWAP&ordId=1"


def test_an_order_can_be_asked_for_by_our_id(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """The client order id goes out as clOrdId, alone."""
    venue.answer("/api/v5/trade/order", envelope(ORDER))
    client.get_order("BTC/USDT:USDT", client_order_id="ours1")
    assert venue.requests[-1].query == "instId=BTC-USDT-SWAP&clOrdId=ours1"


@pytest.mark.parametrize(
    ("state", "filled", "expected"),
    [
        ("live", "0", OrderState.LIVE),
        ("live", "1", OrderState.PARTIALLY_FILLED),
        ("partially_filled", "1", OrderState.PARTIALLY_FILLED),
        ("filled", "3", OrderState.FILLED),
        ("canceled", "1", OrderState.CANCELED),
        ("mmp_canceled", "0", OrderState.CANCELED),
    ],
)
def test_a_state_is_told_from_status_and_filled_size(
    client: CcxtClient, venue: Any, envelope: Any, state: str, filled: str, expected: OrderState
) -> None:
    """CCXT has one word for both open states."""
    venue.answer("/api/v5/trade/order", envelope(ORDER | {"state": state, "accFillSz": filled}))
    assert client.get_order("BTC/USDT:USDT", order_id="1").state is expected


@pytest.mark.parametrize(
    "change", [{"state": "sideways"}, {"side": "hold"}, {"sz": "NaN"}, {"px": "1e400"}, {"cTime": "-5"}]
)
def test_an_order_nobody_can_read_is_an_error(client: CcxtClient, venue: Any, envelope: Any, change: Any) -> None:
    """Unknown states and numbers that are none are never a default."""
    venue.answer("/api/v5/trade/order", envelope(ORDER | change))
    with pytest.raises(RowInvalid):
        client.get_order("BTC/USDT:USDT", order_id="1")


def test_recorded_orders_are_read(client: CcxtClient, venue: Any, shared: Path) -> None:
    """Every recorded order of the real venue: ids and sizes equal its own digits."""
    files = [
        *shared.glob("pyted/trade_order/*.json"),
        shared / "ccxt/trade_order/fetchOrder_spot_market_filled_base_ccy.json",
    ]
    assert len(files) > 20
    for file in files:
        row = json.loads(file.read_bytes())["data"][0]
        venue.answer("/api/v5/trade/order", file.read_bytes())
        order = client.get_order("BTC/USDT", order_id="1")
        assert order.venue_order_id == row["ordId"]
        assert order.filled_contracts == Decimal(row["accFillSz"])


def test_recorded_pending_orders_are_read(client: CcxtClient, venue: Any, shared: Path) -> None:
    """Every row of every recorded list is kept."""
    recorded = [
        *shared.glob("pyted/trade_orders-pending/*.json"),
        *shared.glob("ccxt/trade_orders-pending/*hedge_long.json"),
    ]
    assert len(recorded) == 7
    for file in recorded:
        rows = json.loads(file.read_bytes())["data"]
        venue.answer("/api/v5/trade/orders-pending", file.read_bytes())
        read = sorted(str(order.venue_order_id) for order in client.get_open_orders())
        # Some recordings were cut by their authors and have no id.
        assert read == sorted(str(row.get("ordId")) for row in rows)


def test_open_orders_come_from_all_pages(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """The hundred-and-first order is not invisible."""
    first = [ORDER | {"ordId": str(number), "cTime": str(number)} for number in range(200, 100, -1)]
    venue.answer("/api/v5/trade/orders-pending", envelope(*first), envelope(ORDER | {"ordId": "100", "cTime": "100"}))
    assert len(client.get_open_orders()) == 101
    assert [request.query for request in venue.asked("/api/v5/trade/orders-pending")] == [
        "limit=100",
        "limit=100&after=101",
    ]


def test_pages_that_do_not_move_on_are_an_error(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """A venue that repeats its first page would be asked for ever."""
    page = [ORDER | {"ordId": str(number)} for number in range(200, 100, -1)]
    venue.answer("/api/v5/trade/orders-pending", envelope(*page))
    with pytest.raises(RowInvalid, match="do not end"):
        client.get_open_orders()
    assert len(venue.asked("/api/v5/trade/orders-pending")) == 2


def test_a_fill_is_read(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Fee as a cost, base quantity by CCXT's own contract size, record time as CCXT's time."""
    venue.answer("/api/v5/trade/fills-history", envelope(FILL))
    (fill,) = client.get_fills("BTC/USDT:USDT")
    assert (fill.trade_id, fill.venue_order_id, fill.market_type) == ("9", "1", MarketType.SWAP)
    assert (fill.contracts, fill.base_quantity, fill.price) == (Decimal(3), Decimal("0.03"), Decimal(60000))
    assert (fill.fee, fill.liquidity, fill.ts_venue_ms) == (Decimal("0.3"), Liquidity.TAKER, 7)
    unsupported = ("bill_id", "client_order_id", "position_side")
    assert fill.reasons == dict.fromkeys(unsupported, NullReason.UNSUPPORTED)
    assert venue.requests[-1].query == "instId=BTC-USDT-SWAP&instType=SWAP&limit=100"


def test_an_inverse_fill_in_base_follows_its_price(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Contracts of 100 USD at the price of the fill."""
    venue.answer("/api/v5/trade/fills-history", envelope(FILL | {"instId": "BTC-USD-SWAP", "fillSz": "6"}))
    (fill,) = client.get_fills("BTC/USD:BTC")
    assert fill.base_quantity == Decimal("0.01")


def test_fills_of_all_kinds_and_pages_come_oldest_first(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Five kinds are asked for; duplicates stay; the cursor is the venue's bill id."""
    pages = {
        "SWAP": [
            [FILL | {"billId": str(n), "ts": str(n), "tradeId": str(n)} for n in range(300, 200, -1)],
            [FILL | {"ts": "150"}],
        ],
        "SPOT": [[FILL | {"instType": "SPOT", "instId": "BTC-USDT", "ts": "250"}] * 2],
    }

    def answers(request: WireRequest) -> WireAnswer:
        left = pages.get(request.query.split("instType=")[1].split("&")[0], [[]])
        return WireAnswer(200, envelope(*left.pop(0)))

    venue.script["/api/v5/trade/fills-history"] = answers
    fills = client.get_fills(since_ms=120)
    times = [fill.ts_venue_ms for fill in fills]
    assert times == sorted(times, key=lambda time: time or 0)
    assert len(fills) == 103
    assert [fill.market_type for fill in fills].count(MarketType.SPOT) == 2
    queries = [request.query for request in venue.asked("/api/v5/trade/fills-history")]
    assert queries == [
        "instType=SPOT&limit=100&begin=120",
        "instType=MARGIN&limit=100&begin=120",
        "instType=SWAP&limit=100&begin=120",
        "instType=SWAP&limit=100&begin=120&after=201",
        "instType=FUTURES&limit=100&begin=120",
        "instType=OPTION&limit=100&begin=120",
    ]


def test_fills_of_a_spot_pair_are_asked_for_as_spot_and_as_margin(
    client: CcxtClient, venue: Any, envelope: Any
) -> None:
    """The kind that was asked for tells them apart; CCXT's trade does not."""
    row = FILL | {"instType": "SPOT", "instId": "BTC-USDT"}
    venue.answer("/api/v5/trade/fills-history", envelope(row), envelope(row | {"instType": "MARGIN"}))
    assert [fill.market_type for fill in client.get_fills("BTC/USDT")] == [MarketType.SPOT, MarketType.MARGIN]


def test_a_fill_of_another_instrument_is_not_dropped_in_silence(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT would leave it out and say that there was none."""
    venue.answer("/api/v5/trade/fills-history", envelope(FILL | {"instId": "ETH-USDT-SWAP"}))
    with pytest.raises(RowInvalid):
        client.get_fills("BTC/USDT:USDT")


def test_a_recorded_fill_keeps_the_venue_s_digits(client: CcxtClient, venue: Any, shared: Path, envelope: Any) -> None:
    """A fee in base currency stays in base currency."""
    body = (shared / "ccxt/trade_fills-history/fetchMyTrades_spot_taker_fee_in_base.json").read_bytes()
    row = json.loads(body)["data"][0]
    venue.answer("/api/v5/trade/fills-history", body, envelope())
    (fill,) = client.get_fills()
    assert (str(fill.contracts), str(fill.price)) == (row["fillSz"], row["fillPx"])
    assert (fill.fee, fill.fee_currency) == (-Decimal(row["fee"]), row["feeCcy"])


def test_finished_orders_of_another_instrument_are_an_error_and_not_left_out(
    client: CcxtClient, venue: Any, envelope: Any
) -> None:
    """CCXT drops them without a word, and an order too few would deny one that was placed."""
    venue.answer("/api/v5/trade/orders-history", envelope(ORDER | {"state": "filled"}))
    (order,) = client.get_order_history("BTC/USDT:USDT", since_ms=0)
    assert (order.venue_order_id, order.state) == ("1", OrderState.FILLED)
    other = ORDER | {"state": "filled", "instId": "ETH-USDT-SWAP"}
    venue.answer("/api/v5/trade/orders-history", envelope(other))
    with pytest.raises(RowInvalid):
        client.get_order_history("BTC/USDT:USDT", since_ms=0)
