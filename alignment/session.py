"""Opening the world of one audit: the embedded venue where one is needed, and a client for each library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from dualwitness.alignment.observe import Witnesses
from dualwitness.alignment.second_opinion import Reader
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import Library, RunMode, Venue
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues import UsageError, VenueClient
from dualwitness.venues.errors import LibraryNotInstalled
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_wired
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import Wiring

__all__ = ["FROZEN_AT_MS", "Session", "open_reader", "open_session"]

# The embedded venue of an audit stands still at this moment (2026-07-01 12:00 UTC), so that one seed gives one run.
FROZEN_AT_MS = 1_782_907_200_000
_UNREACHED = "http://127.0.0.1:9"

Answers = Callable[[WireRequest], WireAnswer]


@dataclass(slots=True)
class Session:
    """
    The open clients of one audit; ``skipped`` names the libraries that are not there, and why.

    ``base_url`` is where both were sent, None offline.
    """

    witnesses: Witnesses
    base_url: str | None
    skipped: Mapping[Library, str] = field(default_factory=dict)


@contextmanager
def open_session(
    settings: AuditSettings, journal: CallJournal, recorded: Mapping[Library, Answers] | None = None
) -> Iterator[Session]:
    """
    Open venue and clients; close them at the end, whatever happened.

    ``recorded`` answers replace the socket (offline). Raises `UsageError` where no library is installed.
    """
    with ExitStack() as stack:
        base_url = settings.base_url
        if settings.mode is RunMode.OKX_DEMO_SIM and base_url is None:
            base_url = stack.enter_context(_embedded_venue(settings))
        unfinished = stack.enter_context(ExitStack())  # closes the first client where the second cannot be opened
        clients: dict[Library, VenueClient] = {}
        skipped: dict[Library, str] = {}
        for library in Library:
            answers = None if recorded is None else recorded.get(library)
            if recorded is not None and answers is None:
                skipped[library] = f"{library}_not_recorded"
                continue
            wiring = Wiring(
                base_url=base_url or _UNREACHED,
                mode=settings.mode,
                credentials=settings.credentials,
                journal=journal,
                answers=answers,
                allow_live_orders=settings.allow_orders,
            )
            try:
                clients[library] = open_wired(Venue.OKX, library, wiring)
                unfinished.callback(clients[library].close)
            except LibraryNotInstalled:
                other = next(one for one in Library if one is not library)
                skipped[library] = f"{library}_not_installed_using_{other}_evidence"
        if not clients:
            message = "neither ccxt nor python-okx can be used"
            raise UsageError(message, advice="run: python -m pip install ccxt python-okx")
        witnesses = stack.enter_context(Witnesses(clients))
        unfinished.pop_all()
        yield Session(witnesses, base_url, skipped)


@contextmanager
def _embedded_venue(settings: AuditSettings) -> Iterator[str]:
    from dualwitness.venues.sim.process import VenueProcess

    with VenueProcess(seed=settings.seed, scenario="positions", lies=settings.lies, frozen_at_ms=FROZEN_AT_MS) as venue:
        yield venue.base_url


def open_reader(settings: AuditSettings, base: Mapping[Library, Iterable[WireExchange]]) -> Reader:
    """A `Reader` of recorded bytes through both parsers, without socket or journal."""

    def open_replay(library: Library, answers: Answers) -> VenueClient:
        wiring = Wiring(
            base_url=_UNREACHED,
            mode=RunMode.OFFLINE,
            credentials=settings.credentials,
            journal=CallJournal(None, Redactor(settings.secrets)),
            answers=answers,
        )
        return open_wired(Venue.OKX, library, wiring)

    return Reader(open_replay, dict(base))
