"""A leg while its fills are being added in order."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models.contract_terms import ContractTerms
from dualwitness.models.enums import NullReason, OrderSide, PositionSide
from dualwitness.models.exact import EXACT, TOLD, WORK, is_venue_number, plain
from dualwitness.models.fees import FeeSum
from dualwitness.models.fill import Fill
from dualwitness.models.leg import Leg, OpeningLeg

__all__ = ["RunningLeg", "signed_contracts"]

# Profit is told to this step: finer than any currency's, coarser than the noise of the quotients behind it.
_PNL_STEP = Decimal("1E-30")


def signed_contracts(fill: Fill) -> Decimal | NullReason:
    """The fill's contracts, positive when bought; the reason when side, contracts, price or time cannot be used."""
    for name in ("side", "contracts", "price", "ts_venue_ms"):
        if getattr(fill, name) is None:
            return fill.reasons.get(name, NullReason.ABSENT)
    if fill.contracts is None or fill.price is None:
        return NullReason.ABSENT
    if fill.contracts < 0 or not is_venue_number(fill.contracts) or not is_venue_number(fill.price):
        return NullReason.CONFLICT
    return fill.contracts if fill.side is OrderSide.BUY else fill.contracts.copy_negate()


class RunningLeg:
    """
    One position side of one instrument: add fills in time, then ask for the `Leg` with `told`.

    Cost is kept as the average *unit* of the open contracts: the price where a contract is worth base currency, its
    reciprocal where it is worth quote currency. So the inverse case is the linear one with the profit's sign turned.
    """

    def __init__(
        self,
        symbol: str,
        position_side: PositionSide,
        terms: ContractTerms | NullReason,
        opening: OpeningLeg | None = None,
    ) -> None:
        self.symbol = symbol
        self.position_side = position_side
        self._terms = terms
        self._inverse = isinstance(terms, ContractTerms) and terms.inverse
        self._opening = Decimal(0) if opening is None else opening.contracts
        self._held = self._opening
        self._average = Decimal(0) if opening is None else self._unit(opening.entry_price)
        self._pnl = Decimal(0)
        self._fees = FeeSum()
        self._unknown: NullReason | None = None
        self._crossed = False
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._count = 0

    def spoil(self, reason: NullReason) -> None:
        """Make everything but the count unknown, because a fill is in doubt or has no leg. The first reason stays."""
        self._unknown = self._unknown or reason
        self._fees.unknown = self._fees.unknown or reason

    def add(self, fill: Fill) -> None:
        """Add the next fill in time."""
        self._count += 1
        if fill.ts_venue_ms is not None:
            self._last_ms = fill.ts_venue_ms
            self._first_ms = fill.ts_venue_ms if self._first_ms is None else self._first_ms
        self._fees.add(fill)
        delta = signed_contracts(fill)
        if isinstance(delta, NullReason):
            self._unknown = self._unknown or delta
        elif fill.price is not None and self._unknown is None:
            self._move(delta, fill.price)

    def _move(self, delta: Decimal, price: Decimal) -> None:
        if self._inverse and price <= 0:
            self._unknown = NullReason.CONFLICT
            return
        if delta == 0:
            return
        held, after, unit = self._held, EXACT.add(self._held, delta), self._unit(price)
        if held == 0 or (held > 0) == (delta > 0):
            weighted = WORK.add(WORK.multiply(self._average, held), WORK.multiply(unit, delta))
            self._average = WORK.divide(weighted, after)
        else:
            self._realize(min(held.copy_abs(), delta.copy_abs()).copy_sign(held), unit)
            if after != 0 and (after > 0) != (held > 0):
                # A flip: what is left of the fill opens the other way, at this price.
                self._average = unit
        self._held = after
        wrong_way = after < 0 if self.position_side is PositionSide.LONG else after > 0
        self._crossed = self._crossed or (wrong_way and self.position_side is not PositionSide.NET)

    def _realize(self, closed: Decimal, unit: Decimal) -> None:
        if isinstance(self._terms, ContractTerms):
            gain = WORK.multiply(WORK.subtract(unit, self._average), closed)
            gain = WORK.multiply(gain, self._terms.contract_size)
            self._pnl = WORK.subtract(self._pnl, gain) if self._inverse else WORK.add(self._pnl, gain)

    def _unit(self, price: Decimal) -> Decimal:
        return WORK.divide(Decimal(1), price) if self._inverse else price

    def told(self, *, complete: bool, possible: bool = True) -> Leg:
        """
        The leg as a fact.

        ``complete``: the history reaches back to the opening state. ``possible``: the account's position mode has such
        a leg; where it has not, an open one contradicts the rest of the evidence, as does a long leg below zero.
        """
        unknown = self._unknown or (None if complete else NullReason.ABSENT)
        if unknown is None and (self._crossed or (self._held != 0 and not possible)):
            unknown = NullReason.CONFLICT
        no_terms = self._terms if isinstance(self._terms, NullReason) else None
        flat = unknown is None and self._held == 0
        reasons = {
            "contracts": unknown,
            "change": self._unknown,
            "entry_price": None if flat else unknown or no_terms,
            "realized_pnl": unknown or no_terms,
            "settle_currency": no_terms,
            "fees": self._fees.unknown,
        }
        known = {name for name, reason in reasons.items() if reason is None}
        return Leg(
            symbol=self.symbol,
            position_side=self.position_side,
            contracts=plain(self._held) if "contracts" in known else None,
            change=plain(EXACT.subtract(self._held, self._opening)) if "change" in known else None,
            entry_price=self._entry() if "entry_price" in known and not flat else None,
            realized_pnl=plain(WORK.quantize(self._pnl, _PNL_STEP)) if "realized_pnl" in known else None,
            settle_currency=self._terms.settle_currency if isinstance(self._terms, ContractTerms) else None,
            fees=self._fees.told() if "fees" in known else None,
            fill_count=self._count,
            first_ts_venue_ms=self._first_ms,
            last_ts_venue_ms=self._last_ms,
            reasons={name: reason for name, reason in reasons.items() if reason is not None},
        )

    def _entry(self) -> Decimal:
        return plain(TOLD.plus(WORK.divide(Decimal(1), self._average) if self._inverse else self._average))
