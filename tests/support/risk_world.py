"""A small world for the risk engine: instruments, a sound intent with sound facts, and a clock that a test moves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from dualwitness.config import RiskConfig, VenueConfig
from dualwitness.models import (
    Instrument,
    InstrumentState,
    MarketType,
    OrderIntent,
    OrderType,
    PositionsQuality,
    Side,
    TdMode,
    Venue,
)
from dualwitness.risk import RiskEngine, RiskInputs, RiskStore, RiskUsage, TradingMode

__all__ = [
    "DAY_MS",
    "INVERSE",
    "LIMITS",
    "NOW_MS",
    "PAIR",
    "SWAP",
    "VENUE",
    "Clock",
    "Desk",
    "inputs_of",
    "intent_of",
    "limits_of",
    "open_engine",
    "usage_of",
    "venue_of",
]

DAY_MS = 86_400_000
# 2026-07-01 12:00 UTC.
NOW_MS = 1_782_907_200_000
STRATEGIES = ("trend_following", "mean_reversion")


def _instrument(symbol: str, own_id: str, kind: MarketType, **rest: Any) -> Instrument:
    base, _, quote = symbol.partition(":")[0].partition("/")
    sound = {
        "symbol": symbol,
        "venue_instrument_id": own_id,
        "market_type": kind,
        "base": base,
        "quote": quote,
        "tick_size": Decimal("0.1"),
        "lot_size": Decimal("0.01"),
        "min_size": Decimal("0.01"),
        "state": InstrumentState.LIVE,
    }
    return Instrument.model_validate(sound | rest)


SWAP = _instrument(
    "BTC/USDT:USDT",
    "BTC-USDT-SWAP",
    MarketType.SWAP,
    settle="USDT",
    linear=True,
    inverse=False,
    contract_size=Decimal("0.01"),
)
INVERSE = _instrument(
    "BTC/USD:BTC",
    "BTC-USD-SWAP",
    MarketType.SWAP,
    settle="BTC",
    linear=False,
    inverse=True,
    contract_size=Decimal(100),
)
PAIR = _instrument("ETH/USDT", "ETH-USDT", MarketType.SPOT)

VENUE = VenueConfig(
    enabled=True,
    demo_mode=True,
    base_url="http://127.0.0.1:9",
    allowed_symbols=("BTCUSDT", "ETHUSDT", "BTCUSD"),
    max_leverage=Decimal(3),
    max_notional_per_symbol_usd=Decimal(5000),
    allowed_strategies=STRATEGIES,
)
LIMITS = RiskConfig(
    max_notional_per_trade_usd=Decimal(1000),
    max_daily_loss_usd=Decimal(5000),
    max_leverage=Decimal(3),
    rate_limit_per_symbol_per_minute=10,
    rate_limit_per_venue_per_minute=60,
    enable_ip_restrictions=False,
)
_SOUND_INTENT = OrderIntent(
    symbol=SWAP.symbol,
    side=Side.LONG,
    order_type=OrderType.LIMIT,
    size=Decimal("0.01"),
    price=Decimal(50_000),
    venue=Venue.OKX,
    td_mode=TdMode.CROSS,
    leverage=Decimal(2),
    strategy="trend_following",
    client_order_id="order1",
)
_SOUND_INPUTS = RiskInputs(
    now_ms=NOW_MS,
    venue=Venue.OKX,
    venue_config=VENUE,
    mode=TradingMode.DEMO,
    instrument=SWAP,
    venue_time_ms=NOW_MS + 20,
    reference_price=Decimal(50_000),
    reference_ts_ms=NOW_MS - 100,
    position_base=Decimal(0),
    position_ts_ms=NOW_MS,
    positions_quality=PositionsQuality.RELIABLE,
    leverage_in_force=Decimal(3),
    realised_pnl_usd=Decimal(-10),
    unrealised_pnl_usd=Decimal(3),
)


def intent_of(**changes: Any) -> OrderIntent:
    """A sound intent with changes, which are not validated: NaN comes through."""
    return _SOUND_INTENT.model_copy(update=changes)


def inputs_of(at_ms: int = NOW_MS, **changes: Any) -> RiskInputs:
    """Sound facts gathered at ``at_ms``, with changes."""
    times = {"now_ms": at_ms, "venue_time_ms": at_ms + 20, "reference_ts_ms": at_ms - 100, "position_ts_ms": at_ms}
    return replace(_SOUND_INPUTS, **(times | changes))


def usage_of(**changes: Any) -> RiskUsage:
    """Nothing used up, with changes."""
    return replace(RiskUsage(now_ms=NOW_MS), **changes)


def venue_of(**changes: Any) -> VenueConfig:
    """The venue's configuration with changes."""
    return VENUE.model_copy(update=changes)


def limits_of(folder: Path | None = None, **changes: Any) -> RiskConfig:
    """The limits with changes; with a folder, switch and state lie in it."""
    files = {}
    if folder is not None:
        files = {"kill_switch_file": str(folder / "kill_switch"), "risk_state_file": str(folder / "state.sqlite3")}
    return LIMITS.model_copy(update=files | changes)


class Clock:
    """A clock that stands where a test put it."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def open_engine(folder: Path, clock: Clock | None = None, **changes: Any) -> RiskEngine:
    """An engine whose files lie in ``folder``; opened again it is the same engine after a restart."""
    limits = limits_of(folder, **changes)
    return RiskEngine(limits, RiskStore(limits.risk_state_file), clock or Clock())


# Prices that differ, so that no order is the duplicate of another.
_PRICES = [Decimal(50_000 + number) for number in range(100)]


class Desk:
    """One engine, its clock, and orders that differ in nothing but id and price."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.folder = folder
        self.limits = limits
        self.clock = Clock()
        self.engine = open_engine(folder, self.clock, **limits)
        self.count = 0

    def restart(self) -> None:
        """The same store under a new engine, as after a crash."""
        self.engine = open_engine(self.folder, self.clock, **self.limits)

    def order(self, *, facts: dict[str, Any] | None = None, **changes: Any) -> Any:
        """Decide on the next order, with facts of this moment."""
        self.count += 1
        intent = {"client_order_id": f"order{self.count}", "price": _PRICES[self.count % 100], "size": Decimal("0.001")}
        return self.engine.validate(intent_of(**(intent | changes)), inputs_of(self.clock.now_ms, **(facts or {})))

    def reason(self, **changes: Any) -> str | None:
        """The first reason why the next order is refused."""
        order = self.order(**changes)
        return None if order.rejection_reason is None else order.rejection_reason.partition(":")[0]

    def reasons(self, **changes: Any) -> set[str]:
        """Every reason why the next order is refused."""
        return {check.reason for check in self.order(**changes).checks if not check.passed}
