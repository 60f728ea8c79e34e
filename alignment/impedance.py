"""
Impedance: what trading costs beyond the price. Pure.

Latency is local and monotonic, request to answer, per operation and library. Slippage is in basis points against the
book at submission, positive = worse for us. Fees are what the fills say. Which world they were met in is
``impedance_fidelity``, derived from the hosts that were really contacted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from dualwitness.models import Fill, ImpedanceFidelity, Library, OrderSide
from dualwitness.models.observation import Observation
from dualwitness.venues.wiring import OKX_HOSTS, is_loopback

__all__ = ["fees_paid", "fidelity", "latency", "percentile", "slippage_bps"]

_BPS = Decimal(10_000)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of at least one value; ``share`` from 0 to 1."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * int(share * 1000) // 1000))
    return ordered[min(rank, len(ordered)) - 1]


def latency(observations: Iterable[Observation]) -> dict[str, Any]:
    """Count and p50, p95, p99 in ms of each operation and library, of the call and of its time on the wire."""
    calls: dict[tuple[str, str], list[float]] = defaultdict(list)
    wire: dict[tuple[str, str], list[float]] = defaultdict(list)
    for observation in observations:
        key = (observation.operation, str(observation.library))
        calls[key].append(observation.duration_ms)
        wire[key].extend(exchange.duration_ms for exchange in observation.exchanges)
    report: dict[str, Any] = {}
    for (operation, library), values in sorted(calls.items()):
        report.setdefault(operation, {})[library] = {
            "calls": len(values),
            "call_ms": _summary(values),
            "requests": len(wire[operation, library]),
            "wire_ms": _summary(wire[operation, library]),
        }
    return report


def _summary(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {f"p{int(share * 100)}": round(percentile(values, share), 3) for share in (0.5, 0.95, 0.99)}


def slippage_bps(side: OrderSide, fill_price: Decimal, arrival_mid: Decimal) -> Decimal:
    """How much worse than the mid price at submission a fill was, in basis points; positive is worse for us."""
    worse = fill_price - arrival_mid if side is OrderSide.BUY else arrival_mid - fill_price
    return (worse / arrival_mid * _BPS).quantize(Decimal("0.0001"))


def fees_paid(fills: Iterable[Fill]) -> dict[str, str]:
    """The sum of fees by currency, positive = paid; fills without a fee are counted under ``unknown``."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    unknown = 0
    for fill in fills:
        if fill.fee is None or fill.fee_currency is None:
            unknown += 1
        else:
            total[fill.fee_currency] += fill.fee
    report = {currency: f"{fee:f}" for currency, fee in sorted(total.items())}
    if unknown:
        report["unknown"] = f"{unknown} fills"
    return report


def fidelity(hosts: Iterable[str], *, demo: bool, libraries: Iterable[Library]) -> ImpedanceFidelity:
    """
    ``simulated`` where only the embedded venue or OKX demo answered, ``real`` where OKX itself did, else ``unknown``.

    ``hosts`` are host names without port, as contacted.
    """
    contacted = {host.rsplit(":", 1)[0] if host.count(":") == 1 or "]:" in host else host for host in hosts}
    if not contacted or not list(libraries):
        return ImpedanceFidelity.UNKNOWN
    if all(is_loopback(host) for host in contacted):
        return ImpedanceFidelity.SIMULATED
    if contacted <= OKX_HOSTS:
        return ImpedanceFidelity.SIMULATED if demo else ImpedanceFidelity.REAL
    return ImpedanceFidelity.UNKNOWN
