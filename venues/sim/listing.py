"""Which instruments trade at a moment: dated ones disappear when they expire."""

from __future__ import annotations

from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["is_listed"]


def is_listed(instrument: SimInstrument, now_ms: int) -> bool:
    """Whether it has not expired at that moment of venue time; an expired one is in no list and takes no order."""
    return instrument.exp_time_ms is None or now_ms < instrument.exp_time_ms
