"""The score of many cases, as a table for a person and as data. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualwitness.alignment.scoring.cases import Sort, catalogue, faults
from dualwitness.alignment.scoring.outcome import Fate, Judged
from dualwitness.venues.sim.lies import BLIND_SPOTS

__all__ = ["SCHEMA_VERSION", "Score", "as_data", "as_text", "score_of"]

SCHEMA_VERSION = 1
_NAMES = {
    Sort.ALONE: "alone",
    Sort.PAIR: "in pairs",
    Sort.MID_RUN: "from mid-run on",
    Sort.HONEST: "honest runs",
}
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Score:
    """
    What all cases of one sort came to.

    ``cases`` were played, ``failed`` of them are not as they must be; ``fates`` counts their lies. ``audits``,
    ``requests`` and ``venue_ms`` are one number a case that found all its lies, sorted.
    """

    sort: Sort
    cases: int
    failed: int
    fates: Counter[Fate]
    audits: tuple[int, ...]
    requests: tuple[int, ...]
    venue_ms: tuple[int, ...]


def score_of(sort: Sort, judged: Iterable[Judged]) -> Score:
    """Count the cases of one sort."""
    cases = [one for one in judged if one.case.sort is sort]
    return Score(
        sort=sort,
        cases=len(cases),
        failed=sum(not one.passed for one in cases),
        fates=Counter(lie.fate for one in cases for lie in one.lies),
        audits=tuple(sorted(one.audits for one in cases if one.audits is not None)),
        requests=tuple(sorted(one.requests for one in cases if one.requests is not None)),
        venue_ms=tuple(sorted(one.venue_ms for one in cases if one.venue_ms is not None)),
    )


def as_text(judged: Sequence[Judged]) -> str:
    """The table, the time to detect, the blind spots by name, and every case that is not as it must be."""
    scores = [score for sort in Sort if (score := score_of(sort, judged)).cases]
    return "\n".join([*_table(scores), "", *_times(scores), *_blind_spots(), *_failures(judged), "", _verdict(judged)])


def as_data(judged: Sequence[Judged]) -> dict[str, Any]:
    """The same as plain data."""
    scores = [score_of(sort, judged) for sort in Sort]
    return {
        "schema_version": SCHEMA_VERSION,
        "passed": all(one.passed for one in judged),
        "catalogue": {
            "lies": len(catalogue()),
            "faults": len(faults()),
            "blind_spots": dict(sorted(BLIND_SPOTS.items())),
        },
        "scores": {
            str(score.sort): {
                "cases": score.cases,
                "failed": score.failed,
                "catch_rate_percent": _rate(score),
                **{str(fate): score.fates[fate] for fate in Fate},
                "time_to_detect": {
                    "audits": _spread(score.audits),
                    "requests": _spread(score.requests),
                    "venue_ms": _spread(score.venue_ms),
                },
            }
            for score in scores
        },
        "false_alarms": _alarms(judged),
        "failures": [
            {
                "case": one.case.label,
                "sort": str(one.case.sort),
                "problems": list(one.problems),
                "lies": [{"lie": lie.label, "fate": str(lie.fate), "problems": list(lie.problems)} for lie in one.lies],
            }
            for one in judged
            if not one.passed
        ],
    }


def _table(scores: Iterable[Score]) -> Iterator[str]:
    titles = f"{'caught':>7} {'missed':>7} {'masked':>7} {'unproven':>9} {'untold':>7} {'blind':>6} {'rate':>8}"
    yield f"{'':16} {'cases':>6} {'lies':>6} {titles}"
    for score in scores:
        fates = score.fates
        counts = f"{sum(fates.values()):6} {fates[Fate.CAUGHT]:7} {fates[Fate.MISSED]:7} {fates[Fate.MASKED]:7}"
        rest = f"{fates[Fate.UNPROVEN]:9} {fates[Fate.UNTOLD]:7} {fates[Fate.BLIND]:6} {_rate(score) + ' %':>8}"
        if score.sort is Sort.HONEST:
            counts, rest = f"{'':36}", f"{score.failed} with a false alarm"
        yield f"{_NAMES[score.sort]:16} {score.cases:6} {counts} {rest}"


def _rate(score: Score) -> str:
    """Caught of caught and missed, in percent, rounded down: one miss is never 100."""
    caught = score.fates[Fate.CAUGHT]
    due = caught + score.fates[Fate.MISSED]
    if not due:
        return "-"
    tenths = caught * _PERCENT * 10 // due
    return f"{tenths // 10}.{tenths % 10}"


def _times(scores: Iterable[Score]) -> Iterator[str]:
    for score in scores:
        if score.sort is not Sort.HONEST and score.audits:
            name = f"time to detect {_NAMES[score.sort]}"
            yield (
                f"{name}: {_range(score.audits)} audits, {_range(score.requests)} requests, "
                f"{_range(score.venue_ms)} ms of venue time (median, longest)"
            )


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[len(numbers) // 2]} {numbers[-1]}"


def _spread(numbers: Sequence[int]) -> dict[str, int] | None:
    return {"median": numbers[len(numbers) // 2], "longest": numbers[-1]} if numbers else None


def _blind_spots() -> Iterator[str]:
    lies = len(catalogue())
    tenths = len(BLIND_SPOTS) * _PERCENT * 10 // lies
    yield ""
    yield f"blind spots: {len(BLIND_SPOTS)} of {lies} lies ({tenths // 10}.{tenths % 10} %), told to both libraries"
    for name, reason in sorted(BLIND_SPOTS.items()):
        yield f"  {name}: {reason}"


def _failures(judged: Iterable[Judged]) -> Iterator[str]:
    for one in judged:
        if one.passed:
            continue
        yield f"\nnot as it must be: {one.case.label}"
        for lie in one.lies:
            for problem in lie.problems or ((str(lie.fate),) if lie.fate is not Fate.CAUGHT else ()):
                yield f"  {lie.label}: {problem}"
        yield from (f"  {problem}" for problem in one.problems)


def _alarms(judged: Iterable[Judged]) -> int:
    return sum(one.case.sort is Sort.HONEST and not one.passed for one in judged)


def _verdict(judged: Sequence[Judged]) -> str:
    failed = sum(not one.passed for one in judged)
    if failed:
        return f"{failed} of {len(judged)} cases are not as they must be"
    return f"all {len(judged)} cases are as they must be"
