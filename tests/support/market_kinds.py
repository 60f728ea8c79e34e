"""Every kind of market that a client trades, with one order of it worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from dualwitness.models import MarketType, PositionMode, TdMode
from dualwitness.venues.sim.kinds import Level

__all__ = ["KINDS", "MODES", "MarketKind", "entry_of", "fee_of", "profit_of", "taken_from"]


@dataclass(frozen=True)
class MarketKind:
    """
    One instrument, and an order in it that takes more than the first level of the embedded venue's standing book.

    ``contracts`` counts contracts (base currency on pairs) of ``base_size`` bought or sold; ``rate`` is the taker's of
    the regular tier. ``worth`` is one contract in base currency, or in quote currency where ``inverse``.
    """

    name: str
    symbol: str
    okx_id: str
    market_type: MarketType
    td_mode: TdMode
    contracts: Decimal
    rate: Fraction
    worth: Fraction = Fraction(1)
    inverse: bool = False
    settle: str = "USDT"

    @property
    def is_pair(self) -> bool:
        return self.market_type in (MarketType.SPOT, MarketType.MARGIN)

    def base_size(self, contracts: Decimal, price: Decimal) -> Decimal:
        """What an intent asks for; inverse contracts a little more, so that flooring gives their number back."""
        if not self.inverse:
            return contracts * Decimal(self.worth.numerator) / Decimal(self.worth.denominator)
        return (contracts * Decimal(100) / price).quantize(Decimal("1e-9")) + Decimal("1e-9")


_PAIR, _CONTRACT = Fraction(1, 1000), Fraction(5, 10_000)
_HUNDREDTH = Fraction(1, 100)
KINDS = (
    MarketKind("spot", "BTC/USDT", "BTC-USDT", MarketType.SPOT, TdMode.CASH, Decimal("0.2"), _PAIR),
    MarketKind("margin", "BTC/USDT", "BTC-USDT", MarketType.MARGIN, TdMode.CROSS, Decimal("0.2"), _PAIR),
    MarketKind(
        "linear", "BTC/USDT:USDT", "BTC-USDT-SWAP", MarketType.SWAP, TdMode.CROSS, Decimal(60), _CONTRACT, _HUNDREDTH
    ),
    MarketKind(
        *("isolated", "BTC/USDT:USDT", "BTC-USDT-SWAP", MarketType.SWAP, TdMode.ISOLATED, Decimal(60)),
        *(_CONTRACT, _HUNDREDTH),
    ),
    MarketKind(
        *("inverse", "BTC/USD:BTC", "BTC-USD-SWAP", MarketType.SWAP, TdMode.CROSS, Decimal(400), _CONTRACT),
        *(Fraction(100), True, "BTC"),
    ),
    MarketKind(
        *("future", "BTC/USDT:USDT-270326", "BTC-USDT-270326", MarketType.FUTURE, TdMode.CROSS, Decimal(40)),
        *(_CONTRACT, _HUNDREDTH),
    ),
)
MODES = (PositionMode.NET, PositionMode.LONG_SHORT)


def taken_from(levels: list[Level] | tuple[Level, ...], contracts: Decimal) -> list[tuple[Decimal, Decimal]]:
    """What an order of so many contracts takes of a book: price and size, level by level."""
    left, taken = Fraction(contracts), []
    for level in levels:
        if left <= 0:
            break
        size = min(left, Fraction(level.sz))
        taken.append((level.px, Decimal(size.numerator) / Decimal(size.denominator)))
        left -= size
    assert left == 0, "the book is too thin for this test"
    return taken


def entry_of(kind: MarketKind, fills: list[tuple[Decimal, Decimal]]) -> Fraction:
    """Average price: by contracts, and harmonic where a contract is worth quote currency."""
    total = sum((Fraction(size) for _, size in fills), Fraction(0))
    if kind.inverse:
        return total / sum((Fraction(size) / Fraction(price) for price, size in fills), Fraction(0))
    return sum((Fraction(size) * Fraction(price) for price, size in fills), Fraction(0)) / total


def fee_of(kind: MarketKind, price: Decimal, contracts: Decimal, *, buys: bool) -> tuple[Fraction, str]:
    """Taker's fee and its currency (okx-v5-facts section 8)."""
    if kind.is_pair:
        if buys:
            return kind.rate * Fraction(contracts), "BTC"
        return kind.rate * Fraction(contracts) * Fraction(price), "USDT"
    amount = Fraction(contracts) * kind.worth
    return kind.rate * (amount / Fraction(price) if kind.inverse else amount * Fraction(price)), kind.settle


def profit_of(kind: MarketKind, entry: Fraction, fills: list[tuple[Decimal, Decimal]], *, long: bool) -> Fraction:
    """Profit of closing at these fills what was opened at ``entry``."""
    gain = Fraction(0)
    for price, size in fills:
        amount = Fraction(size) * kind.worth
        gain += amount * (1 / entry - 1 / Fraction(price)) if kind.inverse else amount * (Fraction(price) - entry)
    return gain if long else -gain
