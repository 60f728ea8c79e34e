"""The endpoints that switch the account level: preset, precheck, switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.account_mode import cross_contracts, largest_leverage, switch_level, unmatched
from dualwitness.venues.sim.engine.amounts import ZERO, money, parsed, plain, ratio
from dualwitness.venues.sim.engine.asked import chosen, required
from dualwitness.venues.sim.engine.balances import account_state, currencies, currency_state
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.tiers import tiers_of

__all__ = ["MANY", "ONE", "get_precheck", "post_preset", "post_set_account_level"]

Rows = list[dict[str, object]]

_LEVELS = ("1", "2", "3", "4")


def post_set_account_level(account: Account, params: Params) -> Rows:
    """POST account/set-account-level; raises 50014, 51000 and what `account_mode.switch_level` refuses."""
    switch_level(account, chosen(params, "acctLv", _LEVELS))
    return [{"acctLv": account.account_level}]


def post_preset(account: Account, params: Params) -> Rows:
    """POST account/account-level-switch-preset; out of portfolio margin with cross contracts ``lever`` is required."""
    level = chosen(params, "acctLv", _LEVELS[1:])
    lever = parsed(text(params, "lever")) if text(params, "lever") else None
    if account.account_level == "4" and level != "4" and cross_contracts(account):
        required(params, "lever")
        if not lever or lever > largest_leverage(cross_contracts(account)):
            raise refusals.bad_parameter("lever")
    account.settings.preset_level = level
    account.settings.preset_lever = "" if lever is None else plain(lever)
    return [
        {
            "acctLv": level,
            "curAcctLv": account.account_level,
            "lever": account.settings.preset_lever,
            "riskOffsetType": "",
        }
    ]


def get_precheck(account: Account, params: Params) -> Rows:
    """GET account/set-account-switch-precheck: sCode 0 fine, 1 unmatched, 3 leverage not preset, 4 tier too small."""
    level = chosen(params, "acctLv", _LEVELS)
    found = unmatched(account, level)
    legs = cross_contracts(account) if account.account_level == "4" and level in ("2", "3") else []
    lever = account.settings.preset_lever if account.settings.preset_level == level else ""
    failing = [leg for leg in legs if lever and Decimal(lever) > largest_leverage([leg])]
    code = "1" if found else "3" if legs and not lever else "4" if failing else "0"
    margins = code in ("0", "4")
    return [
        {
            "acctLv": level,
            "curAcctLv": account.account_level,
            "mgnAft": _margin(account, level) if margins else None,
            "mgnBf": _margin(account, account.account_level) if margins else None,
            "posList": [{"lever": lever or plain(leg.lever), "posId": leg.pos_id} for leg in legs if not found],
            "posTierCheck": [_tier_row(leg, lever) for leg in failing] if code == "4" else [],
            "riskOffsetType": "",
            "sCode": code,
            "unmatchedInfoCheck": [{"posList": ids, "totalAsset": "", "type": kind} for kind, ids in found],
        }
    ]


def _margin(account: Account, level: str) -> dict[str, object]:
    """What stands behind the positions in that account level."""
    if level in ("3", "4"):
        whole = account_state(account)
        return {
            "acctAvailEq": plain(money(whole.available)),
            "details": [],
            "mgnRatio": plain(ratio(whole.adjusted / whole.maintenance)) if whole.maintenance else "",
        }
    details: list[dict[str, object]] = []
    for ccy in currencies(account) if level == "2" else ():
        state = currency_state(account, ccy)
        needed = state.maintenance + state.closing_fees
        details.append(
            {
                "availEq": plain(state.available),
                "ccy": ccy,
                "mgnRatio": plain(ratio((state.cash + state.upl) / needed)) if needed else "",
            }
        )
    return {"acctAvailEq": "", "details": details, "mgnRatio": ""}


def _tier_row(leg: Leg, lever: str) -> dict[str, object]:
    return {
        "instFamily": leg.instrument.inst_family,
        "instType": leg.instrument.inst_type,
        "lever": lever,
        "maxSz": plain(
            max((tier.max_sz for tier in tiers_of(leg.instrument) if tier.max_lever >= Decimal(lever)), default=ZERO)
        ),
        "pos": plain(leg.contracts),
    }


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/set-account-switch-precheck"): get_precheck,
    ("POST", "account/account-level-switch-preset"): post_preset,
    ("POST", "account/set-account-level"): post_set_account_level,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
