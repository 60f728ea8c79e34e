"""How OKX spells orders, fills and acknowledgements. All values are strings but the two nested ones."""

from __future__ import annotations

from dualwitness.venues.sim.engine.amounts import ZERO, plain, plain_or_blank, ratio
from dualwitness.venues.sim.engine.attached import attachment_rows
from dualwitness.venues.sim.engine.fees import fee_currency
from dualwitness.venues.sim.engine.fill import Fill, sub_type
from dualwitness.venues.sim.engine.order import CANCEL_REASONS, Order, order_average
from dualwitness.venues.sim.kinds import Refusal

__all__ = ["amend_ack", "cancel_ack", "fill_row", "order_row", "place_ack"]

Row = dict[str, object]

_ORDER_BLANKS = (
    "attachAlgoClOrdId",
    "pxType",
    "pxUsd",
    "pxVol",
    "quickMgnType",
    "slOrdPx",
    "slTriggerPx",
    "slTriggerPxType",
    "stpId",
    "tpOrdPx",
    "tpTriggerPx",
    "tpTriggerPxType",
)


def order_row(order: Order, *, history: bool = False) -> Row:
    """
    One order (recorded rows of trade/order, orders-pending, orders-history).

    In ``history`` rows leverage has a decimal ("3.0") and spot rows leave posSide blank.
    """
    request, instrument, fill = order.request, order.instrument, order.last_fill
    average = order_average(order)
    paid_in = fee_currency(instrument, request.side) if fill is None or fill.fee > 0 else fill.fee_ccy
    spot = instrument.is_spot
    row: Row = dict.fromkeys(_ORDER_BLANKS, "")
    row |= {
        "algoClOrdId": order.algo_cl_ord_id,
        "algoId": order.algo_id,
        "accFillSz": plain(order.filled),
        "attachAlgoOrds": attachment_rows(request.attachments, order.attachment_ids),
        "avgPx": "" if average is None else plain(ratio(average)),
        "cTime": str(order.created_ms),
        "cancelSource": order.cancel_source,
        "cancelSourceReason": CANCEL_REASONS[order.cancel_source],
        "category": order.category,
        "ccy": request.ccy,
        "clOrdId": request.cl_ord_id,
        "fee": plain(order.fee),
        "feeCcy": paid_in,
        "fillPx": "" if fill is None else plain(fill.px),
        "fillSz": plain(ZERO if fill is None else fill.sz),
        "fillTime": "" if fill is None else str(fill.fill_ms),
        "instId": instrument.inst_id,
        "instType": order.inst_type,
        "isTpLimit": "false",
        "lever": f"{order.lever}.0" if history and order.lever.isdigit() else order.lever,
        "linkedAlgoOrd": {"algoId": ""},
        "ordId": order.ord_id,
        "ordType": request.ord_type,
        "pnl": plain(order.pnl),
        "posSide": "" if history and spot else request.pos_side or "net",
        "px": plain_or_blank(request.px),
        "rebate": plain(order.rebate),
        "rebateCcy": _other_currency(order, paid_in),
        "reduceOnly": "true" if request.reduce_only else "false",
        "side": request.side,
        "source": order.source,
        "state": order.state,
        "stpMode": request.stp_mode,
        "sz": plain(request.sz),
        "tag": request.tag,
        "tdMode": request.td_mode,
        "tgtCcy": request.tgt_ccy,
        "tradeId": "" if fill is None else ("0" if fill.forced else fill.trade_id),
        "tradeQuoteCcy": instrument.quote_ccy if spot else "",
        "uTime": str(order.updated_ms),
    }
    return dict(sorted(row.items()))


def _other_currency(order: Order, paid_in: str) -> str:
    """rebateCcy: on a pair the side that pays no fee (recorded: buy, fee in LTC, rebate in USDT)."""
    instrument = order.instrument
    if not instrument.is_spot:
        return paid_in
    return instrument.quote_ccy if paid_in == instrument.base_ccy else instrument.base_ccy


def fill_row(fill: Fill) -> Row:
    """One fill (recorded rows of trade/fills-history; subType and tradeQuoteCcy by OKX docs v5)."""
    spot = fill.instrument.is_spot
    return {
        "billId": fill.bill_id,
        "clOrdId": fill.cl_ord_id,
        "execType": "" if fill.forced else ("M" if fill.maker else "T"),
        "fee": plain(fill.fee),
        "feeCcy": fill.fee_ccy,
        "feeRate": plain_or_blank(fill.rate) if spot else "",
        "fillFwdPx": "",
        "fillIdxPx": plain(fill.index_px),
        "fillMarkPx": "" if spot else plain(fill.mark_px),
        "fillMarkVol": "",
        "fillPnl": plain(fill.pnl),
        "fillPx": plain(fill.px),
        "fillPxUsd": "",
        "fillPxVol": "",
        "fillSz": plain(fill.sz),
        "fillTime": str(fill.fill_ms),
        "instId": fill.instrument.inst_id,
        "instType": fill.inst_type,
        "ordId": fill.ord_id,
        "posSide": fill.pos_side,
        "side": fill.side,
        "subType": fill.forced or sub_type(fill.side, fill.pos_side),
        "tag": fill.tag,
        "tradeId": fill.trade_id,
        "tradeQuoteCcy": fill.instrument.quote_ccy if spot else "",
        "ts": str(fill.ts_ms),
    }


def place_ack(cl_ord_id: str, tag: str, ts_ms: int, *, ord_id: str = "", refusal: Refusal | None = None) -> Row:
    """Answer to one placed order; success reads "Order placed" (recorded)."""
    return {
        "clOrdId": cl_ord_id,
        "ordId": ord_id,
        "sCode": "0" if refusal is None else refusal.code,
        "sMsg": "Order placed" if refusal is None else refusal.msg,
        "subCode": "" if refusal is None else refusal.sub_code,
        "tag": tag,
        "ts": str(ts_ms),
    }


def cancel_ack(cl_ord_id: str, ord_id: str, ts_ms: int, refusal: Refusal | None = None) -> Row:
    """Answer to one cancel; success has a blank sMsg (recorded)."""
    code, message = ("0", "") if refusal is None else (refusal.code, refusal.msg)
    return {"clOrdId": cl_ord_id, "ordId": ord_id, "sCode": code, "sMsg": message, "ts": str(ts_ms)}


def amend_ack(cl_ord_id: str, ord_id: str, req_id: str, ts_ms: int, refusal: Refusal | None = None) -> Row:
    """Answer to one amend; success has a blank sMsg (recorded)."""
    ack = cancel_ack(cl_ord_id, ord_id, ts_ms, refusal)
    return dict(sorted({**ack, "reqId": req_id, "subCode": ""}.items()))
