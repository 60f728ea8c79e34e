"""
Audit: the auditor's own CPU in one whole audit, against the CPU of the two libraries' calls in the same audit.

What is counted, in each round, of one real `audit` of the embedded venue (which runs in another process):

* ``libraries``: every question and order of a client, live or over recorded bytes (the second opinion), from the call
  of the client's method to its return. That holds the library, and our adapter around it: proof of the envelope,
  typed rows, hash of the body, journal line.
* ``opening``: making the clients, which builds CCXT's tables and python-okx's HTTP clients.
* ``own``: everything else of the process: threads, compare, judge, evidence, adjudication, raw samples and reports
  serialised, hashed and written, manifest and fingerprint. CPU of ``git`` as a child is not in it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dualwitness.alignment import session
from dualwitness.alignment.audit import AuditResult, audit
from dualwitness.alignment.settings import AuditSettings, settings_from
from dualwitness.benchmarks.cell import Cell, Stage, Target
from dualwitness.benchmarks.meter import Meter, MeteredClient
from dualwitness.models import Library, Venue
from dualwitness.venues.opening import open_wired
from dualwitness.venues.wiring import Wiring

__all__ = ["CELL"]


class _Audits:
    """One audit a round, each with a venue of its own, so that each sees the same account."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._calls: list[int] = []
        self._findings: list[int] = []

    def round(self, number: int) -> dict[str, float]:
        """Seconds of CPU by who spent them."""
        from dualwitness.venues.sim.process import VenueProcess

        meter = Meter()
        with VenueProcess(scenario="positions", frozen_at_ms=session.FROZEN_AT_MS) as venue:
            settings = _settings(self._out / f"round_{number}", venue.base_url)
            whole, result = _metered_audit(settings, meter)
        spent = meter.take()
        calls = result.manifest["api_calls"]
        self._calls.append(int(calls["total"]))
        self._findings.append(len(result.findings))
        libraries = sum(spent[str(library)] for library in Library)
        return {"own": whole - libraries - spent["opening"], "libraries": libraries, "whole": whole, **spent}

    def figures(self) -> dict[str, float]:
        """How much was asked and found, to show that each audit did its work."""
        return {"api_calls": float(self._calls[-1]), "findings": float(self._findings[-1])}


def _settings(out: Path, base_url: str) -> AuditSettings:
    return settings_from(
        mode="okx_demo_sim",
        symbols=None,
        samples=None,
        base_url=base_url,
        config=None,
        out=str(out),
        seed=0,
        lies=(),
        fail_on="S1",
        allow_orders=False,
        environment={},
    )


def _metered_audit(settings: AuditSettings, meter: Meter) -> tuple[float, AuditResult]:
    """CPU of one audit whose clients are metered: both the live ones and those of the second opinion."""
    opened: Callable[..., Any] = meter.timed("opening", open_wired)

    def open_metered(venue: Venue, library: Library, wiring: Wiring) -> MeteredClient:
        return MeteredClient(opened(venue, library, wiring), meter, str(library))

    with patch.object(session, "open_wired", open_metered):
        begun = time.process_time()
        result = audit(settings)
        return time.process_time() - begun, result


@contextmanager
def _open() -> Iterator[Stage]:
    # An audit keeps its call journal below the working directory; a benchmark leaves nothing behind.
    with tempfile.TemporaryDirectory(prefix="dualwitness-benchmark-") as folder, chdir(folder):
        yield _Audits(Path(folder))


CELL = Cell(
    name="audit",
    title="the auditor's own work in one whole audit against the two libraries' calls in the same audit",
    clock="CPU an audit",
    rounds=5,
    targets=(Target("own_to_libraries", "own", ("libraries",), goal=0.25, gate=0.25),),
    open=_open,
)
