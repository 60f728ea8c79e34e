"""The account endpoints of risk: positions and equity together, risk state, greeks, portfolio margin's limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, money, plain
from dualwitness.venues.sim.engine.asked import chosen, names, required, top_level
from dualwitness.venues.sim.engine.balances import account_state, currencies, currency_state, leg_needs
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.margin_leg import held_currency
from dualwitness.venues.sim.engine.margin_value import held_amount
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.tiers import tiers_of

__all__ = [
    "MANY",
    "ONE",
    "get_account_position_risk",
    "get_bill_subtypes",
    "get_greeks",
    "get_position_tiers",
    "get_risk_state",
]

Row = dict[str, object]
Rows = list[Row]

_POSITION_TYPES = ("MARGIN", "SWAP", "FUTURES", "OPTION")
_GREEKS = ("deltaBS", "deltaPA", "gammaBS", "gammaPA", "thetaBS", "thetaPA", "vegaBS", "vegaPA")
# The bill types and subTypes this venue writes, in OKX's words.
_BILL_TYPES = {
    "1": ("Transfer", {"11": "Transfer in", "12": "Transfer out"}),
    "2": (
        "Trade",
        {"1": "Buy", "2": "Sell", "3": "Open long", "4": "Open short", "5": "Close long", "6": "Close short"},
    ),
    "3": ("Delivery", {"112": "Delivery long", "113": "Delivery short"}),
    "5": (
        "Liquidation",
        {"104": "Liquidation long", "105": "Liquidation short", "106": "Liquidation buy", "107": "Liquidation sell"},
    ),
    "6": (
        "Margin transfer",
        {
            "160": "Manual margin increase",
            "161": "Manual margin decrease",
            "332": "Margin transfer in isolated margin position",
            "333": "Margin transfer out isolated margin position",
        },
    ),
    "7": ("Interest deduction", {"9": "Interest deduction for Market loans"}),
    "8": ("Funding fee", {"173": "Funding fee expense", "174": "Funding fee income"}),
    "9": ("ADL", {"125": "ADL close long", "126": "ADL close short", "127": "ADL buy", "128": "ADL sell"}),
    "16": ("Borrow", {"306": "Manual borrow", "307": "Auto borrow"}),
    "22": ("Repay", {"308": "Manual repay", "309": "Auto repay"}),
}


def get_account_position_risk(account: Account, params: Params) -> Rows:
    """GET account/account-position-risk: equity and positions of one moment together."""
    inst_type = chosen(params, "instType", _POSITION_TYPES) if text(params, "instType") else ""
    pooled = account.account_level in ("3", "4")
    balances: Rows = []
    for ccy in currencies(account):
        state = currency_state(account, ccy)
        counted = ccy not in account.settings.no_collateral
        worth = state.equity * account.market.usd(ccy) if counted else ZERO
        balances.append({"ccy": ccy, "disEq": plain(money(worth)) if pooled else "", "eq": plain(state.equity)})
    legs = [leg for leg in account.open_legs() if inst_type in ("", leg.instrument.inst_type)]
    return [
        {
            "adjEq": plain(money(account_state(account).adjusted)) if pooled else "",
            "balData": balances,
            "posData": [_risk_row(account, leg) for leg in legs],
            "ts": str(account.clock.now_ms()),
        }
    ]


def _risk_row(account: Account, leg: Leg) -> Row:
    margin = leg.instrument.inst_type == "MARGIN"
    worth = leg_needs(account, leg, account.market.mark(leg.instrument.inst_id)).worth
    held = abs(leg.contracts) if leg.pos_side != "net" else leg.contracts
    return {
        "baseBal": "",
        "ccy": leg.ccy,
        "instId": leg.instrument.inst_id,
        "instType": leg.instrument.inst_type,
        "mgnMode": "isolated" if leg.mgn_mode == "cash" else leg.mgn_mode,
        "notionalCcy": plain(money(worth)),
        "notionalUsd": plain(money(worth * account.market.usd(leg.ccy))),
        "pos": plain(held_amount(leg) if margin else held),
        "posCcy": held_currency(leg) if margin else "",
        "posId": leg.pos_id,
        "posSide": leg.pos_side,
        "quoteBal": "",
    }


def get_risk_state(account: Account, _params: Params) -> Rows:
    """GET account/risk-state: portfolio margin with auto-borrow only (51010 elsewhere)."""
    if account.account_level != "4":
        raise top_level(refusals.account_mode())
    whole = account_state(account)
    at_risk = whole.adjusted < whole.initial
    return [{"atRisk": at_risk, "atRiskIdx": [], "atRiskMgn": [], "ts": str(account.clock.now_ms())}]


def get_greeks(account: Account, params: Params) -> Rows:
    """GET account/greeks: one row a currency; the venue computes no greeks, so they stay blank as OKX's own sample."""
    asked = names(params, "ccy", 20)
    now_ms = str(account.clock.now_ms())
    listed = asked or tuple(ccy for ccy in currencies(account) if account.cash.get(ccy))
    return [dict(sorted({**dict.fromkeys(_GREEKS, ""), "ccy": ccy, "ts": now_ms}.items())) for ccy in listed]


def get_position_tiers(account: Account, params: Params) -> Rows:
    """GET account/position-tiers: the largest cross position in portfolio margin (51010 elsewhere)."""
    inst_type = chosen(params, "instType", ("SWAP", "FUTURES", "OPTION"))
    if not text(params, "instFamily"):
        required(params, "uly" if text(params, "uly") else "instFamily")
    families = names(params, "instFamily", 5) or names(params, "uly", 5)
    if account.account_level != "4":
        raise top_level(refusals.account_mode())
    rows: Rows = []
    for family in families:
        found = [one for one in account.table if one.inst_type == inst_type and one.inst_family == family]
        if not found:
            raise refusals.bad_parameter("instFamily")
        rows.append(
            {
                "instFamily": family,
                "maxSz": plain(max(tiers_of(one)[-1].max_sz for one in found)),
                "posType": "1" if inst_type == "OPTION" else "",
                "uly": found[0].uly,
            }
        )
    return rows


def get_bill_subtypes(_account: Account, params: Params) -> Rows:
    """GET account/subtypes: the bill types the venue writes and their subTypes."""
    asked = names(params, "type", 50)
    return [
        {
            "subTypeDetails": [{"subType": number, "subTypeDesc": words} for number, words in details.items()],
            "type": kind,
            "typeDesc": name,
        }
        for kind, (name, details) in _BILL_TYPES.items()
        if not asked or kind in asked
    ]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/account-position-risk"): get_account_position_risk,
    ("GET", "account/greeks"): get_greeks,
    ("GET", "account/position-tiers"): get_position_tiers,
    ("GET", "account/risk-state"): get_risk_state,
    ("GET", "account/subtypes"): get_bill_subtypes,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
