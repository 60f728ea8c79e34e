"""Accounts at Bybit and Binance: a part is never passed off as the whole, nor an unproven list as an empty one."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from dualwitness.models import Direction, MarginMode, NullReason, OrderState, RunMode, Venue
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import RowInvalid, Unsupported
from dualwitness.venues.wiring import Credentials, Wiring
from tests.unit.venues.ccxt_client.other_venues_rows import answer_of_the_market, bybit

PERPETUAL = "BTC/USDT:USDT"
KEYS = Credentials(api_key=SecretStr("test-key"), api_secret=SecretStr("test-secret"))

BYBIT_POSITION = {
    "positionIdx": 0, "riskId": 1, "riskLimitValue": "150", "symbol": "BTCUSDT", "side": "Sell", "size": "0.05",
    "avgPrice": "60000", "positionValue": "3000", "tradeMode": 0, "positionStatus": "Normal", "leverage": "10",
    "markPrice": "60100.5", "liqPrice": "", "bustPrice": "", "positionIM": "300", "positionMM": "15",
    "unrealisedPnl": "-5.025", "curRealisedPnl": "-1.5", "cumRealisedPnl": "-20", "createdTime": "1700000000000",
    "updatedTime": "1700000000123", "seq": 5, "adlRankIndicator": 2, "autoAddMargin": 0,
}  # fmt: skip
BYBIT_FLAT = BYBIT_POSITION | {"side": "", "size": "0", "avgPrice": "0", "positionValue": "", "unrealisedPnl": ""}
BYBIT_ORDER = {
    "orderId": "b1", "orderLinkId": "ours1", "symbol": "BTCUSDT", "price": "59000", "qty": "0.1", "side": "Buy",
    "isLeverage": "", "positionIdx": 0, "orderStatus": "PartiallyFilled", "avgPrice": "59000", "leavesQty": "0.06",
    "leavesValue": "3540", "cumExecQty": "0.04", "cumExecValue": "2360", "cumExecFee": "1.3", "timeInForce": "GTC",
    "orderType": "Limit", "stopOrderType": "", "triggerPrice": "", "reduceOnly": False, "closeOnTrigger": False,
    "createdTime": "1700000000000", "updatedTime": "1700000000123",
}  # fmt: skip
BYBIT_COIN = {
    "coin": "USDT", "equity": "1005", "usdValue": "1005", "walletBalance": "1000", "free": "", "locked": "10",
    "borrowAmount": "0", "accruedInterest": "0", "totalOrderIM": "20", "totalPositionIM": "30", "totalPositionMM": "1",
    "unrealisedPnl": "5", "cumRealisedPnl": "0", "availableToWithdraw": "", "availableToBorrow": "",
}  # fmt: skip
BYBIT_WALLET = {"accountType": "UNIFIED", "totalEquity": "1005", "coin": [BYBIT_COIN]}
BYBIT_FEE = {"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}
BINANCE_POSITION = {
    "symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.05", "entryPrice": "60000",
    "breakEvenPrice": "59970", "markPrice": "60100.5", "unRealizedProfit": "-5.025", "liquidationPrice": "90000",
    "isolatedMargin": "0", "notional": "-3005.025", "marginAsset": "USDT", "isolatedWallet": "0",
    "initialMargin": "300", "maintMargin": "12", "positionInitialMargin": "300", "openOrderInitialMargin": "0",
    "adl": 2, "bidNotional": "0", "askNotional": "0", "updateTime": 1700000000123,
}  # fmt: skip
BINANCE_ORDER = {
    "orderId": 71, "clientOrderId": "ours1", "symbol": "BTCUSDT", "price": "59000", "origQty": "0.1",
    "executedQty": "0.04", "cumQuote": "2360", "avgPrice": "59000", "status": "PARTIALLY_FILLED", "side": "BUY",
    "positionSide": "BOTH", "type": "LIMIT", "origType": "LIMIT", "timeInForce": "GTC", "reduceOnly": False,
    "closePosition": False, "stopPrice": "0", "time": 1700000000000, "updateTime": 1700000000123,
}  # fmt: skip
BINANCE_BRACKETS = [
    {"symbol": "BTCUSDT", "brackets": [{"bracket": 1, "notionalFloor": 0, "maintMarginRatio": 0.004}]}
]  # fmt: skip
BINANCE_FEE = {"symbol": "BTCUSDT", "makerCommission": "0.001", "takerCommission": "0.0012"}
# What CCXT reads of a live account before it knows the instruments.
LIVE_ONLY: dict[str, Any] = {
    "/v5/asset/coin/query-info": bybit(rows=[]),

    "/sapi/v1/capital/config/getall": [], "/sapi/v1/margin/allPairs": [], "/sapi/v1/margin/isolated/allPairs": [],
}  # fmt: skip

POSITIONS = {Venue.BYBIT: "/v5/position/list", Venue.BINANCE: "/fapi/v3/positionRisk"}
ORDERS = {Venue.BYBIT: "/v5/order/realtime", Venue.BINANCE: "/fapi/v1/openOrders"}
FEES = {Venue.BYBIT: "/v5/account/fee-rate", Venue.BINANCE: "/sapi/v1/asset/tradeFee"}
WALLET = "/v5/account/wallet-balance"

Say = Callable[..., CcxtClient]


@pytest.fixture
def asked() -> list[WireRequest]:
    """What was asked for, in order."""
    return []


@pytest.fixture
def say(asked: list[WireRequest]) -> Say:
    """A client of a venue whose private paths answer as given; market data is always there."""

    def open_it(venue: Venue, private: dict[str, Any], mode: RunMode = RunMode.OKX_DEMO_SIM) -> CcxtClient:
        def answers(request: WireRequest) -> WireAnswer:
            asked.append(request)
            if request.path == "/fapi/v1/leverageBracket":
                document: Any = BINANCE_BRACKETS
            elif request.path in private:
                document = private[request.path]
                document = document(request) if callable(document) else document
            else:
                document = answer_of_the_market(request.path, parse_qs(request.query))
            return WireAnswer(200, json.dumps(document).encode())

        wiring = Wiring("http://127.0.0.1:9", mode=mode, credentials=KEYS, answers=answers)
        return CcxtClient(wiring, venue=venue)

    return open_it


def in_list(venue: Venue, *rows: Any) -> Any:
    """Rows in the venue's own kind of list."""
    return bybit(list=list(rows), nextPageCursor="") if venue is Venue.BYBIT else list(rows)


@pytest.mark.parametrize(("venue", "row"), [(Venue.BYBIT, BYBIT_POSITION), (Venue.BINANCE, BINANCE_POSITION)])
def test_a_short_position_elsewhere_is_read(say: Say, venue: Venue, row: Any) -> None:
    """Direction, size, entry and result; what the venue does not say is null with a reason."""
    (position,) = say(venue, {POSITIONS[venue]: in_list(venue, row)}).get_positions(PERPETUAL)
    assert (position.symbol, position.direction, position.contracts) == (PERPETUAL, Direction.SHORT, Decimal("0.05"))
    assert (position.entry_price, position.mark_price) == (Decimal(60000), Decimal("60100.5"))
    assert (position.unrealized_pnl, position.base_quantity) == (Decimal("-5.025"), Decimal("0.05"))
    assert position.has_position is True
    assert position.reasons["venue_position_id"] is NullReason.ABSENT
    assert position.margin_mode in (None, MarginMode.CROSS)


def test_a_flat_row_of_bybit_is_flat(say: Say) -> None:
    """Bybit answers for a symbol without a position with a row of size zero."""
    client = say(Venue.BYBIT, {POSITIONS[Venue.BYBIT]: in_list(Venue.BYBIT, BYBIT_FLAT)})
    (position,) = client.get_positions(PERPETUAL)
    assert (position.has_position, position.direction) == (False, Direction.FLAT)


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
def test_an_empty_list_elsewhere_comes_from_a_sound_envelope_alone(say: Say, venue: Venue) -> None:
    """The venue said none; a list that is missing, or is none, says nothing."""
    sound = {POSITIONS[venue]: in_list(venue), ORDERS[venue]: in_list(venue)}
    client = say(venue, sound)
    assert client.get_positions(PERPETUAL) == ()
    assert client.get_open_orders(PERPETUAL) == ()
    for damaged in (bybit(), bybit(list={}), bybit(list=None)) if venue is Venue.BYBIT else ({}, {"rows": []}):
        client = say(venue, dict.fromkeys(sound, damaged))
        with pytest.raises(RowInvalid):
            client.get_positions(PERPETUAL)
        with pytest.raises(RowInvalid):
            client.get_open_orders(PERPETUAL)


@pytest.mark.parametrize(
    ("venue", "changes"),
    [
        (Venue.BYBIT, {"positionIdx": 7}),
        (Venue.BYBIT, {"side": "Long"}),
        (Venue.BYBIT, {"side": ""}),
        (Venue.BYBIT, {"size": ""}),
        (Venue.BYBIT, {"size": "NaN"}),
        (Venue.BYBIT, {"markPrice": "６"}),
        (Venue.BYBIT, {"symbol": "ETHUSDT"}),
        (Venue.BINANCE, {"entryPrice": "0"}),
        (Venue.BINANCE, {"entryPrice": "NaN"}),
        (Venue.BINANCE, {"notional": ""}),
        (Venue.BINANCE, {"notional": "3005"}),
        (Venue.BINANCE, {"positionAmt": ""}),
        (Venue.BINANCE, {"positionSide": "UP"}),
    ],
    ids=str,
)
def test_a_position_elsewhere_that_cannot_be_believed_is_an_error(say: Say, venue: Venue, changes: Any) -> None:
    """CCXT would drop the row, or turn it into a short one, or read a contradiction as it likes."""
    row = (BYBIT_POSITION if venue is Venue.BYBIT else BINANCE_POSITION) | changes
    with pytest.raises(RowInvalid):
        say(venue, {POSITIONS[venue]: in_list(venue, row)}).get_positions(PERPETUAL)


def test_positions_of_other_contracts_are_not_those_asked_for(say: Say) -> None:
    """Binance answers for all contracts at once; a row of zero contracts is no position."""
    others = BINANCE_POSITION | {"symbol": "ETHUSDT"}
    flat = BINANCE_POSITION | {"positionAmt": "0", "notional": "0", "entryPrice": "0"}
    client = say(Venue.BINANCE, {POSITIONS[Venue.BINANCE]: [others, flat]})
    assert client.get_positions(PERPETUAL) == ()


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
def test_a_question_about_everything_elsewhere_is_unsupported(say: Say, asked: list[WireRequest], venue: Venue) -> None:
    """CCXT would ask for one kind of contract and call it all; a pair has loans, not positions."""
    client = say(venue, {})
    with pytest.raises(Unsupported, match="one kind of contract") as caught:
        client.get_positions()
    assert caught.value.advice == "name a symbol"
    with pytest.raises(Unsupported, match="one kind of instrument"):
        client.get_open_orders()
    with pytest.raises(Unsupported, match="no positions in pairs"):
        client.get_positions("BTC/USDT")
    assert not any("sign" in name for request in asked for name, _ in request.headers)


@pytest.mark.parametrize(("venue", "row"), [(Venue.BYBIT, BYBIT_ORDER), (Venue.BINANCE, BINANCE_ORDER)])
def test_an_open_order_elsewhere_is_read(say: Say, venue: Venue, row: Any) -> None:
    """Ids, sizes and state."""
    (order,) = say(venue, {ORDERS[venue]: in_list(venue, row)}).get_open_orders(PERPETUAL)
    assert (order.venue_order_id, order.client_order_id) == (str(row["orderId"]), "ours1")
    assert (order.symbol, order.price) == (PERPETUAL, Decimal(59000))
    assert (order.contracts, order.filled_contracts) == (Decimal("0.1"), Decimal("0.04"))
    assert order.state is OrderState.PARTIALLY_FILLED


@pytest.mark.parametrize(("venue", "row"), [(Venue.BYBIT, BYBIT_ORDER), (Venue.BINANCE, BINANCE_ORDER)])
def test_an_open_order_of_another_instrument_is_an_error(say: Say, venue: Venue, row: Any) -> None:
    """CCXT files it under the symbol that was asked for, or leaves it out."""
    rows = in_list(venue, row, row | {"symbol": "ETHUSDT", "orderId": "9"})
    with pytest.raises(RowInvalid):
        say(venue, {ORDERS[venue]: rows}).get_open_orders(PERPETUAL)


@pytest.mark.parametrize("symbol", [PERPETUAL, "BTC/USDT"])
def test_all_pages_of_bybit_orders_are_read(say: Say, asked: list[WireRequest], symbol: str) -> None:
    """A full page is followed by its cursor until one is not full."""

    def pages(request: WireRequest) -> Any:
        first = "cursor" not in parse_qs(request.query)
        numbers = range(50) if first else range(50, 53)
        rows = [BYBIT_ORDER | {"orderId": f"b{number}"} for number in numbers]
        return bybit(list=rows, nextPageCursor="b49:1" if first else "b52:1")

    orders = say(Venue.BYBIT, {ORDERS[Venue.BYBIT]: pages}).get_open_orders(symbol)
    assert [order.venue_order_id for order in orders] == [f"b{number}" for number in range(53)]
    queries = [parse_qs(request.query) for request in asked if request.path == ORDERS[Venue.BYBIT]]
    assert [(query["limit"], query.get("cursor")) for query in queries] == [(["50"], None), (["50"], ["b49:1"])]


@pytest.mark.parametrize("cursor", ["", "same"])
def test_a_full_page_that_leads_nowhere_is_an_error(say: Say, cursor: str) -> None:
    """Without a next page nobody knows whether there are more orders."""
    rows = [BYBIT_ORDER | {"orderId": f"b{number}"} for number in range(50)]
    client = say(Venue.BYBIT, {ORDERS[Venue.BYBIT]: bybit(list=rows, nextPageCursor=cursor)})
    with pytest.raises(RowInvalid, match="do not end"):
        client.get_open_orders(PERPETUAL)


def test_binance_orders_of_a_pair_and_its_balance_are_unsupported(say: Say, asked: list[WireRequest]) -> None:
    """Spot and margin orders, and spot and futures wallets, are apart there: one alone would be a part."""
    client = say(Venue.BINANCE, {})
    with pytest.raises(Unsupported, match="margin orders"):
        client.get_open_orders("BTC/USDT")
    with pytest.raises(Unsupported, match="one Binance wallet"):
        client.get_account_balance()
    assert not any(request.signed for request in asked)


def test_the_unified_wallet_of_bybit_is_read(say: Say) -> None:
    """Used is what orders, positions and locks hold; free is the rest."""
    (balance,) = say(Venue.BYBIT, {WALLET: in_list(Venue.BYBIT, BYBIT_WALLET)}).get_account_balance()
    assert (balance.currency, balance.total, balance.used) == ("USDT", Decimal(1000), Decimal(60))
    assert (balance.free, balance.debt) == (Decimal(940), Decimal(0))


def test_a_wallet_of_bybit_without_currencies_is_empty(say: Say) -> None:
    """Said in a sound envelope, none means none."""
    wallet = BYBIT_WALLET | {"coin": []}
    assert say(Venue.BYBIT, {WALLET: in_list(Venue.BYBIT, wallet)}).get_account_balance() == ()


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (BYBIT_WALLET, BYBIT_WALLET),
        ({"accountType": "UNIFIED"},),
        (BYBIT_WALLET | {"coin": {}},),
        (BYBIT_WALLET | {"accountType": "CONTRACT"},),
        (BYBIT_WALLET | {"coin": [BYBIT_COIN, BYBIT_COIN]},),
        (BYBIT_WALLET | {"coin": [BYBIT_COIN | {"coin": ""}]},),
        (BYBIT_WALLET | {"coin": [BYBIT_COIN | {"walletBalance": ""}]},),
        (BYBIT_WALLET | {"coin": [BYBIT_COIN | {"locked": "NaN"}]},),
        (BYBIT_WALLET | {"coin": ["USDT"]},),
        (BYBIT_WALLET | {"coin": [BYBIT_COIN | {"locked": "１０"}]},),
    ],
    ids=range(11),
)
def test_a_wallet_that_cannot_be_believed_is_an_error_and_not_empty(say: Say, rows: tuple[Any, ...]) -> None:
    """No account, two, one without its currencies, or a currency without a name or a balance."""
    with pytest.raises(RowInvalid):
        say(Venue.BYBIT, {WALLET: in_list(Venue.BYBIT, *rows)}).get_account_balance()


@pytest.mark.parametrize(
    ("venue", "symbol", "document", "rates"),
    [
        (Venue.BYBIT, PERPETUAL, bybit(list=[BYBIT_FEE]), ("0.0002", "0.00055")),
        (Venue.BYBIT, "BTC/USDT", bybit(list=[BYBIT_FEE]), ("0.0002", "0.00055")),
        (Venue.BINANCE, "BTC/USDT", [BINANCE_FEE], ("0.001", "0.0012")),
    ],
    ids=["contract at bybit", "pair at bybit", "pair at binance"],
)
def test_fee_rates_elsewhere_are_read(
    say: Say, venue: Venue, symbol: str, *, document: Any, rates: tuple[str, str]
) -> None:
    """Both venues write a rate that is paid as a positive number."""
    found = say(venue, LIVE_ONLY | {FEES[venue]: document}, RunMode.OKX_LIVE).get_fee_rates(symbol)
    assert (found.symbol, found.maker, found.taker) == (symbol, Decimal(rates[0]), Decimal(rates[1]))


@pytest.mark.parametrize(
    ("venue", "document"),
    [
        (Venue.BYBIT, bybit(list=[])),
        (Venue.BYBIT, bybit()),
        (Venue.BYBIT, bybit(list=[BYBIT_FEE, BYBIT_FEE])),
        (Venue.BYBIT, bybit(list=[BYBIT_FEE | {"symbol": "ETHUSDT"}])),
        (Venue.BYBIT, bybit(list=[BYBIT_FEE | {"makerFeeRate": "free"}])),
        (Venue.BINANCE, {}),
        (Venue.BINANCE, []),
        (Venue.BINANCE, [BINANCE_FEE, BINANCE_FEE]),
        (Venue.BINANCE, [BINANCE_FEE | {"symbol": "ETHUSDT"}]),
    ],
    ids=range(9),
)
def test_fee_rates_elsewhere_of_none_or_another_instrument_are_an_error(say: Say, venue: Venue, document: Any) -> None:
    """CCXT makes a record of nulls of nothing, and takes the first row whatever it is about."""
    client = say(venue, LIVE_ONLY | {FEES[venue]: document}, RunMode.OKX_LIVE)
    with pytest.raises(RowInvalid):
        client.get_fee_rates("BTC/USDT")


def test_binance_fee_rates_that_ccxt_cannot_give_are_unsupported(say: Say, asked: list[WireRequest]) -> None:
    """CCXT files those of a contract under the pair of its name, and the service for pairs has no demo."""
    client = say(Venue.BINANCE, {})
    with pytest.raises(Unsupported, match="under a pair"):
        client.get_fee_rates(PERPETUAL)
    with pytest.raises(Unsupported):
        client.get_fee_rates("BTC/USDT")
    assert not any(request.signed for request in asked)
