"""Orders on their way out: what a strategy may ask for, and what may be sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dualwitness.models import CheckResult, OrderIntent, OrderStatus, OrderType, Side, TdMode, ValidatedOrder, Venue

MARKET: dict[str, Any] = {"symbol": "BTC/USDT:USDT", "side": "long", "order_type": "market", "size": "0.1"}
LIMIT = MARKET | {"order_type": "limit", "price": "50000.10"}


def test_intent_with_no_more_words_is_a_cash_order_on_okx() -> None:
    """The defaults of the contract, and numbers to the digit."""
    intent = OrderIntent.model_validate(LIMIT)
    assert (intent.venue, intent.td_mode, intent.reduce_only) == (Venue.OKX, TdMode.CASH, False)
    assert (intent.leverage, intent.strategy, intent.client_order_id) == (None, None, None)
    assert (intent.side, intent.order_type) == (Side.LONG, OrderType.LIMIT)
    assert (str(intent.size), str(intent.price)) == ("0.1", "50000.10")


@pytest.mark.parametrize("field", ["size", "price", "leverage"])
@pytest.mark.parametrize(
    "value",
    [
        0.1,
        1.0,
        float("inf"),
        float("nan"),
        True,
        False,
        "1e400",
        "1e-400",
        "NaN",
        "inf",
        "-inf",
        "-1",
        "0",
        "-0",
        "",
        "x",
    ],
    ids=repr,
)
def test_intent_with_a_number_that_cannot_be_meant_is_refused(field: str, value: object) -> None:
    """A float, a bool, an impossible size, nothing, or less than nothing."""
    with pytest.raises(ValidationError, match=rf"(?m)^{field}$"):
        OrderIntent.model_validate(LIMIT | {field: value})


@pytest.mark.parametrize("value", ["0.00000001", 1, Decimal(3)])
@pytest.mark.parametrize("field", ["size", "price", "leverage"])
def test_intent_with_an_exact_number_is_taken(field: str, value: Any) -> None:
    """Text, int and Decimal."""
    assert getattr(OrderIntent.model_validate(LIMIT | {field: value}), field) == Decimal(value)


def test_intent_for_a_limit_order_without_a_price_is_refused() -> None:
    """A market order needs none, a limit order does."""
    assert OrderIntent.model_validate(MARKET).price is None
    for price in ({}, {"price": None}):
        with pytest.raises(ValidationError, match="a limit order needs a price"):
            OrderIntent.model_validate(MARKET | {"order_type": "limit"} | price)


@given(given_id=st.text("abzABZ0159", min_size=1, max_size=32))
def test_intent_with_an_id_of_letters_and_digits_is_taken(given_id: str) -> None:
    """1 to 32 of them (OKX clOrdId)."""
    assert OrderIntent.model_validate(MARKET | {"client_order_id": given_id}).client_order_id == given_id


@pytest.mark.parametrize(
    "given_id", ["", "a" * 33, "a-b", "a_b", "a b", "a\n", "\u00e9", "\uff11", "\u0661", "a&b=c", "a#", 7]
)
def test_intent_with_an_id_that_okx_would_refuse_is_refused(given_id: object) -> None:
    """Too long, a hyphen, a line break at the end, digits of other scripts, and what would change a query."""
    with pytest.raises(ValidationError, match="client_order_id"):
        OrderIntent.model_validate(MARKET | {"client_order_id": given_id})


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": ""},
        {"side": "buy"},
        {"order_type": "stop"},
        {"venue": "kraken"},
        {"td_mode": "spot"},
        {"reduceOnly": True},
        {"amount": "1"},
    ],
)
def test_intent_with_a_word_outside_the_vocabulary_is_refused(wrong: dict[str, object]) -> None:
    """Names are ours, and an unknown key is not dropped in silence."""
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        OrderIntent.model_validate(MARKET | wrong)


def test_intent_cannot_be_changed_and_survives_json() -> None:
    """What was checked is what is sent."""
    intent = OrderIntent.model_validate(LIMIT)
    with pytest.raises(ValidationError, match="frozen"):
        intent.size = Decimal(9)  # type: ignore[misc]
    text = intent.model_dump_json()
    assert json.loads(text)["price"] == "50000.10"
    assert OrderIntent.model_validate_json(text) == intent


def test_intent_in_json_with_a_bare_fraction_is_refused() -> None:
    """A number of JSON that is no integer has gone through float."""
    with pytest.raises(ValidationError, match="size"):
        OrderIntent.model_validate_json(json.dumps(MARKET | {"size": 0.1}))


def checked(**parts: Any) -> ValidatedOrder:
    """An approved order, but for the named parts."""
    intent = OrderIntent.model_validate(LIMIT)
    usual = {"intent": intent, "validated_at": 1_700_000_000_000, "notional_usd": "5000", "risk_checks_passed": True}
    return ValidatedOrder.model_validate(usual | parts)


def test_order_that_passed_is_pending_and_names_no_refusal() -> None:
    """Approved, not sent: no id of the venue yet."""
    order = checked()
    assert (order.status, order.rejection_reason, order.venue_order_id) == (OrderStatus.PENDING, None, None)
    assert order.checks == ()
    assert ValidatedOrder.model_validate_json(order.model_dump_json()) == order


def test_order_that_was_refused_says_why() -> None:
    """Refused without a reason, or approved with one, is a contradiction."""
    refused = checked(risk_checks_passed=False, rejection_reason="too large", status="rejected")
    assert refused.rejection_reason == "too large"
    for parts in ({"risk_checks_passed": False}, {"rejection_reason": "too large"}):
        with pytest.raises(ValidationError, match="needs a rejection_reason"):
            checked(**parts)


@pytest.mark.parametrize("value", [5000.0, True, "NaN", "inf", "1e400"])
def test_order_with_a_notional_that_is_not_exact_is_refused(value: object) -> None:
    """US dollars are money; a value that nobody knows is None."""
    with pytest.raises(ValidationError, match="notional_usd"):
        checked(notional_usd=value)
    assert checked(notional_usd=None).notional_usd is None


@pytest.mark.parametrize("value", [1.5, "1", True])
def test_order_with_a_time_that_is_no_whole_number_is_refused(value: object) -> None:
    """Milliseconds are an int."""
    with pytest.raises(ValidationError, match="validated_at"):
        checked(validated_at=value)


def test_order_keeps_each_check_with_its_input_limit_and_outcome() -> None:
    """A refusal can be followed to the rule."""
    check = CheckResult(rule="max_leverage", value="5", limit="3", passed=False, reason="5 is over 3")
    order = checked(risk_checks_passed=False, rejection_reason="max_leverage", checks=(check,))
    assert order.checks == (check,)
    with pytest.raises(ValidationError, match="frozen"):
        order.checks[0].passed = True  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        order.risk_checks_passed = True  # type: ignore[misc]
