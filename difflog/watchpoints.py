"""
The known hotspots (predecessors.md A): hypotheses until an entry with evidence exists.

What libraries make of an answer shows in every world, and each sighting names its own. What demo trading does shows
in demo alone: the embedded venue or a recording is told beside it, and is no evidence. What was seen under a planted
lie, and an imported entry, count as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dualwitness.difflog.records import World

__all__ = ["WATCHPOINTS", "Sighting", "Watchpoint", "sightings"]

# How a library reads an answer shows on any answer, and the entry says whose; what demo trading does, in demo alone.
_ANY = tuple(World)
_MODES = frozenset({"td_mode", "position_side", "position_mode", "margin_mode", "direction", "side", "has_position"})
_FEES = frozenset({"fee", "fee_currency", "maker", "taker"})
_FILLS = frozenset({"trade_id", "bill_id", "contracts", "base_quantity", "price", "liquidity", "filled_contracts"})
_NAMES = frozenset({"symbol", "venue_instrument_id", "instId", "base", "quote", "settle"})
# What OKX's SDK sends; a difference of requests is about a field of the wire.
_WIRE_MODES = frozenset({"tdMode", "posSide", "mgnMode", "posMode"})


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """One hotspot: its name, what is suspected, and the worlds in which it has to be seen to be evidence."""

    name: str
    hypothesis: str
    worlds: tuple[World, ...]

    def is_about(self, fields: Mapping[str, Any]) -> bool:
        """Whether an entry, as its line of JSON, is about this hotspot."""
        operation, field = fields["operation"], fields["field"]
        if self.name == "positions-in-demo":
            return bool(operation == "get_positions" and fields["axis"] == "I")
        if self.name == "mode-semantics":
            return field in _MODES or field in _WIRE_MODES
        if self.name == "trade-and-fee-fields":
            return field in _FEES or (operation in ("get_fills", "get_order") and field in _FILLS)
        return field in _NAMES


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the log holds on one hotspot: ids of entries that are evidence, and of those from other worlds, by world."""

    watchpoint: Watchpoint
    evidence: Mapping[World, tuple[str, ...]]
    beside: Mapping[World, tuple[str, ...]]

    @property
    def has_evidence(self) -> bool:
        """Whether one entry of the right world exists."""
        return bool(self.evidence)


WATCHPOINTS = (
    Watchpoint(
        "positions-in-demo", "positions in demo unreliable or empty while orders and trades exist", (World.DEMO,)
    ),
    Watchpoint(
        "mode-semantics",
        "tdMode/posSide/marginMode: defaults inferred wrongly, net against long/short, direction flipped or collapsed",
        _ANY,
    ),
    Watchpoint(
        "trade-and-fee-fields",
        "fee currency, amount, partial fills missing, so that cost is made up by heuristics",
        _ANY,
    ),
    Watchpoint(
        "instrument-id-against-symbol",
        "BTC/USDT:USDT against instId: data and execution silently on different instruments",
        _ANY,
    ),
)


def sightings(entries: Iterable[Mapping[str, Any]]) -> list[Sighting]:
    """Each hotspot with the entries about it, in the order of the log; ``entries`` are lines of kind ``entry``."""
    found: dict[str, dict[World, list[str]]] = {one.name: {} for one in WATCHPOINTS}
    for fields in entries:
        if fields["environment"].get("lies"):
            continue  # what was planted says nothing about anybody
        world = World(fields["environment"]["env"])
        for watchpoint in WATCHPOINTS:
            if watchpoint.is_about(fields):
                found[watchpoint.name].setdefault(world, []).append(fields["entry_id"])
    return [
        Sighting(
            one,
            {world: tuple(ids) for world, ids in found[one.name].items() if world in one.worlds},
            {world: tuple(ids) for world, ids in found[one.name].items() if world not in one.worlds},
        )
        for one in WATCHPOINTS
    ]
