"""Contracts, options, tiers, lending and the rest of the public data: what the numbers mean and how they agree."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.venue import FROZEN_MS, frozen_venue, parsed

_DAY_MS = 86_400_000


def rows(target: str) -> list[Any]:
    """The rows of one public answer."""
    data: list[Any] = parsed(frozen_venue().respond("GET", f"/api/v5/{target}", {}))["data"]
    return data


def refusal(target: str) -> tuple[int, str, str]:
    """Status, code and text of an answer that is no success."""
    answer = frozen_venue().respond("GET", f"/api/v5/{target}", {})
    envelope = json.loads(answer.body)
    return answer.status, envelope["code"], envelope["msg"]


@pytest.mark.parametrize(
    ("query", "converted"),
    [
        ("instId=BTC-USD-SWAP&type=1&sz=0.888&px=35000", "310.8"),
        ("instId=BTC-USD-SWAP&type=2&sz=350&px=35000", "1"),
        ("instId=BTC-USD-SWAP&type=2&sz=3&unit=usds", "300"),
        ("instId=BTC-USD-SWAP&type=1&sz=1000&unit=usds", "10"),
        ("instId=BTC-USDT-SWAP&sz=1.5", "150"),
        ("instId=BTC-USDT-SWAP&type=2&sz=150", "1.5"),
        ("instId=BTC-USDT-SWAP&type=2&sz=100&unit=usds&px=60000", "60000"),
        ("instId=BTC-USDT-SWAP&sz=0.000177", "0.02"),
        ("instId=BTC-USDT-SWAP&sz=0.000177&opType=open", "0.01"),
    ],
)
def test_coins_and_contracts_are_converted_by_face_value(query: str, converted: str) -> None:
    """Opening rounds down to the lot, closing to the nearest; a price is needed across the face value only."""
    assert rows(f"public/convert-contract-coin?{query}")[0]["sz"] == converted


@pytest.mark.parametrize(
    ("query", "code", "name"),
    [
        ("instId=BTC-USD-SWAP&sz=1", "50014", "px"),
        ("instId=BTC-USDT-SWAP&sz=1&unit=usds", "50014", "px"),
        ("instId=BTC-USDT-SWAP", "50014", "sz"),
        ("instId=BTC-USDT-SWAP&sz=0", "51000", "sz"),
        ("instId=BTC-USDT-SWAP&sz=-1", "51000", "sz"),
        ("instId=BTC-USDT-SWAP&sz=NaN", "51000", "sz"),
        ("instId=BTC-USDT&sz=1", "51000", "instId"),
        ("instId=BTC-USDT-SWAP&sz=1&type=3", "51000", "type"),
    ],
)
def test_conversion_that_makes_no_sense_is_refused_by_name(query: str, code: str, name: str) -> None:
    """HTTP 400 with the parameter's name."""
    status, said, text = refusal(f"public/convert-contract-coin?{query}")
    assert (status, said) == (400, code)
    assert f"Parameter {name} " in text


def test_position_tiers_come_by_family_and_can_be_narrowed() -> None:
    """One set of tiers a family, several families at once, single tiers by number."""
    base = "public/position-tiers?instType=SWAP&tdMode=cross"
    listed = rows(f"{base}&instFamily=BTC-USDT,ETH-USD")
    assert [row["instFamily"] for row in listed if row["tier"] == "1"] == ["BTC-USDT", "ETH-USD"]
    assert listed[0] | {"maxSz": ""} == {
        "baseMaxLoan": "", "imr": "0.01", "instFamily": "BTC-USDT", "instId": "", "maxLever": "100", "maxSz": "",
        "minSz": "0", "mmr": "0.004", "optMgnFactor": "0", "quoteMaxLoan": "", "tier": "1", "uly": "BTC-USDT",
    }  # fmt: skip
    assert [row["tier"] for row in rows(f"{base}&uly=BTC-USDT&tier=2,3")] == ["2", "3"]
    pair = rows("public/position-tiers?instType=MARGIN&tdMode=isolated&instId=BTC-USDT")[0]
    assert (pair["instId"], pair["instFamily"], pair["maxLever"]) == ("BTC-USDT", "", "10")
    assert Decimal(pair["quoteMaxLoan"]) > Decimal(pair["baseMaxLoan"]) > 0
    by_currency = rows("public/position-tiers?instType=MARGIN&tdMode=cross&ccy=ETH&tier=1")
    assert {"ETH-BTC", "ETH-USDT"} <= {row["instId"] for row in by_currency}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("instType=SWAP&tdMode=cross", "50015"),
        ("instType=MARGIN&tdMode=cross", "50015"),
        ("instType=SWAP&instFamily=BTC-USDT", "50014"),
        ("instType=SPOT&tdMode=cross", "51000"),
        ("instType=SWAP&tdMode=cash&instFamily=BTC-USDT", "51000"),
        ("instType=SWAP&tdMode=cross&instFamily=NO-SUCH", "51000"),
        ("instType=MARGIN&tdMode=cross&instId=NO-SUCH", "51001"),
        ("instType=SWAP&tdMode=cross&instFamily=A,B,C,D,E,F", "50025"),
    ],
)
def test_position_tiers_without_what_they_need_are_refused(query: str, code: str) -> None:
    """50015 without a family, 51000 for a wrong one (okx-v5-facts section 12)."""
    assert refusal(f"public/position-tiers?{query}")[1] == code


def test_option_summary_agrees_with_the_prices_it_is_made_of() -> None:
    """Calls rise and puts fall with the coin, time costs both, and the mark lies between bid and ask volatility."""
    summary = rows("public/opt-summary?uly=BTC-USD")
    listed = rows("public/instruments?instType=OPTION&uly=BTC-USD")
    assert [row["instId"] for row in summary] == [row["instId"] for row in listed]
    for row in summary:
        delta = Decimal(row["deltaBS"])
        assert (0 < delta < 1) if row["instId"].endswith("C") else (-1 < delta < 0)
        assert Decimal(row["thetaBS"]) < 0 < Decimal(row["gammaBS"])
        assert Decimal(row["vegaBS"]) > 0
        assert Decimal(row["bidVol"]) <= Decimal(row["askVol"])
        assert row["markVol"] == row["volLv"]
    dates = {row["instId"].split("-")[2] for row in rows("public/opt-summary?instFamily=BTC-USD&expTime=270326")}
    assert dates == {"270326"}
    assert refusal("public/opt-summary")[1] == "50015"
    assert refusal("public/opt-summary?uly=BTC-USD&expTime=soon")[1] == "51000"


def test_put_and_call_of_one_strike_differ_by_one_delta() -> None:
    """Parity: a call less a put is the forward."""
    summary = {row["instId"]: row for row in rows("public/opt-summary?uly=BTC-USD&expTime=270326")}
    for name, call in summary.items():
        if name.endswith("C"):
            put = summary[f"{name[:-1]}P"]
            assert abs(Decimal(call["deltaBS"]) - Decimal(put["deltaBS"]) - 1) < Decimal("0.1")


def test_deliveries_happened_on_fridays_and_options_expired_by_their_strike() -> None:
    """At 08:00 UTC, newest first, in the money exercised, the rest not."""
    futures = rows("public/delivery-exercise-history?instType=FUTURES&instFamily=BTC-USD")
    moments = [int(row["ts"]) for row in futures]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 13
    assert {ts % (7 * _DAY_MS) for ts in moments} == {_DAY_MS + 8 * 3_600_000}
    assert moments[0] <= FROZEN_MS
    assert futures[0]["details"][0]["insId"].startswith("BTC-USD-2611")
    options = rows("public/delivery-exercise-history?instType=OPTION&instFamily=BTC-USD&limit=1")
    assert options[0]["ts"] == futures[0]["ts"]
    for row in options[0]["details"]:
        *_, strike, right = row["insId"].split("-")
        worth = (Decimal(row["px"]) > Decimal(strike)) == (right == "C")
        assert row["type"] == ("exercised" if worth else "expired_otm")
    older = rows(f"public/delivery-exercise-history?instType=FUTURES&uly=BTC-USD&after={moments[3]}")
    assert older == futures[4:]


def test_settlements_are_daily_and_page_by_time() -> None:
    """At 08:00 UTC, with one price for each future of the family."""
    history = rows("public/settlement-history?instFamily=BTC-USD&limit=5")
    moments = [int(row["ts"]) for row in history]
    assert moments == list(range(moments[0], moments[0] - 5 * _DAY_MS, -_DAY_MS))
    assert {row["instId"] for row in history[0]["details"]} >= {"BTC-USD-270326", "BTC-USD-270625"}
    newer = rows(f"public/settlement-history?instFamily=BTC-USD&before={moments[2]}")
    assert newer == history[:2]
    info = rows("public/estimated-settlement-info?instId=BTC-USD-270326")[0]
    assert int(info["nextSettleTime"]) == moments[0] + _DAY_MS


def test_estimated_price_is_known_in_the_last_hour_only() -> None:
    """Empty before, the index then; a swap has none."""
    assert rows("public/estimated-price?instId=BTC-USDT-270326") == []
    assert refusal("public/estimated-price?instId=BTC-USDT-SWAP")[1] == "51000"


def test_premiums_are_what_separates_contract_and_index_minute_by_minute() -> None:
    """The newest one is that of the last closed minute of both candles."""
    premiums = rows("public/premium-history?instId=BTC-USDT-SWAP&limit=3")
    assert [int(row["ts"]) % 60_000 for row in premiums] == [0, 0, 0]
    start = int(premiums[0]["ts"]) - 60_000
    traded = next(row for row in rows("market/candles?instId=BTC-USDT-SWAP") if int(row[0]) == start)
    index = next(row for row in rows("market/index-candles?instId=BTC-USDT") if int(row[0]) == start)
    wanted = (Decimal(traded[4]) - Decimal(index[4])) / Decimal(index[4])
    assert abs(Decimal(premiums[0]["premium"]) - wanted) < Decimal("1e-6")
    assert rows(f"public/premium-history?instId=BTC-USDT-SWAP&limit=2&after={premiums[0]['ts']}") == premiums[1:]


def test_open_interest_history_is_aligned_and_bounded() -> None:
    """Newest first; begin and end are inclusive; a pair has none."""
    base = "rubik/stat/contracts/open-interest-history?instId=BTC-USDT-SWAP&period=1H"
    history = rows(f"{base}&limit=4")
    moments = [int(row[0]) for row in history]
    assert moments == list(range(moments[0], moments[0] - 4 * 3_600_000, -3_600_000))
    assert rows(f"{base}&begin={moments[2]}&end={moments[1]}") == history[1:3]
    assert all(Decimal(contracts) / 100 == Decimal(coin) for _, contracts, coin, _ in history)
    assert refusal("rubik/stat/contracts/open-interest-history?instId=BTC-USDT")[1] == "51000"


def test_index_is_the_average_of_its_components() -> None:
    """Weights add up to one; the answer is an object, as recorded."""
    index: Any = rows("market/index-components?index=BTC-USDT")
    weights = [Decimal(component["wgt"]) for component in index["components"]]
    average = sum(
        (Decimal(part["cnvPx"]) * weight for part, weight in zip(index["components"], weights, strict=True)), Decimal(0)
    )
    assert sum(weights) == 1
    assert abs(average - Decimal(index["last"])) <= Decimal("0.01")
    assert index["last"] == rows("market/index-tickers?instId=BTC-USDT")[0]["idxPx"]
    assert refusal("market/index-components?index=NO-SUCH")[1] == "51001"


def test_platform_volume_is_the_sum_of_what_the_tickers_show() -> None:
    """In dollars and, at the rate the venue publishes, in yuan."""
    volume = rows("market/platform-24-volume")[0]
    rate = Decimal(rows("market/exchange-rate")[0]["usdCny"])
    largest = Decimal(rows("market/ticker?instId=BTC-USDT")[0]["volCcy24h"])
    assert Decimal(volume["volUsd"]) > largest
    assert Decimal(volume["volCny"]) == (Decimal(volume["volUsd"]) * rate).to_integral_value()


def test_trades_of_history_page_by_id_and_by_time_without_overlap() -> None:
    """After an id, after a moment; time pages backwards only."""
    base = "market/history-trades?instId=BTC-USDT-SWAP"
    whole = rows(f"{base}&limit=6")
    assert whole == rows("market/trades?instId=BTC-USDT-SWAP&limit=6")
    assert rows(f"{base}&limit=3&after={whole[2]['tradeId']}") == whole[3:]
    assert rows(f"{base}&before={whole[3]['tradeId']}") == whole[:3]
    earlier = rows(f"{base}&type=2&limit=3&after={whole[2]['ts']}")
    assert {int(row["ts"]) < int(whole[2]["ts"]) for row in earlier} == {True}
    assert refusal(f"{base}&type=2&before={whole[2]['ts']}")[:2] == (200, "50039")
    assert rows(f"{base}&after=1") == []


def test_option_trades_are_narrowed_by_instrument_family_and_right() -> None:
    """At most a hundred, newest first, each with the volatility it was made at."""
    family = rows("public/option-trades?instFamily=BTC-USD")
    assert 0 < len(family) <= 100
    assert [int(row["ts"]) for row in family] == sorted((int(row["ts"]) for row in family), reverse=True)
    assert {row["optType"] for row in rows("public/option-trades?instFamily=BTC-USD&optType=P")} == {"P"}
    one = rows(f"public/option-trades?instId={family[0]['instId']}")
    assert {row["instId"] for row in one} == {family[0]["instId"]}
    assert Decimal(one[0]["fillVol"]) > 0
    sides = rows("market/option/instrument-family-trades?instFamily=BTC-USD")
    assert [side["optType"] for side in sides] == ["C", "P"]
    assert {trade["instId"][-1] for trade in sides[1]["tradeInfo"]} == {"P"}
    assert refusal("public/option-trades")[1] == "50015"


def test_rpi_book_is_the_plain_book_without_hidden_sizes() -> None:
    """Nobody improves prices here: the third column is the whole size."""
    plain, rpi = rows("market/books?instId=BTC-USDT&sz=7")[0], rows("market/books-rpi?instId=BTC-USDT&sz=7")[0]
    assert rpi["seqId"] == plain["seqId"]
    assert rpi["asks"] == [[px, sz, sz, orders] for px, sz, _, orders in plain["asks"]]
    assert refusal("market/books-rpi?instId=BTC-USDT&sz=401")[:2] == (200, "51000")


def test_lite_book_is_the_head_of_the_plain_one() -> None:
    """Twenty-five levels a side."""
    plain, lite = rows("market/books?instId=BTC-USDT&sz=400")[0], rows("market/books-lite?instId=BTC-USDT")[0]
    assert lite == {"asks": plain["asks"][:25], "bids": plain["bids"][:25], "ts": plain["ts"]}


def test_insurance_fund_is_told_minute_by_minute() -> None:
    """By family for contracts, by currency for MARGIN; nothing but regular updates ever happened."""
    fund = rows("public/insurance-fund?instType=SWAP&instFamily=BTC-USD&limit=4")[0]
    moments = [int(row["ts"]) for row in fund["details"]]
    assert moments == list(range(moments[0], moments[0] - 4 * 60_000, -60_000))
    assert {row["ccy"] for row in fund["details"]} == {"BTC"}
    older = rows(f"public/insurance-fund?instType=SWAP&uly=BTC-USD&limit=2&after={moments[1]}")[0]
    assert older["details"] == fund["details"][2:]
    assert rows("public/insurance-fund?instType=MARGIN&ccy=BTC&type=adl")[0]["details"] == []
    assert refusal("public/insurance-fund?instType=SWAP")[1] == "50015"
    assert refusal("public/insurance-fund?instType=MARGIN")[1] == "50014"


def test_discount_tiers_join_and_count_less_the_larger_they_are() -> None:
    """What counts grows by the tier's share of what it adds."""
    tiers = rows("public/discount-rate-interest-free-quota?ccy=BTC")[0]["details"]
    counted = Decimal(0)
    for place, tier in enumerate(tiers, start=1):
        assert tier["tier"] == str(place)
        counted += (Decimal(tier["maxAmt"]) - Decimal(tier["minAmt"])) * Decimal(tier["discountRate"])
        assert Decimal(tier["disCcyEq"]) == counted
        assert Decimal(tier["discountRate"]) + Decimal(tier["liqPenaltyRate"]) == 1
    assert [tier["minAmt"] for tier in tiers] == ["0", *(tier["maxAmt"] for tier in tiers[:-1])]
    assert refusal("public/discount-rate-interest-free-quota?ccy=NOPE")[1] == "51000"


def test_announcements_come_by_pages_newest_first() -> None:
    """The last page ends the list, the one behind it is empty."""
    first = rows("support/announcements")[0]
    assert int(first["totalPage"]) >= 2
    times = [int(row["pTime"]) for row in first["details"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 20
    assert rows("support/announcements?page=2")[0]["details"][0] not in first["details"]
    assert rows(f"support/announcements?page={int(first['totalPage']) + 1}")[0]["details"] == []


def test_dated_future_has_a_funding_history_without_rows() -> None:
    """CCXT asks for it; an option is refused."""
    assert rows("public/funding-rate-history?instId=BTC-USDT-270326") == []
    assert refusal("public/funding-rate-history?instId=BTC-USDT")[1] == "51000"


def test_mark_and_index_candles_enclose_their_prices() -> None:
    """The running bar ends at the price of now; history has closed bars alone."""
    mark = rows("public/mark-price?instType=SWAP&instId=BTC-USDT-SWAP")[0]["markPx"]
    bars = rows("market/mark-price-candles?instId=BTC-USDT-SWAP&bar=1H&limit=3")
    assert (bars[0][4], bars[0][5]) == (mark, "0")
    for bar in (*bars, *rows("market/index-candles?instId=ETH-BTC&bar=1D")):
        _, first, high, low, last, _ = bar
        assert Decimal(low) <= min(Decimal(first), Decimal(last)) <= max(Decimal(first), Decimal(last)) <= Decimal(high)
    history = rows("market/history-mark-price-candles?instId=BTC-USDT-SWAP&bar=1H&limit=2")
    assert history == bars[1:]
    assert refusal("market/index-candles?instId=BTC-USDT-SWAP")[1] == "51001"


def test_index_ticker_agrees_with_the_candles_of_the_index() -> None:
    """Its day is the running minute and the 1,440 before it."""
    ticker = rows("market/index-tickers?instId=BTC-USDT")[0]
    base = "market/history-index-candles?instId=BTC-USDT&limit=100"
    bars, after = [rows("market/index-candles?instId=BTC-USDT&limit=1")[0]], FROZEN_MS
    while len(bars) < 1_441:
        bars += rows(f"{base}&after={after}")
        after = int(bars[-1][0])
    day = bars[:1_441]
    assert Decimal(ticker["high24h"]) == max(Decimal(bar[2]) for bar in day)
    assert Decimal(ticker["low24h"]) == min(Decimal(bar[3]) for bar in day)
    assert (ticker["open24h"], ticker["idxPx"]) == (day[-1][1], day[0][4])


def test_every_public_answer_repeats_byte_for_byte() -> None:
    """With one seed and a standing clock, in any order."""
    targets = [
        "market/tickers?instType=SWAP", "market/history-trades?instId=ETH-USDT", "public/opt-summary?uly=ETH-USD",
        "market/index-components?index=ETH-USD", "public/interest-rate-loan-quota",
        "public/premium-history?instId=ETH-USD-SWAP",
        "public/delivery-exercise-history?instType=OPTION&uly=ETH-USD", "public/option-trades?instFamily=ETH-USD",
    ]  # fmt: skip
    first, second = frozen_venue(), frozen_venue()
    answers = {target: first.respond("GET", f"/api/v5/{target}", {}).body for target in targets}
    for target in reversed(targets):
        assert second.respond("GET", f"/api/v5/{target}", {}).body == answers[target]


@pytest.mark.parametrize("state", ["", "?state=ongoing", "?state=canceled"])
def test_no_maintenance_is_announced_in_any_state(state: str) -> None:
    """Quiet, but a state that does not exist is refused."""
    assert rows(f"system/status{state}") == []
    assert refusal("system/status?state=broken")[1] == "51000"
