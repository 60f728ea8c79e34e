"""Naming who is wrong in a disagreement about the world, from what the evidence contradicts or confirms. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dualwitness.alignment.judge import Draft
from dualwitness.models import Layer, Library, OddOneOut, Outcome

__all__ = ["doubted_symbols", "settled"]

_NOTHING: Mapping[Library, frozenset[str]] = {}


def doubted_symbols(drafts: Iterable[Draft]) -> set[str]:
    """Symbols of whose positions somebody was told something that other evidence contradicts."""
    return {
        draft.symbol
        for draft in drafts
        if draft.operation == "get_positions" and draft.symbol is not None and draft.layer is not Layer.PARSE
    }


def settled(
    drafts: Sequence[Draft], evidence: Iterable[Draft], confirmed: Mapping[Library, frozenset[str]] = _NOTHING
) -> list[Draft]:
    """
    Name the odd one out of a disagreement about the world: the one that the evidence contradicts.

    ``confirmed`` are the currencies of each library whose cash its bills confirm: then the other one is odd.
    """
    by_field: dict[tuple[str, str | None, str], OddOneOut] = {}
    by_answer: dict[tuple[str, str | None], set[OddOneOut]] = {}
    for draft in evidence:
        by_field[draft.operation, draft.symbol, draft.field] = draft.odd_one_out
        by_answer.setdefault((draft.operation, draft.symbol), set()).add(draft.odd_one_out)
    named = []
    for draft in drafts:
        odd = draft.odd_one_out
        if draft.layer is Layer.VENUE and odd is OddOneOut.UNKNOWN:
            odd = by_field.get((draft.operation, draft.symbol, draft.field), odd)
            suspects = by_answer.get((draft.operation, draft.symbol), set())
            if odd is OddOneOut.UNKNOWN and len(suspects) == 1:
                odd = next(iter(suspects))
            if odd is OddOneOut.UNKNOWN and draft.outcome is Outcome.ONE_MISSING:
                odd = OddOneOut.CCXT if draft.ccxt.value is None else OddOneOut.OKX_SDK
            if odd is OddOneOut.UNKNOWN and draft.operation == "get_account_balance" and draft.field == "total":
                odd = _unconfirmed(draft, confirmed)
        named.append(draft if odd is draft.odd_one_out else draft._replace(odd_one_out=odd))
    return named


def _unconfirmed(draft: Draft, confirmed: Mapping[Library, frozenset[str]]) -> OddOneOut:
    """The library whose cash the bills do not confirm, where they confirm the other's."""
    doubtful = [library for library in Library if draft.row_key not in confirmed.get(library, frozenset())]
    return OddOneOut(str(doubtful[0])) if len(doubtful) == 1 else OddOneOut.UNKNOWN
