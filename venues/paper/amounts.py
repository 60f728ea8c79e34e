"""Money of the paper venue: sums and products are exact, quotients are cut where a venue cuts them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.models.exact import EXACT, WORK, plain

__all__ = ["MONEY_STEP", "ZERO", "difference", "is_multiple", "product", "quotient", "total", "whole_lots"]

ZERO = Decimal(0)
# OKX books money in steps of 1e-16, half to even (recorded ``mmr`` rows of account/positions).
MONEY_STEP = Decimal("1E-16")


def product(*factors: Decimal) -> Decimal:
    """All factors multiplied, exactly."""
    result = Decimal(1)
    for factor in factors:
        result = EXACT.multiply(result, factor)
    return plain(result)


def total(parts: Iterable[Decimal]) -> Decimal:
    """All parts added, exactly."""
    result = ZERO
    for part in parts:
        result = EXACT.add(result, part)
    return plain(result)


def difference(minuend: Decimal, subtrahend: Decimal) -> Decimal:
    """The first less the second, exactly."""
    return plain(EXACT.subtract(minuend, subtrahend))


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The first through the second, to 16 decimals, half to even as the context has it."""
    return plain(WORK.quantize(WORK.divide(dividend, divisor), MONEY_STEP))


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether ``value`` is a whole number of ``step``s."""
    return EXACT.remainder(value, step) == 0


def whole_lots(size: Decimal, lot: Decimal) -> Decimal:
    """The largest multiple of ``lot`` that is not above ``size`` (both positive)."""
    return plain(EXACT.subtract(size, EXACT.remainder(size, lot)))
