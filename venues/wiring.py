"""
How a client is wired: where it may talk to, with which keys, who keeps its journal.

Shared by all clients because it is about calls, not about meaning.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from dualwitness.models import FrozenModel, RunMode
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.errors import SafetyError
from dualwitness.venues.journal import CallJournal

__all__ = ["OKX_HOSTS", "Answers", "Credentials", "HostGuard", "Wiring", "is_loopback"]

# OKX's own REST hosts (okx-v5-facts section 1). Nothing signed leaves for any other.
OKX_HOSTS = frozenset(
    {"www.okx.com", "openapi.okx.com", "eea.okx.com", "my.okx.com", "us.okx.com", "app.okx.com", "tr.okx.com"}
)

# What parsers of addresses read differently: requests goes to "evil" for https://evil\@www.okx.com, urlsplit sees OKX.
_AMBIGUOUS = re.compile(r"[@\\\s\x00-\x20\x7f]")

# Gives the answer to a request without any socket: recorded samples, or a test.
Answers = Callable[[WireRequest], WireAnswer]


def is_loopback(host: str) -> bool:
    """Whether ``host`` (without port) names this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Credentials(FrozenModel):
    """API key, secret and passphrase; never shown in a repr, an error or a dump."""

    api_key: SecretStr
    api_secret: SecretStr
    passphrase: SecretStr = SecretStr("")


@dataclass(frozen=True, slots=True)
class HostGuard:
    """
    The only origin a client may talk to, asserted before every single request.

    Raises `SafetyError` when a request is about to leave for anywhere else (differences
    set-sandbox-mode-resets-the-loopback-url, redirect-followed-by-ccxt-not-by-sdk).
    """

    base_url: str
    allowed_hosts: frozenset[str] = OKX_HOSTS

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            message = f"base URL {self.base_url!r} cannot be read: {error}"
            raise SafetyError(message, advice="write it as http://127.0.0.1:PORT or https://www.okx.com") from None
        if _AMBIGUOUS.search(self.base_url):
            # What stands before the @ may be a password, so the host alone is told.
            message = f"base URL of {host!r} holds a user name, a backslash, a blank or a control character"
            raise SafetyError(message, advice="write it as http://127.0.0.1:PORT or https://www.okx.com")
        if parts.scheme not in ("http", "https") or not host:
            message = f"base URL {self.base_url!r} is not an http(s) address"
            raise SafetyError(message, advice="write it as http://127.0.0.1:PORT or https://www.okx.com")
        if is_loopback(host):
            return
        if host not in self.allowed_hosts or parts.scheme != "https" or port not in (None, 443):
            message = f"base URL {self.base_url!r} is neither loopback nor an https host of the allow-list"
            raise SafetyError(message, advice=f"use one of {', '.join(sorted(self.allowed_hosts))}, or a loopback URL")

    def check(self, scheme: str, netloc: str) -> None:
        """Refuse a request whose scheme or host:port is not the base URL's."""
        parts = urlsplit(self.base_url)
        if (scheme, _with_port(scheme, netloc)) != (parts.scheme, _with_port(parts.scheme, parts.netloc)):
            message = f"a request was about to leave for {scheme}://{netloc} instead of {self.base_url}"
            raise SafetyError(message, advice="nothing was sent; report this as a defect of the library")


def _with_port(scheme: str, netloc: str) -> str:
    host = netloc.lower()
    has_port = ":" in host.rsplit("]", 1)[-1]
    return host if has_port else f"{host}:{443 if scheme == 'https' else 80}"


@dataclass(frozen=True, slots=True)
class Wiring:
    """
    Everything a client needs from outside.

    ``demo`` sends ``x-simulated-trading: 1``. ``answers`` replaces the socket: with it none is ever opened.
    ``timeout_ms`` is the same for both libraries (difference timeouts-differ). Clocks are passed in.
    """

    base_url: str
    mode: RunMode = RunMode.OKX_DEMO_SIM
    credentials: Credentials | None = None
    journal: CallJournal = field(default_factory=CallJournal)
    answers: Answers | None = None
    timeout_ms: int = 10_000
    allow_live_orders: bool = False
    allowed_hosts: frozenset[str] = OKX_HOSTS
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    monotonic: Callable[[], float] = time.monotonic

    @property
    def demo(self) -> bool:
        """Whether every call carries the demo header: everywhere but in ``okx_live``."""
        return self.mode is not RunMode.OKX_LIVE

    def check_may_trade(self) -> None:
        """Raise `SafetyError` where an order would reach a live account without ``allow_live_orders``."""
        if not self.demo and not self.allow_live_orders:
            message = "orders are switched off for the live account"
            raise SafetyError(message, advice="both the venue's configuration and the caller must allow live orders")

    def guard(self) -> HostGuard:
        """The origin check for this wiring; raises `SafetyError` for a forbidden base URL."""
        return HostGuard(self.base_url, self.allowed_hosts)
