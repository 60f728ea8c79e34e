"""
Conservation: what must add up across the answers of one library, whoever is asked. Pure.

    sum of fills, of filled orders and of bills = position      bill by bill: before + change = after
    newest bill's balance = cash                                equity = cash + unrealised profit
    profit = (mark - entry) x contracts x size                  leverage and margin mode = what was set and ordered

Each law is a draft of kind ``evidence_conflict`` at the answer that the rest of the evidence speaks against. What one
library alone can check, because the other drops the words for it, is blamed on the venue all the same where both were
told the same value (`shared_blame.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from dualwitness.alignment.conservation_balances import balance_conflicts
from dualwitness.alignment.conservation_bills import bill_conflicts
from dualwitness.alignment.conservation_positions import position_conflicts
from dualwitness.alignment.conservation_valuation import valuation_conflicts
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.witness import Testimony
from dualwitness.alignment.world import World

__all__ = ["conservation"]


def conservation(worlds: Iterable[World], testimonies: Iterable[Testimony]) -> list[Draft]:
    """Every contradiction between the answers of each library, in the order of the laws."""
    witnesses = tuple(testimonies)
    drafts: list[Draft] = []
    for world in worlds:
        sizes = position_conflicts(world, witnesses)
        values = valuation_conflicts(world, sizes)
        drafts += [*sizes, *values, *bill_conflicts(world), *balance_conflicts(world, [*sizes, *values])]
    return drafts
