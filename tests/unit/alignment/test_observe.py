"""Asking one client, or two at once: everything that happens is recorded, nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from dualwitness.alignment.observe import Ask, Witnesses, observe, skew_ms
from dualwitness.models import Fact, Library, NullReason
from dualwitness.models.market import VenueTime
from dualwitness.models.wire import WireExchange
from dualwitness.venues import SafetyError, UsageError, VenueClient
from dualwitness.venues.errors import EnvelopeInvalid, OutcomeUnknown, Unsupported, VenueRefusal
from tests.support.observations import exchange

ROWS = (VenueTime(ts_venue_ms=1),)


class Witness:
    """A client that makes calls only when it is told to."""

    def __init__(self, library: Library) -> None:
        self.label = str(library)
        self.wire: list[WireExchange] = []
        self.closed = 0

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        drained = tuple(self.wire)
        self.wire.clear()
        return drained

    def close(self) -> None:
        self.closed += 1


def asking(outcome: BaseException | tuple[Fact, ...], body: bytes = b"{}") -> Ask:
    """A question whose call crosses the wire and then ends so."""

    def ask(client: VenueClient) -> tuple[Fact, ...]:
        assert isinstance(client, Witness)
        client.wire.append(exchange(body))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return ask


def test_observation_of_an_answer_has_rows_bytes_and_times() -> None:
    """What the client said, under its honest label, with what crossed the wire."""
    seen = observe(Witness(Library.OKX_SDK), "get_server_time", "X", asking(ROWS))
    assert (seen.library, seen.operation, seen.symbol) == (Library.OKX_SDK, "get_server_time", "X")
    assert (seen.rows, seen.error, len(seen.exchanges)) == (ROWS, None, 1)
    assert seen.duration_ms >= 0
    assert seen.started_ms > 1_700_000_000_000


def test_observation_holds_the_bytes_of_its_own_question_alone() -> None:
    """What was left from before is not evidence for this answer, and nothing is left for the next."""
    client = Witness(Library.CCXT)
    client.wire.append(exchange(b"left over"))
    seen = observe(client, "get_server_time", None, asking(ROWS, b"mine"))
    assert [one.answer.body for one in seen.exchanges if one.answer is not None] == [b"mine"]
    assert client.wire == []


FAILURES = [
    (EnvelopeInvalid("no JSON", http_status=502), "EnvelopeInvalid", "no JSON", NullReason.INVALID_ENVELOPE, 502, None),
    (VenueRefusal("no", http_status=200, code="51000"), "VenueRefusal", "no", NullReason.ERROR, 200, "51000"),
    (Unsupported("cannot"), "Unsupported", "cannot", NullReason.UNSUPPORTED, None, None),
    (OutcomeUnknown("perhaps"), "OutcomeUnknown", "perhaps", NullReason.ERROR, None, None),
    (UsageError("no such symbol"), "UsageError", "no such symbol", NullReason.ERROR, None, None),
    (KeyError("word-in-an-error"), "KeyError", "an error foreign to the client", NullReason.ERROR, None, None),
    (RecursionError(), "RecursionError", "an error foreign to the client", NullReason.ERROR, None, None),
]


@pytest.mark.parametrize(
    ("failure", "kind", "message", "reason", "status", "code"), FAILURES, ids=[case[1] for case in FAILURES]
)
def test_observation_of_a_failure_is_an_error_with_its_bytes(
    failure: Exception, kind: str, message: str, reason: NullReason, status: int | None, code: str | None
) -> None:
    """Never rows, always a reason; the text of a foreign error is not repeated, as it could hold anything."""
    seen = observe(Witness(Library.CCXT), "get_positions", None, asking(failure, b"damaged"))
    assert seen.rows is None
    assert seen.error is not None
    assert (seen.error.kind, seen.error.message, seen.error.reason) == (kind, message, reason)
    assert (seen.error.http_status, seen.error.code) == (status, code)
    assert [one.answer.body for one in seen.exchanges if one.answer is not None] == [b"damaged"]


@pytest.mark.parametrize("failure", [SafetyError("stopped"), OSError(28, "full"), KeyboardInterrupt(), SystemExit(1)])
def test_failure_that_must_end_the_run_is_raised_and_not_observed(failure: BaseException) -> None:
    """What must not be sent, what could not be journalled, and the person at the keyboard."""
    with pytest.raises(type(failure)) as raised:
        observe(Witness(Library.CCXT), "get_positions", None, asking(failure))
    assert raised.value is failure


def threads() -> set[str]:
    """The witnesses' threads that are alive."""
    return {one.name for one in threading.enumerate() if one.name.startswith("witness-")}


def both() -> dict[Library, VenueClient]:
    """A witness for each library."""
    clients: dict[Library, VenueClient] = {library: Witness(library) for library in Library}  # type: ignore[misc]
    return clients


def test_witnesses_are_both_in_flight_at_once() -> None:
    """Each waits until the other has been asked: one after the other would never end."""
    meeting = threading.Barrier(2)

    def ask(_: VenueClient) -> tuple[Fact, ...]:
        meeting.wait(5)
        return ROWS

    with Witnesses(both()) as witnesses:
        pair = witnesses.ask("get_server_time", None, ask)
    assert [one.error for one in pair.values()] == [None, None]
    assert set(pair) == set(Library)
    apart = skew_ms(pair)
    assert apart is not None
    assert apart >= 0


def test_witnesses_serve_each_client_in_one_thread_of_its_own() -> None:
    """A client is not thread-safe: the same thread asks it every time, and never the other one's."""
    served: dict[str, set[int]] = {}

    def ask(client: VenueClient) -> tuple[Fact, ...]:
        served.setdefault(client.label, set()).add(threading.get_ident())
        return ROWS

    with Witnesses(both()) as witnesses:
        for _ in range(3):
            witnesses.ask("get_server_time", None, ask)
    assert sorted(map(len, served.values())) == [1, 1]
    assert not served["ccxt"] & served["okx_sdk"]
    assert threading.get_ident() not in served["ccxt"] | served["okx_sdk"]


def _one_raises(failing: str, failure: BaseException, ended: list[str]) -> Callable[[VenueClient], tuple[Fact, ...]]:
    meeting = threading.Barrier(2)

    def ask(client: VenueClient) -> tuple[Fact, ...]:
        meeting.wait(5)
        if client.label == failing:
            raise failure
        threading.Event().wait(0.05)  # still at work when the other has failed
        ended.append(client.label)
        return ROWS

    return ask


@pytest.mark.parametrize("failing", ["ccxt", "okx_sdk"])
def test_witness_that_must_end_the_run_lets_the_other_finish_first(failing: str) -> None:
    """The error is raised when both have ended, and the next question gets its own answers."""
    ended: list[str] = []
    with Witnesses(both()) as witnesses:
        with pytest.raises(SafetyError, match="stopped"):
            witnesses.ask("get_positions", None, _one_raises(failing, SafetyError("stopped"), ended))
        assert ended == [str(library) for library in Library if str(library) != failing]
        pair = witnesses.ask("get_server_time", "next", lambda _: ROWS)
        assert [(one.operation, one.symbol) for one in pair.values()] == [("get_server_time", "next")] * 2
    assert threads() == set()


def test_witness_that_fails_alone_leaves_the_other_s_answer_standing() -> None:
    """An error of one is its observation; the other's rows are untouched."""
    with Witnesses(both()) as witnesses:
        pair = witnesses.ask("get_positions", None, _one_raises("ccxt", KeyError("x"), []))
    assert pair[Library.CCXT].error is not None
    assert pair[Library.OKX_SDK].rows == ROWS


def test_witnesses_that_are_closed_leave_no_thread_and_no_open_client() -> None:
    """With a block that ended well, and with one that did not."""
    clients = both()
    with Witnesses(clients):
        assert threads() == {"witness-ccxt", "witness-okx_sdk"}
    assert threads() == set()
    with pytest.raises(KeyError), Witnesses(clients):
        raise KeyError
    assert threads() == set()
    assert [client.closed for client in clients.values() if isinstance(client, Witness)] == [2, 2]


def test_witness_asked_alone_answers_in_the_caller_s_thread() -> None:
    """The other one is left in peace."""
    asked: list[tuple[str, int]] = []

    def ask(client: VenueClient) -> tuple[Fact, ...]:
        asked.append((client.label, threading.get_ident()))
        return ROWS

    with Witnesses(both()) as witnesses:
        seen = witnesses.ask_one(Library.OKX_SDK, "get_server_time", None, ask)
    assert asked == [("okx_sdk", threading.get_ident())]
    assert seen.library is Library.OKX_SDK


def test_skew_of_fewer_than_two_is_unknown() -> None:
    """One witness alone has no distance to itself."""
    one = observe(Witness(Library.CCXT), "get_server_time", None, asking(ROWS))
    assert skew_ms({}) is None
    assert skew_ms({Library.CCXT: one}) is None
