"""The stopwatch of a client, on a clock that a test moves by hand."""

from __future__ import annotations

import pytest

from dualwitness.models.timing import WireTiming
from dualwitness.venues.stopwatch import Noticed, Stopwatch


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def pass_s(self, seconds: float) -> float:
        self.at += seconds
        return self.at


@pytest.fixture
def clock() -> Clock:
    """A clock at zero."""
    return Clock()


def test_stopwatch_tells_building_signing_waiting_and_answering_apart(clock: Clock) -> None:
    """Waited 2, built 1, signed 4, built 1, answered in 8; what lies before the request began is nobody's."""
    watch = Stopwatch(clock)
    clock.pass_s(32)
    watch.call_begins()
    since = clock.at
    clock.pass_s(2)
    watch.waited_since(since)
    watch.request_begins()
    clock.pass_s(1)
    watch.sign_begins()
    clock.pass_s(4)
    watch.sign_ends()
    sent = clock.pass_s(1)
    answered = clock.pass_s(8)
    assert watch.timing(sent, answered, by_socket=True) == WireTiming(40_000, 2_000, 4_000, 2_000, 8_000)


def test_stopwatch_forgets_a_request_that_was_built_and_never_sent(clock: Clock) -> None:
    """A request caught before the socket is not the next one's burden."""
    watch = Stopwatch(clock)
    watch.waited_since(clock.at - 3)
    watch.sign_begins()
    clock.pass_s(4)
    watch.sign_ends()
    watch.call_begins()
    timing = watch.timing(clock.at, clock.at, by_socket=True)
    assert (timing.build_ms, timing.sign_ms, timing.wait_ms) == (0.0, 0.0, 0.0)


def test_stopwatch_uses_its_marks_up_with_each_request(clock: Clock) -> None:
    """The second request of a call was not signed by the first one's signature."""
    watch = Stopwatch(clock)
    watch.sign_begins()
    clock.pass_s(1)
    watch.sign_ends()
    watch.timing(clock.at, clock.at, by_socket=True)
    assert watch.timing(clock.at, clock.at, by_socket=True).sign_ms == 0.0


def test_stopwatch_that_was_never_told_of_a_signature_hears_no_end_of_one(clock: Clock) -> None:
    """A passphrase may be read without anything being signed."""
    watch = Stopwatch(clock)
    watch.sign_ends()
    assert watch.timing(clock.at, clock.at, by_socket=False) == WireTiming(0.0, 0.0, 0.0, 0.0, 0.0, by_socket=False)


def test_noticed_attribute_is_as_it_was_and_each_reading_is_noticed() -> None:
    """Set, read, set again: the value is the class's own business, one notice a reading."""
    read: list[str] = []

    class Base:
        def __init__(self, word: str) -> None:
            self.word = word

    class Watched(Base):
        word = Noticed(lambda: read.append("read"))  # type: ignore[assignment]

    first, second = Watched("a"), Watched("b")
    assert (first.word, second.word) == ("a", "b")
    first.word = "c"
    assert (first.word, second.word, len(read)) == ("c", "b", 4)
    assert vars(first) == {"word": "c"}
    assert isinstance(Watched.word, Noticed)
