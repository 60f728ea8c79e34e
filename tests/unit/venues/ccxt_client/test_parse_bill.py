"""CCXT's ledger entries as bills: its own words, and a reason for what it has no word for."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Bill, BillKind, NullReason
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import RowInvalid

ARCHIVE = "/api/v5/account/bills-archive"
BILL = {
    "bal": "900.5000000000000000",
    "balChg": "-0.1000000000000000",
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
WORDLESS = (
    "venue_kind",
    "realized_pnl",
    "symbol",
    "market_type",
    "side",
    "position_side",
    "contracts",
    "price",
    "margin_mode",
    "trade_id",
)


def one_bill(client: CcxtClient, venue: Any, envelope: Any, **changes: Any) -> Bill:
    """The only bill of an answer."""
    venue.answer(ARCHIVE, envelope(BILL | changes))
    (bill,) = client.get_bills()
    return bill


def test_bill_is_ccxt_s_own_word_and_the_rest_is_unsupported(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Every digit of the change and the balance, the fee as a cost."""
    bill = one_bill(client, venue, envelope)
    assert (bill.bill_id, bill.currency, bill.kind, bill.venue_order_id) == ("12", "USDT", BillKind.TRADE, "77")
    assert (str(bill.change), str(bill.balance)) == ("-0.1000000000000000", "900.5000000000000000")
    assert (bill.fee, bill.ts_venue_ms) == (Decimal("0.1"), 7)
    assert {name: bill.value_or_reason(name) for name in WORDLESS} == dict.fromkeys(
        WORDLESS, (None, NullReason.UNSUPPORTED)
    )


def test_bills_are_asked_for_without_an_instrument_type(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT's own fetch_ledger asks for SPOT alone, so a transfer or a swap's bill would be missing."""
    one_bill(client, venue, envelope)
    assert [request.query for request in venue.asked(ARCHIVE)] == ["limit=100"]


@pytest.mark.parametrize(
    ("venue_type", "kind"),
    [("1", BillKind.TRANSFER), ("5", BillKind.TRADE), ("7", BillKind.TRADE), ("6", BillKind.TRANSFER)],
)
def test_kind_of_a_bill_stays_ccxt_s_word_where_it_is_too_coarse(
    client: CcxtClient, venue: Any, envelope: Any, venue_type: str, kind: BillKind
) -> None:
    """A liquidation and interest are a trade to it: the comparison names that, nobody repairs it."""
    assert one_bill(client, venue, envelope, type=venue_type).kind is kind


@pytest.mark.parametrize("venue_type", ["4", "8", "16", "22", "999"])
def test_kind_that_ccxt_has_no_word_of_ours_for_is_unmapped(
    client: CcxtClient, venue: Any, envelope: Any, venue_type: str
) -> None:
    """A fee, a rebate, or the venue's own number."""
    assert one_bill(client, venue, envelope, type=venue_type).value_or_reason("kind") == (None, NullReason.UNMAPPED)


def test_blank_and_missing_words_of_a_bill_have_their_reasons(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """A transfer has no fee and no order; what is not there is not invented."""
    transfer = {"type": "1", "fee": "", "ordId": "", "instId": "", "pnl": "", "px": "", "sz": "-5"}
    bill = one_bill(client, venue, envelope, **transfer)
    blank = (None, NullReason.BLANK)
    assert bill.value_or_reason("fee") == bill.value_or_reason("venue_order_id") == blank
    venue.answer(ARCHIVE, envelope({"billId": "1"}))
    (bare,) = client.get_bills()
    for name in ("currency", "kind", "change", "balance", "fee", "ts_venue_ms"):
        assert bare.value_or_reason(name) == (None, NullReason.ABSENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("balChg", "1_000"),
        ("balChg", 1.5),
        ("bal", "NaN"),
        ("fee", "1e99"),
        ("pnl", "abc"),
        ("sz", "three"),
        ("ts", "12.5"),
        ("billId", 12),
        ("ccy", ["USDT"]),
        ("type", 2),
        ("ordId", True),
        ("instId", {"a": 1}),
    ],
)
def test_bill_that_nobody_can_read_is_an_error(
    client: CcxtClient, venue: Any, envelope: Any, name: str, value: object
) -> None:
    """CCXT would make a word or another number of it."""
    with pytest.raises(RowInvalid):
        one_bill(client, venue, envelope, **{name: value})


def test_bills_of_one_ms_come_in_the_order_of_their_ids_as_numbers(
    client: CcxtClient, venue: Any, envelope: Any
) -> None:
    """CCXT sorts by time alone and leaves the newest of one ms first; bill 9 is older than bill 10."""
    venue.answer(ARCHIVE, envelope(BILL | {"billId": "10"}, BILL | {"billId": "9"}, BILL | {"billId": "8", "ts": "8"}))
    assert [bill.bill_id for bill in client.get_bills()] == ["9", "10", "8"]


def test_recorded_bills_of_okx_are_read(client: CcxtClient, venue: Any, shared: Path) -> None:
    """A spot trade and a transfer, as OKX sent them."""
    folder = shared / "ccxt"
    read = {}
    for name in (
        "account_bills/fetchLedger_spot_trade.json",
        "account_bills-archive/fetchTransfers_bill_transfer_in.json",
    ):
        body = (folder / name).read_bytes()
        venue.answer(ARCHIVE, body)
        (bill,) = client.get_bills()
        (raw,) = json.loads(body)["data"]
        assert (bill.bill_id, str(bill.change), str(bill.balance)) == (raw["billId"], raw["balChg"], raw["bal"])
        read[name] = bill.kind
    assert list(read.values()) == [BillKind.TRADE, BillKind.TRANSFER]
