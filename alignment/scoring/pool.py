"""Playing many cases of the scorecard, in this process or in several, each against its honest twin."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

from dualwitness.alignment.scoring.cases import Case, Sort
from dualwitness.alignment.scoring.judge import judge_case
from dualwitness.alignment.scoring.outcome import Judged
from dualwitness.alignment.scoring.world import play
from dualwitness.venues.sim.lies import Needs

__all__ = ["judged", "play_and_judge"]

# The seed that honest runs of other seeds are held against.
_TWIN_SEED = 0


def judged(cases: Sequence[Case], jobs: int) -> Iterator[Judged]:
    """Each case played and judged, in whichever order they end; with one job in this process."""
    if jobs <= 1 or len(cases) <= 1:
        yield from map(play_and_judge, cases)
        return
    # A fresh interpreter for each: a forked one would take over threads and sockets that it cannot use.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play_and_judge, cases, chunksize=1)


def play_and_judge(case: Case) -> Judged:
    """Play one case and judge it against the honest run of the same seed and world."""
    started_ns = time.monotonic_ns()
    honest_already = case.sort is Sort.HONEST
    twin = replace(case, seed=_TWIN_SEED) if honest_already else replace(case, plants=(), after=None)
    honest = _fingerprints(twin, case.needs)
    done = judge_case(case, play(case), honest)
    return replace(done, duration_ms=(time.monotonic_ns() - started_ns) // 1_000_000)


@cache
def _fingerprints(twin: Case, needs: frozenset[Needs]) -> tuple[frozenset[str], ...]:
    """What each audit of an honest session finds."""
    return tuple(frozenset(one.fingerprint for one in audited.findings) for audited in play(twin, needs).audits)
