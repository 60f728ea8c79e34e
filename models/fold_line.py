"""One fill as the fold reads it: a plain tuple, so that a million of them can be added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from dualwitness.models.enums import MarketType, NullReason, OrderSide, PositionSide
from dualwitness.models.exact import is_venue_number
from dualwitness.models.fill import Fill

__all__ = ["NO_REASONS", "FillLine", "field_of", "lines_of"]

# What every fact has that knows all of its fields: frozen, and fit to be hashed and pickled.
NO_REASONS: Mapping[str, NullReason] = Fill.model_fields["reasons"].default


class FillLine(NamedTuple):
    """
    What the fold needs of one execution, with the words and units of `Fill`.

    Whoever makes one vouches that its numbers are such as a venue means (`dualwitness.models.exact`); `lines_of` does.
    ``reasons`` say why a field is None, by its name. A trade id of ``""`` or ``"0"`` and a bill id of ``""`` are none:
    OKX writes them where there is no such thing (okx-v5-facts section 8).
    """

    symbol: str
    market_type: MarketType | None
    position_side: PositionSide | None
    side: OrderSide | None
    price: Decimal | None
    contracts: Decimal | None
    fee: Decimal | None
    fee_currency: str | None
    ts_venue_ms: int | None
    bill_id: str | None
    trade_id: str | None
    venue_order_id: str | None
    reasons: Mapping[str, NullReason] = NO_REASONS

    def why(self, name: str) -> NullReason:
        """The reason for which a field is None."""
        return self.reasons.get(name, NullReason.ABSENT)


def field_of(name: str) -> Callable[[FillLine], Any]:
    """The quickest way to read one field of many lines."""
    return itemgetter(FillLine._fields.index(name))


def lines_of(fills: Iterable[Fill]) -> Iterator[FillLine]:
    """
    The fills as lines; a number that no venue means is None, with reason ``conflict``.

    Raises TypeError for anything that is no fill (a bill is folded by `dualwitness.models.fold_bills`).
    """
    remaining = map(FillLine._make, map(_values, map(_fields, map(_only_fills, fills))))
    while lines := list(islice(remaining, _BATCH)):
        if all(_ordinary(list(map(_getters[name], lines))) for name in _NUMBERS):
            yield from lines
        else:
            yield from map(_checked, lines)


def _only_fills(fill: Fill) -> Fill:
    if not isinstance(fill, Fill):
        message = f"{type(fill).__name__} is no fill and moves no position; bills are folded by fold_bills"
        raise TypeError(message)
    return fill


def _ordinary(numbers: list[Decimal]) -> bool:
    """Whether all of many numbers are known (no None among them), have at most 30 decimals and lie below 1E+31."""
    try:
        with localcontext(_EXACT_SUMS):
            total, highest = sum(numbers, Decimal(0)), max(map(abs, numbers))
    except (TypeError, ArithmeticError):
        return False
    # An exact sum has all the decimals of the number with most of them.
    exponent = total.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_LARGEST_EXPONENT and highest.adjusted() <= _LARGEST_EXPONENT


def _checked(line: FillLine) -> FillLine:
    damaged = [name for name in _NUMBERS if (value := getattr(line, name)) is not None and not is_venue_number(value)]
    if not damaged:
        return line
    nothing: dict[str, Any] = dict.fromkeys(damaged)
    return line._replace(reasons={**line.reasons, **dict.fromkeys(damaged, NullReason.CONFLICT)}, **nothing)


_values = itemgetter(*FillLine._fields)
_fields = attrgetter("__dict__")
_NUMBERS = ("price", "contracts", "fee")
_getters = {name: field_of(name) for name in _NUMBERS}
# Whatever would lose a digit in such a sum is not ordinary, and is looked at for itself.
_EXACT_SUMS = Context(prec=100, traps=[Inexact, InvalidOperation])
_LARGEST_EXPONENT = 30
_BATCH = 512
