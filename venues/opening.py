"""The one door to all clients; imports a library only when a client over it is asked for."""

from __future__ import annotations

import difflib
from enum import StrEnum
from typing import TypeVar

from dualwitness.models import Library, RunMode, Venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import LibraryNotInstalled, UsageError
from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import OKX_HOSTS, Answers, Credentials, Wiring

__all__ = ["hosts_of", "open_venue", "open_wired"]

_Choice = TypeVar("_Choice", bound=StrEnum)

# Where each venue lives when no base URL is given: its demo side, and the real one.
_HOME = {
    Venue.OKX: ("https://www.okx.com", "https://www.okx.com"),
    Venue.BYBIT: ("https://api-demo.bybit.com", "https://api.bybit.com"),
    Venue.BINANCE: ("https://demo-api.binance.com", "https://api.binance.com"),
}
# OKX tells demo from live by a header, on the same hosts; elsewhere the host alone decides where an order ends.
_HOSTS = {
    Venue.BYBIT: (frozenset({"api-demo.bybit.com", "api-testnet.bybit.com"}), frozenset({"api.bybit.com"})),
    Venue.BINANCE: (
        frozenset({"demo-api.binance.com", "demo-fapi.binance.com"}),
        frozenset({"api.binance.com", "fapi.binance.com"}),
    ),
}


def open_venue(
    venue: str | Venue,
    *,
    library: str | Library | None = None,
    mode: str | RunMode = RunMode.OKX_DEMO_API,
    base_url: str | None = None,
    credentials: Credentials | None = None,
    journal: CallJournal | None = None,
    answers: Answers | None = None,
    timeout_ms: int = 10_000,
    market: VenueClient | None = None,
) -> VenueClient:
    """
    Open a client of ``venue`` over ``library`` (default: ``ccxt``); demo unless ``mode`` says ``okx_live``.

    ``paper`` has no library: it simulates orders on the books of ``market``, another client, or of OKX as opened with
    all the other words. `dualwitness.venues.paper.PaperVenue` takes settings and balances.

    Calls are journalled below the working directory (`JOURNAL_FOLDER`) unless ``journal`` says otherwise; ``answers``
    replaces the socket by recorded answers, and nothing is journalled. Raises `UsageError` for a name that does not
    exist or a mode that lacks what it needs, and `SafetyError` for a host that is not allowed.
    """
    chosen_venue = _choose(Venue, venue, "venue")
    chosen_library = _choose(Library, library or Library.CCXT, "library")
    chosen_mode = _choose(RunMode, mode, "mode")
    if market is not None and chosen_venue is not Venue.PAPER:
        message = f"a market was given for {chosen_venue}, which has its own"
        raise UsageError(message, advice="leave market out, or open paper on it")
    if chosen_venue is Venue.PAPER and library is not None:
        _refuse_paper(chosen_venue)
    kept = journal or _journal_of(credentials, answers)
    if market is not None:
        return _paper_on(market, kept, owned=False)
    if answers is None and chosen_mode is RunMode.OFFLINE:
        message = "mode offline opens no socket, and no answers were given"
        raise UsageError(message, advice="give answers, or choose another mode")
    seen = Venue.OKX if chosen_venue is Venue.PAPER else chosen_venue
    wiring = Wiring(
        base_url=base_url or _home_of(seen, chosen_mode, answers),
        mode=chosen_mode,
        credentials=credentials,
        journal=kept,
        answers=answers,
        timeout_ms=timeout_ms,
        allowed_hosts=hosts_of(seen, chosen_mode),
    )
    client = open_wired(seen, chosen_library, wiring)
    return _paper_on(client, kept, owned=True) if chosen_venue is Venue.PAPER else client


def hosts_of(venue: Venue, mode: RunMode) -> frozenset[str]:
    """The hosts beside loopback that a client of this mode may talk to: no demo client ever has a live venue's."""
    demo, live = _HOSTS.get(venue, (OKX_HOSTS, OKX_HOSTS))
    return live if mode is RunMode.OKX_LIVE else demo


def open_wired(venue: Venue, library: Library, wiring: Wiring) -> VenueClient:
    """Open a client with everything passed in; the same errors as `open_venue`."""
    _refuse_paper(venue)
    wiring.guard()
    if library is Library.OKX_SDK:
        if venue is not Venue.OKX:
            message = f"python-okx does not know {venue}"
            raise UsageError(message, advice="open it over ccxt")
        try:
            from dualwitness.venues.okx_sdk.client import OkxSdkClient
        except ModuleNotFoundError as error:
            raise _missing(error, "okx", "python-okx") from error
        return OkxSdkClient(wiring)
    try:
        from dualwitness.venues.ccxt_client.client import CcxtClient
    except ModuleNotFoundError as error:
        raise _missing(error, "ccxt", "ccxt") from error
    return CcxtClient(wiring, venue=venue)


def _refuse_paper(venue: Venue) -> None:
    if venue is Venue.PAPER:
        message = "the paper venue is reached over no library"
        advice = "leave library out; to choose whose books it sees, give market=open_venue('okx', library=...)"
        raise UsageError(message, advice=advice)


def _paper_on(source: VenueClient, journal: CallJournal, *, owned: bool) -> VenueClient:
    from dualwitness.venues.paper import PaperMarket, PaperVenue

    return PaperVenue(PaperMarket.of_client(source, owned=owned), journal=journal)


def _journal_of(credentials: Credentials | None, answers: Answers | None) -> CallJournal:
    """The journal below the working directory; recorded answers are no calls."""
    keys = () if credentials is None else (credentials.api_key, credentials.api_secret, credentials.passphrase)
    redactor = Redactor(tuple(key.get_secret_value() for key in keys))
    return CallJournal(JOURNAL_FOLDER if answers is None else None, redactor)


def _home_of(venue: Venue, mode: RunMode, answers: Answers | None) -> str:
    """The address of a venue for which none was given; a simulation must never reach the real one."""
    if answers is None and mode is RunMode.OKX_DEMO_SIM:
        message = "mode okx_demo_sim needs the embedded venue's address: it has no fixed port"
        raise UsageError(message, advice="start `python -m venues.sim --port N` and give its base_url")
    return _HOME[venue][mode is RunMode.OKX_LIVE]


def _missing(error: ModuleNotFoundError, module: str, distribution: str) -> Exception:
    if (error.name or "").split(".")[0] != module:
        return error
    return LibraryNotInstalled(f"{distribution} is not installed", advice=f"run: python -m pip install {distribution}")


def _choose(kind: type[_Choice], name: str, what: str) -> _Choice:
    try:
        return kind(name)
    except ValueError:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
        message = f"unknown {what} {str(name)!r}"
        raise UsageError(message, advice=hint) from None
