"""One at a time, and a kill switch before everybody who waits: clients are not thread-safe, and a lock is not fair."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

__all__ = ["Turns"]


class Turns:
    """Hands out turns; whoever is urgent comes before all others. A turn inside a turn would wait for itself."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self._urgent = 0

    @contextmanager
    def ordinary(self) -> Iterator[None]:
        """Wait until nobody is at work and nobody urgent waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken and not self._urgent)
            self._taken = True
        try:
            yield
        finally:
            self._give_back()

    @contextmanager
    def urgent(self, patience_s: float) -> Iterator[bool]:
        """Come next; gives False where whoever is at work does not end within ``patience_s``."""
        with self._changed:
            self._urgent += 1
            try:
                is_ours = self._changed.wait_for(lambda: not self._taken, patience_s)
                self._taken = self._taken or is_ours
            finally:
                self._urgent -= 1
                self._changed.notify_all()
        try:
            yield is_ours
        finally:
            if is_ours:
                self._give_back()

    def _give_back(self) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify_all()
