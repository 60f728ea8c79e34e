"""Timers: cancel-all-after, and position ids that expire."""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.forced import cancel_by_force

__all__ = ["POSITION_ID_LIFE_MS", "arm", "expire_position_ids", "fire_timers"]

# A posId expires 30 days after the last full close (okx-v5-facts section 9).
POSITION_ID_LIFE_MS = 30 * 86_400_000
_AFTER_TIME = "20"


def arm(account: Account, timeout_s: int, tag: str = "") -> int:
    """
    Set the time after which the open orders of ``tag`` ("" all of them) are canceled; 0 seconds takes it back.

    Gives the moment in milliseconds, 0 where it was taken back. Setting it again starts it again.
    """
    timers = account.timeline.cancel_all_after
    if not timeout_s:
        timers.pop(tag, None)
        return 0
    due_ms = account.clock.now_ms() + timeout_s * 1000
    timers[tag] = due_ms
    account.timeline.quiet_until_ms = min(account.timeline.quiet_until_ms, due_ms)
    return due_ms


def fire_timers(account: Account, ts_ms: int) -> None:
    """Cancel what cancel-all-after has waited for, with cancelSource 20."""
    timers = account.timeline.cancel_all_after
    for tag in sorted(tag for tag, due_ms in timers.items() if due_ms <= ts_ms):
        del timers[tag]
        orders = [order for order in account.open_orders() if tag in ("", order.request.tag)]
        cancel_by_force(account, orders, _AFTER_TIME, ts_ms)


def expire_position_ids(account: Account, ts_ms: int) -> None:
    """Forget positions that were closed 30 days ago: the next one on the same instrument has a new posId."""
    gone = [key for key, leg in account.legs.items() if not leg.contracts and _expired(leg.updated_ms, ts_ms)]
    for key in gone:
        del account.legs[key]
        account.version += 1


def _expired(closed_ms: int, ts_ms: int) -> bool:
    return ts_ms - closed_ms > POSITION_ID_LIFE_MS
