"""
Liquidation: what the venue does when a margin ratio reaches 1.

Isolated positions stand for themselves: (margin + profit) / (maintenance margin + closing fee). Cross positions stand
together, by currency in account level 2 and for the whole account in US dollars in levels 3 and 4. First the open
orders of that scope are canceled (cancelSource 3). Then, from the largest requirement down and until the ratio is
above 1: a position of tier 3 or higher is reduced by two tiers, any other is closed (OKX help, "Forced partial
liquidation"). It happens at the mark price for the taker fee; the maintenance margin of what is closed is the
liquidation penalty and goes to the insurance fund, as far as it is there. Where a price jumped over the bankruptcy
price the fund pays what is missing, so nobody owes the venue anything. Long and short positions of one instrument are
not netted first, and positions are not frozen meanwhile: it is over within the millisecond. Loans without a position
are not called in: the forced repayment of levels 1, 3 and 4 is not modelled.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.balances import account_state, currency_state, leg_needs, leg_profit
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.forced import (
    FULL_LIQUIDATION,
    PARTIAL_LIQUIDATION,
    cancel_by_force,
    close_by_force,
    closing_sub_type,
    keep_closed,
)
from dualwitness.venues.sim.engine.insurance import cover, fine
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.margin_leg import owed
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.tiers import tier_of, tiers_of

__all__ = ["Health", "cross_health", "isolated_health", "liquidate_due"]

_CANCEL_SOURCE = "3"
_FIRST_PARTIAL_TIER = 3
_TIERS_DOWN = 2


class Health(NamedTuple):
    """What stands behind positions and what they need, in one currency."""

    equity: Decimal
    needed: Decimal

    @property
    def broken(self) -> bool:
        """Whether the margin ratio is 1 or less."""
        return self.needed > 0 and self.equity <= self.needed


@exact
def isolated_health(account: Account, leg: Leg) -> Health:
    """Of one isolated position, in its own currency."""
    return Health(leg.margin + leg_profit(leg, account.market.mark(leg.instrument.inst_id)), _requirement(account, leg))


@exact
def cross_health(account: Account, ccy: str) -> Health:
    """Of all cross positions that ``ccy`` margins; of the whole account in US dollars where ``ccy`` is blank."""
    if not ccy:
        whole = account_state(account)
        return Health(whole.adjusted, whole.maintenance)
    state = currency_state(account, ccy)
    return Health(state.cash + state.upl, state.maintenance + state.closing_fees)


def _requirement(account: Account, leg: Leg) -> Decimal:
    """Maintenance margin and closing fee at the mark price, in the position's currency."""
    needs = leg_needs(account, leg, account.market.mark(leg.instrument.inst_id))
    return needs.maintenance + needs.fee


@exact
def liquidate_due(account: Account, ts_ms: int) -> None:
    """Liquidate whatever the market of this moment has brought down; costs one look at each open position."""
    open_legs = tuple(account.open_legs())
    for leg in open_legs:
        if leg.isolated and isolated_health(account, leg).broken:
            _liquidate_isolated(account, leg, ts_ms)
    crossed = [leg for leg in open_legs if not leg.isolated]
    if not crossed:
        return
    scopes = [""] if account.account_level in ("3", "4") else sorted({leg.ccy for leg in crossed})
    for ccy in scopes:
        if cross_health(account, ccy).broken:
            _liquidate_cross(account, ccy, ts_ms)


def _liquidate_isolated(account: Account, leg: Leg, ts_ms: int) -> None:
    inst_id, pos_side = leg.instrument.inst_id, leg.pos_side
    orders = [
        order
        for order in account.orders.open_of(inst_id)
        if order.request.td_mode == "isolated" and (order.request.pos_side or "net") == pos_side
    ]
    cancel_by_force(account, orders, _CANCEL_SOURCE, ts_ms)
    while leg.contracts and isolated_health(account, leg).broken:
        before = account.cash.get(leg.ccy, ZERO)
        closed, leg = _close(account, leg, ts_ms)
        # What the closed part had of the margin has been set free, with its profit and less its fee.
        leg = _settle(account, leg, closed, account.cash[leg.ccy] - before, ts_ms)


def _liquidate_cross(account: Account, ccy: str, ts_ms: int) -> None:
    cancel_by_force(account, [one for one in account.open_orders() if _in_scope(one, ccy)], _CANCEL_SOURCE, ts_ms)
    while cross_health(account, ccy).broken and (legs := _crossed(account, ccy)):
        needs = {leg.key: _requirement(account, leg) * (1 if ccy else account.market.usd(leg.ccy)) for leg in legs}
        worst = max(legs, key=lambda leg: (needs[leg.key], leg.key))
        closed, left = _close(account, worst, ts_ms)
        room = cross_health(account, ccy).equity / (1 if ccy else account.market.usd(worst.ccy))
        _settle(account, left, closed, max(room, ZERO), ts_ms)
    _cover_cross(account, ccy, ts_ms)


def _crossed(account: Account, ccy: str) -> list[Leg]:
    return [leg for leg in account.open_legs() if not leg.isolated and ccy in ("", leg.ccy)]


def _in_scope(order: Order, ccy: str) -> bool:
    request = order.request
    return request.td_mode == "cross" and ccy in ("", request.ccy, order.instrument.settle_ccy)


def _close(account: Account, leg: Leg, ts_ms: int) -> tuple[Decimal, Leg]:
    """Close a part or all at the mark price: the maintenance margin of what was closed, and what is left."""
    mark = account.market.mark(leg.instrument.inst_id)
    size, part = _closing_size(account, leg)
    held = abs(leg.contracts)
    maintenance = leg_needs(account, leg, mark).maintenance
    force = PARTIAL_LIQUIDATION if part else FULL_LIQUIDATION
    left = close_by_force(account, leg, size, mark, force, closing_sub_type(force, leg), ts_ms, trigger_px=mark)
    return money(maintenance * (held - abs(left.contracts)) / held), left


def _closing_size(account: Account, leg: Leg) -> tuple[Decimal, bool]:
    """How much is closed, and whether that is only a part."""
    instrument, held = leg.instrument, abs(leg.contracts)
    number = tier_of(instrument, held).number
    if number >= _FIRST_PARTIAL_TIER:
        return held - tiers_of(instrument)[number - 1 - _TIERS_DOWN].max_sz, True
    if instrument.inst_type != "MARGIN":
        return held, False
    if leg.long:
        return leg.assets, False
    # Enough to have the debt and its interest back after the fee, which is taken from what is bought.
    rate = taker_rate("MARGIN", instrument.group_id, account.settings.fee_level)
    return (owed(leg) / (1 - rate)).quantize(instrument.lot_sz, rounding=ROUND_UP), False


def _settle(account: Account, leg: Leg, maintenance: Decimal, room: Decimal, ts_ms: int) -> Leg:
    """Take the penalty as far as there is ``room`` for it, or pay the loss that ``room`` below zero is."""
    if room < 0:
        cover(account, leg.ccy, -room, ts_ms, leg)
    penalty = money(min(maintenance, max(room, ZERO)))
    if penalty:
        fine(account, leg, penalty, ts_ms)
        leg = keep_closed(account, replace(leg, liq_penalty=leg.liq_penalty - penalty))
    return account.keep_leg(leg, "liquidation")


def _cover_cross(account: Account, ccy: str, ts_ms: int) -> None:
    """Once nothing is left to close, the insurance fund pays what the scope owes beyond all it has."""
    if _crossed(account, ccy):
        return
    if ccy:
        cover(account, ccy, max(-account.cash.get(ccy, ZERO), ZERO), ts_ms)
        return
    usd = account.market.usd
    total = sum((cash * usd(one) for one, cash in account.cash.items()), ZERO)
    if total < 0:
        deepest = min(account.cash, key=lambda one: (account.cash[one] * usd(one), one))
        cover(account, deepest, money(-total / usd(deepest)), ts_ms)
