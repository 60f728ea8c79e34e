"""How far back the evidence reaches: what proves a flat start, and everything that does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.history import BILLS_WINDOW_MS, history_from
from dualwitness.alignment.world import World
from dualwitness.models import Bill, Library, PositionSide
from dualwitness.models.history import OpeningSnapshot
from dualwitness.models.leg import OpeningLeg
from tests.support.observations import LINEAR, NOW_MS, balance, bill, failed, observed, world

START_MS = NOW_MS - 3_600_000


def came_in(currency: str = "USDT", amount: str = "1000", *, before: str = "0", at_ms: int = START_MS) -> Bill:
    """A transfer into an account that held ``before``."""
    return bill(
        bill_id=f"{len(currency)}",
        currency=currency,
        kind="transfer",
        change=amount,
        balance=str(Decimal(before) + Decimal(amount)),
        symbol=None,
        side=None,
        contracts=None,
        trade_id=None,
        ts_venue_ms=at_ms,
    )


def told(*rows: Bill, library: Library = Library.CCXT, now_ms: int | None = NOW_MS, held: str = "USDT") -> World:
    """A world of bills and of a balance in one currency."""
    balances = observed("get_account_balance", balance(held, total="999"), library=library)
    return world(observed("get_bills", *rows, library=library), balances, library=library, now_ms=now_ms)


BOUGHT = bill(bill_id="9", change="-1", balance="999")


def test_account_that_begins_with_money_coming_into_nothing_is_proven() -> None:
    """Every currency's first bill starts from a cash of nothing; the proof is told."""
    history = history_from([told(came_in(), BOUGHT)])
    assert (history.since_ms, history.complete) == (START_MS, True)
    assert history.flat_start


UNPROVEN = {
    "no bill at all": told(),
    "the first bill starts from something": told(came_in(before="5"), bill(bill_id="9", change="-1", balance="1004")),
    "a bill is missing in between": told(came_in(), bill(bill_id="9", change="-1", balance="998")),
    "the first bill of one currency starts from something": told(came_in(), BOUGHT, came_in("BTC", "1", before="2")),
    "money of which no bill tells": told(came_in(), BOUGHT, held="ETH"),
    "nothing ever came in": told(bill(change="-1", balance="-1")),
    "a bill without a time": told(came_in(), bill(bill_id="9", change="-1", balance="999", ts_venue_ms=None)),
    "venue time is unknown": told(came_in(), BOUGHT, now_ms=None),
    "the oldest bill is as old as the venue keeps any": told(came_in(at_ms=NOW_MS - BILLS_WINDOW_MS - 1), BOUGHT),
    "the bills did not come": world(failed("get_bills")),
    "the bills were not asked for": world(),
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_account_without_a_proof_has_no_history(name: str) -> None:
    """Missing, empty, cut off or contradictory: nothing follows, and nothing is declared."""
    history = history_from([UNPROVEN[name]])
    assert not history.complete, name
    assert history.explanation


def test_window_of_bills_reaches_back_as_long_as_is_certain() -> None:
    """The edge belongs to what is inside."""
    assert history_from([told(came_in(at_ms=NOW_MS - BILLS_WINDOW_MS), BOUGHT)]).complete


def test_libraries_that_were_told_different_starts_prove_nothing() -> None:
    """One proves a start, the other another one, or none."""
    first = told(came_in(), BOUGHT)
    for other in (
        told(came_in(before="5"), bill(bill_id="9", change="-1", balance="1004"), library=Library.OKX_SDK),
        told(came_in(at_ms=START_MS + 1), BOUGHT, library=Library.OKX_SDK),
        told(library=Library.OKX_SDK),
    ):
        assert not history_from([first, other]).complete
    assert history_from([first, told(came_in(), BOUGHT, library=Library.OKX_SDK)]).complete


def test_library_whose_bills_did_not_come_leaves_the_proof_to_the_other() -> None:
    """Silence contradicts nothing."""
    silent = world(failed("get_bills", library=Library.OKX_SDK), library=Library.OKX_SDK)
    assert history_from([told(came_in(), BOUGHT), silent]).complete


def test_opening_snapshot_stands_in_for_a_proof_and_keeps_who_vouches_for_it() -> None:
    """Whatever the bills say."""
    leg = OpeningLeg(LINEAR, PositionSide.NET, Decimal(5), Decimal(90))
    snapshot = OpeningSnapshot(NOW_MS, (leg,), "the trading program")
    history = history_from([told()], snapshot)
    assert (history.complete, history.since_ms, history.opening) == (True, NOW_MS, snapshot)
