"""Helpers of the connection test's tests: settings, a client that is told what to answer, and lines by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Balance,
    FeeRates,
    FeeType,
    Order,
    Position,
    PositionMode,
    RunMode,
    Venue,
)
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues.check_connection import Asked
from dualwitness.venues.check_line import CheckLine, CheckName
from dualwitness.venues.check_settings import CheckSettings, settings_of
from dualwitness.venues.errors import DualwitnessError

__all__ = ["SIM_ENVIRONMENT", "ToldClient", "account_config", "asked_of", "by_name", "exchange_of", "settings_for"]

SIM_ENVIRONMENT = {"OKX_API_KEY": "sim-key", "OKX_API_SECRET": "sim-secret", "OKX_API_PASSPHRASE": "sim-passphrase"}


def settings_for(
    venue: str = "okx",
    *,
    library: str | None = None,
    mode: str | None = None,
    base_url: str | None = None,
    config: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> CheckSettings:
    """Settings as the command line would make them, in an environment that holds nothing else."""
    return settings_of(
        venue=venue, library=library, mode=mode, base_url=base_url, config=config, environment=environment or {}
    )


def asked_of(venue: Venue = Venue.OKX, mode: RunMode = RunMode.OKX_DEMO_API, **words: object) -> Asked:
    """What is asked of one client whose venue's clock stands at zero, as ours does."""
    given = {"has_keys": True, "max_clock_skew_ms": 10_000, "now_ms": lambda: 0} | words
    return Asked(venue=venue, mode=mode, **given)


def by_name(lines: tuple[CheckLine, ...], library: str | None = None) -> dict[CheckName, CheckLine]:
    """The lines of one library by what they look at; of all where none is named, the last one of a name."""
    return {line.check: line for line in lines if library is None or line.library == library}


def account_config(
    level: AccountLevel | None = AccountLevel.FUTURES,
    mode: PositionMode | None = PositionMode.NET,
    permissions: tuple[str, ...] | None = ("read_only", "trade"),
) -> AccountConfig:
    """An account; what is None is so because the venue left it blank."""
    given = {"account_level": level, "position_mode": mode, "permissions": permissions}
    reasons = {name: "blank" for name, value in given.items() if value is None}
    return AccountConfig.model_validate(given | {"fee_type": FeeType.RECEIVED_CURRENCY, "reasons": reasons})


def exchange_of(
    method: str = "GET", path: str = "/api/v5/public/time", *, demo: bool = True, body: bytes = b"{}"
) -> WireExchange:
    """A request that left, with its answer."""
    headers = (("x-simulated-trading", "1"),) if demo else ()
    request = WireRequest(method, "https", "www.okx.com", path, "", b"", headers)
    return WireExchange.of("ccxt", request, WireAnswer(200, body), started_ms=0, duration_ms=1.0)


@dataclass
class ToldClient:
    """A client that answers what it was given; an error is raised instead."""

    config: AccountConfig | DualwitnessError = field(default_factory=account_config)
    balance: tuple[Balance, ...] | DualwitnessError = ()
    orders: Callable[[str | None], tuple[Order, ...]] = lambda _: ()
    positions: Callable[[str | None], tuple[Position, ...]] = lambda _: ()
    fee_rates: FeeRates | DualwitnessError | None = None
    server_time: int | DualwitnessError = 0
    exchanges: tuple[WireExchange, ...] = ()
    asked: list[str] = field(default_factory=list)
    label: str = "ccxt"

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        drained, self.exchanges = self.exchanges, ()
        return drained

    def get_server_time(self) -> int:
        return self._tell("get_server_time", self.server_time)

    def get_account_config(self) -> AccountConfig:
        return self._tell("get_account_config", self.config)

    def get_account_balance(self) -> tuple[Balance, ...]:
        return self._tell("get_account_balance", self.balance)

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        return self._tell(f"get_positions {symbol}", self.positions(symbol))

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        return self._tell(f"get_open_orders {symbol}", self.orders(symbol))

    def get_fee_rates(self, symbol: str) -> FeeRates:
        return self._tell(f"get_fee_rates {symbol}", self.fee_rates)

    def _tell(self, question: str, answer: Any) -> Any:
        self.asked.append(question)
        if isinstance(answer, DualwitnessError):
            raise answer
        return answer
