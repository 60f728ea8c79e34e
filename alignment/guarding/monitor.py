"""
Watching the quality of positions in the background: a callback hears of every change.

The thread looks every so often with the guard's own budgets. An exception of the callback ends nothing: it is kept in
``problems`` and told with the next report. A monitor that ends without being stopped says so in a last report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Lock, Thread, current_thread
from types import MappingProxyType
from typing import Self

from dualwitness.alignment.guarding.answers import GuardedPosition, GuardedPositions
from dualwitness.models import PositionsQuality

__all__ = ["Monitor", "QualityReport", "ReportKind"]

_MOST_PROBLEMS = 50
_NO_CHANGES: Mapping[str, str] = MappingProxyType({})


class ReportKind(StrEnum):
    """What a report of the monitor is about."""

    FIRST = "first"
    CHANGED = "changed"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class QualityReport:
    """
    What a callback hears.

    ``was`` and ``quality`` are of the whole account (``was`` is None at first). ``changes`` say per leg (``symbol
    side``) what it is now, in words: quality, source, reason. ``answer`` is what was looked at (None where the monitor
    died), ``problems`` what went wrong since the last report that was heard.
    """

    kind: ReportKind
    was: PositionsQuality | None
    quality: PositionsQuality
    changes: Mapping[str, str]
    answer: GuardedPositions | None
    problems: tuple[str, ...] = ()


Callback = Callable[[QualityReport], object]


class Monitor:
    """
    A thread that looks by ``look`` every ``every_ms``, and tells ``callback`` of every change; ``stop`` ends it.

    Use as a context manager, or stop it by hand; closing the guard stops it too.
    """

    def __init__(self, look: Callable[[], GuardedPositions], callback: Callback, every_ms: int) -> None:
        self._look = look
        self._callback = callback
        self._every_s = every_ms / 1000
        self._ended = Event()
        self._lock = Lock()
        self._problems: list[str] = []
        self._untold: list[str] = []
        self._was: PositionsQuality | None = None
        self._legs: Mapping[str, str] = _NO_CHANGES
        self._looks = 0
        self._thread = Thread(target=self._run, name="guard-monitor", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether it is watching."""
        return self._thread.is_alive()

    @property
    def looks(self) -> int:
        """How often it has looked."""
        return self._looks

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, newest last: the callback's exceptions, and its own end."""
        with self._lock:
            return tuple(self._problems)

    def stop(self) -> None:
        """End it after what it is doing; harmless when it has ended, and from inside the callback."""
        self._ended.set()
        if self._thread is not current_thread():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._see(self._look())
                self._looks += 1
                self._ended.wait(self._every_s)
        except BaseException as failure:  # noqa: BLE001 - whoever relies on it must hear that nobody watches any more
            if not self._ended.is_set():
                self._note(f"the monitor died: {type(failure).__name__}: {failure}")
                self._tell(ReportKind.DIED, PositionsQuality.UNAVAILABLE, _NO_CHANGES, None)

    def _see(self, answer: GuardedPositions) -> None:
        legs = {f"{one.symbol} {one.position_side}": _words(one) for one in answer.positions or ()}
        changes = {name: text for name, text in legs.items() if self._legs.get(name) != text}
        changes |= {name: "not told any more" for name in self._legs if name not in legs}
        quality = answer.account_quality
        if self._was is quality and not changes:
            return
        self._legs, was = legs, self._was
        self._tell(ReportKind.CHANGED if was is not None else ReportKind.FIRST, quality, changes, answer)

    def _tell(
        self,
        kind: ReportKind,
        quality: PositionsQuality,
        changes: Mapping[str, str],
        answer: GuardedPositions | None,
    ) -> None:
        was, self._was = self._was, quality
        with self._lock:
            untold = tuple(self._untold)
        try:
            self._callback(QualityReport(kind, was, quality, MappingProxyType(dict(changes)), answer, untold))
        except Exception as failure:  # noqa: BLE001 - the callback is not ours
            self._note(f"the callback failed: {type(failure).__name__}: {failure}")
        else:
            with self._lock:
                del self._untold[: len(untold)]

    def _note(self, problem: str) -> None:
        with self._lock:
            self._problems.append(problem)
            self._untold.append(problem)
            del self._problems[:-_MOST_PROBLEMS], self._untold[:-_MOST_PROBLEMS]


def _words(one: GuardedPosition) -> str:
    judged = one.judged
    return ", ".join(map(str, filter(None, (judged.positions_quality, judged.positions_source, judged.reason))))
