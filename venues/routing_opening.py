"""Everything that a trading loop needs of one venue, opened and put together from configuration and keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dualwitness.config import RiskConfig, VenueConfig, config_sha256, load_risk_config, load_venue_config
from dualwitness.models import Library, Venue
from dualwitness.risk import RiskEngine, RiskStore, TradingMode
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.client import VenueClient
from dualwitness.venues.creation import create_real_client, credentials_of, redactor_of
from dualwitness.venues.errors import UsageError
from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
from dualwitness.venues.orders import OrderProtocol, OrderStore
from dualwitness.venues.paper import PaperMarket, PaperSettings, PaperVenue
from dualwitness.venues.router import Router
from dualwitness.venues.routing_facts import ClientFacts, FactSource
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_result import DayResult
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.routing_types import PreflightCheck
from dualwitness.venues.trading import Trader
from dualwitness.venues.wiring import Answers, Credentials

__all__ = ["FactsMaker", "PreflightMaker", "TraderFiles", "open_route", "open_trader", "wall_clock_ms"]

# Makes the comparison of both libraries' requests for these clients (`dualwitness.alignment.preflight`).
PreflightMaker = Callable[[Mapping[str, VenueClient], AccountResolver], PreflightCheck]

# Makes better facts of those that the clients tell (`dualwitness.alignment.guard.Guard.facts`).
FactsMaker = Callable[[ClientFacts], FactSource]

_Keys = Credentials | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TraderFiles:
    """
    Where a trader writes.

    ``orders`` and ``day_result`` lie beside the risk engine's state, because what was counted and what was sent must
    not be told apart; ``journal_folder`` takes the lines of calls, decisions and simulated fills.
    """

    orders: Path
    day_result: Path
    journal_folder: Path

    @staticmethod
    def of(limits: RiskConfig, journal_folder: Path = JOURNAL_FOLDER) -> TraderFiles:
        """The places that follow from the configuration."""
        state = Path(limits.risk_state_file)
        return TraderFiles(state.with_name("orders.sqlite3"), state.with_name("day_result.json"), journal_folder)


def wall_clock_ms() -> int:
    """Milliseconds since the epoch on the local clock."""
    return time.time_ns() // 1_000_000


def open_trader(
    venue: str | Venue,
    creds: _Keys | None = None,
    *,
    who: str,
    preflight: PreflightMaker | None = None,
    main: str | Library = Library.CCXT,
    live: bool = False,
    config_folder: str | Path | None = None,
    base_url: str | None = None,
    journal_folder: Path = JOURNAL_FOLDER,
    account: str = "main",
    own_ip: str | None = None,
    paper: PaperSettings | None = None,
    answers: Answers | None = None,
    facts: FactsMaker | None = None,
    clock_ms: Callable[[], int] = wall_clock_ms,
) -> Trader:
    """
    Open one venue for trading; demo unless configuration and ``live`` both say otherwise.

    ``who`` names the program in every decision. OKX is opened over both libraries, sends over ``main``, and needs a
    ``preflight``. For several venues put a `Router` over several `open_route`. ``facts`` makes better facts of those
    that the clients tell, as a guard does. ``answers`` replaces the socket, as in `open_venue`. Raises
    `UsageError`, `SafetyError`, `ConfigError`, and `OrderStoreFailed`.
    """
    limits = load_risk_config(config_folder)
    config = load_venue_config(venue, config_folder)
    files = TraderFiles.of(limits, journal_folder)
    route = open_route(
        Venue(venue),
        config,
        limits,
        files,
        creds=creds,
        preflight=preflight,
        main=main,
        live=live,
        base_url=base_url,
        account=account,
        own_ip=own_ip,
        paper=paper,
        answers=answers,
        facts=facts,
        clock_ms=clock_ms,
    )
    engine = RiskEngine(limits, RiskStore(limits.risk_state_file), clock_ms)
    journal = DecisionJournal(journal_folder, redactor_of(None if creds is None else credentials_of(creds)))
    router = Router([route], engine, journal, clock_ms, who=who, config_sha256=config_sha256(config_folder))
    return Trader(router, clock_ms)


def open_route(
    venue: Venue,
    config: VenueConfig,
    limits: RiskConfig,
    files: TraderFiles,
    *,
    creds: _Keys | None = None,
    preflight: PreflightMaker | None = None,
    main: str | Library = Library.CCXT,
    live: bool = False,
    base_url: str | None = None,
    account: str = "main",
    own_ip: str | None = None,
    paper: PaperSettings | None = None,
    answers: Answers | None = None,
    facts: FactsMaker | None = None,
    clock_ms: Callable[[], int] = wall_clock_ms,
) -> VenueRoute:
    """
    Open the route of one venue, as `open_trader` does.

    ``account`` tells accounts at one venue apart in the store; a paper account is new each time and takes no ``facts``.
    """
    keys = None if creds is None else credentials_of(creds)
    mode = TradingMode.LIVE if live else TradingMode.DEMO
    journal = CallJournal(files.journal_folder, redactor_of(keys))
    simulated = venue is Venue.PAPER or config.simulate_demo_orders
    with ExitStack() as opened:
        if simulated:
            _check_simulated(venue, live=live, guarded=facts is not None)
            market = PaperMarket.of_client(_source(venue, main, config, keys, base_url, journal, answers), owned=True)
            venue_on_paper = PaperVenue(market, settings=paper, clock_ms=clock_ms, journal=journal)
            clients: dict[str, VenueClient] = {venue_on_paper.label: venue_on_paper}
        else:
            clients = _real_clients(venue, config, keys, base_url, journal, answers, live=live)
        for client in clients.values():
            opened.callback(client.close)
        store = OrderStore(files.orders)
        opened.callback(store.close)
        chosen = next(iter(clients)) if len(clients) == 1 else str(Library(main))
        name = f"{venue} {mode} {account}" + (f" simulated since {clock_ms()}" if simulated else "")
        # The library that tells equity is asked first.
        tellers = [client for _, client in sorted(clients.items(), key=lambda item: item[0] == str(Library.CCXT))]
        result = DayResult(tellers, files.day_result, name, day_starts_at_ms=limits.day_starts_at_ms)
        read = ClientFacts(clients, clock_ms, main=chosen, result=result, own_ip=own_ip)
        route = VenueRoute(
            venue=venue,
            config=config,
            mode=mode,
            clients=clients,
            main=chosen,
            protocol=OrderProtocol(clients, store, clock_ms, main=chosen, account=name),
            store=store,
            account=name,
            facts=read if facts is None else facts(read),
            clock_ms=clock_ms,
            preflight=None if simulated or preflight is None else preflight(clients, AccountResolver(clients[chosen])),
        )
        opened.pop_all()
    return route


def _check_simulated(venue: Venue, *, live: bool, guarded: bool) -> None:
    if live:
        message = f"orders for {venue} are simulated, and live orders were asked for"
        raise UsageError(message, advice="set simulate_demo_orders to false, or leave live out")
    if guarded:
        message = f"orders for {venue} are simulated, and a guard of the venue's account knows nothing of them"
        raise UsageError(message, advice="leave facts out: a paper account lies in this process")


def _real_clients(
    venue: Venue,
    config: VenueConfig,
    keys: Credentials | None,
    base_url: str | None,
    journal: CallJournal,
    answers: Answers | None,
    *,
    live: bool,
) -> dict[str, VenueClient]:
    """Both libraries at OKX, ccxt elsewhere; one that cannot be opened closes the other."""
    if keys is None:
        message = f"orders for {venue} need keys"
        raise UsageError(message, advice="give credentials, or simulate them: simulate_demo_orders")
    with ExitStack() as opened:
        clients: dict[str, VenueClient] = {}
        for library in Library if venue is Venue.OKX else (Library.CCXT,):
            client = create_real_client(
                venue,
                keys,
                library=library,
                live=live,
                config=config,
                base_url=base_url,
                journal=journal,
                answers=answers,
            )
            clients[str(library)] = client
            opened.callback(client.close)
        opened.pop_all()
    return clients


def _source(
    venue: Venue,
    library: str | Library,
    config: VenueConfig,
    keys: Credentials | None,
    base_url: str | None,
    journal: CallJournal,
    answers: Answers | None,
) -> VenueClient:
    """The client whose books a paper venue looks at; it reads, and is never asked to order."""
    from dualwitness.venues.opening import open_venue

    seen = Venue.OKX if venue is Venue.PAPER else venue
    address = base_url or config.base_url
    chosen = library if seen is Venue.OKX else Library.CCXT
    return open_venue(seen, library=chosen, base_url=address, credentials=keys, journal=journal, answers=answers)
