"""
Venues behind one interface. `open_venue` gives a client; libraries load only then.

>>> from dualwitness.venues import open_venue
>>> okx = open_venue("okx", library="okx_sdk", base_url="http://127.0.0.1:8080")   # doctest: +SKIP
"""

from __future__ import annotations

import importlib

from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError, UsageError, VenueError
from dualwitness.venues.opening import open_venue
from dualwitness.venues.wiring import Credentials

__all__ = [
    "Credentials",
    "DualwitnessError",
    "Execution",
    "KillReport",
    "OrderProtocol",
    "PaperVenue",
    "Router",
    "SafetyError",
    "Trader",
    "UsageError",
    "VenueClient",
    "VenueError",
    "create_real_client",
    "open_route",
    "open_trader",
    "open_venue",
]

# The way of an order is loaded by who sends one.
_MODULES = {
    "Execution": "routing_decision",
    "KillReport": "routing_cancel",
    "OrderProtocol": "orders",
    "PaperVenue": "paper",
    "Router": "router",
    "Trader": "trading",
    "create_real_client": "creation",
    "open_route": "routing_opening",
    "open_trader": "routing_opening",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(importlib.import_module(f"dualwitness.venues.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
