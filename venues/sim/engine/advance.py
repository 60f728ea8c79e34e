"""The passing of venue time: what happened to the account between the last look and now."""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact
from dualwitness.venues.sim.engine.trading import sweep

__all__ = ["advance"]


@exact
def advance(account: Account) -> None:
    """Bring the account up to the present moment of venue time; cheap when nothing is due."""
    sweep(account)
