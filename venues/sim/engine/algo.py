"""An algo order as the venue keeps it: what waits for its trigger, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["AlgoOrder"]


@dataclass(frozen=True, slots=True)
class AlgoOrder:
    """
    One conditional, oco, trigger or move_order_stop order.

    ``state`` is OKX's: live, pause, partially_effective, effective, canceled, order_failed, partially_failed.
    ``order_ids`` are the orders it became. A price of None is not set; -1 is OKX's spelling of a market order.
    ``rising`` tells from which side a trigger order's price is reached, ``extreme_px`` is the best price a trailing
    stop has seen since it became active, ``parent_id`` the order it was attached to.
    """

    algo_id: str
    algo_cl_ord_id: str
    instrument: SimInstrument
    inst_type: str
    ord_type: str
    td_mode: str
    side: str
    pos_side: str
    sz: Decimal | None
    reduce_only: bool
    tgt_ccy: str
    ccy: str
    tag: str
    created_ms: int
    updated_ms: int
    state: str = "live"
    tp_trigger_px: Decimal | None = None
    tp_trigger_px_type: str = "last"
    tp_ord_px: Decimal | None = None
    sl_trigger_px: Decimal | None = None
    sl_trigger_px_type: str = "last"
    sl_ord_px: Decimal | None = None
    trigger_px: Decimal | None = None
    trigger_px_type: str = "last"
    ord_px: Decimal | None = None
    callback_ratio: Decimal | None = None
    callback_spread: Decimal | None = None
    active_px: Decimal | None = None
    move_trigger_px: Decimal | None = None
    close_fraction: Decimal | None = None
    cancel_on_close_position: bool = False
    order_ids: tuple[str, ...] = ()
    actual_side: str = ""
    actual_px: Decimal | None = None
    actual_sz: Decimal | None = None
    triggered_ms: int | None = None
    fail_code: str = ""
    rising: bool = False
    extreme_px: Decimal | None = None
    parent_id: str = ""

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self.state in ("live", "pause", "partially_effective")
