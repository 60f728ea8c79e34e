"""A proxy that nobody may use: every connection to it is counted and hung up on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

__all__ = ["PROXY_NAMES", "ProxyTrap", "proxy_trap", "set_proxies"]

PROXY_NAMES = tuple(
    name for stem in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy") for name in (stem, stem.upper())
)


class ProxyTrap:
    """Where it listens, and how often somebody came."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.visits = 0

    def run(self) -> None:
        """Count until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextmanager
def proxy_trap() -> Iterator[ProxyTrap]:
    """A trap on loopback; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        trap = ProxyTrap(listener)
        thread = threading.Thread(target=trap.run)
        thread.start()
        try:
            yield trap
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def set_proxies(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set every proxy variable that a library may read, and no exception from them."""
    for name in PROXY_NAMES:
        monkeypatch.setenv(name, url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
