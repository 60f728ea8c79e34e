"""The cash of a paper account, and a bill for every change of it: cash is the sum of its bills, always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models import Bill, BillKind, Fill, MarginMode, NullReason, TdMode
from dualwitness.venues.paper.amounts import ZERO, total
from dualwitness.venues.paper.order import PaperRequest

__all__ = ["Change", "PaperLedger"]

_MARGIN_MODES = {TdMode.CROSS: MarginMode.CROSS, TdMode.ISOLATED: MarginMode.ISOLATED}


@dataclass(frozen=True, slots=True)
class Change:
    """What one fill does to one currency: ``moved`` without the fee, ``profit`` the part of it that was realised."""

    currency: str
    moved: Decimal
    profit: Decimal | None = None
    counts_size: bool = True


class PaperLedger:
    """Cash by currency, below zero where it is owed, and all bills, oldest first."""

    def __init__(self, next_id: Callable[[], str]) -> None:
        self._next_id = next_id
        self.cash: dict[str, Decimal] = {}
        self.bills: list[Bill] = []

    def transfer_in(self, currency: str, quantity: Decimal, ts_ms: int) -> None:
        """What the account begins with."""
        told = {"bill_id": self._next_id(), "currency": currency, "kind": BillKind.TRANSFER, "change": quantity}
        self._write(told | {"balance": self._move(currency, quantity), "ts_venue_ms": ts_ms})

    def book(self, fill: Fill, request: PaperRequest, changes: tuple[Change, ...]) -> None:
        """Write the bills of one fill; the first carries the fill's own bill id, and one of them its fee."""
        bill_id = fill.bill_id
        for change in changes:
            fee = (fill.fee or ZERO) if change.currency == fill.fee_currency else ZERO
            quantity = total((change.moved, fee.copy_negate()))
            self._write(
                {
                    "bill_id": bill_id or self._next_id(),
                    "currency": change.currency,
                    "kind": BillKind.TRADE,
                    "change": quantity,
                    "balance": self._move(change.currency, quantity),
                    "fee": fee,
                    "realized_pnl": change.profit,
                    "symbol": fill.symbol,
                    "market_type": fill.market_type,
                    "side": fill.side,
                    "position_side": fill.position_side,
                    "contracts": fill.contracts if change.counts_size else None,
                    "price": fill.price,
                    "margin_mode": _MARGIN_MODES.get(request.td_mode),
                    "venue_order_id": fill.venue_order_id,
                    "trade_id": fill.trade_id,
                    "ts_venue_ms": fill.ts_venue_ms,
                }
            )
            bill_id = None

    def _move(self, currency: str, quantity: Decimal) -> Decimal:
        self.cash[currency] = total((self.cash.get(currency, ZERO), quantity))
        return self.cash[currency]

    def _write(self, told: dict[str, object]) -> None:
        known = {name: value for name, value in told.items() if value is not None}
        rest = [name for name in Bill.model_fields if name not in known and name != "reasons"]
        reasons = dict.fromkeys(rest, NullReason.ABSENT) | {"venue_kind": NullReason.UNSUPPORTED}
        if "contracts" not in known and "side" in known:
            reasons["contracts"] = NullReason.UNMAPPED  # this bill's amount is money, not size
        self.bills.append(Bill.model_validate({**known, **dict.fromkeys(rest), "reasons": reasons}))
