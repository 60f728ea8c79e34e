"""A scripted venue behind a client's interface, and a protocol on it; nothing here opens a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.orders import OrderProtocol, OrderStore
from tests.support.order_script import MARGIN_MS, TIME_TO_LIVE_MS, ScriptedBooks, ScriptedClient


@pytest.fixture
def books() -> ScriptedBooks:
    """What the venue really holds, and what time it is there."""
    return ScriptedBooks()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OrderStore]:
    """An empty store."""
    with OrderStore(tmp_path / "orders.sqlite") as opened:
        yield opened


@pytest.fixture
def ccxt(books: ScriptedBooks) -> ScriptedClient:
    """The route that orders take."""
    return ScriptedClient("ccxt", books)


@pytest.fixture
def okx_sdk(books: ScriptedBooks) -> ScriptedClient:
    """The second witness."""
    return ScriptedClient("okx_sdk", books)


@pytest.fixture
def open_protocol(
    store: OrderStore, books: ScriptedBooks, ccxt: ScriptedClient, okx_sdk: ScriptedClient
) -> Callable[..., OrderProtocol]:
    """Make a protocol over both clients; keywords change what it is made with."""

    def make(**changes: Any) -> OrderProtocol:
        settings: dict[str, Any] = {
            "clients": {"ccxt": ccxt, "okx_sdk": okx_sdk},
            "store": store,
            "clock_ms": lambda: books.now_ms,
            "main": "ccxt",
            "time_to_live_ms": TIME_TO_LIVE_MS,
            "margin_ms": MARGIN_MS,
        }
        return OrderProtocol(**(settings | changes))

    return make


@pytest.fixture
def protocol(open_protocol: Callable[..., OrderProtocol]) -> OrderProtocol:
    """A protocol over both clients, with CCXT as the route of orders."""
    return open_protocol()
