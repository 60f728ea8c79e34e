"""What the checks are handed beside the intent: facts of the moment, and what was used up before it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.config import VenueConfig
from dualwitness.models import Instrument, PositionsQuality, Venue
from dualwitness.risk.states import TradingMode, TradingState

__all__ = ["RiskInputs", "RiskUsage"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskInputs:
    """
    Facts about one venue, one instrument and its position, all looked at for this one decision.

    None means not known, and what is not known refuses the order. ``now_ms`` (our clock) and ``venue_time_ms`` (the
    venue's) were read at the same moment. ``reference_price`` is quote per base, ``reference_ts_ms`` the venue's time
    of it (`Ticker.ts_venue_ms`). ``usd_per_quote`` is only needed where the quote currency is not USD, USDT or USDC.

    ``position_base`` (base currency) or ``position_contracts`` is signed, positive for long; an account in long/short
    mode gives ``long_base`` and ``short_base`` instead, neither of them negative. ``position_ts_ms`` is when, on our
    clock, the position was asked for (not when the answer came). For spot the position is what is held.
    ``only_reducing`` says that whoever judged the evidence of it lets reducing orders pass alone, whatever its quality.

    ``realised_pnl_usd`` is the venue day's so far, ``unrealised_pnl_usd`` that of what is open now.
    """

    now_ms: int
    venue: Venue
    venue_config: VenueConfig
    mode: TradingMode
    instrument: Instrument | None
    venue_time_ms: int | None = None
    reference_price: Decimal | None = None
    reference_ts_ms: int | None = None
    usd_per_quote: Decimal | None = None
    position_base: Decimal | None = None
    position_contracts: Decimal | None = None
    long_base: Decimal | None = None
    short_base: Decimal | None = None
    position_ts_ms: int | None = None
    positions_quality: PositionsQuality | None = None
    only_reducing: bool = False
    leverage_in_force: Decimal | None = None
    realised_pnl_usd: Decimal | None = None
    unrealised_pnl_usd: Decimal | None = None
    own_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskUsage:
    """
    What was accepted, sent and lost before this order, as the store remembers it.

    Counts are of the rolling minute (orders, messages), of ``duplicate_window_ms`` (duplicates) and of
    ``repeated_execution_window_ms`` (repeats), without the order that is being decided. ``open_long_usd`` and
    ``open_short_usd`` are worth what may still be filled of accepted orders that do not reduce, and what was filled
    since the position was looked at; ``reducing_buy_base`` and ``reducing_sell_base`` the same of orders that reduce.
    ``day_loss_usd`` is the worst that the venue day has lost so far, None where nothing was noted today.
    ``now_ms`` and ``venue_time_ms`` never go back, whatever the clocks do.
    """

    now_ms: int = 0
    venue_time_ms: int = 0
    killed: str | None = None
    state: TradingState = TradingState.ACTIVE
    id_is_known: bool = False
    orders_of_symbol: int = 0
    orders_of_venue: int = 0
    messages_of_venue: int = 0
    duplicates: int = 0
    repeats: int = 0
    latched: bool = False
    open_long_usd: Decimal = _ZERO
    open_short_usd: Decimal = _ZERO
    reducing_buy_base: Decimal = _ZERO
    reducing_sell_base: Decimal = _ZERO
    day_loss_usd: Decimal | None = None
    day_loss_ts_ms: int | None = None
