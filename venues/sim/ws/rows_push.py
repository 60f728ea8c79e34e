"""
Rows that only WebSocket knows: orders with the fill that changed them, fills, liquidations.

Key sets and the spelling of what does not apply are those of recorded pushes ("0" for avgPx and a pair's lever, blank
posSide on a pair); okx-v5-facts sections 7 and 13.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.amounts import ZERO, money, plain
from dualwitness.venues.sim.engine.feed import OrderChanged
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.order import Order, order_average
from dualwitness.venues.sim.engine.rows_algo import algo_row
from dualwitness.venues.sim.engine.rows_order import order_row
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["algo_push_row", "fill_push_row", "liquidation_row", "order_push_row"]

Row = dict[str, object]

_MOST_INT64 = 2**63 - 1
_NO_FILL = {
    "execType": "",
    "fillFee": "0",
    "fillFeeCcy": "",
    "fillFwdPx": "",
    "fillIdxPx": "",
    "fillMarkPx": "",
    "fillMarkVol": "",
    "fillPnl": "0",
    "fillPx": "",
    "fillPxUsd": "",
    "fillPxVol": "",
    "fillSz": "0",
    "fillTime": "",
    "tradeId": "",
}


def order_push_row(account: Account, changed: OrderChanged) -> Row:
    """The order as it is after the change, with the fill that made it, and that fill alone."""
    order, spot = changed.order, changed.order.instrument.is_spot
    row = order_row(order)
    row |= _NO_FILL if changed.fill is None else _of_fill(changed.fill)
    row |= {
        "amendResult": changed.amend_result,
        "amendSource": "1" if changed.amend_result else "",
        "avgPx": row["avgPx"] or "0",
        "code": "0",
        "fillNotionalUsd": _filled_dollars(account, order),
        "lastPx": plain(account.market.last(order.instrument.inst_id)),
        "lever": row["lever"] or "0",
        "msg": "",
        "notionalUsd": _ordered_dollars(account, order),
        "posSide": "" if spot else row["posSide"],
        "reqId": changed.request_id,
    }
    return dict(sorted(row.items()))


def _of_fill(fill: Fill) -> Row:
    return {
        **_NO_FILL,
        "execType": _exec_type(fill),
        "fillFee": plain(fill.fee),
        "fillFeeCcy": fill.fee_ccy,
        "fillIdxPx": plain(fill.index_px),
        "fillMarkPx": "" if fill.instrument.is_spot else plain(fill.mark_px),
        "fillPnl": plain(fill.pnl),
        "fillPx": plain(fill.px),
        "fillSz": plain(fill.sz),
        "fillTime": str(fill.fill_ms),
        "tradeId": fill.trade_id,
    }


def _exec_type(fill: Fill) -> str:
    return "" if fill.forced else "M" if fill.maker else "T"


def _dollars(account: Account, instrument: SimInstrument, sz: Decimal, px: Decimal) -> Decimal:
    """What ``sz`` at ``px`` is worth in US dollars: an inverse contract is a number of dollars whatever the price."""
    if instrument.inverse:
        return sz * instrument.contract_size
    value = sz * instrument.contract_size * px
    return value * account.market.usd(instrument.quote_ccy or instrument.settle_ccy)


def _filled_dollars(account: Account, order: Order) -> str:
    average = order_average(order)
    if average is None:
        return ""
    return plain(money(_dollars(account, order.instrument, order.filled, average)))


def _ordered_dollars(account: Account, order: Order) -> str:
    request = order.request
    if request.sized_in_quote:
        return plain(money(request.sz * account.market.usd(order.instrument.quote_ccy)))
    px = request.px or account.market.last(order.instrument.inst_id)
    return plain(money(_dollars(account, order.instrument, request.sz or ZERO, px)))


def fill_push_row(fill: Fill) -> Row:
    """A row of the channel ``fills``: no fee, and a client id only where it is a number of 64 bits."""
    client = fill.cl_ord_id
    numeric = client.isascii() and client.isdigit() and int(client) <= _MOST_INT64
    return {
        "clOrdId": client if numeric else "0",
        "count": "1",
        "execType": _exec_type(fill),
        "fillPx": plain(fill.px),
        "fillSz": plain(fill.sz),
        "instId": fill.instrument.inst_id,
        "ordId": fill.ord_id,
        "side": fill.side,
        "tradeId": fill.trade_id,
        "ts": str(fill.ts_ms),
    }


def liquidation_row(fill: Fill) -> Row:
    """A row of the public channel ``liquidation-orders`` (recorded key set)."""
    detail = {
        "bkLoss": "0",
        "bkPx": plain(fill.px),
        "ccy": "",
        "posSide": fill.pos_side,
        "side": fill.side,
        "sz": plain(fill.sz),
        "ts": str(fill.ts_ms),
    }
    instrument = fill.instrument
    return {
        "details": [detail],
        "instFamily": instrument.inst_family,
        "instId": instrument.inst_id,
        "instType": fill.inst_type,
        "uly": instrument.uly,
    }


def algo_push_row(account: Account, algo: AlgoOrder) -> Row:
    """A row of ``orders-algo`` and ``algo-advance``: REST's row, and what it is worth."""
    row = dict(algo_row(account, algo))
    px = algo.ord_px if algo.ord_px is not None and algo.ord_px > 0 else account.market.last(algo.instrument.inst_id)
    notional = "" if algo.sz is None else plain(money(_dollars(account, algo.instrument, algo.sz, px)))
    row |= {"amendResult": "", "notionalUsd": notional, "reqId": ""}
    return dict(sorted(row.items()))
