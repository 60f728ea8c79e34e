"""
Who may ask private questions: OKX's four headers and their HMAC (okx-v5-facts section 2).

Signed public calls are let through unchecked: python-okx signs them, CCXT does not, and a broken key must not take the
public data away (differences public-calls-unsigned-in-ccxt-signed-in-sdk, bad-key-breaks-public-data-in-ccxt).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dualwitness.venues.sim.kinds import Clock, Refusal

__all__ = ["DEMO_CREDENTIALS", "SKEW_MS", "Authenticator", "SimCredentials", "sign"]

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
    text = f"{timestamp}{method.upper()}{target}".encode() + body
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, http_status=401, with_data=False)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks one request against the credentials and the wall clock."""

    credentials: SimCredentials
    clock: Clock

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
        if not _same(key, self.credentials.api_key):
            raise _refuse("50111", "Invalid OK-ACCESS-KEY")
        if (headers.get("x-simulated-trading") == "1") is not self.credentials.demo:
            raise _refuse("50101", "APIKey does not match current environment.")
        if not _same(signature, sign(self.credentials.api_secret, timestamp, method, target, body)):
            raise _refuse("50113", "Invalid Sign")
        if not _same(passphrase, self.credentials.passphrase):
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
        if abs(self.clock.now_ms() - stated_ms) > SKEW_MS:
            raise _refuse("50102", "Timestamp request expired")


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
