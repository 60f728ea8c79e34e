"""
How often OKX lets somebody ask: sliding windows by endpoint and key (okx-v5-facts section 4).

Refusals are 50011 (HTTP 429) and, for too many new and amended orders of one account, 50061 (HTTP 200). A refused call
uses up nothing. REST and WebSocket share the windows: both ask for the same method and path. Time is that of the clock
passed in, a monotonic one, because venue time may stand still.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = ["LIMITS", "Key", "Limit", "RateLimiter"]

Orders = Params | Sequence[Params]


class Key(StrEnum):
    """Whose calls are counted together; in this venue there is one user, who has one address."""

    USER = "user"
    USER_INSTRUMENT = "user+instrument"
    USER_TYPE = "user+instType"
    USER_TAG = "user+tag"
    ADDRESS = "ip"
    ADDRESS_TYPE = "ip+instType"
    ADDRESS_INSTRUMENT = "ip+instId"


class Limit(NamedTuple):
    """So many calls, or orders where ``per_order``, within ``window_ms``; ``bucket`` names the window's owner."""

    key: Key
    calls: int
    window_ms: int = 2_000
    per_order: bool = False


# A new order or an amendment counts against the account's own cap, whichever way it came.
_CAPPED = frozenset({"order", "batch-orders", "amend-order", "amend-batch-orders"})
_CAP: Final = 1_000
_CAP_WINDOW_MS: Final = 2_000
_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
# Junk in a parameter must not fill the memory: beyond this many windows, those that have run out are forgotten.
_MOST_WINDOWS: Final = 4_096
# A batch of one is counted as the single call (okx-v5-facts section 4).
_SINGLE_OF: Final[Mapping[str, str]] = {
    "batch-orders": "order",
    "cancel-batch-orders": "cancel-order",
    "amend-batch-orders": "amend-order",
}


def _table(key: Key, calls: int, window_ms: int, *names: str) -> dict[tuple[str, str], Limit]:
    return {(method, f"/api/v5/{path}"): Limit(key, calls, window_ms) for method, path in map(_split, names)}


def _split(name: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    return method, path


def _orders(calls: int, *paths: str, per_order: bool = False) -> dict[tuple[str, str], Limit]:
    return {("POST", f"/api/v5/trade/{path}"): Limit(Key.USER_INSTRUMENT, calls, per_order=per_order) for path in paths}


LIMITS: Final[Mapping[tuple[str, str], Limit]] = {
    **_orders(60, "order", "cancel-order", "amend-order"),
    **_table(Key.USER_INSTRUMENT, 60, 2_000, "GET trade/order"),
    **_orders(300, "batch-orders", "cancel-batch-orders", "amend-batch-orders", per_order=True),
    **_orders(20, "close-position", "order-algo", "amend-algos"),
    **_orders(20, "cancel-algos", per_order=True),
    **_table(Key.USER, 60, 2_000, "GET trade/orders-pending", "GET trade/fills"),
    **_table(Key.USER, 40, 2_000, "GET trade/orders-history"),
    **_table(Key.USER, 20, 2_000, "GET trade/orders-history-archive", "GET account/leverage-info",
             "POST account/set-leverage", "GET account/max-size", "GET account/max-avail-size",
             "GET account/max-loan", "POST account/position/margin-balance"),
    **_table(Key.USER, 10, 2_000, "GET trade/fills-history", "GET account/balance", "GET account/positions",
             "GET account/positions-history", "GET account/account-position-risk", "GET account/risk-state"),
    **_table(Key.USER, 5, 2_000, "GET account/config", "POST account/set-position-mode", "GET account/trade-fee",
             "POST account/set-account-level", "POST account/set-fee-type", "POST account/set-isolated-mode",
             "POST trade/order-precheck", "GET account/bills-archive", "POST trade/mass-cancel"),
    **_table(Key.USER, 5, 1_000, "GET account/bills"),
    **_table(Key.USER, 1, 1_000, "GET trade/account-rate-limit"),
    **_table(Key.USER_TYPE, 20, 2_000, "GET account/instruments"),
    **_table(Key.USER_TAG, 1, 1_000, "POST trade/cancel-all-after"),
    **_table(Key.ADDRESS, 100, 2_000, "GET market/trades"),
    **_table(Key.ADDRESS, 40, 2_000, "GET market/books", "GET market/candles"),
    **_table(Key.ADDRESS, 20, 2_000, "GET market/ticker", "GET market/tickers", "GET market/history-candles",
             "GET market/history-trades", "GET market/index-tickers", "GET public/price-limit"),
    **_table(Key.ADDRESS, 10, 2_000, "GET market/books-full", "GET public/time", "GET public/position-tiers",
             "GET public/convert-contract-coin"),
    **_table(Key.ADDRESS_TYPE, 20, 2_000, "GET public/instruments"),
    **_table(Key.ADDRESS_INSTRUMENT, 10, 2_000, "GET public/funding-rate", "GET public/funding-rate-history",
             "GET public/mark-price"),
    **_table(Key.ADDRESS_INSTRUMENT, 20, 2_000, "GET public/open-interest"),
    **_table(Key.ADDRESS, 1, 5_000, "GET system/status"),
}  # fmt: skip


class RateLimiter:
    """
    Sliding windows over one clock; not thread-safe by itself, the venue's lock is its lock.

    ``clock_ms`` gives milliseconds that only grow. ``limits`` and ``cap`` are OKX's unless others are given.
    ``inst_ids`` names an instrument by its instIdCode, so that an order over WebSocket is counted with those over REST.
    """

    def __init__(
        self,
        clock_ms: Callable[[], int],
        *,
        limits: Mapping[tuple[str, str], Limit] = LIMITS,
        cap: int = _CAP,
        inst_ids: Mapping[str, str] = _NO_NAMES,
    ) -> None:
        self._clock_ms = clock_ms
        self._limits = limits
        self._cap = cap
        self._inst_ids = inst_ids
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._orders = _Window(_CAP_WINDOW_MS)

    def check(self, method: str, path: str, asked: Orders) -> Refusal | None:
        """
        Count one call; gives the refusal where it is one too many, None where it may pass.

        ``asked`` are the query's parameters, or the order or orders of a POST.
        """
        orders = [asked] if isinstance(asked, Mapping) else list(asked)
        if len(orders) == 1 and path.rpartition("/")[2] in _SINGLE_OF:
            path = path.rpartition("/")[0] + "/" + _SINGLE_OF[path.rpartition("/")[2]]
        limit = self._limits.get((method, path))
        now_ms = self._clock_ms()
        capped = len(orders) if method == "POST" and path.removeprefix("/api/v5/trade/") in _CAPPED else 0
        if capped and not self._orders.has_room(now_ms, capped, self._cap):
            return Refusal("50061", "The order rate limit of the sub-account is reached.", with_data=True)
        if limit is None:
            self._orders.add(now_ms, capped)
            return None
        counts = self._counts(limit, orders)
        windows = [(self._window(method, path, key, limit), count) for key, count in counts.items()]
        if any(not window.has_room(now_ms, count, limit.calls) for window, count in windows):
            return Refusal("50011", "Too Many Requests", http_status=429, with_data=False)
        for window, count in windows:
            window.add(now_ms, count)
        self._orders.add(now_ms, capped)
        return None

    def _counts(self, limit: Limit, orders: Sequence[Params]) -> dict[str, int]:
        """How much is used up in each key's window: a batch may name several instruments."""
        counts: dict[str, int] = {}
        for order in orders:
            code = order.get("instIdCode", "")
            key = _key_of(limit.key, order, order.get("instId", "") or self._inst_ids.get(code, code))
            counts[key] = counts.get(key, 0) + 1
        return counts if limit.per_order else dict.fromkeys(counts, 1)

    def _window(self, method: str, path: str, key: str, limit: Limit) -> _Window:
        name = (method, path, key)
        window = self._windows.get(name)
        if window is None:
            if len(self._windows) >= _MOST_WINDOWS:
                self._forget_old_windows()
            window = self._windows[name] = _Window(limit.window_ms)
        return window

    def _forget_old_windows(self) -> None:
        now_ms = self._clock_ms()
        self._windows = {name: window for name, window in self._windows.items() if not window.is_empty(now_ms)}


def _key_of(key: Key, params: Params, inst_id: str) -> str:
    if key is Key.USER_INSTRUMENT:
        # An option is counted with its family: BTC-USD-260327-60000-C is BTC-USD.
        parts = inst_id.split("-")
        return "-".join(parts[:2]) if len(parts) == 5 and parts[-1] in ("C", "P") else inst_id
    if key is Key.ADDRESS_INSTRUMENT:
        return inst_id
    if key in (Key.USER_TYPE, Key.ADDRESS_TYPE):
        return params.get("instType", "")
    return params.get("tag", "") if key is Key.USER_TAG else ""


class _Window:
    """What was used within the last so many milliseconds."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._used: deque[tuple[int, int]] = deque()
        self._sum = 0

    def has_room(self, now_ms: int, count: int, limit: int) -> bool:
        """Whether ``count`` more stay within ``limit``."""
        self._slide(now_ms)
        return self._sum + count <= limit

    def is_empty(self, now_ms: int) -> bool:
        """Whether nothing is left in it."""
        self._slide(now_ms)
        return not self._used

    def _slide(self, now_ms: int) -> None:
        while self._used and self._used[0][0] <= now_ms - self._window_ms:
            self._sum -= self._used.popleft()[1]

    def add(self, now_ms: int, count: int) -> None:
        """Use up ``count`` of it now."""
        if count:
            self._used.append((now_ms, count))
            self._sum += count
