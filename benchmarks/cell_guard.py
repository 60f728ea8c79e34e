"""
Guard: a proven position within a trading loop, against the slower library's own read, at 5 ms of injected round trip.

The guard asks both libraries at once, holds both reports against what is kept of fills and bills, adjudicates and
applies the policy; in the steady state that is all. Skew is how far apart the two questions began. nautilus_trader has
no such question: it reads positions at start-up and on a timer; whether it is installed is told all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from statistics import quantiles

from pydantic import SecretStr

from dualwitness.alignment.guard import Guard
from dualwitness.alignment.guarding.look import Limits
from dualwitness.alignment.observe import observe
from dualwitness.alignment.operations import Question
from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.models import Library, PositionsQuality, RunMode
from dualwitness.venues import Credentials, VenueClient, open_venue

__all__ = ["CELL"]

_DELAY_MS = 5
_REPEATS = 5
_SYMBOL = "BTC/USDT:USDT"
_QUESTION = Question("get_positions", None)
_KEYS = Credentials(
    api_key=SecretStr("sim-key"), api_secret=SecretStr("sim-secret"), passphrase=SecretStr("sim-passphrase")
)
# Evidence is read before the clock runs, and again only where a report contradicts it.
_LIMITS = Limits(positions_ms=60_000, evidence_ms=3_600_000)


class _Guarded:
    """The guard, and the skew of every look."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.skews_ms: list[float] = []

    def look(self) -> None:
        """Ask for one position, proven."""
        one = self._guard.position(_SYMBOL)
        if one.quality is not PositionsQuality.RELIABLE or one.look.skew_ms is None:
            message = f"the position is {one.quality}: {one.explanation}"
            raise RuntimeError(message)
        self.skews_ms.append(one.look.skew_ms)


class _Rounds(Interleaved):
    """Both libraries alone and the guard, in each round."""

    def __init__(
        self, guarded: _Guarded, alone: dict[Library, VenueClient], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._guarded = guarded
        contenders = [
            Contender(f"{library}_alone", partial(_ask_alone, client), repeats=_REPEATS)
            for library, client in alone.items()
        ]
        super().__init__([*contenders, Contender("guard", guarded.look, repeats=_REPEATS)], clock)

    def round(self, number: int) -> dict[str, float]:
        """Seconds a question; round 0 warms up, and its handshakes are no skew."""
        costs = super().round(number)
        if not number:
            self._guarded.skews_ms.clear()
        return costs

    def figures(self) -> dict[str, float]:
        """How far apart both libraries were asked: half of the looks within p50, 99 of 100 within p99."""
        percentiles = quantiles(self._guarded.skews_ms, n=100, method="inclusive")
        installed = float(find_spec("nautilus_trader") is not None)
        return {"skew_ms_p50": percentiles[49], "skew_ms_p99": percentiles[98], "nautilus_installed": installed}


def _ask_alone(client: VenueClient) -> None:
    observe(client, _QUESTION.operation, None, _QUESTION.ask)


@contextmanager
def _open() -> Iterator[Stage]:
    from dualwitness.venues.sim.process import VenueProcess

    with ExitStack() as stack:
        venue = stack.enter_context(VenueProcess(scenario="positions", frozen_at_ms=FROZEN_AT_MS, delay_ms=_DELAY_MS))
        pairs = [
            {
                library: open_venue(
                    "okx", library=library, mode=RunMode.OKX_DEMO_SIM, base_url=venue.base_url, credentials=_KEYS
                )
                for library in Library
            }
            for _ in range(2)
        ]
        for client in pairs[0].values():
            stack.callback(client.close)
        guard = stack.enter_context(Guard(pairs[1], limits=_LIMITS, budget_ms=30_000))
        yield _Rounds(_Guarded(guard), pairs[0])


_ALONE = tuple(f"{library}_alone" for library in Library)

CELL = Cell(
    name="guard",
    title="a proven position in a trading loop against the slower library's own read, at 5 ms of round trip",
    clock="wall time a question",
    rounds=40,
    targets=(
        Target("at_5_ms", "guard", _ALONE, 1.15, 1.3),
        Target("skew_ms_p50", "skew_ms_p50", goal=0.5),
        Target("skew_ms_p99", "skew_ms_p99", goal=2.0),
        Target("nautilus_installed", "nautilus_installed"),
    ),
    open=_open,
)
