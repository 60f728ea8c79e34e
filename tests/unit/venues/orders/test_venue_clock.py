"""Venue time by the local clock and a distance that is measured now and then."""

from __future__ import annotations

import pytest

from dualwitness.venues.errors import TransportError
from dualwitness.venues.orders.venue_clock import VenueClock


class Clocks:
    """A local clock, and a venue that is ``ahead_ms`` of it and whose answer takes ``way_ms``."""

    def __init__(self, *, ahead_ms: int = 0, way_ms: int = 0) -> None:
        self.local_ms = 1_000_000
        self.ahead_ms = ahead_ms
        self.way_ms = way_ms
        self.reads = 0
        self.is_deaf = False

    def read_ms(self) -> int:
        """Venue time."""
        if self.is_deaf:
            message = "no answer"
            raise TransportError(message)
        self.reads += 1
        told_ms = self.local_ms + self.ahead_ms
        self.local_ms += self.way_ms
        return told_ms

    def clock(self) -> VenueClock:
        """The clock under test."""
        return VenueClock(self.read_ms, lambda: self.local_ms)


@pytest.mark.parametrize("ahead_ms", [-25_000, 0, 25_000])
def test_venue_time_is_local_time_and_the_distance(ahead_ms: int) -> None:
    """Asked once a minute, not once an order."""
    clocks = Clocks(ahead_ms=ahead_ms)
    clock = clocks.clock()
    for _ in range(60):
        assert clock.now_ms() == clocks.local_ms + ahead_ms
        clocks.local_ms += 1_000
    assert clocks.reads == 1
    clocks.local_ms += 1_000
    clock.now_ms()
    assert clocks.reads == 2


def test_venue_time_is_told_too_early_rather_than_too_late() -> None:
    """By the way of the answer: a deadline may come early, and nothing that happened since is missed."""
    clocks = Clocks(ahead_ms=5_000, way_ms=300)
    told_ms = clocks.clock().now_ms()
    assert told_ms == clocks.local_ms + 5_000 - 300


def test_venue_time_that_was_never_read_is_not_guessed() -> None:
    """The error goes to whoever wanted to send an order."""
    clocks = Clocks()
    clocks.is_deaf = True
    with pytest.raises(TransportError):
        clocks.clock().now_ms()


def test_old_distance_serves_while_the_venue_does_not_answer() -> None:
    """And is measured as soon as it does."""
    clocks = Clocks(ahead_ms=7_000)
    clock = clocks.clock()
    clock.now_ms()
    clocks.local_ms += 120_000
    clocks.is_deaf = True
    assert clock.now_ms() == clocks.local_ms + 7_000
    clocks.is_deaf, clocks.ahead_ms = False, 9_000
    assert clock.now_ms() == clocks.local_ms + 9_000


def test_forgotten_distance_is_measured_at_the_next_order() -> None:
    """The venue called an order late: our idea of its time was wrong."""
    clocks = Clocks()
    clock = clocks.clock()
    clock.now_ms()
    clock.forget()
    clock.now_ms()
    assert clocks.reads == 2
