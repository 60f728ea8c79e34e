"""
What an account owes: borrowings by currency, their leverage, and what was borrowed, repaid and accrued.

Three kinds of debt exist on OKX and here. A MARGIN position carries its own (`leg.Leg.debt`). In multi-currency and
portfolio margin an auto-borrowed currency is simply negative cash. In spot mode borrowing is by hand: ``borrowed``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.amounts import ZERO

__all__ = ["DEFAULT_LOAN_LEVERAGE", "Accrual", "Loans", "Movement"]

DEFAULT_LOAN_LEVERAGE = Decimal(3)


class Accrual(NamedTuple):
    """Interest of one hour: a row of account/interest-accrued."""

    ccy: str
    inst_id: str
    mgn_mode: str
    interest: Decimal
    rate: Decimal
    liability: Decimal
    ts_ms: int


class Movement(NamedTuple):
    """One borrowing or repayment in spot mode: a row of account/spot-borrow-repay-history."""

    ccy: str
    kind: str
    amount: Decimal
    borrowed_after: Decimal
    ts_ms: int


class Loans:
    """The debts of one account that belong to no position."""

    def __init__(self) -> None:
        self.borrowed: dict[str, Decimal] = {}
        self.accruals: list[Accrual] = []
        self.movements: list[Movement] = []
        self._leverage: dict[str, Decimal] = {}

    def leverage(self, ccy: str) -> Decimal:
        """Leverage at which a currency is borrowed in levels 1, 3 and 4 (okx-v5-facts section 5)."""
        return self._leverage.get(ccy, DEFAULT_LOAN_LEVERAGE)

    def keep_leverage(self, ccy: str, lever: Decimal) -> None:
        """Remember it."""
        self._leverage[ccy] = lever

    def of(self, ccy: str) -> Decimal:
        """What was borrowed by hand, positive."""
        return self.borrowed.get(ccy, ZERO)

    def move(self, ccy: str, kind: str, amount: Decimal, ts_ms: int) -> Decimal:
        """Borrow or repay ``amount`` (kinds as OKX's type); gives what is owed afterwards."""
        sign = 1 if kind.endswith("borrow") else -1
        owed = self.of(ccy) + sign * amount
        if owed:
            self.borrowed[ccy] = owed
        else:
            self.borrowed.pop(ccy, None)
        self.movements.append(Movement(ccy, kind, amount, owed, ts_ms))
        return owed
