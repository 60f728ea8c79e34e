"""The algo orders that an order leaves behind when it ends with a fill: its attached take profits and stop losses."""

from __future__ import annotations

from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.attached import Attachment
from dualwitness.venues.sim.engine.order import Order

__all__ = ["children_of"]


def children_of(order: Order) -> tuple[AlgoOrder, ...]:
    """One algo order for each attachment of a finished order, for what was filled; none when nothing was."""
    if order.open or not order.filled:
        return ()
    pairs = zip(order.request.attachments, order.attachment_ids, strict=True)
    return tuple(_child(order, attachment, algo_id) for attachment, algo_id in pairs)


def _child(order: Order, attachment: Attachment, algo_id: str) -> AlgoOrder:
    request = order.request
    filled = order.filled
    contract = not request.instrument.is_spot
    return AlgoOrder(
        algo_id=algo_id,
        algo_cl_ord_id=attachment.client_id,
        instrument=request.instrument,
        inst_type=order.inst_type,
        ord_type="conditional" if None in (attachment.tp_trigger_px, attachment.sl_trigger_px) else "oco",
        td_mode=request.td_mode,
        side="sell" if request.side == "buy" else "buy",
        pos_side=request.pos_side,
        sz=filled if attachment.sz is None else min(attachment.sz, filled),
        reduce_only=contract and request.pos_side in ("", "net"),
        tgt_ccy="" if contract else "base_ccy",
        ccy=request.ccy,
        tag=request.tag,
        created_ms=order.updated_ms,
        updated_ms=order.updated_ms,
        tp_trigger_px=attachment.tp_trigger_px,
        tp_trigger_px_type=attachment.tp_px_type,
        tp_ord_px=attachment.tp_ord_px,
        sl_trigger_px=attachment.sl_trigger_px,
        sl_trigger_px_type=attachment.sl_px_type,
        sl_ord_px=attachment.sl_ord_px,
        parent_id=order.ord_id,
    )
