"""Latency, slippage, fees and fidelity, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.impedance import fees_paid, fidelity, latency, percentile, slippage_bps
from dualwitness.models import ImpedanceFidelity, Library, OrderSide
from tests.support.observations import exchange, fill, observed

BOTH = tuple(Library)


@pytest.mark.parametrize(
    ("count", "share", "rank"),
    [
        (1, 0.5, 1),
        (1, 0.99, 1),
        (2, 0.5, 1),
        (4, 0.5, 2),
        (5, 0.5, 3),
        (20, 0.95, 19),
        (100, 0.99, 99),
        (101, 0.99, 100),
    ],
)
def test_percentile_is_the_nearest_rank(count: int, share: float, rank: int) -> None:
    """The smallest value that at least that share of values does not exceed, whatever their order."""
    values = [float(number) for number in range(count, 0, -1)]
    assert percentile(values, share) == rank


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (1.0, 3.0)])
def test_percentile_at_the_ends_is_the_smallest_and_the_largest(share: float, value: float) -> None:
    """Neither end runs out of the list."""
    assert percentile([2.0, 3.0, 1.0], share) == value


@pytest.mark.parametrize(
    ("side", "price", "bps"),
    [
        ("buy", "100.1", "10"),
        ("buy", "99.9", "-10"),
        ("sell", "99.9", "10"),
        ("sell", "100.1", "-10"),
        ("buy", "100", "0"),
    ],
)
def test_slippage_is_positive_where_it_is_worse_for_us(side: str, price: str, bps: str) -> None:
    """Buying dearer and selling cheaper than the mid both cost; a tenth of a percent is ten basis points."""
    assert slippage_bps(OrderSide(side), Decimal(price), Decimal(100)) == Decimal(bps)


def test_slippage_keeps_four_places_of_a_basis_point() -> None:
    """A third has an end."""
    assert slippage_bps(OrderSide.BUY, Decimal(4), Decimal(3)) == Decimal("3333.3333")


def test_latency_tells_calls_and_time_on_the_wire_apart_by_operation_and_library() -> None:
    """One call may take several requests; nothing is averaged over libraries."""
    wire = [exchange(duration_ms=5.0), exchange(duration_ms=7.0)]
    report = latency(
        [
            observed("get_fills", duration_ms=20.0, exchanges=wire),
            observed("get_fills", duration_ms=10.0),
            observed("get_fills", duration_ms=99.0, library=Library.OKX_SDK),
            observed("get_ticker", duration_ms=1.0),
        ]
    )
    ours = report["get_fills"]["ccxt"]
    assert ours == {
        "calls": 2,
        "call_ms": {"p50": 10.0, "p95": 20.0, "p99": 20.0},
        "requests": 2,
        "wire_ms": {"p50": 5.0, "p95": 7.0, "p99": 7.0},
    }
    assert report["get_fills"]["okx_sdk"]["call_ms"]["p50"] == 99.0
    assert report["get_ticker"]["ccxt"]["wire_ms"] is None


def test_fees_are_added_up_by_currency_and_unknown_ones_are_counted() -> None:
    """A rebate is subtracted; a fee without amount or currency is not a fee of zero."""
    report = fees_paid(
        [
            fill(fee="0.5"),
            fill(fee="-0.20"),
            fill(fee="0.001", fee_currency="BTC"),
            fill(fee=None),
            fill(fee="1", fee_currency=None),
        ]
    )
    assert report == {"BTC": "0.001", "USDT": "0.30", "unknown": "2 fills"}
    assert fees_paid([]) == {}


@pytest.mark.parametrize(
    ("hosts", "demo", "expected"),
    [
        (["127.0.0.1:8080"], True, ImpedanceFidelity.SIMULATED),
        (["localhost:1", "127.0.0.2", "::1", "[::1]"], False, ImpedanceFidelity.SIMULATED),
        (["www.okx.com"], True, ImpedanceFidelity.SIMULATED),
        (["www.okx.com"], False, ImpedanceFidelity.REAL),
        (["www.okx.com:443", "eea.okx.com"], False, ImpedanceFidelity.REAL),
        (["www.okx.com", "127.0.0.1"], False, ImpedanceFidelity.UNKNOWN),
        (["www.okx.com", "evil.example"], False, ImpedanceFidelity.UNKNOWN),
        (["www.okx.com.evil.example"], False, ImpedanceFidelity.UNKNOWN),
        ([], True, ImpedanceFidelity.UNKNOWN),
    ],
)
def test_fidelity_follows_the_hosts_that_were_contacted(
    hosts: list[str], demo: bool, expected: ImpedanceFidelity
) -> None:
    """Never declared: loopback and demo are simulated, OKX alone without demo is real, a mixture is unknown."""
    assert fidelity(hosts, demo=demo, libraries=BOTH) is expected


def test_fidelity_without_any_library_is_unknown() -> None:
    """Nobody asked, so nothing was met."""
    assert fidelity(["www.okx.com"], demo=False, libraries=()) is ImpedanceFidelity.UNKNOWN
