"""The closed words of the risk engine: what may be sent, in which world, what was sent, and what became of it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FINISHED", "MessageKind", "OrderFateState", "TradingMode", "TradingState"]


class TradingState(StrEnum):
    """What may be sent: everything within the limits, reducing orders alone, or nothing. Cancels always pass."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class TradingMode(StrEnum):
    """Which account an order would reach."""

    DEMO = "demo"
    LIVE = "live"


class MessageKind(StrEnum):
    """What is told to a venue about an order."""

    NEW = "new"
    AMEND = "amend"
    CANCEL = "cancel"


class OrderFateState(StrEnum):
    """What became of an accepted order; whatever is not finished goes on counting toward the limits."""

    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"
    LIVE = "live"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    ABSENT = "absent"
    UNKNOWN = "unknown"


# Nothing of these can be filled any more.
FINISHED = frozenset(
    {OrderFateState.FILLED, OrderFateState.CANCELLED, OrderFateState.REFUSED, OrderFateState.ABSENT},
)
