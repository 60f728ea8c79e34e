"""CCXT's account words as facts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import AccountLevel, Direction, MarginMode, MarketType, NullReason, PositionMode
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import RowInvalid

ROW = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "posId": "7",
    "pos": "3",
    "posSide": "net",
    "avgPx": "60000",
    "markPx": "60100",
    "mgnMode": "cross",
    "lever": "3",
    "cTime": "1",
    "uTime": "2",
}
PATH = "/api/v5/account/positions"


def test_a_linear_position_is_read(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Sign into direction, contracts into base, last update as time."""
    venue.answer(PATH, envelope(ROW | {"pos": "-3"}))
    (position,) = client.get_positions()
    assert (position.symbol, position.market_type) == ("BTC/USDT:USDT", MarketType.SWAP)
    assert (position.has_position, position.direction, position.contracts) == (True, Direction.SHORT, Decimal(3))
    assert position.base_quantity == Decimal("0.03")
    assert (position.margin_mode, position.position_mode) == (MarginMode.CROSS, PositionMode.NET)
    assert position.ts_venue_ms == 2
    assert position.reasons["margin_currency"] is NullReason.UNSUPPORTED
    assert position.reasons["liquidation_price"] is NullReason.ABSENT


def test_an_inverse_position_in_base_follows_the_mark(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Contracts of 100 USD at the mark price."""
    venue.answer(PATH, envelope(ROW | {"instId": "BTC-USD-SWAP", "pos": "6", "markPx": "60000"}))
    (position,) = client.get_positions()
    assert position.base_quantity == Decimal("0.01")


def test_a_position_in_a_spot_pair_is_on_margin(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT has no margin market; its contracts of a short are quote currency, and that stays its word."""
    row = ROW | {"instType": "MARGIN", "instId": "BTC-USDT", "pos": "60000", "posCcy": "USDT", "liab": "-1.0002"}
    venue.answer(PATH, envelope(row))
    (position,) = client.get_positions()
    assert (position.market_type, position.direction) == (MarketType.MARGIN, Direction.SHORT)
    assert position.contracts == position.base_quantity == Decimal(60000)


def test_a_row_of_zero_is_flat(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """A ghost row has no position (difference position-zero-ghost-side-none)."""
    venue.answer(PATH, envelope(ROW | {"pos": "0"}))
    (position,) = client.get_positions()
    assert (position.has_position, position.direction, position.contracts) == (False, Direction.FLAT, Decimal(0))


def test_a_blank_size_in_net_mode_has_no_direction(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT then leaves the word net as a side: unknown is never flat."""
    venue.answer(PATH, envelope(ROW | {"pos": "", "notionalUsd": "1800"}))
    (position,) = client.get_positions()
    assert position.value_or_reason("direction") == (None, NullReason.UNMAPPED)
    assert position.has_position is not False


def test_cross_and_isolated_rows_stay_two(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Two rows of one symbol are two positions (difference cross-and-isolated-rows-share-one-symbol)."""
    venue.answer(PATH, envelope(ROW, ROW | {"mgnMode": "isolated", "posId": "8", "pos": "-2"}))
    positions = client.get_positions("BTC/USDT:USDT")
    assert [(position.margin_mode, position.contracts) for position in positions] == [
        (MarginMode.CROSS, Decimal(3)),
        (MarginMode.ISOLATED, Decimal(2)),
    ]
    assert venue.requests[-1].query == "instId=BTC-USDT-SWAP"


def test_an_option_position_has_no_base_quantity(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT's contract size of an option is wrong, so nothing is computed from it."""
    venue.answer(PATH, envelope(ROW | {"instType": "OPTION", "instId": "BTC-USD-300329-60000-C"}))
    (position,) = client.get_positions()
    assert position.value_or_reason("base_quantity") == (None, NullReason.UNSUPPORTED)


def test_a_delisted_position_keeps_its_kind_and_loses_its_base(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT knows no contract size for it; what it makes up is not used."""
    venue.answer(PATH, envelope(ROW | {"instId": "GONE-USDT-SWAP", "notionalUsd": "100"}))
    (position,) = client.get_positions()
    assert position.market_type is MarketType.SWAP
    assert position.value_or_reason("base_quantity") == (None, NullReason.UNMAPPED)


@pytest.mark.parametrize(
    "name",
    [
        "ccxt/account_positions/fetchPositions_linear_cross_hedge_long.json",
        "ccxt/account_positions/fetchPosition_linear_cross_hedge_long.json",
        "ccxt/account_positions/fetchPosition_inverse_cross_hedge_long.json",
        "ccxt/account_positions/fetchPosition_inverse_isolated_hedge_long.json",
        "pyted/account_positions/nb3.1_c37_get_positionsMap.json",
    ],
)
def test_recorded_positions_are_read_row_by_row(client: CcxtClient, venue: Any, shared: Path, name: str) -> None:
    """Contracts and entry equal the venue's own digits."""
    body = (shared / name).read_bytes()
    venue.answer(PATH, body)
    rows = json.loads(body)["data"]
    positions = client.get_positions()
    assert [position.contracts for position in positions] == [abs(Decimal(row["pos"])) for row in rows]
    assert [position.entry_price for position in positions] == [Decimal(row["avgPx"]) for row in rows]
    assert [position.venue_position_id for position in positions] == [row["posId"] for row in rows]


@pytest.mark.parametrize("name", ["13ccy_a", "13ccy_b"])
def test_a_recorded_balance_gives_every_currency(client: CcxtClient, venue: Any, shared: Path, name: str) -> None:
    """CCXT's total is the venue's equity; equity itself it has no word for."""
    body = (shared / f"ccxt/account_balance/fetchBalance_trading_{name}.json").read_bytes()
    venue.answer("/api/v5/account/balance", body)
    rows = {row["ccy"]: row for row in json.loads(body)["data"][0]["details"]}
    balances = client.get_account_balance()
    assert [balance.currency for balance in balances] == sorted(rows)
    for balance in balances:
        assert str(balance.total) == rows[balance.currency]["eq"]
        assert balance.reasons["equity"] is NullReason.UNSUPPORTED


def test_a_balance_row_without_a_currency_is_not_lost(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT would leave it out."""
    venue.answer(
        "/api/v5/account/balance", envelope({"uTime": "1", "details": [{"ccy": "BTC", "eq": "1"}, {"eq": "2"}]})
    )
    with pytest.raises(RowInvalid, match="2 currencies, ccxt gave 1"):
        client.get_account_balance()


def test_a_balance_without_details_is_no_empty_wallet(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """Nothing said is not nothing owned."""
    venue.answer("/api/v5/account/balance", envelope({"uTime": "1"}))
    with pytest.raises(RowInvalid):
        client.get_account_balance()


@pytest.mark.parametrize(
    ("name", "level", "mode"),
    [
        ("ccxt/account_config/fetchAccounts_spot_mode.json", AccountLevel.SPOT, None),
        ("pyted/account_config/nb1.4_c7_get_config.json", AccountLevel.FUTURES, PositionMode.LONG_SHORT),
        ("python_okx_notebook/account_config/get_account_config_2026_03.json", None, None),
    ],
)
def test_recorded_account_configurations_are_read(
    client: CcxtClient, venue: Any, shared: Path, name: str, level: AccountLevel | None, mode: PositionMode | None
) -> None:
    """Level and position mode by CCXT; permissions and fee type it does not tell."""
    body = (shared / name).read_bytes()
    venue.answer("/api/v5/account/config", body)
    row = json.loads(body)["data"][0]
    config = client.get_account_config()
    assert level is None or config.account_level is level
    assert config.account_level is list(AccountLevel)[int(row["acctLv"]) - 1]
    assert mode is None or config.position_mode is mode
    assert config.reasons["permissions"] is config.reasons["fee_type"] is NullReason.UNSUPPORTED


def test_an_unknown_account_level_is_an_error(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """A state outside the closed set is never a default."""
    venue.answer("/api/v5/account/config", envelope({"uid": "1", "acctLv": "9", "posMode": "net_mode"}))
    with pytest.raises(RowInvalid):
        client.get_account_config()


def test_fee_rates_are_costs(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """A charge is positive, a rebate negative."""
    venue.answer("/api/v5/account/trade-fee", envelope({"instType": "SPOT", "maker": "0.00005", "taker": "-0.001"}))
    rates = client.get_fee_rates("BTC/USDT")
    assert (rates.maker, rates.taker) == (Decimal("-0.00005"), Decimal("0.001"))


def test_fee_groups_are_unmapped_not_free_of_charge(client: CcxtClient, venue: Any, envelope: Any) -> None:
    """CCXT does not read feeGroup (difference trading-fee-feegroup-ignored)."""
    row = {
        "instType": "SPOT",
        "maker": "",
        "taker": "",
        "feeGroup": [{"groupId": "1", "maker": "-0.1", "taker": "-0.2"}],
    }
    venue.answer("/api/v5/account/trade-fee", envelope(row))
    rates = client.get_fee_rates("BTC/USDT")
    assert rates.value_or_reason("taker") == (None, NullReason.UNMAPPED)
