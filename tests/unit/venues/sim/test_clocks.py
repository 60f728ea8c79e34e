"""Venue time: it may be set off and moved on, never back."""

from __future__ import annotations

import pytest

from dualwitness.venues.sim.clocks import FrozenClock, VenueClock


def test_venue_clock_keeps_its_offset_to_the_clock_beneath() -> None:
    """An offset of either sign, and steps forward on top of it."""
    clock = VenueClock(FrozenClock(1_000), -400)
    assert clock.now_ms() == 600
    clock.advance(0)
    clock.advance(5_000)
    assert clock.now_ms() == 5_600


def test_venue_clock_refuses_to_run_backwards() -> None:
    """A negative step is an error and changes nothing."""
    clock = VenueClock(FrozenClock(1_000))
    with pytest.raises(ValueError, match="only moves forward; the step was -1 ms"):
        clock.advance(-1)
    assert clock.now_ms() == 1_000
