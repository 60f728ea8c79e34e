"""A call taken apart by hand: what is build, sign, wait, network and parse, and when nobody can say."""

from __future__ import annotations

import pytest

from dualwitness.models import NullReason
from dualwitness.models.timing import CallPhases, WireTiming, phases_of


def timing(sent_at: float, *, build: float = 0.0, sign: float = 0.0, wait: float = 0.0, answered: float = 4.0,
           by_socket: bool = True) -> WireTiming:  # fmt: skip
    """One request, in ms."""
    return WireTiming(sent_at, build, sign, wait, answered, by_socket)


def test_phases_of_one_request_are_what_lies_before_within_and_after_it() -> None:
    """Asked at 100, sent at 110 after 1 of signing and 3 of waiting, answered in 4, done after 20."""
    phases = phases_of(100.0, 20.0, [timing(110.0, build=2.0, sign=1.0, wait=3.0)])
    assert phases == CallPhases(6.0, 1.0, 3.0, 4.0, 6.0, by_socket=True)
    assert (phases.network_ms, phases.total_ms) == (4.0, 20.0)


def test_phases_of_several_requests_give_the_gaps_to_parsing_but_for_the_next_building() -> None:
    """Between the answers at 114 and the second sending at 124 lie 2 of building and 1 of signing: 7 are reading."""
    phases = phases_of(100.0, 40.0, [timing(110.0, sign=1.0), timing(124.0, build=2.0, sign=1.0)])
    assert isinstance(phases, CallPhases)
    assert (phases.build_ms, phases.sign_ms, phases.answered_ms) == (9.0 + 2.0, 2.0, 8.0)
    assert phases.parse_ms == 7.0 + 12.0
    assert phases.total_ms == 40.0


def test_phases_of_a_recorded_answer_have_no_network_and_still_add_up() -> None:
    """What the play-back took is neither the network's nor ours; nothing is invented in its place."""
    phases = phases_of(0.0, 10.0, [timing(2.0, by_socket=False)])
    assert isinstance(phases, CallPhases)
    assert (phases.network_ms, phases.answered_ms, phases.total_ms) == (None, 4.0, 10.0)


def test_phases_of_a_call_of_which_one_answer_was_recorded_have_no_network() -> None:
    """Half a network is none."""
    phases = phases_of(0.0, 20.0, [timing(2.0), timing(8.0, by_socket=False)])
    assert isinstance(phases, CallPhases)
    assert phases.network_ms is None


@pytest.mark.parametrize(
    ("timings", "reason"),
    [
        ([], NullReason.NOT_ASKED),
        ([None], NullReason.ABSENT),
        ([timing(2.0), None], NullReason.ABSENT),
        ([timing(-1.0)], NullReason.CONFLICT),
        ([timing(9.0)], NullReason.CONFLICT),
        ([timing(2.0, answered=400.0)], NullReason.CONFLICT),
    ],
)
def test_phases_that_cannot_be_told_are_a_reason(timings: list[WireTiming | None], reason: NullReason) -> None:
    """No request, a request that nobody timed, or clocks that do not fit the call of 10 ms."""
    assert phases_of(0.0, 10.0, timings) is reason


def test_phases_forgive_the_rounding_of_a_clock_and_no_more() -> None:
    """A millionth of a ms before the call is rounding; a hundredth is another clock."""
    assert isinstance(phases_of(5.0, 10.0, [timing(4.999_999)]), CallPhases)
    assert phases_of(5.0, 10.0, [timing(4.99)]) is NullReason.CONFLICT


def test_network_of_a_timing_is_null_without_a_socket() -> None:
    """The figure of a record would be the speed of a dictionary."""
    assert timing(1.0).network_ms == 4.0
    assert timing(1.0, by_socket=False).network_ms is None
