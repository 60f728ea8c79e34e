"""
What happened, in order, for whoever pushes it: the private WebSocket channels.

The engine publishes each change once, after it took effect; a feed that nobody listens to keeps nothing.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.order import Order

__all__ = ["AlgoChanged", "CashChanged", "Event", "Feed", "LegChanged", "OrderChanged"]


class OrderChanged(NamedTuple):
    """
    An order as it is now; ``fill`` where a fill changed it.

    ``amend_result`` is OKX's amendResult ("" no amend, "0" succeeded, "-1" failed); ``request_id`` the amend's reqId.
    """

    order: Order
    fill: Fill | None = None
    amend_result: str = ""
    request_id: str = ""


class LegChanged(NamedTuple):
    """
    A position as it is now, also one that was just closed.

    ``reason`` is an eventType of the channel balance_and_position: filled, funding_fee, liquidation, adl, delivered,
    exercised, transferred, set_leverage, interest_deduction.
    """

    leg: Leg
    reason: str
    fill: Fill | None = None


class CashChanged(NamedTuple):
    """The cash of one currency changed; ``reason`` as in `LegChanged`."""

    ccy: str
    reason: str


class AlgoChanged(NamedTuple):
    """An algo order as it is now."""

    algo: AlgoOrder


Event = OrderChanged | LegChanged | CashChanged | AlgoChanged


class Feed:
    """Events since the last drain; keeps none until ``listening`` is set."""

    def __init__(self) -> None:
        self.listening = False
        self._events: deque[Event] = deque()

    def publish(self, event: Event) -> None:
        """Keep one event for the next drain."""
        if self.listening:
            self._events.append(event)

    def drain(self) -> list[Event]:
        """Everything since the last call, oldest first."""
        events = list(self._events)
        self._events.clear()
        return events
