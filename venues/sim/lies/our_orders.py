"""Lies about our own orders: those that rest, one that is looked up, those that are finished."""

from __future__ import annotations

from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Theme

__all__ = ["OUR_ORDERS"]

_HISTORY = ("/api/v5/trade/orders-history", "/api/v5/trade/orders-history-archive")
_LOOKED_UP = ("/api/v5/trade/order",)
_OPEN = ("/api/v5/trade/orders-pending",)
_S0, _S1, _S2, _S3 = Severity


def _lie(
    name: str,
    place: str,
    severity: Severity,
    paths: tuple[str, ...],
    text: str,
    change: edit.Edit,
) -> Lie:
    """A lie at ``operation.field``, where evidence shows it."""
    operation, _, field = place.partition(".")
    cause = Cause(FindingKind.EVIDENCE_CONFLICT, operation, field, severity)
    return Lie(name, Theme.MARKET_INTERACTION, Axis.M, operation, field, text, paths, cause, transform=change)


def _open(name: str, field: str, severity: Severity, text: str, change: edit.Edit) -> Lie:
    return _lie(name, f"get_open_orders.{field}", severity, _OPEN, text, change)


def _finished(name: str, field: str, severity: Severity, text: str, change: edit.Edit) -> Lie:
    return _lie(name, f"get_order_history.{field}", severity, _HISTORY, text, change)


OUR_ORDERS = (
    _finished("history_average_price_wrong", "average_price", _S2, "avgPx of finished orders is one percent too high",
              edit.scaled("avgPx", by="1.01")),
    _finished("history_empty", "venue_order_id", _S3, "no finished order at all", edit.empty),
    _finished("history_fee_wrong", "fee", _S2, "fees of finished orders are twice what they were",
              edit.scaled("fee", by="2")),
    _finished("history_filled_size_wrong", "filled_contracts", _S3, "accFillSz of finished orders is twice as large",
              edit.scaled("accFillSz", by="2")),
    _finished("history_order_missing", "venue_order_id", _S3, "the newest finished order is left out",
              edit.newest_dropped),
    _finished("history_side_flipped", "side", _S3, "finished buys are called sells",
              edit.swapped("side", "buy", "sell")),
    _finished("history_state_wrong", "state", _S3, "filled orders are called canceled",
              edit.swapped("state", "filled", "canceled")),
    _lie("looked_up_filled_size_zero", "get_order.filled_contracts", _S3, _LOOKED_UP,
         "an order that was filled is said to have filled nothing", edit.written("accFillSz", value="0")),
    _lie("looked_up_state_wrong", "get_order.state", _S3, _LOOKED_UP, "a filled order is called canceled",
         edit.swapped("state", "filled", "canceled")),
    _open("open_order_missing", "venue_order_id", _S3, "the newest open order is left out", edit.newest_dropped),
    _open("open_orders_empty", "venue_order_id", _S3, "no open order at all", edit.empty),
    _open("order_average_price_wrong", "average_price", _S2, "avgPx of open orders is one percent too high",
          edit.scaled("avgPx", by="1.01")),
    _open("order_filled_size_wrong", "filled_contracts", _S3, "accFillSz of open orders is twice as large",
          edit.scaled("accFillSz", by="2")),
    _open("order_side_flipped", "side", _S3, "open buys are called sells", edit.swapped("side", "buy", "sell")),
)  # fmt: skip
