"""
The paper venue: an exchange in this process that fills orders at observed books.

Loads no library and opens no socket of its own. `PaperVenue` is the client, `PaperMarket` where it looks,
`PaperSettings` how its account is set up.
"""

from __future__ import annotations

from dualwitness.venues.paper.client import PaperVenue
from dualwitness.venues.paper.market import BookSource, PaperMarket
from dualwitness.venues.paper.settings import (
    OPENING_BALANCES,
    FeeSchedule,
    PaperSettings,
    balances_of,
    settings_of,
)

__all__ = [
    "OPENING_BALANCES",
    "BookSource",
    "FeeSchedule",
    "PaperMarket",
    "PaperSettings",
    "PaperVenue",
    "balances_of",
    "settings_of",
]
