"""
``expTime``: the moment after which an order that is still on its way is not wanted any more.

A header over REST, a field of the message over WebSocket, for placing and amending, single and batch; elsewhere it is
ignored (okx-v5-facts section 2).
"""

from __future__ import annotations

from typing import Final

from dualwitness.venues.sim.kinds import Refusal

__all__ = ["check_expiry"]

_TRADE: Final = "/api/v5/trade/"
_EXPIRING: Final = frozenset(
    f"{_TRADE}{path}" for path in ("amend-batch-orders", "amend-order", "batch-orders", "order")
)
_MOST_DIGITS = 16


def check_expiry(path: str, exp_time: str, now_ms: int) -> None:
    """Let the request pass, or raise `Refusal` 50036 (past) or 51000 (no moment at all), each for every order."""
    if not exp_time or path not in _EXPIRING:
        return
    if not exp_time.isascii() or not exp_time.isdigit() or len(exp_time) > _MOST_DIGITS:
        raise Refusal("51000", "Parameter expTime error", per_row=True)
    if int(exp_time) < now_ms:
        message = "The expTime can't be earlier than the current system time. Please adjust the expTime and try again."
        raise Refusal("50036", message, per_row=True)
