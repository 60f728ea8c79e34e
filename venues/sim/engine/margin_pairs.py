"""
Which pairs trade on borrowed money, and where such a position is kept.

There is no MARGIN instId: in acctLv 2 an order on a pair is MARGIN by its tdMode (okx-v5-facts section 5).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.hold_sums import GroupSums, HoldGroup, group_of
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = [
    "as_traded",
    "find_margin_leg",
    "is_margin",
    "margin_currency",
    "margin_hold",
    "margin_leg",
    "margin_opening",
]


def is_margin(instrument: SimInstrument) -> bool:
    """Whether an order on it borrows."""
    return instrument.inst_type == "MARGIN"


def as_traded(account: Account, request: OrderRequest) -> OrderRequest:
    """
    The request on the instrument it really trades: the MARGIN one where tdMode and account level say so.

    The margin currency is filled in. Anything that is not legal is left as it is, for `checks.check_order` to refuse.
    """
    pair = account.margin_pairs.get(request.instrument.inst_id)
    margined = account.account_level == "2" and request.td_mode in ("cross", "isolated")
    if request.instrument.inst_type != "SPOT" or pair is None or not margined:
        return request
    return replace(request, instrument=pair, ccy=margin_currency(account, pair, request.td_mode, request.ccy))


def margin_currency(account: Account, pair: SimInstrument, td_mode: str, asked: str) -> str:
    """The margin currency asked for; isolated without one, that of the position there is, else the quote currency."""
    if asked or td_mode != "isolated":
        return asked
    held = find_margin_leg(account, pair, td_mode, "")
    return pair.quote_ccy if held is None else held.margin_ccy


def find_margin_leg(account: Account, pair: SimInstrument, td_mode: str, ccy: str) -> Leg | None:
    """The open MARGIN position of a pair; without ``ccy`` the first one."""
    for choice in (ccy,) if ccy else (pair.quote_ccy, pair.base_ccy):
        leg = account.legs.get((pair.inst_id, td_mode, "net", choice))
        if leg is not None and leg.contracts:
            return leg
    return None


def margin_leg(account: Account, pair: SimInstrument, td_mode: str, ccy: str, ts_ms: int) -> Leg:
    """The position of that margin currency; a flat one with its lasting posId when it never existed."""
    key = (pair.inst_id, td_mode, "net", ccy)
    if key not in account.legs:
        lever = account.leverage(pair, td_mode, "net")
        account.legs[key] = Leg(pair, td_mode, "net", account.ids.unique(), lever, ts_ms, ts_ms, margin_ccy=ccy)
    return account.legs[key]


def margin_opening(account: Account, request: OrderRequest, size: Decimal) -> Decimal:
    """How much of ``size`` more base currency would open or add, given the position and the orders that rest."""
    group = group_of(request)
    sums = account.orders.holds.get(group)
    waiting = ZERO if sums is None else sums.of(request.side).size
    return _opening(account, group, request.side, waiting + size) - _opening(account, group, request.side, waiting)


def _opening(account: Account, group: HoldGroup, side: str, size: Decimal) -> Decimal:
    if group.reduce_only:
        return ZERO
    leg = account.legs.get((group.inst_id, group.td_mode, "net", group.ccy))
    if leg is None or not leg.contracts or (leg.contracts > 0) == (side == "buy"):
        return size
    return max(size - (leg.assets if leg.long else leg.debt + leg.interest), ZERO)


@exact
def margin_hold(account: Account, group: HoldGroup, sums: GroupSums) -> Decimal:
    """What resting MARGIN orders hold back in their margin currency: the margin of what they would open."""
    pair, total = sums.instrument, ZERO
    for side in ("buy", "sell"):
        waiting = sums.of(side)
        opening = _opening(account, group, side, waiting.size)
        if opening:
            total += opening * waiting.value / waiting.size if group.ccy == pair.quote_ccy else opening
    return total / account.leverage(pair, group.td_mode, "net")
