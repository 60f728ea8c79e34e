"""Fees added up by currency, or the reason why they cannot be."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from dualwitness.models.enums import NullReason
from dualwitness.models.exact import EXACT, is_venue_number, plain
from dualwitness.models.fold_line import FillLine

__all__ = ["FeeSum", "FeeTotal"]


class FeeTotal(NamedTuple):
    """Fees in one currency: positive was paid."""

    currency: str
    fee: Decimal


class FeeSum:
    """Fees of a series of fills while it is being read; one unreadable fee makes the total unknown."""

    def __init__(self) -> None:
        self._by_currency: dict[str, Decimal] = defaultdict(Decimal)
        self.unknown: NullReason | None = None

    def add(self, line: FillLine) -> NullReason | None:
        """Add a fill's fee; the reason when it cannot be read (a zero fee needs no currency)."""
        reason = None
        if line.fee is None:
            reason = line.why("fee")
        elif not is_venue_number(line.fee):
            reason = NullReason.CONFLICT
        elif line.fee_currency is not None:
            self.put(line.fee_currency, line.fee)
        elif line.fee != 0:
            reason = line.why("fee_currency")
        self.unknown = self.unknown or reason
        return reason

    def put(self, currency: str, fee: Decimal) -> None:
        """Add what was paid in one currency."""
        self._by_currency[currency] = EXACT.add(self._by_currency[currency], fee)

    def in_currency(self, currency: str) -> Decimal:
        """What was paid in one currency so far."""
        return self._by_currency.get(currency, Decimal(0))

    def told(self) -> tuple[FeeTotal, ...]:
        """Totals by currency, in alphabetical order."""
        return tuple(FeeTotal(currency, plain(fee)) for currency, fee in sorted(self._by_currency.items()))
