"""
Clients that can trade for real, made so that nobody does by accident.

Demo is the default. A live client needs two statements that agree, the venue's configuration and an argument, then a
host of the allow-list, and it is handed out only once its key has proven to belong to the live environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from dualwitness.config import VenueConfig, load_venue_config
from dualwitness.models import Library, RunMode, Venue
from dualwitness.risk import TradingMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import SafetyError, UsageError
from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
from dualwitness.venues.opening import hosts_of, open_wired
from dualwitness.venues.redact import Redactor
from dualwitness.venues.routing_environment import prove_environment
from dualwitness.venues.wiring import Answers, Credentials, Wiring, is_loopback

__all__ = ["create_real_client", "credentials_of", "redactor_of"]

_NAMES = ("api_key", "api_secret", "passphrase")


def create_real_client(
    venue: str | Venue,
    creds: Credentials | Mapping[str, str],
    *,
    library: str | Library = Library.CCXT,
    live: bool = False,
    config: VenueConfig | None = None,
    config_folder: str | Path | None = None,
    base_url: str | None = None,
    journal: CallJournal | None = None,
    answers: Answers | None = None,
    timeout_ms: int = 10_000,
) -> VenueClient:
    """
    Open a client with keys; demo unless the configuration and ``live`` both say otherwise.

    ``creds`` has ``api_key``, ``api_secret`` and, at OKX, ``passphrase``. Configuration and address come from
    ``venues.<venue>.yaml`` unless they are given. Proxies of the environment are never used. ``answers`` replaces the
    socket, as in `open_venue`. Raises `SafetyError` where a live client is asked for that the configuration does not
    allow, for a host that is not on the list, and for a live key that is none; `UsageError` for a wrong call, and
    `ConfigError`.
    """
    if live is not True and live is not False:
        message = f"live was {type(live).__name__}, and only True or False is an agreement"
        raise UsageError(message)
    kept = load_venue_config(venue, config_folder) if config is None else config
    name, keys = _venue(venue), credentials_of(creds)
    if live:
        _check_agreement(name, kept)
    address = base_url or kept.base_url
    if address is None:
        message = f"the configuration of {name} has no base_url"
        raise UsageError(message, advice=f"write base_url into venues.{name}.yaml, or give one")
    mode = RunMode.OKX_LIVE if live else _demo_mode(address)
    wiring = Wiring(
        base_url=address,
        mode=mode,
        credentials=keys,
        journal=journal or CallJournal(JOURNAL_FOLDER if answers is None else None, redactor_of(keys)),
        answers=answers,
        timeout_ms=timeout_ms,
        allow_live_orders=live,
        allowed_hosts=hosts_of(name, mode),
    )
    client = open_wired(name, _library(library), wiring)
    if live:
        try:
            prove_environment(client, TradingMode.LIVE)
        except BaseException:
            client.close()
            raise
    return client


def credentials_of(creds: Credentials | Mapping[str, str]) -> Credentials:
    """Keys as they travel through this package; raises `UsageError` for a key that is missing or unknown."""
    if isinstance(creds, Credentials):
        return creds
    missing = [name for name in _NAMES[:2] if not creds.get(name)]
    unknown = sorted(set(creds) - set(_NAMES))
    if missing or unknown:
        # Only our own names are told: a value in the place of a name would be a secret.
        told = f"{', '.join(missing)} missing" if missing else f"{len(unknown)} names that are none of them"
        message = f"credentials are api_key, api_secret and passphrase: {told}"
        raise UsageError(message, advice="name each key as above")
    return Credentials(**{name: SecretStr(creds[name]) for name in _NAMES if creds.get(name)})


def redactor_of(keys: Credentials | None) -> Redactor:
    """What removes these keys from every line."""
    if keys is None:
        return Redactor(())
    return Redactor(secret.get_secret_value() for secret in (keys.api_key, keys.api_secret, keys.passphrase))


def _check_agreement(venue: Venue, config: VenueConfig) -> None:
    """The other of the two switches: configuration must allow what the caller asks for."""
    problems = []
    if config.enabled is not True:
        problems.append("enabled is not true")
    if config.demo_mode is not False:
        problems.append("demo_mode is not false")
    if config.allow_live_orders is not True:
        problems.append("allow_live_orders is not true")
    if problems:
        message = f"a live client was asked for, and in venues.{venue}.yaml {' and '.join(problems)}"
        raise SafetyError(message, advice="nothing was opened; leave live out, or let the configuration allow it")


def _demo_mode(address: str) -> RunMode:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""  # the guard of the wiring says what is wrong with it
    return RunMode.OKX_DEMO_SIM if is_loopback(host) else RunMode.OKX_DEMO_API


def _venue(venue: str | Venue) -> Venue:
    try:
        name = Venue(venue)
    except ValueError:
        message = f"unknown venue {str(venue)!r}"
        raise UsageError(message, advice=f"choose one of {', '.join(Venue)}") from None
    if name is Venue.PAPER:
        message = "the paper venue is not real, and has no keys"
        raise UsageError(message, advice="open it with open_venue('paper')")
    return name


def _library(library: str | Library) -> Library:
    try:
        return Library(library)
    except ValueError:
        message = f"unknown library {str(library)!r}"
        raise UsageError(message, advice=f"choose one of {', '.join(Library)}") from None
