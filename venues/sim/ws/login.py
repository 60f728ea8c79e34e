"""Who logs in over WebSocket: one signed moment in seconds (okx-v5-facts section 13)."""

from __future__ import annotations

from collections.abc import Mapping

from dualwitness.venues.sim.auth import Authenticator, same, sign
from dualwitness.venues.sim.ws.messages import Fault

__all__ = ["check_login"]

_TARGET = "/users/self/verify"
_MOST_DIGITS = 12


def check_login(authenticator: Authenticator, given: Mapping[str, str], simulated: str | None) -> None:
    """
    Accept the login, or raise `Fault`: 60004, 60005, 60006, 60007, 60024, or 50101 for keys of the other environment.

    ``simulated`` is the header x-simulated-trading of the handshake, None without one: OKX's demo has a host of its
    own, so demo keys need no header here, but one that says otherwise is believed.
    """
    credentials = authenticator.credentials
    timestamp = given.get("timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > _MOST_DIGITS:
        raise Fault("60004", "Invalid timestamp")
    if not authenticator.fresh(int(timestamp) * 1000):
        raise Fault("60006", "Timestamp request expired")
    if not same(given.get("apiKey", ""), credentials.api_key):
        raise Fault("60005", "Invalid apiKey")
    if simulated is not None and (simulated == "1") is not credentials.demo:
        raise Fault("50101", "APIKey does not match current environment.")
    if not same(given.get("sign", ""), sign(credentials.api_secret, timestamp, "GET", _TARGET, b"")):
        raise Fault("60007", "Invalid sign")
    if not same(given.get("passphrase", ""), credentials.passphrase):
        raise Fault("60024", "Wrong passphrase")
