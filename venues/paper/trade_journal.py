"""
The record of simulated trading: one JSON line a fill, in ``demo_trades.jsonl`` beside the journals of calls.

A line that cannot be written is kept and tried again, so that no fill is missing from the file once it can be written.
"""

from __future__ import annotations

from collections import deque

from dualwitness.models import Fill, Venue
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.paper.ids import SIMULATED

__all__ = ["TRADES_FILE", "TradeJournal"]

TRADES_FILE = "demo_trades.jsonl"


class TradeJournal:
    """Lines of simulated fills, on their way to the journal's folder."""

    def __init__(self, journal: CallJournal, market: Venue) -> None:
        self._journal = journal
        self._market = market
        self._waiting: deque[dict[str, object]] = deque()

    def note(self, fill: Fill) -> None:
        """Keep one fill to be written."""
        line = {"label": SIMULATED, "venue": str(Venue.PAPER), "market": str(self._market)}
        self._waiting.append({**line, **fill.model_dump(mode="json", exclude={"reasons"})})

    def flush(self) -> None:
        """Write what waits, oldest first; raises `OSError` where a line cannot be written whole, and keeps it."""
        while self._waiting:
            self._journal.append(TRADES_FILE, self._waiting[0])
            self._waiting.popleft()
