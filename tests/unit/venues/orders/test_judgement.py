"""The judge alone: from testimonies and a moment to a fate, without any client."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Order, OrderState
from dualwitness.venues.orders import Answer, Evidence, FateState, judgement
from dualwitness.venues.orders.judgement import UNFILLED_LIFE_MS, Inquest, judge
from tests.support.order_script import MARGIN_MS, NOW_MS, order_fact

REQUIRED = [("ccxt", "order by its id"), ("ccxt", "open orders"), ("okx_sdk", "order by its id")]
DEADLINE_MS = NOW_MS + 5_000
DEAD_MS = DEADLINE_MS + MARGIN_MS + 1


def inquest(**changes: Any) -> Inquest:
    """An order that nobody has seen yet."""
    known: dict[str, Any] = {
        "client_order_id": "ours1",
        "venue_order_id": None,
        "attempts": 1,
        "deadline_ms": DEADLINE_MS,
        "margin_ms": MARGIN_MS,
        "seen_ms": None,
        "required": frozenset(REQUIRED),
    }
    return Inquest(**(known | changes))


def denials(*left_out: tuple[str, str]) -> list[judgement.Testimony]:
    """Everybody says no, but to what is left out."""
    return [
        judgement.Testimony(Evidence(witness=witness, question=question, answer=Answer.NOT_KNOWN))
        for witness, question in REQUIRED
        if (witness, question) not in left_out
    ]


def found(*orders: Order) -> list[judgement.Testimony]:
    """The order is found, once a witness."""
    return [
        judgement.Testimony(Evidence(witness=witness, question="order by its id", answer=Answer.FOUND), order)
        for witness, order in zip(("ccxt", "okx_sdk"), orders, strict=False)
    ]


@pytest.mark.parametrize(
    ("now_ms", "state"),
    [
        (None, FateState.UNKNOWN),
        (NOW_MS, FateState.UNKNOWN),
        (DEAD_MS - 1, FateState.UNKNOWN),
        (DEAD_MS, FateState.ABSENT),
    ],
)
def test_denied_order_is_absent_only_after_deadline_and_margin(now_ms: int | None, state: FateState) -> None:
    """To the millisecond of venue time."""
    assert judge(inquest(), denials(), now_ms).state is state


@pytest.mark.parametrize("question", REQUIRED, ids=str)
def test_one_question_that_was_not_denied_leaves_the_order_unknown(question: tuple[str, str]) -> None:
    """Whichever it is, and also where it was not asked at all."""
    assert judge(inquest(), denials(question), DEAD_MS).state is FateState.UNKNOWN


def test_order_without_a_deadline_or_without_required_questions_is_never_absent() -> None:
    """Nothing proves a thing that nothing was asked about."""
    assert judge(inquest(deadline_ms=None), denials(), DEAD_MS).state is FateState.UNKNOWN
    assert judge(inquest(required=frozenset()), [], DEAD_MS).state is FateState.UNKNOWN


def test_found_order_exists_whoever_denies_it_and_whatever_the_time() -> None:
    """One sound yes outweighs all noes."""
    fate = judge(inquest(), [*denials(), *found(order_fact())], DEAD_MS)
    assert (fate.state, fate.venue_order_id, fate.may_be_sent_again) == (FateState.FILLED, "77", False)


def test_two_orders_under_one_id_are_no_fate_to_be_told() -> None:
    """Different names at the venue, from two witnesses or from the acknowledgement, are a contradiction."""
    other = order_fact(venue_order_id="78")
    assert judge(inquest(), found(order_fact(), other), NOW_MS).state is FateState.UNKNOWN
    assert judge(inquest(venue_order_id="78", seen_ms=NOW_MS), found(order_fact()), NOW_MS).state is FateState.UNKNOWN
    assert judge(inquest(venue_order_id="77", seen_ms=NOW_MS), found(order_fact()), NOW_MS).state is FateState.FILLED


LIVE = order_fact(state=OrderState.LIVE, filled_contracts=Decimal(0))
PARTLY = order_fact(state=OrderState.PARTIALLY_FILLED, filled_contracts=Decimal("0.4"))
MORE = order_fact(state=OrderState.PARTIALLY_FILLED, filled_contracts=Decimal("0.6"))
FILLED = order_fact()
CANCELLED = order_fact(state=OrderState.CANCELED, filled_contracts=Decimal("0.4"))
UNTOUCHED = order_fact(state=OrderState.CANCELED, filled_contracts=Decimal(0))


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (LIVE, LIVE, FateState.LIVE),
        (LIVE, PARTLY, FateState.PARTIALLY_FILLED),
        (PARTLY, MORE, FateState.PARTIALLY_FILLED),
        (PARTLY, FILLED, FateState.FILLED),
        (PARTLY, CANCELLED, FateState.CANCELLED),
        (LIVE, UNTOUCHED, FateState.CANCELLED),
        (FILLED, LIVE, FateState.UNKNOWN),
        (MORE, PARTLY, FateState.UNKNOWN),
        (PARTLY, UNTOUCHED, FateState.UNKNOWN),
        (FILLED, CANCELLED, FateState.UNKNOWN),
        (CANCELLED, UNTOUCHED, FateState.UNKNOWN),
    ],
)
def test_second_witness_may_see_the_order_further_on_and_never_further_back(
    first: Order, second: Order, state: FateState
) -> None:
    """An order only goes on; what went back was said falsely by one of them, and nobody knows by whom."""
    assert judge(inquest(), found(first, second), NOW_MS).state is state


def test_state_or_size_that_no_witness_tells_is_not_made_up() -> None:
    """An order without either exists, and how it stands is unknown."""
    for blank in ({"state": None}, {"filled_contracts": None}):
        assert judge(inquest(), found(order_fact(**blank)), NOW_MS).state is FateState.UNKNOWN


@pytest.mark.parametrize(
    ("after_ms", "state"), [(UNFILLED_LIFE_MS, FateState.UNKNOWN), (UNFILLED_LIFE_MS + 1, FateState.CANCELLED)]
)
def test_order_that_was_seen_is_forgotten_by_the_venue_after_two_hours(after_ms: int, state: FateState) -> None:
    """Until then its absence is a contradiction; then only an unfilled cancel explains it."""
    seen = inquest(venue_order_id="77", seen_ms=NOW_MS)
    fate = judge(seen, denials(), NOW_MS + after_ms)
    assert (fate.state, fate.may_be_sent_again) == (state, False)


def test_order_that_was_seen_and_that_nobody_speaks_of_now_is_acknowledged() -> None:
    """It exists; how it stands is not known."""
    assert judge(inquest(venue_order_id="77", seen_ms=NOW_MS), [], NOW_MS).state is FateState.ACKNOWLEDGED
