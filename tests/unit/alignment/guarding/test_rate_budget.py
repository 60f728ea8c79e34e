"""The shared quota: the guard takes its share and no more, and never what the trader has used."""

from __future__ import annotations

from decimal import Decimal
from threading import Barrier, Thread

import pytest

from dualwitness.alignment.guarding.rate_budget import OKX_LIMITS, RateBudget, RateLimit
from dualwitness.venues import UsageError


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def budget(calls: int, share: str, clock: Clock | None = None) -> RateBudget:
    """A budget of one operation in a window of two seconds."""
    limits = {"get_positions": RateLimit(calls, 2_000)}
    return RateBudget(limits, share=Decimal(share), monotonic=clock or Clock())


def taken(one: RateBudget, times: int) -> int:
    """How many of so many questions the guard may put."""
    return sum(one.take("get_positions") for _ in range(times))


def test_guard_is_given_its_share_and_no_more() -> None:
    """Half of ten is five, however often it asks."""
    assert taken(budget(10, "0.5"), 50) == 5


def test_trader_that_uses_the_window_leaves_less_to_the_guard() -> None:
    """What the trader has used is gone, also where the guard's share is not."""
    one = budget(10, "0.5")
    one.spend("get_positions", 8)
    assert taken(one, 50) == 2


def test_trader_beyond_the_limit_leaves_nothing_and_is_never_refused() -> None:
    """Counting is all that happens to the trader."""
    one = budget(10, "1")
    one.spend("get_positions", 25)
    assert taken(one, 5) == 0


def test_window_slides_by_time_and_gives_back_what_has_left_it() -> None:
    """A call counts for exactly the window's length."""
    clock = Clock()
    one = budget(4, "0.5", clock)
    assert taken(one, 5) == 2
    clock.now_s += 1.999
    assert taken(one, 5) == 0
    clock.now_s += 0.001
    assert taken(one, 5) == 2


def test_question_of_several_calls_is_taken_whole_or_not_at_all() -> None:
    """Half a read of all fills is no read."""
    one = budget(10, "0.7")
    assert one.take("get_positions", 5) is True
    assert one.take("get_positions", 5) is False
    assert one.take("get_positions", 2) is True


def test_operation_without_a_limit_is_never_refused() -> None:
    """What the venue does not limit is not rationed."""
    one = budget(1, "0.5")
    one.spend("get_order_book", 1_000)
    assert all(one.take("get_order_book") for _ in range(100))


def test_smallest_share_still_lets_one_call_through() -> None:
    """A guard that may never ask would be none."""
    assert taken(budget(10, "0.01"), 10) == 1


def test_threads_together_take_no_more_than_the_share() -> None:
    """Eight guards of one account are one user to the venue."""
    one = budget(100, "0.5")
    barrier = Barrier(8)
    counts: list[int] = []

    def ask() -> None:
        barrier.wait()
        counts.append(taken(one, 100))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 50


@pytest.mark.parametrize("share", ["0", "-1", "1.01"])
def test_share_outside_nothing_to_all_is_refused(share: str) -> None:
    """It says what to give instead."""
    with pytest.raises(UsageError, match="share"):
        budget(10, share)


@pytest.mark.parametrize(("calls", "window_ms"), [(0, 1), (1, 0)])
def test_limit_that_is_none_is_refused(calls: int, window_ms: int) -> None:
    """No call at all, or no time at all, is a slip."""
    with pytest.raises(UsageError, match="no limit"):
        RateLimit(calls, window_ms)


def test_limits_of_okx_let_the_guard_read_all_fills_at_its_default_share() -> None:
    """Five instrument types are five calls, which is half of what OKX allows."""
    assert RateBudget(OKX_LIMITS, monotonic=Clock()).take("get_fills", 5) is True
