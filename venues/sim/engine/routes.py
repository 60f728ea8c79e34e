"""
The table of private endpoints: method and path to handler.

Every handler runs in the engine's decimal context and after the market has had its turn at the resting orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from dualwitness.venues.sim.engine import routes_account, routes_settings, routes_trade
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact
from dualwitness.venues.sim.engine.trading import sweep
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = ["PRIVATE_ROUTES", "Handler"]

Rows = list[dict[str, object]]
Handler = Callable[[Account, Params | list[Params]], Rows]


def _one(handler: Callable[[Account, Params], Rows]) -> Handler:
    """A handler of one set of parameters; a JSON array there is a malformed body (50002)."""

    @exact
    def run(account: Account, params: Params | list[Params]) -> Rows:
        if isinstance(params, list):
            raise Refusal("50002", "JSON syntax error", http_status=400)
        sweep(account)
        return handler(account, params)

    return run


def _many(handler: Callable[[Account, Sequence[Params]], Rows]) -> Handler:
    """A handler of a JSON array; a single object there is a malformed body (50002)."""

    @exact
    def run(account: Account, params: Params | list[Params]) -> Rows:
        if not isinstance(params, list):
            raise Refusal("50002", "JSON syntax error", http_status=400)
        sweep(account)
        return handler(account, cast(Sequence[Params], params))

    return run


_V5 = "/api/v5/"

PRIVATE_ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", f"{_V5}account/balance"): _one(routes_account.get_balance),
    ("GET", f"{_V5}account/bills"): _one(routes_account.get_bills),
    ("GET", f"{_V5}account/bills-archive"): _one(routes_account.get_bills_archive),
    ("GET", f"{_V5}account/config"): _one(routes_account.get_config),
    ("GET", f"{_V5}account/instruments"): _one(routes_account.get_instruments),
    ("GET", f"{_V5}account/leverage-info"): _one(routes_settings.get_leverage_info),
    ("GET", f"{_V5}account/max-avail-size"): _one(routes_account.get_max_avail_size),
    ("GET", f"{_V5}account/positions"): _one(routes_account.get_positions),
    ("GET", f"{_V5}account/positions-history"): _one(routes_account.get_positions_history),
    ("GET", f"{_V5}account/trade-fee"): _one(routes_account.get_trade_fee),
    ("GET", f"{_V5}asset/balances"): _one(routes_account.get_funding_balances),
    ("GET", f"{_V5}trade/fills"): _one(routes_trade.get_fills),
    ("GET", f"{_V5}trade/fills-history"): _one(routes_trade.get_fills_history),
    ("GET", f"{_V5}trade/order"): _one(routes_trade.get_order),
    ("GET", f"{_V5}trade/orders-history"): _one(routes_trade.get_orders_history),
    ("GET", f"{_V5}trade/orders-history-archive"): _one(routes_trade.get_orders_history_archive),
    ("GET", f"{_V5}trade/orders-pending"): _one(routes_trade.get_orders_pending),
    ("POST", f"{_V5}account/set-leverage"): _one(routes_settings.post_set_leverage),
    ("POST", f"{_V5}account/set-position-mode"): _one(routes_settings.post_set_position_mode),
    ("POST", f"{_V5}trade/amend-batch-orders"): _many(routes_trade.post_amend_batch_orders),
    ("POST", f"{_V5}trade/amend-order"): _one(routes_trade.post_amend_order),
    ("POST", f"{_V5}trade/batch-orders"): _many(routes_trade.post_batch_orders),
    ("POST", f"{_V5}trade/cancel-batch-orders"): _many(routes_trade.post_cancel_batch_orders),
    ("POST", f"{_V5}trade/cancel-order"): _one(routes_trade.post_cancel_order),
    ("POST", f"{_V5}trade/order"): _one(routes_trade.post_order),
}
