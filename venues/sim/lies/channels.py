"""Which REST endpoint's lies a WebSocket channel tells: a push carries the same rows."""

from __future__ import annotations

from typing import Final

__all__ = ["nested_paths", "paths_of_channel"]

_BY_CHANNEL: Final[dict[str, tuple[str, ...]]] = {
    "account": ("/api/v5/account/balance",),
    "fills": ("/api/v5/trade/fills",),
    "instruments": ("/api/v5/public/instruments",),
    # An order's push also carries its newest execution.
    "orders": ("/api/v5/trade/orders-pending", "/api/v5/trade/fills"),
    "positions": ("/api/v5/account/positions",),
    "tickers": ("/api/v5/market/ticker",),
}
_BY_BEGINNING: Final = (
    ("books", ("/api/v5/market/books",)),
    ("bbo-tbt", ("/api/v5/market/books",)),
    ("candle", ("/api/v5/market/candles",)),
)
# The rows of this channel hold two lists of rows.
_NESTED: Final[dict[str, dict[str, str]]] = {
    "balance_and_position": {"balData": "/api/v5/account/balance", "posData": "/api/v5/account/positions"},
}


def paths_of_channel(channel: str) -> tuple[str, ...]:
    """The endpoints whose rows the channel pushes; none for a channel without lies."""
    exact = _BY_CHANNEL.get(channel)
    if exact is not None:
        return exact
    return next((paths for beginning, paths in _BY_BEGINNING if channel.startswith(beginning)), ())


def nested_paths(channel: str) -> dict[str, str]:
    """By key: the endpoint whose rows are nested in the channel's rows under it."""
    return _NESTED.get(channel, {})
