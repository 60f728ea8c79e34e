"""
The words of the project: frozen, typed, exact.

Imports nothing of ours, does no I/O and reads no clock. Numbers are `decimal.Decimal`; timestamps are ms and named for
their clock (``ts_venue_ms``, ``ts_local_ms``).
"""

from __future__ import annotations

from dualwitness.models.account import AccountConfig, Balance, FeeRates, LeverageSetting
from dualwitness.models.bill import Bill
from dualwitness.models.enums import (
    AccountLevel,
    Axis,
    BillKind,
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
from dualwitness.models.fees import FeeTotal
from dualwitness.models.fill import Fill
from dualwitness.models.fold import Duplicate, FoldResult, fold_fills, fold_lines
from dualwitness.models.fold_bills import CurrencyFold, fold_bills
from dualwitness.models.fold_line import FillLine
from dualwitness.models.history import Gap, History, OpeningSnapshot
from dualwitness.models.holding import Holding
from dualwitness.models.instrument import Instrument
from dualwitness.models.intent import CheckResult, OrderIntent, ValidatedOrder
from dualwitness.models.leg import Bounds, Leg, OpeningLeg
from dualwitness.models.listing import Listing, SymbolTable, resolve_shorthand, shorthand_from_okx_id
from dualwitness.models.market import BookLevel, Candle, OrderBook, Ticker
from dualwitness.models.order import Order
from dualwitness.models.order_modes import Refusal, RefusalReason, ResolvedMode, resolve_order_mode
from dualwitness.models.position import Position
from dualwitness.models.sizing import Sized, Unsizeable, UnsizeableReason, base_from_contracts, size_order
from dualwitness.models.symbols import AmbiguousSymbolError, Symbol, SymbolError, okx_id_from_symbol, symbol_from_okx_id

__all__ = [
    "AccountConfig",
    "AccountLevel",
    "AmbiguousSymbolError",
    "Axis",
    "Balance",
    "Bill",
    "BillKind",
    "BookLevel",
    "Bounds",
    "Candle",
    "CheckResult",
    "CurrencyFold",
    "Direction",
    "Duplicate",
    "Fact",
    "FeeRates",
    "FeeTotal",
    "FeeType",
    "Fill",
    "FillLine",
    "FindingKind",
    "FoldResult",
    "FrozenModel",
    "Gap",
    "History",
    "Holding",
    "ImpedanceFidelity",
    "Instrument",
    "InstrumentState",
    "Layer",
    "Leg",
    "LeverageSetting",
    "Library",
    "Liquidity",
    "Listing",
    "MarginMode",
    "MarketType",
    "Mitigation",
    "NullReason",
    "OddOneOut",
    "OpeningLeg",
    "OpeningSnapshot",
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
    "Refusal",
    "RefusalReason",
    "ResolvedMode",
    "RunMode",
    "RunStatus",
    "Severity",
    "Side",
    "Sized",
    "Symbol",
    "SymbolError",
    "SymbolTable",
    "TdMode",
    "Ticker",
    "TimeInForce",
    "Unsizeable",
    "UnsizeableReason",
    "ValidatedOrder",
    "Venue",
    "Verdict",
    "base_from_contracts",
    "fold_bills",
    "fold_fills",
    "fold_lines",
    "okx_id_from_symbol",
    "resolve_order_mode",
    "resolve_shorthand",
    "shorthand_from_okx_id",
    "size_order",
    "symbol_from_okx_id",
]
