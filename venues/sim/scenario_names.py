"""The venue's scenarios by name, apart from the engine that builds them, so that ``--help`` stays light."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DEFAULT_SCENARIO", "SCENARIOS"]

# Each with what the account is and holds.
SCENARIOS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "nothing at all, in futures mode",
        "funded": "USDT, BTC and ETH, nothing traded, in futures mode",
        "liquidated": "futures mode; a liquidated, a deleveraged and a delivered position in its history",
        "long_short": "futures mode with long and short positions of one contract at once",
        "margin": "futures mode with positions on borrowed money, isolated and cross",
        "multi_currency": "multi-currency mode: cross pairs, contracts and a borrowed currency",
        "positions": "futures mode, net: every kind of position, spot holdings, resting and finished orders",
        "spot": "spot mode: holdings, resting and finished orders",
    }
)
DEFAULT_SCENARIO = "funded"
