"""The monitor: every change of quality is told once, a failing callback ends nothing, and its own end is a report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dualwitness.alignment.guarding.answers import AccountJudgement, GuardedPosition, GuardedPositions, Look
from dualwitness.alignment.guarding.monitor import Monitor, QualityReport, ReportKind
from dualwitness.alignment.guarding.policy import PolicyAction
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import NullReason, PositionsQuality, PositionsSource

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality
LOOK = Look(asked_ms=0, elapsed_ms=1.0, over_budget=False, sampled=True, skew_ms=0.1, ages_ms={})


def answer(quality: PositionsQuality, *symbols: str) -> GuardedPositions:
    """An answer in which every leg is of that quality and without a number."""
    legs = tuple(
        AdjudicatedPosition(
            symbol=symbol,
            position_side="net",
            has_position=None,
            direction=None,
            contracts=None,
            entry_price=None,
            reason=NullReason.CONFLICT,
            positions_quality=quality,
            positions_source=PositionsSource.NONE,
            witnesses_for=(),
            witnesses_against=(),
            explanation="",
        )
        for symbol in symbols
    )
    positions = tuple(GuardedPosition(leg, PolicyAction.FALLBACK, leg.reason, LOOK) for leg in legs)
    judgement = AccountJudgement(legs, quality, PositionsSource.NONE)
    return GuardedPositions(positions, None, quality, PositionsSource.NONE, {}, judgement, LOOK)


class Account:
    """What the monitor sees, as a test sets it."""

    def __init__(self, now: GuardedPositions) -> None:
        self.now = now
        self.failure: BaseException | None = None

    def look(self) -> GuardedPositions:
        if self.failure is not None:
            raise self.failure
        return self.now


class Heard:
    """What a callback heard; it fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.reports: list[QualityReport] = []
        self._fails = fails

    def __call__(self, report: QualityReport) -> None:
        if self._fails:
            self._fails -= 1
            message = "the strategy's own defect"
            raise ValueError(message)
        self.reports.append(report)


def until(true: Callable[[], bool], seconds: float = 5) -> bool:
    """Wait until it is so."""
    end_s = time.monotonic() + seconds
    while not true() and time.monotonic() < end_s:
        time.sleep(0.002)
    return true()


def test_monitor_tells_what_it_sees_first_and_then_changes_alone() -> None:
    """However often it looks."""
    account, heard = Account(answer(RELIABLE, "A")), Heard()
    with Monitor(account.look, heard, 1) as monitor:
        assert until(lambda: monitor.looks > 5)
        assert [report.kind for report in heard.reports] == [ReportKind.FIRST]
        account.now = answer(REBUILT, "A")
        assert until(lambda: len(heard.reports) > 1)
        looks = monitor.looks
        assert until(lambda: monitor.looks > looks + 5)
    first, second = heard.reports
    assert (first.was, first.quality) == (None, RELIABLE)
    assert (second.kind, second.was, second.quality) == (ReportKind.CHANGED, RELIABLE, REBUILT)
    assert set(second.changes) == {"A net"}
    assert "reconstructed_from_fills" in second.changes["A net"]
    assert second.answer is account.now


def test_monitor_tells_of_a_leg_that_changes_under_an_account_that_does_not() -> None:
    """Another leg in conflict is news, and so is one that is told no more."""
    account, heard = Account(answer(UNRELIABLE, "A")), Heard()
    with Monitor(account.look, heard, 1):
        assert until(lambda: bool(heard.reports))
        account.now = answer(UNRELIABLE, "B")
        assert until(lambda: len(heard.reports) > 1)
    assert heard.reports[1].changes["A net"] == "not told any more"
    assert heard.reports[1].changes["B net"] != ""


def test_callback_that_fails_is_told_with_the_next_report_and_ends_nothing() -> None:
    """The strategy's own defect must not blind it."""
    account, heard = Account(answer(RELIABLE, "A")), Heard(fails=1)
    with Monitor(account.look, heard, 1) as monitor:
        assert until(lambda: bool(monitor.problems))
        assert monitor.alive
        account.now = answer(REBUILT, "A")
        assert until(lambda: bool(heard.reports))
        account.now = answer(RELIABLE, "A")
        assert until(lambda: len(heard.reports) > 1)
    assert heard.reports[0].problems == ("the callback failed: ValueError: the strategy's own defect",)
    assert heard.reports[1].problems == ()
    assert monitor.problems == heard.reports[0].problems


def test_monitor_that_dies_says_so_in_a_last_report() -> None:
    """Nobody goes on in the belief that somebody watches."""
    account, heard = Account(answer(RELIABLE, "A")), Heard()
    monitor = Monitor(account.look, heard, 1)
    assert until(lambda: bool(heard.reports))
    account.failure = MemoryError("no memory")
    assert until(lambda: not monitor.alive)
    last = heard.reports[-1]
    assert (last.kind, last.was, last.quality, last.answer) == (ReportKind.DIED, RELIABLE, UNAVAILABLE, None)
    assert last.problems == ("the monitor died: MemoryError: no memory",)
    monitor.stop()


def test_monitor_that_dies_over_a_failing_callback_leaves_both_problems() -> None:
    """The last report cannot be told; it is not lost either."""
    account, heard = Account(answer(RELIABLE, "A")), Heard(fails=9)
    account.failure = RuntimeError("a defect")
    monitor = Monitor(account.look, heard, 1)
    assert until(lambda: not monitor.alive)
    assert [problem.split(":")[0] for problem in monitor.problems] == ["the monitor died", "the callback failed"]


def test_monitor_that_is_stopped_does_not_report_its_end() -> None:
    """Stopping is no accident, twice neither."""
    account, heard = Account(answer(RELIABLE, "A")), Heard()
    monitor = Monitor(account.look, heard, 10_000)
    assert until(lambda: bool(heard.reports))
    begun_s = time.monotonic()
    monitor.stop()
    monitor.stop()
    assert time.monotonic() - begun_s < 5
    assert [report.kind for report in heard.reports] == [ReportKind.FIRST]
    assert (monitor.alive, monitor.problems) == (False, ())


def test_callback_may_stop_the_monitor() -> None:
    """From inside its own thread, without waiting for itself."""
    ended = threading.Event()
    monitors: list[Monitor] = []

    def stopping(_report: QualityReport) -> None:
        assert until(lambda: bool(monitors))
        monitors[0].stop()
        ended.set()

    monitors.append(Monitor(Account(answer(RELIABLE, "A")).look, stopping, 1))
    assert ended.wait(5)
    assert until(lambda: not monitors[0].alive)
