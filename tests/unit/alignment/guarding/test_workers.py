"""Asking with a deadline: a late answer is kept apart, and never passes for the answer to a later question."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dualwitness.alignment.guarding.workers import OVER_BUDGET, Askers, Ticket, unanswered
from dualwitness.alignment.observe import Ask
from dualwitness.models import Fact, Library, NullReason
from dualwitness.models.market import VenueTime
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireExchange
from dualwitness.venues import SafetyError, VenueClient
from dualwitness.venues.errors import EnvelopeInvalid

CCXT = Library.CCXT


class Client:
    """A client that does nothing but say who it is."""

    label = "ccxt"

    def __init__(self) -> None:
        self.closed = 0

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        return ()

    def close(self) -> None:
        self.closed += 1


class Heard:
    """The askers of one client, what came late, and what should not have happened."""

    def __init__(self, *, late_fails: bool = False) -> None:
        self.client = Client()
        self.late: list[tuple[object, Observation]] = []
        self.problems: list[BaseException] = []
        self.came = threading.Event()
        self._late_fails = late_fails
        self.askers = Askers({CCXT: self.client}, self._hear, self._note)  # type: ignore[dict-item]

    def ask(self, ask: Ask, context: object = None) -> Ticket:
        """Put one question."""
        return self.askers.start(Ticket(CCXT, "get_positions", None, ask, context))

    def _hear(self, ticket: Ticket, answer: Observation) -> None:
        if self._late_fails:
            message = "a defect"
            raise RuntimeError(message)
        self.late.append((ticket.context, answer))
        self.came.set()

    def _note(self, failure: BaseException) -> None:
        self.problems.append(failure)
        self.came.set()


@contextmanager
def heard(*, late_fails: bool = False) -> Iterator[Heard]:
    """Askers that are closed in the end."""
    world = Heard(late_fails=late_fails)
    try:
        yield world
    finally:
        world.askers.close()


def saying(moment_ms: int) -> Ask:
    """A question that is answered at once."""
    return lambda _client: (VenueTime(ts_venue_ms=moment_ms),)


def said(observation: Observation) -> int | None:
    """What was answered."""
    return None if observation.rows is None else observation.rows[0].ts_venue_ms  # type: ignore[attr-defined]


def held_back(gate: threading.Event, moment_ms: int) -> Ask:
    """A question that is answered when the gate opens."""

    def ask(_client: VenueClient) -> tuple[Fact, ...]:
        assert gate.wait(10)
        return (VenueTime(ts_venue_ms=moment_ms),)

    return ask


def test_answer_in_time_is_given() -> None:
    """Nothing is late."""
    with heard() as world:
        assert said(world.ask(saying(7)).wait(10)) == 7
        assert world.late == []


def test_question_over_its_time_is_stale_and_its_answer_is_kept_with_its_context() -> None:
    """The caller goes on; what comes later is told under the question that it belongs to."""
    gate = threading.Event()
    with heard() as world:
        answer = world.ask(held_back(gate, 1), "asked at 12:00").wait(0.01)
        assert answer.error is not None
        assert (answer.rows, answer.error.kind, answer.error.reason) == (None, OVER_BUDGET, NullReason.STALE)
        gate.set()
        assert world.came.wait(10)
        assert [(context, said(late)) for context, late in world.late] == [("asked at 12:00", 1)]


def test_late_answer_never_passes_for_the_answer_to_a_later_question() -> None:
    """The later question gets its own answer, whichever comes first."""
    gate = threading.Event()
    with heard() as world:
        world.ask(held_back(gate, 1)).wait(0.01)
        later = world.ask(saying(2))
        gate.set()
        assert said(later.wait(10)) == 2
        assert [said(late) for _, late in world.late] == [1]


def test_question_that_was_given_up_before_the_client_was_free_is_never_put() -> None:
    """A busy client is not buried under questions that nobody waits for."""
    gate, asked = threading.Event(), []
    with heard() as world:
        first = world.ask(held_back(gate, 1))

        def second(_client: VenueClient) -> tuple[Fact, ...]:
            asked.append(2)
            return ()

        assert world.ask(second).wait(0.01).error is not None
        gate.set()
        assert said(first.wait(10)) == 1
        assert said(world.ask(saying(3)).wait(10)) == 3
        assert asked == []


def test_failure_of_a_client_is_an_observation_and_a_refusal_is_raised() -> None:
    """What may be known becomes a null with a reason; what must not be sent stops the caller."""

    def refusing(_client: VenueClient) -> tuple[Fact, ...]:
        message = "a request was about to leave"
        raise SafetyError(message)

    def broken(_client: VenueClient) -> tuple[Fact, ...]:
        message = "a web page"
        raise EnvelopeInvalid(message)

    with heard() as world:
        error = world.ask(broken).wait(10).error
        assert error is not None
        assert error.reason is NullReason.INVALID_ENVELOPE
        with pytest.raises(SafetyError):
            world.ask(refusing).wait(10)


def test_refusal_that_comes_late_is_told_as_a_problem() -> None:
    """Nobody waits for it, and it is not lost."""
    gate = threading.Event()

    def refusing(_client: VenueClient) -> tuple[Fact, ...]:
        assert gate.wait(10)
        message = "a request was about to leave"
        raise SafetyError(message)

    with heard() as world:
        world.ask(refusing).wait(0.01)
        gate.set()
        assert world.came.wait(10)
        assert [type(problem) for problem in world.problems] == [SafetyError]


def test_defect_where_late_answers_go_does_not_end_the_thread_of_a_client() -> None:
    """The next question is answered."""
    gate = threading.Event()
    with heard(late_fails=True) as world:
        world.ask(held_back(gate, 1)).wait(0.01)
        gate.set()
        assert world.came.wait(10)
        assert said(world.ask(saying(2)).wait(10)) == 2
        assert [str(problem) for problem in world.problems] == ["a defect"]


def test_answer_that_comes_while_the_time_runs_out_is_taken_or_late_and_never_lost() -> None:
    """Whatever the race, each answer is counted exactly once."""
    with heard() as world:
        taken = 0
        for number in range(300):
            ticket = world.ask(saying(number))
            if number % 3:
                time.sleep(0.0001)
            taken += ticket.wait(0.0).rows is not None
        assert said(world.ask(saying(-1)).wait(10)) == -1
        unasked = 300 - taken - len(world.late)
        assert taken > 0
        assert unasked >= 0
        assert {said(late) for _, late in world.late}.isdisjoint({-1})


def test_closing_ends_the_thread_and_closes_the_client_once() -> None:
    """Nothing is left running."""
    before = set(threading.enumerate())
    with heard() as world:
        assert said(world.ask(saying(1)).wait(10)) == 1
    assert set(threading.enumerate()) == before
    assert world.client.closed == 1


def test_observation_of_an_unanswered_question_says_why() -> None:
    """A null and its reason, and no bytes."""
    seen = unanswered(CCXT, "get_fills", "no call left", "RateBudget", NullReason.NOT_ASKED)
    assert seen.error is not None
    assert (seen.rows, seen.exchanges, seen.error.message) == (None, (), "no call left")
