"""What a request names: an instrument by id or by code, an order by id or by client id."""

from __future__ import annotations

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.request import CLIENT_ID, text
from dualwitness.venues.sim.engine.trading import find_order
from dualwitness.venues.sim.kinds import Params

__all__ = ["asked_order", "named_order", "with_inst_id"]


def with_inst_id(account: Account, params: Params) -> Params:
    """The parameters with the instId that an instIdCode stands for; the code wins. Raises 51001 for an unknown one."""
    code = text(params, "instIdCode")
    if not code:
        return params
    inst_id = account.inst_id_of_code.get(code)
    if inst_id is None:
        raise refusals.unknown_instrument(per_row=True)
    return {**params, "instId": inst_id}


def named_order(account: Account, params: Params) -> Order | None:
    """The order that a cancel or an amend names; raises 50014 without instrument, 51003 without any id."""
    params = with_inst_id(account, params)
    if not text(params, "instId"):
        raise refusals.empty_parameter("instId")
    ord_id, cl_ord_id = text(params, "ordId"), text(params, "clOrdId")
    if not ord_id and not cl_ord_id:
        raise refusals.order_id_required()
    return find_order(account, text(params, "instId"), ord_id, cl_ord_id)


def asked_order(account: Account, params: Params) -> Order:
    """
    The order that a query names; raises 50014, 51003, 51001, and 51603 for one that is not or no longer known.

    A malformed client id is a refusal of the whole request: HTTP 400, 51000 (okx-v5-facts section 6).
    """
    order = named_order(account, params)
    cl_ord_id = text(params, "clOrdId")
    if cl_ord_id and not text(params, "ordId") and not CLIENT_ID.fullmatch(cl_ord_id):
        raise refusals.bad_parameter("clOrdId")
    if text(params, "instId") not in account.instruments:
        raise refusals.unknown_instrument(per_row=False)
    if order is None:
        raise refusals.order_unknown()
    return order
