"""
Exact money: one decimal context, how a number is read from the wire and how it is spelled.

Sums and products are exact at this precision. Quotients are rounded only where OKX's own answers show it does:
money to 16 decimals, half to even; ratios cut at 16 decimals (recorded ``mmr`` 0.0000043300962256 is rounded,
recorded ``uplRatioLastPx`` 0.0064864864864864 is cut).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = [
    "CONTEXT",
    "MONEY_STEP",
    "ZERO",
    "exact",
    "floored",
    "is_multiple",
    "money",
    "parsed",
    "plain",
    "plain_or_blank",
    "ratio",
    "ticked",
]

P = ParamSpec("P")
T = TypeVar("T")

CONTEXT = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
MONEY_STEP = Decimal("1E-16")
ZERO = Decimal(0)

# Plain digits only: OKX refuses "1e3", "NaN", "+1" and "-1" as order sizes and prices (the negative by INF).
_PLAIN = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?")


def exact(function: Callable[P, T]) -> Callable[P, T]:
    """Run ``function`` in the engine's decimal context, whatever the caller's context is."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> T:
        now = getcontext()
        if now.prec == CONTEXT.prec and now.rounding == CONTEXT.rounding:
            return function(*args, **kwargs)  # already inside: one answer calls these some two hundred times
        with localcontext(CONTEXT):
            return function(*args, **kwargs)

    return inside


@exact
def money(value: Decimal) -> Decimal:
    """Round to 16 decimals, half to even: the step in which cash, fees and profit are booked."""
    return value.quantize(MONEY_STEP)


@exact
def ratio(value: Decimal) -> Decimal:
    """Cut to 16 decimals."""
    return value.quantize(MONEY_STEP, rounding=ROUND_DOWN)


@exact
def floored(value: Decimal, step: Decimal) -> Decimal:
    """Largest multiple of ``step`` that does not exceed ``value`` (both positive)."""
    return (value // step) * step


@exact
def ticked(value: Decimal, step: Decimal) -> Decimal:
    """Nearest multiple of ``step``, half to even, never below one step."""
    return max((value / step).quantize(Decimal(1)) * step, step)


@exact
def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether ``value`` is a whole number of ``step``s."""
    return value % step == 0


def parsed(text: str) -> Decimal | None:
    """Read a plain positive-or-zero decimal from the wire; None when it is spelled in any other way."""
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def plain(value: Decimal) -> str:
    """Spell without exponent, trailing zeros or negative zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def plain_or_blank(value: Decimal | None) -> str:
    """Spell a number, or ``""`` where it does not apply."""
    return "" if value is None else plain(value)
