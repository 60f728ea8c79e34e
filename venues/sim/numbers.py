"""How the venue rounds and spells numbers: Decimal only, plain digits, no exponent."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

__all__ = ["ceil_to", "floor_to", "round_to", "text"]


def text(number: Decimal) -> str:
    """OKX's spelling of a number: no exponent, no trailing zeros."""
    if number == 0:
        return "0"
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def round_to(number: Decimal, step: Decimal) -> Decimal:
    """The multiple of ``step`` nearest to ``number``."""
    return (number / step).to_integral_value(ROUND_HALF_EVEN) * step


def floor_to(number: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` not above ``number``."""
    return (number / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(number: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of ``step`` not below ``number``."""
    return (number / step).to_integral_value(ROUND_CEILING) * step
