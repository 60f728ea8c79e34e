"""
Identifiers: unique, increasing, and a function of seed, start and count alone.

The start time is inside every id, so a venue restarted later does not hand out an id again.
"""

from __future__ import annotations

from hashlib import sha256

__all__ = ["IdSource"]

# A million ids fit between two milliseconds of start time; 19 digits, below 2**63 until the year 2262.
_PER_MS = 1_000_000
_SEED_SPREAD = 500_000
# tradeId is unique per instrument only (okx-v5-facts section 8): every instrument counts from the same number, ten to
# the millisecond since 2020, far above the public prints, which are counted by the second.
_TRADES_SINCE_MS = 1_577_836_800_000
_TRADES_PER_MS = 10


class IdSource:
    """Hands out order, bill and position ids from one increasing sequence, and trade ids per instrument."""

    def __init__(self, seed: int, start_ms: int) -> None:
        offset = int.from_bytes(sha256(str(seed).encode()).digest()[:8], "big") % _SEED_SPREAD
        self._next = start_ms * _PER_MS + offset
        self._first_trade = max(start_ms - _TRADES_SINCE_MS, 0) * _TRADES_PER_MS + 1
        self._trades: dict[str, int] = {}

    def unique(self) -> str:
        """Next id of the shared sequence: 19 digits for any clock of this century."""
        self._next += 1
        return str(self._next)

    def trade(self, inst_id: str) -> str:
        """Next trade id of one instrument."""
        number = self._trades.get(inst_id, self._first_trade)
        self._trades[inst_id] = number + 1
        return str(number)
