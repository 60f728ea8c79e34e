"""
Lies and faults that the embedded venue can be made to tell.

Each is a small named object in its theme's module, registered in `LIES`; `Plant` says to whom, where and when it is
told, `LieTeller` tells it and counts. `register` adds one's own. Faults of the connection become `Effects`, which
`delivery.py` carries out.
"""

from __future__ import annotations

from dualwitness.venues.sim.lies.catalogue import describe_lie, describe_lies
from dualwitness.venues.sim.lies.effects import NO_EFFECTS, Effects
from dualwitness.venues.sim.lies.kinds import Asked, Cause, Lie, Needs, Theme
from dualwitness.venues.sim.lies.plants import Plant, library_of, parse_plant
from dualwitness.venues.sim.lies.registry import BLIND_SPOTS, LIES, register
from dualwitness.venues.sim.lies.scopes import Scope
from dualwitness.venues.sim.lies.teller import LieTeller, Telling

__all__ = [
    "BLIND_SPOTS",
    "LIES",
    "NO_EFFECTS",
    "Asked",
    "Cause",
    "Effects",
    "Lie",
    "LieTeller",
    "Needs",
    "Plant",
    "Scope",
    "Telling",
    "Theme",
    "describe_lie",
    "describe_lies",
    "library_of",
    "parse_plant",
    "register",
]
