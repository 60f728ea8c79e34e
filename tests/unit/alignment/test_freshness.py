"""How old a surface is in venue time, and when it no longer counts."""

from __future__ import annotations

import pytest

from dualwitness.alignment.freshness import LIMITS_MS, SURFACE_LIMITS_MS, FreshnessLedger, Surface, ledger_of
from dualwitness.alignment.witness import WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import Library
from tests.support.observations import LINEAR, NOW_MS, book, failed, observed, position, world

POSITIONS, BOOK = Surface.POSITIONS, Surface.BOOK


def ledger(limit_ms: int = 1_000) -> FreshnessLedger:
    """Positions of all symbols seen now, with a limit."""
    return FreshnessLedger(limits={POSITIONS: limit_ms}).note(POSITIONS, None, NOW_MS)


def test_age_is_venue_time_since_the_answer_and_never_below_zero() -> None:
    """A clock that is read a moment apart makes nothing younger than now."""
    assert ledger().age_ms(POSITIONS, None, NOW_MS + 7) == 7
    assert ledger().age_ms(POSITIONS, None, NOW_MS - 7) == 0


def test_surface_that_was_never_seen_has_no_age_and_does_not_count() -> None:
    """Unknown is not fresh."""
    assert FreshnessLedger().age_ms(BOOK, LINEAR, NOW_MS) is None
    assert FreshnessLedger().stale(BOOK, LINEAR, NOW_MS) == f"book of {LINEAR}: never seen"


@pytest.mark.parametrize(("age_ms", "stale"), [(1_000, False), (1_001, True)])
def test_surface_is_stale_beyond_its_limit_and_says_why(age_ms: int, *, stale: bool) -> None:
    """The edge is still fresh; the reason has both numbers."""
    reason = ledger().stale(POSITIONS, None, NOW_MS + age_ms)
    assert (reason is not None) is stale
    if reason is not None:
        assert "1001 ms" in reason
        assert "1000 ms" in reason


def test_surface_without_a_limit_is_never_stale() -> None:
    """What nobody limited is only told."""
    assert FreshnessLedger(limits={}).note(BOOK, LINEAR, NOW_MS).stale(BOOK, LINEAR, NOW_MS + 10**9) is None


def test_answer_about_everything_counts_for_each_symbol() -> None:
    """All positions are seen with the account; a book is seen for its own symbol alone."""
    seen = ledger().note(BOOK, LINEAR, NOW_MS)
    assert seen.age_ms(POSITIONS, LINEAR, NOW_MS) == 0
    assert seen.age_ms(BOOK, "ETH/USDT:USDT", NOW_MS) is None


def test_answer_that_comes_late_changes_nothing() -> None:
    """The ledger keeps the latest moment, whatever the order of arrival; each note is a new value."""
    first = ledger()
    assert first.note(POSITIONS, None, NOW_MS - 5).as_of_ms(POSITIONS) == NOW_MS
    assert first.note(POSITIONS, None, NOW_MS + 5).as_of_ms(POSITIONS) == NOW_MS + 5
    assert first.as_of_ms(POSITIONS) == NOW_MS


def test_libraries_are_kept_apart() -> None:
    """What one was told makes the other no fresher."""
    seen = FreshnessLedger().note(POSITIONS, None, NOW_MS, Library.CCXT)
    assert seen.age_ms(POSITIONS, None, NOW_MS, Library.CCXT) == 0
    assert seen.age_ms(POSITIONS, None, NOW_MS, Library.OKX_SDK) is None


def test_ledger_of_worlds_has_every_surface_that_was_told_and_none_that_was_not() -> None:
    """An answer that did not come makes nothing fresh; the local clock carries venue time along."""
    told = world(
        observed("get_positions", position()), observed("get_order_book", book(), symbol=LINEAR), failed("get_fills")
    )
    shifted = World(Library.CCXT, told.observations, NOW_MS, 250)
    seen = ledger_of([shifted])
    assert seen.as_of_ms(POSITIONS, None, Library.CCXT) == NOW_MS + 250
    assert seen.as_of_ms(BOOK, LINEAR, Library.CCXT) == NOW_MS + 250
    assert seen.as_of_ms(Surface.FILLS, None, Library.CCXT) is None
    assert seen.latest_ms == NOW_MS + 250


def test_report_tells_the_oldest_of_each_surface_its_limit_and_whether_it_is_stale() -> None:
    """By surface and library."""
    seen = ledger(10).note(POSITIONS, LINEAR, NOW_MS - 11)
    assert seen.told(NOW_MS) == {"positions": {"all": {"age_ms": 11, "limit_ms": 10, "stale": True}}}
    assert FreshnessLedger().told(None) == {}


def test_every_kind_of_witness_and_every_surface_has_a_limit() -> None:
    """Nothing is fresh for ever."""
    assert set(LIMITS_MS) == set(WitnessKind)
    assert set(SURFACE_LIMITS_MS) == set(Surface)
