"""
CCXT's unified ledger entries as our bills.

| Bill | CCXT | | Bill | CCXT |
|---|---|---|---|---|
| bill_id | id | | fee | fee.cost |
| currency | currency | | venue_order_id | referenceId |
| kind | type: trade or transfer, else ``unmapped`` | | ts_venue_ms | timestamp |
| change | amount | | all others | ``unsupported`` |
| balance | after | | | |

CCXT's word stays as it is where it is wrong: it calls liquidation, delivery, auto-deleveraging and interest a trade and
a margin transfer a transfer (difference ledger-type-collapses-venue-types). Its parser makes the unified symbol and
then drops it; ``before`` and ``direction`` are computed by CCXT from the two balances, and prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualwitness.models import Bill, BillKind, NullReason
from dualwitness.venues.ccxt_client.parse import Reading, check_row_numbers
from dualwitness.venues.errors import RowInvalid

__all__ = ["bill_from", "check_bill_rows"]

_KINDS = {"trade": BillKind.TRADE, "transfer": BillKind.TRANSFER}
_WORDLESS = (
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
_TEXTS = ("billId", "ccy", "type", "ordId", "instId")
# The amount of a transfer may have a sign, unlike the size of an order.
_SIGNED = frozenset({"sz"})


def check_bill_rows(rows: Sequence[Any]) -> None:
    """
    Raise `RowInvalid` for wire rows of bills that nobody can read.

    CCXT turns any value into a word; a bill of no instrument has a blank ``instId``.
    """
    check_row_numbers(rows, signed=_SIGNED)
    for row in rows:
        for name in _TEXTS:
            if row.get(name) is not None and not isinstance(row[name], str):
                message = f"{name} of a bill is no text but {type(row[name]).__name__}"
                raise RowInvalid(message)


def bill_from(row: Mapping[str, Any]) -> Bill:
    """A bill; raises `RowInvalid`."""
    reading = Reading("bill", row.get("info"))
    reading.nulls(NullReason.UNSUPPORTED, *_WORDLESS)
    kind = _KINDS.get(str(row.get("type")))
    if kind is None:
        reading.text("kind", None, "type")
    fee = row.get("fee")
    return Bill(
        bill_id=reading.text("bill_id", row.get("id"), "billId"),
        currency=reading.text("currency", row.get("currency"), "ccy"),
        kind=kind,
        change=reading.number("change", row.get("amount"), "balChg"),
        balance=reading.number("balance", row.get("after"), "bal"),
        fee=reading.number("fee", fee.get("cost") if isinstance(fee, Mapping) else None, "fee"),
        venue_order_id=reading.text("venue_order_id", row.get("referenceId"), "ordId"),
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("timestamp"), "ts"),
        reasons=reading.reasons,
        **dict.fromkeys(_WORDLESS),
    )
