"""Scenarios: the same story under every seed, and the same bytes under the same seed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account, build_scenario, truth
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.scenario_names import SCENARIOS
from tests.support.engine_desk import START_MS, HandClock, instrument

QUERIES = [
    ("account/balance", {}),
    ("account/positions", {}),
    ("account/positions-history", {}),
    ("account/bills", {}),
    ("account/config", {}),
    ("trade/fills", {}),
    ("trade/orders-pending", {}),
    ("trade/orders-history", {"instType": "SPOT"}),
    ("trade/orders-history", {"instType": "SWAP"}),
]


def played(name: str, seed: int) -> Account:
    clock = HandClock()
    account = Account(INSTRUMENTS, Market(seed, clock), clock, seed)
    build_scenario(name, account)
    return account


def rows(account: Account, path: str, **params: str) -> list[dict[str, Any]]:
    return PRIVATE_ROUTES["GET", f"/api/v5/{path}"](account, params)


def answers(account: Account) -> list[list[dict[str, Any]]]:
    return [rows(account, path, **params) for path, params in QUERIES]


def structure(value: object) -> object:
    """The shape of an answer: which keys, how many rows, which fields are blank; words that are no numbers stay."""
    if isinstance(value, list):
        return [structure(each) for each in value]
    if isinstance(value, dict):
        return {key: structure(each) for key, each in value.items()}
    if isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdigit():
        return "a number"
    return value


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_has_the_same_structure_under_every_seed(name: str) -> None:
    """Instruments, orders, fills, sides and blanks do not depend on the seed; prices do."""
    first = answers(played(name, 0))
    shape = structure(first)
    for seed in range(1, 20):
        account = played(name, seed)
        assert structure(answers(account)) == shape
        assert name == "empty" or answers(account) != first


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_repeats_byte_for_byte(name: str) -> None:
    """Same seed and clock, same answers, however often they are asked for."""
    account = played(name, 3)
    once = json.dumps(answers(account))
    assert once == json.dumps(answers(account)) == json.dumps(answers(played(name, 3)))


def test_positions_scenario_holds_what_an_audit_needs() -> None:
    """Linear long, inverse short, isolated short, flipped short; signs, makers and takers, at least 15 fills."""
    account = played("positions", 0)
    held = {row["instId"]: row for row in rows(account, "account/positions")}
    assert {inst_id: (row["mgnMode"], row["pos"]) for inst_id, row in held.items()} == {
        "BTC-USDT-SWAP": ("cross", "2.5"),
        "ETH-USD-SWAP": ("cross", "-100"),
        "ETH-USDT-SWAP": ("cross", "-2.5"),
        "SOL-USDT-SWAP": ("isolated", "-20"),
    }
    fills = rows(account, "trade/fills")
    assert len(fills) >= 15
    assert {row["execType"] for row in fills} == {"M", "T"}
    assert rows(account, "account/positions", instId="DOGE-USDT-SWAP")[0]["pos"] == "0"
    pending = rows(account, "trade/orders-pending")
    assert {row["state"] for row in pending} == {"live", "partially_filled"}
    assert "post_only" in {row["ordType"] for row in pending}
    history = rows(account, "trade/orders-history", instType="SPOT")
    assert [row["cancelSource"] for row in history if row["state"] == "canceled"] == ["1"]


def test_spot_holdings_of_the_scenario_are_net_of_base_currency_fees() -> None:
    """40 + 25 SOL bought cost 0.04 + 0.02 SOL, 10 are sold: 54.94; BTC: 2 + 0.05 − 0.00005 − 0.02."""
    balances = truth(played("positions", 0))["balances"]
    assert isinstance(balances, dict)
    assert (balances["SOL"], balances["BTC"]) == ("54.94", "2.02995")


def test_long_short_scenario_holds_one_instrument_both_ways() -> None:
    """BTC-USDT-SWAP is long 2.5 and short 1, each with its own posId."""
    account = played("long_short", 0)
    both = {row["posSide"]: row for row in rows(account, "account/positions", instId="BTC-USDT-SWAP")}
    assert {side: row["pos"] for side, row in both.items()} == {"long": "2.5", "short": "1"}
    assert len({row["posId"] for row in both.values()}) == 2
    assert rows(account, "account/config")[0]["posMode"] == "long_short_mode"


@pytest.mark.parametrize("name", ["long_short", "margin", "multi_currency", "positions", "spot"])
def test_scenario_orders_and_fills_are_on_tick_on_lot_and_in_the_past(name: str) -> None:
    """Nothing the venue itself would refuse; times rise strictly from fill to fill."""
    account = played(name, 7)
    fills = rows(account, "trade/fills")[::-1]
    for row in fills:
        one = instrument(row["instId"])
        assert Decimal(row["fillPx"]) % one.tick_sz == 0
        assert Decimal(row["fillSz"]) % one.lot_sz == 0
    times = [int(row["fillTime"]) for row in fills]
    assert times == sorted(set(times))
    assert max(times) < START_MS
    for row in rows(account, "trade/orders-pending"):
        assert Decimal(row["px"]) % instrument(row["instId"]).tick_sz == 0


def test_truth_agrees_with_the_rows_the_venue_shows() -> None:
    """Signed contracts, average and fills count are what positions and fills say."""
    account = played("positions", 5)
    known = truth(account)
    positions = known["positions"]
    assert isinstance(positions, list)
    shown = {(row["instId"], row["mgnMode"]): (row["pos"], row["avgPx"]) for row in rows(account, "account/positions")}
    assert {
        (each["inst_id"], each["margin_mode"]): (each["contracts"], each["average_price"]) for each in positions
    } == shown
    assert known["fills"] == len(rows(account, "trade/fills"))


def test_unknown_scenario_is_named_in_the_error() -> None:
    """The caller learns which names exist."""
    with pytest.raises(ValueError, match=r"'hedged' is unknown; it was none of empty, funded, liquidated, long_short,"):
        played("hedged", 0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_bills_of_every_scenario_are_its_cash(name: str) -> None:
    """The sum of all bills is the balance of each currency, whatever the account went through."""
    known: dict[str, Any] = truth(played(name, 2))
    bills = {ccy: Decimal(amount) for ccy, amount in known["bill_sums"].items()}
    assert bills == {ccy: Decimal(amount) for ccy, amount in known["balances"].items()}
    assert bool(bills) == (name != "empty")


@pytest.mark.parametrize("seed", range(10))
def test_liquidated_scenario_has_every_end_a_position_can_come_to(seed: int) -> None:
    """A delivery, an auto-deleveraging and a liquidation are in the history; the rest is healthy and stays."""
    account = played("liquidated", seed)
    history = rows(account, "account/positions-history")
    ends = {row["instId"]: row["type"] for row in history if row["instType"] == "SWAP"}
    assert (ends["SOL-USDT-SWAP"], ends["ETH-USDT-SWAP"]) == ("3", "5")
    assert [row["type"] for row in history if row["instType"] == "FUTURES"] == ["2"]
    held = {row["instId"]: row["pos"] for row in rows(account, "account/positions")}
    assert held == {"BTC-USDT-SWAP": "2", "ETH-USDT-SWAP": "-3"}
    kinds = {row["subType"] for row in rows(account, "trade/fills")}
    assert kinds == {"1", "2", "107", "112", "127"}
    categories = {row["category"] for row in rows(account, "trade/orders-history", instType="SWAP")}
    assert categories == {"normal", "adl", "full_liquidation"}


def test_margin_scenario_owes_what_it_borrowed() -> None:
    """A long pair owes quote, a short one base; the closed one owes nothing."""
    known: dict[str, Any] = truth(played("margin", 0))
    pairs = {each["inst_id"]: each for each in known["positions"] if each["inst_type"] == "MARGIN"}
    assert {inst_id: each["margin_mode"] for inst_id, each in pairs.items()} == {
        "BTC-USDT": "isolated",
        "ETH-USDT": "cross",
    }
    assert all(Decimal(each["debt"]) > 0 for each in pairs.values())


@pytest.mark.parametrize(("name", "level"), [("spot", "1"), ("multi_currency", "3"), ("margin", "2"), ("empty", "2")])
def test_scenario_has_its_account_level(name: str, level: str) -> None:
    """The account mode the name promises."""
    assert rows(played(name, 0), "account/config")[0]["acctLv"] == level


def test_multi_currency_scenario_owes_usdt() -> None:
    """More was bought than there was money for."""
    known: dict[str, Any] = truth(played("multi_currency", 0))
    assert Decimal(known["balances"]["USDT"]) < 0
    assert set(known["liabilities"]) == {"USDT"}


def test_truth_has_its_documented_keys_under_every_scenario() -> None:
    """Who scores a client's belief may rely on the keys, whatever the account holds."""
    keys = {
        *("account_level", "algo_order_list", "algo_orders", "balances", "bill_sums", "bills", "fees", "fill_sums"),
        *("fills", "insurance", "last_ids", "liabilities", "open_order_list", "open_orders", "orders"),
        *("position_mode", "positions", "venue_time_ms"),
    }
    for name in SCENARIOS:
        account = played(name, 1)
        known: dict[str, Any] = truth(account)
        assert set(known) == keys
        assert json.loads(json.dumps(known)) == known
        assert known["open_orders"] == len(known["open_order_list"]) == len(rows(account, "trade/orders-pending"))
