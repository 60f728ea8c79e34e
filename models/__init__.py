"""
The words of the project: frozen, typed, exact.

Imports nothing of ours, does no I/O and reads no clock. Numbers are `decimal.Decimal`; timestamps are ms and named for
their clock (``ts_venue_ms``, ``ts_local_ms``).
"""

from __future__ import annotations

from dualwitness.models.account import AccountConfig, Balance, FeeRates
from dualwitness.models.enums import (
    AccountLevel,
    Axis,
    Direction,
    FeeType,
    FindingKind,
    ImpedanceFidelity,
    InstrumentState,
    Layer,
    Library,
    Liquidity,
    MarginMode,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    OptionType,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    PositionsQuality,
    PositionsSource,
    RunMode,
    RunStatus,
    Severity,
    Side,
    TdMode,
    TimeInForce,
    Venue,
    Verdict,
)
from dualwitness.models.fact import Fact, FrozenModel
from dualwitness.models.fill import Fill
from dualwitness.models.instrument import Instrument
from dualwitness.models.intent import CheckResult, OrderIntent, ValidatedOrder
from dualwitness.models.market import BookLevel, Candle, OrderBook, Ticker
from dualwitness.models.order import Order
from dualwitness.models.position import Position

__all__ = [
    "AccountConfig",
    "AccountLevel",
    "Axis",
    "Balance",
    "BookLevel",
    "Candle",
    "CheckResult",
    "Direction",
    "Fact",
    "FeeRates",
    "FeeType",
    "Fill",
    "FindingKind",
    "FrozenModel",
    "ImpedanceFidelity",
    "Instrument",
    "InstrumentState",
    "Layer",
    "Library",
    "Liquidity",
    "MarginMode",
    "MarketType",
    "Mitigation",
    "NullReason",
    "OddOneOut",
    "OptionType",
    "Order",
    "OrderBook",
    "OrderIntent",
    "OrderSide",
    "OrderState",
    "OrderStatus",
    "OrderType",
    "Outcome",
    "Position",
    "PositionMode",
    "PositionSide",
    "PositionsQuality",
    "PositionsSource",
    "RunMode",
    "RunStatus",
    "Severity",
    "Side",
    "TdMode",
    "Ticker",
    "TimeInForce",
    "ValidatedOrder",
    "Venue",
    "Verdict",
]
