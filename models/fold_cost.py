"""
The arithmetic of a position: contracts, what they cost, and what was realised. The only one there is.

Money is counted in *units*: the price where a contract is worth base currency, its reciprocal where it is worth quote
currency; the inverse case is then the linear one with the profit's sign turned. All fills together have moved cash by
``-Σ contracts × unit``; what is still open cost ``cost``. What is left over was realised: ``cash + cost``. So nothing
needs to be divided until a position becomes smaller, and profit is exact whenever it is flat.

Sums and products are exact. A quotient (the average at which part of a position is closed; a reciprocal price) carries
120 digits; what is told of it has 40 (`dualwitness.models.exact`).
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

from dualwitness.models.exact import EXACT, WORK

__all__ = ["STRICT", "OpenCost"]

_ZERO = Decimal(0)
_ONE = Decimal(1)
_divide = WORK.divide

# The context to add fills in: what does not fit into 300 digits holds a number that no venue means, and raises.
STRICT = Context(prec=300, traps=[Inexact, InvalidOperation])


class OpenCost:
    """
    Contracts held (signed), the cash they moved, and the cost of what is open, while fills are added in their order.

    ``in_doubt`` says that cost and profit depend on an order that nothing proves; becoming flat or turning around
    heals it. ``was_long`` and ``was_short`` tell on which sides it ever was. All numbers are units of one contract;
    contract size comes later.
    """

    __slots__ = ("_average", "_cost", "_inverse", "_is_long", "cash", "held", "in_doubt", "was_long", "was_short")

    def __init__(self, *, inverse: bool, held: Decimal = _ZERO, entry_price: Decimal = _ONE) -> None:
        self._inverse = inverse
        self.held = held
        # Either of the two is known, the other follows: cost = average × held.
        self._cost: Decimal | None = _divide(held, entry_price) if inverse else EXACT.multiply(held, entry_price)
        self._average: Decimal = _ZERO
        self.cash = self._cost.copy_negate()
        self.in_doubt = False
        self._is_long = self.was_long = held > 0
        self.was_short = held < 0

    @property
    def cost(self) -> Decimal:
        """What the open contracts cost, in units; zero when flat."""
        return EXACT.multiply(self._average, self.held) if self._cost is None else self._cost

    @property
    def realised(self) -> Decimal:
        """What was gained by all that was closed, in units: quote currency a contract size, or base where inverse."""
        gained = EXACT.add(self.cash, self.cost)
        return gained.copy_negate() if self._inverse else gained

    @property
    def entry_price(self) -> Decimal:
        """Average price of the open contracts; of none at all there is none: raises ArithmeticError."""
        return _divide(self.held, self.cost) if self._inverse else _divide(self.cost, self.held)

    def add(self, bought: bool, contracts: Decimal, price: Decimal) -> None:
        """
        Add the next fill: contracts above zero, and a price above zero where inverse. To be called in `STRICT`.

        Raises ArithmeticError, and leaves nothing to be relied on, for a number with which nothing exact can be told.
        """
        held = self.held
        if self._inverse:
            if price <= _ZERO:
                raise InvalidOperation
            value = _divide(contracts, price)
        else:
            value = contracts * price
        if bought:
            after = held + contracts
            self.cash -= value
        else:
            after = held - contracts
            self.cash += value
        if not held:
            self._cost = value if bought else -value
            self._turn(bought)
        elif bought is self._is_long:
            cost = self._average * held if self._cost is None else self._cost
            self._cost = cost + value if bought else cost - value
        elif not after:
            self._cost, self.in_doubt = _ZERO, False
        elif (after > _ZERO) is self._is_long:
            if self._cost is not None:
                self._average, self._cost = _divide(self._cost, held), None
        else:
            # It turned around: what is left of the fill opens the other way, at its price.
            self._cost = _divide(after, price) if self._inverse else after * price
            self._turn(bought)
        self.held = after

    def _turn(self, to_long: bool) -> None:
        self._is_long, self.in_doubt = to_long, False
        if to_long:
            self.was_long = True
        else:
            self.was_short = True
