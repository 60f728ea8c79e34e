"""What figures of a place cannot show, each with its reason: a table to be read beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dualwitness.alignment.costs.contact import Place

__all__ = ["CANNOT_SHOW", "Limit", "not_shown"]


class Limit(NamedTuple):
    """One thing that figures met at ``places`` say nothing about, and why."""

    what: str
    reason: str
    places: frozenset[Place]


_EMBEDDED, _DEMO = frozenset({Place.EMBEDDED}), frozenset({Place.OKX_DEMO})
_LIVE = frozenset({Place.OKX_LIVE})
_SIMULATED = _EMBEDDED | _DEMO
_ALL = _SIMULATED | _LIVE

CANNOT_SHOW: tuple[Limit, ...] = (
    Limit("network distance", "both ends stand on one machine: no distance, no TLS handshake, no loss", _EMBEDDED),
    Limit("latency of the venue", "the embedded venue answers from memory, alone, without load", _EMBEDDED),
    Limit("latency of the matching engine", "orders of demo trading are matched by an engine of their own", _DEMO),
    Limit("market impact", "the book is computed and never used up by an order", _EMBEDDED),
    Limit("queue position", "nobody else stands in the book, so a resting order waits behind nobody", _EMBEDDED),
    Limit("liquidity", "demo trading has a book of its own, filled by simulated orders (OKX docs v5)", _DEMO),
    Limit("price moving away", "the venue of an audit stands still between decision and fill", _EMBEDDED),
    Limit("rate limits under load", "an audit asks the embedded venue without OKX's limits", _EMBEDDED),
    Limit("maker rebates and fee tiers", "the rates are those of a simulated account, not of yours", _SIMULATED),
    Limit("liquidation cascades", "nobody else is liquidated, so nobody's forced order moves the market", _EMBEDDED),
    Limit("liquidation cascades", "liquidations of demo trading do not move the real market", _DEMO),
    Limit("outages and degraded service", "a simulated venue is spared what stress does to a real one", _SIMULATED),
    Limit("slippage of larger orders", "the probe sends the smallest order there is", _SIMULATED),
    Limit("slippage of our own orders", "an audit of a real account sends no probe orders", _LIVE),
    Limit("other hours", "one run is a sample of minutes; latency and depth follow the time of day", _ALL),
)

_NOBODY = Limit("network, skew and fidelity", "no venue was contacted: the answers come from a record", frozenset())
_FOREIGN = Limit("anything of OKX", "a host answered that is neither a loopback nor OKX", frozenset({Place.ELSEWHERE}))
_MIXED = Limit("one place", "more than one place was contacted: the figures cannot be told apart", frozenset())


def not_shown(places: Iterable[Place]) -> tuple[Limit, ...]:
    """What figures met at these places cannot show: every limit of every place; of a record, that it is one."""
    met = frozenset(places)
    if not met:
        return (_NOBODY,)
    mixture = (_MIXED,) if len(met) > 1 else ()
    return (*mixture, *(limit for limit in (*CANNOT_SHOW, _FOREIGN) if limit.places & met))
