"""Many fills at once, for benchmarks: what a long trading day would leave behind, without the day."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.bill import TRADE_TYPE, Bill
from dualwitness.venues.sim.engine.fees import charged_fee
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.order import Order, after_fill
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["load_round_trips"]

_FILLS_OF_AN_ORDER = 100


@exact
def load_round_trips(account: Account, inst_id: str, count: int) -> None:
    """
    Store ``count`` fills of a contract with their bills: bought and sold in turn at one price, so only fees are lost.

    Orders, fills, bills and cash agree with each other; the position is flat in between and is left as it was when
    ``count`` is even. Raises ValueError for an odd count.
    """
    if count % 2:
        message = f"count must be even, it was {count}"
        raise ValueError(message)
    instrument = account.instruments[inst_id]
    px, now_ms = account.market.mark(inst_id), account.clock.now_ms()
    fee = charged_fee(instrument, "buy", px, instrument.min_sz, maker=True)
    total = ZERO
    for start in range(0, count, 2 * _FILLS_OF_AN_ORDER):
        pairs = min(_FILLS_OF_AN_ORDER, (count - start) // 2)
        orders = [_order(account, instrument, side, px, pairs) for side in ("buy", "sell")]
        for _ in range(pairs):
            for which, order in enumerate(orders):
                total += fee
                fill = _fill(account, order, px, fee, now_ms)
                account.fills.append(fill)
                account.bills.append(_bill(fill, account.cash.get(fill.fee_ccy, ZERO) + total))
                orders[which] = after_fill(order, fill, complete=order.remaining == fill.sz)
        for order in orders:
            account.keep_order(order)
    account.book(instrument.settle_ccy, total, now_ms)


def _order(account: Account, instrument: SimInstrument, side: str, px: Decimal, fills: int) -> Order:
    request = OrderRequest(
        instrument=instrument,
        td_mode="cross",
        side=side,
        pos_side="",
        ord_type="limit",
        sz=instrument.min_sz * fills,
        px=px,
        tgt_ccy="",
        ccy="",
        cl_ord_id="",
        tag="",
        reduce_only=False,
        stp_mode="cancel_maker",
    )
    now_ms = account.clock.now_ms()
    return Order(account.ids.unique(), request, instrument.inst_type, "3", now_ms, now_ms)


def _fill(account: Account, order: Order, px: Decimal, fee: Decimal, now_ms: int) -> Fill:
    instrument = order.instrument
    return Fill(
        trade_id=account.ids.trade(instrument.inst_id),
        bill_id=account.ids.unique(),
        ord_id=order.ord_id,
        cl_ord_id="",
        tag="",
        instrument=instrument,
        inst_type=order.inst_type,
        side=order.request.side,
        pos_side="net",
        px=px,
        sz=instrument.min_sz,
        maker=True,
        fee=fee,
        fee_ccy=instrument.settle_ccy,
        pnl=ZERO,
        index_px=px,
        mark_px=px,
        fill_ms=now_ms,
        ts_ms=now_ms,
    )


def _bill(fill: Fill, balance: Decimal) -> Bill:
    return Bill(
        bill_id=fill.bill_id,
        ccy=fill.fee_ccy,
        bill_type=TRADE_TYPE,
        sub_type="1" if fill.side == "buy" else "2",
        change=fill.fee,
        balance=balance,
        ts_ms=fill.ts_ms,
        sz=fill.sz,
        fill=fill,
        mgn_mode="cross",
        fee=fill.fee,
    )
