"""What Bybit and Binance say about their markets, in their documented shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["answer_of_the_market", "bybit"]


def bybit(**result: Any) -> dict[str, Any]:
    """A sound Bybit envelope around a result."""
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1700000000123}


BYBIT_SPOT = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "status": "Trading",
    "marginTrading": "both",
    "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.01", "minOrderQty": "0.00001"},
    "priceFilter": {"tickSize": "0.01"},
}
BYBIT_LINEAR = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"tickSize": "0.10"},
    "lotSizeFilter": {"qtyStep": "0.001", "minOrderQty": "0.001", "maxOrderQty": "100"},
}
BYBIT_TICKER = {
    "symbol": "BTCUSDT",
    "bid1Price": "60000.1",
    "bid1Size": "2",
    "ask1Price": "60000.2",
    "ask1Size": "3",
    "lastPrice": "60000.15",
    "prevPrice24h": "59000",
    "highPrice24h": "61000",
    "lowPrice24h": "58000",
    "turnover24h": "600000",
    "volume24h": "10",
}
# The two words by which CCXT knows a contract's ticker: more fields at Bybit, fewer at Binance.
BYBIT_LINEAR_TICKER = BYBIT_TICKER | {"openInterestValue": "1000000", "openInterest": "20", "markPrice": "60000"}
BINANCE_SYMBOL = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
    "isSpotTradingAllowed": True,
    "permissions": ["SPOT"],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
    ],
}
BINANCE_LINEAR = BINANCE_SYMBOL | {
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "onboardDate": 1569398400000,
    "marginAsset": "USDT",
    "pricePrecision": 2,
    "quantityPrecision": 3,
}
BINANCE_TICKER = {
    "symbol": "BTCUSDT",
    "lastPrice": "60000.15",
    "bidPrice": "60000.10",
    "bidQty": "2",
    "askPrice": "60000.20",
    "askQty": "3",
    "openPrice": "59000",
    "highPrice": "61000",
    "lowPrice": "58000",
    "volume": "10",
    "quoteVolume": "600000",
    "closeTime": 1700000000000,
}
BINANCE_LINEAR_TICKER = {name: value for name, value in BINANCE_TICKER.items() if not name.startswith(("bid", "ask"))}
BOOK = {"lastUpdateId": 7, "bids": [["60000.1", "2"]], "asks": [["60000.2", "3"]]}


def answer_of_the_market(path: str, query: dict[str, list[str]]) -> Any:
    """What one public path answers; raises `KeyError` for any other path."""
    category = query.get("category", [""])[0]
    lists = {"spot": [BYBIT_SPOT], "linear": [BYBIT_LINEAR], "inverse": []}
    answers: dict[str, Callable[[], Any]] = {
        "/v5/market/instruments-info": lambda: bybit(category=category, list=lists[category], nextPageCursor=""),
        "/v5/market/tickers": lambda: bybit(
            category=category, list=[BYBIT_TICKER if category == "spot" else BYBIT_LINEAR_TICKER]
        ),
        "/v5/market/orderbook": lambda: bybit(
            s="BTCUSDT", b=[["60000.1", "2"]], a=[["60000.2", "3"]], ts=1, u=7, seq=8
        ),
        "/v5/market/time": lambda: bybit(timeSecond="1700000000", timeNano="1700000000123456789"),
        "/api/v3/exchangeInfo": lambda: {"timezone": "UTC", "serverTime": 1, "symbols": [BINANCE_SYMBOL]},
        "/fapi/v1/exchangeInfo": lambda: {"timezone": "UTC", "serverTime": 1, "symbols": [BINANCE_LINEAR]},
        "/api/v3/ticker/24hr": lambda: BINANCE_TICKER,
        "/fapi/v1/ticker/24hr": lambda: BINANCE_LINEAR_TICKER,
        "/api/v3/depth": lambda: BOOK,
        "/fapi/v1/depth": lambda: BOOK | {"T": 5, "E": 6},
        "/api/v3/time": lambda: {"serverTime": 1700000000123},
        "/fapi/v1/time": lambda: {"serverTime": 1700000000123},
    }
    return answers[path]()
