"""Contexts and forms for Decimal arithmetic that loses nothing that is told."""

from __future__ import annotations

from decimal import Context, Decimal

__all__ = ["EXACT", "TOLD", "WORK", "is_venue_number", "plain"]

# Sums and products of venue numbers are exact in 300 digits; quotients carry 120 and are told with 40, so that rounding
# noise never reaches a digit that is told.
EXACT = Context(prec=300)
WORK = Context(prec=120)
TOLD = Context(prec=40)

_LARGEST_EXPONENT = 30
_MOST_DECIMALS = 60


def is_venue_number(value: Decimal) -> bool:
    """Whether a number can be a price, size or fee at all: `1e400` on the wire is damage (reliability B2.1)."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return False
    return exponent >= -_MOST_DECIMALS and (value == 0 or abs(value.adjusted()) <= _LARGEST_EXPONENT)


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 100, not 1E+2 and not 100.000."""
    short = value.normalize(EXACT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1), context=EXACT) if isinstance(exponent, int) and exponent > 0 else short
