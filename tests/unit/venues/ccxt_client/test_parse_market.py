"""CCXT's market words as facts, and what it leaves out."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import InstrumentState, MarketType, NullReason, OptionType
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.ccxt_client.parse import exact
from dualwitness.venues.errors import RowInvalid, UnknownSymbol, Unsupported, UsageError

FULL = "burakoner_live/full"


def _lists(folder: Path, environment: str) -> dict[str, bytes]:
    names = {"SPOT": "spot", "SWAP": "swap", "FUTURES": "futures", "OPTION": "option-btc-usd"}
    return {
        kind: (folder / FULL / f"{environment}_get-instruments-{name}.json").read_bytes()
        for kind, name in names.items()
    }


@pytest.mark.parametrize("environment", ["production", "demo"])
def test_every_recorded_instrument_is_read(client: CcxtClient, venue: Any, shared: Path, environment: str) -> None:
    """The whole lists of the real venue: every id that CCXT keeps, exact steps, contract size as CCXT says it."""
    lists = _lists(shared, environment)

    def answers(request: WireRequest) -> WireAnswer:
        kind = request.query.split("instType=")[1].split("&")[0]
        return WireAnswer(200, b'{"code":"0","data":[],"msg":""}' if "ETH-USD" in request.query else lists[kind])

    venue.script["/api/v5/public/instruments"] = answers
    rows = {row["instId"]: row for body in lists.values() for row in json.loads(body)["data"]}
    instruments = client.get_instruments()
    ids = [instrument.venue_instrument_id for instrument in instruments]
    assert ids == sorted(ids)
    # CCXT leaves out rows without an id, and in demo the venue's test families.
    left_out = {name for name, row in rows.items() if name and not row.get("instFamily", "").startswith("TEST")} - set(
        ids
    )
    assert left_out == set()
    for instrument in instruments:
        row = rows[instrument.venue_instrument_id]
        assert instrument.lot_size == exact(row["lotSz"], "lotSz")
        assert (instrument.state is InstrumentState.LIVE) is (row["state"] == "live")
        if instrument.market_type is not MarketType.SPOT:
            assert instrument.contract_size == exact(row["ctVal"], "ctVal")


def test_an_option_s_contract_size_is_ccxt_s_own_wrong_word(client: CcxtClient) -> None:
    """CCXT ignores ctMult, and that is not repaired here (difference option-contract-size-ignores-ctmult)."""
    (option,) = client.get_instruments(MarketType.OPTION)
    assert (option.contract_size, option.strike, option.option_type) == (Decimal(1), Decimal(60000), OptionType.CALL)


def test_a_suspended_instrument_has_an_unmapped_state(client: CcxtClient) -> None:
    """CCXT knows active and inactive alone."""
    (future,) = client.get_instruments(MarketType.FUTURE)
    assert future.value_or_reason("state") == (None, NullReason.UNMAPPED)
    assert future.expiry_ms == 1901001600000


def test_a_list_of_margin_pairs_is_unsupported(client: CcxtClient) -> None:
    """CCXT files them under spot; an empty list would say that the venue has none."""
    with pytest.raises(Unsupported):
        client.get_instruments(MarketType.MARGIN)


def test_a_recorded_spot_ticker_is_read_exactly(client: CcxtClient, venue: Any, shared: Path) -> None:
    """Every number equals the venue's own digits."""
    body = (shared / "ccxt/market_ticker/fetchTicker_spot.json").read_bytes()
    venue.answer("/api/v5/market/ticker", body)
    row = json.loads(body)["data"][0]
    ticker = client.get_ticker("BTC/USDT")
    assert (str(ticker.last), str(ticker.bid), str(ticker.ask)) == (row["last"], row["bidPx"], row["askPx"])
    assert (str(ticker.volume_base), str(ticker.volume_quote)) == (row["vol24h"], row["volCcy24h"])
    assert ticker.ts_venue_ms == int(row["ts"])
    assert ticker.reasons == {}


def test_a_recorded_swap_ticker_keeps_contracts_in_the_base_slot(client: CcxtClient, venue: Any, shared: Path) -> None:
    """CCXT's word, wrong as it is; the quote volume is sent by the venue and dropped by CCXT."""
    body = (shared / "pyted/market_ticker/nb3.3_c6_get_ticker.json").read_bytes()
    venue.answer("/api/v5/market/ticker", body)
    ticker = client.get_ticker("BTC/USDT:USDT")
    assert str(ticker.volume_base) == json.loads(body)["data"][0]["vol24h"]
    assert ticker.value_or_reason("volume_quote") == (None, NullReason.UNMAPPED)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [({"last": ""}, NullReason.BLANK), ({}, NullReason.ABSENT), ({"last": "0"}, NullReason.UNMAPPED)],
)
def test_a_null_says_whether_the_venue_or_ccxt_left_it_out(
    client: CcxtClient, venue: Any, envelope: Any, raw: Any, reason: NullReason
) -> None:
    """Blank, absent and dropped are three different things (difference ticker-zero-and-blank-become-none)."""
    venue.answer("/api/v5/market/ticker", envelope({"instId": "BTC-USDT", "instType": "SPOT", "ts": "1"} | raw))
    assert client.get_ticker("BTC/USDT").value_or_reason("last") == (None, reason)


def test_a_recorded_book_is_read_through_ccxt_s_floats(client: CcxtClient, venue: Any, shared: Path) -> None:
    """Levels in order; seqId is dropped by CCXT."""
    venue.answer("/api/v5/market/books", (shared / "ccxt/market_books/fetchOrderBook_spot_2.json").read_bytes())
    book = client.get_order_book("BTC/USDT", 2)
    assert book.bids == ((Decimal("67973.3"), Decimal("0.05")), (Decimal("67973.2"), Decimal("0.00725939")))
    assert book.asks is not None
    assert book.asks[0].price == Decimal("67973.4")
    assert book.value_or_reason("sequence") == (None, NullReason.UNMAPPED)
    assert venue.requests[-1].query == "instId=BTC-USDT&sz=2"


@pytest.mark.parametrize("level", [["NaN", "1"], ["inf", "1"], ["", "1"], ["1"], ["abc", "1"], "text", 7])
def test_a_book_level_nobody_can_read_is_an_error(client: CcxtClient, venue: Any, envelope: Any, level: Any) -> None:
    """CCXT's floats let NaN and infinity through."""
    venue.answer("/api/v5/market/books", envelope({"bids": [["1", "1"], level], "asks": [], "ts": "1"}))
    with pytest.raises(RowInvalid):
        client.get_order_book("BTC/USDT")


def test_recorded_candles_are_oldest_first(client: CcxtClient, venue: Any, shared: Path) -> None:
    """CCXT turns them round and drops the flag of the running bar."""
    venue.answer(
        "/api/v5/market/candles", (shared / "ccxt/market_history-candles/fetchOHLCV_spot_1h.json").read_bytes()
    )
    candles = client.get_candles("BTC/USDT", "1h", 3)
    times = [candle.ts_venue_ms for candle in candles]
    assert times == sorted(times)
    assert candles[0].value_or_reason("closed") == (None, NullReason.UNSUPPORTED)
    assert candles[0].open == Decimal("43377.1")


def test_daily_candles_are_asked_for_in_utc(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT adds utc to the bar (difference ohlcv-daily-bar-utc-vs-hongkong)."""
    venue.answer("/api/v5/market/candles", envelope())
    assert client.get_candles("BTC/USDT", "1d", 5) == ()
    assert "bar=1Dutc" in venue.requests[-1].query


@pytest.mark.parametrize("row", [[], ["x", "1", "1", "1", "1", "1", "1"], ["1", "NaN", "1", "1", "1", "1"], "text", {}])
def test_a_candle_nobody_can_read_is_an_error(client: CcxtClient, venue: Any, envelope: Any, row: Any) -> None:
    """Neither a missing time nor NaN becomes a bar."""
    venue.answer("/api/v5/market/candles", envelope(row))
    with pytest.raises(RowInvalid):
        client.get_candles("BTC/USDT")


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_candles("BTC/USDT", "2m"),
        lambda client: client.get_candles("BTC/USDT", "1m", 301),
        lambda client: client.get_candles("BTC/USDT", "1m", 0),
        lambda client: client.get_order_book("BTC/USDT", 401),
        lambda client: client.get_order("BTC/USDT"),
    ],
    ids=["interval", "too many candles", "no candles", "too deep", "no id"],
)
def test_a_call_ccxt_would_bend_silently_is_refused(client: CcxtClient, call: Any) -> None:
    """Limits CCXT cuts and endpoints it switches are errors of the caller."""
    with pytest.raises(UsageError):
        call(client)


def test_an_unknown_symbol_is_answered_with_near_ones(client: CcxtClient) -> None:
    """The advice names what exists."""
    with pytest.raises(UnknownSymbol) as caught:
        client.get_ticker("BTC/USDS")
    assert "BTC/USDT" in caught.value.advice


@pytest.mark.parametrize("value", ["NaN", "1e400", "1e-400", "１", "1 000", True, [], {}, "0x1", "--1", "1_0"])
def test_a_number_that_is_none_is_refused(value: Any) -> None:
    """Only plain ASCII digits within sane bounds are numbers."""
    with pytest.raises(RowInvalid):
        exact(value, "value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.10", "0.10"), (0.1, "0.1"), (7, "7"), ("-0", "0"), ("1e-7", "1E-7"), ("", None), (None, None)],
)
def test_a_number_keeps_its_digits(value: Any, expected: str | None) -> None:
    """No digit is added or lost; zero has no sign."""
    number = exact(value, "value")
    assert (None if number is None else str(number)) == expected
