"""Every public method of python-okx works against the venue, or the venue refuses it as OKX would and says so."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from okx.MarketData import MarketAPI
from okx.PublicData import PublicAPI
from okx.Status import StatusAPI

from dualwitness.venues.sim.server import ServedVenue
from dualwitness.venues.sim.unsupported import UNSUPPORTED
from tests.support.venue import served

_APIS = {"MarketData": MarketAPI, "PublicData": PublicAPI, "Status": StatusAPI}
_SWAP, _PAIR, _FUTURE = {"instId": "BTC-USDT-SWAP"}, {"instId": "BTC-USDT"}, {"instId": "BTC-USDT-270326"}
_SWAPS = {"instType": "SWAP"}

# What each method is called with; where the venue has nothing to tell (no blocks, no delivery within the hour, no
# maintenance) its answer is an empty list.
_CALLS: dict[str, dict[str, str]] = {
    "MarketData.get_block_ticker": _SWAP,
    "MarketData.get_block_tickers": _SWAPS,
    "MarketData.get_block_trades": _SWAP,
    "MarketData.get_candlesticks": _SWAP | {"bar": "1H", "limit": "3"},
    "MarketData.get_exchange_rate": {},
    "MarketData.get_history_candlesticks": _SWAP | {"bar": "1D", "limit": "3"},
    "MarketData.get_history_trades": _PAIR | {"limit": "3"},
    "MarketData.get_index_candlesticks": {"instId": "BTC-USD", "limit": "3"},
    "MarketData.get_index_components": {"index": "BTC-USD"},
    "MarketData.get_index_tickers": {"quoteCcy": "USDT"},
    "MarketData.get_mark_price_candlesticks": _SWAP | {"limit": "3"},
    "MarketData.get_option_trades": {"instFamily": "BTC-USD"},
    "MarketData.get_order_lite_book": _PAIR,
    "MarketData.get_orderbook": _PAIR | {"sz": "5"},
    "MarketData.get_rpi_orderbook": _PAIR | {"sz": "5"},
    "MarketData.get_ticker": _PAIR,
    "MarketData.get_tickers": _SWAPS,
    "MarketData.get_tier": _SWAPS | {"tdMode": "cross", "uly": "BTC-USDT"},
    "MarketData.get_trades": _PAIR | {"limit": "3"},
    "MarketData.get_volume": {},
    "PublicData.discount_interest_free_quota": {"ccy": "BTC"},
    "PublicData.funding_rate_history": _SWAP,
    "PublicData.get_announcements": {},
    "PublicData.get_convert_contract_coin": _SWAP | {"sz": "1"},
    "PublicData.get_delivery_exercise_history": {"instType": "FUTURES", "instFamily": "BTC-USD"},
    "PublicData.get_estimated_price": _FUTURE,
    "PublicData.get_funding_rate": _SWAP,
    "PublicData.get_instruments": _SWAPS,
    "PublicData.get_insurance_fund": _SWAPS | {"instFamily": "BTC-USD"},
    "PublicData.get_interest_rate_loan_quota": {},
    "PublicData.get_mark_price": _SWAPS,
    "PublicData.get_market_data_history": _SWAPS | {
        "module": "1", "dateAggrType": "daily", "begin": "1790000000000", "end": "1790086400000",
    },
    "PublicData.get_open_interest": _SWAPS,
    "PublicData.get_opt_summary": {"uly": "BTC-USD"},
    "PublicData.get_option_tickBands": {"instType": "OPTION"},
    "PublicData.get_option_trades": {"instFamily": "BTC-USD"},
    "PublicData.get_position_tiers": _SWAPS | {"tdMode": "cross", "instFamily": "BTC-USDT"},
    "PublicData.get_price_limit": _SWAP,
    "PublicData.get_system_time": {},
    "PublicData.get_underlying": {"instType": "FUTURES"},
    "PublicData.get_vip_interest_rate_loan_quota": {},
    "Status.status": {},
}  # fmt: skip
_EMPTY = {"PublicData.get_estimated_price", "Status.status"}


def methods() -> list[str]:
    """Every method that the three classes themselves define."""
    return [
        f"{name}.{method}"
        for name, api in _APIS.items()
        for method, function in inspect.getmembers(api, inspect.isfunction)
        if function.__qualname__.startswith(f"{api.__name__}.") and not method.startswith("_")
    ]


@pytest.fixture(scope="module")
def running() -> Iterator[ServedVenue]:
    """One venue on loopback for all methods."""
    with served() as venue:
        yield venue


def test_no_method_of_the_sdk_is_forgotten() -> None:
    """The table above names exactly what the installed library has."""
    assert sorted(_CALLS) == sorted(methods())


@pytest.mark.parametrize("name", methods())
def test_sdk_method_works_or_is_refused_as_listed(running: ServedVenue, name: str) -> None:
    """Code 0 with rows, or the code that stands in ``UNSUPPORTED`` for the path that was asked."""
    api_name, method = name.split(".")
    with _APIS[api_name](flag="1", domain=running.base_url) as api:
        paths: list[str] = []
        api.event_hooks["request"].append(lambda request: paths.append(request.url.path))
        answer: dict[str, Any] = getattr(api, method)(**_CALLS[name])
    listed = UNSUPPORTED.get(paths[0])
    assert str(answer["code"]) == ("0" if listed is None else listed.code)
    if listed is None:
        assert bool(answer["data"]) == (name not in _EMPTY)
