"""
All connections of one venue: what a client says is answered here, what happens is pushed from here.

Knows no socket: `socket.py` reads and writes. The hub takes the venue's lock itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Final

from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.lies import library_of
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sim.ws.account_pushes import Batch, opening
from dualwitness.venues.sim.ws.dialogue import Dialogue
from dualwitness.venues.sim.ws.messages import Push, push
from dualwitness.venues.sim.ws.session import Session, Subscription

__all__ = ["ENDPOINTS", "Hub"]

# Paths of the endpoints; a query behind them (brokerId) is allowed.
ENDPOINTS: Final = {f"/ws/v5/{name}": name for name in ("business", "private", "public")}


class Hub:
    """
    Every session of a venue.

    ``monotonic_s`` counts how often a connection subscribes; venue time, which may stand still, paces the pushes.
    """

    def __init__(self, venue: EmbeddedVenue, monotonic_s: Callable[[], float]) -> None:
        self._venue = venue
        self._sessions: list[Session] = []
        self._opened = 0
        self._second = -1
        self._dialogue = Dialogue(venue, self._sessions, monotonic_s)

    def open(self, endpoint: str, agent: str, simulated: str | None, wake: Callable[[], object]) -> Session:
        """A new connection; ``agent`` and ``simulated`` are headers of its handshake."""
        self._opened += 1
        conn_id = sha256(f"{self._venue.seed}/{self._opened}".encode()).hexdigest()[:8]
        session = Session(endpoint, conn_id, library_of(agent), simulated, wake)
        self._sessions.append(session)
        return session

    def close(self, session: Session) -> None:
        """The connection is gone."""
        self._sessions.remove(session)
        with self._venue.lock:
            self._listen()

    def receive(self, session: Session, text: str) -> None:
        """Answer what a client sent, and push what came of it."""
        if text == "ping":
            session.send(b"pong")
            return
        with self._venue.lock:
            self._dialogue.hear(session, text)
            self._listen()
            self._push_events()

    def after_request(self) -> None:
        """Push what a request over REST has changed; cheap where nobody listens."""
        if self._venue.account.feed.listening:
            with self._venue.lock:
                self._push_events()

    def tick(self) -> Iterator[None]:
        """
        Let venue time take effect: due events, once a second the market, refreshes of the account.

        Yields between two subscriptions: many deep books are no reason to let everybody else wait.
        """
        if not self._sessions:
            return
        with self._venue.lock:
            advance(self._venue.account)
            self._push_events()
            second = self._venue.clock.now_ms() // 1000
        if second == self._second:
            return
        self._second = second
        for session in tuple(self._sessions):
            for key, subscription in tuple(session.subscriptions.items()):
                if session.subscriptions.get(key) is subscription:
                    with self._venue.lock:
                        self._send(session, subscription, self._due(subscription, self._venue.clock.now_ms()))
                yield

    def _listen(self) -> None:
        feed = self._venue.account.feed
        feed.listening = any(
            subscription.stream is None for session in self._sessions for subscription in session.subscriptions.values()
        )
        if not feed.listening:
            feed.drain()

    def _push_events(self) -> None:
        events = self._venue.account.feed.drain()
        if not events:
            return
        batch = Batch(self._venue.account, events)
        for session in self._sessions:
            for subscription in session.subscriptions.values():
                if subscription.stream is None:
                    self._send(session, subscription, batch.pushes(subscription))

    def _due(self, subscription: Subscription, now_ms: int) -> list[Push]:
        if subscription.stream is not None:
            try:
                return subscription.stream.due(now_ms)
            except Refusal:
                # The instrument has expired since: there is nothing left to tell of it.
                return []
        if not subscription.refresh_ms or now_ms - subscription.refreshed_ms < subscription.refresh_ms:
            return []
        subscription.refreshed_ms = now_ms
        return opening(self._venue.account, subscription)

    def _send(self, session: Session, subscription: Subscription, pushes: list[Push]) -> None:
        for pushed in pushes:
            session.send(push(subscription.pushed_arg, self._dialogue.told(session, subscription, pushed)))
