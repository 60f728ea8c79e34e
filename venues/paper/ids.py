"""Ids of simulated orders, fills and positions: each says that it is simulated, and none is given twice."""

from __future__ import annotations

__all__ = ["SIMULATED", "SimulatedIds"]

# How every id of the paper venue begins, and the label of its lines in the journal.
SIMULATED = "simulated"


class SimulatedIds:
    """
    One increasing sequence, which sorts by its text.

    The moment at which the venue was opened is part of it, so that a later one in the same journal has other ids.
    """

    def __init__(self, opened_ms: int) -> None:
        self._opened_ms = opened_ms
        self._count = 0

    def next(self) -> str:
        """The next id, such as ``simulated-1795000000123-000000001``."""
        self._count += 1
        return f"{SIMULATED}-{self._opened_ms:013d}-{self._count:09d}"
