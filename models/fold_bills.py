"""
Cash from bills: what each currency's bills add up to, and where their chain of balances breaks.

A bill tells the change and the balance after it, so bills prove one another: each begins with the balance that the one
before it left. The first bill tells what was there before the account's known past; nothing, where it is zero. Bills
are no fills: they move cash, never contracts, and never enter a fold of fills.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from dualwitness.models.bill import Bill
from dualwitness.models.enums import BillKind, NullReason
from dualwitness.models.exact import EXACT, is_venue_number, plain

__all__ = ["CurrencyFold", "fold_bills"]

_INTEGER = re.compile(r"[0-9]{1,40}")
_NO_REASONS: Mapping[str, NullReason] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CurrencyFold:
    """
    The bills of one currency, each counted once, by time and bill id.

    ``change`` is their signed sum, ``by_kind`` the same by kind: a bill of no kind is in none of them, and they are
    null where the sum is in doubt. ``opening`` is the balance before the first bill, ``closing`` the one after the
    last. ``breaks`` are the ids of bills (``""`` where there is none) that do not begin with the balance that the one
    before them left. ``count`` leaves copies out; ``duplicates`` are their ids. ``reasons`` say why a value is None.
    ``currency`` is None for bills that name none.
    """

    currency: str | None
    change: Decimal | None
    opening: Decimal | None
    closing: Decimal | None
    breaks: tuple[str, ...]
    by_kind: Mapping[BillKind, Decimal | None]
    count: int
    duplicates: tuple[str, ...] = ()
    reasons: Mapping[str, NullReason] = field(default_factory=lambda: _NO_REASONS)

    @property
    def starts_from_nothing(self) -> bool:
        """Whether the account held nothing of the currency before the first bill, by an unbroken chain."""
        return self.opening == 0 and not self.breaks


def fold_bills(bills: Iterable[Bill]) -> tuple[CurrencyFold, ...]:
    """
    Fold bills, in whatever order and however often they arrive, by currency in alphabetical order.

    Two bills under one id that say different things are a break and make the sums unknown (`conflict`), as does a bill
    without an id, a time, a change or a balance for what follows from it. Bills that name no currency may be of any:
    they stand under None, at the end, and make every currency's ``change`` unknown.
    """
    by_currency: dict[str | None, list[Bill]] = defaultdict(list)
    for bill in bills:
        by_currency[bill.currency].append(bill)
    homeless = by_currency.pop(None, [])
    reason = homeless[0].reasons.get("currency", NullReason.ABSENT) if homeless else None
    found = [_currency(name, each, reason) for name, each in sorted(by_currency.items(), key=lambda one: one[0] or "")]
    return tuple([*found, _currency(None, homeless, reason)] if homeless else found)


def _currency(name: str | None, bills: list[Bill], homeless: NullReason | None) -> CurrencyFold:
    unique, duplicates, conflict = _once(sorted(bills, key=_order))
    change, no_change = _sum(unique)
    doubt = NullReason.CONFLICT if conflict else homeless or _unplaced(unique)
    opening, no_opening = _before(unique[0])
    closing, no_closing = _number(unique[-1], "balance")
    values = {"change": change, "opening": opening, "closing": closing}
    reasons = {"change": doubt or no_change, "opening": doubt or no_opening, "closing": doubt or no_closing}
    known = {key: None if reasons[key] else values[key] for key in values}
    kinds = sorted({bill.kind for bill in unique if bill.kind is not None})
    return CurrencyFold(
        currency=name,
        change=known["change"],
        opening=known["opening"],
        closing=known["closing"],
        breaks=tuple(sorted(conflict)) + _breaks(unique),
        by_kind=MappingProxyType({kind: None if doubt else _sum_of_kind(unique, kind) for kind in kinds}),
        count=len(unique),
        duplicates=tuple(duplicates),
        reasons=MappingProxyType({key: reason for key, reason in reasons.items() if reason is not None}),
    )


def _once(bills: list[Bill]) -> tuple[list[Bill], list[str], set[str]]:
    """Each bill once, the ids of copies, and the ids under which different things are told."""
    seen: dict[str, Bill] = {}
    unique, duplicates, conflict = [], [], set()
    for bill in bills:
        first = seen.setdefault(bill.bill_id, bill) if bill.bill_id else bill
        if first is bill:
            unique.append(bill)
            continue
        duplicates.append(bill.bill_id or "")
        if first != bill:
            conflict.add(bill.bill_id or "")
    return unique, sorted(duplicates), conflict


def _unplaced(bills: list[Bill]) -> NullReason | None:
    """Why the place of a bill in the chain is not known: it lacks its id or its time."""
    for bill in bills:
        for name in ("bill_id", "ts_venue_ms"):
            if not getattr(bill, name):
                return bill.reasons.get(name, NullReason.ABSENT)
    return None


def _sum(bills: list[Bill]) -> tuple[Decimal | None, NullReason | None]:
    total = Decimal(0)
    for bill in bills:
        change, reason = _number(bill, "change")
        if change is None:
            return None, reason
        total = EXACT.add(total, change)
    return plain(total), None


def _sum_of_kind(bills: list[Bill], kind: BillKind) -> Decimal | None:
    return _sum([bill for bill in bills if bill.kind is kind])[0]


def _before(bill: Bill) -> tuple[Decimal | None, NullReason | None]:
    balance, no_balance = _number(bill, "balance")
    change, no_change = _number(bill, "change")
    if balance is None or change is None:
        return None, no_balance or no_change
    return plain(EXACT.subtract(balance, change)), None


def _number(bill: Bill, name: str) -> tuple[Decimal | None, NullReason | None]:
    value, reason = bill.value_or_reason(name)
    if value is not None and not is_venue_number(value):
        return None, NullReason.CONFLICT
    return value, reason


def _breaks(bills: list[Bill]) -> tuple[str, ...]:
    """Where the chain breaks; a bill whose balances are unknown breaks it as well, for nothing is proven there."""
    broken = []
    left: Decimal | None = None
    for place, bill in enumerate(bills):
        before = _before(bill)[0]
        if before is None or (place and before != left):
            broken.append(bill.bill_id or "")
        left = _number(bill, "balance")[0]
    return tuple(broken)


def _order(bill: Bill) -> tuple[int, int, int, str, str]:
    identifier = bill.bill_id or ""
    is_number = _INTEGER.fullmatch(identifier) is not None
    return bill.ts_venue_ms or 0, 0 if is_number else 1, int(identifier) if is_number else 0, identifier, str(bill)
