"""A check as data: its name, its function, what it says in the README, and the reasons that it can give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dualwitness.models import CheckResult
from dualwitness.risk.case import Case
from dualwitness.risk.reasons import ReasonCode

__all__ = ["UNKNOWN", "Rule", "failed", "held", "passed"]

# What is recorded as input where there was none.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One check.

    ``check`` is pure and total: it gives a result for every case. ``reasons`` are all that it can refuse with,
    ``limit_from`` names where its limit stands, ``spares_reducing`` says that orders which reduce pass it.
    """

    name: str
    check: Callable[[Case], CheckResult]
    reasons: tuple[ReasonCode, ...]
    what: str
    limit_from: str
    spares_reducing: bool = False


_validated = CheckResult.model_validate


# Records a check that the order passed, with numbers that hardly ever come twice and are spelled when they are read.
held = CheckResult.held


@lru_cache(maxsize=2048)
def passed(rule: str, value: str, limit: str) -> CheckResult:
    """Record a check that the order passed; most checks say the same of most orders, and a record is frozen."""
    return _validated({"rule": rule, "value": value, "limit": limit, "passed": True})


def failed(rule: str, value: str, limit: str, reason: ReasonCode) -> CheckResult:
    """Record a check that the order failed, with the code of the reason."""
    return _validated({"rule": rule, "value": value, "limit": limit, "passed": False, "reason": reason})
