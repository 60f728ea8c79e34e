"""What our spot fills of one pair moved, net of the fees that were taken from it."""

from __future__ import annotations

from decimal import Decimal, localcontext

from dualwitness.models.enums import NullReason
from dualwitness.models.exact import EXACT, plain
from dualwitness.models.fact import Fact, Number
from dualwitness.models.fees import FeeSum, FeeTotal
from dualwitness.models.fold_cost import STRICT
from dualwitness.models.fold_line import FillLine
from dualwitness.models.fold_move import move_of
from dualwitness.models.fold_tally import Tally

__all__ = ["Holding", "RunningHolding"]


class Holding(Fact):
    """
    Change of both currencies of one spot pair.

    ``base_change`` and ``quote_change`` are net of fees in the same currency (OKX takes the fee of a buy from the base
    currency, okx-v5-facts section 8); ``fees`` are totals by currency, those included. A change, not a balance:
    deposits and transfers are no fills. Both are null where a fill cannot be read, is in doubt, or may be part of the
    opening snapshot or not.
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
    """A `Holding` while its fills are being added, in whatever order."""

    def __init__(self, symbol: str, currencies: tuple[str, str] | None) -> None:
        self.symbol = symbol
        self.fees = FeeSum()
        self.tally = Tally()
        self._currencies = currencies
        self._base = Decimal(0)
        self._quote = Decimal(0)
        self._unknown: NullReason | None = None if currencies else NullReason.UNMAPPED

    def spoil(self, reason: NullReason) -> None:
        """Make everything but the count unknown, because a fill is in doubt. The first reason stays."""
        self._unknown = self._unknown or reason
        self.fees.unknown = self.fees.unknown or reason

    def add(self, line: FillLine) -> None:
        """Add one fill."""
        self.tally.add(line.ts_venue_ms)
        unread = self.fees.add(line)
        move = move_of(line)
        if isinstance(move, NullReason):
            self._unknown = self._unknown or move
        elif unread is not None:
            # A fee that cannot be read may have come out of either currency.
            self._unknown = self._unknown or unread
        else:
            with localcontext(STRICT):
                self.move(*move)

    def move(self, bought: bool, contracts: Decimal, price: Decimal) -> None:
        """Exchange base for quote currency, without the fee. To be called in `STRICT`; raises ArithmeticError there."""
        value = contracts * price
        if bought:
            self._base += contracts
            self._quote -= value
        else:
            self._base -= contracts
            self._quote += value

    @property
    def exact(self) -> bool:
        """Whether all that was added up are numbers."""
        return self._base.is_finite() and self._quote.is_finite()

    def told(self) -> Holding:
        """The holding as a fact."""
        reasons = {} if self._unknown is None else dict.fromkeys(("base_change", "quote_change"), self._unknown)
        if self.fees.unknown is not None:
            reasons["fees"] = self.fees.unknown
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
            fees=None if self.fees.unknown else self.fees.told(),
            fill_count=self.tally.count,
            first_ts_venue_ms=self.tally.first_ms,
            last_ts_venue_ms=self.tally.last_ms,
            reasons=reasons,
        )

    def _net(self, change: Decimal, currency: str | None) -> Decimal:
        return plain(EXACT.subtract(change, self.fees.in_currency(currency or "")))
