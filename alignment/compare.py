"""
`compare`: two libraries' answers to one question, field by field. Start reading here.

Entry point: ``compare(ccxt, okx_sdk, rules)`` takes two `Observation`s of the same operation and the operation's rules
(`rules.py`) and returns a `Comparison`. It is pure: no I/O, no clock, no library; `audit.py` calls it, `judge.py` turns
its outcomes into findings.

Laws, held by ``tests/properties/test_compare_laws.py``:

1. reflexive: an answer compared with itself shows no mismatch and no one_missing;
2. symmetric: swapping the sides swaps the claims and changes no outcome;
3. rows are joined by the operation's key; their order never matters, and two keys are never paired with each other;
4. numbers are compared as Decimal: 1.0 is 1.00, never "1.0" against "1.00";
5. both missing is never a match;
6. monotone: a wider tolerance never turns a match into a mismatch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from dualwitness.alignment.rules import Comparator, FieldRule, OperationRules
from dualwitness.models import BookLevel, Fact, MarketType, NullReason, Outcome
from dualwitness.models.finding import Claim
from dualwitness.models.observation import Observation

__all__ = ["Comparison", "FieldComparison", "Match", "claim_of", "compare", "plain", "swapped"]

_NO_TICKS: Mapping[str, Decimal] = {}
_DIFFERENT = (Outcome.MISMATCH, Outcome.ONE_MISSING)
_NAMELESS = "row without id "


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field of one row: both claims and how they stand to each other."""

    operation: str
    symbol: str | None
    market_type: MarketType | None
    row_key: str | None
    field: str
    ccxt: Claim
    okx_sdk: Claim
    outcome: Outcome
    rule: FieldRule


# One matching field of one row: key, symbol, market type, rule, both values. A plain tuple, because most fields match
# and few are ever looked at.
Match = tuple[str, str | None, MarketType | None, FieldRule, Any, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    All fields of one operation, in the order of keys and rules.

    What matches is kept as it came and told as a `FieldComparison` on demand; judging needs `unmatched` alone.
    """

    operation: str
    symbol: str | None
    entries: tuple[FieldComparison | Match, ...]

    @property
    def fields(self) -> tuple[FieldComparison, ...]:
        """Every field, matching ones included."""
        return tuple(one if isinstance(one, FieldComparison) else _told(self.operation, one) for one in self.entries)

    @property
    def unmatched(self) -> tuple[FieldComparison, ...]:
        """The fields that do not simply match."""
        return tuple(one for one in self.entries if isinstance(one, FieldComparison))

    @property
    def matches(self) -> tuple[Match, ...]:
        """The fields that simply match."""
        return tuple(one for one in self.entries if not isinstance(one, FieldComparison))

    def count(self, outcome: Outcome) -> int:
        """How many fields came out so."""
        silent = len(self.matches) if outcome is Outcome.MATCH else 0
        return silent + sum(field.outcome is outcome for field in self.unmatched)

    def differing(self) -> frozenset[tuple[str | None, str]]:
        """Row key and field of everything that differs."""
        return frozenset((one.row_key, one.field) for one in self.unmatched if one.outcome in _DIFFERENT)


def _told(operation: str, match: Match) -> FieldComparison:
    key, symbol, market_type, rule, value_a, value_b = match
    return FieldComparison(
        operation=operation,
        symbol=symbol,
        market_type=market_type,
        row_key=key,
        field=rule.field,
        ccxt=claim_of(value_a, None),
        okx_sdk=claim_of(value_b, None),
        outcome=Outcome.MATCH,
        rule=rule,
    )


def compare(
    ccxt: Observation,
    okx_sdk: Observation,
    rules: OperationRules,
    *,
    again: Observation | None = None,
    ticks: Mapping[str, Decimal] = _NO_TICKS,
) -> Comparison:
    """
    Compare two answers to the same question.

    ``again`` is a second reading by the library that was asked first (A-B-A): a field with a bracket comparator then
    matches when the other library's value lies between both readings. ``ticks`` gives a symbol's price step for the
    tick comparator. Raises `ValueError` when the two are not answers to the same operation.
    """
    if not ccxt.operation == okx_sdk.operation == rules.operation:
        message = f"cannot compare {ccxt.operation} with {okx_sdk.operation} by the rules of {rules.operation}"
        raise ValueError(message)
    if ccxt.rows is None or okx_sdk.rows is None:
        return Comparison(rules.operation, ccxt.symbol, (_without_rows(ccxt, okx_sdk, rules),))
    left, right = _by_key(ccxt.rows, rules), _by_key(okx_sdk.rows, rules)
    third = None if again is None or again.rows is None else _by_key(again.rows, rules)
    fields: list[FieldComparison | Match] = []
    for key in sorted(left.keys() | right.keys()):
        side_a, side_b = left.get(key), right.get(key)
        if key.startswith(_NAMELESS):
            fields.append(_nameless(key, side_a, side_b, ccxt.symbol, rules))
            continue
        if side_a is None or side_b is None:
            fields.append(_row_on_one_side(key, side_a, side_b, ccxt.symbol, rules))
            continue
        if len(side_a) != len(side_b):
            fields.append(_row_count(key, side_a, side_b, ccxt.symbol, rules))
        reread = None if third is None else (third.get(key) or (None,))[0]
        bracket = None if again is None or reread is None else (again.library == ccxt.library, reread)
        for row_a, row_b in zip(side_a, side_b, strict=False):
            fields.extend(_fields(key, row_a, row_b, ccxt.symbol, rules, bracket, ticks))
    return Comparison(rules.operation, ccxt.symbol, tuple(fields))


def claim_of(value: Any, reason: NullReason | None) -> Claim:
    """A field's value as the plain text that goes to file: every digit as the library gave it."""
    return _null(reason) if value is None else Claim(value=plain(value))


@cache
def _null(reason: NullReason | None) -> Claim:
    """One frozen claim a reason: most of what is not there is not there for the same few reasons."""
    return Claim(value=None, reason=reason)


def plain(value: Any) -> str:
    """Exact text of a value; tuples are joined by spaces, levels as price@size."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BookLevel):
        return f"{value.price:f}@{value.size:f}"
    if isinstance(value, tuple):
        return " ".join(plain(item) for item in value)
    return str(value)


def _by_key(rows: tuple[Fact, ...], rules: OperationRules) -> dict[str, list[Fact]]:
    table: dict[str, list[Fact]] = {}
    for number, row in enumerate(rows):
        key = rules.key(row)
        if key is None:  # a row without the venue's id can be joined with nothing: it stands alone
            key = f"{_NAMELESS}{number}"
        table.setdefault(key, []).append(row)
    for copies in table.values():
        if len(copies) > 1:  # so that the order of arrival pairs nothing
            copies.sort(key=Fact.model_dump_json)
    return table


def _without_rows(ccxt: Observation, okx_sdk: Observation, rules: OperationRules) -> FieldComparison:
    outcome = Outcome.BOTH_ERROR if ccxt.error and okx_sdk.error else Outcome.ONE_MISSING
    return FieldComparison(
        operation=rules.operation,
        symbol=ccxt.symbol,
        market_type=None,
        row_key=None,
        field=rules.lead.field,
        ccxt=_error_claim(ccxt, rules),
        okx_sdk=_error_claim(okx_sdk, rules),
        outcome=outcome,
        rule=rules.lead,
    )


def _error_claim(observation: Observation, rules: OperationRules) -> Claim:
    if observation.error is not None:
        return Claim(value=None, reason=observation.error.reason)
    rows = observation.rows or ()
    if len(rows) == 1:
        return claim_of(*rows[0].value_or_reason(rules.lead.field))
    return Claim(value=f"{len(rows)} rows")


def _row_on_one_side(
    key: str, side_a: list[Fact] | None, side_b: list[Fact] | None, symbol: str | None, rules: OperationRules
) -> FieldComparison:
    present = (side_a or side_b or [])[0]
    claim = claim_of(*present.value_or_reason(rules.lead.field))
    missing = Claim(value=None, reason=NullReason.ABSENT)
    return FieldComparison(
        operation=rules.operation,
        symbol=_symbol(present, symbol),
        market_type=_market_type(present),
        row_key=key,
        field=rules.lead.field,
        ccxt=claim if side_a else missing,
        okx_sdk=claim if side_b else missing,
        outcome=Outcome.ONE_MISSING,
        rule=rules.lead if rules.row is None else rules.row,
    )


def _nameless(
    key: str, side_a: list[Fact] | None, side_b: list[Fact] | None, symbol: str | None, rules: OperationRules
) -> FieldComparison:
    lone = _row_on_one_side(key, side_a, side_b, symbol, rules)
    return replace(lone, outcome=Outcome.NOT_COMPARABLE)


def _row_count(
    key: str, side_a: list[Fact], side_b: list[Fact], symbol: str | None, rules: OperationRules
) -> FieldComparison:
    rule = rules.lead if rules.row is None else rules.row
    return FieldComparison(
        operation=rules.operation,
        symbol=_symbol(side_a[0], symbol),
        market_type=_market_type(side_a[0]),
        row_key=key,
        field=rules.lead.field,
        ccxt=Claim(value=f"{len(side_a)} rows"),
        okx_sdk=Claim(value=f"{len(side_b)} rows"),
        outcome=Outcome.MISMATCH,
        rule=rule,
    )


def _fields(
    key: str,
    row_a: Fact,
    row_b: Fact,
    symbol: str | None,
    rules: OperationRules,
    bracket: tuple[bool, Fact] | None,
    ticks: Mapping[str, Decimal],
) -> list[FieldComparison | Match]:
    found: list[FieldComparison | Match] = []
    place = _symbol(row_b, symbol)
    market_type = _market_type(row_b) or _market_type(row_a)
    tick = ticks.get(place or "", Decimal(0))
    # Rows of two instruments keep all their fields: that their prices agree would be chance.
    is_one_instrument = _symbol(row_a, None) == _symbol(row_b, None)
    values_a, values_b = vars(row_a), vars(row_b)
    for rule in rules.fields:
        value = values_a[rule.field]
        if is_one_instrument and value is not None and value == values_b[rule.field]:
            found.append((key, place, market_type, rule, value, values_b[rule.field]))
            continue
        value_a, reason_a = row_a.value_or_reason(rule.field)
        value_b, reason_b = row_b.value_or_reason(rule.field)
        if value_a is None and value_b is None and reason_a is None and reason_b is None:
            continue  # there is nothing to know: the strike of a swap
        # One side has a value, so there is something to know, and the other's silence needs its reason.
        reason_a, reason_b = reason_a or NullReason.ABSENT, reason_b or NullReason.ABSENT
        outcome = _outcome(value_a, value_b, rule, tick)
        if outcome is Outcome.MISMATCH and bracket is not None and rule.comparator is Comparator.BRACKET:
            first_is_ccxt, reread = bracket
            first, other = (value_a, value_b) if first_is_ccxt else (value_b, value_a)
            outcome = _bracketed(first, other, reread.value_or_reason(rule.field)[0])
        found.append(
            FieldComparison(
                operation=rules.operation,
                symbol=place,
                market_type=market_type,
                row_key=key,
                field=rule.field,
                ccxt=claim_of(value_a, reason_a),
                okx_sdk=claim_of(value_b, reason_b),
                outcome=outcome,
                rule=rule,
            )
        )
    return found


def _outcome(value_a: Any, value_b: Any, rule: FieldRule, tick: Decimal) -> Outcome:
    if value_a is None or value_b is None:
        return Outcome.BOTH_MISSING if value_a is None and value_b is None else Outcome.ONE_MISSING
    if value_a == value_b:
        return Outcome.MATCH
    if rule.comparator is Comparator.TICK and isinstance(value_a, Decimal) and abs(value_a - value_b) <= tick:
        return Outcome.MATCH
    return Outcome.MISMATCH


def _bracketed(first: Any, other: Any, reread: Any) -> Outcome:
    if reread is None or first is None or other is None:
        return Outcome.MISMATCH
    if isinstance(first, tuple):  # a book that changed between two readings says nothing of the other library
        return Outcome.NOT_COMPARABLE if first != reread else Outcome.MISMATCH
    return Outcome.MATCH if min(first, reread) <= other <= max(first, reread) else Outcome.MISMATCH


def _symbol(row: Fact, asked: str | None) -> str | None:
    return asked or vars(row).get("symbol")


def _market_type(row: Fact) -> MarketType | None:
    return vars(row).get("market_type")  # pydantic takes long to say that a field does not exist


def swapped(comparison: Comparison) -> Comparison:
    """The same comparison seen from the other side; for the law of symmetry."""
    return replace(comparison, entries=tuple(_swapped(one) for one in comparison.entries))


def _swapped(one: FieldComparison | Match) -> FieldComparison | Match:
    if isinstance(one, FieldComparison):
        return replace(one, ccxt=one.okx_sdk, okx_sdk=one.ccxt)
    return (*one[:4], one[5], one[4])
