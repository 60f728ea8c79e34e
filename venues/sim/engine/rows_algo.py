"""How OKX spells algo orders and their acknowledgements (recorded row of trade/orders-algo-pending)."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.amounts import plain, plain_or_blank
from dualwitness.venues.sim.kinds import Refusal

__all__ = ["algo_ack", "algo_amend_ack", "algo_row"]

Row = dict[str, object]

_BLANKS = (
    *("chaseType", "chaseVal", "isTradeBorrowMode", "maxChaseType", "maxChaseVal", "pxLimit", "pxSpread", "pxVar"),
    *("quickMgnType", "szLimit", "timeInterval"),
)


def algo_row(account: Account, algo: AlgoOrder) -> Row:
    """One algo order; ``last`` is the market's, as at the moment of asking."""
    instrument = algo.instrument
    contract = not instrument.is_spot and instrument.inst_type != "OPTION"
    lever = account.leverage(instrument, algo.td_mode, algo.pos_side or "net") if contract else None
    row: Row = dict.fromkeys(_BLANKS, "")
    row |= {
        "activePx": plain_or_blank(algo.active_px),
        "actualPx": plain_or_blank(algo.actual_px),
        "actualSide": algo.actual_side,
        "actualSz": plain(algo.actual_sz or Decimal(0)),
        "algoClOrdId": algo.algo_cl_ord_id,
        "algoId": algo.algo_id,
        "amendPxOnTriggerType": "0",
        "attachAlgoOrds": [],
        "cTime": str(algo.created_ms),
        "callbackRatio": plain_or_blank(algo.callback_ratio),
        "callbackSpread": plain_or_blank(algo.callback_spread),
        "ccy": algo.ccy,
        "clOrdId": algo.algo_cl_ord_id,
        "closeFraction": plain_or_blank(algo.close_fraction),
        "failCode": algo.fail_code or "0",
        "instId": instrument.inst_id,
        "instType": algo.inst_type,
        "last": plain(account.market.last(instrument.inst_id)),
        "lever": plain_or_blank(lever),
        "linkedOrd": {"ordId": algo.parent_id},
        "moveTriggerPx": plain_or_blank(algo.move_trigger_px),
        "ordId": algo.order_ids[0] if algo.order_ids else "",
        "ordIdList": list(algo.order_ids),
        "ordPx": plain_or_blank(algo.ord_px),
        "ordType": algo.ord_type,
        "posSide": algo.pos_side or "net",
        "reduceOnly": "true" if algo.reduce_only else "false",
        "side": algo.side,
        "slOrdPx": plain_or_blank(algo.sl_ord_px),
        "slTriggerPx": plain_or_blank(algo.sl_trigger_px),
        "slTriggerPxType": "" if algo.sl_trigger_px is None else algo.sl_trigger_px_type,
        "state": algo.state,
        "sz": plain_or_blank(algo.sz),
        "tag": algo.tag,
        "tdMode": algo.td_mode,
        "tgtCcy": algo.tgt_ccy,
        "tpOrdPx": plain_or_blank(algo.tp_ord_px),
        "tpTriggerPx": plain_or_blank(algo.tp_trigger_px),
        "tpTriggerPxType": "" if algo.tp_trigger_px is None else algo.tp_trigger_px_type,
        "triggerPx": plain_or_blank(algo.trigger_px),
        "triggerPxType": "" if algo.trigger_px is None else algo.trigger_px_type,
        "triggerTime": "" if algo.triggered_ms is None else str(algo.triggered_ms),
        "uTime": str(algo.updated_ms),
    }
    return dict(sorted(row.items()))


def algo_ack(client_id: str, algo_id: str, tag: str, refusal: Refusal | None = None) -> Row:
    """Answer to one placed or canceled algo order (recorded); success has a blank sMsg."""
    return {
        "algoClOrdId": client_id,
        "algoId": algo_id,
        "clOrdId": client_id,
        "sCode": "0" if refusal is None else refusal.code,
        "sMsg": "" if refusal is None else refusal.msg,
        "tag": tag,
    }


def algo_amend_ack(client_id: str, algo_id: str, request_id: str, refusal: Refusal | None = None) -> Row:
    """Answer to one amended algo order."""
    return {
        "algoClOrdId": client_id,
        "algoId": algo_id,
        "reqId": request_id,
        "sCode": "0" if refusal is None else refusal.code,
        "sMsg": "" if refusal is None else refusal.msg,
    }
