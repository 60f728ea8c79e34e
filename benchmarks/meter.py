"""A client that knows how much CPU its calls cost: it stands between the audit and the real client."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from typing import Any

__all__ = ["Meter", "MeteredClient"]

_CALLS = ("get_", "place_", "cancel_", "native_")


class Meter:
    """Sums CPU seconds by label, from any thread: each section is timed on the clock of the thread that runs it."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._seconds: dict[str, float] = defaultdict(float)

    def timed(self, label: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """``call``, with its CPU time added to ``label``, whether it returns or raises."""

        def run(*arguments: Any, **named: Any) -> Any:
            begun = self._clock()
            try:
                return call(*arguments, **named)
            finally:
                spent = self._clock() - begun
                with self._lock:
                    self._seconds[label] += spent

        return run

    def take(self) -> dict[str, float]:
        """Everything summed so far, and begin anew."""
        with self._lock:
            taken, self._seconds = dict(self._seconds), defaultdict(float)
        return taken


class MeteredClient:
    """A client whose questions and orders are metered; everything else is passed on."""

    def __init__(self, client: Any, meter: Meter, label: str) -> None:
        self._client = client
        self._meter = meter
        self._label = label

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._meter.timed(self._label, found) if name.startswith(_CALLS) else found
