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

__all__ = ["open_venue", "open_wired"]

_Choice = TypeVar("_Choice", bound=StrEnum)

# Where each venue lives when no base URL is given.
_HOME = {
    Venue.OKX: "https://www.okx.com",
    Venue.BYBIT: "https://api-demo.bybit.com",
    Venue.BINANCE: "https://demo-api.binance.com",
}
_HOSTS = {
    Venue.BYBIT: frozenset({"api.bybit.com", "api-demo.bybit.com", "api-testnet.bybit.com"}),
    Venue.BINANCE: frozenset({"api.binance.com", "fapi.binance.com", "demo-api.binance.com", "demo-fapi.binance.com"}),
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
) -> VenueClient:
    """
    Open a client of ``venue`` over ``library`` (default: ``ccxt``); demo unless ``mode`` says ``okx_live``.

    Calls are journalled below the working directory (`JOURNAL_FOLDER`) unless ``journal`` says otherwise; ``answers``
    replaces the socket by recorded answers, and nothing is journalled. Raises `UsageError` for a name that does not
    exist or a mode that lacks what it needs, and `SafetyError` for a host that is not allowed.
    """
    chosen_venue = _choose(Venue, venue, "venue")
    chosen_library = _choose(Library, library or Library.CCXT, "library")
    chosen_mode = _choose(RunMode, mode, "mode")
    _refuse_paper(chosen_venue)
    if answers is None and chosen_mode is RunMode.OFFLINE:
        message = "mode offline opens no socket, and no answers were given"
        raise UsageError(message, advice="give answers, or choose another mode")
    home = base_url or _home_of(chosen_venue, chosen_mode, answers)
    secrets = (
        ()
        if credentials is None
        else tuple(
            value.get_secret_value() for value in (credentials.api_key, credentials.api_secret, credentials.passphrase)
        )
    )
    wiring = Wiring(
        base_url=home,
        mode=chosen_mode,
        credentials=credentials,
        journal=journal or CallJournal(JOURNAL_FOLDER if answers is None else None, Redactor(secrets)),
        answers=answers,
        timeout_ms=timeout_ms,
        allowed_hosts=_HOSTS.get(chosen_venue, OKX_HOSTS),
    )
    return open_wired(chosen_venue, chosen_library, wiring)


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
        message = "the paper venue has no client: it is reached over no library"
        raise UsageError(message, advice="open okx, bybit or binance")


def _home_of(venue: Venue, mode: RunMode, answers: Answers | None) -> str:
    """The address of a venue for which none was given; a simulation must never reach the real one."""
    if answers is None and mode is RunMode.OKX_DEMO_SIM:
        message = "mode okx_demo_sim needs the embedded venue's address: it has no fixed port"
        raise UsageError(message, advice="start `python -m venues.sim --port N` and give its base_url")
    return _HOME[venue]


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
