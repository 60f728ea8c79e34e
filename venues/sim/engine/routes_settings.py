"""The settings endpoints: position mode, greeks, isolated modes, borrowing, fee type, collateral."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.account_mode import BUSY
from dualwitness.venues.sim.engine.asked import chosen, flag, names, required, top_level
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_collateral_assets",
    "post_activate_option",
    "post_set_auto_loan",
    "post_set_auto_repay",
    "post_set_collateral_assets",
    "post_set_fee_type",
    "post_set_greeks",
    "post_set_isolated_mode",
    "post_set_position_mode",
    "post_set_trading_config",
]

Rows = list[dict[str, object]]


def _busy(account: Account) -> bool:
    return any(account.open_legs()) or any(account.open_orders())


def post_set_position_mode(account: Account, params: Params) -> Rows:
    """
    POST account/set-position-mode; raises 59000 (recorded text) while positions or orders exist, 51000.

    Portfolio margin only knows net mode: 51041.
    """
    mode = chosen(params, "posMode", ("net_mode", "long_short_mode"))
    if account.account_level == "4" and mode != "net_mode":
        raise top_level(refusals.net_mode_only())
    if _busy(account) and mode != account.position_mode:
        raise Refusal("59000", BUSY)
    account.set_position_mode(mode)
    return [{"posMode": account.position_mode}]


def post_set_greeks(account: Account, params: Params) -> Rows:
    """POST account/set-greeks."""
    account.settings.greeks_type = chosen(params, "greeksType", ("PA", "BS"))
    return [{"greeksType": account.settings.greeks_type}]


def post_set_isolated_mode(account: Account, params: Params) -> Rows:
    """POST account/set-isolated-mode; raises 59000 while positions or orders exist (OKX docs v5)."""
    kind = chosen(params, "type", ("MARGIN", "CONTRACTS"))
    modes = ("automatic", "auto_transfers_ccy") if kind == "MARGIN" else ("automatic",)
    mode = chosen(params, "isoMode", modes)
    current = account.settings.margin_isolated_mode if kind == "MARGIN" else account.settings.contract_isolated_mode
    if mode != current and _busy(account):
        raise Refusal("59000", BUSY)
    if kind == "MARGIN":
        account.settings.margin_isolated_mode = mode
    else:
        account.settings.contract_isolated_mode = mode
    return [{"isoMode": mode}]


def post_set_auto_loan(account: Account, params: Params) -> Rows:
    """POST account/set-auto-loan; raises 54001 outside multi-currency and portfolio margin, 59001 while borrowing."""
    wanted = flag(params, "autoLoan", "true")
    if account.account_level not in ("3", "4"):
        raise Refusal("54001", "Only Multi-currency margin account can be set to borrow coins automatically.")
    if not wanted and any(cash < 0 for cash in account.cash.values()):
        raise Refusal("59001", "Switching unavailable as you have borrowings.")
    account.settings.auto_loan = wanted
    account.version += 1
    return [{"autoLoan": wanted}]


def post_set_auto_repay(account: Account, params: Params) -> Rows:
    """POST account/set-auto-repay; only spot mode with borrowing has it (51010)."""
    wanted = flag(params, "autoRepay")
    if account.account_level != "1" or not account.settings.spot_borrow:
        raise top_level(refusals.account_mode())
    account.settings.auto_repay = wanted
    return [{"autoRepay": wanted}]


def post_set_fee_type(account: Account, params: Params) -> Rows:
    """POST account/set-fee-type; raises 59678 while spot orders rest."""
    wanted = chosen(params, "feeType", ("0", "1"))
    resting = any(order.instrument.inst_type == "SPOT" for order in account.open_orders())
    if wanted != account.settings.fee_type and resting:
        raise Refusal("59678", "Switch failed. Please cancel all existing spot orders and try again.")
    account.settings.fee_type = wanted
    return [{"feeType": wanted}]


def post_activate_option(account: Account, _params: Params) -> Rows:
    """POST account/activate-option: options need no activation here."""
    return [{"ts": str(account.clock.now_ms())}]


def post_set_trading_config(account: Account, params: Params) -> Rows:
    """POST account/set-trading-config; the delta neutral strategy is refused as OKX refuses it here: 59520, 59519."""
    chosen(params, "type", ("stgyType",))
    if chosen(params, "stgyType", ("0", "1")) == "1":
        if account.account_level in ("1", "2"):
            raise Refusal("59520", "You can’t use delta neutral strategy in spot or futures mode.")
        raise Refusal("59519", "You must be VIP 1 or above to use delta netural strategy.")
    return [{"stgyType": account.settings.strategy_type, "type": "stgyType"}]


def _lent(account: Account) -> list[str]:
    return sorted({ccy for pair in account.margin_pairs.values() for ccy in (pair.base_ccy, pair.quote_ccy)})


def post_set_collateral_assets(account: Account, params: Params) -> Rows:
    """POST account/set-collateral-assets; raises 50014, 51000, 59664 for a currency that is borrowed."""
    kind, wanted = chosen(params, "type", ("all", "custom")), flag(params, "collateralEnabled")
    listed: list[str] = _lent(account)
    if kind == "custom":
        required(params, "ccyList")
        asked: object = params.get("ccyList")
        listed = [str(ccy) for ccy in asked] if isinstance(asked, list) else list(names(params, "ccyList", 100))
    borrowed = [ccy for ccy in listed if account.cash.get(ccy, 0) < 0]
    if not wanted and borrowed:
        raise Refusal("59664", f"Failed to apply settings because you have borrowings in {borrowed[0]}.")
    if wanted:
        account.settings.no_collateral.difference_update(listed)
    else:
        account.settings.no_collateral.update(listed)
    account.version += 1
    return [{"ccyList": listed, "collateralEnabled": wanted, "type": kind}]


def get_collateral_assets(account: Account, params: Params) -> Rows:
    """GET account/collateral-assets."""
    asked = names(params, "ccy", 20)
    rows: Rows = [
        {"ccy": ccy, "collateralEnabled": ccy not in account.settings.no_collateral} for ccy in asked or _lent(account)
    ]
    if not text(params, "collateralEnabled"):
        return rows
    wanted = flag(params, "collateralEnabled")
    return [row for row in rows if row["collateralEnabled"] is wanted]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/collateral-assets"): get_collateral_assets,
    ("POST", "account/activate-option"): post_activate_option,
    ("POST", "account/set-auto-loan"): post_set_auto_loan,
    ("POST", "account/set-auto-repay"): post_set_auto_repay,
    ("POST", "account/set-collateral-assets"): post_set_collateral_assets,
    ("POST", "account/set-fee-type"): post_set_fee_type,
    ("POST", "account/set-greeks"): post_set_greeks,
    ("POST", "account/set-isolated-mode"): post_set_isolated_mode,
    ("POST", "account/set-position-mode"): post_set_position_mode,
    ("POST", "account/set-trading-config"): post_set_trading_config,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
