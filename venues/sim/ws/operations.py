"""
Orders over WebSocket: the same handlers as REST, another envelope (okx-v5-facts section 13).

Since 7 April 2026 an order names its instrument by ``instIdCode``; one that says ``instId`` instead is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dualwitness.venues.sim.envelope import refusal_body, refused_row, success
from dualwitness.venues.sim.kinds import Params, Refusal
from dualwitness.venues.sim.post_body import texts
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sim.ws.messages import Fault

__all__ = ["OPERATIONS", "carry_out"]

# Operation: path below /api/v5/trade/, and whether it takes a list of orders.
OPERATIONS: Final = {
    "amend-order": ("amend-order", False),
    "batch-amend-orders": ("amend-batch-orders", True),
    "batch-cancel-orders": ("cancel-batch-orders", True),
    "batch-orders": ("batch-orders", True),
    "cancel-order": ("cancel-order", False),
    "mass-cancel": ("mass-cancel", False),
    "order": ("order", False),
}
_BY_FAMILY: Final = "mass-cancel"


def carry_out(venue: EmbeddedVenue, operation: str, args: object, exp_time: str) -> Mapping[str, object]:
    """
    The envelope that answers one operation; the caller has checked who asks and holds the venue's lock.

    Raises `Fault` 60013 where ``args`` are no orders.
    """
    if not isinstance(args, list) or not args or not all(isinstance(one, dict) for one in args):
        raise Fault("60013", "Invalid args")
    path, many = OPERATIONS[operation]
    if not many and len(args) != 1:
        raise Fault("60013", "Invalid args")
    asked: list[Params] = [texts(one) for one in args]
    now_ms = venue.clock.now_ms()
    if operation != _BY_FAMILY:
        refusal = _unnamed(asked)
        if refusal is not None:
            rows = [refused_row(refusal, order, now_ms) for order in asked]
            return success(rows, now_ms=now_ms, trade_write=True)
        asked = [_with_inst_id(venue, order) for order in asked]
    try:
        rows_of = venue.write(f"/api/v5/trade/{path}", asked if many else asked[0], exp_time)
    except Refusal as refusal:
        return {**refusal_body(refusal), "data": []}
    return success(rows_of, now_ms=now_ms, trade_write=True)


def _unnamed(asked: list[Params]) -> Refusal | None:
    if all(order.get("instIdCode") for order in asked):
        return None
    return Refusal("50014", "Parameter instIdCode can not be empty.", per_row=True)


def _with_inst_id(venue: EmbeddedVenue, order: Params) -> dict[str, str]:
    """The order under the name that the engine knows; it refuses an unknown code."""
    named = {name: value for name, value in order.items() if name != "instIdCode"}
    # No instId is made of digits alone, so an unknown code meets the refusal of an unknown instrument.
    return {**named, "instId": venue.inst_ids.get(order["instIdCode"], order["instIdCode"])}
