"""
Why the router sends nothing, in a closed list; what the risk engine refuses keeps the engine's own codes.

Codes are public: none is renamed, and none changes its meaning. `REASONS` holds them all, the engine's included.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from dualwitness.risk import ReasonCode
from dualwitness.venues.sizing import IntentRefusalReason

__all__ = ["REASONS", "RoutingReason", "Stage", "sizing_reason"]


class Stage(StrEnum):
    """Where on its way an intent stopped, in the order of the way."""

    ROUTE = "route"
    RISK = "risk"
    ELIGIBILITY = "eligibility"
    SIZING = "sizing"
    PREFLIGHT = "preflight"
    JOURNAL = "journal"
    SWITCH = "switch"
    SENDING = "sending"
    VENUE = "venue"


class RoutingReason(StrEnum):
    """One reason of the router's own; ``meaning`` says it in a sentence."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:  # noqa: D102 - how an enum with two values is written
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    ROUTE_MISSING = ("ROUTE_MISSING", "No client of the intent's venue was opened.")
    ROUTE_MODE_MISMATCH = ("ROUTE_MODE_MISMATCH", "The clients and the venue's configuration disagree on demo or live.")
    ROUTE_UNPROVEN = (
        "ROUTE_UNPROVEN",
        "Nothing proves that the key belongs to the environment that the order would reach.",
    )
    ROUTE_INELIGIBLE = ("ROUTE_INELIGIBLE", "The venue's configuration does not allow venue, symbol or strategy.")
    FACTS_UNREADABLE = ("FACTS_UNREADABLE", "The facts that an order is held against could not be gathered.")
    RISK_FAILED = ("RISK_FAILED", "The risk engine gave no decision: its store or its switch cannot be used.")
    SIZING_SYMBOL = ("SIZING_SYMBOL", "The intent's symbol is not that of the instrument.")
    SIZING_VENUE = ("SIZING_VENUE", "Modes and sizes are not known for this venue.")
    SIZING_ACCOUNT_UNKNOWN = ("SIZING_ACCOUNT_UNKNOWN", "How the account is set up could not be read.")
    SIZING_INSTRUMENT_STATE = ("SIZING_INSTRUMENT_STATE", "The instrument is not trading.")
    SIZING_INSTRUMENT_INCOMPLETE = ("SIZING_INSTRUMENT_INCOMPLETE", "The instrument list lacks what the order needs.")
    SIZING_MODE = ("SIZING_MODE", "The account may not trade the instrument in this trade mode.")
    SIZING_ORDER_TYPE = ("SIZING_ORDER_TYPE", "The instrument takes no order of this type.")
    SIZING_SIZE_UNIT = ("SIZING_SIZE_UNIT", "The venue would read the size in another unit.")
    SIZING_REDUCE_ONLY = ("SIZING_REDUCE_ONLY", "The order cannot be reduce-only here.")
    SIZING_LEVERAGE = ("SIZING_LEVERAGE", "The leverage asked for is not possible here.")
    SIZING_PRICE = ("SIZING_PRICE", "The price is missing, or below one tick.")
    SIZING_SIZE = ("SIZING_SIZE", "The size cannot be ordered; the nearest that can are told beside it.")
    PREFLIGHT_DISAGREES = ("PREFLIGHT_DISAGREES", "The libraries would send different orders, and nobody accepted it.")
    PREFLIGHT_FAILED = ("PREFLIGHT_FAILED", "The libraries' requests could not be compared.")
    JOURNAL_FAILED = ("JOURNAL_FAILED", "The decision could not be written down, so nothing was sent.")
    SENDING_STALE = ("SENDING_STALE", "The decision was too old by the time at which it could be sent.")
    SENDING_REFUSED = ("SENDING_REFUSED", "The client would not send the order.")
    SENDING_UNPREPARED = (
        "SENDING_UNPREPARED",
        "The order could not be kept before it is sent, or the venue has no time.",
    )
    VENUE_REFUSED = ("VENUE_REFUSED", "The venue refused the order; its code stands in the evidence.")


# Everything that a rejection can carry as its reason.
REASONS = frozenset({*map(str, ReasonCode), *map(str, RoutingReason)})


def sizing_reason(reason: IntentRefusalReason) -> RoutingReason:
    """The router's code for what cannot be sized or has no mode."""
    return RoutingReason[f"SIZING_{reason.name}"]
