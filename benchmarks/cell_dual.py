"""
Dual: both libraries asked at once, against the slower of them alone, at 0, 5 and 50 ms of injected round trip.

The clients are the real ones, on an embedded venue in its own process that delays each answer. Connections are warm
and instruments loaded. Skew is how far apart the two questions began, as every observation records it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import quantiles

from pydantic import SecretStr

from dualwitness.alignment.observe import Witnesses, skew_ms
from dualwitness.alignment.operations import Question
from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.models import Library, RunMode
from dualwitness.venues import Credentials, open_venue

__all__ = ["CELL"]

_DELAYS_MS = (0, 5, 50)
_REPEATS = {0: 10, 5: 5, 50: 2}
_QUESTION = Question("get_positions", None)
_KEYS = Credentials(
    api_key=SecretStr("sim-key"), api_secret=SecretStr("sim-secret"), passphrase=SecretStr("sim-passphrase")
)


class _Dual:
    """One delay: both witnesses, and the skew of every pair that they gave."""

    def __init__(self, witnesses: Witnesses) -> None:
        self._witnesses = witnesses
        self.skews_ms: list[float] = []

    def together(self) -> None:
        """Ask both at once."""
        pair = self._witnesses.ask(_QUESTION.operation, None, _QUESTION.ask)
        apart = skew_ms(pair)
        if apart is None or any(observation.error is not None for observation in pair.values()):
            message = f"the pair is not whole: {[observation.error for observation in pair.values()]}"
            raise RuntimeError(message)
        self.skews_ms.append(apart)

    def alone(self, library: Library) -> None:
        """Ask one alone, in this thread."""
        self._witnesses.ask_one(library, _QUESTION.operation, None, _QUESTION.ask)


class _AllDelays(Interleaved):
    """The contenders of all delays in each round."""

    def __init__(self, duals: dict[int, _Dual], clock: Callable[[], float] = time.perf_counter) -> None:
        self._duals = duals
        super().__init__([one for delay, dual in duals.items() for one in _contenders(delay, dual)], clock)

    def round(self, number: int) -> dict[str, float]:
        """Seconds a question; round 0 warms up, and its handshakes are no skew."""
        costs = super().round(number)
        if not number:
            for dual in self._duals.values():
                dual.skews_ms.clear()
        return costs

    def figures(self) -> dict[str, float]:
        """Skew of each delay: half of the pairs within p50, 99 of 100 within p99; the warming round is left out."""
        seen: dict[str, float] = {}
        for delay, dual in self._duals.items():
            percentiles = quantiles(dual.skews_ms, n=100, method="inclusive")
            seen |= {f"skew_ms_p50_at_{delay}": percentiles[49], f"skew_ms_p99_at_{delay}": percentiles[98]}
        return seen


def _contenders(delay: int, dual: _Dual) -> Iterator[Contender]:
    repeats = _REPEATS[delay]
    for library in Library:
        yield Contender(f"{library}_at_{delay}", partial(dual.alone, library), repeats=repeats)
    yield Contender(f"both_at_{delay}", dual.together, repeats=repeats)


@contextmanager
def _open() -> Iterator[Stage]:
    from dualwitness.venues.sim.process import VenueProcess

    with ExitStack() as stack:
        duals = {}
        for delay in _DELAYS_MS:
            venue = stack.enter_context(VenueProcess(scenario="positions", frozen_at_ms=FROZEN_AT_MS, delay_ms=delay))
            clients = {
                library: open_venue(
                    "okx", library=library, mode=RunMode.OKX_DEMO_SIM, base_url=venue.base_url, credentials=_KEYS
                )
                for library in Library
            }
            duals[delay] = _Dual(stack.enter_context(Witnesses(clients)))
        yield _AllDelays(duals)


def _targets(delay: int, goal: float | None, gate: float | None) -> tuple[Target, ...]:
    alone = tuple(f"{library}_at_{delay}" for library in Library)
    return (
        Target(f"at_{delay}_ms", f"both_at_{delay}", alone, goal, gate),
        Target(f"skew_ms_p50_at_{delay}_ms", f"skew_ms_p50_at_{delay}", goal=0.5),
        Target(f"skew_ms_p99_at_{delay}_ms", f"skew_ms_p99_at_{delay}", goal=2.0),
    )


CELL = Cell(
    name="dual",
    title="both libraries at once against the slower one alone, by injected round trip",
    clock="wall time a question",
    rounds=20,
    targets=(*_targets(0, None, None), *_targets(5, 1.15, 1.3), *_targets(50, 1.05, 1.15)),
    open=_open,
)
