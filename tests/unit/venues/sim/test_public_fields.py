"""Every public answer has exactly the fields and JSON types of OKX's newest recorded one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.venue import frozen_venue, recorded

_LIVE = "burakoner_live"
_DOCUMENTED = "jkorf"

# What the venue sends beyond the newest recording of the endpoint, because OKX added it later (okx-v5-facts, 12).
_ADDED_SINCE = {
    "market/books": {"[].seqId"},
    "market/trades": {"[].source"},
    "market/history-trades": {"[].source"},
}

# Announced changes of an instrument's parameters: the table's never change, the list is empty.
_NOT_MODELLED = "[].upcChg[]"

# Target and the newest answer of the collection: recorded ones first, examples of the documentation otherwise.
_CASES = [
    ("market/block-ticker?instId=BTC-USD-SWAP", f"{_DOCUMENTED}/market_block-ticker/GetBlockTicker.json"),
    ("market/block-tickers?instType=SWAP", f"{_DOCUMENTED}/market_block-tickers/GetBlockTickers.json"),
    ("market/books?instId=BTC-USDT", "pyted/market_books/nb1.3_c17_get_books.json"),
    ("market/books-lite?instId=BTC-USDT", "pyted/market_books-lite/nb1.3_c19_get_books_lite.json"),
    ("market/candles?instId=BTC-USDT", "pyted/market_candles/nb1.3_c12_get_candles.json"),
    ("market/history-candles?instId=BTC-USDT", "ccxt/market_history-candles/fetchOHLCV_spot_1h.json"),
    ("market/history-trades?instId=BTC-USDT", "pyted/market_history-trades/nb1.3_c24_get_history_trades.json"),
    ("market/index-candles?instId=BTC-USD", f"{_DOCUMENTED}/market_index-candles/GetIndexKlines.json"),
    (
        "market/index-components?index=BTC-USD",
        f"{_LIVE}/market_index-components/production_get-index-components-btc-usd.json",
    ),
    ("market/index-tickers?quoteCcy=USDT", f"{_DOCUMENTED}/market_index-tickers/GetIndexTickers.json"),
    ("market/mark-price-candles?instId=BTC-USD-SWAP",
     f"{_DOCUMENTED}/market_mark-price-candles/GetMarkPriceKlines.json"),
    ("market/platform-24-volume", "pyted/market_platform-24-volume/nb1.3_c31_get_platform_24_volume.json"),
    ("market/ticker?instId=BTC-USDT", "ccxt/market_ticker/fetchTicker_spot.json"),
    ("market/tickers?instType=SPOT", "python_okx_notebook/market_tickers/get_tickers_2026_03.json"),
    ("market/trades?instId=BTC-USDT", "ccxt/market_trades/fetchTrades_spot.json"),
    ("public/convert-contract-coin?instId=BTC-USD-SWAP&sz=1&px=35000",
     f"{_DOCUMENTED}/public_convert-contract-coin/UnitConvert.json"),
    ("public/delivery-exercise-history?instType=OPTION&uly=BTC-USD",
     f"{_DOCUMENTED}/public_delivery-exercise-history/GetDeliveryExerciseHistory.json"),
    ("public/discount-rate-interest-free-quota?ccy=BTC",
     f"{_LIVE}/public_discount-rate-interest-free-quota/production_get-discount-rate-interest-free-quota-btc.json"),
    ("public/estimated-settlement-info?instId=BTC-USDT-270326",
     f"{_DOCUMENTED}/public_estimated-settlement-info/GetEstimatedFuturesSettlementPrice.json"),
    ("public/funding-rate?instId=BTC-USDT-SWAP", f"{_LIVE}/public_funding-rate/production_get-funding-rate-any.json"),
    ("public/funding-rate-history?instId=BTC-USDT-SWAP",
     f"{_LIVE}/public_funding-rate-history/production_get-funding-rate-history-current-xperp.json"),
    ("public/instrument-tick-bands?instType=OPTION",
     f"{_LIVE}/public_instrument-tick-bands/production_get-option-tick-bands-option.json"),
    ("public/insurance-fund?instType=SWAP&instFamily=BTC-USD",
     f"{_LIVE}/public_insurance-fund/production_get-insurance-fund-swap-btc-usd.json"),
    ("public/interest-rate-loan-quota",
     f"{_LIVE}/public_interest-rate-loan-quota/production_get-interest-rate-loan-quota.json"),
    ("public/mark-price?instType=SWAP",
     f"{_LIVE}/public_mark-price/production_get-mark-price-events-btc-above-daily.json"),
    ("public/open-interest?instType=SWAP",
     f"{_LIVE}/public_open-interest/production_get-open-interest-btc-usdt-swap.json"),
    ("public/option-trades?instFamily=BTC-USD", "pyted/public_option-trades/nb1.3_c28_get_option_trades.json"),
    ("public/opt-summary?uly=BTC-USD", f"{_DOCUMENTED}/public_opt-summary/GetOptionMarketData.json"),
    ("public/position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT",
     "go_okx/public_position-tiers/public_position_tiers_ok.json"),
    ("public/premium-history?instId=BTC-USDT-SWAP", f"{_DOCUMENTED}/public_premium-history/GetPremiumHistory.json"),
    ("public/price-limit?instId=BTC-USDT-SWAP", f"{_DOCUMENTED}/public_price-limit/GetLimitPrice.json"),
    ("public/settlement-history?instFamily=BTC-USD",
     f"{_DOCUMENTED}/public_settlement-history/GetSettlementHistory.json"),
    ("public/time", "ccxt/public_time/fetchTime.json"),
    ("public/underlying?instType=FUTURES", f"{_LIVE}/public_underlying/production_get-underlying-futures.json"),
    ("public/vip-interest-rate-loan-quota",
     f"{_DOCUMENTED}/public_vip-interest-rate-loan-quota/GetVIPInterestRates.json"),
    ("rubik/stat/contracts/open-interest-history?instId=BTC-USDT-SWAP",
     (f"{_LIVE}/rubik_stat_contracts_open-interest-history/"
      "production_get-contract-open-interest-history-btc-usdt-swap.json")),
    ("support/announcement-types", f"{_DOCUMENTED}/support_announcement-types/GetAnnouncementTypes.json"),
    ("support/announcements", f"{_DOCUMENTED}/support_announcements/GetAnnouncements.json"),
    ("system/status", "ccxt/system_status/fetchStatus_ok_empty.json"),
    *(
        (f"public/instruments?instType={inst_type.upper()}{more}",
         f"{_LIVE}/public_instruments/{environment}_get-instruments-{inst_type}{rest}.json")
        for environment in ("demo", "production")
        for inst_type, more, rest in (
            ("spot", "", ""), ("margin", "", ""), ("swap", "", ""), ("futures", "", ""),
            ("option", "&uly=BTC-USD", "-btc-usd"),
        )
    ),
]  # fmt: skip


def fields(value: Any, path: str = "") -> dict[str, set[str]]:
    """Every path of a JSON value and the types that stand there; lists of scalars keep their length out of it."""
    found: dict[str, set[str]] = {path: {type(value).__name__}}
    inner = (
        [(f"{path}.{name}", item) for name, item in value.items()]
        if isinstance(value, dict)
        else [(f"{path}[]", item) for item in value]
        if isinstance(value, list)
        else []
    )
    for name, item in inner:
        for deeper, types in fields(item, name).items():
            found.setdefault(deeper, set()).update(types)
    return found


@pytest.mark.parametrize(("target", "file"), _CASES, ids=[file for _, file in _CASES])
def test_public_answer_has_the_fields_and_types_of_the_newest_recording(target: str, file: str) -> None:
    """No field too few, none too many, strings where OKX has strings, at every depth."""
    path = target.partition("?")[0]
    real = fields(recorded(file)["data"])
    answer = json.loads(frozen_venue().respond("GET", f"/api/v5/{target}", {}).body)
    ours = fields(answer["data"])
    left_out = {name for name in real if name.startswith(_NOT_MODELLED)}
    assert ours.keys() == (real.keys() - left_out) | _ADDED_SINCE.get(path, set())
    assert all(ours[name] <= types for name, types in real.items() if name not in left_out)


def test_answers_spell_their_keys_in_alphabetical_order() -> None:
    """At every depth, as OKX's newer services do."""

    def ordered(value: Any) -> bool:
        if isinstance(value, dict):
            return list(value) == sorted(value) and all(ordered(item) for item in value.values())
        return all(ordered(item) for item in value) if isinstance(value, list) else True

    venue = frozen_venue()
    for target, _ in _CASES:
        assert ordered(json.loads(venue.respond("GET", f"/api/v5/{target}", {}).body)), target


def test_levels_and_candles_have_the_columns_of_okx() -> None:
    """Four columns a level, three in books-full; nine a candle of trades, six a candle of prices."""
    columns = {
        "market/books?instId=BTC-USDT": 4,
        "market/books-lite?instId=BTC-USDT": 4,
        "market/books-rpi?instId=BTC-USDT": 4,
        "market/books-full?instId=BTC-USDT": 3,
        "market/candles?instId=BTC-USDT": 9,
        "market/history-candles?instId=BTC-USDT": 9,
        "market/index-candles?instId=BTC-USDT": 6,
        "market/history-index-candles?instId=BTC-USDT": 6,
        "market/mark-price-candles?instId=BTC-USDT": 6,
        "market/history-mark-price-candles?instId=BTC-USDT": 6,
        "rubik/stat/contracts/open-interest-history?instId=BTC-USDT-SWAP": 4,
    }
    venue = frozen_venue()
    for target, count in columns.items():
        data = json.loads(venue.respond("GET", f"/api/v5/{target}", {}).body)["data"]
        rows = data[0]["asks"] + data[0]["bids"] if "books" in target else data
        assert {len(row) for row in rows} == {count}, target
