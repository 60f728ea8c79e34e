"""
Alignment: asks two libraries the same questions side by side, and decides what can be believed.

Start at `compare` in ``alignment/compare.py``. ``audit.py`` is one whole run; ``python -m alignment.run`` its command.
"""

from __future__ import annotations

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
    "audit",
    "compare",
    "settings_from",
]
