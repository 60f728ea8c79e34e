"""The running ledger: it grows by what is new, keeps what was told, and notices what is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from dualwitness.alignment.guarding.ledger import OVERLAP_MS, Asked, EvidenceLedger, Growing
from dualwitness.models import Fill, Library, NullReason
from dualwitness.models.observation import Observation, ObservedError
from tests.support.fills import make_fill

NOW = 1_800_000_000_000


def fill(number: int, ts_ms: int) -> Fill:
    """A fill that differs from others by its number."""
    return make_fill(str(number), "buy", "1", "60000", ts_ms=ts_ms, bill_id=str(1_000 + number))


def told(rows: Sequence[Fill] | None, error: ObservedError | None = None) -> Observation:
    """An answer to a question for fills."""
    return Observation(
        library=Library.CCXT,
        operation="get_fills",
        symbol=None,
        rows=None if rows is None else tuple(rows),
        error=error,
        exchanges=(),
        started_ms=NOW,
        asked_at_ms=0.0,
        duration_ms=1.0,
    )


FAILED = ObservedError("AnswerTimeout", "no answer", NullReason.ERROR)
OLD, NEW = fill(1, NOW - 3 * OVERLAP_MS), fill(2, NOW)


def surface(*rows: Fill) -> Growing:
    """A surface that was read whole once."""
    one = Growing("get_fills")
    one.merge(told(rows), one.question(NOW))
    return one


def test_surface_asks_for_everything_at_first_and_then_for_what_is_new() -> None:
    """With an overlap before the newest row that is known."""
    assert Growing("get_fills").question(NOW).since_ms is None
    assert surface(OLD, NEW).question(NOW + 5).since_ms == NOW - OVERLAP_MS


def test_surface_without_any_row_asks_for_everything_again() -> None:
    """Nothing is newest."""
    assert surface().question(NOW).since_ms is None


def test_what_is_new_is_added_and_what_is_known_is_not_doubled() -> None:
    """Older rows stay, though the second answer leaves them out."""
    one = surface(OLD, NEW)
    newer = fill(3, NOW + 10)
    assert one.merge(told([NEW, newer]), one.question(NOW + 20)) is True
    assert one.rows == (OLD, NEW, newer)
    assert one.merge(told([NEW, newer]), one.question(NOW + 30)) is False
    assert (one.rows, one.as_of_ms, one.error) == ((OLD, NEW, newer), NOW + 30, None)


def test_row_that_is_taken_back_makes_the_surface_doubtful_until_it_is_back() -> None:
    """An empty answer over known fills is no news, and not a quiet account either."""
    one = surface(OLD, NEW)
    one.merge(told([]), one.question(NOW + 20))
    assert one.error is not None
    assert one.error.reason is NullReason.CONFLICT
    kept = one.observation()
    assert kept is not None
    assert (kept.rows, one.as_of_ms, one.rows) == (None, NOW, (OLD, NEW))
    one.merge(told([NEW]), one.question(NOW + 30))
    assert (one.error, one.as_of_ms) == (None, NOW + 30)


def test_row_that_is_told_differently_is_taken_back_too() -> None:
    """The same ids with another size: one of both is false."""
    one = surface(OLD, NEW)
    one.merge(told([NEW.model_copy(update={"contracts": Decimal(99)})]), one.question(NOW + 20))
    assert one.error is not None
    assert one.error.reason is NullReason.CONFLICT


def test_row_before_the_overlap_may_be_left_out() -> None:
    """It was not asked for; the negative of the tests above."""
    one = surface(OLD, NEW)
    one.merge(told([NEW]), one.question(NOW + 20))
    assert one.error is None


def test_row_that_left_the_window_of_the_venue_is_not_taken_back() -> None:
    """A whole answer begins where the venue's memory begins."""
    one = surface(OLD, NEW)
    one.merge(told([NEW]), Asked(since_ms=None, known=one.version, at_ms=NOW + 20))
    assert one.error is None


def test_late_answer_is_held_against_what_was_known_when_it_was_asked_for() -> None:
    """A fill that was learned meanwhile cannot be missed in an answer from before."""
    one = surface(OLD, NEW)
    before = one.question(NOW + 10)
    newer = fill(3, NOW + 20)
    one.merge(told([NEW, newer]), one.question(NOW + 30))
    one.merge(told([NEW]), before)
    assert (one.error, one.rows, one.as_of_ms) == (None, (OLD, NEW, newer), NOW + 30)


def test_failed_answer_leaves_what_was_known_under_its_own_age() -> None:
    """It grows old, and then it is stale."""
    one = surface(OLD, NEW)
    one.merge(told(None, FAILED), one.question(NOW + 20))
    kept = one.observation()
    assert kept is not None
    assert (kept.rows, one.as_of_ms) == ((OLD, NEW), NOW)


def test_surface_that_was_never_read_whole_says_why() -> None:
    """No rows, and the reason of the failure."""
    one = Growing("get_fills")
    assert one.observation() is None
    one.merge(told(None, FAILED), one.question(NOW))
    kept = one.observation()
    assert kept is not None
    assert kept.error == FAILED


def test_fee_that_is_told_differently_moves_no_position_and_is_not_taken_back() -> None:
    """Side, size, price and moment are what a position is made of."""
    one = surface(OLD, NEW)
    one.merge(told([NEW.model_copy(update={"fee": Decimal(7)})]), one.question(NOW + 20))
    assert one.error is None


def test_forgetting_begins_anew_with_a_later_version() -> None:
    """An answer that was asked for before is held against nothing that was known then."""
    ledger = EvidenceLedger(Library.CCXT)
    fills = ledger.surfaces["get_fills"]
    asked = fills.question(NOW)
    fills.merge(told([OLD, NEW]), asked)
    before = fills.question(NOW + 1)
    ledger.forget()
    again = ledger.surfaces["get_fills"]
    again.merge(told([OLD]), again.question(NOW + 2))
    again.merge(told([NEW]), replace(before, since_ms=None))
    assert (again.error, set(again.rows)) == (None, {OLD, NEW})


def test_version_of_a_ledger_changes_with_news_and_with_doubt() -> None:
    """Whoever keeps what follows from it knows when to think again."""
    ledger = EvidenceLedger(Library.CCXT)
    fills = ledger.surfaces["get_fills"]
    versions = [ledger.version]
    for rows in ([NEW], [NEW], []):
        fills.merge(told(rows), fills.question(NOW))
        versions.append(ledger.version)
    assert versions[0] != versions[1] == versions[2] != versions[3]
