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
from typing import Any, NamedTuple

from dualwitness.alignment.rules import Comparator, FieldRule, OperationRules
from dualwitness.models import BookLevel, Fact, MarketType, NullReason, Outcome
from dualwitness.models.finding import Claim
from dualwitness.models.observation import Observation

__all__ = ["DIFFERENT", "Comparison", "Entry", "FieldComparison", "claim_of", "compare", "plain", "swapped", "told"]

_NO_TICKS: Mapping[str, Decimal] = {}
DIFFERENT = (Outcome.MISMATCH, Outcome.ONE_MISSING)
_NAMELESS = "row without id"


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


class Entry(NamedTuple):
    """
    One compared field as it came: what a `FieldComparison` tells, before anybody asked for its claims.

    A plain tuple, because there are thousands of them in an audit and most of them match.
    """

    row_key: str | None
    symbol: str | None
    market_type: MarketType | None
    rule: FieldRule
    ccxt: Any
    ccxt_reason: NullReason | None
    okx_sdk: Any
    okx_sdk_reason: NullReason | None
    outcome: Outcome


# A field that simply matches: row key, symbol, market type, rule, both values; lighter still, as few are looked at.
Match = tuple[str, str | None, MarketType | None, FieldRule, Any, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All fields of one operation: those that match, and the others, each in the order of keys and rules."""

    operation: str
    symbol: str | None
    matches: tuple[Match, ...]
    unmatched: tuple[Entry, ...]

    @property
    def fields(self) -> tuple[FieldComparison, ...]:
        """Every field with both claims, those that do not match first."""
        return tuple(told(self.operation, entry) for entry in (*self.unmatched, *map(_entry, self.matches)))

    def count(self, outcome: Outcome) -> int:
        """How many fields came out so."""
        silent = len(self.matches) if outcome is Outcome.MATCH else 0
        return silent + sum(entry.outcome is outcome for entry in self.unmatched)

    def differing(self) -> dict[tuple[str | None, str], Entry]:
        """Everything that differs, by row key and field."""
        return {(entry.row_key, entry.rule.field): entry for entry in self.unmatched if entry.outcome in DIFFERENT}


def _entry(match: Match) -> Entry:
    key, symbol, market_type, rule, value_a, value_b = match
    return Entry(key, symbol, market_type, rule, value_a, None, value_b, None, Outcome.MATCH)


def told(operation: str, entry: Entry) -> FieldComparison:
    """One compared field with both claims."""
    return FieldComparison(
        operation=operation,
        symbol=entry.symbol,
        market_type=entry.market_type,
        row_key=entry.row_key,
        field=entry.rule.field,
        ccxt=claim_of(entry.ccxt, entry.ccxt_reason),
        okx_sdk=claim_of(entry.okx_sdk, entry.okx_sdk_reason),
        outcome=entry.outcome,
        rule=entry.rule,
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
        return Comparison(rules.operation, ccxt.symbol, (), (_without_rows(ccxt, okx_sdk, rules),))
    (left, lone_a), (right, lone_b) = _by_key(ccxt.rows, rules), _by_key(okx_sdk.rows, rules)
    third = None if again is None or again.rows is None else _by_key(again.rows, rules)[0]
    matches: list[Match] = []
    found: list[Entry] = []
    for key in sorted(left.keys() | right.keys()):
        side_a, side_b = left.get(key), right.get(key)
        if side_a is None or side_b is None:
            found.append(_row_on_one_side(key, side_a, side_b, ccxt.symbol, rules))
            continue
        if len(side_a) != len(side_b):
            found.append(_row_count(key, side_a, side_b, ccxt.symbol, rules))
        reread = None if third is None else (third.get(key) or (None,))[0]
        bracket = None if again is None or reread is None else (again.library == ccxt.library, reread)
        for row_a, row_b in zip(side_a, side_b, strict=False):
            found.extend(_fields(key, row_a, row_b, ccxt.symbol, rules, bracket, ticks, matches))
    # A row without the venue's id can be joined with nothing: it stands alone and proves nothing.
    lone = [*(_row_on_one_side(_NAMELESS, [row], None, ccxt.symbol, rules) for row in lone_a)]
    lone += (_row_on_one_side(_NAMELESS, None, [row], ccxt.symbol, rules) for row in lone_b)
    found.extend(one._replace(outcome=Outcome.NOT_COMPARABLE) for one in lone)
    return Comparison(rules.operation, ccxt.symbol, tuple(matches), tuple(found))


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


def _by_key(rows: tuple[Fact, ...], rules: OperationRules) -> tuple[dict[str, list[Fact]], list[Fact]]:
    """Rows by key, and the rows that have none; copies of one key in an order that does not depend on arrival."""
    table: dict[str, list[Fact]] = {}
    nameless: list[Fact] = []
    for row in rows:
        key = rules.key(row)
        (nameless if key is None else table.setdefault(key, [])).append(row)
    for copies in (nameless, *table.values()):
        if len(copies) > 1:
            copies.sort(key=Fact.model_dump_json)
    return table, nameless


def _without_rows(ccxt: Observation, okx_sdk: Observation, rules: OperationRules) -> Entry:
    outcome = Outcome.BOTH_ERROR if ccxt.error and okx_sdk.error else Outcome.ONE_MISSING
    side_a, side_b = _whole_answer(ccxt, rules), _whole_answer(okx_sdk, rules)
    return Entry(None, ccxt.symbol, None, rules.lead, *side_a, *side_b, outcome)


def _whole_answer(observation: Observation, rules: OperationRules) -> tuple[Any, NullReason | None]:
    if observation.error is not None:
        return None, observation.error.reason
    rows = observation.rows or ()
    return rows[0].value_or_reason(rules.lead.field) if len(rows) == 1 else (f"{len(rows)} rows", None)


def _row_on_one_side(
    key: str, side_a: list[Fact] | None, side_b: list[Fact] | None, symbol: str | None, rules: OperationRules
) -> Entry:
    present = (side_a or side_b or [])[0]
    value, reason = present.value_or_reason(rules.lead.field)
    rule = rules.lead if rules.row is None else rules.row
    place, market_type, absent = _symbol(present, symbol), _market_type(present), NullReason.ABSENT
    if side_a:
        return Entry(key, place, market_type, rule, value, reason, None, absent, Outcome.ONE_MISSING)
    return Entry(key, place, market_type, rule, None, absent, value, reason, Outcome.ONE_MISSING)


def _row_count(key: str, side_a: list[Fact], side_b: list[Fact], symbol: str | None, rules: OperationRules) -> Entry:
    rule = rules.lead if rules.row is None else rules.row
    sides = f"{len(side_a)} rows", None, f"{len(side_b)} rows", None
    return Entry(key, _symbol(side_a[0], symbol), _market_type(side_a[0]), rule, *sides, Outcome.MISMATCH)


def _fields(
    key: str,
    row_a: Fact,
    row_b: Fact,
    symbol: str | None,
    rules: OperationRules,
    bracket: tuple[bool, Fact] | None,
    ticks: Mapping[str, Decimal],
    matches: list[Match],
) -> list[Entry]:
    """The fields of one row that do not match; those that do are added to ``matches``."""
    found: list[Entry] = []
    place = _symbol(row_b, symbol)
    market_type = _market_type(row_b) or _market_type(row_a)
    tick = ticks.get(place or "", Decimal(0))
    values_a, values_b = vars(row_a), vars(row_b)
    reasons_a, reasons_b = row_a.reasons, row_b.reasons
    for rule in rules.fields:
        name = rule.field
        value_a, value_b = values_a[name], values_b[name]
        if value_a is not None and value_a == value_b:
            matches.append((key, place, market_type, rule, value_a, value_b))
            continue
        reason_a, reason_b = reasons_a.get(name), reasons_b.get(name)
        if value_a is None and value_b is None and reason_a is None and reason_b is None:
            continue  # there is nothing to know: the strike of a swap
        # One side has a value, so there is something to know, and the other's silence needs its reason.
        reason_a = reason_a or (NullReason.ABSENT if value_a is None else None)
        reason_b = reason_b or (NullReason.ABSENT if value_b is None else None)
        outcome = _outcome(value_a, value_b, rule, tick)
        if outcome is Outcome.MATCH:
            matches.append((key, place, market_type, rule, value_a, value_b))
            continue
        if outcome is Outcome.MISMATCH and bracket is not None and rule.comparator is Comparator.BRACKET:
            first_is_ccxt, reread = bracket
            first, other = (value_a, value_b) if first_is_ccxt else (value_b, value_a)
            outcome = _bracketed(first, other, reread.value_or_reason(name)[0])
            if outcome is Outcome.MATCH:
                matches.append((key, place, market_type, rule, value_a, value_b))
                continue
        found.append(Entry(key, place, market_type, rule, value_a, reason_a, value_b, reason_b, outcome))
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
    matches = tuple((*match[:4], match[5], match[4]) for match in comparison.matches)
    turned = (
        one._replace(ccxt=one.okx_sdk, ccxt_reason=one.okx_sdk_reason, okx_sdk=one.ccxt, okx_sdk_reason=one.ccxt_reason)
        for one in comparison.unmatched
    )
    return replace(comparison, matches=matches, unmatched=tuple(turned))
