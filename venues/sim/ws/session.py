"""One connection: who it is, what it has subscribed to, and what still has to be sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from dualwitness.models import Library
from dualwitness.venues.sim.ws.channels import Channel
from dualwitness.venues.sim.ws.streams import Stream

__all__ = ["ArgKey", "Closing", "Session", "Subscription", "key_of"]

ArgKey = tuple[tuple[str, str], ...]
# Further behind than this nobody reads any more.
_MOST_UNSENT = 20_000


def key_of(arg: dict[str, str]) -> ArgKey:
    """What makes two subscriptions the same: every parameter, in any order."""
    return tuple(sorted(arg.items()))


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the venue ends a connection: OKX's close code and reason."""

    code: int
    reason: str


@dataclass(slots=True)
class Subscription:
    """
    One subscription of one connection.

    ``arg`` is echoed as the client sent it, ``pushed_arg`` stands over its pushes. ``stream`` is what a market channel
    pushes; ``refresh_ms`` how often an account channel repeats itself unasked (0: never), ``refreshed_ms`` when it
    last did.
    """

    channel: Channel
    arg: dict[str, str]
    pushed_arg: dict[str, str]
    stream: Stream | None = None
    refresh_ms: int = 0
    refreshed_ms: int = 0

    def named(self, name: str) -> str:
        """A parameter of the subscription; blank when it was not given."""
        return self.arg.get(name, "")


@dataclass(slots=True)
class Session:
    """
    One connection on one endpoint.

    ``simulated`` is the header x-simulated-trading of its handshake, ``library`` who it says it is. ``wake`` tells the
    sender that ``unsent`` has grown or that ``closing`` was set.
    """

    endpoint: str
    conn_id: str
    library: Library | None
    simulated: str | None
    wake: Callable[[], object]
    logged_in: bool = False
    subscriptions: dict[ArgKey, Subscription] = field(default_factory=dict)
    unsent: deque[bytes] = field(default_factory=deque)
    closing: Closing | None = None
    # Moments of subscribe, unsubscribe and login, in seconds of the hub's monotonic clock.
    requests: deque[float] = field(default_factory=deque)

    def send(self, message: bytes) -> None:
        """Queue one message."""
        if len(self.unsent) >= _MOST_UNSENT:
            self.closing = Closing(4005, "Buffer is full, cannot write data")
        else:
            self.unsent.append(message)
        self.wake()
