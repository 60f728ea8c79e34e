"""
Orders whose outcome is never guessed: kept before they are sent, sent once, resolved by asking.

>>> from dualwitness.venues.orders import OrderProtocol, OrderStore, client_order_id_for
"""

from __future__ import annotations

from dualwitness.venues.orders.fate import FINAL_STATES, Answer, Evidence, FateState, OrderFate
from dualwitness.venues.orders.identity import client_order_id_for
from dualwitness.venues.orders.protocol import MARGIN_MS, TIME_TO_LIVE_MS, OrderProtocol
from dualwitness.venues.orders.record import OrderRecord, Phase
from dualwitness.venues.orders.store import OrderStore

__all__ = [
    "FINAL_STATES",
    "MARGIN_MS",
    "TIME_TO_LIVE_MS",
    "Answer",
    "Evidence",
    "FateState",
    "OrderFate",
    "OrderProtocol",
    "OrderRecord",
    "OrderStore",
    "Phase",
    "client_order_id_for",
]
