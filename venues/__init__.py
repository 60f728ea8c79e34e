"""
Venues behind one interface. `open_venue` gives a client; libraries load only then.

>>> from dualwitness.venues import open_venue
>>> okx = open_venue("okx", library="okx_sdk", base_url="http://127.0.0.1:8080")   # doctest: +SKIP
"""

from __future__ import annotations

from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError, UsageError, VenueError
from dualwitness.venues.opening import open_venue
from dualwitness.venues.wiring import Credentials

__all__ = [
    "Credentials",
    "DualwitnessError",
    "SafetyError",
    "UsageError",
    "VenueClient",
    "VenueError",
    "open_venue",
]
