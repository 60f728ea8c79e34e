"""
Setting leverage: what it belongs to, what refuses it, and what it does to positions that are open.

Scope (okx-v5-facts section 5): a pair in account level 2, a currency in levels 1 (with borrowing), 3 and 4; a cross
future's family; a contract otherwise, in long/short mode each side of an isolated one.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain
from dualwitness.venues.sim.engine.balances import account_state, currency_state, leg_needs
from dualwitness.venues.sim.engine.check_funds import pools_margin
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.margin_moves import ADDED_BY_HAND, REDUCED_BY_HAND, move_margin
from dualwitness.venues.sim.engine.margin_pairs import is_margin
from dualwitness.venues.sim.kinds import Refusal, SimInstrument
from dualwitness.venues.sim.tiers import tier_of

__all__ = ["apply_leverage", "check_lowest", "governed_legs"]

_LOWEST = Decimal(1)
_LOWEST_MARGIN = Decimal("0.01")


def check_lowest(instrument: SimInstrument, lever: Decimal) -> None:
    """Raises 59102 above the instrument's maximum and 59105 (HTTP 400) below the least leverage there is."""
    lowest = _LOWEST_MARGIN if is_margin(instrument) else _LOWEST
    if lever > Decimal(instrument.lever or 1):
        raise Refusal("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    if lever < lowest:
        text = f"Leverage can't be less than {plain(lowest)}. Please increase the leverage."
        raise Refusal("59105", text, http_status=400)


def governed_legs(account: Account, instrument: SimInstrument, mode: str, side: str) -> list[Leg]:
    """Positions, flat ones too, that a setting belongs to."""
    family = mode == "cross" and instrument.inst_type == "FUTURES"
    return [
        leg
        for leg in account.legs.values()
        if leg.mgn_mode == mode
        and (mode == "cross" or leg.pos_side == side)
        and leg.instrument.inst_type == instrument.inst_type
        and (
            leg.instrument.inst_family == instrument.inst_family
            if family
            else leg.instrument.inst_id == instrument.inst_id
        )
    ]


@exact
def apply_leverage(account: Account, instrument: SimInstrument, mode: str, side: str, lever: Decimal) -> None:
    """
    Change the setting and the positions it governs; nothing changes where it is refused.

    Raises 59101 and 59107 while orders of that scope rest, 59102 where a position is too large for the new leverage,
    59103 where an isolated position needs more margin than there is, 59108 where a cross one does.
    """
    legs = governed_legs(account, instrument, mode, side)
    if lever == account.leverage(instrument, mode, side) and all(leg.lever == lever for leg in legs):
        return
    _check_pending(account, instrument, mode, side)
    if any(leg.contracts and tier_of(instrument, abs(leg.contracts)).max_lever < lever for leg in legs):
        raise Refusal("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    changes = [money(leg.margin * leg.lever / lever) - leg.margin for leg in legs]
    _check_funds(account, mode, legs, changes, lever)
    account.keep_leverage(instrument, mode, side, lever)
    for leg, change in zip(legs, changes, strict=True):
        kept = account.keep_leg(replace(leg, lever=lever), "set_leverage")
        if change:
            move_margin(account, kept, change, ADDED_BY_HAND if change > 0 else REDUCED_BY_HAND, "set_leverage")


def _check_pending(account: Account, instrument: SimInstrument, mode: str, side: str) -> None:
    """Isolated orders and those of MARGIN pairs must be gone first; cross contracts are only measured anew."""
    waiting = any(
        order.request.td_mode == mode and (order.request.pos_side or "net") == side
        for order in account.orders.open_of(instrument.inst_id)
    )
    if not waiting:
        return
    change = "before adjusting the leverage."
    if mode == "isolated":
        text = f"Leverage can't be modified. Please cancel all pending isolated margin orders {change}"
        raise Refusal("59101", text)
    if is_margin(instrument):
        text = f"Leverage can't be modified. Please cancel all pending cross-margin orders {change}"
        raise Refusal("59107", text)


def _check_funds(account: Account, mode: str, legs: list[Leg], changes: list[Decimal], lever: Decimal) -> None:
    needed: dict[str, Decimal] = {}
    for leg, change in zip(legs, changes, strict=True):
        more = change
        if mode == "cross" and leg.contracts:
            initial = leg_needs(account, leg, account.market.mark(leg.instrument.inst_id)).initial
            more = initial * leg.lever / lever - initial
        needed[leg.ccy] = needed.get(leg.ccy, ZERO) + more
    if pools_margin(account) and mode == "cross":
        dollars = sum((more * account.market.usd(ccy) for ccy, more in needed.items()), ZERO)
        short = dollars > account_state(account).available
    else:
        short = any(more > max(currency_state(account, ccy).available, ZERO) for ccy, more in needed.items())
    if not short:
        return
    if mode == "isolated":
        text = "Account margin is insufficient and leverage is too low. Please increase the leverage."
        raise Refusal("59103", text)
    text = "Your account leverage is too low and has insufficient margins. Please increase the leverage."
    raise Refusal("59108", text)
