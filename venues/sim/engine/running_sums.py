"""Sums over all fills and bills, kept up by looking at those that are new: the truth must not cost a million reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeVar

from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.bill import Bill
from dualwitness.venues.sim.engine.fill import Fill

__all__ = ["RunningSums"]

T_co = TypeVar("T_co", covariant=True)


class _Numbered(Protocol[T_co]):
    """What a list and a `ledger.Ledger` have in common."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> T_co: ...


@dataclass(slots=True)
class RunningSums:
    """
    By currency the sum of all bills and of all fees, by instId size bought less size sold, and the latest ids.

    ``last_trades`` are tradeIds by instId as the wire has them, negative ones too.
    """

    bills: dict[str, Decimal] = field(default_factory=dict)
    fees: dict[str, Decimal] = field(default_factory=dict)
    fills: dict[str, Decimal] = field(default_factory=dict)
    last_bill: str = ""
    last_order: str = ""
    last_trades: dict[str, str] = field(default_factory=dict)
    _fills_seen: int = 0
    _bills_seen: int = 0

    @exact
    def catch_up(self, fills: _Numbered[Fill], bills: _Numbered[Bill]) -> None:
        """Take in what was added since the last call."""
        for number in range(self._fills_seen, len(fills)):
            fill = fills[number]
            inst_id = fill.instrument.inst_id
            signed = fill.sz if fill.side == "buy" else -fill.sz
            self.fills[inst_id] = self.fills.get(inst_id, ZERO) + signed
            self.fees[fill.fee_ccy] = self.fees.get(fill.fee_ccy, ZERO) + fill.fee
            self.last_order, self.last_trades[inst_id] = fill.ord_id, fill.trade_id
        for number in range(self._bills_seen, len(bills)):
            bill = bills[number]
            self.bills[bill.ccy] = self.bills.get(bill.ccy, ZERO) + bill.change
            self.last_bill = bill.bill_id
        self._fills_seen, self._bills_seen = len(fills), len(bills)
