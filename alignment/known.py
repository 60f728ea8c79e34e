"""
Differences of the installed libraries that are understood: which rule explains them, and who departs from OKX's word.

Only differences that show on the same bytes (layer ``parse``) are explained here, so a lie of the venue can never hide
behind one. Names are those of the reference list of proven differences.
"""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.alignment.compare import FieldComparison
from dualwitness.models import Layer, MarketType, NullReason, OddOneOut, Outcome, Severity

__all__ = ["KNOWN", "Known", "known_difference"]

_DERIVATIVES = frozenset({MarketType.SWAP, MarketType.FUTURE, MarketType.OPTION})


@dataclass(frozen=True, slots=True)
class Known:
    """
    One understood difference: where it shows and what it is.

    ``market_types`` empty means all; ``severity`` None keeps the rule's own. ``missing`` limits it to the side that
    has no value, for the given reason.
    """

    name: str
    operation: str
    field: str
    outcome: Outcome
    odd_one_out: OddOneOut
    text: str
    market_types: frozenset[MarketType] = frozenset()
    severity: Severity | None = None


KNOWN: tuple[Known, ...] = ()


def known_difference(field: FieldComparison, layer: Layer) -> Known | None:
    """The line that explains a compared field, or None; never for a difference of the world."""
    if layer is not Layer.PARSE:
        return None
    for known in KNOWN:
        if (
            known.operation == field.operation
            and known.field == field.field
            and known.outcome is field.outcome
            and (not known.market_types or field.market_type in known.market_types)
        ):
            return known
    return _no_word(field)


def _no_word(field: FieldComparison) -> Known | None:
    """The general case: a library that has no unified field for what the venue sends."""
    for odd, mine, other in (
        (OddOneOut.CCXT, field.ccxt, field.okx_sdk),
        (OddOneOut.OKX_SDK, field.okx_sdk, field.ccxt),
    ):
        if mine.value is None and mine.reason is NullReason.UNSUPPORTED and other.value is not None:
            return Known(
                name=f"{odd}-has-no-word-for-{field.field.replace('_', '-')}",
                operation=field.operation,
                field=field.field,
                outcome=Outcome.ONE_MISSING,
                odd_one_out=odd,
                text=f"{odd} has no unified field for OKX {field.rule.reference}; the venue sent {other.value}",
            )
    return None
