"""Bills from raw rows: what each type and sub-type of OKX's says that was done, and what cannot be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Bill, BillKind, MarketType, NullReason
from dualwitness.venues.errors import RowInvalid
from dualwitness.venues.okx_sdk.client import OkxSdkClient
from dualwitness.venues.okx_sdk.parse_bill import parse_bill
from dualwitness.venues.okx_sdk.symbols import InstrumentBook

SWAP = {
    "bal": "900.5",
    "balChg": "-0.1",
    "billId": "12",
    "ccy": "USDT",
    "fee": "-0.1",
    "instId": "BTC-USDT-SWAP",
    "instType": "SWAP",
    "mgnMode": "cross",
    "ordId": "77",
    "pnl": "0",
    "px": "60000",
    "subType": "1",
    "sz": "3",
    "tradeId": "9",
    "ts": "7",
    "type": "2",
}
PAIR = SWAP | {"instId": "LTC-USDT", "instType": "SPOT", "mgnMode": "cash"}
TRANSFER = SWAP | {
    "type": "1", "subType": "11", "instId": "", "instType": "", "mgnMode": "", "ordId": "", "tradeId": "0",
    "fee": "", "pnl": "", "px": "", "sz": "-5",
}  # fmt: skip
BUY_NET, SELL_NET = ("buy", "net"), ("sell", "net")
LONG_OPENED, SHORT_OPENED, LONG_CLOSED, SHORT_CLOSED = (
    ("buy", "long"),
    ("sell", "short"),
    ("sell", "long"),
    ("buy", "short"),
)


def bill(row: dict[str, Any], **changes: Any) -> Bill:
    """One row as a bill, with no instrument loaded."""
    return parse_bill(row | changes, InstrumentBook())


@pytest.mark.parametrize(
    ("venue_type", "first", "deeds"),
    [
        ("2", 1, (BUY_NET, SELL_NET, LONG_OPENED, SHORT_OPENED, LONG_CLOSED, SHORT_CLOSED)),
        ("5", 100, (LONG_CLOSED, SHORT_CLOSED, BUY_NET, SELL_NET)),
        ("5", 104, (LONG_CLOSED, SHORT_CLOSED, BUY_NET, SELL_NET)),
        ("9", 125, (LONG_CLOSED, SHORT_CLOSED, BUY_NET, SELL_NET)),
        ("14", 204, (BUY_NET, SELL_NET, LONG_OPENED, SHORT_OPENED, LONG_CLOSED, SHORT_CLOSED)),
        ("24", 270, (BUY_NET, SELL_NET, LONG_OPENED, SHORT_OPENED, LONG_CLOSED, SHORT_CLOSED)),
        ("32", 324, (BUY_NET, SELL_NET, LONG_OPENED, SHORT_OPENED, LONG_CLOSED, SHORT_CLOSED)),
    ],
)
def test_sub_type_says_side_and_leg_of_an_execution(
    venue_type: str, first: int, deeds: tuple[tuple[str, str], ...]
) -> None:
    """The list of okx-v5-facts section 8, one by one, with the size in contracts."""
    for place, deed in enumerate(deeds):
        one = bill(SWAP, type=venue_type, subType=str(first + place))
        assert (one.side, one.position_side, one.contracts) == (*deed, Decimal(3))
        assert one.venue_kind == f"{venue_type}/{first + place}"


@pytest.mark.parametrize(("sub_type", "side"), [("112", "sell"), ("113", "buy"), ("170", "sell"), ("171", "buy")])
def test_delivery_says_its_side_and_not_the_position_mode(sub_type: str, side: str) -> None:
    """What closed a long was a sale; whether in net mode is not said."""
    one = bill(SWAP, type="3", subType=sub_type, instType="FUTURES", instId="BTC-USDT-270326")
    assert (one.kind, one.side, one.contracts) == (BillKind.DELIVERY, side, Decimal(3))
    assert one.value_or_reason("position_side") == (None, NullReason.UNMAPPED)


@pytest.mark.parametrize(
    ("venue_type", "sub_type", "reason"),
    [
        ("1", "11", NullReason.ABSENT),
        ("8", "173", NullReason.ABSENT),
        ("5", "110", NullReason.ABSENT),
        ("6", "160", NullReason.ABSENT),
        ("2", "", NullReason.UNMAPPED),
        ("2", "9991", NullReason.UNMAPPED),
        ("3", "172", NullReason.UNMAPPED),
        ("999", "1", NullReason.UNMAPPED),
    ],
)
def test_side_is_absent_for_what_is_no_execution_and_unmapped_where_nobody_knows(
    venue_type: str, sub_type: str, reason: NullReason
) -> None:
    """Absent would mean that no position moved: never said of an unknown word."""
    one = bill(SWAP, type=venue_type, subType=sub_type)
    assert one.value_or_reason("side") == one.value_or_reason("position_side") == (None, reason)
    assert one.contracts == (Decimal(3) if venue_type == "8" else None)


@pytest.mark.parametrize(
    ("currency", "sub_type", "side", "contracts"),
    [
        ("LTC", "1", "buy", Decimal(3)),
        ("LTC", "2", "sell", Decimal(3)),
        ("USDT", "2", "buy", None),
        ("USDT", "1", "sell", None),
    ],
)
def test_bill_of_a_pair_says_the_execution_s_side_in_both_currencies(
    currency: str, sub_type: str, side: str, contracts: Decimal | None
) -> None:
    """OKX speaks of the bill's own currency: what sells USDT buys LTC; its size is then money, not LTC."""
    one = bill(PAIR, ccy=currency, subType=sub_type)
    assert (one.side, one.position_side, one.contracts) == (side, "net", contracts)
    assert (one.symbol, one.market_type) == ("LTC/USDT", MarketType.SPOT)
    assert one.value_or_reason("margin_mode") == (None, NullReason.ABSENT)
    assert bill(PAIR, ccy="OKB", subType=sub_type).value_or_reason("side") == (None, NullReason.UNMAPPED)


def test_forced_close_of_a_margin_pair_is_not_turned() -> None:
    """Its sub-type names the deed itself, on the bills of both currencies."""
    for currency in ("LTC", "USDT"):
        one = bill(PAIR, instType="MARGIN", mgnMode="isolated", type="5", subType="107", ccy=currency)
        assert (one.side, one.position_side, one.margin_mode) == ("sell", "net", "isolated")


def test_transfer_is_of_no_instrument_and_may_have_a_signed_amount() -> None:
    """Its amount is money and is not read as a size; everything that is not there is null with its reason."""
    one = bill(TRANSFER)
    assert (one.kind, one.change, one.balance) == (BillKind.TRANSFER, Decimal("-0.1"), Decimal("900.5"))
    for name in ("symbol", "market_type", "margin_mode", "venue_order_id", "fee", "realized_pnl", "price"):
        assert one.value_or_reason(name) == (None, NullReason.BLANK), name
    for name in ("side", "position_side", "contracts", "trade_id"):
        assert one.value_or_reason(name) == (None, NullReason.ABSENT), name


def test_kind_of_instrument_without_a_unified_symbol_does_not_lose_the_bills() -> None:
    """An event contract has no symbol: unmapped, and the cash that it moved is still told."""
    one = bill(SWAP, instType="EVENTS", instId="BTC-ABOVE-DAILY-260224-1600-65000", subType="410")
    assert one.value_or_reason("symbol") == one.value_or_reason("market_type") == (None, NullReason.UNMAPPED)
    assert one.change == Decimal("-0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("balChg", "1_000"),
        ("balChg", 1),
        ("bal", "NaN"),
        ("fee", "1e99"),
        ("pnl", "abc"),
        ("px", "0x10"),
        ("sz", "-3"),
        ("ts", "12.5"),
        ("instId", "NaN"),
        ("instId", 7),
        ("instId", "BTC USDT"),
    ],
)
def test_bill_that_nobody_can_read_is_an_error(name: str, value: object) -> None:
    """No number is guessed, and an execution of a negative size is none."""
    with pytest.raises(RowInvalid):
        bill(SWAP, **{name: value})


def test_row_that_is_no_object_is_an_error() -> None:
    """Never left out."""
    rows: tuple[object, ...] = (None, "row", [], 7)
    for row in rows:
        with pytest.raises(RowInvalid):
            parse_bill(row, InstrumentBook())


def test_recorded_bills_of_okx_are_read(
    venue: Any, client: OkxSdkClient, recorded: Callable[[str], list[dict[str, Any]]]
) -> None:
    """Every digit of what OKX was recorded to send; buying LTC shows as a purchase on the bill in USDT."""
    read: list[Bill] = []
    for entry in (*recorded("GET account/bills"), *recorded("GET account/bills-archive")):
        venue.say("account/bills-archive", json.dumps(entry["document"]).encode())
        for one, raw in zip(client.get_bills(), entry["document"]["data"], strict=True):
            assert (str(one.change), str(one.balance), one.bill_id) == (raw["balChg"], raw["bal"], raw["billId"])
            assert one.ts_venue_ms == int(raw["ts"])
            read.append(one)
    assert {(one.kind, one.side) for one in read} == {(BillKind.TRADE, "buy"), (BillKind.TRANSFER, None)}
