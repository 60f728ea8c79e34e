"""A WebSocket client without a socket: talks to a venue's hub and reads what it would have been sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, SimCredentials, sign
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sim.ws.hub import Hub
from dualwitness.venues.sim.ws.session import Session
from tests.support.venue import FROZEN_MS, ManualClock

__all__ = ["Desk", "Listener", "login_message"]


def login_message(
    *, at_s: int = FROZEN_MS // 1000, credentials: SimCredentials = DEMO_CREDENTIALS, **changed: str
) -> dict[str, Any]:
    """A login of that second; ``changed`` overrides single fields."""
    given = {
        "apiKey": credentials.api_key,
        "passphrase": credentials.passphrase,
        "timestamp": str(at_s),
        "sign": sign(credentials.api_secret, str(at_s), "GET", "/users/self/verify", b""),
    }
    return {"op": "login", "args": [given | changed]}


class Listener:
    """One connection."""

    def __init__(self, desk: Desk, endpoint: str, *, simulated: str | None = None, agent: str = "tests") -> None:
        self._desk = desk
        self.session: Session = desk.hub.open(endpoint, agent, simulated, lambda: None)

    def say(self, message: dict[str, Any] | str) -> list[Any]:
        """Send one message and read everything that has come since the last look."""
        self._desk.hub.receive(self.session, message if isinstance(message, str) else json.dumps(message))
        return self.heard()

    def subscribe(self, channel: str, **arg: str) -> list[Any]:
        """Subscribe to one channel."""
        return self.say({"op": "subscribe", "args": [{"channel": channel, **arg}]})

    def login(self) -> Listener:
        """Log in with the venue's own keys; gives the listener back."""
        answers = self.say(login_message(at_s=self._desk.clock.now_ms() // 1000))
        assert answers[-1]["event"] == "login", answers
        return self

    def heard(self) -> list[Any]:
        """Everything that was sent since the last look, oldest first."""
        return list(self._sent())

    def rows(self, channel: str) -> list[Any]:
        """The rows that were pushed on one channel since the last look; everything else is forgotten."""
        return [row for one in self.heard() if one.get("arg", {}).get("channel") == channel for row in one["data"]]

    def _sent(self) -> Iterator[Any]:
        while self.session.unsent:
            message = self.session.unsent.popleft()
            yield "pong" if message == b"pong" else json.loads(message)


class Desk:
    """A venue whose time moves by hand, and its hub."""

    def __init__(self, scenario: str = "funded", **options: Any) -> None:
        self.clock = ManualClock()
        self.venue = EmbeddedVenue(scenario=scenario, clock=self.clock, auth_clock=self.clock, **options)
        self.monotonic_s = 0.0
        self.hub = Hub(self.venue, lambda: self.monotonic_s)

    def listen(self, endpoint: str, **options: Any) -> Listener:
        """One more connection."""
        return Listener(self, endpoint, **options)

    def private(self) -> Listener:
        """A connection of the private endpoint that has logged in."""
        return self.listen("private").login()

    def pass_time(self, seconds: int) -> None:
        """Let venue time run on, second by second, with everything that is pushed on the way."""
        for _ in range(seconds):
            self.clock.at_ms += 1_000
            self.tick()

    def tick(self) -> None:
        """Let the present moment take effect."""
        for _ in self.hub.tick():
            pass

    def place(self, listener: Listener, inst_id: str, **order: str) -> list[Any]:
        """Place one order over WebSocket; gives everything that was heard."""
        code = self.venue.market.instrument(inst_id).inst_id_code
        args = {"instIdCode": code, "side": "buy", "ordType": "market", "sz": "1", "tdMode": "cross"} | order
        return listener.say({"id": "1", "op": "order", "args": [args]})
