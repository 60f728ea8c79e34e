"""The public endpoints: shapes as recorded, parameters as documented, refusals in OKX's words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.venue import FROZEN_MS, ask, frozen_venue, parsed, recorded


def rows(target: str) -> list[Any]:
    """The rows of one public answer."""
    data: list[Any] = parsed(frozen_venue().respond("GET", f"/api/v5/{target}", {}))["data"]
    return data


def refusal(target: str) -> tuple[int, Any]:
    """Status and envelope of an answer that is no success."""
    answer = frozen_venue().respond("GET", f"/api/v5/{target}", {})
    envelope = json.loads(answer.body)
    assert envelope["code"] != "0"
    return answer.status, envelope


@pytest.mark.parametrize(
    ("target", "file", "new_keys"),
    [
        ("market/ticker?instId=BTC-USDT", "ccxt/market_ticker/fetchTicker_spot.json", set()),
        ("market/ticker?instId=BTC-USDT-SWAP", "pyted/market_ticker/nb3.3_c6_get_ticker.json", set()),
        # seqId came after the capture (okx-v5-facts section 12), source too.
        ("market/books?instId=BTC-USDT-SWAP", "pyted/market_books/nb3.3_c14_get_books.json", {"seqId"}),
        ("market/trades?instId=BTC-USDT", "ccxt/market_trades/fetchTrades_spot.json", {"source"}),
        ("public/open-interest?instType=SWAP", "ccxt/public_open-interest/fetchOpenInterest_linear.json", set()),
        ("public/time", "ccxt/public_time/fetchTime.json", set()),
        (
            "public/mark-price?instType=SWAP",
            "burakoner_live/public_mark-price/production_get-mark-price-events-btc-above-daily.json",
            set(),
        ),
        (
            "public/funding-rate?instId=BTC-USDT-SWAP",
            "burakoner_live/public_funding-rate/production_get-funding-rate-any.json",
            set(),
        ),
        (
            "public/funding-rate-history?instId=BTC-USDT-SWAP",
            "burakoner_live/public_funding-rate-history/production_get-funding-rate-history-current-xperp.json",
            set(),
        ),
    ],
)
def test_row_has_the_keys_and_types_of_a_recorded_row(target: str, file: str, new_keys: set[str]) -> None:
    """Every key that OKX sent is there, as the same type, and no key that it does not have."""
    real, ours = recorded(file)["data"][0], rows(target)[0]
    assert set(ours) == set(real) | new_keys
    assert all(type(ours[key]) is type(real[key]) for key in real)
    assert list(ours) == sorted(ours)


def test_currencies_row_has_the_keys_of_a_recorded_row() -> None:
    """The private list of currencies has OKX's shape of 2026, and can be narrowed."""
    real = recorded("python_okx_notebook/asset_currencies/get_currencies_2026_03.json")["data"][0]
    answer = parsed(ask(frozen_venue(), "/api/v5/asset/currencies?ccy=BTC,USDT"))["data"]
    assert set(answer[0]) == set(real)
    assert {row["ccy"] for row in answer} == {"BTC", "USDT"}


def test_book_levels_and_candles_have_the_recorded_columns() -> None:
    """Four columns a level with a dead third, nine a candle with confirm last."""
    real_level = recorded("pyted/market_books/nb3.3_c14_get_books.json")["data"][0]["asks"][0]
    real_candle = recorded("pyted/market_candles/nb1.3_c12_get_candles.json")["data"][0]
    level = rows("market/books?instId=BTC-USDT&sz=5")[0]["asks"][0]
    candle = rows("market/candles?instId=BTC-USDT")[0]
    assert (len(level), level[2]) == (len(real_level), "0")
    assert (len(candle), candle[8]) == (len(real_candle), "0")
    assert [len(level) for level in rows("market/books-full?instId=BTC-USDT&sz=5")[0]["bids"]] == [3] * 5


@pytest.mark.parametrize(("sz", "levels"), [("", 1), ("&sz=1", 1), ("&sz=400", 400)])
def test_books_gives_as_many_levels_as_asked_and_one_by_default(sz: str, levels: int) -> None:
    """The default is one level (difference orderbook-default-depth-100-vs-1)."""
    book = rows(f"market/books?instId=BTC-USDT{sz}")[0]
    assert (len(book["asks"]), len(book["bids"])) == (levels, levels)


@pytest.mark.parametrize("sz", ["0", "401", "-1", "x", "²"])
def test_books_of_an_impossible_depth_are_refused_with_status_200(sz: str) -> None:
    """Measured: HTTP 200 with 51000."""
    assert refusal(f"market/books?instId=BTC-USDT&sz={sz}") == (
        200,
        {"code": "51000", "data": [], "msg": "Parameter sz error"},
    )


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("public/instruments", "instType"),
        ("public/mark-price", "instType"),
        ("market/tickers", "instType"),
        ("market/ticker", "instId"),
        ("market/ticker?instId=", "instId"),
        ("market/candles", "instId"),
        ("public/funding-rate", "instId"),
    ],
)
def test_missing_parameter_is_refused_by_name(target: str, name: str) -> None:
    """HTTP 400, 50014; a blank value is a missing one."""
    assert refusal(target) == (400, {"code": "50014", "data": [], "msg": f"Parameter {name} can not be empty."})


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("public/instruments?instType=STOCK", "instType"),
        ("market/tickers?instType=MARGIN", "instType"),
        ("market/candles?instId=BTC-USDT&bar=7m", "bar"),
        ("market/candles?instId=BTC-USDT&limit=0", "limit"),
        ("market/candles?instId=BTC-USDT&after=yesterday", "after"),
        ("public/funding-rate?instId=BTC-USDT", "instId"),
    ],
)
def test_impossible_parameter_is_refused_by_name(target: str, name: str) -> None:
    """HTTP 400, 51000."""
    assert refusal(target) == (400, {"code": "51000", "data": [], "msg": f"Parameter {name} error"})


def test_options_without_family_are_refused() -> None:
    """The list of options must be asked for by family: 50015."""
    status, envelope = refusal("public/instruments?instType=OPTION")
    assert (status, envelope["code"]) == (400, "50015")


@pytest.mark.parametrize("target", ["market/ticker", "market/candles", "market/trades", "public/price-limit"])
def test_unknown_instrument_is_refused_with_status_200(target: str) -> None:
    """51001 with an empty data."""
    status, envelope = refusal(f"{target}?instId=NOPE-USDT")
    assert (status, envelope["code"], envelope["data"]) == (200, "51001", [])


def test_books_of_an_unknown_instrument_are_refused_without_data() -> None:
    """Measured on books alone: the envelope has no data."""
    status, envelope = refusal("market/books?instId=NOPE-USDT")
    assert (status, envelope["code"], "data" in envelope) == (200, "51001", False)


def test_instruments_are_narrowed_by_type_id_underlying_and_family() -> None:
    """Each filter does what it says."""
    assert {row["instType"] for row in rows("public/instruments?instType=SWAP")} == {"SWAP"}
    assert [row["instId"] for row in rows("public/instruments?instType=SPOT&instId=ETH-BTC")] == ["ETH-BTC"]
    assert {row["uly"] for row in rows("public/instruments?instType=OPTION&uly=ETH-USD")} == {"ETH-USD"}
    families = {row["instFamily"] for row in rows("public/instruments?instType=FUTURES&instFamily=BTC-USDT")}
    assert families == {"BTC-USDT"}
    assert rows("public/instruments?instType=SWAP&uly=NO-SUCH") == []


@pytest.mark.parametrize(
    ("inst_id", "low", "high"),
    [("BTC-USDT", 50_000, 80_000), ("BTC-USDT-SWAP", "0.01", "0.01"), ("BTC-USD-SWAP", "0.001", "0.002")],
)
def test_ticker_volumes_are_quote_on_a_pair_and_base_on_a_contract(
    inst_id: str, low: int | str, high: int | str
) -> None:
    """VolCcy24h over vol24h is a price on a pair, the contract's coins otherwise; candles use the same units."""
    ticker = rows(f"market/ticker?instId={inst_id}")[0]
    candle = rows(f"market/candles?instId={inst_id}&bar=1H")[1]
    for volume, in_currency in ((ticker["vol24h"], ticker["volCcy24h"]), (candle[5], candle[6])):
        assert Decimal(low) <= Decimal(in_currency) / Decimal(volume) <= Decimal(high)


def test_tickers_are_the_tickers_of_every_instrument_of_the_type() -> None:
    """The list and the single answer are the same rows."""
    listed = rows("market/tickers?instType=SWAP")
    assert len(listed) == len(rows("public/instruments?instType=SWAP"))
    for row in listed[:3]:
        assert rows(f"market/ticker?instId={row['instId']}") == [row]


def test_candles_come_newest_first_without_gaps() -> None:
    """A hundred by default, at most three hundred, however many are asked for."""
    listed = rows("market/candles?instId=BTC-USDT&bar=5m")
    times = [int(row[0]) for row in listed]
    assert times == list(range(times[0], times[0] - 100 * 300_000, -300_000))
    assert times[0] <= FROZEN_MS < times[0] + 300_000
    assert [row[8] for row in listed] == ["0"] + ["1"] * 99
    assert len(rows("market/candles?instId=BTC-USDT&bar=5m&limit=1000")) == 300


def test_cursors_are_exclusive_and_page_without_overlap() -> None:
    """After asks for older, before for newer; two pages join."""
    base = "market/candles?instId=BTC-USDT-SWAP&bar=1H"
    whole = rows(f"{base}&limit=6")
    assert rows(f"{base}&limit=3&after={whole[2][0]}") == whole[3:]
    assert rows(f"{base}&before={whole[3][0]}") == whole[:3]
    assert rows(f"{base}&after={whole[1][0]}&before={whole[4][0]}") == whole[2:4]


def test_history_candles_hold_closed_bars_alone_and_agree_with_candles() -> None:
    """The running bar is missing, the rest is the same."""
    history = rows("market/history-candles?instId=ETH-USDT&bar=1Dutc&limit=5")
    assert history == rows("market/candles?instId=ETH-USDT&bar=1Dutc&limit=6")[1:]
    assert {row[8] for row in history} == {"1"}


def test_candles_reach_back_1440_bars_and_history_further() -> None:
    """What candles no longer has, history-candles still has."""
    old = FROZEN_MS - 2_000 * 60_000
    assert rows(f"market/candles?instId=BTC-USDT&after={old}") == []
    assert len(rows(f"market/history-candles?instId=BTC-USDT&after={old}")) == 100


def test_index_tickers_know_dollar_and_stablecoin_indices() -> None:
    """BTC-USD is an index of its own; all of a quote currency can be asked for."""
    assert [row["instId"] for row in rows("market/index-tickers?instId=BTC-USD")] == ["BTC-USD"]
    names = [row["instId"] for row in rows("market/index-tickers?quoteCcy=USDT")]
    assert {"BTC-USDT", "ETH-USDT"} <= set(names)
    assert len(names) == len(set(names))
    assert {name.rpartition("-")[2] for name in names} == {"USDT"}
    assert refusal("market/index-tickers")[1]["code"] == "50015"


def test_price_limit_encloses_the_mark() -> None:
    """One may buy up to above the mark and sell down to below it."""
    row = rows("public/price-limit?instId=BTC-USDT-SWAP")[0]
    mark = rows("public/mark-price?instType=SWAP&instId=BTC-USDT-SWAP")[0]["markPx"]
    assert len({row["sellLmt"], row["buyLmt"], mark}) == 3
    assert row["enabled"] is True
    assert row["sellLmt"] < mark < row["buyLmt"]


def test_funding_history_pages_by_time() -> None:
    """Settled periods, newest first, eight hours apart, the first of them the running one's predecessor."""
    history = rows("public/funding-rate-history?instId=BTC-USDT-SWAP&limit=3")
    running = rows("public/funding-rate?instId=BTC-USDT-SWAP")[0]
    assert history[0]["fundingTime"] == running["prevFundingTime"]
    assert history[0]["realizedRate"] == running["settFundingRate"]
    older = rows(f"public/funding-rate-history?instId=BTC-USDT-SWAP&limit=2&after={history[0]['fundingTime']}")
    assert older == history[1:]


def test_status_is_quiet_and_underlyings_are_listed() -> None:
    """No maintenance; the families of the futures."""
    assert rows("system/status") == []
    assert rows("public/underlying?instType=FUTURES") == [["BTC-USD", "BTC-USDT", "ETH-USD", "ETH-USDT"]]
