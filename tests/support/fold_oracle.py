"""An independent bookkeeper in fractions, and histories that an account could have had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random

from dualwitness.models import Fill, PositionMode, PositionSide
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, make_fill

__all__ = ["Book", "Step", "fills_of", "random_steps", "to_digits", "to_step"]

# Symbol, buys, is of the long leg, contracts, price, milliseconds since the one before.
Step = tuple[str, bool, bool, Decimal, Decimal, int]


@dataclass
class Book:
    """Average-cost bookkeeping on exact fractions, one leg; ``history`` is what was held after each fill."""

    inverse: bool
    size: Fraction
    held: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    pnl: Fraction = Fraction(0)
    history: list[Fraction] = field(default_factory=list)

    def add(self, signed: Fraction, price: Fraction) -> None:
        """Add contracts at a price; ``cost`` is money paid for what is held, in quote (linear) or base (inverse)."""
        worth = -1 / price if self.inverse else price
        if self.held * signed < 0:
            closed = min(abs(self.held), abs(signed)) * (1 if self.held > 0 else -1)
            released = self.cost * closed / self.held
            self.pnl += (closed * worth - released) * self.size
            self.held -= closed
            self.cost -= released
            signed += closed
        self.held += signed
        self.cost += signed * worth
        self.history.append(self.held)

    @property
    def entry(self) -> Fraction:
        """Average entry price of what is held."""
        average = self.cost / self.held
        return -1 / average if self.inverse else average


def fills_of(
    steps: Sequence[Step], mode: PositionMode, *, wide_ids: bool = True
) -> tuple[list[Fill], dict[tuple[str, PositionSide], Book]]:
    """Fills that an account in that mode could have had, in their order, with the oracle's books."""
    books: dict[tuple[str, PositionSide], Book] = {}
    fills: list[Fill] = []
    now = 1_700_000_000_000
    for number, (symbol, buys, is_long, wanted, price, pause) in enumerate(steps):
        now += pause
        side = PositionSide.NET
        if mode is PositionMode.LONG_SHORT:
            side = PositionSide.LONG if is_long else PositionSide.SHORT
        size = INSTRUMENTS[symbol].contract_size
        assert size is not None
        book = books.setdefault((symbol, side), Book(symbol == INVERSE, Fraction(size)))
        contracts = wanted
        if side is not PositionSide.NET and buys is not is_long:
            # The venue closes no more than there is.
            contracts = min(contracts, Decimal(int(abs(book.held) * 100)).scaleb(-2))
        if contracts == 0:
            continue
        book.add(Fraction(contracts) * (1 if buys else -1), Fraction(price))
        fills.append(
            make_fill(
                str(number + 1),
                "buy" if buys else "sell",
                str(contracts),
                str(price),
                symbol=symbol,
                position_side=side.value,
                fee=str(Decimal(number % 7 - 2).scaleb(-3)),
                ts_ms=now,
                bill_id=str(10**17 + number if wide_ids else 95 + number),
            )
        )
    return fills, books


def random_steps(random: Random, most: int) -> list[Step]:
    """Steps of a random length, of both instruments, with few and with many digits, often in one millisecond."""
    rough = random.random() < 0.5
    return [
        (
            random.choice([LINEAR, INVERSE]),
            random.random() < 0.5,
            random.random() < 0.5,
            Decimal(random.randint(1, 4)) if rough else Decimal(random.randint(1, 10**6)).scaleb(-2),
            Decimal(random.randint(1, 9)) if rough else Decimal(random.randint(1, 10**9)).scaleb(-1),
            random.choice([0, 0, 1, 900]),
        )
        for _ in range(random.randint(1, most))
    ]


def to_step(exact: Fraction, decimals: int) -> Fraction:
    """A fraction rounded to so many decimals, a half to the even neighbour."""
    return Fraction(round(exact * 10**decimals), 10**decimals)


def to_digits(exact: Fraction, digits: int) -> Fraction:
    """A fraction rounded to so many significant digits, a half to the even neighbour."""
    if not exact:
        return exact
    magnitude = 0
    while abs(exact) >= Fraction(10) ** (magnitude + 1):
        magnitude += 1
    while abs(exact) < Fraction(10) ** magnitude:
        magnitude -= 1
    unit = Fraction(10) ** (magnitude + 1 - digits)
    return round(exact / unit) * unit
