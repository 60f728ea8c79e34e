"""A small world for router and trader: on paper without a socket, or against the embedded venue on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.preflight import Preflight
from dualwitness.config import RiskConfig, VenueConfig
from dualwitness.models import Library, OrderIntent, OrderType, Side, TdMode, ValidatedOrder, Venue
from dualwitness.risk import RiskEngine, RiskStore, TradingMode
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.client import VenueClient
from dualwitness.venues.orders import OrderProtocol, OrderStore
from dualwitness.venues.paper import PaperVenue
from dualwitness.venues.router import Router
from dualwitness.venues.routing_facts import ClientFacts, Facts
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_opening import open_trader
from dualwitness.venues.routing_result import DayResult
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.routing_types import PreflightCheck
from dualwitness.venues.trading import Trader
from tests.support.clients import SECRETS
from tests.support.paper import BookShelf, paper_desk
from tests.support.risk_world import limits_of, venue_of

__all__ = [
    "KEYS",
    "SWAP",
    "PaperWorld",
    "SaidPreflight",
    "both_compared",
    "broken",
    "intended",
    "lines_of",
    "open_at",
    "paper_world",
    "resting",
    "sim_trader",
    "write_config",
]

SWAP = "BTC/USDT:USDT"
KEYS = dict(zip(("api_key", "api_secret", "passphrase"), SECRETS, strict=True))
# So wide that nothing but what a test is about refuses an order.
_WIDE = {
    "rate_limit_per_symbol_per_minute": 6_000,
    "rate_limit_per_venue_per_minute": 6_000,
    "max_messages_per_minute": 6_000,
    "max_repeated_executions": 6_000,
    "duplicate_window_ms": 1,
}


def intended(number: int = 1, **changes: Any) -> OrderIntent:
    """A sound intent for the linear swap, with an id of its own; on the paper desk it fills at once."""
    sound = {
        "symbol": SWAP,
        "side": Side.LONG,
        "order_type": OrderType.MARKET,
        "size": Decimal("0.01"),
        "td_mode": TdMode.CROSS,
        "strategy": "trend_following",
        "client_order_id": f"order{number}",
    }
    return OrderIntent.model_validate(sound | changes)


@dataclass(frozen=True)
class SaidPreflight:
    """A verdict that a test says."""

    ok: bool = True
    disagreements: tuple[object, ...] = ()
    accepted_by: tuple[str, ...] = ()


@dataclass
class PaperWorld:
    """A router over a paper venue on books that a test shows; ``before_sending`` is called where a preflight is."""

    folder: Path
    desk: PaperVenue
    shelf: BookShelf
    engine: RiskEngine
    store: OrderStore
    route: VenueRoute
    router: Router
    trader: Trader
    hooks: list[Callable[[ValidatedOrder], None]] = field(default_factory=list)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Everything in ``routing.jsonl``."""
        return lines_of(self.folder / "exchanges")


class _FixedFacts:
    """Facts of a `ClientFacts`, with changes."""

    def __init__(self, source: ClientFacts, changes: Mapping[str, Any]) -> None:
        self._source = source
        self._changes = changes

    def gather(self, *given: Any, **named: Any) -> Facts:
        facts = self._source.gather(*given, **named)
        return replace(facts, inputs=replace(facts.inputs, **self._changes))


@contextmanager
def paper_world(
    folder: Path,
    *,
    venue: Venue = Venue.OKX,
    config: VenueConfig | None = None,
    limits: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    preflight: PreflightCheck | None = None,
    mode: TradingMode = TradingMode.DEMO,
    journal: Path | None = None,
    wrap: Callable[[PaperVenue], VenueClient] = lambda desk: desk,
    **settings: Any,
) -> Iterator[PaperWorld]:
    """Everything put together by hand, so that a test can replace any part of it."""
    desk, shelf = paper_desk(journal=folder / "exchanges", **settings)
    clock = shelf.clock.now_ms
    engine = _engine(limits_of(folder, **(_WIDE | dict(limits or {}))), clock)
    clients: dict[str, VenueClient] = {"paper": wrap(desk)}
    with OrderStore(folder / "orders.sqlite3") as store:
        source = ClientFacts(
            clients, clock, main="paper", result=DayResult([desk], folder / "day_result.json", "paper", every_ms=0)
        )
        route = VenueRoute(
            venue=venue,
            config=config or venue_of(),
            mode=mode,
            clients=clients,
            main="paper",
            protocol=OrderProtocol(clients, store, clock, main="paper", account="paper"),
            store=store,
            account="paper",
            facts=_FixedFacts(source, facts or {}),
            clock_ms=clock,
            preflight=preflight,
        )
        router = Router([route], engine, DecisionJournal(journal or folder / "exchanges"), clock, who="tests")
        yield PaperWorld(folder, desk, shelf, engine, store, route, router, Trader(router, clock))


def _engine(limits: RiskConfig, clock: Callable[[], int]) -> RiskEngine:
    return RiskEngine(limits, RiskStore(limits.risk_state_file), clock)


def both_compared(clients: Mapping[str, VenueClient], resolver: AccountResolver) -> PreflightCheck:
    """The real comparison, with nothing accepted."""
    return Preflight(clients, lambda _: None, resolver=resolver).check


def write_config(folder: Path, venue: Mapping[str, Any] | None = None, **limits: Any) -> Path:
    """A configuration whose files lie in ``folder``, wide but for what is given; for the venue OKX."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    risk = limits_of(folder, **(_WIDE | limits)).model_dump(mode="json")
    okx = venue_of(max_notional_per_symbol_usd=Decimal(500_000)).model_dump(mode="json")
    okx |= {"max_position_per_symbol_usd": "500000", "base_url": "https://www.okx.com", **(venue or {})}
    for name, values in (("risk.yaml", risk), ("venues.okx.yaml", okx)):
        # JSON is YAML; numbers are written as they are meant.
        lines = [f"{key}: {_yaml(value)}" for key, value in values.items() if value is not None]
        (config / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _yaml(value: object) -> str:
    if isinstance(value, str) and value.replace(".", "").isdigit():
        return value
    return json.dumps(value)


@contextmanager
def sim_trader(
    folder: Path,
    base_url: str,
    *,
    main: Library = Library.OKX_SDK,
    preflight: Callable[..., PreflightCheck] = both_compared,
    **limits: Any,
) -> Iterator[Trader]:
    """A trader over both libraries at the embedded venue, its files in ``folder``."""
    trader = open_trader(
        "okx",
        KEYS,
        who="tests",
        preflight=preflight,
        main=main,
        config_folder=write_config(folder, **limits),
        base_url=base_url,
        journal_folder=folder / "exchanges",
    )
    with trader:
        yield trader


def lines_of(journal: Path) -> list[dict[str, Any]]:
    """The lines of ``routing.jsonl`` in a folder."""
    file = journal / "routing.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def resting(number: int, **changes: Any) -> OrderIntent:
    """An intent that stays in the book of the paper desk; no two of them are alike."""
    return intended(number, **({"order_type": "limit", "price": Decimal(99) - Decimal(number) / 10} | changes))


def open_at(world: PaperWorld) -> list[str | None]:
    """The ids of the orders that are really open."""
    return [order.client_order_id for order in world.desk.get_open_orders()]


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: Exception) -> Iterator[None]:
    """A method that raises until the block ends."""

    def method(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, method)
        yield
