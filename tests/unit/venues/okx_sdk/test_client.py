"""What the client asks, how it pages, and how single rows become facts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from dualwitness.models import Direction, Library, MarketType, NullReason, PositionMode, RunMode
from dualwitness.models.wire import WireRequest
from dualwitness.venues import VenueClient
from dualwitness.venues.errors import RowInvalid, UnknownSymbol, UsageError
from dualwitness.venues.okx_sdk.client import OkxSdkClient

Opener = Callable[..., OkxSdkClient]
Envelope = Callable[..., bytes]


def fill_row(number: int, *, kind: str = "SWAP", **changes: str) -> dict[str, str]:
    """One raw fill; the bill id and the time follow the number."""
    row = {
        "instType": kind, "instId": "BTC-USDT-SWAP" if kind == "SWAP" else "BTC-USDT", "tradeId": str(number),
        "billId": str(1000 + number), "ordId": "9", "clOrdId": "", "side": "buy", "posSide": "net", "fillPx": "60000",
        "fillSz": "2", "fee": "-0.6", "feeCcy": "USDT", "execType": "T", "fillTime": str(1_700_000_000_000 + number),
        "ts": str(1_700_000_000_900 + number),
    }  # fmt: skip
    return row | changes


def test_client_is_a_venue_client_with_an_honest_label(client: OkxSdkClient) -> None:
    """The client has every method of the interface and says through which library it speaks."""
    assert isinstance(client, VenueClient)
    assert (client.label, client.venue) == ("okx_sdk", "okx")


def test_server_time_is_the_venues_clock(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """The time comes from public/time in ms."""
    venue.say("public/time", say_rows({"ts": "1712250348676"}))
    assert client.get_server_time() == 1712250348676


@pytest.mark.parametrize(("mode", "flag"), [(RunMode.OKX_DEMO_API, "1"), (RunMode.OKX_LIVE, "0")])
def test_demo_header_follows_the_mode(
    venue: Any, open_client: Opener, say_rows: Envelope, mode: RunMode, flag: str
) -> None:
    """Every mode but live sends x-simulated-trading 1, on public calls too."""
    venue.say("public/time", say_rows({"ts": "1"}))
    open_client(mode=mode).get_server_time()
    headers = dict(venue.asked[-1].headers)
    assert headers["x-simulated-trading"] == flag
    assert headers["user-agent"].startswith("python-httpx/")
    assert headers["ok-access-sign"] == "", "only the name of a secret header is kept"
    assert venue.asked[-1].signed


def test_client_without_keys_signs_nothing(venue: Any, open_client: Opener, say_rows: Envelope) -> None:
    """Without credentials no signature goes out."""
    venue.say("public/time", say_rows({"ts": "1"}))
    open_client(credentials=None).get_server_time()
    assert not venue.asked[-1].signed


def test_exchanges_are_handed_over_once_with_digest_and_library(
    venue: Any, client: OkxSdkClient, say_rows: Envelope
) -> None:
    """A drained exchange carries the body's digest and is forgotten afterwards."""
    venue.say("public/time", say_rows({"ts": "1"}))
    client.get_server_time()
    (exchange,) = client.drain_exchanges()
    assert (exchange.library, exchange.request.path) == (Library.OKX_SDK, "/api/v5/public/time")
    assert exchange.answer is not None
    assert exchange.sample_id is not None
    assert client.drain_exchanges() == ()


def test_wrong_instrument_in_a_ticker_is_reported_under_its_own_symbol(
    venue: Any, client: OkxSdkClient, say_rows: Envelope
) -> None:
    """A ticker of ETH in answer to BTC says ETH: it is never passed off as what was asked."""
    venue.say("market/ticker", say_rows({"instType": "SPOT", "instId": "ETH-USDT", "last": "3000"}))
    assert client.get_ticker("BTC/USDT").symbol == "ETH/USDT"


def test_ticker_tells_zero_blank_and_missing_apart(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """Zero is a value, an empty string blank, a missing key absent."""
    venue.say("market/ticker", say_rows({"instType": "SPOT", "instId": "BTC-USDT", "last": "0", "bidPx": ""}))
    ticker = client.get_ticker("BTC/USDT")
    assert ticker.last == 0
    assert (ticker.reasons["bid"], ticker.reasons["ask"]) == (NullReason.BLANK, NullReason.ABSENT)


@pytest.mark.parametrize("rows", [(), ({"instId": "BTC-USDT"}, {"instId": "BTC-USDT"})])
def test_ticker_of_no_or_two_rows_is_refused(venue: Any, client: OkxSdkClient, say_rows: Envelope, rows: Any) -> None:
    """A quiet or doubled answer is not a ticker."""
    venue.say("market/ticker", say_rows(*rows))
    with pytest.raises(RowInvalid, match="rows of tickers instead of one"):
        client.get_ticker("BTC/USDT")


def test_candles_of_a_day_are_asked_in_utc(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """One day is OKX's 1Dutc; an hour is 1H."""
    venue.say("market/candles", say_rows())
    client.get_candles("BTC/USDT:USDT", "1d", 3)
    assert parse_qs(venue.asked[-1].query) == {"instId": ["BTC-USDT-SWAP"], "bar": ["1Dutc"], "limit": ["3"]}
    with pytest.raises(UsageError, match="no interval"):
        client.get_candles("BTC/USDT", "7m")
    with pytest.raises(UsageError, match="outside 1 to 300"):
        client.get_candles("BTC/USDT", limit=301)


def test_contract_candles_count_base_currency(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """On a swap vol counts contracts, so the base volume is volCcy."""
    venue.say("market/candles", say_rows(["1", "2", "3", "1", "2", "500", "5", "10", "1"]))
    (candle,) = client.get_candles("BTC/USDT:USDT")
    assert (candle.volume_base, candle.volume_quote, candle.closed) == (Decimal(5), Decimal(10), True)


def test_book_sequence_may_be_a_json_integer(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """OKX sends seqId as a number; depth goes out as sz."""
    venue.say("market/books", say_rows({"bids": [], "asks": [["2", "1", "0", "1"]], "ts": "5", "seqId": 77}))
    book = client.get_order_book("BTC/USDT:USDT", 7)
    assert (book.symbol, book.sequence, book.bids) == ("BTC/USDT:USDT", 77, ())
    assert parse_qs(venue.asked[-1].query)["sz"] == ["7"]


def test_all_instruments_ask_every_type_and_two_option_underlyings(venue: Any, client: OkxSdkClient) -> None:
    """Five types, options by underlying, sorted by id; spot and margin both list the pair."""
    found = client.get_instruments()
    asked = [parse_qs(request.query) for request in venue.asked]
    assert [(query["instType"][0], query.get("uly", [""])[0]) for query in asked] == [
        ("SPOT", ""), ("MARGIN", ""), ("SWAP", ""), ("FUTURES", ""), ("OPTION", "BTC-USD"), ("OPTION", "ETH-USD"),
    ]  # fmt: skip
    ids = [item.venue_instrument_id for item in found]
    assert ids == sorted(ids)
    assert [item.market_type for item in found if item.symbol == "BTC/USDT"] == [MarketType.MARGIN, MarketType.SPOT]
    option = next(item for item in found if item.market_type is MarketType.OPTION)
    assert (option.contract_size, option.strike, option.option_type) == (Decimal("0.01"), Decimal(60000), "call")


def test_unknown_instrument_state_is_unmapped(venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope) -> None:
    """A state that OKX invents tomorrow does not hide the instrument."""
    venue.say("public/instruments", say_rows(rows["swap"] | {"state": "dreaming"}))
    (item,) = client.get_instruments(MarketType.SWAP)
    assert item.reasons["state"] is NullReason.UNMAPPED


def test_net_position_takes_its_direction_from_the_sign(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """Minus three contracts of 0.01 BTC are a short of 0.03 BTC."""
    venue.say("account/positions", say_rows(rows["position"]))
    (position,) = client.get_positions()
    assert (position.direction, position.contracts, position.base_quantity) == (
        Direction.SHORT, Decimal(3), Decimal("0.03"),
    )  # fmt: skip
    assert position.position_mode is PositionMode.NET
    assert position.reasons == {"liquidation_price": NullReason.BLANK}


@pytest.mark.parametrize(("side", "direction"), [("long", Direction.LONG), ("short", Direction.SHORT)])
def test_leg_takes_its_direction_from_its_side(
    venue: Any, client: OkxSdkClient, rows: Any, *, say_rows: Envelope, side: str, direction: Direction
) -> None:
    """In long/short mode the size is positive on both legs."""
    venue.say("account/positions", say_rows(rows["position"] | {"posSide": side, "pos": "3"}))
    (position,) = client.get_positions()
    assert (position.direction, position.position_mode) == (direction, PositionMode.LONG_SHORT)


@pytest.mark.parametrize("missing", ["posSide", "pos"])
def test_position_without_side_or_size_has_no_direction(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope, missing: str
) -> None:
    """A size without a side may be a short leg: nothing is guessed."""
    row = {key: value for key, value in rows["position"].items() if key != missing} | {"x": "1"}
    venue.say("account/positions", say_rows(row))
    (position,) = client.get_positions()
    assert position.direction is None
    assert position.reasons["direction"] is NullReason.ABSENT
    assert position.has_position is (True if missing == "posSide" else None)


def test_closed_position_is_flat(venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope) -> None:
    """A row with size zero says that there is no position."""
    venue.say("account/positions", say_rows(rows["position"] | {"pos": "0", "avgPx": ""}))
    (position,) = client.get_positions("BTC/USDT:USDT")
    assert (position.has_position, position.direction, position.base_quantity) == (False, Direction.FLAT, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"pos": "NaN"}, {"pos": "1e400"}, {"pos": "３"}, {"pos": " 3"}, {"pos": "1_0"}, {"pos": 3.5},
        {"posSide": "sideways"}, {"posSide": "long"}, {"mgnMode": "both"}, {"avgPx": "Infinity"}, {"uTime": "soon"},
        {"instId": ""}, {"instId": "nonsense"}, {"instType": "EVENTS"}, {"lever": "abc"},
    ],
)  # fmt: skip
def test_position_with_an_unreadable_value_is_refused(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope, changes: dict[str, Any]
) -> None:
    """Money and state are strict: a damaged row is an error, never a guess."""
    venue.say("account/positions", say_rows(rows["position"] | changes))
    with pytest.raises(RowInvalid, match=next(iter(changes)) if changes.get("posSide") != "long" else "pos"):
        client.get_positions()


def margin_row(position: dict[str, str], **changes: str) -> dict[str, str]:
    """A margin row of BTC-USDT."""
    return position | {"instType": "MARGIN", "instId": "BTC-USDT", "posSide": "net"} | changes


def test_margin_short_counts_what_is_owed(venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope) -> None:
    """A margin short's pos is USDT; its size in BTC is the debt."""
    row = margin_row(rows["position"], pos="60000", posCcy="USDT", liab="-1.0002", liabCcy="BTC")
    venue.say("account/positions", say_rows(row))
    (position,) = client.get_positions()
    assert (position.direction, position.base_quantity) == (Direction.SHORT, Decimal("1.0002"))
    assert position.reasons["contracts"] is NullReason.UNMAPPED


def test_margin_long_counts_base_currency(venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope) -> None:
    """A margin long's pos is BTC."""
    venue.say("account/positions", say_rows(margin_row(rows["position"], pos="0.998", posCcy="BTC")))
    (position,) = client.get_positions()
    assert (position.direction, position.contracts, position.base_quantity) == (
        Direction.LONG, Decimal("0.998"), Decimal("0.998"),
    )  # fmt: skip


def test_margin_row_in_a_foreign_currency_is_refused(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """The size is in one of the pair's currencies: posCcy must be one of the pair."""
    venue.say("account/positions", say_rows(margin_row(rows["position"], pos="1", posCcy="ETH")))
    with pytest.raises(RowInvalid, match="posCcy"):
        client.get_positions()


def test_option_position_is_sized_with_its_multiplier(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """Two option contracts of 1 x 0.01 BTC are 0.02 BTC."""
    row = rows["position"] | {"instType": "OPTION", "instId": "BTC-USD-260925-60000-C", "pos": "2", "lever": ""}
    venue.say("account/positions", say_rows(row))
    (position,) = client.get_positions()
    assert position.base_quantity == Decimal("0.02")


def test_position_of_an_unlisted_contract_keeps_its_symbol_but_has_no_base_quantity(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """An expired contract is known by grammar; its size is not invented."""
    venue.say("account/positions", say_rows(rows["position"] | {"instId": "DOGE-USDT-SWAP"}))
    (position,) = client.get_positions()
    assert position.symbol == "DOGE/USDT:USDT"
    assert position.value_or_reason("base_quantity") == (None, NullReason.ABSENT)


def test_position_survives_an_instrument_list_that_cannot_be_read(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """Without the list the position is still reported; its base quantity is an error."""
    venue.say("account/positions", say_rows(rows["position"]))
    venue.say("public/instruments", b"<html>", status=503)
    (position,) = client.get_positions()
    assert position.contracts == 3
    assert position.reasons["base_quantity"] is NullReason.ERROR


def test_no_position_is_an_empty_tuple(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """An empty list in a sound envelope is evidence of none."""
    venue.say("account/positions", say_rows())
    assert client.get_positions() == ()


@pytest.mark.parametrize(
    ("row", "rates"),
    [
        ({"maker": "-0.0008", "taker": "-0.001"}, ("0.0008", "0.001")),
        ({"maker": "-0.1", "taker": "-0.2", "makerU": "0.00005", "takerU": "-0.0005"}, ("-0.00005", "0.0005")),
        ({"maker": "", "taker": "", "feeGroup": [{"groupId": "3", "maker": "-9", "taker": "-9"},
          {"groupId": "4", "maker": "-0.0002", "taker": "-0.0005"}]}, ("0.0002", "0.0005")),
    ],
)  # fmt: skip
def test_fee_rates_turn_the_sign_and_follow_settlement_and_group(
    venue: Any, client: OkxSdkClient, say_rows: Envelope, row: dict[str, Any], rates: tuple[str, str]
) -> None:
    """A commission is positive; a USDT contract pays the USDT rate, else the rate of its fee group."""
    venue.say("account/trade-fee", say_rows({"instType": "SWAP", "level": "Lv1"} | row))
    fees = client.get_fee_rates("BTC/USDT:USDT")
    assert (fees.maker, fees.taker) == tuple(map(Decimal, rates))
    asked = next(request for request in venue.asked if request.path.endswith("trade-fee"))
    assert parse_qs(asked.query) == {"instType": ["SWAP"], "instFamily": ["BTC-USDT"]}


def test_fee_rates_that_are_nowhere_are_null_with_a_reason(
    venue: Any, client: OkxSdkClient, say_rows: Envelope
) -> None:
    """Unknown fees are not zero fees."""
    venue.say("account/trade-fee", say_rows({"instType": "SPOT", "maker": "", "feeGroup": []}))
    fees = client.get_fee_rates("BTC/USDT")
    assert fees.reasons == {"maker": NullReason.BLANK, "taker": NullReason.ABSENT}


def test_fee_rates_of_an_unlisted_contract_are_not_taken_from_anybody(venue: Any, client: OkxSdkClient) -> None:
    """A fee row names no instrument, so a family that nobody lists must not be asked about at all."""
    with pytest.raises(UnknownSymbol, match="NOPE-USDT-SWAP"):
        client.get_fee_rates("NOPE/USDT:USDT")
    assert venue.count("account/trade-fee") == 0


def test_fills_are_paged_by_bill_id_and_merged_oldest_first(
    venue: Any, client: OkxSdkClient, say_rows: Envelope
) -> None:
    """Full pages are followed by after=billId until a short one; duplicates stay."""
    history = [fill_row(number) for number in range(230, 0, -1)]
    history.insert(5, history[5])

    def answer(request: WireRequest) -> bytes:
        query = {key: value[0] for key, value in parse_qs(request.query).items()}
        known = history if query["instType"] == "SWAP" else []
        after = int(query.get("after", "999999"))
        return say_rows(*[row for row in known if int(row["billId"]) < after][: int(query["limit"])])

    venue.say("trade/fills-history", answer)
    fills = client.get_fills()
    assert [fill.trade_id for fill in fills] == [row["tradeId"] for row in reversed(history)]
    assert sum(fill.trade_id == "225" for fill in fills) == 2
    assert {parse_qs(request.query)["instType"][0] for request in venue.asked[:1]} == {"SPOT"}
    assert client.get_fills(since_ms=1_700_000_000_229)[0].trade_id == "229"


def test_fills_of_a_pair_ask_spot_and_margin_only(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """The same pair is spot or margin by trade mode, so both are asked, and nothing else."""
    venue.say("trade/fills-history", lambda r: say_rows(fill_row(1, kind="SPOT")) if "SPOT" in r.query else say_rows())
    (fill,) = client.get_fills("BTC/USDT")
    assert (fill.market_type, fill.base_quantity, fill.fee) == (MarketType.SPOT, Decimal(2), Decimal("0.6"))
    assert venue.count("trade/fills-history") == 2


def test_inverse_fill_is_worth_its_dollars_at_the_price(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """Two contracts of 100 USD at 60000 are 200 / 60000 BTC."""
    row = fill_row(1, instId="BTC-USD-SWAP")
    venue.say("trade/fills-history", say_rows(row))
    (fill,) = client.get_fills("BTC/USD:BTC")
    assert fill.base_quantity == Decimal(200) / Decimal(60000)


def test_blank_liquidity_and_zero_fee_are_told_apart(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """A liquidation has no liquidity; a zero fee stays a plain zero without a sign."""
    venue.say("trade/fills-history", say_rows(fill_row(1, execType="", fee="0", tradeId="-5")))
    (fill,) = client.get_fills("BTC/USDT:USDT")
    assert fill.reasons["liquidity"] is NullReason.BLANK
    assert (str(fill.fee), fill.trade_id) == ("0", "-5")


def test_open_orders_are_paged_by_order_id(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """The second page is asked after the last order of the first."""
    orders = [{"instType": "SPOT", "instId": "BTC-USDT", "ordId": str(number)} for number in range(150, 0, -1)]

    def answer(request: WireRequest) -> bytes:
        after = int(parse_qs(request.query).get("after", ["999"])[0])
        return say_rows(*[row for row in orders if int(row["ordId"]) < after][:100])

    venue.say("trade/orders-pending", answer)
    assert len(client.get_open_orders("BTC/USDT")) == 150
    assert [parse_qs(request.query).get("after") for request in venue.asked] == [None, ["51"]]


def test_paging_that_does_not_advance_is_refused(venue: Any, client: OkxSdkClient, say_rows: Envelope) -> None:
    """A venue that repeats its page for ever is an error, not an endless loop."""
    venue.say("trade/orders-pending", say_rows(*[{"instId": "BTC-USDT", "ordId": "7"}] * 100))
    with pytest.raises(RowInvalid, match="next page"):
        client.get_open_orders()
    assert venue.count("trade/orders-pending") == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ordType": "market", "side": "buy", "tgtCcy": "base_ccy"}, Decimal(5)),
        ({"ordType": "market", "side": "buy", "tgtCcy": "quote_ccy"}, None),
        ({"ordType": "market", "side": "buy", "tgtCcy": "", "instType": "MARGIN"}, None),
        ({"ordType": "market", "side": "sell", "tgtCcy": ""}, Decimal(5)),
        ({"ordType": "limit", "side": "buy", "tgtCcy": ""}, Decimal(5)),
    ],
)
def test_order_size_in_quote_currency_is_not_passed_off_as_contracts(
    venue: Any, client: OkxSdkClient, say_rows: Envelope, changes: dict[str, Any], expected: Decimal | None
) -> None:
    """Where sz counts USDT, contracts is null and unmapped."""
    row = {"instType": "SPOT", "instId": "BTC-USDT", "ordId": "1", "sz": "5", "state": "live"} | changes
    venue.say("trade/order", say_rows(row))
    order = client.get_order("BTC/USDT", "1")
    assert order.value_or_reason("contracts") == (expected, None if expected else NullReason.UNMAPPED)


@pytest.mark.parametrize("changes", [{"state": "dreaming"}, {"side": "hold"}, {"posSide": "sideways"}])
def test_order_in_an_unknown_state_is_refused(
    venue: Any, client: OkxSdkClient, say_rows: Envelope, changes: dict[str, Any]
) -> None:
    """State, side and leg are strict."""
    row = {"instType": "SPOT", "instId": "BTC-USDT", "ordId": "1", "state": "live", "side": "buy"} | changes
    venue.say("trade/order", say_rows(row))
    with pytest.raises(RowInvalid, match=next(iter(changes))):
        client.get_order("BTC/USDT", client_order_id="a1")


@pytest.mark.parametrize("symbol", ["BTC-USDT&instType=OPTION", "BTC#X", "BTC/USDT+1", "", "BTC/USDT:ETH", "a b/c"])
def test_symbol_with_reserved_characters_is_refused_before_anything_is_sent(
    venue: Any, client: OkxSdkClient, symbol: str
) -> None:
    """python-okx would put them on the wire as they are."""
    with pytest.raises(UnknownSymbol):
        client.get_ticker(symbol)
    assert venue.asked == []


def test_order_id_with_reserved_characters_is_refused_before_anything_is_sent(venue: Any, client: OkxSdkClient) -> None:
    """An ampersand would add a second parameter."""
    with pytest.raises(UsageError, match="characters that no OKX id"):
        client.get_order("BTC/USDT", client_order_id="a&ordId=9")
    with pytest.raises(UsageError, match="order_id or client_order_id"):
        client.get_order("BTC/USDT")
    assert venue.asked == []


def test_usd_future_of_two_families_is_found_in_the_list(
    venue: Any, client: OkxSdkClient, rows: Any, say_rows: Envelope
) -> None:
    """BTC/USD:USD-310404 is listed as XPERP, which grammar alone cannot know."""
    row = rows["swap"] | {
        "instType": "FUTURES", "instId": "BTC-USD_UM_XPERP-310404", "uly": "BTC-USD", "instFamily": "BTC-USD_UM_XPERP",
        "settleCcy": "USD", "expTime": "1932969600000",
    }  # fmt: skip
    venue.say("public/instruments", say_rows(row))
    venue.say("market/ticker", say_rows({"instType": "FUTURES", "instId": "BTC-USD_UM_XPERP-310404"}))
    assert client.get_ticker("BTC/USD:USD-310404").symbol == "BTC/USD:USD-310404"
    assert "BTC-USD_UM_XPERP-310404" in venue.asked[-1].query


def test_closed_client_says_so(client: OkxSdkClient) -> None:
    """A closed client neither asks nor raises an error of httpx."""
    client.close()
    client.close()
    with pytest.raises(UsageError, match="closed"):
        client.get_server_time()
