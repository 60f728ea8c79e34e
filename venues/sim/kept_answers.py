"""
Answers that were spelled already, kept until anything they depend on has changed.

For ``account/positions``, which bots ask for all day: its rows depend on the account and on the second of venue time,
and on nothing else. Prices that are shaken by hand within a second count as a change of the account (`control.py`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from dualwitness.venues.sim.engine import Account
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.envelope import Response

__all__ = ["KEPT_PATH", "KeptAnswers"]

KEPT_PATH: Final = "/api/v5/account/positions"
# Junk in a query must not fill the memory.
_MOST_QUERIES: Final = 64


class KeptAnswers:
    """The answers of one moment by query; a new moment forgets them all."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._moment: Hashable = None
        self._answers: dict[str, Response] = {}

    def find(self, query: str) -> Response | None:
        """The answer as it is now; None where it was not given yet. Lets venue time take effect first."""
        account = self._account
        advance(account)
        moment = (account.version, account.clock.now_ms() // 1000, account.settings.fee_terms)
        if moment != self._moment:
            self._moment = moment
            self._answers.clear()
        return self._answers.get(query)

    def keep(self, query: str, response: Response) -> None:
        """Remember the answer to the question that `find` has just been asked."""
        if len(self._answers) < _MOST_QUERIES:
            self._answers[query] = response
