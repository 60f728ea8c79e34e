"""Every method of python-okx's AccountAPI works against the venue, or is refused as OKX would and listed as such."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from okx.Account import AccountAPI

from dualwitness.venues.sim.auth import DEMO_CREDENTIALS
from dualwitness.venues.sim.server import ServedVenue
from dualwitness.venues.sim.unsupported import UNSUPPORTED
from tests.support.venue import served

# python-okx hands its body to httpx under a name that httpx is going to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

_SWAP, _PAIR = {"instId": "BTC-USDT-SWAP"}, {"instId": "BTC-USDT"}
_FIXED = {"ordId": "1"}

# What each method is called with on the scenario ``margin`` (futures mode, net mode).
_CALLS: dict[str, dict[str, Any]] = {
    "activate_option": {},
    "adjustment_margin": _PAIR | {"posSide": "net", "type": "add", "amt": "1"},
    "amend_fix_loan_borrowing_order": _FIXED,
    "apply_bills": {"year": "2026", "quarter": "Q1"},
    "borrow_repay": {"ccy": "BTC", "side": "borrow", "amt": "1", "ordId": "1"},
    "fix_loan_manual_reborrow": _FIXED,
    "get_VIP_interest_accrued_data": {},
    "get_VIP_interest_deducted_data": {},
    "get_VIP_loan_order_detail": {},
    "get_VIP_loan_order_list": {},
    "get_account_balance": {},
    "get_account_bills": {},
    "get_account_bills_archive": {"instType": "MARGIN", "type": "2"},
    "get_account_config": {},
    "get_account_position_risk": {},
    "get_account_position_tiers": {"instType": "SWAP", "instFamily": "BTC-USDT"},
    "get_bill_type": {},
    "get_borrow_repay_history": {},
    "get_fee_rates": {"instType": "SWAP", "groupId": "4"},
    "get_fix_loan_borrowing_limit": {},
    "get_fix_loan_borrowing_orders_list": {},
    "get_fix_loan_borrowing_quote": {},
    "get_glp_historical_performance": {"program": "1"},
    "get_glp_today_performance": {},
    "get_greeks": {},
    "get_instruments": {"instType": "SWAP"},
    "get_interest_accrued": {},
    "get_interest_limits": {},
    "get_interest_rate": {},
    "get_leverage": _SWAP | {"mgnMode": "cross"},
    "get_max_avail_size": _PAIR | {"tdMode": "cash"},
    "get_max_loan": _PAIR | {"mgnMode": "isolated"},
    "get_max_order_size": _SWAP | {"tdMode": "cross"},
    "get_max_withdrawal": {},
    "get_position_risk": {},
    "get_positions": {},
    "get_positions_history": {},
    "get_simulated_margin": {},
    "place_fix_loan_borrowing_order": {},
    "position_builder": {},
    "precheck_set_delta_neutral": {"stgyType": "1"},
    "repay_fix_loan_borrowing_order": _FIXED,
    "set_account_level": {"acctLv": "2"},
    "set_auto_earn": {"ccy": "BTC", "action": "turn_on"},
    "set_auto_loan": {"autoLoan": True},
    "set_auto_repay": {"autoRepay": True},
    "set_greeks": {"greeksType": "PA"},
    "set_isolated_mode": {"isoMode": "automatic", "type": "MARGIN"},
    "set_leverage": _SWAP | {"lever": "5", "mgnMode": "cross"},
    "set_position_mode": {"posMode": "net_mode"},
    "set_risk_offset_typel": {"type": "1"},
    "set_trading_config": {"type": "stgyType", "stgyType": "0"},
    "spot_borrow_repay_history": {},
    "spot_manual_borrow_repay": {"ccy": "USDT", "side": "borrow", "amt": "1"},
}
# Endpoints of other account modes answer OKX's own refusal in futures mode.
_OTHER_MODE = {
    "get_account_position_risk": "51010",
    "get_account_position_tiers": "51010",
    "set_auto_loan": "54001",
    "set_auto_repay": "51010",
    "spot_manual_borrow_repay": "51010",
}
_EMPTY = {"get_interest_accrued", "spot_borrow_repay_history"}


def methods() -> list[str]:
    """Every method that the class itself defines."""
    return [
        method
        for method, function in inspect.getmembers(AccountAPI, inspect.isfunction)
        if function.__qualname__.startswith("AccountAPI.") and not method.startswith("_")
    ]


@pytest.fixture(scope="module")
def running() -> Iterator[ServedVenue]:
    """One venue on loopback for all methods."""
    with served("margin") as venue:
        yield venue


def test_no_method_of_the_account_api_is_forgotten() -> None:
    """The table above names exactly what the installed library has."""
    assert sorted(_CALLS) == sorted(methods())


@pytest.mark.parametrize("name", methods())
def test_account_method_works_or_is_refused_as_listed(running: ServedVenue, name: str) -> None:
    """Code 0 with rows, the refusal of another account mode, or the code that stands in ``UNSUPPORTED``."""
    key = DEMO_CREDENTIALS
    with AccountAPI(key.api_key, key.api_secret, key.passphrase, flag="1", domain=running.base_url) as api:
        paths: list[str] = []
        api.event_hooks["request"].append(lambda request: paths.append(request.url.path))
        answer: dict[str, Any] = getattr(api, name)(**_CALLS[name])
    listed = UNSUPPORTED.get(paths[0])
    wanted = _OTHER_MODE.get(name, "0") if listed is None else listed.code
    assert str(answer["code"]) == wanted, answer
    if wanted == "0":
        assert bool(answer["data"]) == (name not in _EMPTY)
