"""
From an amount of base currency to a number the venue takes, exactly, and back.

Only ever towards zero: an order is never larger than what was asked for, and never points the other way. What cannot be
ordered is said with the nearest sizes that can (difference derivative-amount-is-contracts: the same number is 1 BTC,
0.01 BTC or 100 USD by instrument; below-minsz-sent-below-lotsz-refused; amount-truncated-price-rounded-silently).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, Inexact
from enum import StrEnum
from fractions import Fraction
from typing import TypeGuard

from dualwitness.models.enums import MarketType
from dualwitness.models.instrument import Instrument

__all__ = ["Sized", "Unsizeable", "UnsizeableReason", "base_from_contracts", "size_order"]

# Nothing of 10^60 or more is an order, and turning such an exponent into an integer would take all memory.
_LARGEST_EXPONENT = 60
_MOST_DIGITS = 150
# 400 digits hold every product of such numbers exactly; 40 are told of a quotient that never ends.
_EXACT_DIGITS = 400
_TOLD_DIGITS = 40


class UnsizeableReason(StrEnum):
    """Why an amount cannot be ordered."""

    NOT_A_SIZE = "not_a_size"
    BELOW_MINIMUM = "below_minimum"
    PRICE_NEEDED = "price_needed"
    INSTRUMENT_INCOMPLETE = "instrument_incomplete"


@dataclass(frozen=True, slots=True)
class Sized:
    """
    A size that the venue takes.

    ``contracts`` counts contracts (base currency for spot) and carries the sign of what was asked; ``base_quantity`` is
    what they are worth and ``shortfall`` what is left of the asked size, both in base currency and with the same sign.
    """

    contracts: Decimal
    base_quantity: Decimal
    shortfall: Decimal


@dataclass(frozen=True, slots=True)
class Unsizeable:
    """
    An amount that cannot be ordered; the nearest amounts of base currency that can, where there are any.

    They carry the sign of what was asked; ``nearest_below`` is the one closer to zero.
    """

    reason: UnsizeableReason
    text: str
    nearest_below: Decimal | None = None
    nearest_above: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Steps:
    """One contract in base currency, the step and the smallest order in contracts, all exact."""

    base_per_contract: Fraction
    lot: Decimal
    smallest_lots: int


def size_order(base_size: Decimal, instrument: Instrument, price: Decimal | None = None) -> Sized | Unsizeable:
    """
    Size ``base_size`` (base currency) in lots of the instrument, rounding towards zero.

    ``price`` (quote per base) is needed for inverse swaps and futures, whose contracts are worth quote currency, and
    ignored otherwise. Lot and minimum are the venue's ``lotSz`` and ``minSz`` (OKX ``public/instruments``).
    """
    if not _is_amount(base_size) or base_size == 0:
        return Unsizeable(UnsizeableReason.NOT_A_SIZE, f"{base_size:.20g} is not an amount that can be ordered")
    steps = _steps_of(instrument, price)
    if isinstance(steps, Unsizeable):
        return steps
    per_lot = steps.base_per_contract * Fraction(steps.lot)
    # The exact fraction of 1E-999999 would take all memory, and no lot is as small as what is cut off here.
    tiny = base_size.adjusted() < -2 * _LARGEST_EXPONENT
    lots = 0 if tiny else int(abs(Fraction(base_size)) // per_lot)
    if lots < steps.smallest_lots:
        above = _decimal(per_lot * steps.smallest_lots, ROUND_CEILING).copy_sign(base_size)
        text = f"{base_size} is below the smallest order of {instrument.symbol}, {above}"
        return Unsizeable(UnsizeableReason.BELOW_MINIMUM, text, None, above)
    exact = Context(prec=_EXACT_DIGITS)
    contracts = exact.multiply(steps.lot, Decimal(lots)).copy_sign(base_size)
    base_quantity = _decimal(per_lot * lots, ROUND_FLOOR).copy_sign(base_size)
    return Sized(contracts, base_quantity, exact.subtract(base_size, base_quantity))


def base_from_contracts(
    contracts: Decimal, instrument: Instrument, price: Decimal | None = None
) -> Decimal | Unsizeable:
    """
    Return what ``contracts`` are worth in base currency, with their sign.

    Exact wherever the result ends; otherwise (inverse contracts at most prices) 40 digits, rounded towards zero. Lot
    and minimum play no part: a position may be any number of contracts.
    """
    if not _is_amount(contracts):
        return Unsizeable(UnsizeableReason.NOT_A_SIZE, f"{contracts:.20g} is no number of contracts")
    base_per_contract = _base_per_contract(instrument, price)
    if isinstance(base_per_contract, Unsizeable):
        return base_per_contract
    return _decimal(abs(Fraction(contracts)) * base_per_contract, ROUND_FLOOR).copy_sign(contracts)


def _steps_of(instrument: Instrument, price: Decimal | None) -> _Steps | Unsizeable:
    base_per_contract = _base_per_contract(instrument, price)
    if isinstance(base_per_contract, Unsizeable):
        return base_per_contract
    lot, minimum = instrument.lot_size, instrument.min_size
    if not _is_step(lot):
        return _incomplete(instrument, "lot_size")
    if not _is_step(minimum):
        return _incomplete(instrument, "min_size")
    return _Steps(base_per_contract, lot, -int(-Fraction(minimum) // Fraction(lot)))


def _base_per_contract(instrument: Instrument, price: Decimal | None) -> Fraction | Unsizeable:
    if instrument.market_type in (MarketType.SPOT, MarketType.MARGIN):
        return Fraction(1)
    size = instrument.contract_size
    if not _is_step(size):
        return _incomplete(instrument, "contract_size")
    # An option is worth base currency however it settles: ctVal 1 × ctMult 0.01 BTC (okx-v5-facts section 6).
    if instrument.market_type is MarketType.OPTION or instrument.linear:
        return Fraction(size)
    if not instrument.inverse:
        return _incomplete(instrument, "linear or inverse")
    if not _is_step(price):
        text = f"{instrument.symbol} is inverse: its contracts are {size} {instrument.quote}, so a price is needed"
        return Unsizeable(UnsizeableReason.PRICE_NEEDED, text)
    return Fraction(size) / Fraction(price)


def _is_amount(value: Decimal) -> bool:
    """Whether it is a number that an order could be about, or a smaller one."""
    return value.is_finite() and value.adjusted() < _LARGEST_EXPONENT and len(value.as_tuple().digits) <= _MOST_DIGITS


def _is_step(value: Decimal | None) -> TypeGuard[Decimal]:
    return value is not None and _is_amount(value) and value > 0 and value.adjusted() > -_LARGEST_EXPONENT


def _incomplete(instrument: Instrument, field: str) -> Unsizeable:
    return Unsizeable(UnsizeableReason.INSTRUMENT_INCOMPLETE, f"{field} of {instrument.symbol} is unknown or no step")


def _decimal(value: Fraction, rounding: str) -> Decimal:
    """A fraction as a Decimal: whole where it ends, rounded as told where it does not."""
    exact = Context(prec=_EXACT_DIGITS)
    quotient = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
    if exact.flags[Inexact]:
        return Context(prec=_TOLD_DIGITS, rounding=rounding).plus(quotient)
    return quotient
