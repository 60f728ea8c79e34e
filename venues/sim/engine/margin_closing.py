"""Closing a MARGIN position as a whole: which order does it."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, floored
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.margin_leg import owed
from dualwitness.venues.sim.engine.margin_pairs import find_margin_leg
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["closing_size", "margin_reducible", "margin_to_close"]


@exact
def closing_size(account: Account, leg: Leg) -> Decimal:
    """Signed base currency that closes it at market: all a long one holds, all a short one owes and the fee on it."""
    lot = leg.instrument.lot_sz
    if leg.long:
        return -floored(leg.assets, lot)
    rate = taker_rate("MARGIN", leg.instrument.group_id, account.settings.fee_level)
    needed = owed(leg) / (1 - rate)
    return (needed / lot).to_integral_value(rounding=ROUND_UP) * lot


def margin_to_close(account: Account, instrument: SimInstrument, mgn_mode: str, ccy: str) -> Leg | None:
    """The open MARGIN position that is meant; None on contracts and where there is none."""
    pair = account.margin_pairs.get(instrument.inst_id)
    return find_margin_leg(account, pair, mgn_mode, ccy) if pair is not None and instrument.is_spot else None


def margin_reducible(account: Account, request: OrderRequest) -> Decimal | None:
    """Zero for a reduce-only order that has nothing to reduce any more; None where its size is free."""
    if not request.reduce_only:
        return None
    leg = account.legs.get((request.instrument.inst_id, request.td_mode, "net", request.ccy))
    opposite = leg is not None and bool(leg.contracts) and leg.long == (request.side == "sell")
    return None if opposite else ZERO
