"""All planted lies by name, and how to add one's own."""

from __future__ import annotations

from typing import Final

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies.environment import ENVIRONMENT
from dualwitness.venues.sim.lies.http_faults import HTTP_FAULTS
from dualwitness.venues.sim.lies.identity import IDENTITY
from dualwitness.venues.sim.lies.kinds import Lie
from dualwitness.venues.sim.lies.lost import LOST
from dualwitness.venues.sim.lies.market_interaction import MARKET_INTERACTION
from dualwitness.venues.sim.lies.money import MONEY
from dualwitness.venues.sim.lies.our_orders import OUR_ORDERS
from dualwitness.venues.sim.lies.toxics import TOXICS

__all__ = ["BLIND_SPOTS", "LIES", "register"]

LIES: Final[dict[str, Lie]] = {}

# Told to both libraries, these contradict nothing else that one audit reads: named here, and not hidden.
BLIND_SPOTS: Final[dict[str, str]] = {
    "liquidation_price_wrong": "it is made of margin tiers and of the whole account, and stands in no second answer",
}


def register(lie: Lie) -> Lie:
    """
    Add a lie, so that it can be planted by its name; gives it back.

    Registering the same object again changes nothing. Raises `UsageError` where the name is taken, cannot be written
    on a command line, or where the lie does not do exactly one thing.
    """
    known = LIES.get(lie.name)
    if known is lie:
        return lie
    if known is not None:
        raise UsageError(f"a lie named {lie.name} is known already", advice="choose another name")
    if not lie.name.isidentifier():
        raise UsageError(f"a lie's name is letters, digits and underscores, was {lie.name!r}")
    if lie.acts != 1:
        raise UsageError(f"the lie {lie.name} must have exactly one of transform, recalled, transport and toxic")
    LIES[lie.name] = lie
    ordered = sorted(LIES.items())
    LIES.clear()
    LIES.update(ordered)
    return lie


for _lie in (*ENVIRONMENT, *IDENTITY, *MONEY, *MARKET_INTERACTION, *OUR_ORDERS, *HTTP_FAULTS, *TOXICS, *LOST):
    register(_lie)
