"""
Demo or live, proven at the wire: a key is asked for something private under the very header that orders will carry.

OKX keeps demo and live on one host and tells them apart by ``x-simulated-trading``; a key of the other environment is
answered with 50101 (okx-v5-facts section 1). At Bybit and Binance the host alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from dualwitness.models import RunMode, Venue
from dualwitness.models.wire import WireExchange, WireRequest
from dualwitness.risk import TradingMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import SafetyError, Unsupported, UsageError, VenueRefusal
from dualwitness.venues.opening import hosts_of
from dualwitness.venues.wiring import is_loopback

__all__ = ["EnvironmentProof", "prove_environment"]

_HEADER = "x-simulated-trading"
# "APIKey does not match current environment", and what only the other environment would say of itself.
_CONTRADICTIONS = {
    TradingMode.DEMO: frozenset({"50101", "50053"}),
    TradingMode.LIVE: frozenset({"50101", "50038"}),
}
_WORLDS = {TradingMode.DEMO: RunMode.OKX_DEMO_API, TradingMode.LIVE: RunMode.OKX_LIVE}


@dataclass(frozen=True, slots=True)
class EnvironmentProof:
    """What was asked, of whom, and that the answer fits the mode; ``host`` is null where nothing leaves the process."""

    mode: TradingMode
    question: str
    host: str | None


def prove_environment(client: VenueClient, mode: TradingMode, *, symbol: str | None = None) -> EnvironmentProof:
    """
    Prove that the key of ``client`` belongs to ``mode``, and that its requests say so; forgets what it exchanged.

    ``symbol`` is asked about where a venue has no question without one. Raises `SafetyError` where key, header or host
    contradict the mode, and the `VenueError` that kept the question from being answered.
    """
    if client.venue is Venue.PAPER:
        if mode is not TradingMode.DEMO:
            message = "the paper venue has no live side"
            raise SafetyError(message)
        return EnvironmentProof(mode, "nothing: orders stay in this process", None)
    client.drain_exchanges()
    try:
        question = _asked_privately(client, symbol)
    except VenueRefusal as error:
        if error.code in _CONTRADICTIONS[mode]:
            message = f"the key does not belong to {mode}: the venue answered {error.code}"
            advice = f"nothing was ordered; use keys that were made for {mode} trading"
            raise SafetyError(message, advice=advice) from None
        raise
    requests = [exchange.request for exchange in _heard(client.drain_exchanges())]
    if not any(request.signed for request in requests):
        message = "nothing signed crossed the wire, so the key was not put to the test"
        raise SafetyError(message, advice="nothing was ordered; open the client with credentials")
    for request in requests:
        _check(request, client.venue, mode)
    return EnvironmentProof(mode, question, requests[-1].host)


def _heard(exchanges: Iterable[WireExchange]) -> list[WireExchange]:
    return [exchange for exchange in exchanges if exchange.answer is not None]


def _asked_privately(client: VenueClient, symbol: str | None) -> str:
    """Ask the first private question that this venue's client has; gives its name."""
    questions: list[tuple[str, Callable[[], object]]] = [
        ("get_account_config", client.get_account_config),
        ("get_account_balance", client.get_account_balance),
    ]
    if symbol is not None:
        questions.append(("get_open_orders", lambda: client.get_open_orders(symbol)))
    for name, ask in questions:
        try:
            ask()
        except (Unsupported, UsageError):
            continue
        return name
    message = f"the client over {client.label} has no private question to prove its key with"
    raise SafetyError(message, advice="nothing was ordered; use a venue whose account can be read")


def _check(request: WireRequest, venue: Venue, mode: TradingMode) -> None:
    """One request against the mode: its host, and at OKX its header."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host) and host not in hosts_of(venue, _WORLDS[mode]):
        message = f"a request of a {mode} client went to {host}"
        raise SafetyError(message, advice="nothing was ordered; correct the base URL")
    said_demo = dict(request.headers).get(_HEADER) == "1"
    if venue is Venue.OKX and said_demo is not (mode is TradingMode.DEMO):
        message = f"a request of a {mode} client said {_HEADER}: {'1' if said_demo else 'not 1'}"
        raise SafetyError(message, advice="nothing was ordered; report this as a defect")
