"""
Evidence: does what one library was told hold together. Pure.

Two libraries over one endpoint repeat the same lie. So every library's world is also held against itself: a ticker
against the clock and the book, fees against the account's rates, orders against their fills. A contradiction is a
draft of kind ``evidence_conflict``; when both libraries show it, the venue stands alone (`judge.merge_sides`).
Sums over several answers (positions against fills, balances against bills) are in `conservation.py`.
"""

from __future__ import annotations

from dualwitness.alignment.evidence_account import ACCOUNT_CHECKS, expected_fee
from dualwitness.alignment.evidence_executions import EXECUTION_CHECKS
from dualwitness.alignment.evidence_instruments import INSTRUMENT_CHECKS
from dualwitness.alignment.evidence_market import MARKET_CHECKS
from dualwitness.alignment.evidence_orders import ORDER_CHECKS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import World

__all__ = ["CHECKS", "World", "conflicts", "expected_fee"]

CHECKS = (*MARKET_CHECKS, *INSTRUMENT_CHECKS, *ACCOUNT_CHECKS, *ORDER_CHECKS, *EXECUTION_CHECKS)


def conflicts(world: World) -> list[Draft]:
    """All contradictions inside one library's world, in the order of the checks."""
    return [draft for check in CHECKS for draft in check(world)]
