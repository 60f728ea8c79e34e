"""Where an account stands in venue time, and what waits for its moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from dualwitness.venues.sim.engine.running_sums import RunningSums

__all__ = ["Timeline"]


@dataclass(slots=True)
class Timeline:
    """
    What `advance` keeps between two looks; times in milliseconds.

    ``looked_ms`` is the last moment that was looked at; nothing can happen before ``quiet_until_ms``.
    ``cancel_all_after`` holds by order tag ("" for every order) when they are canceled; ``insurance`` by currency what
    the insurance fund won (positive) or paid for this account; ``sums`` what `truth` tells of fills and bills.
    """

    looked_ms: int
    quiet_until_ms: int = 0
    cancel_all_after: dict[str, int] = field(default_factory=dict)
    insurance: dict[str, Decimal] = field(default_factory=dict)
    sums: RunningSums = field(default_factory=RunningSums)
