"""
The guard as the risk engine's source of positions.

Everything else (price, clock, leverage, the day's result) is read as before. The position and its quality are the
guard's, and so is whether the evidence contradicts itself: then the risk engine takes reducing orders alone, and where
the evidence is gone it takes none. For a pair in cash what is held is the guarded balance of its base currency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dualwitness.alignment.guarding.permission import PermissionReason
from dualwitness.alignment.guarding.ruling import Ruling, held_of
from dualwitness.config import VenueConfig
from dualwitness.models import Instrument, OrderIntent, PositionsQuality
from dualwitness.risk import TradingMode
from dualwitness.venues.routing_facts import ClientFacts, Facts

__all__ = ["GuardedFacts"]


class GuardedFacts:
    """
    A `FactSource` that asks the clients of ``base`` for everything but the position, and ``rules`` for that.

    Raises what ``base`` raises.
    """

    def __init__(self, base: ClientFacts, rules: Callable[[OrderIntent], Ruling]) -> None:
        self._base = base.without_positions()
        self._rules = rules

    def gather(
        self, intent: OrderIntent, instrument: Instrument | None, *, config: VenueConfig, mode: TradingMode
    ) -> Facts:
        """The facts for one order; the position is looked at first, so that whatever fills later is not in it."""
        if instrument is None:
            return self._base.gather(intent, instrument, config=config, mode=mode)
        ruling = self._rules(intent)
        facts = self._base.gather(intent, instrument, config=config, mode=mode)
        held = held_of(ruling, instrument, facts.inputs.reference_price)
        gone = ruling.permission.reason is PermissionReason.GONE
        inputs = replace(
            facts.inputs,
            long_base=None if held is None else held.long_base,
            short_base=None if held is None else held.short_base,
            position_ts_ms=ruling.asked_ms,
            positions_quality=PositionsQuality.UNAVAILABLE if gone else ruling.quality,
            only_reducing=ruling.permission.reason is not PermissionReason.PROVEN,
        )
        note = () if ruling.permission else (f"guard: {ruling.permission.reason}: {ruling.permission.text}",)
        return Facts(inputs, (*facts.notes, *note))
