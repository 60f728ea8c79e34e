"""
Who may ask private questions: OKX's four headers and their HMAC (okx-v5-facts section 2).

Signed public calls are let through unchecked: python-okx signs them, CCXT does not, and a broken key must not take the
public data away (differences public-calls-unsigned-in-ccxt-signed-in-sdk, bad-key-breaks-public-data-in-ccxt).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dualwitness.venues.sim.kinds import Clock, Refusal

__all__ = ["DEMO_CREDENTIALS", "SKEW_MS", "Authenticator", "SimCredentials", "same", "sign"]

# Further from the venue's clock than this a signature is worthless.
SKEW_MS = 30_000

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SimCredentials:
    """What the venue accepts; ``demo`` keys need ``x-simulated-trading: 1``, live ones refuse it."""

    api_key: str = "sim-key"
    api_secret: str = field(default="sim-secret", repr=False)
    passphrase: str = field(default="sim-passphrase", repr=False)
    demo: bool = True


DEMO_CREDENTIALS = SimCredentials()


def sign(secret: str, timestamp: str, method: str, target: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over timestamp, method, path with query, body."""
    text = _bytes(f"{timestamp}{method.upper()}{target}") + body
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, http_status=401, with_data=False)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """
    Checks one request or one login against the credentials and the clock.

    ``venue_clock`` is venue time: a client that signs with the time it read from ``public/time`` is believed, too,
    where venue time stands still or was moved.
    """

    credentials: SimCredentials
    clock: Clock
    venue_clock: Clock | None = None

    def fresh(self, stated_ms: int) -> bool:
        """Whether a moment is close enough to the present one to sign with."""
        clocks = (self.clock,) if self.venue_clock is None else (self.clock, self.venue_clock)
        return any(abs(clock.now_ms() - stated_ms) <= SKEW_MS for clock in clocks)

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """
        Let the request pass, or raise `Refusal`.

        ``headers`` have lower-case names, ``target`` is the raw path with its query, ``body`` the exact bytes.
        """
        key = self._required(headers, "OK-ACCESS-KEY", "50103")
        passphrase = self._required(headers, "OK-ACCESS-PASSPHRASE", "50104")
        signature = self._required(headers, "OK-ACCESS-SIGN", "50106")
        timestamp = self._required(headers, "OK-ACCESS-TIMESTAMP", "50107")
        self._check_time(timestamp)
        if not same(key, self.credentials.api_key):
            raise _refuse("50111", "Invalid OK-ACCESS-KEY")
        if (headers.get("x-simulated-trading") == "1") is not self.credentials.demo:
            raise _refuse("50101", "APIKey does not match current environment.")
        if not same(signature, sign(self.credentials.api_secret, timestamp, method, target, body)):
            raise _refuse("50113", "Invalid Sign")
        if not same(passphrase, self.credentials.passphrase):
            raise _refuse("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.')

    @staticmethod
    def _required(headers: Mapping[str, str], name: str, code: str) -> str:
        value = headers.get(name.lower(), "")
        if not value:
            raise _refuse(code, f'Request header "{name}" can\'t be empty.')
        return value

    def _check_time(self, timestamp: str) -> None:
        if _TIMESTAMP.fullmatch(timestamp) is None:
            raise _refuse("50112", "Invalid OK-ACCESS-TIMESTAMP")
        try:
            moment = datetime.fromisoformat(timestamp)
        except ValueError as error:
            raise _refuse("50112", "Invalid OK-ACCESS-TIMESTAMP") from error
        stated_ms = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
        if not self.fresh(stated_ms):
            raise _refuse("50102", "Timestamp request expired")


def same(left: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def _bytes(text: str) -> bytes:
    """The bytes of a header or a path as they were on the wire, also those that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape")
