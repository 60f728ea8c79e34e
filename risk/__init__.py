"""
Pre-trade limits: the gate between an intent and a venue.

`RiskEngine` decides and remembers, `CHECKS` is what it decides by, in order; `README.md` shows both as tables.

>>> from dualwitness.risk import CHECKS
>>> CHECKS[0].name
'numbers'
"""

from __future__ import annotations

from dualwitness.risk.checks import CHECKS, describe_checks, describe_reasons, evaluate, validate_order
from dualwitness.risk.engine import RiskEngine
from dualwitness.risk.errors import RiskError, StoreUnusable, SwitchStuck, UnknownReservation, WhoNeeded
from dualwitness.risk.inputs import RiskInputs, RiskUsage
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.records import Reservation
from dualwitness.risk.rule import Rule
from dualwitness.risk.states import MessageKind, OrderFateState, TradingMode, TradingState
from dualwitness.risk.store import RiskStore
from dualwitness.risk.switch import KillSwitch
from dualwitness.risk.switchboard import Act

__all__ = [
    "CHECKS",
    "Act",
    "KillSwitch",
    "MessageKind",
    "OrderFateState",
    "ReasonCode",
    "Reservation",
    "RiskEngine",
    "RiskError",
    "RiskInputs",
    "RiskStore",
    "RiskUsage",
    "Rule",
    "StoreUnusable",
    "SwitchStuck",
    "TradingMode",
    "TradingState",
    "UnknownReservation",
    "WhoNeeded",
    "describe_checks",
    "describe_reasons",
    "evaluate",
    "validate_order",
]
