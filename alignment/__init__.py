"""
Alignment: asks two libraries the same questions side by side, and decides what can be believed.

Start at `compare` in ``alignment/compare.py``. ``audit.py`` is one whole run; ``python -m alignment.run`` its command.
`Guard` is the same inside a trading loop.
"""

from __future__ import annotations

import importlib

from dualwitness.alignment.audit import AuditResult, audit
from dualwitness.alignment.compare import Comparison, FieldComparison, compare
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.settings import AuditSettings, settings_from

__all__ = [
    "RULES",
    "AuditResult",
    "AuditSettings",
    "Comparison",
    "FieldComparison",
    "Guard",
    "Permission",
    "Policy",
    "PolicyAction",
    "PositionsBlocked",
    "RateBudget",
    "audit",
    "compare",
    "settings_from",
]

# The guard is loaded by who trades under one.
_MODULES = {
    "Guard": "guard",
    "Permission": "guarding.permission",
    "Policy": "guarding.policy",
    "PolicyAction": "guarding.policy",
    "PositionsBlocked": "guarding.policy",
    "RateBudget": "guarding.rate_budget",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(importlib.import_module(f"dualwitness.alignment.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
