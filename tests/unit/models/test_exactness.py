"""What the models refuse: whatever was a float, or pretends to be a number or a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from dualwitness.models import BookLevel, NullReason, OrderBook, OrderIntent, Position, ValidatedOrder

LEVEL = BookLevel(Decimal("1.5"), Decimal(2))


def book(**fields: Any) -> OrderBook:
    """A book of one level a side, with some fields replaced."""
    content = {"symbol": "BTC/USDT", "bids": (LEVEL,), "asks": (LEVEL,), "ts_venue_ms": 1, "sequence": 1}
    return OrderBook(**(content | fields))


def position(contracts: Decimal) -> Position:
    """A position of which only the number of contracts is known."""
    known = {"symbol", "market_type", "contracts", "reasons"}
    unknown = [name for name in Position.model_fields if name not in known]
    nothing: dict[str, Any] = dict.fromkeys(unknown)
    reasons = dict.fromkeys(unknown, NullReason.ABSENT)
    return Position(symbol="BTC/USDT:USDT", market_type="swap", contracts=contracts, reasons=reasons, **nothing)


@pytest.mark.parametrize("bids", [((1.5, 2.0),), (BookLevel(1.5, Decimal(2)),), (BookLevel(Decimal(1), "2"),)])  # type: ignore[arg-type]
def test_order_book_with_a_level_that_is_not_decimal_is_refused(bids: Any) -> None:
    """A float has lost its digits before anybody could see it."""
    with pytest.raises(ValidationError):
        book(bids=bids)


@pytest.mark.parametrize("moment", [1.0, True, "1"])
def test_time_that_is_not_a_whole_number_is_refused(moment: object) -> None:
    """Neither a float, nor a bool, nor text is a time in ms."""
    intent = OrderIntent(symbol="BTC/USDT", side="long", order_type="market", size="0.1")
    with pytest.raises(ValidationError):
        book(ts_venue_ms=moment)
    with pytest.raises(ValidationError):
        ValidatedOrder(intent=intent, validated_at=moment, notional_usd="1", risk_checks_passed=True)


def test_order_book_read_back_from_json_is_the_same() -> None:
    """Strict from Python, exact through JSON: numbers travel as text."""
    assert OrderBook.model_validate_json(book().model_dump_json()) == book()


def test_position_of_less_than_no_contracts_is_refused() -> None:
    """The direction carries the sign; zero and more are contracts."""
    assert position(Decimal(0)).contracts == 0
    with pytest.raises(ValidationError):
        position(Decimal(-1))
