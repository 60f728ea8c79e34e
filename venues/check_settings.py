"""What one connection test is asked to do: parsed, checked, frozen; bad input raises before anything is opened."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from dualwitness.config import VenueConfig, load_risk_config, load_venue_config
from dualwitness.models import Library, RunMode, Venue
from dualwitness.venues.check_credentials import KeysFound, find_keys
from dualwitness.venues.errors import SafetyError, UsageError
from dualwitness.venues.wiring import Credentials, is_loopback

__all__ = ["CheckSettings", "settings_of"]

_Choice = TypeVar("_Choice", bound=StrEnum)

# The embedded venue's own demo keys.
_SIM_KEYS = Credentials(
    api_key=SecretStr("sim-key"), api_secret=SecretStr("sim-secret"), passphrase=SecretStr("sim-passphrase")
)
_QUOTES = ("USDT", "USDC")
_BOTH = "both"


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """
    Everything that a connection test needs to know.

    ``libraries`` is empty for paper. ``base_url`` is None where the embedded venue is started by the test itself.
    ``credentials`` are those that will be shown to the venue, ``keys`` what the environment holds.
    """

    venue: Venue
    mode: RunMode
    libraries: tuple[Library, ...]
    base_url: str | None
    config: VenueConfig
    max_clock_skew_ms: int
    keys: KeysFound
    credentials: Credentials | None = field(default=None, repr=False)
    pairs: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that may be shown nowhere."""
        held = self.credentials
        if held is None or self.mode is RunMode.OKX_DEMO_SIM:
            return ()  # the embedded venue's keys are no secret, and stand in its documents
        return tuple(value.get_secret_value() for value in (held.api_key, held.api_secret, held.passphrase))


def settings_of(
    *,
    venue: str,
    library: str | None,
    mode: str | None,
    base_url: str | None,
    config: str | None,
    environment: Mapping[str, str],
) -> CheckSettings:
    """Check each option against the others and the configuration; raises `UsageError`, `SafetyError`, `ConfigError`."""
    chosen = _choose(Venue, venue, "venue")
    chosen_mode = _mode_of(chosen, mode)
    folder = None if config is None else Path(config)
    configured = load_venue_config(chosen, folder)
    _check_live(chosen, chosen_mode, configured)
    elsewhere = chosen in (Venue.BYBIT, Venue.BINANCE)
    keys = find_keys(chosen, environment)
    seen = Venue.OKX if chosen is Venue.PAPER else chosen
    simulated = chosen_mode is RunMode.OKX_DEMO_SIM
    return CheckSettings(
        venue=chosen,
        mode=chosen_mode,
        libraries=_libraries(chosen, library),
        base_url=_base_url_of(seen, chosen_mode, base_url, folder),
        config=configured,
        max_clock_skew_ms=load_risk_config(folder).max_clock_skew_ms,
        keys=keys,
        credentials=_SIM_KEYS if simulated else keys.credentials,
        pairs=_symbols(configured, "{base}/{quote}") if elsewhere else (),
        contracts=_symbols(configured, "{base}/{quote}:{quote}") if elsewhere else (),
    )


def _mode_of(venue: Venue, text: str | None) -> RunMode:
    """The mode that was named; else the embedded venue where it speaks for the venue, and the venue's demo side."""
    elsewhere = venue in (Venue.BYBIT, Venue.BINANCE)
    mode = _choose(RunMode, text or (RunMode.OKX_DEMO_API if elsewhere else RunMode.OKX_DEMO_SIM), "mode")
    if mode is RunMode.OFFLINE:
        message = "a connection test cannot be made offline"
        raise UsageError(message, advice="choose okx_demo_sim, which needs no network either")
    if elsewhere and mode is RunMode.OKX_DEMO_SIM:
        message = f"the embedded venue speaks for OKX, not for {venue}"
        raise UsageError(message, advice="leave --mode out for the venue's demo side")
    return mode


def _libraries(venue: Venue, text: str | None) -> tuple[Library, ...]:
    if venue is Venue.PAPER:
        if text is not None:
            message = "the paper venue is reached over no library"
            raise UsageError(message, advice="leave --library out")
        return ()
    if text in (None, _BOTH):
        if venue is Venue.OKX:
            return tuple(Library)
        if text is None:
            return (Library.CCXT,)
    chosen = None if text == _BOTH else _choose(Library, text or "", "library")
    if venue is not Venue.OKX and chosen is not Library.CCXT:
        message = f"python-okx does not know {venue}"
        raise UsageError(message, advice="leave --library out, or name ccxt")
    return (Library.CCXT,) if chosen is None else (chosen,)


def _check_live(venue: Venue, mode: RunMode, config: VenueConfig) -> None:
    if mode is RunMode.OKX_LIVE and (venue is Venue.PAPER or config.demo_mode):
        message = f"mode okx_live was asked for, but venues.{venue}.yaml says demo_mode: true"
        raise SafetyError(message, advice="live needs both switches to agree: set demo_mode to false as well")


def _base_url_of(venue: Venue, mode: RunMode, given: str | None, folder: Path | None) -> str | None:
    """Where the venue is asked; the keys of the embedded venue never leave this machine."""
    if mode is not RunMode.OKX_DEMO_SIM:
        return given or load_venue_config(venue, folder).base_url
    if given is not None and not is_loopback(urlsplit(given).hostname or ""):
        message = "mode okx_demo_sim stays on this machine, and --base-url leads away from it"
        raise SafetyError(message, advice="give a loopback URL, or choose okx_demo_api")
    return given


def _symbols(config: VenueConfig, pattern: str) -> tuple[str, ...]:
    """The configured shorthands as unified symbols; a name of another kind is left out."""
    found = []
    for name in config.allowed_symbols:
        quote = next((quote for quote in _QUOTES if name.endswith(quote) and name != quote), None)
        if quote is not None and name.isalnum():
            found.append(pattern.format(base=name.removesuffix(quote), quote=quote))
    return tuple(found)


def _choose(kind: type[_Choice], name: str, what: str) -> _Choice:
    try:
        return kind(name)
    except ValueError:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
        message = f"unknown {what} {name!r}"
        raise UsageError(message, advice=hint) from None
