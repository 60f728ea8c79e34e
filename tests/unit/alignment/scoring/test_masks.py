"""Masks: a lie is masked where nothing of its false field was left in any answer, and nowhere else."""

from __future__ import annotations

import json

import pytest

from dualwitness.alignment.scoring.masks import is_masked, wire_keys
from dualwitness.venues.sim.lies import Telling, parse_plant
from tests.support.venue import CCXT_AGENT, ask, frozen_venue

PATHS = {"positions": "/api/v5/account/positions", "ticker": "/api/v5/market/ticker?instId=BTC-USDT-SWAP"}


def told(*lies: str, path: str = "positions") -> list[Telling]:
    """What an answer to CCXT was without each of these lies."""
    seen: list[Telling] = []
    venue = frozen_venue("positions", lies=lies)
    venue.teller.witness = seen.append
    ask(venue, PATHS[path], agent=CCXT_AGENT)
    return seen


def masked(lie: str, *others: str, path: str = "positions", tellings: list[Telling] | None = None) -> bool:
    """Whether the others leave nothing of the lie."""
    seen = told(lie, *others, path=path) if tellings is None else tellings
    return is_masked(parse_plant(lie), seen, [parse_plant(one) for one in others])


@pytest.mark.parametrize(
    ("lie", "other"),
    [
        ("position_contracts_doubled", "blank_positions_field"),
        ("position_side_flipped", "positions_empty"),
        ("leverage_wrong", "http_500"),
        ("leverage_wrong", "down"),
        ("position_missing", "data_is_null"),
    ],
)
def test_lie_of_which_another_leaves_nothing_is_masked(lie: str, other: str) -> None:
    """Blanked, left out, torn, or never delivered: with and without it the answer is the same."""
    assert masked(lie, other)


@pytest.mark.parametrize(
    ("lie", "other"),
    [
        ("position_contracts_doubled", "leverage_wrong"),
        ("position_contracts_doubled", "position_missing"),
        ("positions_empty", "position_contracts_doubled"),
        ("leverage_wrong", "latency"),
        ("leverage_wrong", "down@okx_sdk"),
        ("leverage_wrong", "down:path=account/balance"),
    ],
)
def test_lie_that_is_left_in_any_row_is_not_masked(lie: str, other: str) -> None:
    """Another field, another row, another library, another endpoint, or a fault that loses nothing."""
    assert not masked(lie, other)


def test_lies_that_cancel_out_leave_nothing_of_each_other() -> None:
    """Twice a half is the truth; of the margin pair, which one of them spares, there is none in this scenario."""
    assert masked("position_contracts_doubled", "position_partly_closed")
    assert masked("position_partly_closed", "position_contracts_doubled")
    assert not masked("position_contracts_doubled", "position_not_liquidated")


def test_lie_whose_false_field_alone_is_hidden_is_masked() -> None:
    """The ticker of another environment still shows its bid; the last price, which is where it is false, is blank."""
    assert masked("live_prices_in_demo", "ticker_last_blank", path="ticker")
    assert not masked("live_prices_in_demo", "ticker_from_the_future", path="ticker")


def test_fault_of_a_connection_is_never_masked() -> None:
    """Nothing can be read from an answer that was never told."""
    assert not masked("down", "positions_empty", tellings=told("positions_empty"))


def test_wire_keys_of_a_field_are_those_of_the_rule_table() -> None:
    """The venue's words; none for what the table does not know."""
    assert wire_keys("get_positions", "direction") >= {"pos", "posSide"}
    assert wire_keys("get_instruments", "contract_size") == {"ctVal", "ctMult"}
    assert wire_keys("get_positions", "colour") == wire_keys("ask_nobody", "pos") == frozenset()


def test_answers_with_columns_and_with_nested_rows_are_told_apart_by_field() -> None:
    """Candles have no names, and a balance has its currencies inside."""
    seen: list[Telling] = []
    venue = frozen_venue("positions", lies=("candle_close_blank", "balance_inflated"))
    venue.teller.witness = seen.append
    for path in ("/api/v5/market/candles?instId=BTC-USDT", "/api/v5/account/balance"):
        assert json.loads(ask(venue, path).body)["code"] == "0"
    for lie in ("candle_close_blank", "balance_inflated"):
        assert not is_masked(parse_plant(lie), seen, [])
