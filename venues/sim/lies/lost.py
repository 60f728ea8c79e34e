"""Requests that never arrive, answers that never come back, requests that arrive late."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.venues.sim.lies.effects import Effects
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Options, Theme

__all__ = ["LOST"]

_PLACE = ("/api/v5/trade/order", "/api/v5/trade/batch-orders")
_UNKNOWN = Cause(FindingKind.UNOBTAINABLE, "place_order", "venue_order_id", Severity.S3)


def _lost_request(_options: Options, _draw: Decimal) -> Effects:
    return Effects(lost=True)


def _lost_reply(_options: Options, _draw: Decimal) -> Effects:
    return Effects(reply_lost=True)


def _delayed_arrival(options: Options, _draw: Decimal) -> Effects:
    return Effects(arrival_delay_ms=options["delay_ms"], hung_up=bool(options["hang_up"]))


LOST = (
    Lie("delayed_arrival", Theme.LOST, Axis.M, "place_order", "venue_order_id",
        "the order reaches the venue delay_ms later; with hang_up=1 the connection is closed meanwhile",
        _PLACE, Cause(None, "place_order", "venue_order_id"), toxic=_delayed_arrival,
        options=MappingProxyType({"delay_ms": 100, "hang_up": 0})),
    Lie("lost_reply", Theme.LOST, Axis.M, "place_order", "venue_order_id",
        "the order is placed, and the connection closes without an answer", _PLACE, _UNKNOWN, toxic=_lost_reply),
    Lie("lost_request", Theme.LOST, Axis.M, "place_order", "venue_order_id",
        "the order never reaches the venue, and the connection closes", _PLACE, _UNKNOWN, toxic=_lost_request),
)  # fmt: skip
