"""
The closed vocabularies of the project.

State enums are strict: an unknown member is an error, never a default.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "AccountLevel",
    "Axis",
    "BillKind",
    "Direction",
    "FeeType",
    "FindingKind",
    "ImpedanceFidelity",
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
    "OrderSide",
    "OrderState",
    "OrderStatus",
    "OrderType",
    "Outcome",
    "PositionMode",
    "PositionSide",
    "PositionsQuality",
    "PositionsSource",
    "RunMode",
    "RunStatus",
    "Severity",
    "Side",
    "TdMode",
    "TimeInForce",
    "Venue",
    "Verdict",
]


class Side(StrEnum):
    """What an intent wants: ``long`` buys, ``short`` sells."""

    LONG = "long"
    SHORT = "short"


class BillKind(StrEnum):
    """Why cash changed (OKX ``account/bills``, ``type``); ``other`` is a reason that moves no position of ours."""

    TRADE = "trade"
    TRANSFER = "transfer"
    DELIVERY = "delivery"
    LIQUIDATION = "liquidation"
    AUTO_DELEVERAGING = "auto_deleveraging"
    FUNDING = "funding"
    INTEREST = "interest"
    MARGIN = "margin"
    BORROW = "borrow"
    REPAY = "repay"
    OTHER = "other"


class OrderSide(StrEnum):
    """What an order does at the venue."""

    BUY = "buy"
    SELL = "sell"


class Direction(StrEnum):
    """Which way a position points; ``flat`` only where the venue says that there is none."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class OrderType(StrEnum):
    """How an order is priced; the life time is `TimeInForce`."""

    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    """How long an order may rest."""

    GTC = "gtc"
    POST_ONLY = "post_only"
    FOK = "fok"
    IOC = "ioc"


class TdMode(StrEnum):
    """Trade mode of one order. ``margin`` resolves to cross or isolated before anything is sent."""

    CASH = "cash"
    MARGIN = "margin"
    ISOLATED = "isolated"
    CROSS = "cross"


class Venue(StrEnum):
    """The place where orders meet."""

    OKX = "okx"
    BYBIT = "bybit"
    BINANCE = "binance"
    PAPER = "paper"


class Library(StrEnum):
    """The route to a venue. An honest label: it names the library that really produced a result."""

    CCXT = "ccxt"
    OKX_SDK = "okx_sdk"


class PositionMode(StrEnum):
    """Account-wide: one signed position an instrument, or one for each side."""

    NET = "net"
    LONG_SHORT = "long_short"


class PositionSide(StrEnum):
    """The leg that an order, a fill or a position belongs to."""

    NET = "net"
    LONG = "long"
    SHORT = "short"


class MarginMode(StrEnum):
    """Whether a position shares the account's collateral or has its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


class MarketType(StrEnum):
    """Kind of instrument. ``margin`` is a spot pair traded on borrowed funds; a ``swap`` is a perpetual."""

    SPOT = "spot"
    MARGIN = "margin"
    SWAP = "swap"
    FUTURE = "future"
    OPTION = "option"


class OptionType(StrEnum):
    """Right that an option gives."""

    CALL = "call"
    PUT = "put"


class InstrumentState(StrEnum):
    """Life of an instrument as the venue names it (OKX ``public/instruments``, ``state``)."""

    LIVE = "live"
    SUSPENDED = "suspended"
    PREOPEN = "preopen"
    TEST = "test"
    REBASE = "rebase"
    POST_ONLY = "post_only"
    SETTLING = "settling"
    EXPIRED = "expired"


class Liquidity(StrEnum):
    """Which side of a match we were."""

    MAKER = "maker"
    TAKER = "taker"


class OrderState(StrEnum):
    """State of an order at the venue."""

    LIVE = "live"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


class OrderStatus(StrEnum):
    """Fate of one of our validated orders; ``unknown`` is an answer, not an error."""

    PENDING = "pending"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class AccountLevel(StrEnum):
    """OKX account mode (``acctLv`` 1 to 4; okx-v5-facts section 5)."""

    SPOT = "spot"
    FUTURES = "futures"
    MULTI_CURRENCY = "multi_currency"
    PORTFOLIO = "portfolio"


class FeeType(StrEnum):
    """Currency in which a spot fee is taken (OKX ``feeType`` 0 and 1)."""

    RECEIVED_CURRENCY = "received_currency"
    QUOTE_CURRENCY = "quote_currency"


class NullReason(StrEnum):
    """Why a value is null. Unknown is never flat, never zero, never an empty list."""

    ABSENT = "absent"
    BLANK = "blank"
    NOT_ASKED = "not_asked"
    UNSUPPORTED = "unsupported"
    ERROR = "error"
    INVALID_ENVELOPE = "invalid_envelope"
    INVENTED_BY_LIBRARY = "invented_by_library"
    UNMAPPED = "unmapped"
    STALE = "stale"
    CONFLICT = "conflict"


class Axis(StrEnum):
    """Environment, Identity, Market interaction, Community."""

    E = "E"
    I = "I"
    M = "M"
    C = "C"


class Severity(StrEnum):
    """S0 cosmetic, S1 medium, S2 high, S3 fatal."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"

    @property
    def rank(self) -> int:
        """The severity as a number: 0 to 3."""
        return int(self.value[1])


class Outcome(StrEnum):
    """What a comparison of one field says; both missing is not equal."""

    MATCH = "match"
    MISMATCH = "mismatch"
    ONE_MISSING = "one_missing"
    BOTH_MISSING = "both_missing"
    BOTH_ERROR = "both_error"
    NOT_COMPARABLE = "not_comparable"
    ACCEPTED = "accepted"


class FindingKind(StrEnum):
    """What sort of difference a finding is."""

    LIBRARY_DISAGREEMENT = "library_disagreement"
    EVIDENCE_CONFLICT = "evidence_conflict"
    REQUEST_DISAGREEMENT = "request_disagreement"
    UNOBTAINABLE = "unobtainable"
    SAFETY = "safety"


class Layer(StrEnum):
    """Where a difference arises."""

    REQUEST = "request"
    TRANSPORT = "transport"
    PARSE = "parse"
    VENUE = "venue"


class OddOneOut(StrEnum):
    """Who stands alone against the rest of the evidence."""

    CCXT = "ccxt"
    OKX_SDK = "okx_sdk"
    VENUE = "venue"
    UNKNOWN = "unknown"


class Mitigation(StrEnum):
    """What to do about a finding."""

    NULL_AND_REASON = "null_and_reason"
    FALLBACK = "fallback"
    MARK_UNRELIABLE = "mark_unreliable"
    BLOCK_RUN = "block_run"


class PositionsQuality(StrEnum):
    """How far the positions of a run can be believed, best first."""

    RELIABLE = "reliable"
    RECONSTRUCTED_FROM_FILLS = "reconstructed_from_fills"
    UNRELIABLE = "unreliable"
    UNAVAILABLE = "unavailable"


class PositionsSource(StrEnum):
    """Where the adjudicated positions come from."""

    EXCHANGE = "exchange"
    RECONSTRUCTED_FROM_FILLS = "reconstructed_from_fills"
    INFERRED = "inferred"
    NONE = "none"


class ImpedanceFidelity(StrEnum):
    """Whether fees, latency and slippage were met at a real venue; derived from what was contacted."""

    SIMULATED = "simulated"
    REAL = "real"
    UNKNOWN = "unknown"


class RunMode(StrEnum):
    """Which world an audit looks at."""

    OKX_DEMO_SIM = "okx_demo_sim"
    OFFLINE = "offline"
    OKX_DEMO_API = "okx_demo_api"
    OKX_LIVE = "okx_live"


class RunStatus(StrEnum):
    """Life of a run's manifest."""

    RUNNING = "running"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    BLOCKED = "blocked"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Verdict(StrEnum):
    """What one audit concludes."""

    ALIGNED = "aligned"
    DIFFERENCES = "differences"
    INCOMPLETE = "incomplete"
    BLOCKED = "blocked"
