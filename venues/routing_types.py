"""
What the router is handed from above: a comparison that it calls and does not know.

Imports go downwards only, and the comparison of two order requests lives above the router; so the router describes here
what it needs of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from dualwitness.models import ValidatedOrder

__all__ = ["PreflightCheck", "PreflightVerdict"]


@runtime_checkable
class PreflightVerdict(Protocol):
    """What comparing both libraries' requests for one order came to."""

    @property
    def ok(self) -> bool:
        """Whether the order may be sent: the requests agree, or every disagreement that matters is accepted."""
        ...

    @property
    def disagreements(self) -> Sequence[object]:
        """Every field in which the requests differ, accepted or not; each says in its text what differs."""
        ...

    @property
    def accepted_by(self) -> Sequence[str]:
        """The entries of the difference log that accept disagreements of this order."""
        ...


# The router calls it before an order is sent, and sends nothing unless it says ok.
PreflightCheck = Callable[[ValidatedOrder], PreflightVerdict]
