"""
Auto-deleveraging: the venue closes a winner's position against a loser that nobody else takes over.

It happens at the mark price (OKX help, "Auto-deleveraging") and, by inference, free of charge: nobody took liquidity.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, is_multiple
from dualwitness.venues.sim.engine.forced import ADL, cancel_by_force, close_by_force, closing_sub_type
from dualwitness.venues.sim.engine.leg import Leg

__all__ = ["deleverage"]

_TYPES = ("FUTURES", "SWAP")


@exact
def deleverage(
    account: Account,
    inst_id: str,
    pos_side: str,
    contracts: Decimal,
    *,
    mgn_mode: str = "cross",
    ts_ms: int | None = None,
) -> Leg:
    """
    Close ``contracts`` of a position; its open orders are canceled first (cancelSource 6). Gives what is left.

    Raises ValueError where there is no such position of a swap or future, and for a size that is no whole number of
    lots or more than it holds.
    """
    leg = next(
        (
            one
            for one in account.open_legs()
            if (one.instrument.inst_id, one.pos_side, one.mgn_mode) == (inst_id, pos_side or "net", mgn_mode)
            and one.instrument.inst_type in _TYPES
        ),
        None,
    )
    if leg is None:
        message = f"there is no {mgn_mode} {pos_side or 'net'} position of {inst_id} to deleverage"
        raise ValueError(message)
    if not ZERO < contracts <= abs(leg.contracts) or not is_multiple(contracts, leg.instrument.lot_sz):
        message = f"the size must be whole lots up to {abs(leg.contracts)}, was {contracts}"
        raise ValueError(message)
    at_ms = account.clock.now_ms() if ts_ms is None else ts_ms
    orders = (one for one in account.orders.open_of(inst_id) if one.request.td_mode == mgn_mode)
    cancel_by_force(account, [one for one in orders if (one.request.pos_side or "net") == leg.pos_side], "6", at_ms)
    mark = account.market.mark(inst_id)
    left = close_by_force(
        account, leg, contracts, mark, ADL, closing_sub_type(ADL, leg), at_ms, trigger_px=mark, fee=ZERO
    )
    return account.keep_leg(left, ADL.reason)
