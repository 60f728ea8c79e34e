"""Every REST method of python-okx for the account and for trading works, or is refused as OKX would refuse it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from okx.Account import AccountAPI
from okx.Trade import TradeAPI

from dualwitness.venues.sim.server import ServedVenue
from dualwitness.venues.sim.unsupported import UNSUPPORTED
from tests.support.venue import served

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
Arguments = dict[str, Any]
PAIR, SWAP = "BTC-USDT", "BTC-USDT-SWAP"


@dataclass
class Trader:
    """A user of python-okx: remembers which path each call went to."""

    venue: ServedVenue
    account: AccountAPI
    trade: TradeAPI
    paths: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note the path of every request from here on."""
        for api in (self.account, self.trade):
            api._request = partial(self._noted, api._request)

    def _noted(self, send: Callable[..., Any], method: str, path: str, params: object) -> Any:
        self.paths.append(path)
        return send(method, path, params)

    def price(self, inst_id: str, part: str) -> str:
        """A price at ``part`` of the last one, on a tick that every instrument here has."""
        return str((self.venue.venue.market.last(inst_id) * Decimal(part)).quantize(Decimal(1)))

    def resting(self, inst_id: str = PAIR) -> str:
        """The id of a fresh buy order that waits below the market."""
        mode, size = ("cash", "0.01") if inst_id == PAIR else ("cross", "1")
        answer = self.trade.place_order(inst_id, mode, "buy", "limit", size, px=self.price(inst_id, "0.985"))
        assert answer["code"] == "0", answer
        return str(answer["data"][0]["ordId"])

    def algo(self) -> str:
        """The id of a fresh order that waits for a price."""
        answer = self.trade.place_algo_order(**trigger(self))
        assert answer["code"] == "0", answer
        return str(answer["data"][0]["algoId"])


def trigger(trader: Trader) -> Arguments:
    """Arguments of a conditional buy."""
    return {
        "instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "orderPx": "-1",
        "triggerPx": trader.price(SWAP, "0.98"),
    }  # fmt: skip


def limit_order(trader: Trader) -> Arguments:
    """Arguments of an order that rests."""
    return {"instId": PAIR, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01",
            "px": trader.price(PAIR, "0.985")}  # fmt: skip


def always(**arguments: Any) -> Callable[[Trader], Arguments]:
    """The same arguments whoever asks."""
    return lambda _trader: arguments


ACCOUNT: dict[str, Callable[[Trader], Arguments]] = {
    "activate_option": always(),
    "adjustment_margin": always(instId="SOL-USDT-SWAP", posSide="net", type="add", amt="1"),
    "amend_fix_loan_borrowing_order": always(ordId="1", reborrow=True, renewMaxRate="0.1"),
    "apply_bills": always(year="2026", quarter="Q1"),
    "borrow_repay": always(ccy="USDT", side="borrow", amt="1"),
    "fix_loan_manual_reborrow": always(ordId="1", maxRate="0.1"),
    "get_VIP_interest_accrued_data": always(),
    "get_VIP_interest_deducted_data": always(),
    "get_VIP_loan_order_detail": always(ordId="1"),
    "get_VIP_loan_order_list": always(),
    "get_account_balance": always(ccy="USDT,BTC"),
    "get_account_bills": always(instType="SWAP"),
    "get_account_bills_archive": always(type="2"),
    "get_account_config": always(),
    "get_account_position_risk": always(),
    "get_account_position_tiers": always(instType="SWAP", uly="BTC-USDT"),
    "get_bill_type": always(),
    "get_borrow_repay_history": always(),
    "get_fee_rates": always(instType="SPOT", instId=PAIR),
    "get_fix_loan_borrowing_limit": always(),
    "get_fix_loan_borrowing_orders_list": always(),
    "get_fix_loan_borrowing_quote": always(type="normal", ccy="USDT", amt="100", maxRate="0.1", term="30D"),
    "get_glp_historical_performance": always(program="spot"),
    "get_glp_today_performance": always(),
    "get_greeks": always(),
    "get_instruments": always(instType="SWAP"),
    "get_interest_accrued": always(),
    "get_interest_limits": always(),
    "get_interest_rate": always(ccy="USDT"),
    "get_leverage": always(mgnMode="cross", instId=SWAP),
    "get_max_avail_size": always(instId=PAIR, tdMode="cash"),
    "get_max_loan": always(instId=PAIR, mgnMode="cross", mgnCcy="USDT"),
    "get_max_order_size": always(instId=SWAP, tdMode="cross"),
    "get_max_withdrawal": always(ccy="USDT"),
    "get_position_risk": always(),
    "get_positions": always(instType="SWAP"),
    "get_positions_history": always(instType="SWAP"),
    "get_simulated_margin": always(instType="SWAP", inclRealPos=True),
    "place_fix_loan_borrowing_order": always(ccy="USDT", amt="100", maxRate="0.1", term="30D"),
    "position_builder": always(inclRealPosAndEq=True),
    "precheck_set_delta_neutral": always(stgyType="1"),
    "repay_fix_loan_borrowing_order": always(ordId="1"),
    "set_account_level": always(acctLv="2"),
    "set_auto_earn": always(ccy="USDT", action="turn_on"),
    "set_auto_loan": always(autoLoan=True),
    "set_auto_repay": always(autoRepay=True),
    "set_greeks": always(greeksType="PA"),
    "set_isolated_mode": always(isoMode="automatic", type="CONTRACTS"),
    "set_leverage": always(lever="5", mgnMode="cross", instId=SWAP),
    "set_position_mode": always(posMode="long_short_mode"),
    "set_risk_offset_typel": always(type="1"),
    "set_trading_config": always(type="stgyType", stgyType="0"),
    "spot_borrow_repay_history": always(),
    "spot_manual_borrow_repay": always(ccy="USDT", side="borrow", amt="1"),
}
TRADE: dict[str, Callable[[Trader], Arguments]] = {
    "amend_algo_order": lambda trader: {"instId": SWAP, "algoId": trader.algo(), "newSz": "2"},
    "amend_multiple_orders": lambda trader: {
        "orders_data": [{"instId": PAIR, "ordId": trader.resting(), "newSz": "0.02"}]
    },
    "amend_order": lambda trader: {"instId": PAIR, "ordId": trader.resting(), "newSz": "0.02"},
    "cancel_algo_order": lambda trader: {"orders_data": [{"instId": SWAP, "algoId": trader.algo()}]},
    "cancel_multiple_orders": lambda trader: {
        "orders_data": [{"instId": PAIR, "ordId": trader.resting()}, {"instId": SWAP, "ordId": trader.resting(SWAP)}]
    },
    "cancel_order": lambda trader: {"instId": PAIR, "ordId": trader.resting()},
    "close_positions": always(instId="SOL-USDT-SWAP", mgnMode="isolated"),
    "easy_convert": always(fromCcy=["BTC"], toCcy="USDT"),
    "get_algo_order_details": lambda trader: {"algoId": trader.algo()},
    "get_easy_convert_currency_list": always(),
    "get_easy_convert_history": always(),
    "get_fills": always(instType="SWAP"),
    "get_fills_history": always(instType="SPOT"),
    "get_oneclick_repay_list": always(debtType="cross"),
    "get_oneclick_repay_list_v2": always(),
    "get_order": lambda trader: {"instId": PAIR, "ordId": trader.resting()},
    "get_order_list": always(instType="SPOT"),
    "get_orders_history": always(instType="SWAP"),
    "get_orders_history_archive": always(instType="SWAP"),
    "oneclick_repay": always(debtCcy=["ETH"], repayCcy="USDT"),
    "oneclick_repay_history": always(),
    "oneclick_repay_history_v2": always(),
    "oneclick_repay_v2": always(debtCcy="ETH", repayCcyList=["USDT"]),
    "order_algos_history": always(ordType="trigger", state="canceled"),
    "order_algos_list": always(ordType="trigger"),
    "place_algo_order": trigger,
    "place_multiple_orders": lambda trader: {"orders_data": [limit_order(trader), limit_order(trader)]},
    "place_order": limit_order,
}
# What OKX refuses while there are positions or orders.
FLAT = {"set_position_mode", "set_account_level", "set_isolated_mode"}
# What OKX knows in one account mode only: portfolio margin, multi-currency margin, spot.
LEVELS = {
    "get_account_position_risk": "4",
    "get_account_position_tiers": "4",
    "set_auto_loan": "3",
    "set_auto_repay": "1",
    "spot_manual_borrow_repay": "1",
}
METHODS = [("account", name) for name in sorted(ACCOUNT)] + [("trade", name) for name in sorted(TRADE)]


@contextlib.contextmanager
def trader_at(scenario: str) -> Iterator[Trader]:
    """A trader at a fresh venue; both connections are closed afterwards."""
    with served(scenario) as venue, contextlib.ExitStack() as stack:
        keys = ("sim-key", "sim-secret", "sim-passphrase", None, "1")
        account = stack.enter_context(AccountAPI(*keys, domain=venue.base_url))
        trade = stack.enter_context(TradeAPI(*keys, domain=venue.base_url))
        yield Trader(venue, account, trade)


@pytest.fixture(scope="module")
def busy() -> Iterator[Trader]:
    """A trader whose account has positions, orders and fills."""
    with trader_at("positions") as trader:
        trader.watch()
        yield trader


@pytest.fixture
def flat() -> Iterator[Trader]:
    """A trader with money and nothing else."""
    with trader_at("funded") as trader:
        trader.watch()
        yield trader


def public_methods(api: type) -> set[str]:
    """Everything that a user of this class of python-okx can call and that asks the venue."""
    return {name for name, _ in inspect.getmembers(api, inspect.isfunction) if name in vars(api) and name[0] != "_"}


@pytest.mark.parametrize(("api", "calls"), [(AccountAPI, ACCOUNT), (TradeAPI, TRADE)])
def test_surface_of_python_okx_is_called_without_a_gap(
    api: type, calls: dict[str, Callable[[Trader], Arguments]]
) -> None:
    """No method may be forgotten: the installed library says which there are."""
    assert set(calls) == public_methods(api)


def objections(path: str, answer: dict[str, Any]) -> list[str]:
    """What is wrong with an answer: it neither succeeds in every row nor is the refusal that is listed for the path."""
    listed = UNSUPPORTED.get(path)
    if listed is not None:
        return [] if str(answer["code"]) == listed.code else [f"{path} is listed with {listed.code}, was {answer}"]
    if answer["code"] != "0":
        return [f"{path}: {answer}"]
    return [f"{path}: {row}" for row in answer["data"] if isinstance(row, dict) and row.get("sCode", "0") != "0"]


@pytest.mark.parametrize(("part", "name"), METHODS)
def test_rest_method_of_python_okx_works_or_is_refused_as_listed(
    request: pytest.FixtureRequest, part: str, name: str
) -> None:
    """Code 0 with every row accepted, or exactly the refusal that stands in the table of unsupported paths."""
    trader: Trader = request.getfixturevalue("flat" if name in {*FLAT, *LEVELS} else "busy")
    if name in LEVELS:
        moved = trader.account.set_account_level(LEVELS[name])
        assert moved["code"] == "0", moved
        # At OKX the holder switches this on in the browser: no endpoint does.
        trader.venue.venue.account.settings.spot_borrow = True
    arguments = (ACCOUNT if part == "account" else TRADE)[name](trader)
    answer = getattr(getattr(trader, part), name)(**arguments)
    assert objections(trader.paths[-1].partition("?")[0], answer) == []


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v5/account/config", {"code": "50038", "data": [], "msg": ""}),
        ("/api/v5/trade/order", {"code": "0", "data": [{"sCode": "51000"}], "msg": ""}),
        ("/api/v5/market/open-oracle", {"code": "0", "data": [], "msg": ""}),
    ],
)
def test_refusal_that_is_not_listed_and_success_that_is_listed_are_objected_to(
    path: str, answer: dict[str, Any]
) -> None:
    """The rule can fail: in the envelope, in a row, and where a listed path answers."""
    assert len(objections(path, answer)) == 1
