"""The truth: what the account really holds, for tests and for judging what a lie hid."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.amounts import exact, plain, plain_or_blank, ratio
from dualwitness.venues.sim.engine.borrowing import borrowed_of
from dualwitness.venues.sim.engine.leg import Leg, entry_price
from dualwitness.venues.sim.engine.order import Order

__all__ = ["truth"]

Told = dict[str, object]


@exact
def truth(account: Account) -> Told:
    """
    Everything, by keys that stay; numbers as on the wire, average prices with at most 16 decimals.

    - ``venue_time_ms``, ``account_level``, ``position_mode``
    - ``balances``: cash by currency; ``liabilities``: by currency what is owed outside positions
    - ``positions``: one entry an open position, ``contracts`` signed (base currency on a pair)
    - ``open_orders``, ``algo_orders``: how many are open; ``open_order_list``, ``algo_order_list``: those orders
    - ``orders``: how many there ever were; ``fills``, ``bills``: counts
    - ``fill_sums``: by instId size bought less size sold; ``bill_sums``: by currency, always equal to ``balances``
    - ``fees``: by currency, negative = charged; ``insurance``: by currency what its fund won or (negative) paid
    - ``last_ids``: ``bill``, ``order`` (of the latest fill) and ``trade`` by instId, "" where there is none
    """
    return {
        "account_level": account.account_level,
        "algo_order_list": [_algo(one) for one in account.algos.open_algos()],
        "algo_orders": sum(1 for _ in account.algos.open_algos()),
        "balances": _plain(account.cash),
        "bills": len(account.bills),
        "fills": len(account.fills),
        "insurance": _plain(account.timeline.insurance),
        "liabilities": _plain({ccy: owed for ccy in account.cash if (owed := borrowed_of(account, ccy))}),
        "open_order_list": [_order(one) for one in account.open_orders()],
        "open_orders": account.orders.open_count,
        "orders": len(account.orders),
        "position_mode": account.position_mode,
        "positions": [_position(leg) for leg in account.open_legs()],
        "venue_time_ms": account.clock.now_ms(),
        **_sums(account),
    }


def _sums(account: Account) -> Told:
    sums = account.timeline.sums
    sums.catch_up(account.fills, account.bills)
    return {
        "bill_sums": _plain(sums.bills),
        "fees": _plain(sums.fees),
        "fill_sums": _plain(sums.fills),
        "last_ids": {"bill": sums.last_bill, "order": sums.last_order, "trade": dict(sorted(sums.last_trades.items()))},
    }


def _plain(amounts: dict[str, Decimal]) -> dict[str, str]:
    return {name: plain(amount) for name, amount in sorted(amounts.items())}


def _order(order: Order) -> Told:
    request = order.request
    return {
        "client_order_id": request.cl_ord_id,
        "filled": plain(order.filled),
        "inst_id": order.instrument.inst_id,
        "inst_type": order.inst_type,
        "margin_mode": request.td_mode,
        "order_id": order.ord_id,
        "order_type": request.ord_type,
        "position_side": request.pos_side or "net",
        "price": plain_or_blank(request.px),
        "reduce_only": request.reduce_only,
        "side": request.side,
        "size": plain(request.sz),
        "state": order.state,
    }


def _algo(algo: AlgoOrder) -> Told:
    return {
        "algo_id": algo.algo_id,
        "client_algo_id": algo.algo_cl_ord_id,
        "inst_id": algo.instrument.inst_id,
        "order_type": algo.ord_type,
        "side": algo.side,
        "size": plain_or_blank(algo.sz),
        "state": algo.state,
    }


def _position(leg: Leg) -> Told:
    entry = entry_price(leg)
    return {
        "average_price": "" if entry is None else plain(ratio(entry)),
        "contracts": plain(ratio(leg.contracts)),
        "currency": leg.ccy,
        "debt": plain(leg.debt),
        "fee": plain(leg.fee),
        "funding_fee": plain(leg.funding_fee),
        "inst_id": leg.instrument.inst_id,
        "inst_type": leg.instrument.inst_type,
        "interest": plain(leg.interest),
        "leverage": plain(leg.lever),
        "liquidation_penalty": plain(leg.liq_penalty),
        "margin": plain(leg.margin),
        "margin_mode": leg.mgn_mode,
        "pnl": plain(leg.pnl),
        "position_id": leg.pos_id,
        "position_side": leg.pos_side,
        "realized_pnl": plain(leg.realized),
    }
