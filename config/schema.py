"""
What may be configured, typed and bounded; the shipped values stand in the YAML files beside this module.

A limit of zero or below is refused: elsewhere zero often means "no limit", and that must not be guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from dualwitness.config.spelling import SpelledBool, SpelledInt, SpelledList, SpelledNumber, SpelledText, wrong
from dualwitness.models import FrozenModel

__all__ = ["RiskConfig", "VenueConfig"]

_TIME_OF_DAY = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

# Above this a limit in US dollars limits nothing.
_LARGEST_USD = 1_000_000_000
# The highest leverage that any supported venue offers.
_LARGEST_LEVERAGE = 150
_MOST_PER_MINUTE = 6_000
_ONE_DAY_MS = 86_400_000
_ONE_MINUTE_MS = 60_000
# The clock of a venue that is further off than this refuses every order (OKX 50102).
_LARGEST_SKEW_MS = 30_000
# At half of the reference a price is no price any more.
_LARGEST_DEVIATION_BPS = 5_000

UsdLimit = Annotated[SpelledNumber, Field(gt=0, le=_LARGEST_USD)]
LeverageLimit = Annotated[SpelledNumber, Field(ge=1, le=_LARGEST_LEVERAGE)]
RateLimit = Annotated[SpelledInt, Field(ge=1, le=_MOST_PER_MINUTE)]
CountLimit = Annotated[SpelledInt, Field(ge=1, le=_MOST_PER_MINUTE)]
AgeLimit = Annotated[SpelledInt, Field(ge=1, le=_ONE_MINUTE_MS)]
SkewLimit = Annotated[SpelledInt, Field(ge=1, le=_LARGEST_SKEW_MS)]
Window = Annotated[SpelledInt, Field(ge=1, le=_ONE_DAY_MS)]
DeviationLimit = Annotated[SpelledNumber, Field(gt=0, le=_LARGEST_DEVIATION_BPS)]


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


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        problem = f"{text[:20]!r} is not a time of day"
        raise wrong(problem, "write it like 00:00 or 16:30, in UTC")
    return text


TimeOfDay = Annotated[SpelledText, AfterValidator(_time_of_day)]
Names = Annotated[SpelledList, AfterValidator(_without_repeats)]
Networks = Annotated[SpelledList, AfterValidator(_without_repeats), AfterValidator(_networks)]


class RiskConfig(FrozenModel):
    """
    Limits over all venues (``risk.yaml``).

    Amounts are US dollars, rates are orders a minute, ``_ms`` are milliseconds and ``_bps`` hundredths of a percent.
    ``max_daily_loss_usd`` counts from ``day_starts_at_utc`` in the venue's time. ``kill_switch_file`` and
    ``risk_state_file`` are paths from the working directory. A key that has a default here may be left out.
    """

    max_notional_per_trade_usd: UsdLimit
    max_daily_loss_usd: UsdLimit
    max_leverage: LeverageLimit
    rate_limit_per_symbol_per_minute: RateLimit
    rate_limit_per_venue_per_minute: RateLimit
    enable_ip_restrictions: SpelledBool
    allowed_ips: Networks = ()
    max_messages_per_minute: RateLimit = 120
    max_price_deviation_bps: DeviationLimit = Decimal(500)
    max_reference_age_ms: AgeLimit = 5_000
    max_position_age_ms: AgeLimit = 10_000
    max_pnl_age_ms: AgeLimit = 60_000
    max_clock_skew_ms: SkewLimit = 10_000
    duplicate_window_ms: Window = 2_000
    max_repeated_executions: CountLimit = 20
    repeated_execution_window_ms: Window = 600_000
    day_starts_at_utc: TimeOfDay = "00:00"
    kill_switch_file: SpelledText = "reports/risk/kill_switch"
    risk_state_file: SpelledText = "reports/risk/state.sqlite3"

    @property
    def day_starts_at_ms(self) -> int:
        """``day_starts_at_utc`` as ms after midnight UTC."""
        hours, _, minutes = self.day_starts_at_utc.partition(":")
        return (int(hours) * 60 + int(minutes)) * 60_000

    @model_validator(mode="after")
    def _a_restriction_has_something_to_allow(self) -> Self:
        if self.enable_ip_restrictions and not self.allowed_ips:
            problem = "is true, but allowed_ips is empty: nothing could ever be sent"
            advice = "list the addresses, or set enable_ip_restrictions to false"
            raise wrong(problem, advice, key="enable_ip_restrictions")
        return self

    @model_validator(mode="after")
    def _the_switch_is_not_the_state(self) -> Self:
        if self.kill_switch_file == self.risk_state_file:
            problem = "is risk_state_file as well: the state's existence would stop all trading"
            raise wrong(problem, "give the two files different names", key="kill_switch_file")
        return self


class VenueConfig(FrozenModel):
    """
    One venue (``venues.<venue>.yaml``).

    ``base_url`` is None for a venue without a network (paper). ``allow_live_orders`` is one of the two statements that
    a live order needs; the other is the command line's ``--allow-orders``.
    ``simulate_demo_orders`` fills demo orders on paper, at the venue's books, and sends none to its own demo side.
    """

    enabled: SpelledBool
    demo_mode: SpelledBool
    base_url: SpelledText | None = None
    allow_live_orders: SpelledBool = False
    simulate_demo_orders: SpelledBool = False
    allowed_symbols: Names
    max_leverage: LeverageLimit
    max_notional_per_symbol_usd: UsdLimit
    max_position_per_symbol_usd: UsdLimit = Decimal(5000)
    allowed_strategies: Names

    @model_validator(mode="after")
    def _a_simulation_is_a_demo(self) -> Self:
        if self.simulate_demo_orders and not self.demo_mode:
            problem = "is true, and demo_mode is not"
            raise wrong(problem, "set it to false: live orders are not simulated", key="simulate_demo_orders")
        return self

    @model_validator(mode="after")
    def _live_orders_and_demo_exclude_each_other(self) -> Self:
        if self.allow_live_orders and self.demo_mode:
            problem = "is true, and so is demo_mode"
            advice = "set one of them to false: a demo venue has no live orders"
            raise wrong(problem, advice, key="allow_live_orders")
        return self
