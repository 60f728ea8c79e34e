"""
Switching the account level: what stands against it, and what it does.

Without a preset for that level the answer to any position or order is the recorded 59000; with one, a switch with
positions is judged by the precheck's own rules (OKX docs v5, set-account-switch-precheck).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.balances import currencies, currency_state
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.leverage import governed_legs
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.tiers import tier_of

__all__ = ["BUSY", "cross_contracts", "largest_leverage", "switch_level", "unmatched"]

# Recorded for set-account-level and set-position-mode alike.
BUSY = "Setting failed. Cancel any open orders, close positions, and stop trading bots first."


def cross_contracts(account: Account) -> list[Leg]:
    """Open cross positions of swaps and futures: the ones whose leverage a switch out of portfolio margin sets."""
    return [leg for leg in account.open_legs() if not leg.isolated and leg.instrument.inst_type in ("SWAP", "FUTURES")]


def largest_leverage(legs: list[Leg]) -> Decimal:
    """The leverage that every one of these positions may have at its size."""
    return min((tier_of(leg.instrument, abs(leg.contracts)).max_lever for leg in legs), default=Decimal(1))


def unmatched(account: Account, level: str) -> list[tuple[str, list[str]]]:
    """What a switch to ``level`` does not carry over: OKX's type and the posIds."""
    found: list[tuple[str, list[str]]] = []
    legs = list(account.open_legs())
    if any(account.open_orders()):
        found.append(("pending_orders", []))
    if any(account.algos.open_algos()):
        found.append(("pending_algos", []))
    if any(currency_state(account, ccy).liability for ccy in currencies(account)):
        found.append(("repay_borrowings", []))
    if level == "1" and legs:
        found.append(("all_positions", [leg.pos_id for leg in legs]))
        return found
    borrowed = [leg.pos_id for leg in legs if leg.instrument.inst_type == "MARGIN"]
    if borrowed and level != "2":
        found.append(("cross_margin", borrowed))
    sided = [leg.pos_id for leg in legs if leg.pos_side != "net"]
    if sided and level == "4":
        found.append(("contract_long_short", sided))
    isolated = [leg.pos_id for leg in legs if leg.isolated and leg.instrument.inst_type != "MARGIN"]
    if isolated and level not in account.settings.isolated_levels:
        found.append(("isolated_contract", isolated))
    return found


def switch_level(account: Account, level: str) -> None:
    """Switch, or raise 59000, 59001, 59132, 59134, 59136, 59137; flat positions get new posIds."""
    if level == account.account_level:
        return
    busy = any(account.open_legs()) or any(account.open_orders())
    if busy and account.settings.preset_level != level:
        raise Refusal("59000", BUSY)
    _check(account, level)
    lever = account.settings.preset_lever
    if account.account_level == "4" and lever:
        for leg in cross_contracts(account):
            account.keep_leverage(leg.instrument, "cross", "net", Decimal(lever))
            for one in governed_legs(account, leg.instrument, "cross", "net"):
                account.keep_leg(replace(one, lever=Decimal(lever)), "set_leverage")
    account.switch_level(level)
    account.settings.preset_level = account.settings.preset_lever = ""


def _check(account: Account, level: str) -> None:
    types = {kind for kind, _ in unmatched(account, level)}
    if types & {"pending_orders", "pending_algos"}:
        text = (
            "Unable to switch. Please close or cancel all open orders and refer to the pre-check endpoint to stop any"
        )
        raise Refusal("59132", f"{text} incompatible bots.")
    if "repay_borrowings" in types:
        raise Refusal("59001", "Switching unavailable as you have borrowings.")
    if types:
        raise Refusal(
            "59134", "Unable to switch. Refer to the pre-check endpoint and close any incompatible positions."
        )
    legs = cross_contracts(account)
    if account.account_level != "4" or not legs:
        return
    lever, most = account.settings.preset_lever, largest_leverage(legs)
    if not lever:
        raise Refusal(
            "59136", "Unable to switch. Pre-set leverage for all cross margin contract positions then try again."
        )
    if Decimal(lever) > most:
        text = f"Lower leverage to {most:f} or below for all cross margin contract positions and try again."
        raise Refusal("59137", text)
