"""The trading engine of the embedded venue: one account, its orders, positions and balances, without any HTTP."""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.routes import PRIVATE_ROUTES, Handler
from dualwitness.venues.sim.engine.scenarios import build_scenario
from dualwitness.venues.sim.engine.truth import truth

__all__ = ["PRIVATE_ROUTES", "Account", "Handler", "build_scenario", "truth"]
