"""The rule table against the models that it speaks of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.operations import OPERATIONS
from dualwitness.alignment.rules import RULES, Comparator, FieldRule
from dualwitness.models import (
    AccountConfig,
    Axis,
    Balance,
    Bill,
    Candle,
    Fact,
    FeeRates,
    Fill,
    Instrument,
    LeverageSetting,
    Mitigation,
    Order,
    OrderBook,
    Position,
    Severity,
    Ticker,
)
from dualwitness.models.market import VenueTime
from tests.support.observations import bill, fill, inverse_swap, linear_swap, order, position, spot_pair

MODELS: dict[str, type[Fact]] = {
    "get_server_time": VenueTime,
    "get_instruments": Instrument,
    "get_ticker": Ticker,
    "get_candles": Candle,
    "get_order_book": OrderBook,
    "get_account_config": AccountConfig,
    "get_account_balance": Balance,
    "get_positions": Position,
    "get_fee_rates": FeeRates,
    "get_open_orders": Order,
    "get_order": Order,
    "get_fills": Fill,
    "get_order_history": Order,
    "get_leverage": LeverageSetting,
    "get_bills": Bill,
    "place_order": Order,
    "cancel_order": Order,
}
# Their answers carry ids alone.
ACKNOWLEDGEMENTS = ("place_order", "cancel_order")
# What a bill says of trading's cost is market interaction, though the cash itself is identity.
ELSEWHERE = {("get_bills", "fee"): Axis.M, ("get_bills", "realized_pnl"): Axis.M}
LINES = [(operation, rule) for operation, rules in RULES.items() for rule in rules.fields]


def test_rules_stand_for_every_operation_that_is_asked() -> None:
    """Nothing is asked that is not compared, and each operation stands under its own name."""
    assert RULES.keys() == MODELS.keys()
    assert OPERATIONS.keys() <= RULES.keys()
    assert all(rules.operation == name for name, rules in RULES.items())


@pytest.mark.parametrize("operation", RULES)
def test_rules_of_an_operation_name_each_field_of_its_model_once(operation: str) -> None:
    """A field that no line names would never be compared; a misspelt one would fail in the middle of a run."""
    named = [rule.field for rule in RULES[operation].fields]
    fields = set(MODELS[operation].model_fields) - {"reasons", "market_type"}
    assert len(named) == len(set(named))
    if operation in ACKNOWLEDGEMENTS:
        assert set(named) < fields
    else:
        assert set(named) - {"market_type"} == fields


@pytest.mark.parametrize("operation", RULES)
def test_lead_field_of_an_operation_is_one_of_its_lines_and_required(operation: str) -> None:
    """The field that stands for a lost answer can never be quietly missing."""
    rules = RULES[operation]
    assert rules.lead in rules.fields
    assert rules.lead.required
    if rules.row is not None:
        assert rules.row.field == rules.lead.field


@pytest.mark.parametrize(("operation", "rule"), LINES, ids=lambda part: getattr(part, "field", part))
def test_line_is_never_milder_for_two_values_than_for_one(operation: str, rule: FieldRule) -> None:
    """A wrong value is at least as bad as none; the axis is the operation's or its own, and the OKX field is named."""
    assert rule.severity.rank >= rule.missing.rank
    assert rule.axis is ELSEWHERE.get((operation, rule.field), RULES[operation].axis)
    assert rule.reference
    assert "_" not in rule.reference


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name in RULES])
def test_axis_of_the_rules_is_the_axis_of_the_question(operation: str) -> None:
    """An operation counts on the axis on which it is asked."""
    assert RULES[operation].axis is OPERATIONS[operation].axis
    assert RULES[operation].axis is not Axis.C


def test_what_decides_over_money_is_fatal_when_it_differs() -> None:
    """Side, size and identity of what is held or traded are S3, whatever else changes in the table."""
    fatal = {
        "get_positions": ("has_position", "direction", "contracts", "symbol"),
        "get_fills": ("side", "price", "contracts", "symbol", "trade_id"),
        "get_order": ("venue_order_id", "side", "contracts", "filled_contracts", "state", "symbol"),
        "get_order_history": ("venue_order_id", "side", "contracts", "filled_contracts", "state", "symbol"),
        "get_bills": ("currency", "change", "balance", "symbol", "side", "contracts"),
        "get_ticker": ("symbol",),
        "get_account_config": ("position_mode",),
        "get_instruments": ("contract_size", "symbol", "venue_instrument_id"),
    }
    table = {(operation, rule.field): rule.severity for operation, rule in LINES}
    milder = [(name, one) for name, some in fatal.items() for one in some if table[name, one] is not Severity.S3]
    assert milder == []


def test_only_what_moves_by_itself_has_a_bracket_and_only_averages_a_tick() -> None:
    """Identity, sizes, sides and ids are exact."""
    ticks = {(operation, rule.field) for operation, rule in LINES if rule.comparator is Comparator.TICK}
    assert {field for _, field in ticks} == {"entry_price", "average_price"}
    moving = {rule.field for _, rule in LINES if rule.comparator is Comparator.BRACKET}
    assert not moving & {"symbol", "side", "contracts", "direction", "has_position", "trade_id", "fee", "state"}
    assert not moving & {"change", "balance", "bill_id", "leverage"}


def test_a_lone_position_falls_back_and_a_lone_order_marks_the_run() -> None:
    """Rows that only one library shows are judged by rules of their own."""
    rows = {name: (rules.row.severity, rules.row.mitigation) for name, rules in RULES.items() if rules.row is not None}
    assert rows["get_positions"] == (Severity.S3, Mitigation.FALLBACK)
    assert rows["get_open_orders"] == (Severity.S3, Mitigation.MARK_UNRELIABLE)
    assert rows["get_bills"] == rows["get_order_history"] == (Severity.S2, Mitigation.MARK_UNRELIABLE)
    assert rows["get_instruments"][0] is Severity.S1


def test_keys_end_in_the_id_of_the_venue_and_are_none_without_one() -> None:
    """A row without the venue's id can be joined with nothing."""
    assert str(RULES["get_positions"].key(position())).endswith("|7")
    assert str(RULES["get_fills"].key(fill())).endswith("|21")
    assert str(RULES["get_open_orders"].key(order())).endswith("|11")
    assert RULES["get_order_history"].key(order()) == RULES["get_open_orders"].key(order())
    assert str(RULES["get_bills"].key(bill())).endswith("|31")
    assert RULES["get_bills"].key(bill(bill_id=None)) is None
    assert RULES["get_positions"].key(position(venue_position_id=None)) is None
    assert RULES["get_fills"].key(fill(trade_id=None)) is None
    assert RULES["get_open_orders"].key(order(venue_order_id=None)) is None


def test_keys_of_different_rows_differ() -> None:
    """A spot pair and its margin twin share an id; a trade id is unique per instrument alone."""
    instruments = [linear_swap(), inverse_swap(), spot_pair()]
    assert len({RULES["get_instruments"].key(one) for one in instruments}) == 3
    assert RULES["get_instruments"].key(spot_pair()) != RULES["get_instruments"].key(spot_pair("margin"))
    assert RULES["get_fills"].key(fill()) != RULES["get_fills"].key(fill(symbol="ETH/USDT:USDT"))
    assert RULES["get_fills"].key(fill()) == RULES["get_fills"].key(fill(price=str(Decimal(7))))
