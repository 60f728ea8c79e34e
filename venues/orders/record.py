"""One order as the store keeps it: what was asked for, how far it got, what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from dualwitness.models import OrderSide, Side
from dualwitness.venues.orders.fate import FateState, OrderFate

__all__ = ["OrderRecord", "Phase"]

# `VenueClock` is behind the venue rather than ahead; this is for a local clock that was set between two measurements.
_LEEWAY_MS = 5_000


class Phase(StrEnum):
    """
    How far an order got.

    ``prepared``: kept, and from that moment on it may be at the venue, for no write could tell the moment in which a
    request leaves. ``resolved``: its fate was found out by asking.
    """

    PREPARED = "prepared"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """
    A row of the store.

    ``parameters`` are those of `identity.parameters_of`; ``fate_json`` is the last `OrderFate`, null before the first.
    All times are venue time: ``prepared_ms`` of the first attempt, ``deadline_ms`` of the latest (null where the venue
    cannot be told one), ``seen_ms`` when the venue last said that there is such an order.
    """

    account: str
    client_order_id: str
    digest: str
    symbol: str
    parameters: str
    phase: Phase
    attempts: int
    deadline_ms: int | None
    prepared_ms: int
    seen_ms: int | None
    fate_json: str | None

    @property
    def since_ms(self) -> int:
        """Venue time before which nothing of this order can have happened."""
        return self.prepared_ms - _LEEWAY_MS

    @property
    def side(self) -> OrderSide:
        """What it does at the venue."""
        return OrderSide.BUY if json.loads(self.parameters)["side"] == Side.LONG else OrderSide.SELL

    @property
    def fate(self) -> OrderFate:
        """The last that is known; unknown where nothing was heard since it was prepared."""
        if self.fate_json is not None:
            return OrderFate.model_validate_json(self.fate_json)
        return OrderFate(
            client_order_id=self.client_order_id,
            state=FateState.UNKNOWN,
            deadline_ms=self.deadline_ms,
            attempts=self.attempts,
        )
