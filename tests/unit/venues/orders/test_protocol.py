"""The order protocol over scripted clients: what is sent, what is asked, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.models import OrderState, Side, Venue
from dualwitness.venues.errors import (
    ClientOrderIdReused,
    OrderRefused,
    OrderStoreFailed,
    OutcomeUnknown,
    SafetyError,
    TransportError,
    Unsupported,
    UsageError,
)
from dualwitness.venues.orders import Answer, FateState, OrderProtocol, OrderStore, Phase
from tests.support.order_script import (
    NOW_MS,
    TIME_TO_LIVE_MS,
    ScriptedBooks,
    ScriptedClient,
    order_fact,
    said,
    simple_order,
)

Opener = Callable[..., OrderProtocol]
MINE = "ours1"


def test_order_that_is_answered_is_sent_once_with_its_deadline(protocol: OrderProtocol, books: ScriptedBooks) -> None:
    """The deadline is venue time, five seconds after the order was kept."""
    fate = protocol.submit(simple_order())
    assert (fate.state, fate.filled_contracts, fate.average_price) == (FateState.FILLED, Decimal(1), Decimal(60_000))
    assert (fate.venue_order_id, fate.doubled, fate.is_final) == ("77", False, True)
    assert books.placed == [(MINE, NOW_MS + TIME_TO_LIVE_MS)]
    assert said(fate) == [("ccxt", "placing the order", "taken"), ("ccxt", "order by its id", "found")]


def test_order_without_confirmation_is_acknowledged_and_no_more(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """An acknowledgement is no execution; who wants to know more resolves it."""
    fate = protocol.submit(simple_order(), confirm=False)
    assert (fate.state, fate.filled_contracts, fate.may_have_filled) == (FateState.ACKNOWLEDGED, None, True)
    assert "get_order" not in ccxt.asked
    assert protocol.resolve(MINE).state is FateState.FILLED


def test_order_is_on_the_disk_before_it_leaves(
    open_protocol: Opener, ccxt: ScriptedClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another connection reads it while the request is still being made."""
    seen: list[Phase] = []
    place = ccxt.place_order

    def watched(*arguments: object, **named: object) -> object:
        with OrderStore(tmp_path / "orders.sqlite") as other:
            seen.extend(record.phase for record in other.everything(""))
        return place(*arguments, **named)

    monkeypatch.setattr(ccxt, "place_order", watched)
    open_protocol().submit(simple_order())
    assert seen == [Phase.PREPARED]


def test_order_that_cannot_be_kept_is_not_sent(
    protocol: OrderProtocol, books: ScriptedBooks, store: OrderStore
) -> None:
    """Without a record there is no order."""
    store.close()
    with pytest.raises(OrderStoreFailed, match="could not be written") as caught:
        protocol.submit(simple_order())
    assert "nothing was sent" in caught.value.advice
    assert books.placed == []


def test_absent_order_is_sent_again_under_its_id_with_a_new_deadline(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """The second attempt is kept as such, and can be lost like the first."""
    ccxt.lose()
    protocol.submit(simple_order())
    books.pass_deadline()
    protocol.resolve(MINE)
    second = protocol.send_again(simple_order())
    assert (second.state, second.attempts) == (FateState.UNKNOWN, 2)
    books.pass_deadline()
    assert protocol.resolve(MINE).state is FateState.ABSENT
    ccxt.heal()
    third = protocol.send_again(simple_order())
    assert (third.state, third.attempts) == (FateState.FILLED, 3)
    assert [own_id for own_id, _ in books.placed] == [MINE] * 3
    assert len({deadline for _, deadline in books.placed}) == 3


@pytest.mark.parametrize("state", list(OrderState))
def test_order_that_exists_is_never_sent_again(
    protocol: OrderProtocol, books: ScriptedBooks, state: OrderState
) -> None:
    """Whatever became of it, there is no second request."""
    books.orders[MINE] = order_fact(state=state, filled_contracts=Decimal(0))
    protocol.submit(simple_order())
    with pytest.raises(SafetyError, match="absence is not proven"):
        protocol.send_again(simple_order())
    assert len(books.placed) == 1


def test_duplicate_submit_of_the_same_order_gives_the_same_fate_and_sends_nothing(
    protocol: OrderProtocol, books: ScriptedBooks
) -> None:
    """A strategy that is started again asks for its order, and does not place another."""
    first = protocol.submit(simple_order(size="0.010"))
    assert protocol.submit(simple_order(size="0.01")) == first
    assert len(books.placed) == 1


@pytest.mark.parametrize(
    "changes", [{"size": "0.02"}, {"side": Side.SHORT}, {"price": "59000"}, {"reduce_only": True}], ids=str
)
def test_duplicate_submit_with_other_parameters_is_refused(
    protocol: OrderProtocol, books: ScriptedBooks, changes: dict[str, object]
) -> None:
    """One id is one order; the refusal says what the id belongs to."""
    protocol.submit(simple_order())
    with pytest.raises(ClientOrderIdReused, match="belongs to another order") as caught:
        protocol.submit(simple_order(**changes))
    assert '"size":"0.01"' in str(caught.value)
    with pytest.raises(ClientOrderIdReused):
        protocol.send_again(simple_order(**changes))
    assert len(books.placed) == 1


def test_refused_order_is_final_and_says_why(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """A structured refusal proves that nothing was placed; nobody is asked."""
    ccxt.loses, ccxt.place_error = True, OrderRefused("Insufficient USDT balance", http_status=200, code="51008")
    fate = protocol.submit(simple_order())
    assert (fate.state, fate.is_final, fate.may_have_filled) == (FateState.REFUSED, True, False)
    assert fate.evidence[0].answer is Answer.REFUSED
    assert "51008" in fate.evidence[0].detail
    assert "get_order" not in ccxt.asked
    assert protocol.resolve(MINE) == fate


@pytest.mark.parametrize("error", [UsageError("below the minimum"), Unsupported("ccxt cannot size options")], ids=str)
def test_order_that_could_not_be_built_was_never_sent(
    protocol: OrderProtocol, ccxt: ScriptedClient, error: Exception
) -> None:
    """The fate says so, and that we ourselves know it."""
    ccxt.loses, ccxt.place_error = True, error
    fate = protocol.submit(simple_order())
    assert fate.state is FateState.REFUSED
    assert said(fate) == [("dualwitness", "placing the order", "not_asked")]


def test_safety_refusal_is_kept_and_never_passed_over(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """It is raised, and the record shows that nothing was sent."""
    ccxt.loses, ccxt.place_error = True, SafetyError("orders are switched off for the live account")
    with pytest.raises(SafetyError, match="switched off"):
        protocol.submit(simple_order())
    kept = protocol.fate_of(MINE)
    assert kept is not None
    assert kept.state is FateState.REFUSED


def test_order_that_failed_its_checks_is_neither_kept_nor_sent(protocol: OrderProtocol, books: ScriptedBooks) -> None:
    """Only a checked order comes this far."""
    order = simple_order().model_copy(update={"risk_checks_passed": False, "rejection_reason": "too large"})
    with pytest.raises(SafetyError, match="too large"):
        protocol.submit(order)
    assert protocol.fate_of(MINE) is None
    assert books.placed == []


def test_order_without_an_id_or_for_another_venue_is_a_wrong_call(protocol: OrderProtocol) -> None:
    """A lost answer to it could not be looked up, or would be looked up elsewhere."""
    with pytest.raises(UsageError, match="needs a client_order_id"):
        protocol.submit(simple_order(None))
    order = simple_order()
    with pytest.raises(UsageError, match="these clients trade at okx"):
        protocol.submit(order.model_copy(update={"intent": order.intent.model_copy(update={"venue": Venue.BYBIT})}))


def test_order_is_not_sent_where_the_venues_time_was_never_read(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """Without it there is no deadline, and without a deadline no proof of absence."""
    ccxt.deaf["get_server_time"] = TransportError("no answer")
    with pytest.raises(TransportError):
        protocol.submit(simple_order())
    assert (books.placed, protocol.fate_of(MINE)) == ([], None)


def test_order_refused_as_late_makes_the_clock_be_read_anew(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """OKX's 50036 says that our idea of its time is wrong."""
    ccxt.loses, ccxt.place_error = True, OrderRefused("expTime is earlier", http_status=200, code="50036")
    assert protocol.submit(simple_order("late1")).state is FateState.REFUSED
    protocol.submit(simple_order("late2"))
    assert ccxt.asked.count("get_server_time") == 2


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), MemoryError()], ids=repr)
def test_order_that_is_interrupted_on_its_way_is_recovered(
    protocol: OrderProtocol, open_protocol: Opener, ccxt: ScriptedClient, interruption: BaseException
) -> None:
    """Nothing was heard of it, so the next program asks: it was taken."""
    ccxt.place_error = interruption
    with pytest.raises(type(interruption)):
        protocol.submit(simple_order())
    ccxt.heal()
    (fate,) = open_protocol().recover()
    assert fate.state is FateState.FILLED


def test_recovery_asks_for_everything_that_is_not_final_and_for_nothing_else(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """Live orders are among it: they may have been filled meanwhile."""
    books.orders["live1"] = order_fact("live1", state=OrderState.LIVE, filled_contracts=Decimal(0))
    assert protocol.submit(simple_order("live1")).state is FateState.LIVE
    protocol.submit(simple_order("done1"))
    ccxt.lose()
    protocol.submit(simple_order("lost1"))
    books.orders["live1"] = order_fact("live1")
    books.pass_deadline()
    assert {fate.client_order_id for fate in protocol.unfinished()} == {"live1", "lost1"}
    fates = {fate.client_order_id: fate.state for fate in protocol.recover()}
    assert fates == {"live1": FateState.FILLED, "lost1": FateState.ABSENT}
    assert protocol.recover() == ()


def test_orders_of_another_account_are_neither_recovered_nor_taken_for_the_same(
    open_protocol: Opener, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """An order of the live account is not looked up in demo, where nobody knows it."""
    ccxt.lose()
    open_protocol(account="live").submit(simple_order())
    books.pass_deadline()
    demo = open_protocol(account="demo")
    assert demo.recover() == ()
    demo.submit(simple_order())
    assert len(books.placed) == 2


def test_cancel_asks_the_venue_and_says_how_the_order_stands(protocol: OrderProtocol, books: ScriptedBooks) -> None:
    """A resting order is gone, unfilled; a second cancel asks nobody."""
    books.orders[MINE] = order_fact(state=OrderState.LIVE, filled_contracts=Decimal(0), average_price=None)
    protocol.submit(simple_order())
    fate = protocol.cancel(MINE)
    assert (fate.state, fate.filled_contracts, fate.may_have_filled) == (FateState.CANCELLED, Decimal(0), False)
    assert protocol.cancel(MINE) == fate
    assert books.cancelled == ["77"]


def test_cancel_that_is_not_answered_is_judged_by_the_order_itself(
    protocol: OrderProtocol, ccxt: ScriptedClient, books: ScriptedBooks
) -> None:
    """Neither "not cancelled" nor "cancelled" is guessed."""
    books.orders[MINE] = order_fact(state=OrderState.LIVE, filled_contracts=Decimal(0), average_price=None)
    protocol.submit(simple_order())
    ccxt.deaf["cancel_order"] = OutcomeUnknown("no complete answer")
    assert protocol.cancel(MINE).state is FateState.LIVE
    ccxt.deaf["cancel_order"] = OrderRefused("filled, canceled or does not exist", http_status=200, code="51400")
    books.orders[MINE] = order_fact()
    assert protocol.cancel(MINE).state is FateState.FILLED


def test_cancel_of_an_order_that_nobody_found_stays_unknown(protocol: OrderProtocol, ccxt: ScriptedClient) -> None:
    """There is nothing to cancel by name, and it may still arrive: the caller lists it as not confirmed."""
    ccxt.lose()
    protocol.submit(simple_order())
    assert protocol.cancel(MINE).state is FateState.UNKNOWN
    assert "cancel_order" not in ccxt.asked


def test_id_that_was_never_submitted_has_no_fate(protocol: OrderProtocol) -> None:
    """Asking for it is a wrong call, not an absent order."""
    for ask in (protocol.resolve, protocol.cancel):
        with pytest.raises(UsageError, match="was ever submitted"):
            ask("nobody")
    assert protocol.fate_of("nobody") is None


def test_protocol_over_clients_that_do_not_fit_is_a_wrong_call(open_protocol: Opener, books: ScriptedBooks) -> None:
    """The main route must be one of them, and all must be of one venue."""
    with pytest.raises(UsageError, match="no client is called 'paper'"):
        open_protocol(main="paper")
    mixed = {"ccxt": ScriptedClient("ccxt", books), "other": ScriptedClient("ccxt", books, venue=Venue.BYBIT)}
    with pytest.raises(UsageError, match="several venues"):
        open_protocol(clients=mixed)
