"""
The venue's quota, shared by whoever trades and the guard that looks on: the guard asks first, the trader never waits.

OKX counts the calls of one user over a sliding window, whichever library made them (okx-v5-facts section 4). The guard
may use its share of each window and no more, and nothing of what the trader has used already.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from types import MappingProxyType

from dualwitness.venues import UsageError

__all__ = ["OKX_LIMITS", "RateBudget", "RateLimit"]

_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many calls within any ``window_ms``; raises `UsageError` for what is no limit."""

    calls: int
    window_ms: int

    def __post_init__(self) -> None:
        if self.calls < 1 or self.window_ms < 1:
            message = f"{self.calls} calls in {self.window_ms} ms is no limit"
            raise UsageError(message, advice="give at least one call in at least one millisecond")


# okx-v5-facts section 4, by the operation that asks the endpoint.
OKX_LIMITS: Mapping[str, RateLimit] = MappingProxyType(
    {
        "get_account_balance": RateLimit(10, 2_000),
        "get_account_config": RateLimit(5, 2_000),
        "get_bills": RateLimit(5, 2_000),
        "get_fills": RateLimit(10, 2_000),
        "get_instruments": RateLimit(20, 2_000),
        "get_open_orders": RateLimit(60, 2_000),
        "get_order_history": RateLimit(40, 2_000),
        "get_positions": RateLimit(10, 2_000),
        "get_server_time": RateLimit(10, 2_000),
        "get_ticker": RateLimit(20, 2_000),
    }
)


class _Window:
    """What was used of one limit, and when; times are monotonic seconds."""

    __slots__ = ("limit", "spent", "taken", "used")

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.used: deque[tuple[float, int, bool]] = deque()
        self.taken = 0
        self.spent = 0

    def add(self, now_s: float, calls: int, *, by_guard: bool) -> None:
        """Count calls that are about to be made."""
        self.used.append((now_s, calls, by_guard))
        self.taken += calls if by_guard else 0
        self.spent += 0 if by_guard else calls

    def forget(self, now_s: float) -> None:
        """Let go of what has left the window."""
        before_s = now_s - self.limit.window_ms / 1000
        while self.used and self.used[0][0] <= before_s:
            _, calls, by_guard = self.used.popleft()
            self.taken -= calls if by_guard else 0
            self.spent -= 0 if by_guard else calls


class RateBudget:
    """
    Counts the calls of the trader and of the guard; safe to share between threads and guards.

    ``share`` is the part of each limit that guards may use together, rounded down, at least one call. Operations
    without a limit are never refused. ``monotonic`` gives seconds. Raises `UsageError` for a share outside 0 to 1.
    """

    def __init__(
        self,
        limits: Mapping[str, RateLimit] = OKX_LIMITS,
        *,
        share: Decimal = _HALF,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 < share <= 1:
            message = f"a share of {share} of the venue's quota was given to the guard"
            raise UsageError(message, advice="give more than 0 and at most 1")
        self._windows = {name: _Window(limit) for name, limit in limits.items()}
        self._share = share
        self._monotonic = monotonic
        self._lock = Lock()

    def take(self, operation: str, calls: int = 1) -> bool:
        """Whether the guard may make these calls now; if so they are counted."""
        window = self._windows.get(operation)
        if window is None:
            return True
        with self._lock:
            now_s = self._monotonic()
            window.forget(now_s)
            allowed = max(int(window.limit.calls * self._share), 1)
            if window.taken + calls > allowed or window.taken + window.spent + calls > window.limit.calls:
                return False
            window.add(now_s, calls, by_guard=True)
            return True

    def spend(self, operation: str, calls: int = 1) -> None:
        """Count calls of the trader, which are never refused: the guard has so much less."""
        window = self._windows.get(operation)
        if window is None:
            return
        with self._lock:
            now_s = self._monotonic()
            window.forget(now_s)
            window.add(now_s, calls, by_guard=False)
