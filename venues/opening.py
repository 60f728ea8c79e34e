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

# Where each venue lives when no base URL is given. The embedded venue has no fixed port, so it must be named.
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
    exist and `SafetyError` for a host that is not allowed.
    """
    chosen_venue = _choose(Venue, venue, "venue")
    chosen_library = _choose(Library, library or Library.CCXT, "library")
    home = base_url or _HOME.get(chosen_venue)
    if home is None:
        message = f"venue {chosen_venue} has no home address"
        raise UsageError(message, advice="give base_url")
    secrets = (
        ()
        if credentials is None
        else tuple(
            value.get_secret_value() for value in (credentials.api_key, credentials.api_secret, credentials.passphrase)
        )
    )
    wiring = Wiring(
        base_url=home,
        mode=_choose(RunMode, mode, "mode"),
        credentials=credentials,
        journal=journal or CallJournal(JOURNAL_FOLDER if answers is None else None, Redactor(secrets)),
        answers=answers,
        timeout_ms=timeout_ms,
        allowed_hosts=_HOSTS.get(chosen_venue, OKX_HOSTS),
    )
    return open_wired(chosen_venue, chosen_library, wiring)


def open_wired(venue: Venue, library: Library, wiring: Wiring) -> VenueClient:
    """Open a client with everything passed in; the same errors as `open_venue`."""
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
    if venue is Venue.PAPER:
        message = "the paper venue has no library"
        raise UsageError(message, advice="open okx, bybit or binance")
    try:
        from dualwitness.venues.ccxt_client.client import CcxtClient
    except ModuleNotFoundError as error:
        raise _missing(error, "ccxt", "ccxt") from error
    return CcxtClient(wiring, venue=venue)


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
