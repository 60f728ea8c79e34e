"""Client order ids follow from the intent alone, and tell any two orders apart."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import OrderIntent, OrderType, Side, TdMode
from dualwitness.venues.orders import client_order_id_for
from dualwitness.venues.orders.identity import digest_of, parameters_of

INTENT = OrderIntent(
    symbol="BTC/USDT:USDT",
    side=Side.LONG,
    order_type=OrderType.LIMIT,
    size=Decimal("0.1"),
    price=Decimal(60_000),
    td_mode=TdMode.CROSS,
    strategy="trend_following",
)
# Written down once: a program of tomorrow must find the orders of today.
KNOWN_ID = "trendfol3c20e18851388f3a13f4d917"
OTHERS = [
    {"symbol": "ETH/USDT:USDT"},
    {"side": Side.SHORT},
    {"order_type": OrderType.MARKET},
    {"size": Decimal("0.2")},
    {"price": Decimal(60_001)},
    {"td_mode": TdMode.ISOLATED},
    {"leverage": Decimal(3)},
    {"strategy": "mean_reversion"},
    {"reduce_only": True},
]


def test_id_of_an_intent_is_the_same_in_every_program() -> None:
    """It begins with the strategy's letters and is what it was when this was written."""
    assert client_order_id_for("trend_following", INTENT, 1) == KNOWN_ID


@pytest.mark.parametrize("changes", OTHERS, ids=str)
def test_id_and_digest_of_an_intent_with_another_parameter_differ(changes: dict[str, object]) -> None:
    """Everything that is asked for is part of it."""
    other = INTENT.model_copy(update=changes)
    assert client_order_id_for("trend", other, 1) != client_order_id_for("trend", INTENT, 1)
    assert digest_of(parameters_of(other)) != digest_of(parameters_of(INTENT))


def test_id_depends_on_the_nonce_and_the_strategy_and_not_on_an_id_that_is_there() -> None:
    """Two equal intents of two signals are two orders; one that was given an id is still the same."""
    one = client_order_id_for("trend", INTENT, 1)
    assert client_order_id_for("trend", INTENT, 2) != one
    assert client_order_id_for("trendy", INTENT, 1) != one
    assert client_order_id_for("trend", INTENT.model_copy(update={"client_order_id": one}), 1) == one


@given(st.none() | st.text(max_size=40), st.integers() | st.text(max_size=20))
def test_id_of_any_strategy_is_what_okx_takes(strategy: str | None, nonce: int | str) -> None:
    """1 to 32 letters and digits, whatever the strategy is called."""
    made = client_order_id_for(strategy, INTENT, nonce)
    assert re.fullmatch(r"[A-Za-z0-9]{32}", made)


@given(st.decimals(min_value="0.00000001", max_value=10**9, places=8), st.integers(0, 10))
def test_number_spelled_with_more_zeros_is_the_same_order(size: Decimal, zeros: int) -> None:
    """0.10 is 0.1, and 1E+2 is 100."""
    longer = INTENT.model_copy(update={"size": size.quantize(Decimal(1).scaleb(-8 - zeros))})
    assert parameters_of(longer) == parameters_of(INTENT.model_copy(update={"size": size.normalize()}))
