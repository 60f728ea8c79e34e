"""What our spot fills of one pair moved, net of the fees that were taken from it."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models.enums import NullReason
from dualwitness.models.exact import EXACT, plain
from dualwitness.models.fact import Fact, Number
from dualwitness.models.fees import FeeSum, FeeTotal
from dualwitness.models.fill import Fill
from dualwitness.models.running_leg import signed_contracts

__all__ = ["Holding", "RunningHolding"]


class Holding(Fact):
    """
    Change of both currencies of one spot pair.

    ``base_change`` and ``quote_change`` are net of fees in the same currency (OKX takes the fee of a buy from the base
    currency, okx-v5-facts section 8); ``fees`` are totals by currency, those included. A change, not a balance:
    deposits and transfers are no fills.
    """

    OPTIONAL = frozenset({"first_ts_venue_ms", "last_ts_venue_ms"})

    symbol: str
    base: str | None
    quote: str | None
    base_change: Number | None
    quote_change: Number | None
    fees: tuple[FeeTotal, ...] | None
    fill_count: int
    first_ts_venue_ms: int | None
    last_ts_venue_ms: int | None


class RunningHolding:
    """A `Holding` while its fills are being added."""

    def __init__(self, symbol: str, currencies: tuple[str, str] | None) -> None:
        self.symbol = symbol
        self._currencies = currencies
        self._base = Decimal(0)
        self._quote = Decimal(0)
        self._fees = FeeSum()
        self._unknown: NullReason | None = None if currencies else NullReason.UNMAPPED
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._count = 0

    def spoil(self, reason: NullReason) -> None:
        """Make everything but the count unknown, because a fill is in doubt. The first reason stays."""
        self._unknown = self._unknown or reason
        self._fees.unknown = self._fees.unknown or reason

    def add(self, fill: Fill) -> None:
        """Add one fill."""
        self._count += 1
        if fill.ts_venue_ms is not None:
            self._last_ms = fill.ts_venue_ms
            self._first_ms = fill.ts_venue_ms if self._first_ms is None else self._first_ms
        unread = self._fees.add(fill)
        moved = signed_contracts(fill)
        if isinstance(moved, NullReason):
            self._unknown = self._unknown or moved
        elif unread is not None:
            # A fee that cannot be read may have come out of either currency.
            self._unknown = self._unknown or unread
        elif fill.price is not None:
            self._base = EXACT.add(self._base, moved)
            self._quote = EXACT.subtract(self._quote, EXACT.multiply(moved, fill.price))

    def told(self) -> Holding:
        """The holding as a fact."""
        reasons = {} if self._unknown is None else dict.fromkeys(("base_change", "quote_change"), self._unknown)
        if self._fees.unknown is not None:
            reasons["fees"] = self._fees.unknown
        if self._currencies is None:
            reasons |= dict.fromkeys(("base", "quote"), NullReason.UNMAPPED)
        base, quote = self._currencies or (None, None)
        known = base is not None and quote is not None and self._unknown is None
        return Holding(
            symbol=self.symbol,
            base=base,
            quote=quote,
            base_change=self._net(self._base, base) if known else None,
            quote_change=self._net(self._quote, quote) if known else None,
            fees=None if self._fees.unknown else self._fees.told(),
            fill_count=self._count,
            first_ts_venue_ms=self._first_ms,
            last_ts_venue_ms=self._last_ms,
            reasons=reasons,
        )

    def _net(self, change: Decimal, currency: str | None) -> Decimal:
        return plain(EXACT.subtract(change, self._fees.in_currency(currency or "")))
