"""
What may be configured, typed and bounded; the shipped values stand in the YAML files beside this module.

A limit of zero or below is refused: elsewhere zero often means "no limit", and that must not be guessed.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from dualwitness.config.spelling import SpelledBool, SpelledInt, SpelledList, SpelledNumber, SpelledText, wrong
from dualwitness.models import FrozenModel

__all__ = ["RiskConfig", "VenueConfig"]

# Above this a limit in US dollars limits nothing.
_LARGEST_USD = 1_000_000_000
# The highest leverage that any supported venue offers.
_LARGEST_LEVERAGE = 150
_MOST_PER_MINUTE = 6_000

UsdLimit = Annotated[SpelledNumber, Field(gt=0, le=_LARGEST_USD)]
LeverageLimit = Annotated[SpelledNumber, Field(ge=1, le=_LARGEST_LEVERAGE)]
RateLimit = Annotated[SpelledInt, Field(ge=1, le=_MOST_PER_MINUTE)]


def _without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    for index, name in enumerate(names):
        if name in names[:index]:
            problem = f"{name!r} is listed twice"
            raise wrong(problem, "keep one of them")
    return names


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        try:
            ip_network(text)
        except ValueError:
            problem = f"{text!r} is not an IP address or network"
            raise wrong(problem, "write it like 203.0.113.7 or 203.0.113.0/24") from None
    return texts


Names = Annotated[SpelledList, AfterValidator(_without_repeats)]
Networks = Annotated[SpelledList, AfterValidator(_without_repeats), AfterValidator(_networks)]


class RiskConfig(FrozenModel):
    """
    Limits over all venues (``risk.yaml``).

    Amounts are US dollars, rates are orders a minute, ``max_daily_loss_usd`` counts from 00:00 UTC.
    """

    max_notional_per_trade_usd: UsdLimit
    max_daily_loss_usd: UsdLimit
    max_leverage: LeverageLimit
    rate_limit_per_symbol_per_minute: RateLimit
    rate_limit_per_venue_per_minute: RateLimit
    enable_ip_restrictions: SpelledBool
    allowed_ips: Networks = ()

    @model_validator(mode="after")
    def _a_restriction_has_something_to_allow(self) -> Self:
        if self.enable_ip_restrictions and not self.allowed_ips:
            problem = "is true, but allowed_ips is empty: nothing could ever be sent"
            advice = "list the addresses, or set enable_ip_restrictions to false"
            raise wrong(problem, advice, key="enable_ip_restrictions")
        return self


class VenueConfig(FrozenModel):
    """
    One venue (``venues.<venue>.yaml``).

    ``base_url`` is None for a venue without a network (paper). ``allow_live_orders`` is one of the two statements that
    a live order needs; the other is the command line's ``--allow-orders``.
    """

    enabled: SpelledBool
    demo_mode: SpelledBool
    base_url: SpelledText | None = None
    allow_live_orders: SpelledBool = False
    allowed_symbols: Names
    max_leverage: LeverageLimit
    max_notional_per_symbol_usd: UsdLimit
    allowed_strategies: Names

    @model_validator(mode="after")
    def _live_orders_and_demo_exclude_each_other(self) -> Self:
        if self.allow_live_orders and self.demo_mode:
            problem = "is true, and so is demo_mode"
            advice = "set one of them to false: a demo venue has no live orders"
            raise wrong(problem, advice, key="allow_live_orders")
        return self
