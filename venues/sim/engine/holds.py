"""
What resting orders hold back, by group of orders: cost grows with the number of groups, not with that of orders.

A contract order only needs margin for what it would open. Orders of one group are counted together against the
position they would reduce, at their average price.
"""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.hold_sums import GroupSums, HoldGroup, SideSum, group_of
from dualwitness.venues.sim.engine.margin_pairs import margin_hold
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.valuation import opening_margin
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["group_hold", "held_by_orders", "opening_contracts", "opening_of_group", "pending_close_size"]


@exact
def held_by_orders(account: Account, ccy: str) -> Decimal:
    """What all resting orders hold back of one currency."""
    return sum((part for group, _ in account.orders.holds for part in _parts(account, group, ccy)), ZERO)


def _parts(account: Account, group: HoldGroup, ccy: str) -> list[Decimal]:
    return [amount for held_ccy, amount in group_hold(account, group) if held_ccy == ccy]


@exact
def group_hold(account: Account, group: HoldGroup) -> tuple[tuple[str, Decimal], ...]:
    """What one group holds back: a (currency, amount) each for its buys and its sells."""
    sums = account.orders.holds.get(group)
    if sums is None:
        return ()
    instrument = sums.instrument
    if instrument.inst_type == "MARGIN":
        return ((group.ccy, margin_hold(account, group, sums)),)
    if instrument.is_spot:
        return ((instrument.quote_ccy, sums.buy.value), (instrument.base_ccy, sums.sell.size))
    lever = account.leverage(instrument, group.td_mode, group.pos_side)
    amount = _side_margin(account, group, sums, "buy", lever) + _side_margin(account, group, sums, "sell", lever)
    return ((instrument.settle_ccy, amount),)


def _side_margin(account: Account, group: HoldGroup, sums: GroupSums, side: str, lever: Decimal) -> Decimal:
    """Margin of what one side would open; a bought option's premium, since it needs no margin."""
    waiting, instrument = sums.of(side), sums.instrument
    opening = opening_of_group(account, instrument, group, side, waiting.size)
    average = _average(instrument, waiting)
    if not opening or average is None:
        return ZERO
    if instrument.inst_type == "OPTION" and side == "buy":
        return opening * instrument.contract_size * average
    return opening_margin(instrument, opening if side == "buy" else -opening, average, lever)


def _average(instrument: SimInstrument, waiting: SideSum) -> Decimal | None:
    if not waiting.size:
        return None
    return waiting.size / waiting.value if instrument.inverse else waiting.value / waiting.size


def opening_of_group(
    account: Account, instrument: SimInstrument, group: HoldGroup, side: str, size: Decimal
) -> Decimal:
    """How many of ``size`` contracts on one side of a group would open or add, given the position there is now."""
    if group.pos_side in ("long", "short"):
        return size if (side == "buy") == (group.pos_side == "long") else ZERO
    if group.reduce_only:
        return ZERO
    held = account.held(instrument, group.td_mode, "net")
    opposite = held * (1 if side == "buy" else -1) < 0
    return max(size - abs(held), ZERO) if opposite else size


@exact
def opening_contracts(account: Account, request: OrderRequest, size: Decimal) -> Decimal:
    """How many of ``size`` more contracts would open or add, given the position and the orders that rest already."""
    group, side = group_of(request), request.side
    sums = account.orders.holds.get(group)
    waiting = ZERO if sums is None else sums.of(side).size
    before = opening_of_group(account, request.instrument, group, side, waiting)
    return opening_of_group(account, request.instrument, group, side, waiting + size) - before


def pending_close_size(account: Account, inst_id: str, td_mode: str, pos_side: str, side: str) -> Decimal:
    """What resting orders of one side would take off a position."""
    return account.orders.holds.pending_size(inst_id, td_mode, pos_side, side)
