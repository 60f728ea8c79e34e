"""An order as the venue keeps it, and what a fill or a cancel makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.leg import average_price
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["CANCEL_REASONS", "Order", "Origin", "after_fill", "canceled", "order_average"]

# cancelSource -> cancelSourceReason (okx-v5-facts section 7).
CANCEL_REASONS = {
    "": "",
    "0": "Order canceled by the system",
    "1": "Order canceled by user",
    "3": "Order canceled by the system: the position was to be liquidated",
    "6": "Order canceled by the system: the position was to be auto-deleveraged",
    "7": "Order canceled by the system: the contract was delivered or exercised",
    "13": "FOK order canceled because it could not be filled in full",
    "14": "IOC order canceled because it could not be filled in full",
    "20": "Order canceled because the time of cancel-all-after ran out",
    "22": "Order canceled because a reduce-only order may only reduce the position, and there is none left",
    "31": "Post-only order canceled because it would have taken liquidity",
    "32": "Order canceled by self-trade prevention",
}


class Origin(NamedTuple):
    """Where an order comes from when no client sent it: OKX's source, the algo order it is the child of, category."""

    source: str = ""
    algo_id: str = ""
    algo_cl_ord_id: str = ""
    category: str = "normal"


@dataclass(frozen=True, slots=True)
class Order:
    """
    One order. ``remaining`` is base currency or contracts, or None for a market order sized in quote currency.

    ``value`` is what `average_price` divides: Σ size × price (inverse: Σ size ÷ price). ``rebate`` is what a maker won
    on a pair where ``fee`` may only be a charge: everywhere but on SPOT sells (okx-v5-facts section 7).
    """

    ord_id: str
    request: OrderRequest
    inst_type: str
    lever: str
    created_ms: int
    updated_ms: int
    attachment_ids: tuple[str, ...] = ()
    state: str = "live"
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    pnl: Decimal = ZERO
    last_fill: Fill | None = None
    cancel_source: str = ""
    category: str = "normal"
    source: str = ""
    algo_id: str = ""
    algo_cl_ord_id: str = ""
    rebate: Decimal = ZERO

    @property
    def instrument(self) -> SimInstrument:
        """What it trades."""
        return self.request.instrument

    @property
    def open(self) -> bool:
        """Whether it is live or partially filled."""
        return self.state in ("live", "partially_filled")

    @property
    def remaining(self) -> Decimal:
        """Unfilled size; for an order sized in quote currency what is left is never kept, so zero."""
        return ZERO if self.request.sized_in_quote else self.request.sz - self.filled


@exact
def after_fill(order: Order, fill: Fill, *, complete: bool) -> Order:
    """The order with one more fill; ``complete`` makes it ``filled``."""
    inverse = order.instrument.inverse
    rebate = fill.fee if fill.fee > 0 and order.instrument.is_spot and fill.side == "buy" else ZERO
    return replace(
        order,
        state="filled" if complete else "partially_filled",
        filled=order.filled + fill.sz,
        value=order.value + (fill.sz / fill.px if inverse else fill.sz * fill.px),
        fee=order.fee + fill.fee - rebate,
        rebate=order.rebate + rebate,
        pnl=order.pnl + fill.pnl,
        last_fill=fill,
        updated_ms=fill.ts_ms,
    )


def canceled(order: Order, source: str, ts_ms: int) -> Order:
    """The order, canceled; ``source`` is OKX's cancelSource."""
    return replace(order, state="canceled", cancel_source=source, updated_ms=ts_ms)


def order_average(order: Order) -> Decimal | None:
    """Average fill price; None before the first fill."""
    return average_price(order.instrument, order.filled, order.value)
