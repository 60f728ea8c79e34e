"""
Whose falsehood it is when one library alone can tell that it is one. Pure.

CCXT drops words (the cash of a currency, what a bill was for, the side of a position an order belongs to), so some laws
can be checked through python-okx alone. That alone does not make python-okx the odd one out: where the other library
was told the same, the venue is. A law that the other library could check, and that holds there, stays with the one
for which it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dualwitness.alignment.conservation_balances import cash_of
from dualwitness.alignment.conservation_positions import ADD_UP_RULES
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.witness import Testimony
from dualwitness.alignment.world import World
from dualwitness.models import Balance, Fact, Library, NullReason, OddOneOut
from dualwitness.models.finding import Claim

__all__ = ["shared_blame"]

# Ids of the venue are longer; a shorter number may stand anywhere.
_LONG_ENOUGH = 10
# What two tellings of one row must have in common to be the same falsehood.
_ESSENCE = ("side", "contracts", "filled_contracts", "change", "balance", "currency")


def shared_blame(drafts: Iterable[Draft], worlds: Iterable[World], witnesses: Iterable[Testimony]) -> list[Draft]:
    """Blame the venue for a falsehood that both libraries were told, though only one could tell that it is one."""
    by_library = {world.library: world for world in worlds}
    testimonies = tuple(witnesses)
    return [_shared(draft, by_library, testimonies) for draft in drafts]


def _shared(draft: Draft, worlds: dict[Library, World], witnesses: tuple[Testimony, ...]) -> Draft:
    alone = next((library for library in Library if draft.odd_one_out == str(library)), None)
    if alone is None or len(worlds) < len(Library):
        return draft
    other = worlds[next(library for library in Library if library is not alone)]
    if other.reason_of_any(draft.operation) is not None or not _is_silent(other, draft, witnesses):
        return draft
    claim = draft.ccxt if alone is Library.CCXT else draft.okx_sdk
    words = _shared_words(draft.operation, (worlds[alone], other))
    if _told(worlds[alone], draft, words) != _told(other, draft, words) and not _in_bytes(other, draft, claim):
        return draft
    reference = other.sample_of(draft.operation, draft.symbol, draft.row_key)
    if alone is Library.CCXT:
        return draft._replace(odd_one_out=OddOneOut.VENUE, okx_sdk=claim, okx_ref=draft.okx_ref or reference)
    return draft._replace(odd_one_out=OddOneOut.VENUE, ccxt=claim, ccxt_ref=draft.ccxt_ref or reference)


def _is_silent(other: World, draft: Draft, witnesses: tuple[Testimony, ...]) -> bool:
    """Whether the other library has no word with which it could have checked the law."""
    kind = ADD_UP_RULES.get(draft.rule)
    if kind is not None:
        own = [one for one in witnesses if one.library is other.library and one.kind is kind]
        legs = {leg for one in witnesses for leg in one.contracts if leg.symbol == draft.symbol}
        return all(one.says(leg) is None for one in own for leg in legs)
    if draft.rule == "cash-is-where-the-bills-left-it" and draft.operation == "get_account_balance":
        rows = [row for _, row in other.all_rows("get_account_balance") if row.currency == draft.row_key]
        return bool(rows) and all(cash_of(other, row) is None for row in rows)
    words = _WORDS.get(draft.rule)
    if words is None:
        return False
    operation, field = words
    return all(getattr(row, field, None) is None for _, row in other.all_rows(operation))


# The words without which a law cannot be checked, by its name.
_WORDS = {
    "equity-is-cash-and-unrealised-profit": ("get_account_balance", "equity"),
    "a-fill-names-its-bill": ("get_fills", "bill_id"),
    "an-execution-is-booked": ("get_bills", "contracts"),
    "an-open-position-is-worth-something": ("get_positions", "margin_currency"),
}


def _shared_words(operation: str, worlds: Iterable[World]) -> tuple[str, ...]:
    """Of `_ESSENCE`, what each of the worlds has a word for: a word that a library drops makes no two tellings."""
    told = [[row for _, row in world.all_rows(operation)] for world in worlds]
    return tuple(
        name for name in _ESSENCE if all(any(getattr(row, name, None) is not None for row in rows) for rows in told)
    )


def _told(world: World, draft: Draft, words: tuple[str, ...]) -> Counter[object]:
    """What a library was told where the draft says it is false: in that row, or in all rows of that symbol."""
    key = RULES[draft.operation].key
    rows = [row for _, row in world.all_rows(draft.operation)]
    exact = [row for row in rows if draft.row_key and key(row) == draft.row_key]
    if exact:
        return Counter(_word(world, row, draft.field) for row in exact)
    alike = [row for row in rows if draft.symbol is None or getattr(row, "symbol", None) == draft.symbol]
    return Counter((key(row), *(getattr(row, name, None) for name in words)) for row in alike)


def _word(world: World, row: Fact, field: str) -> object:
    if isinstance(row, Balance) and field in ("total", "equity"):
        # ccxt calls the equity total (difference balance-total-is-equity-not-cash)
        return row.equity if world.library is Library.OKX_SDK else row.total
    return getattr(row, field, None)


def _in_bytes(world: World, draft: Draft, claim: Claim) -> bool:
    """
    Whether a library that has no word for a value was sent it all the same: the venue's bytes have it.

    Only what cannot be there by chance counts: an id, or a blank under its own name.
    """
    if claim.reason is NullReason.BLANK:
        rule = next((rule for rule in RULES[draft.operation].fields if rule.field == draft.field), None)
        needle = "" if rule is None else f'"{rule.reference}":""'
    elif claim.value is not None and draft.field.endswith("_id"):
        needle = claim.value if len(claim.value) >= _LONG_ENOUGH else ""
    else:
        needle = ""
    return bool(needle) and any(needle.encode() in body for body in world.bodies(draft.operation))
