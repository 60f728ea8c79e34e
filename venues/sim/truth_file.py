"""What the account really holds, as a JSON file that follows it: any client's belief can be scored against it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from dualwitness.venues.sim.engine import truth
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["TruthFile"]


class TruthFile:
    """Rewrites ``path`` whole, never in part, whenever the account has changed."""

    def __init__(self, venue: EmbeddedVenue, path: Path) -> None:
        self._venue = venue
        self._path = path
        self._written_version = -1

    def refresh(self) -> None:
        """Write the truth where it is not what the file says; raises OSError where the file cannot be written."""
        account = self._venue.account
        with self._venue.lock:
            advance(account)
            if account.version == self._written_version:
                return
            self._written_version = account.version
            text = json.dumps(truth(account), indent=1, ensure_ascii=False) + "\n"
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._path)
