"""
The table of private endpoints: method and path to handler.

Every handler runs in the engine's decimal context and after the market has had its turn at the resting orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from dualwitness.venues.sim.engine import (
    routes_account,
    routes_algo,
    routes_asset,
    routes_borrow,
    routes_closing,
    routes_level,
    routes_leverage,
    routes_orders,
    routes_risk,
    routes_settings,
    routes_sizes,
    routes_trade,
)
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.engine.amounts import exact
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
        advance(account)
        return handler(account, params)

    return run


def _many(handler: Callable[[Account, Sequence[Params]], Rows]) -> Handler:
    """A handler of a JSON array; a single object there is a malformed body (50002)."""

    @exact
    def run(account: Account, params: Params | list[Params]) -> Rows:
        if not isinstance(params, list):
            raise Refusal("50002", "JSON syntax error", http_status=400)
        advance(account)
        return handler(account, cast(Sequence[Params], params))

    return run


_V5 = "/api/v5/"
# Each module of routes offers ``ONE`` (one set of parameters) and ``MANY`` (a JSON array), by method and path below v5.
_MODULES = (
    routes_account,
    routes_algo,
    routes_asset,
    routes_borrow,
    routes_closing,
    routes_level,
    routes_leverage,
    routes_orders,
    routes_risk,
    routes_settings,
    routes_sizes,
    routes_trade,
)

PRIVATE_ROUTES: dict[tuple[str, str], Handler] = {
    (method, f"{_V5}{path}"): handler
    for module in _MODULES
    for (method, path), handler in (
        *((key, _one(one)) for key, one in module.ONE.items()),
        *((key, _many(many)) for key, many in module.MANY.items()),
    )
}
