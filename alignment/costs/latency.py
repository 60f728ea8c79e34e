"""
Latency of both libraries, split into build, sign, wait, network and parse; and the skew between them. Pure.

Local and monotonic, in ms. A figure that cannot be had is null beside a reason: an answer from a record has no network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dualwitness.models import Library, NullReason
from dualwitness.models.observation import Observation
from dualwitness.models.timing import CallPhases

__all__ = ["PHASES", "latency", "percentile", "sent_skews_ms", "summary_ms"]

# In the order in which a call goes through them; together they are the whole call.
PHASES = ("build_ms", "sign_ms", "wait_ms", "network_ms", "parse_ms")
_SHARES = (0.5, 0.95, 0.99)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of at least one value; ``share`` from 0 to 1."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * int(share * 1000) // 1000))
    return ordered[min(rank, len(ordered)) - 1]


@dataclass(slots=True)
class _Calls:
    """What one library's calls of one operation took."""

    calls: list[float] = field(default_factory=list)
    wire: list[float] = field(default_factory=list)
    phases: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[str, NullReason] = field(default_factory=dict)

    def add(self, observation: Observation) -> None:
        self.calls.append(observation.duration_ms)
        self.wire.extend(exchange.duration_ms for exchange in observation.exchanges)
        phases = observation.phases
        for name in PHASES:
            value = getattr(phases, name) if isinstance(phases, CallPhases) else None
            if value is None:
                # Split but for the network: every answer came from a record, so nobody was asked over a network.
                self.reasons[name] = NullReason.NOT_ASKED if isinstance(phases, CallPhases) else phases
            else:
                self.phases[name].append(value)

    def document(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "calls": len(self.calls),
            "call_ms": _percentiles(self.calls, 3),
            "requests": len(self.wire),
            "wire_ms": _percentiles(self.wire, 3),
        }
        told |= {name: summary_ms(self.phases[name]) for name in PHASES}
        reasons = {name: str(self.reasons[name]) for name in PHASES if told[name] is None}
        return told | ({"reasons": reasons} if reasons else {})


def latency(observations: Iterable[Observation]) -> dict[str, Any]:
    """
    By operation and library: p50, p95, p99 in ms of the call, of its requests, and of each phase with its count.

    Several requests of one call are added up within its phases. ``reasons`` says why a phase is null.
    """
    calls: dict[tuple[str, Library], _Calls] = defaultdict(_Calls)
    for observation in observations:
        calls[observation.operation, observation.library].add(observation)
    report: dict[str, Any] = {}
    for (operation, library), entry in sorted(calls.items()):
        report.setdefault(operation, {})[str(library)] = entry.document()
    return report


def sent_skews_ms(pairs: Iterable[dict[Library, Observation]]) -> list[float]:
    """How far apart the two libraries' first requests left, pair by pair; a pair without two sockets has none."""
    skews = []
    for pair in pairs:
        timings = [one.exchanges[0].timing for one in pair.values() if one.exchanges]
        sent = [timing.sent_at_ms for timing in timings if timing is not None and timing.by_socket]
        if len(sent) > 1:
            skews.append(max(sent) - min(sent))
    return skews


def summary_ms(values: Sequence[float]) -> dict[str, float] | None:
    """Count, p50, p95 and p99 to a tenth of a microsecond; None of nothing."""
    told = _percentiles(values, 4)
    return None if told is None else {"count": len(values), **told}


def _percentiles(values: Sequence[float], digits: int) -> dict[str, float] | None:
    if not values:
        return None
    return {f"p{int(share * 100)}": round(max(0.0, percentile(values, share)), digits) for share in _SHARES}
