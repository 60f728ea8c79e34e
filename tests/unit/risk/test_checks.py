"""Each check alone: what it refuses, what it lets pass at its very edge, and that nothing else would have refused."""

from __future__ import annotations

import importlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import InstrumentState, MarketType, OrderType, PositionsQuality, Side, TdMode, Venue
from dualwitness.risk import CHECKS, ReasonCode, RiskInputs, RiskUsage, TradingMode, TradingState, validate_order
from tests.support.risk_world import (
    INVERSE,
    LIMITS,
    NOW_MS,
    PAIR,
    SWAP,
    inputs_of,
    intent_of,
    limits_of,
    usage_of,
    venue_of,
)

R = ReasonCode
LIVE_VENUE = venue_of(demo_mode=False)
BASE = Decimal("0.01")


def decide(
    intent: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
    usage: dict[str, Any] | None = None,
    limits: dict[str, Any] | None = None,
) -> Any:
    """The decision on a sound order of 500 USD, with changes."""
    return validate_order(
        intent_of(**(intent or {})),
        inputs=inputs_of(**(inputs or {})),
        limits=limits_of(**(limits or {})),
        usage=usage_of(**(usage or {})),
        validated_at=NOW_MS,
    )


def reasons_of(order: Any) -> set[str]:
    """The codes of all checks that failed."""
    return {check.reason for check in order.checks if not check.passed}


# One case for each check: refused for this reason by this check alone.
ALONE: list[tuple[str, ReasonCode, dict[str, dict[str, Any]]]] = [
    (
        "numbers",
        R.INTENT_NUMBER_INVALID,
        {
            "intent": {"reduce_only": True, "side": Side.SHORT, "leverage": Decimal(-1)},
            "inputs": {"position_base": BASE},
        },
    ),
    ("client_order_id", R.INTENT_ID_MISSING, {"intent": {"client_order_id": None}}),
    ("client_order_id", R.INTENT_ID_REUSED, {"usage": {"id_is_known": True}}),
    ("kill_switch", R.KILL_TRIPPED, {"usage": {"killed": "ann: something smells"}}),
    ("trading_state", R.STATE_HALTED, {"usage": {"state": TradingState.HALTED}}),
    ("trading_state", R.STATE_REDUCING, {"usage": {"state": TradingState.REDUCING}}),
    ("venue_enabled", R.VENUE_MISMATCH, {"inputs": {"venue": Venue.BYBIT}}),
    ("venue_enabled", R.VENUE_DISABLED, {"inputs": {"venue_config": venue_of(enabled=False)}}),
    ("venue_mode", R.VENUE_MODE_MISMATCH, {"inputs": {"mode": TradingMode.LIVE}}),
    ("venue_mode", R.VENUE_MODE_MISMATCH, {"inputs": {"venue_config": LIVE_VENUE}}),
    ("venue_mode", R.VENUE_LIVE_FORBIDDEN, {"inputs": {"venue_config": LIVE_VENUE, "mode": TradingMode.LIVE}}),
    ("symbol_known", R.SYMBOL_UNKNOWN, {"intent": {"symbol": "BTC/USDT:USDT-261225"}}),
    (
        "symbol_known",
        R.SYMBOL_NOT_LIVE,
        {"inputs": {"instrument": SWAP.model_copy(update={"state": InstrumentState.SUSPENDED})}},
    ),
    ("allowed_symbols", R.SYMBOL_NOT_ALLOWED, {"inputs": {"venue_config": venue_of(allowed_symbols=("ETHUSDT",))}}),
    ("allowed_strategies", R.STRATEGY_NOT_ALLOWED, {"intent": {"strategy": "volatility"}}),
    ("allowed_strategies", R.STRATEGY_NOT_ALLOWED, {"intent": {"strategy": None}}),
    ("allowed_ips", R.IP_UNKNOWN, {"limits": {"enable_ip_restrictions": True, "allowed_ips": ("192.0.2.0/24",)}}),
    (
        "allowed_ips",
        R.IP_NOT_ALLOWED,
        {
            "inputs": {"own_ip": "198.51.100.7"},
            "limits": {"enable_ip_restrictions": True, "allowed_ips": ("192.0.2.0/24",)},
        },
    ),
    (
        "max_clock_skew_ms",
        R.CLOCK_SKEWED,
        {"inputs": {"venue_time_ms": NOW_MS + 10_001, "reference_ts_ms": NOW_MS + 9_000}},
    ),
    ("max_clock_skew_ms", R.CLOCK_SKEWED, {"inputs": {"now_ms": NOW_MS - 10_001, "venue_time_ms": NOW_MS - 10_001}}),
    ("max_reference_age_ms", R.REFERENCE_STALE, {"inputs": {"reference_ts_ms": NOW_MS + 20 - 5_001}}),
    ("max_reference_age_ms", R.REFERENCE_STALE, {"inputs": {"reference_ts_ms": NOW_MS + 20 + 5_001}}),
    ("max_reference_age_ms", R.REFERENCE_MISSING, {"inputs": {"reference_ts_ms": None}}),
    ("max_price_deviation_bps", R.PRICE_OUTSIDE_COLLAR, {"intent": {"price": Decimal("52500.01")}}),
    ("max_price_deviation_bps", R.PRICE_OUTSIDE_COLLAR, {"intent": {"price": Decimal("47499.99")}}),
    ("max_notional_per_trade_usd", R.NOTIONAL_ABOVE_TRADE_LIMIT, {"intent": {"size": Decimal("0.020001")}}),
    ("max_leverage", R.LEVERAGE_UNKNOWN, {"inputs": {"leverage_in_force": None}}),
    ("max_leverage", R.LEVERAGE_ABOVE_LIMIT, {"inputs": {"leverage_in_force": Decimal("3.01")}}),
    ("max_leverage", R.LEVERAGE_ABOVE_LIMIT, {"intent": {"leverage": Decimal("3.01")}}),
    ("max_leverage", R.LEVERAGE_ABOVE_LIMIT, {"inputs": {"venue_config": venue_of(max_leverage=Decimal(2))}}),
    (
        "max_leverage",
        R.LEVERAGE_ABOVE_LIMIT,
        {"inputs": {"instrument": SWAP.model_copy(update={"max_leverage": Decimal(2)})}},
    ),
    ("positions_quality", R.POSITION_UNRELIABLE, {"inputs": {"positions_quality": PositionsQuality.UNRELIABLE}}),
    ("positions_quality", R.POSITION_UNRELIABLE, {"inputs": {"positions_quality": PositionsQuality.UNAVAILABLE}}),
    ("positions_quality", R.POSITION_CONTRADICTED, {"inputs": {"only_reducing": True}}),
    ("positions_quality", R.POSITION_UNKNOWN, {"inputs": {"positions_quality": None}}),
    ("positions_quality", R.POSITION_STALE, {"inputs": {"position_ts_ms": NOW_MS - 10_001}}),
    ("reduce_only", R.REDUCE_NOT_SHRINKING, {"intent": {"reduce_only": True}}),
    (
        "reduce_only",
        R.REDUCE_NOT_SHRINKING,
        {"intent": {"reduce_only": True, "side": Side.SHORT}, "inputs": {"position_base": Decimal("0.0099")}},
    ),
    (
        "reduce_only",
        R.REDUCE_NOT_SHRINKING,
        {"intent": {"reduce_only": True, "side": Side.LONG}, "inputs": {"position_base": Decimal("0.02")}},
    ),
    (
        "reduce_only",
        R.REDUCE_NOT_SHRINKING,
        {
            "intent": {"reduce_only": True, "side": Side.SHORT},
            "inputs": {"position_base": Decimal("0.02")},
            "usage": {"reducing_sell_base": Decimal("0.010001")},
        },
    ),
    (
        "max_notional_per_symbol_usd",
        R.NOTIONAL_ABOVE_SYMBOL_LIMIT,
        {"usage": {"open_short_usd": Decimal("2500.01")}, "inputs": {"position_base": Decimal("0.04")}},
    ),
    (
        "max_position_per_symbol_usd",
        R.POSITION_ABOVE_LIMIT,
        {
            "usage": {"open_long_usd": Decimal("1000.01")},
            "inputs": {"venue_config": venue_of(max_position_per_symbol_usd=Decimal(1500))},
        },
    ),
    ("rate_limit_per_symbol_per_minute", R.RATE_SYMBOL_EXCEEDED, {"usage": {"orders_of_symbol": 10}}),
    ("rate_limit_per_venue_per_minute", R.RATE_VENUE_EXCEEDED, {"usage": {"orders_of_venue": 60}}),
    ("max_messages_per_minute", R.RATE_MESSAGES_EXCEEDED, {"usage": {"messages_of_venue": 120}}),
    ("duplicate_window_ms", R.INTENT_DUPLICATE, {"usage": {"duplicates": 1}}),
    ("max_repeated_executions", R.STRATEGY_REPEATED, {"usage": {"repeats": 20}}),
    ("max_repeated_executions", R.STRATEGY_LATCHED, {"usage": {"latched": True}}),
    ("max_daily_loss_usd", R.LOSS_UNKNOWN, {"inputs": {"unrealised_pnl_usd": None}}),
    ("max_daily_loss_usd", R.LOSS_UNKNOWN, {"inputs": {"realised_pnl_usd": Decimal("NaN")}}),
    ("max_daily_loss_usd", R.LOSS_LIMIT_REACHED, {"inputs": {"realised_pnl_usd": Decimal(-5003)}}),
    ("max_daily_loss_usd", R.LOSS_LIMIT_REACHED, {"inputs": {"unrealised_pnl_usd": Decimal(-4990)}}),
    ("max_daily_loss_usd", R.LOSS_LIMIT_REACHED, {"usage": {"day_loss_usd": Decimal(5000), "day_loss_ts_ms": NOW_MS}}),
    (
        "max_daily_loss_usd",
        R.LOSS_STALE,
        {
            "inputs": {"realised_pnl_usd": None},
            "usage": {"day_loss_usd": Decimal(1), "day_loss_ts_ms": NOW_MS - 60_001},
        },
    ),
]
# Reasons that never stand alone: without a reference or a value, more than one check has nothing to go by.
TOGETHER: list[tuple[ReasonCode, dict[str, dict[str, Any]]]] = [
    (R.CLOCK_UNKNOWN, {"inputs": {"venue_time_ms": None}}),
    (R.REFERENCE_MISSING, {"inputs": {"reference_price": None}}),
    (R.NOTIONAL_UNKNOWN, {"inputs": {"usd_per_quote": Decimal("NaN")}}),
    (R.SYMBOL_UNKNOWN, {"inputs": {"instrument": None}}),
    (R.POSITION_UNKNOWN, {"inputs": {"position_base": None}}),
    (R.POSITION_UNKNOWN, {"inputs": {"position_ts_ms": NOW_MS + 1}}),
]
# At the very edge of a limit an order still passes.
EDGES: list[dict[str, dict[str, Any]]] = [
    {},
    {"intent": {"size": Decimal("0.02")}},
    {"intent": {"price": Decimal(52_500), "size": Decimal("0.019")}},
    {"intent": {"price": Decimal(47_500)}},
    {"intent": {"order_type": OrderType.MARKET, "price": None}},
    {"inputs": {"venue_time_ms": NOW_MS + 10_000, "reference_ts_ms": NOW_MS + 9_000}},
    {"inputs": {"reference_ts_ms": NOW_MS + 20 - 5_000}},
    {"inputs": {"position_ts_ms": NOW_MS - 10_000}},
    {"inputs": {"positions_quality": PositionsQuality.RECONSTRUCTED_FROM_FILLS}},
    {"inputs": {"position_base": Decimal("0.04")}, "usage": {"open_short_usd": Decimal(2500)}},
    {"inputs": {"position_base": None, "position_contracts": Decimal(4)}},
    {"inputs": {"position_base": None, "long_base": Decimal("0.01"), "short_base": Decimal("0.02")}},
    {"inputs": {"realised_pnl_usd": Decimal("-5002.99")}},
    {"inputs": {"own_ip": "192.0.2.9"}, "limits": {"enable_ip_restrictions": True, "allowed_ips": ("192.0.2.0/24",)}},
    {"usage": {"orders_of_symbol": 9, "orders_of_venue": 59, "messages_of_venue": 119, "repeats": 19}},
    {
        "inputs": {"unrealised_pnl_usd": None},
        "usage": {"day_loss_usd": Decimal(4999), "day_loss_ts_ms": NOW_MS - 60_000},
    },
    {
        "inputs": {
            "venue_config": venue_of(demo_mode=False, allow_live_orders=True),
            "mode": TradingMode.LIVE,
        }
    },
    {
        "intent": {"symbol": INVERSE.symbol},
        "inputs": {"instrument": INVERSE, "position_base": None, "position_contracts": Decimal(-5)},
    },
    {
        "intent": {"symbol": PAIR.symbol, "td_mode": TdMode.CASH, "leverage": None},
        "inputs": {"instrument": PAIR, "leverage_in_force": None},
    },
]


@pytest.mark.parametrize(("rule", "reason", "changes"), ALONE, ids=[f"{r}-{n}" for n, (_, r, _) in enumerate(ALONE)])
def test_order_that_breaks_one_limit_is_refused_by_that_check_alone(
    rule: str, reason: ReasonCode, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One check refuses with its code and records input and limit; without that check the same order would pass."""
    order = decide(**changes)
    assert not order.risk_checks_passed
    assert [(check.rule, check.reason) for check in order.checks if not check.passed] == [(rule, reason)]
    assert order.rejection_reason.startswith(f"{reason}: {rule} was ")
    monkeypatch.setattr(
        importlib.import_module("dualwitness.risk.checks"),
        "CHECKS",
        tuple(each for each in CHECKS if each.name != rule),
    )
    assert decide(**changes).risk_checks_passed


@pytest.mark.parametrize(("reason", "changes"), TOGETHER, ids=[str(number) for number in range(len(TOGETHER))])
def test_order_with_a_missing_fact_is_refused_by_everything_that_needs_it(
    reason: ReasonCode, changes: dict[str, Any]
) -> None:
    """What is not known is never taken for zero, flat or fine."""
    order = decide(**changes)
    assert not order.risk_checks_passed
    assert reason in reasons_of(order)


def test_every_reason_has_a_case_in_this_file() -> None:
    """No code is listed that nothing can give, and none is given that is not tried here."""
    tried = {reason for _, reason, _ in ALONE} | {reason for reason, _ in TOGETHER}
    listed = {reason for rule in CHECKS for reason in rule.reasons}
    assert tried == listed == set(ReasonCode)


@pytest.mark.parametrize("changes", EDGES, ids=[str(number) for number in range(len(EDGES))])
def test_order_at_the_very_edge_of_a_limit_passes(changes: dict[str, Any]) -> None:
    """A limit is what may be, not what may not."""
    order = decide(**changes)
    assert order.risk_checks_passed, order.rejection_reason
    assert order.rejection_reason is None


def test_every_check_is_recorded_in_order_even_after_the_first_has_failed() -> None:
    """A refused order shows everything that is wrong with it, not only what came first."""
    order = decide({"size": Decimal(7), "client_order_id": None}, {"reference_ts_ms": 5}, {"killed": "ann: stop"})
    assert [check.rule for check in order.checks] == [rule.name for rule in CHECKS]
    assert reasons_of(order) == {
        R.INTENT_ID_MISSING,
        R.KILL_TRIPPED,
        R.REFERENCE_STALE,
        R.NOTIONAL_ABOVE_TRADE_LIMIT,
        R.NOTIONAL_ABOVE_SYMBOL_LIMIT,
        R.POSITION_ABOVE_LIMIT,
    }
    assert order.rejection_reason == "INTENT_ID_MISSING: client_order_id was unknown, limit named, once"
    assert order.notional_usd == 350_000
    assert all(check.value and check.limit for check in order.checks)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "-1", "0", "-0", "1E+400", "1E-400"])
@pytest.mark.parametrize("field", ["size", "price", "leverage"])
def test_intent_with_a_number_that_is_none_is_refused(field: str, text: str) -> None:
    """Even where a model was made without being validated, nothing is computed with it."""
    order = decide({field: Decimal(text)})
    assert R.INTENT_NUMBER_INVALID in reasons_of(order)


@pytest.mark.parametrize("damage", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+400"), 0.5, "5", True, None])
@pytest.mark.parametrize(
    "field",
    ["reference_price", "position_base", "leverage_in_force", "realised_pnl_usd", "unrealised_pnl_usd"],
)
def test_fact_that_is_no_sound_number_refuses_the_order(field: str, damage: object) -> None:
    """A damaged fact is an unknown one, whatever type it comes in."""
    assert not decide(inputs={field: damage}).risk_checks_passed


@pytest.mark.parametrize("damage", [None, 1.5, "5", True, -1, 1 << 60])
@pytest.mark.parametrize("field", ["now_ms", "venue_time_ms", "reference_ts_ms", "position_ts_ms"])
def test_fact_that_is_no_sound_time_refuses_the_order(field: str, damage: object) -> None:
    """A time is a whole number of ms since the epoch, or it is not known."""
    assert not decide(inputs={field: damage}).risk_checks_passed


REDUCES: dict[str, dict[str, Any]] = {
    "intent": {"reduce_only": True, "side": Side.SHORT},
    "inputs": {"position_base": BASE},
}
# What an order that reduces a known position may still do.
SPARED: dict[str, dict[str, dict[str, Any]]] = {
    "reducing": {"usage": {"state": TradingState.REDUCING}},
    "unreliable": {"inputs": {"positions_quality": PositionsQuality.UNRELIABLE}},
    "unavailable": {"inputs": {"positions_quality": PositionsQuality.UNAVAILABLE}},
    "contradicted": {"inputs": {"only_reducing": True}},
    "unknown": {"inputs": {"positions_quality": None}},
    "stale": {"inputs": {"position_ts_ms": NOW_MS - 3_600_000}},
    "loss": {"inputs": {"realised_pnl_usd": Decimal(-6000)}},
    "no loss": {"inputs": {"realised_pnl_usd": None}},
    "leverage": {"inputs": {"leverage_in_force": Decimal(50)}},
    "crowded": {"usage": {"open_long_usd": Decimal(9000)}},
}


@pytest.mark.parametrize("name", SPARED)
def test_order_that_really_reduces_passes_where_one_that_opens_does_not(name: str) -> None:
    """The way out stays open: the same facts refuse an order that opens, and let one pass that shrinks the position."""
    merged = {key: {**REDUCES.get(key, {}), **SPARED[name].get(key, {})} for key in ("intent", "inputs", "usage")}
    assert decide(**merged).risk_checks_passed
    merged["intent"] = {**merged["intent"], "reduce_only": False}
    assert not decide(**merged).risk_checks_passed
    merged["intent"] = {**merged["intent"], "reduce_only": True, "size": BASE + Decimal("0.000001")}
    assert not decide(**merged).risk_checks_passed


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": {"state": TradingState.HALTED}},
        {"usage": {"killed": "ann: stop"}},
        {"usage": {"latched": True}},
        {"usage": {"orders_of_symbol": 10}},
        {"inputs": {"reference_price": None}},
    ],
)
def test_order_that_reduces_is_still_held_to_every_other_check(changes: dict[str, dict[str, Any]]) -> None:
    """Reducing is no way around a switch, a rate or a collar."""
    merged = {key: {**REDUCES.get(key, {}), **changes.get(key, {})} for key in ("intent", "inputs", "usage")}
    assert decide(**REDUCES).risk_checks_passed
    assert not decide(**merged).risk_checks_passed


def test_table_of_checks_tells_truly_which_of_them_spare_reducing_orders() -> None:
    """What the README says of reducing orders is what happens to them."""
    spared = {
        check.rule
        for changes in SPARED.values()
        for merged in [{key: {**REDUCES.get(key, {}), **changes.get(key, {})} for key in ("intent", "inputs", "usage")}]
        for check in decide(**{**merged, "intent": {**merged["intent"], "reduce_only": False}}).checks
        if not check.passed
    }
    assert spared | {"max_position_per_symbol_usd"} == {rule.name for rule in CHECKS if rule.spares_reducing}


def test_position_of_an_account_in_long_short_mode_is_reduced_leg_by_leg() -> None:
    """A short sells out of the long leg, however large the short leg is."""
    legs = {"position_base": None, "long_base": Decimal("0.02"), "short_base": Decimal("0.005")}
    closing = {"reduce_only": True, "side": Side.SHORT}
    assert decide(closing, legs).risk_checks_passed
    assert not decide({**closing, "side": Side.LONG}, legs).risk_checks_passed
    assert not decide(closing, {**legs, "short_base": Decimal(-1)}).risk_checks_passed


def test_order_in_a_foreign_quote_currency_needs_its_worth_in_dollars() -> None:
    """Without a rate the value is unknown; with one it is computed exactly and compared in dollars."""
    cross = PAIR.model_copy(update={"symbol": "ETH/BTC", "venue_instrument_id": "ETH-BTC", "quote": "BTC"})
    intent = {"symbol": "ETH/BTC", "td_mode": TdMode.CASH, "size": Decimal(1), "price": Decimal("0.04")}
    facts = {
        "instrument": cross,
        "reference_price": Decimal("0.0400000001"),
        "venue_config": venue_of(allowed_symbols=("ETHBTC",)),
    }
    assert R.NOTIONAL_UNKNOWN in reasons_of(decide(intent, facts))
    order = decide(intent, {**facts, "usd_per_quote": Decimal(25_000)})
    assert reasons_of(order) == {R.NOTIONAL_ABOVE_TRADE_LIMIT}
    assert order.notional_usd == Decimal("1000.0000025")
    assert decide(intent, {**facts, "usd_per_quote": Decimal(24_999)}).risk_checks_passed


@pytest.mark.parametrize("kind", [MarketType.SWAP, MarketType.FUTURE, MarketType.MARGIN])
def test_leverage_in_force_must_be_known_for_whatever_is_margined(kind: MarketType) -> None:
    """Only options, which have no such setting, and pairs in cash have no leverage."""
    instrument = SWAP.model_copy(update={"market_type": kind})
    order = decide(inputs={"instrument": instrument, "leverage_in_force": None})
    assert reasons_of(order) == {R.LEVERAGE_UNKNOWN}
    option = {"instrument": SWAP.model_copy(update={"market_type": MarketType.OPTION}), "leverage_in_force": None}
    assert decide(inputs=option).risk_checks_passed


def test_usage_of_an_order_that_nobody_noted_is_not_enough_to_pass() -> None:
    """The defaults of inputs and usage know nothing, and what knows nothing refuses."""
    bare = RiskInputs(now_ms=NOW_MS, venue=Venue.OKX, venue_config=venue_of(), mode=TradingMode.DEMO, instrument=SWAP)
    order = validate_order(intent_of(), inputs=bare, limits=LIMITS, usage=RiskUsage(), validated_at=NOW_MS)
    assert reasons_of(order) >= {R.CLOCK_UNKNOWN, R.REFERENCE_MISSING, R.POSITION_UNKNOWN, R.LOSS_UNKNOWN}
    assert reasons_of(order) >= {R.LEVERAGE_UNKNOWN, R.NOTIONAL_UNKNOWN}


def test_facts_that_were_gathered_a_while_ago_have_aged_since() -> None:
    """A price that was fresh when it was fetched is stale when the decision comes late."""
    late = {"now_ms": NOW_MS + 4_950}
    assert decide().risk_checks_passed
    order = validate_order(intent_of(), inputs=inputs_of(), limits=LIMITS, usage=usage_of(**late), validated_at=NOW_MS)
    assert reasons_of(order) == {R.REFERENCE_STALE}


def test_inputs_cannot_be_changed_after_they_were_made() -> None:
    """Facts are frozen; a change makes other facts."""
    inputs = inputs_of()
    assert replace(inputs, own_ip="192.0.2.1") != inputs
    with pytest.raises(AttributeError):
        inputs.own_ip = "192.0.2.1"  # type: ignore[misc]
