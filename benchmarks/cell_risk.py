"""
Risk: one whole decision, all checks evaluated and recorded, against a plain check of ten rules.

Two yardsticks decide on the same orders from the same facts, with ``Decimal`` and by comparison alone: venue enabled,
symbol, strategy, value of the trade, value of the symbol, leverage, both rates, the day's loss, the collar. Both end
with the `ValidatedOrder` that a client takes. ``plain`` stops at the first rule that fails and records nothing;
``plain_recorded`` records its ten rules, as the contract asks of every decision. Nothing is persisted in any of them.

Orders and facts differ from one to the next, so that no record can be taken from the one before. The figures tell what
single decisions cost without collections: CPU of the decision alone (a busy machine takes wall time away that no
decision spent), and wall time with the store: one transaction, durable before it is answered, so mostly the disk's.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.benchmarks.rounds import Interleaved, without_garbage_collection
from dualwitness.config import RiskConfig, VenueConfig, load_risk_config, load_venue_config
from dualwitness.models import (
    CheckResult,
    Instrument,
    InstrumentState,
    MarketType,
    OrderIntent,
    OrderType,
    PositionsQuality,
    Side,
    TdMode,
    ValidatedOrder,
    Venue,
)
from dualwitness.risk import RiskEngine, RiskInputs, RiskStore, RiskUsage, TradingMode, validate_order

__all__ = ["CELL", "orders_and_facts", "plain_check", "plain_recorded_check"]

_ORDERS = 2_000
_DURABLE_ORDERS = 200
_BPS = 10_000
_ENOUGH = 6_000

_SWAP = Instrument(
    symbol="BTC/USDT:USDT",
    venue_instrument_id="BTC-USDT-SWAP",
    market_type=MarketType.SWAP,
    base="BTC",
    quote="USDT",
    settle="USDT",
    linear=True,
    inverse=False,
    contract_size=Decimal("0.01"),
    tick_size=Decimal("0.1"),
    lot_size=Decimal("0.01"),
    min_size=Decimal("0.01"),
    state=InstrumentState.LIVE,
)
_USAGE = RiskUsage(
    now_ms=FROZEN_AT_MS,
    orders_of_symbol=4,
    orders_of_venue=17,
    messages_of_venue=30,
    repeats=3,
    open_long_usd=Decimal("750.25"),
    open_short_usd=Decimal("120.5"),
    day_loss_usd=Decimal("17.25"),
    day_loss_ts_ms=FROZEN_AT_MS,
)

Facts = tuple[OrderIntent, RiskInputs]


def orders_and_facts(count: int, seed: int = 0) -> list[Facts]:
    """Orders that pass every check, each with its own size, price, reference, position and result of the day."""
    draw = random.Random(seed)
    venue = load_venue_config(Venue.OKX)
    cents = Decimal("0.01")
    made = []
    for number in range(count):
        reference = 60_000 + draw.randrange(500_000) * cents
        intent = OrderIntent(
            symbol=_SWAP.symbol,
            side=draw.choice([Side.LONG, Side.SHORT]),
            order_type=OrderType.LIMIT,
            size=draw.randrange(1, 150) * Decimal("0.0001"),
            price=reference + draw.randrange(-50_000, 50_000) * cents,
            td_mode=TdMode.CROSS,
            leverage=Decimal(2),
            strategy="trend_following",
            client_order_id=f"bench{number}",
        )
        inputs = RiskInputs(
            now_ms=FROZEN_AT_MS,
            venue=Venue.OKX,
            venue_config=venue,
            mode=TradingMode.DEMO,
            instrument=_SWAP,
            venue_time_ms=FROZEN_AT_MS + draw.randrange(500),
            reference_price=reference,
            reference_ts_ms=FROZEN_AT_MS - draw.randrange(2_000),
            position_base=draw.randrange(-400, 400) * Decimal("0.0001"),
            position_ts_ms=FROZEN_AT_MS,
            positions_quality=PositionsQuality.RELIABLE,
            leverage_in_force=Decimal(3),
            realised_pnl_usd=-draw.randrange(100_000) * cents,
            unrealised_pnl_usd=-draw.randrange(100_000) * cents,
        )
        made.append((intent, inputs))
    return made


def plain_check(intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage) -> ValidatedOrder:
    """The leaner yardstick: ten rules as a program writes them that wants nothing but yes or no."""
    notional = intent.size * (intent.price or inputs.reference_price or 0)
    reason = _first_broken(intent, inputs, limits, usage, notional)
    return ValidatedOrder(
        intent=intent,
        validated_at=FROZEN_AT_MS,
        notional_usd=notional,
        risk_checks_passed=reason is None,
        rejection_reason=reason,
    )


def _first_broken(
    intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage, notional: Decimal
) -> str | None:
    venue = inputs.venue_config
    reference, position, leverage = _known(inputs)
    if not venue.enabled:
        return "venue disabled"
    if intent.symbol.split(":", maxsplit=1)[0].replace("/", "") not in venue.allowed_symbols:
        return "symbol not allowed"
    if intent.strategy not in venue.allowed_strategies:
        return "strategy not allowed"
    if notional > limits.max_notional_per_trade_usd:
        return "trade too large"
    opened = usage.open_long_usd + usage.open_short_usd
    if abs(position) * reference + opened + notional > venue.max_notional_per_symbol_usd:
        return "symbol too large"
    if leverage > min(limits.max_leverage, venue.max_leverage):
        return "leverage too high"
    if usage.orders_of_symbol + 1 > limits.rate_limit_per_symbol_per_minute:
        return "too many orders for the symbol"
    if usage.orders_of_venue + 1 > limits.rate_limit_per_venue_per_minute:
        return "too many orders for the venue"
    if -((inputs.realised_pnl_usd or 0) + (inputs.unrealised_pnl_usd or 0)) >= limits.max_daily_loss_usd:
        return "the day lost too much"
    if intent.price is not None and abs(intent.price - reference) / reference * _BPS > limits.max_price_deviation_bps:
        return "price outside the collar"
    return None


def plain_recorded_check(
    intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage
) -> ValidatedOrder:
    """The other yardstick: the same ten rules, each recorded with its input, its limit and its outcome."""
    venue = inputs.venue_config
    known = _known(inputs)
    notional = intent.size * (intent.price or known[0])
    checks = tuple(
        CheckResult(rule=rule, value=str(value), limit=str(limit), passed=fine)
        for rule, value, limit, fine in _ten_rules(intent, inputs, limits, usage, venue, known)
    )
    broken = next((check.rule for check in checks if not check.passed), None)
    return ValidatedOrder(
        intent=intent,
        validated_at=FROZEN_AT_MS,
        notional_usd=notional,
        risk_checks_passed=broken is None,
        rejection_reason=broken,
        checks=checks,
    )


def _ten_rules(
    intent: OrderIntent,
    inputs: RiskInputs,
    limits: RiskConfig,
    usage: RiskUsage,
    venue: VenueConfig,
    known: tuple[Decimal, Decimal, Decimal],
) -> Iterator[tuple[str, object, object, bool]]:
    reference, position, leverage = known
    notional = intent.size * (intent.price or reference)
    pair = intent.symbol.split(":", maxsplit=1)[0].replace("/", "")
    total = abs(position) * reference + usage.open_long_usd + usage.open_short_usd + notional
    highest = min(limits.max_leverage, venue.max_leverage)
    lost = -((inputs.realised_pnl_usd or 0) + (inputs.unrealised_pnl_usd or 0))
    away = 0 if intent.price is None else abs(intent.price - reference) / reference * _BPS
    yield "enabled", venue.enabled, True, venue.enabled
    yield "symbol", pair, venue.allowed_symbols, pair in venue.allowed_symbols
    yield "strategy", intent.strategy, venue.allowed_strategies, intent.strategy in venue.allowed_strategies
    yield "trade", notional, limits.max_notional_per_trade_usd, notional <= limits.max_notional_per_trade_usd
    yield "notional", total, venue.max_notional_per_symbol_usd, total <= venue.max_notional_per_symbol_usd
    yield "leverage", leverage, highest, leverage <= highest
    count, limit = usage.orders_of_symbol + 1, limits.rate_limit_per_symbol_per_minute
    yield "symbol rate", count, limit, count <= limit
    count, limit = usage.orders_of_venue + 1, limits.rate_limit_per_venue_per_minute
    yield "venue rate", count, limit, count <= limit
    yield "loss", lost, limits.max_daily_loss_usd, lost < limits.max_daily_loss_usd
    yield "collar", away, limits.max_price_deviation_bps, away <= limits.max_price_deviation_bps


def _known(inputs: RiskInputs) -> tuple[Decimal, Decimal, Decimal]:
    reference, position, leverage = inputs.reference_price, inputs.position_base, inputs.leverage_in_force
    if reference is None or position is None or leverage is None:
        message = "the material of this cell lacks a fact"
        raise ValueError(message)
    return reference, position, leverage


class _Decisions(Interleaved):
    """The contenders, and what single decisions cost in wall time."""

    def __init__(self, facts: list[Facts], limits: RiskConfig, folder: Path) -> None:
        self._facts = facts
        self._limits = limits
        self._folder = folder
        deciders = {"ours": _ours, "plain": plain_check, "plain_recorded": plain_recorded_check}
        count = len(facts)
        super().__init__(
            [Contender(name, partial(_decide_all, each, facts, limits), count) for name, each in deciders.items()]
        )

    def figures(self) -> dict[str, float]:
        """Microseconds of single decisions; durable ones are made by an engine with wide limits over a real file."""
        with without_garbage_collection():
            alone = [
                _timed_us(time.thread_time_ns, _ours, *each, self._limits, _USAGE)
                for _ in range(5)
                for each in self._facts
            ]
            durable = self._durable_us()
        thousandths = quantiles(alone, n=1000, method="inclusive")
        return {
            "decision_cpu_us_p50": median(alone),
            "decision_cpu_us_p999": thousandths[998],
            "durable_decision_us_p50": median(durable),
            "durable_decision_us_p99": quantiles(durable, n=100, method="inclusive")[98],
        }

    def _durable_us(self) -> list[float]:
        wide = {
            "kill_switch_file": str(self._folder / "kill_switch"),
            "rate_limit_per_symbol_per_minute": _ENOUGH,
            "rate_limit_per_venue_per_minute": _ENOUGH,
            "max_messages_per_minute": _ENOUGH,
            "max_repeated_executions": _ENOUGH,
        }
        store = RiskStore(self._folder / "state.sqlite3")
        engine = RiskEngine(self._limits.model_copy(update=wide), store, lambda: FROZEN_AT_MS)
        huge = Decimal(10**9)
        try:
            taken = []
            for intent, inputs in self._facts[:_DURABLE_ORDERS]:
                roomy = {"max_notional_per_symbol_usd": huge, "max_position_per_symbol_usd": huge}
                facts = replace(inputs, venue_config=inputs.venue_config.model_copy(update=roomy))
                taken.append(_timed_us(time.perf_counter_ns, engine.validate, intent, facts))
                engine.settle(intent.client_order_id or "", state="absent")
            return taken
        finally:
            store.close()


def _ours(intent: OrderIntent, inputs: RiskInputs, limits: RiskConfig, usage: RiskUsage) -> ValidatedOrder:
    return validate_order(intent, inputs=inputs, limits=limits, usage=usage, validated_at=FROZEN_AT_MS)


def _decide_all(decide: Callable[..., ValidatedOrder], facts: list[Facts], limits: RiskConfig) -> None:
    for intent, inputs in facts:
        if not decide(intent, inputs, limits, _USAGE).risk_checks_passed:
            message = "an order of this cell was refused: the contenders would not do the same work"
            raise RuntimeError(message)


def _timed_us(clock_ns: Callable[[], int], decide: Callable[..., ValidatedOrder], *arguments: object) -> float:
    begun = clock_ns()
    order = decide(*arguments)
    taken = clock_ns() - begun
    if not order.risk_checks_passed:
        message = f"an order of this cell was refused: {order.rejection_reason}"
        raise RuntimeError(message)
    return taken / 1000


@contextmanager
def _open() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="dualwitness-benchmark-") as folder:
        yield _Decisions(orders_and_facts(_ORDERS), load_risk_config(), Path(folder))


CELL = Cell(
    name="risk",
    title="a whole decision, all checks recorded, against a plain check of ten rules",
    clock="CPU a decision",
    rounds=15,
    targets=(
        Target("to_plain_recorded", "ours", ("plain_recorded",), goal=3.0, gate=3.0),
        Target("to_plain", "ours", ("plain",), goal=3.0),
        Target("decision_cpu_us_p999", "decision_cpu_us_p999"),
        Target("durable_decision_us_p50", "durable_decision_us_p50"),
    ),
    open=_open,
)
