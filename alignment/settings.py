"""What one audit is asked to do: parsed, checked, frozen. Bad input raises `UsageError` or `SafetyError` here."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from dualwitness.config import config_sha256, load_risk_config, load_venue_config
from dualwitness.models import RunMode, Severity, Venue
from dualwitness.models.symbols import Symbol, SymbolError, symbol_from_okx_id
from dualwitness.venues import Credentials, SafetyError, UsageError
from dualwitness.venues.check_credentials import find_keys
from dualwitness.venues.wiring import HostGuard

__all__ = ["DEFAULT_DIFFLOG", "AuditSettings", "credentials_from", "settings_from"]

DEFAULT_DIFFLOG = "difflog/log"

# The embedded venue's own demo keys (contract 3).
SIM_CREDENTIALS = Credentials(
    api_key=SecretStr("sim-key"), api_secret=SecretStr("sim-secret"), passphrase=SecretStr("sim-passphrase")
)


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """
    Everything an audit needs to know; ``symbols`` are unified and in the order of asking.

    ``difflog`` is the difference log whose
    decisions count, None for none; ``record_to`` is where entries go instead, if that is another one.
    """

    mode: RunMode
    symbols: tuple[str, ...]
    out: Path
    seed: int = 0
    samples: Path | None = None
    base_url: str | None = None
    lies: tuple[str, ...] = ()
    fail_on: Severity = Severity.S1
    credentials: Credentials | None = field(default=None, repr=False)
    config_sha256: str = ""
    max_notional_usd: Decimal = Decimal(0)
    allow_orders: bool = False
    symbols_given: bool = False
    difflog: Path | None = None
    record_to: Path | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that may appear nowhere."""
        if self.credentials is None:
            return ()
        held = (self.credentials.api_key, self.credentials.api_secret, self.credentials.passphrase)
        return tuple(value.get_secret_value() for value in held)

    @property
    def demo(self) -> bool:
        """Whether no real money is in reach."""
        return self.mode is not RunMode.OKX_LIVE


def settings_from(
    *,
    mode: str,
    symbols: str | None,
    samples: str | None,
    base_url: str | None,
    config: str | None,
    out: str,
    seed: int,
    lies: Sequence[str],
    fail_on: str,
    allow_orders: bool,
    difflog: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> AuditSettings:
    """Check each option against the others and the configuration; raises `UsageError`, `SafetyError`, `ConfigError`."""
    chosen = _choose_mode(mode)
    _check_options(chosen, samples, base_url, lies, allow_orders=allow_orders)
    folder = None if config is None else Path(config)
    risk = load_risk_config(folder)
    venue = load_venue_config("okx", folder)
    if not venue.enabled:
        message = "venues.okx.yaml says enabled: false"
        raise SafetyError(message, advice="enable the venue in its configuration")
    if chosen is RunMode.OKX_LIVE and venue.demo_mode:
        message = "mode okx_live was asked for, but venues.okx.yaml says demo_mode: true"
        raise SafetyError(message, advice="live needs both switches to agree: set demo_mode to false as well")
    if allow_orders and not venue.allow_live_orders:
        message = "--allow-orders was given, but venues.okx.yaml does not say allow_live_orders: true"
        raise SafetyError(message, advice="live orders need both switches to agree")
    home = None
    if chosen in (RunMode.OKX_DEMO_API, RunMode.OKX_LIVE):
        home = base_url or venue.base_url
    elif base_url is not None:
        home = base_url
    if home is not None:
        HostGuard(home)
    return AuditSettings(
        mode=chosen,
        symbols=_symbols(symbols.split(",") if symbols is not None else venue.allowed_symbols),
        out=Path(out),
        seed=seed,
        samples=None if samples is None else Path(samples),
        base_url=home,
        lies=tuple(lies),
        fail_on=_severity(fail_on),
        credentials=_credentials(chosen, environment),
        config_sha256=config_sha256(folder),
        max_notional_usd=risk.max_notional_per_trade_usd,
        allow_orders=allow_orders,
        symbols_given=symbols is not None,
        difflog=Path(difflog or DEFAULT_DIFFLOG),
        # A planted lie says nothing about the libraries: unless a log is named, it stays out of the one that is kept.
        record_to=Path(DEFAULT_DIFFLOG).with_name("lies") if lies and difflog is None else None,
    )


def credentials_from(environment: Mapping[str, str]) -> Credentials | None:
    """Keys from the environment in either spelling; None where none is set; `UsageError` where half or two are."""
    found = find_keys(Venue.OKX, environment)
    if not found.given:
        return None
    if found.credentials is None:
        message = f"the keys are half set or damaged: {found.told}"
        raise UsageError(message, advice="set all three as OKX gave them, or none")
    return found.credentials


def _choose_mode(text: str) -> RunMode:
    try:
        return RunMode(text)
    except ValueError:
        names = [str(mode) for mode in RunMode]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
        message = f"unknown mode {text!r}"
        raise UsageError(message, advice=hint) from None


def _severity(text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        message = f"unknown severity {text!r}"
        raise UsageError(message, advice=f"choose one of {', '.join(map(str, Severity))}") from None


def _check_options(
    mode: RunMode, samples: str | None, base_url: str | None, lies: Sequence[str], *, allow_orders: bool
) -> None:
    if lies and (mode is not RunMode.OKX_DEMO_SIM or base_url is not None):
        message = "--lie needs the embedded venue that this command starts itself"
        raise UsageError(message, advice="use --mode okx_demo_sim without --base-url")
    if (mode is RunMode.OFFLINE) != (samples is not None):
        message = "--samples and --mode offline belong together"
        raise UsageError(message, advice="give both: --mode offline --samples DIR")
    if mode is RunMode.OFFLINE and base_url is not None:
        message = "--base-url makes no sense offline: no socket is opened"
        raise UsageError(message, advice="leave it out")
    if allow_orders and mode is not RunMode.OKX_LIVE:
        message = "--allow-orders concerns okx_live alone: demo orders need no permission"
        raise UsageError(message, advice="leave it out")
    if samples is not None and not Path(samples).is_dir():
        message = f"the samples folder {samples} does not exist"
        raise UsageError(message, advice="name a run's folder, or a folder of payloads with an INDEX.json")


def _credentials(mode: RunMode, environment: Mapping[str, str]) -> Credentials | None:
    given = credentials_from(environment)
    if mode is RunMode.OKX_DEMO_SIM:
        return SIM_CREDENTIALS
    if mode is RunMode.OFFLINE:
        return SIM_CREDENTIALS
    if given is None:
        message = f"mode {mode} needs keys"
        raise UsageError(message, advice="set OKX_API_KEY, OKX_API_SECRET and OKX_API_PASSPHRASE, or use okx_demo_sim")
    return given


def _symbols(texts: Sequence[str]) -> tuple[str, ...]:
    """Unified symbols; a shorthand such as BTCUSDT stands for the spot pair and the perpetual."""
    found: list[str] = []
    for text in (text.strip() for text in texts):
        if not text:
            continue
        for symbol in _spellings(text):
            if symbol not in found:
                found.append(symbol)
    if not found:
        message = "no symbol was given"
        raise UsageError(message, advice="name some, for example --symbols BTC/USDT:USDT,ETH-USDT")
    return tuple(found)


def _spellings(text: str) -> tuple[str, ...]:
    try:
        if "/" in text:
            return (Symbol.parse(text).spelling,)
        if "-" in text:
            return (symbol_from_okx_id(text).spelling,)
    except SymbolError as error:
        raise UsageError(str(error), advice="write it like BTC/USDT:USDT or BTC-USDT-SWAP") from None
    for quote in ("USDT", "USDC", "USD"):
        base = text.removesuffix(quote)
        if base != text and base.isalnum() and base.isupper():
            return (f"{base}/{quote}", f"{base}/{quote}:{base if quote == 'USD' else quote}")
    message = f"the symbol {text!r} is not understood"
    raise UsageError(message, advice="write it like BTC/USDT:USDT, BTC-USDT-SWAP or BTCUSDT")
