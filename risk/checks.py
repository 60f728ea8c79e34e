"""
Every check in its one order, and the decision that follows from all of them.

Start here: `CHECKS` is the list, `evaluate` runs all of it whatever fails first, `validate_order` turns the results
into the only thing that a client sends. Pure: what is known comes in, nothing is remembered and no clock is read.
"""

from __future__ import annotations

from dualwitness.config import RiskConfig
from dualwitness.models import CheckResult, OrderIntent, ValidatedOrder
from dualwitness.risk import checks_exposure, checks_flow, checks_permission, checks_price
from dualwitness.risk.approval import approved_order
from dualwitness.risk.case import Case
from dualwitness.risk.inputs import RiskInputs, RiskUsage
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.rule import Rule

__all__ = ["CHECKS", "describe_checks", "describe_reasons", "evaluate", "validate_order"]

R = ReasonCode

CHECKS: tuple[Rule, ...] = (
    Rule(
        "numbers",
        checks_permission.check_numbers,
        (R.INTENT_NUMBER_INVALID,),
        "size, price and leverage are finite and above zero",
        "",
    ),
    Rule(
        "client_order_id",
        checks_permission.check_client_order_id,
        (R.INTENT_ID_MISSING, R.INTENT_ID_REUSED),
        "the order has an id of ours, never used before",
        "",
    ),
    Rule(
        "kill_switch",
        checks_permission.check_kill_switch,
        (R.KILL_TRIPPED,),
        "nobody tripped it since the last named reset",
        "`kill_switch_file`, `python -m risk kill`, `RiskEngine.kill`",
    ),
    Rule(
        "trading_state",
        checks_permission.check_state,
        (R.STATE_HALTED, R.STATE_REDUCING),
        "active; reducing takes reducing orders alone, halted takes none",
        "`RiskEngine.halt`, `reduce`, `reset`",
        spares_reducing=True,
    ),
    Rule(
        "venue_enabled",
        checks_permission.check_venue_enabled,
        (R.VENUE_MISMATCH, R.VENUE_DISABLED),
        "the facts are the venue's own, and it is enabled",
        "`enabled`",
    ),
    Rule(
        "venue_mode",
        checks_permission.check_venue_mode,
        (R.VENUE_MODE_MISMATCH, R.VENUE_LIVE_FORBIDDEN),
        "demo or live is said twice, and both agree",
        "`demo_mode`, `allow_live_orders`",
    ),
    Rule(
        "symbol_known",
        checks_permission.check_symbol_known,
        (R.SYMBOL_UNKNOWN, R.SYMBOL_NOT_LIVE),
        "the instrument is listed and open for trading",
        "",
    ),
    Rule(
        "allowed_symbols",
        checks_permission.check_symbol_allowed,
        (R.SYMBOL_NOT_ALLOWED,),
        "the instrument may be traded here",
        "`allowed_symbols`",
    ),
    Rule(
        "allowed_strategies",
        checks_permission.check_strategy,
        (R.STRATEGY_NOT_ALLOWED,),
        "the strategy is named and may trade here",
        "`allowed_strategies`",
    ),
    Rule(
        "allowed_ips",
        checks_permission.check_ip,
        (R.IP_UNKNOWN, R.IP_NOT_ALLOWED),
        "our own address is on the list, where there is one",
        "`enable_ip_restrictions`, `allowed_ips`",
    ),
    Rule(
        "max_clock_skew_ms",
        checks_price.check_clock,
        (R.CLOCK_UNKNOWN, R.CLOCK_SKEWED),
        "the venue's clock is known and near ours",
        "`max_clock_skew_ms`",
    ),
    Rule(
        "max_reference_age_ms",
        checks_price.check_reference,
        (R.REFERENCE_MISSING, R.REFERENCE_STALE),
        "a fresh reference price is there",
        "`max_reference_age_ms`",
    ),
    Rule(
        "max_price_deviation_bps",
        checks_price.check_collar,
        (R.REFERENCE_MISSING, R.PRICE_OUTSIDE_COLLAR),
        "the price is near the reference, above or below",
        "`max_price_deviation_bps`",
    ),
    Rule(
        "max_notional_per_trade_usd",
        checks_price.check_trade_notional,
        (R.NOTIONAL_UNKNOWN, R.NOTIONAL_ABOVE_TRADE_LIMIT),
        "the order's value at the dearer of its price and the reference",
        "`max_notional_per_trade_usd`",
    ),
    Rule(
        "max_leverage",
        checks_price.check_leverage,
        (R.LEVERAGE_UNKNOWN, R.LEVERAGE_ABOVE_LIMIT),
        "the higher of leverage asked for and in force, against the lowest limit",
        "`max_leverage` of both files, and the instrument's",
        spares_reducing=True,
    ),
    Rule(
        "positions_quality",
        checks_exposure.check_position_quality,
        (R.POSITION_UNKNOWN, R.POSITION_UNRELIABLE, R.POSITION_CONTRADICTED, R.POSITION_STALE),
        "the position is known, believed, fresh, and nothing contradicts it",
        "`max_position_age_ms`",
        spares_reducing=True,
    ),
    Rule(
        "reduce_only",
        checks_exposure.check_reduce_only,
        (R.REDUCE_NOT_SHRINKING,),
        "an order that says it reduces shrinks a known position",
        "",
    ),
    Rule(
        "max_notional_per_symbol_usd",
        checks_exposure.check_symbol_notional,
        (R.NOTIONAL_UNKNOWN, R.POSITION_UNKNOWN, R.NOTIONAL_ABOVE_SYMBOL_LIMIT),
        "position, open and unknown orders of both sides, and this order",
        "`max_notional_per_symbol_usd`",
        spares_reducing=True,
    ),
    Rule(
        "max_position_per_symbol_usd",
        checks_exposure.check_position_size,
        (R.NOTIONAL_UNKNOWN, R.POSITION_UNKNOWN, R.POSITION_ABOVE_LIMIT),
        "the position on the order's side if all of ours is filled",
        "`max_position_per_symbol_usd`",
        spares_reducing=True,
    ),
    Rule(
        "rate_limit_per_symbol_per_minute",
        checks_flow.check_symbol_rate,
        (R.RATE_SYMBOL_EXCEEDED,),
        "orders for the symbol in the rolling minute",
        "`rate_limit_per_symbol_per_minute`",
    ),
    Rule(
        "rate_limit_per_venue_per_minute",
        checks_flow.check_venue_rate,
        (R.RATE_VENUE_EXCEEDED,),
        "orders for the venue in the rolling minute",
        "`rate_limit_per_venue_per_minute`",
    ),
    Rule(
        "max_messages_per_minute",
        checks_flow.check_messages,
        (R.RATE_MESSAGES_EXCEEDED,),
        "new orders, amendments and cancels to the venue in the rolling minute",
        "`max_messages_per_minute`",
    ),
    Rule(
        "duplicate_window_ms",
        checks_flow.check_duplicate,
        (R.INTENT_DUPLICATE,),
        "the same order was not accepted a moment ago",
        "`duplicate_window_ms`",
    ),
    Rule(
        "max_repeated_executions",
        checks_flow.check_repeats,
        (R.STRATEGY_REPEATED, R.STRATEGY_LATCHED),
        "the strategy does not repeat one trade without end",
        "`max_repeated_executions`, `repeated_execution_window_ms`",
    ),
    Rule(
        "max_daily_loss_usd",
        checks_exposure.check_daily_loss,
        (R.LOSS_UNKNOWN, R.LOSS_STALE, R.LOSS_LIMIT_REACHED),
        "the worst that the venue day has lost, realised and unrealised",
        "`max_daily_loss_usd`, `day_starts_at_utc`, `max_pnl_age_ms`",
        spares_reducing=True,
    ),
)


def evaluate(intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage) -> tuple[CheckResult, ...]:
    """Hold an intent against every check, in their order, also after one has failed."""
    case = Case(intent, inputs, limits, usage)
    return tuple([rule.check(case) for rule in CHECKS])


def validate_order(
    intent: OrderIntent, *, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage, validated_at: int
) -> ValidatedOrder:
    """
    Decide on an intent: approved where it passes every check, else refused for the first that it fails.

    ``rejection_reason`` reads ``CODE: check was input, limit``; ``checks`` hold every other code. ``validated_at`` is
    ms since the epoch on the local clock. Nothing is reserved: two orders may both pass. `RiskEngine` reserves.
    """
    case = Case(intent, inputs, limits, usage)
    results = tuple([rule.check(case) for rule in CHECKS])
    for result in results:
        if not result.passed:
            return ValidatedOrder(
                intent=intent,
                validated_at=validated_at,
                notional_usd=case.notional_usd,
                risk_checks_passed=False,
                rejection_reason=f"{result.reason}: {result.rule} was {result.value}, limit {result.limit}",
                checks=results,
            )
    return approved_order(intent, case.notional_usd, validated_at, results)


def describe_checks() -> str:
    """The checks in their order as the table that stands in `README.md`."""
    lines = ["| # | check | passes when | set by | reducing orders | reasons |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {number} | `{rule.name}` | {rule.what} | {rule.limit_from} | "
        f"{'pass' if rule.spares_reducing else 'are held to it'} | {', '.join(f'`{each}`' for each in rule.reasons)} |"
        for number, rule in enumerate(CHECKS, start=1)
    ]
    return "\n".join(lines) + "\n"


def describe_reasons() -> str:
    """Every reason code with its meaning, as the table that stands in `README.md`."""
    lines = ["| reason | meaning |", "|---|---|"]
    lines += [f"| `{reason}` | {reason.meaning} |" for reason in ReasonCode]
    return "\n".join(lines) + "\n"
