"""Every recorded OKX answer is read, and what is read says what the raw strings say."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Direction, Fact, MarketType, NullReason, OrderState
from dualwitness.models.wire import WireRequest
from dualwitness.venues.errors import VenueError
from dualwitness.venues.okx_sdk.client import OkxSdkClient
from dualwitness.venues.okx_sdk.symbols import family_of, symbol_from_id

Recorded = Callable[[str], list[dict[str, Any]]]


def body_of(entry: dict[str, Any]) -> bytes:
    """The recorded envelope as bytes."""
    return json.dumps(entry["document"]).encode()


def answers_by_type(kind: str, body: bytes, otherwise: bytes) -> Callable[[WireRequest], bytes]:
    """Answer one instType with ``body`` and every other one with ``otherwise``."""
    return lambda request: body if f"instType={kind}&" in request.query else otherwise


def numbers_agree(fact: Fact, raw: dict[str, Any], table: dict[str, str]) -> None:
    """Each field equals the raw string as a Decimal, or is null for the very reason that the string is not there."""
    for name, key in table.items():
        value, reason = fact.value_or_reason(name)
        if key not in raw:
            assert (value, reason) == (None, NullReason.ABSENT), (name, key)
        elif raw[key] == "":
            assert (value, reason) == (None, NullReason.BLANK), (name, key)
        else:
            text = format(value, "f") if isinstance(value, Decimal) else str(value)
            assert text == raw[key], (name, key)


def test_recorded_positions_are_read_with_side_and_exact_sizes(
    venue: Any, client: OkxSdkClient, recorded: Recorded
) -> None:
    """Size, direction and prices of each recorded position equal its raw strings."""
    sized = 0
    for entry in recorded("GET account/positions"):
        venue.say("account/positions", body_of(entry))
        for position, raw in zip(client.get_positions(), entry["document"]["data"], strict=True):
            numbers_agree(position, raw, {"entry_price": "avgPx", "mark_price": "markPx", "liquidation_price": "liqPx"})
            assert position.symbol == symbol_from_id(raw["instId"])
            if raw.get("pos") and raw.get("posSide"):
                sized += 1
                assert position.contracts == Decimal(raw["pos"])
                assert position.direction == Direction(raw["posSide"])
            elif "pos" not in raw:
                assert position.reasons["has_position"] is NullReason.ABSENT
    assert sized >= 9


def test_recorded_inverse_position_is_worth_its_dollars_at_the_mark(
    venue: Any, client: OkxSdkClient, recorded: Recorded
) -> None:
    """One contract of 100 USD at 92057.4 is 100 / 92057.4 BTC."""
    entry = next(e for e in recorded("GET account/positions") if "fetchPosition_inverse_cross" in e["file"])
    venue.say("account/positions", body_of(entry))
    (position,) = client.get_positions("BTC/USD:BTC")
    assert position.base_quantity == Decimal(100) / Decimal("92057.4")
    assert position.leverage == 20
    assert position.ts_venue_ms == 1768899436623


def test_recorded_orders_are_read_with_their_raw_numbers(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """Each recorded order keeps every digit, and its fee has the opposite sign."""
    for entry in recorded("GET trade/order"):
        venue.say("trade/order", body_of(entry))
        (raw,) = entry["document"]["data"]
        order = client.get_order("BTC/USDT", order_id="1")
        numbers_agree(order, raw, {"price": "px", "filled_contracts": "accFillSz", "average_price": "avgPx"})
        numbers_agree(order, raw, {"venue_order_id": "ordId", "client_order_id": "clOrdId"})
        if raw.get("fee"):
            assert order.fee == -Decimal(raw["fee"])
        if "state" in raw:
            assert order.state == OrderState(raw["state"])


def test_recorded_open_orders_are_all_read(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """No row of a recorded list is lost, and elided fields are absent."""
    for entry in recorded("GET trade/orders-pending"):
        venue.say("trade/orders-pending", body_of(entry))
        orders = client.get_open_orders()
        assert len(orders) == len(entry["document"]["data"])
        for order, raw in zip(orders, entry["document"]["data"], strict=True):
            numbers_agree(order, raw, {"venue_order_id": "ordId", "price": "px"})


def test_recorded_fills_are_read_with_fee_sign_turned(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """A negative raw fee becomes a positive cost, at the time of the execution."""
    for entry in recorded("GET trade/fills-history"):
        raws = entry["document"]["data"]
        empty = json.dumps({"code": "0", "data": [], "msg": ""}).encode()
        kind = raws[0]["instType"]
        venue.say("trade/fills-history", answers_by_type(kind, body_of(entry), empty))
        fills = client.get_fills()
        assert len(fills) == len(raws)
        for fill, raw in zip(fills, sorted(raws, key=lambda row: row["fillTime"]), strict=True):
            numbers_agree(fill, raw, {"price": "fillPx", "contracts": "fillSz", "trade_id": "tradeId"})
            assert fill.fee == -Decimal(raw["fee"])
            assert fill.ts_venue_ms == int(raw["fillTime"])


def test_recorded_balances_are_read_by_currency(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """Cash, equity, free, frozen and debt are the raw strings of their own keys."""
    table = {"total": "cashBal", "equity": "eq", "free": "availBal", "used": "frozenBal", "debt": "liab"}
    for entry in recorded("GET account/balance"):
        venue.say("account/balance", body_of(entry))
        details = {row["ccy"]: row for row in entry["document"]["data"][0]["details"] if "ccy" in row}
        try:
            balances = client.get_account_balance()
        except VenueError:
            assert any("ccy" not in row for row in entry["document"]["data"][0]["details"]), entry["file"]
            continue
        assert [balance.currency for balance in balances] == sorted(details)
        for balance in balances:
            numbers_agree(balance, details[balance.currency], table)


@pytest.mark.parametrize(
    ("name", "level", "mode"), [("spot_mode", "spot", "net"), ("nb1.4_c7", "futures", "long_short")]
)
def test_recorded_account_configuration_is_read(
    venue: Any, client: OkxSdkClient, recorded: Recorded, *, name: str, level: str, mode: str
) -> None:
    """Level and position mode of the recorded accounts."""
    entry = next(e for e in recorded("GET account/config") if name in e["file"])
    venue.say("account/config", body_of(entry))
    config = client.get_account_config()
    assert (config.account_level, config.position_mode) == (level, mode)
    assert "read_only" in (config.permissions or ())
    assert config.reasons == {"fee_type": NullReason.ABSENT}


def test_recorded_tickers_keep_volumes_in_their_units(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """Spot volume is vol24h in base; a contract's base volume is volCcy24h and its quote volume is not there."""
    for entry in recorded("GET market/ticker"):
        venue.say("market/ticker", body_of(entry))
        (raw,) = entry["document"]["data"]
        ticker = client.get_ticker("BTC/USDT")
        numbers_agree(ticker, raw, {"last": "last", "bid": "bidPx", "ask_size": "askSz", "open_24h": "open24h"})
        spot = raw["instType"] == "SPOT"
        assert str(ticker.volume_base) == raw["vol24h" if spot else "volCcy24h"]
        assert ticker.value_or_reason("volume_quote") == (
            (Decimal(raw["volCcy24h"]), None) if spot else (None, NullReason.ABSENT)
        )


def test_recorded_books_keep_every_digit(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """Prices and sizes of the recorded books are the raw strings."""
    for entry in recorded("GET market/books"):
        venue.say("market/books", body_of(entry))
        (raw,) = entry["document"]["data"]
        book = client.get_order_book("BTC/USDT", 5)
        assert [[str(price), str(size)] for price, size in book.bids or ()] == [row[:2] for row in raw["bids"]]
        assert [[str(price), str(size)] for price, size in book.asks or ()] == [row[:2] for row in raw["asks"]]


def test_recorded_candles_come_oldest_first_with_the_running_bar_marked(
    venue: Any, client: OkxSdkClient, recorded: Recorded
) -> None:
    """The newest recorded bar is the last one and is not closed."""
    for entry in recorded("GET market/candles"):
        venue.say("market/candles", body_of(entry))
        candles = client.get_candles("BTC/USDT")
        raws = entry["document"]["data"]
        assert [str(candle.ts_venue_ms) for candle in candles] == sorted(row[0] for row in raws)
        assert [candle.closed for candle in candles] == [row[8] == "1" for row in reversed(raws)]
        assert str(candles[-1].volume_base) == raws[0][5]


@pytest.mark.parametrize("world", ["demo", "production"])
@pytest.mark.parametrize("kind", ["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"])
def test_recorded_instrument_lists_are_read_whole(
    venue: Any, client: OkxSdkClient, recorded: Recorded, world: str, kind: str
) -> None:
    """Every instrument of the real lists is read; size, steps and symbol follow from its own row."""
    name = {"OPTION": "option-btc-usd"}.get(kind, kind.lower())
    path = recorded.folder / "burakoner_live" / "full" / f"{world}_get-instruments-{name}.json"  # type: ignore[attr-defined]
    document = json.loads(path.read_text())
    empty = json.dumps({"code": "0", "data": [], "msg": ""}).encode()
    venue.say("public/instruments", lambda r: empty if "ETH-USD" in r.query else json.dumps(document).encode())
    market_type = {"FUTURES": MarketType.FUTURE}.get(kind) or MarketType(kind.lower())
    instruments = {item.venue_instrument_id: item for item in client.get_instruments(market_type)}
    assert len(instruments) == len(document["data"])
    assert list(instruments) == sorted(instruments)
    for raw in document["data"]:
        item = instruments[raw["instId"]]
        numbers_agree(item, raw, {"tick_size": "tickSz", "lot_size": "lotSz", "min_size": "minSz"})
        assert item.symbol == symbol_from_id(raw["instId"])
        if raw["ctVal"]:
            assert item.contract_size == Decimal(raw["ctVal"]) * Decimal(raw["ctMult"])
            assert item.linear is (raw["ctType"] == "linear") is not item.inverse
            assert item.settle == raw["settleCcy"]
            assert family_of(raw["instId"]) == raw["instFamily"]
        if kind in ("SPOT", "MARGIN") and raw["baseCcy"]:
            assert (item.base, item.quote, item.contract_size) == (raw["baseCcy"], raw["quoteCcy"], None)


def test_recorded_acknowledgements_become_ids_or_refusals(venue: Any, client: OkxSdkClient, recorded: Recorded) -> None:
    """Each recorded cancel answer is either an acknowledged id or a refusal with OKX's own code."""
    for entry in recorded("POST trade/cancel-order"):
        venue.say("trade/cancel-order", body_of(entry))
        (raw,) = entry["document"]["data"]
        if raw["sCode"] == "0":
            assert client.cancel_order(raw["ordId"], "BTC/USDT").venue_order_id == raw["ordId"]
        else:
            with pytest.raises(VenueError) as caught:
                client.cancel_order(raw["ordId"], "BTC/USDT")
            assert caught.value.code == raw["sCode"]
