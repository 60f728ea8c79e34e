"""A small embedded venue behind both libraries without a socket, for tests of what is sent before it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from dualwitness.models import AccountLevel, Library, PositionMode, RunMode, Venue
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.client import VenueClient
from dualwitness.venues.opening import open_wired
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.venue import FROZEN_MS, ask

__all__ = ["LEVELS", "MODES", "SMALL_TABLE", "PreflightWorld", "posted", "preflight_world", "small_venue"]

LEVELS = {
    AccountLevel.SPOT: "1",
    AccountLevel.FUTURES: "2",
    AccountLevel.MULTI_CURRENCY: "3",
    AccountLevel.PORTFOLIO: "4",
}
MODES = {PositionMode.NET: "net_mode", PositionMode.LONG_SHORT: "long_short_mode"}
_TRADED = {"BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "BTC-USDT-270326", "BTC-USD-270326-60000-C"}
#: One instrument of each kind, and what values the account's ether; so small a venue is made in half a millisecond.
SMALL_TABLE = tuple(one for one in INSTRUMENTS if one.inst_id in {*_TRADED, "ETH-USDT"})


def small_venue(level: AccountLevel, position_mode: PositionMode, scenario: str = "funded") -> EmbeddedVenue:
    """A fresh venue with an account of that set-up; its clocks stand still."""
    clock = FrozenClock(FROZEN_MS)
    return EmbeddedVenue(
        scenario=scenario,
        clock=clock,
        auth_clock=clock,
        instruments=SMALL_TABLE,
        account_level=LEVELS[level],
        position_mode=MODES[position_mode],
    )


def posted(venue: EmbeddedVenue, body: dict[str, Any] | bytes, path: str = "/api/v5/trade/order") -> tuple[str, str]:
    """What the venue answers to an order: its code, and its text."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = json.loads(ask(venue, path, method="POST", body=raw).body)
    row = answer["data"][0] if answer.get("data") else {}
    return str(row.get("sCode", answer["code"])), str(row.get("sMsg", answer["msg"])).strip()


@dataclass(slots=True)
class PreflightWorld:
    """A venue, both clients of it, and every request that reached it."""

    venue: EmbeddedVenue
    clients: dict[str, VenueClient]
    heard: list[WireRequest] = field(default_factory=list)

    def client(self, library: Library) -> Any:
        """The client over one library, with the methods that are not part of the interface."""
        return self.clients[library]


@contextmanager
def preflight_world(
    level: AccountLevel = AccountLevel.FUTURES,
    position_mode: PositionMode = PositionMode.NET,
    *,
    scenario: str = "funded",
) -> Iterator[PreflightWorld]:
    """Both clients over one small venue; what they ask is answered in the same thread."""
    venue = small_venue(level, position_mode, scenario)
    heard: list[WireRequest] = []

    def answers(request: WireRequest) -> WireAnswer:
        heard.append(request)
        target = f"{request.path}?{request.query}" if request.query else request.path
        response = ask(venue, target, method=request.method, body=request.body)
        return WireAnswer(response.status, response.body)

    secrets = (DEMO_CREDENTIALS.api_key, DEMO_CREDENTIALS.api_secret, DEMO_CREDENTIALS.passphrase)
    key, secret, passphrase = map(SecretStr, secrets)
    keys = Credentials(api_key=key, api_secret=secret, passphrase=passphrase)
    wiring = Wiring("http://127.0.0.1:9", mode=RunMode.OKX_DEMO_SIM, credentials=keys, answers=answers)
    clients = {str(library): open_wired(Venue.OKX, library, wiring) for library in Library}
    try:
        yield PreflightWorld(venue, clients, heard)
    finally:
        for client in clients.values():
            client.close()
