"""The order protocol over scripted clients: how a fate is found out, and when it may not be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from dualwitness.models import OrderState, Venue
from dualwitness.venues.errors import (
    AnswerTimeout,
    EnvelopeInvalid,
    OrderRefused,
    OutcomeUnknown,
    RateLimited,
    SafetyError,
    TransportError,
    VenueError,
)
from dualwitness.venues.orders import FateState, OrderProtocol
from dualwitness.venues.orders.judgement import UNFILLED_LIFE_MS
from tests.support.order_script import (
    MARGIN_MS,
    NOW_MS,
    TIME_TO_LIVE_MS,
    ScriptedBooks,
    ScriptedClient,
    fill_fact,
    order_fact,
    said,
    simple_order,
)

Opener = Callable[..., OrderProtocol]
MINE = "ours1"
NO_PROOF = [
    OutcomeUnknown("no complete answer"),
    OutcomeUnknown("neither success nor failure", http_status=400, code="50004"),
    OrderRefused("timed out", http_status=500, code="51149"),
    OrderRefused("there is one already", http_status=200, code="51016"),
    TransportError("the connection was reset"),
    AnswerTimeout("nothing came"),
    EnvelopeInvalid("a web page", http_status=502),
    RateLimited("a gateway's word, without a code", http_status=429),
]


@pytest.mark.parametrize("error", NO_PROOF, ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_anything_but_a_structured_answer_is_unknown_until_the_order_is_found(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks, error: VenueError
) -> None:
    """The order was taken, the answer proves nothing: both libraries are asked, and the order is not sent again."""
    ccxt.place_error = error
    fate = protocol.submit(simple_order())
    assert fate.state is FateState.FILLED
    assert said(fate) == [
        ("ccxt", "placing the order", "no_answer"),
        ("ccxt", "order by its id", "found"),
        ("okx_sdk", "order by its id", "found"),
    ]
    assert len(books.placed) == 1


@pytest.mark.parametrize("error", NO_PROOF, ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_lost_order_stays_unknown_until_its_deadline_has_passed(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks, error: VenueError
) -> None:
    """Not found is not absent: the request may still be on its way."""
    ccxt.loses, ccxt.place_error = True, error
    assert protocol.submit(simple_order()).state is FateState.UNKNOWN
    books.now_ms += TIME_TO_LIVE_MS + MARGIN_MS
    early = protocol.resolve(MINE)
    assert (early.state, early.may_be_sent_again) == (FateState.UNKNOWN, False)
    books.now_ms += 1
    late = protocol.resolve(MINE)
    assert said(late)[0] == ("ccxt", "placing the order", "no_answer")
    assert (late.state, late.may_be_sent_again, late.filled_contracts) == (FateState.ABSENT, True, Decimal(0))
    assert not late.may_have_filled


def test_absence_takes_every_question_of_every_library(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """Each is asked for the order, for open orders, for finished ones and, where it tells ids, for fills."""
    ccxt.lose()
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    fate = protocol.resolve(MINE)
    denied = {(witness, question) for witness, question, answer in said(fate) if answer == "not_known"}
    everything = {"order by its id", "open orders", "finished orders", "fills"}
    assert denied == {(label, question) for label in ("ccxt", "okx_sdk") for question in everything} - {
        ("ccxt", "fills")
    }
    assert ("ccxt", "fills", "not_asked") in said(fate)


QUESTIONS = [
    (label, method)
    for label in ("ccxt", "okx_sdk")
    for method in ("get_order", "get_open_orders", "get_order_history", "get_fills")
    if (label, method) != ("ccxt", "get_fills")
]


@pytest.mark.parametrize(("label", "method"), QUESTIONS)
def test_absence_is_not_proven_while_one_question_has_no_answer(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient, label: str, method: str
) -> None:
    """Each of them alone keeps the order unknown; answered, it is absent."""
    ccxt.lose()
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    deaf = {"ccxt": ccxt, "okx_sdk": okx_sdk}[label]
    deaf.deaf[method] = TransportError("no answer")
    assert protocol.resolve(MINE).state is FateState.UNKNOWN
    with pytest.raises(SafetyError, match="absence is not proven"):
        protocol.send_again(simple_order())
    deaf.heal()
    assert protocol.resolve(MINE).state is FateState.ABSENT


@pytest.mark.parametrize(("label", "method"), [("ccxt", "get_order"), ("okx_sdk", "get_order")])
def test_other_refusals_of_the_question_do_not_deny_the_order(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient, label: str, method: str
) -> None:
    """Only "order does not exist" says that an id is not known."""
    ccxt.lose()
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    refused = OrderRefused("Instrument ID does not exist", http_status=200, code="51001")
    {"ccxt": ccxt, "okx_sdk": okx_sdk}[label].deaf[method] = refused
    assert protocol.resolve(MINE).state is FateState.UNKNOWN


def test_absence_is_not_proven_where_nobody_knows_the_time(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient
) -> None:
    """The local clock proves nothing about a deadline at the venue."""
    ccxt.lose()
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    for client in (ccxt, okx_sdk):
        client.deaf["get_server_time"] = TransportError("no answer")
    assert protocol.resolve(MINE).state is FateState.UNKNOWN


def test_of_two_venue_times_the_earlier_one_counts(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient
) -> None:
    """One library that is told a later time cannot make an order absent."""
    ccxt.lose()
    protocol.submit(simple_order())
    okx_sdk.books = ScriptedBooks(now_ms=NOW_MS + 1_000_000)
    assert protocol.resolve(MINE).state is FateState.UNKNOWN
    ccxt.books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.ABSENT


@pytest.mark.parametrize("blind", [("ccxt", "okx_sdk"), ("ccxt",), ("okx_sdk",)])
@pytest.mark.parametrize("state", [OrderState.LIVE, OrderState.FILLED])
def test_order_that_its_id_does_not_find_is_found_in_the_lists(
    protocol: OrderProtocol,
    ccxt: ScriptedClient,
    okx_sdk: ScriptedClient,
    blind: tuple[str, ...],
    state: OrderState,
) -> None:
    """A venue that forgets an id for a while is asked for open and finished orders before anything is called absent."""
    ccxt.place_error = OutcomeUnknown("no complete answer")
    for client in (ccxt, okx_sdk):
        if client.label in blind:
            client.blind.add("get_order")
    ccxt.books.orders[MINE] = order_fact(state=state)
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    assert protocol.resolve(MINE).state == FateState(str(state))


def test_fill_of_an_order_that_no_list_shows_keeps_it_from_being_absent(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """Something was executed under this id: whatever the lists say, the order exists."""
    ccxt.lose()
    protocol.submit(simple_order())
    books.pass_deadline()
    books.fills.append(fill_fact())
    fate = protocol.resolve(MINE)
    assert fate.state is FateState.UNKNOWN
    assert ("okx_sdk", "fills", "found") in said(fate)


def test_one_library_alone_can_prove_absence_and_the_evidence_shows_it(
    open_protocol: Opener, okx_sdk: ScriptedClient
) -> None:
    """Where only one is there, its sound answers are all that can be had, and they bear its name alone."""
    protocol = open_protocol(clients={"okx_sdk": okx_sdk}, main="okx_sdk")
    okx_sdk.lose()
    protocol.submit(simple_order())
    okx_sdk.books.pass_deadline()
    fate = protocol.resolve(MINE)
    assert fate.state is FateState.ABSENT
    assert {one.witness for one in fate.evidence} == {"okx_sdk"}


def test_absence_that_is_proven_too_late_does_not_let_it_be_sent_again(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """After two hours the venue may have forgotten an order that it took and cancelled."""
    ccxt.lose()
    protocol.submit(simple_order())
    books.now_ms += TIME_TO_LIVE_MS + UNFILLED_LIFE_MS
    fate = protocol.resolve(MINE)
    assert (fate.state, fate.may_be_sent_again) == (FateState.ABSENT, False)
    with pytest.raises(SafetyError):
        protocol.send_again(simple_order())


def test_two_libraries_that_contradict_each_other_leave_the_order_unknown(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient
) -> None:
    """It exists, so it is not sent again; how it stands nobody may guess."""
    ccxt.place_error = OutcomeUnknown("no complete answer")
    okx_sdk.words[MINE] = order_fact(state=OrderState.CANCELED, filled_contracts=Decimal(0), average_price=None)
    fate = protocol.submit(simple_order())
    assert fate.state is FateState.UNKNOWN
    ccxt.books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.UNKNOWN
    okx_sdk.words.clear()
    assert protocol.resolve(MINE).state is FateState.FILLED


def test_order_that_goes_on_between_two_questions_is_no_contradiction(
    protocol: OrderProtocol, ccxt: ScriptedClient
) -> None:
    """The second library was asked later: live, then filled."""
    ccxt.place_error = OutcomeUnknown("no complete answer")
    ccxt.words[MINE] = order_fact(state=OrderState.LIVE, filled_contracts=Decimal(0), average_price=None)
    assert protocol.submit(simple_order()).state is FateState.FILLED


@pytest.mark.parametrize(
    "stranger",
    [{"ts_venue_ms": NOW_MS - 86_400_000}, {"side": "sell"}, {"client_order_id": "theirs"}],
    ids=["older than ours", "of the other side", "of another id"],
)
def test_order_of_a_stranger_under_our_id_is_not_taken_for_ours(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient, stranger: dict[str, object]
) -> None:
    """Ids can be used again at the venue: an earlier order of this id proves nothing about ours, and denies nothing."""
    for client in (ccxt, okx_sdk):
        client.words[MINE] = order_fact(**({"client_order_id": MINE} | stranger))
    ccxt.lose()
    protocol.submit(simple_order())
    ccxt.books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.UNKNOWN


def test_acknowledged_order_whose_state_nobody_tells_stays_acknowledged(
    protocol: OrderProtocol, ccxt: ScriptedClient, okx_sdk: ScriptedClient
) -> None:
    """That it exists is known, whatever else is not."""
    for client in (ccxt, okx_sdk):
        for method in ("get_order", "get_open_orders", "get_order_history", "get_fills"):
            client.deaf[method] = TransportError("no answer")
    fate = protocol.submit(simple_order())
    assert (fate.state, fate.venue_order_id) == (FateState.ACKNOWLEDGED, "77")
    ccxt.books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.ACKNOWLEDGED
    assert protocol.resolve(MINE).venue_order_id == "77"


def test_order_that_was_there_and_is_denied_by_all_is_no_absent_order(
    protocol: OrderProtocol, books: ScriptedBooks
) -> None:
    """A contradiction within two hours; after that, an unfilled order that the venue has forgotten."""
    protocol.submit(simple_order(), confirm=False)
    books.orders.clear()
    books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.UNKNOWN
    books.now_ms += UNFILLED_LIFE_MS
    fate = protocol.resolve(MINE)
    assert (fate.state, fate.filled_contracts) == (FateState.CANCELLED, Decimal(0))


def test_protocol_of_a_venue_without_deadlines_never_calls_an_order_absent(
    open_protocol: Opener, books: ScriptedBooks
) -> None:
    """Bybit takes no expTime: what is not found there stays unknown, and no deadline is sent."""
    bybit = ScriptedClient("ccxt", books, venue=Venue.BYBIT)
    protocol = open_protocol(clients={"ccxt": bybit})
    order = simple_order()
    order = order.model_copy(update={"intent": order.intent.model_copy(update={"venue": Venue.BYBIT})})
    bybit.lose()
    protocol.submit(order)
    books.now_ms += 86_400_000
    assert protocol.resolve(MINE).state is FateState.UNKNOWN
    assert books.placed == [(MINE, None)]
