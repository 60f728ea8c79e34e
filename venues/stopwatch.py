"""
Where the time of a client's requests goes: told by the client's own hooks, read once when a request is handed over.

Both clients use it because it is about calls, not about meaning. It reads a clock a few times a request and changes
nothing of what a library does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualwitness.models.timing import WireTiming

__all__ = ["Noticed", "Stopwatch"]

_MS = 1000


class Stopwatch:
    """
    The marks of the request that is being built; of one client, so never used by two threads at once.

    ``monotonic`` gives seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.now = monotonic
        self._building_since = monotonic()
        self._signing_since: float | None = None
        self._signing = 0.0
        self._waiting = 0.0

    def call_begins(self) -> None:
        """A library method is about to be called: nothing is kept of a request that was never sent."""
        self._building_since = self.now()
        self._signing_since = None
        self._signing = self._waiting = 0.0

    def request_begins(self) -> None:
        """The library begins to build a request; what it waited before that is kept."""
        self._building_since = self.now()
        self._signing = 0.0

    def sign_begins(self) -> None:
        """The signature is about to be computed."""
        self._signing_since = self.now()

    def sign_ends(self) -> None:
        """The signature stands; without a beginning nothing happens."""
        if self._signing_since is not None:
            self._signing += self.now() - self._signing_since
            self._signing_since = None

    def waited_since(self, moment: float) -> None:
        """The library held the request back from ``moment`` (seconds) until now."""
        self._waiting += self.now() - moment

    def timing(self, sent: float, answered: float, *, by_socket: bool) -> WireTiming:
        """One request, handed over at ``sent`` and answered at ``answered`` (seconds); its marks are used up."""
        timing = WireTiming(
            sent_at_ms=sent * _MS,
            build_ms=max(0.0, sent - self._building_since - self._signing) * _MS,
            sign_ms=self._signing * _MS,
            wait_ms=self._waiting * _MS,
            answered_ms=(answered - sent) * _MS,
            by_socket=by_socket,
        )
        self._building_since = answered
        self._signing = self._waiting = 0.0
        return timing


class Noticed:
    """An attribute as it is, for a subclass of somebody else's class, with a word to ``notice`` whenever it is read."""

    def __init__(self, notice: Callable[[], None]) -> None:
        self._notice = notice
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        self._notice()
        return vars(instance)[self._name]

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self._name] = value
