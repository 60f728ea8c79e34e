"""
Everything between a strategy and the embedded venue, put together once: both libraries, limits, preflight, protocol.

For demo trading at OKX give other keys, ``mode=RunMode.OKX_DEMO_API`` and ``base_url="https://www.okx.com"``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from dualwitness.alignment.acceptance import accepted_by_log
from dualwitness.alignment.guard import Guard
from dualwitness.alignment.preflight import Preflight
from dualwitness.config import load_risk_config, load_venue_config
from dualwitness.models import RunMode, Venue
from dualwitness.risk import RiskEngine, RiskStore, TradingMode
from dualwitness.venues import Credentials, VenueClient, open_venue
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.creation import redactor_of
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.orders import OrderProtocol, OrderStore
from dualwitness.venues.router import Router
from dualwitness.venues.routing_facts import ClientFacts
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_result import DayResult
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.trading import Trader

__all__ = ["DEMO_KEYS", "now_ms", "open_clients", "open_trader"]

# The embedded venue's own; they open nothing anywhere else.
DEMO_KEYS = Credentials(api_key="sim-key", api_secret="sim-secret", passphrase="sim-passphrase")  # noqa: S106
ACCOUNT = "embedded venue"


def now_ms() -> int:
    """The local clock."""
    return time.time_ns() // 1_000_000


def open_clients(
    base_url: str, folder: Path, *, keys: Credentials = DEMO_KEYS, mode: RunMode = RunMode.OKX_DEMO_SIM
) -> dict[str, VenueClient]:
    """One client a library, for the same account; every call becomes a line in ``folder``."""
    journal = CallJournal(folder, redactor_of(keys))
    return {
        library: open_venue("okx", library=library, mode=mode, base_url=base_url, credentials=keys, journal=journal)
        for library in ("ccxt", "okx_sdk")
    }


def open_trader(
    clients: Mapping[str, VenueClient],
    folder: Path,
    guard: Guard | None = None,
    *,
    mode: RunMode = RunMode.OKX_DEMO_SIM,
) -> Trader:
    """
    A trader that sends over CCXT and asks both libraries; closing it closes ``clients``.

    With a ``guard`` the risk engine asks it for the position. Limits and venue come from the configuration. What was
    sent, lost and used up is kept in ``folder``, and counts again when it is opened again.
    """
    files = {"kill_switch_file": str(folder / "kill_switch"), "risk_state_file": str(folder / "risk.sqlite3")}
    limits = load_risk_config().model_copy(update=files)
    store = OrderStore(folder / "orders.sqlite3")
    accepts = accepted_by_log(Path("difflog/log"), mode=mode, today=lambda: datetime.now(UTC).date())
    result = DayResult(tuple(clients.values()), folder / "day.json", ACCOUNT)
    facts = ClientFacts(clients, now_ms, main="ccxt", result=result)
    route = VenueRoute(
        venue=Venue.OKX,
        config=load_venue_config("okx"),
        mode=TradingMode.DEMO,
        clients=clients,
        main="ccxt",
        protocol=OrderProtocol(clients, store, now_ms, main="ccxt", account=ACCOUNT),
        store=store,
        account=ACCOUNT,
        facts=facts if guard is None else guard.facts(facts),
        clock_ms=now_ms,
        preflight=Preflight(clients, accepts, resolver=AccountResolver(clients["ccxt"])).check,
    )
    engine = RiskEngine(limits, RiskStore(folder / "risk.sqlite3"), now_ms)
    return Trader(Router([route], engine, DecisionJournal(folder), now_ms, who="examples"), now_ms)
