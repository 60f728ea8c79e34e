"""The names of the venue's scenarios, apart from the engine that builds them, so that ``--help`` stays light."""

from __future__ import annotations

__all__ = ["DEFAULT_SCENARIO", "SCENARIOS"]

SCENARIOS = ("funded", "long_short", "positions")
DEFAULT_SCENARIO = "funded"
