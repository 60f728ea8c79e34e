"""
Why an order is refused: stable codes, named ``CATEGORY_CONDITION``, each with one sentence for people.

Codes are public: none is renamed, and none changes its meaning (`README.md` holds the table made from here).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["ReasonCode"]


class ReasonCode(StrEnum):
    """One reason for refusing an order; ``meaning`` says it in a sentence."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:  # noqa: D102 - how an enum with two values is written
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    INTENT_NUMBER_INVALID = (
        "INTENT_NUMBER_INVALID",
        "Size, price or leverage is no number that an order can be about: NaN, infinite, zero, negative or absurd.",
    )
    INTENT_ID_MISSING = (
        "INTENT_ID_MISSING",
        "The intent has no client_order_id, so its fate could never be found out.",
    )
    INTENT_ID_REUSED = ("INTENT_ID_REUSED", "An order with this client_order_id was accepted before.")
    INTENT_DUPLICATE = (
        "INTENT_DUPLICATE",
        "An order with the same venue, symbol, side, type, size, price, mode and strategy was accepted a moment ago.",
    )
    KILL_TRIPPED = ("KILL_TRIPPED", "The kill switch was tripped; a named person must reset it.")
    STATE_HALTED = ("STATE_HALTED", "Trading is halted.")
    STATE_REDUCING = ("STATE_REDUCING", "Only orders that reduce a known position are taken.")
    VENUE_MISMATCH = ("VENUE_MISMATCH", "The facts that were handed in are those of another venue.")
    VENUE_DISABLED = ("VENUE_DISABLED", "The venue's configuration says enabled: false.")
    VENUE_MODE_MISMATCH = (
        "VENUE_MODE_MISMATCH",
        "The mode that was asked for and demo_mode of the venue's configuration disagree.",
    )
    VENUE_LIVE_FORBIDDEN = ("VENUE_LIVE_FORBIDDEN", "A live order, and allow_live_orders is not true.")
    SYMBOL_UNKNOWN = ("SYMBOL_UNKNOWN", "The instrument is not known, or is another than the intent names.")
    SYMBOL_NOT_LIVE = ("SYMBOL_NOT_LIVE", "The instrument is not proven to be open for trading.")
    SYMBOL_NOT_ALLOWED = ("SYMBOL_NOT_ALLOWED", "The instrument is not in allowed_symbols of the venue.")
    STRATEGY_NOT_ALLOWED = (
        "STRATEGY_NOT_ALLOWED",
        "The strategy is not named, or not in allowed_strategies of the venue.",
    )
    STRATEGY_REPEATED = (
        "STRATEGY_REPEATED",
        "The strategy repeated one trade too often; it is latched until a named person resets it.",
    )
    STRATEGY_LATCHED = (
        "STRATEGY_LATCHED",
        "The strategy repeated one trade too often before; a named person must reset it.",
    )
    IP_UNKNOWN = ("IP_UNKNOWN", "Addresses are restricted, and our own is not known.")
    IP_NOT_ALLOWED = ("IP_NOT_ALLOWED", "Addresses are restricted, and our own is not in allowed_ips.")
    CLOCK_UNKNOWN = ("CLOCK_UNKNOWN", "The venue's time is not known.")
    CLOCK_SKEWED = ("CLOCK_SKEWED", "The venue's clock and ours are too far apart.")
    REFERENCE_MISSING = ("REFERENCE_MISSING", "There is no reference price to hold the order against.")
    REFERENCE_STALE = ("REFERENCE_STALE", "The reference price is too old, or from the future.")
    PRICE_OUTSIDE_COLLAR = ("PRICE_OUTSIDE_COLLAR", "The price is too far from the reference price.")
    NOTIONAL_UNKNOWN = ("NOTIONAL_UNKNOWN", "The order's value in US dollars cannot be computed.")
    NOTIONAL_ABOVE_TRADE_LIMIT = ("NOTIONAL_ABOVE_TRADE_LIMIT", "The order is worth more than one trade may be.")
    NOTIONAL_ABOVE_SYMBOL_LIMIT = (
        "NOTIONAL_ABOVE_SYMBOL_LIMIT",
        "Position and orders of the symbol together would be worth more than they may be.",
    )
    LEVERAGE_UNKNOWN = ("LEVERAGE_UNKNOWN", "The leverage in force at the venue is not known.")
    LEVERAGE_ABOVE_LIMIT = ("LEVERAGE_ABOVE_LIMIT", "The leverage asked for or in force is above the limit.")
    POSITION_UNKNOWN = ("POSITION_UNKNOWN", "The position that the order builds on is not known.")
    POSITION_UNRELIABLE = ("POSITION_UNRELIABLE", "The position is unreliable or unavailable: only reducing orders.")
    POSITION_CONTRADICTED = (
        "POSITION_CONTRADICTED",
        "The evidence of the account's positions contradicts itself: only reducing orders.",
    )
    POSITION_STALE = ("POSITION_STALE", "The position was looked at too long ago.")
    POSITION_ABOVE_LIMIT = ("POSITION_ABOVE_LIMIT", "The position could grow beyond what it may be worth.")
    REDUCE_NOT_SHRINKING = (
        "REDUCE_NOT_SHRINKING",
        "reduce_only is set, and the order does not provably shrink a known position.",
    )
    RATE_SYMBOL_EXCEEDED = ("RATE_SYMBOL_EXCEEDED", "Too many orders for the symbol in the last minute.")
    RATE_VENUE_EXCEEDED = ("RATE_VENUE_EXCEEDED", "Too many orders for the venue in the last minute.")
    RATE_MESSAGES_EXCEEDED = (
        "RATE_MESSAGES_EXCEEDED",
        "Too many messages (new, amend, cancel) to the venue in the last minute.",
    )
    LOSS_UNKNOWN = ("LOSS_UNKNOWN", "What the day has won or lost is not known.")
    LOSS_STALE = ("LOSS_STALE", "What the day has won or lost was looked at too long ago.")
    LOSS_LIMIT_REACHED = (
        "LOSS_LIMIT_REACHED",
        "The day has lost what it may lose; only reducing orders until the day ends in venue time.",
    )
