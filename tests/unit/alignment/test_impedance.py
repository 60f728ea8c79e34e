"""Latency, skew and fidelity, worked out by hand."""

from __future__ import annotations

import pytest

from dualwitness.alignment.costs.contact import Place, contacts_document, contacts_of, contacts_read
from dualwitness.alignment.costs.latency import PHASES, sent_skews_ms, summary_ms
from dualwitness.alignment.costs.limits import CANNOT_SHOW, not_shown
from dualwitness.alignment.costs.report import skew_document
from dualwitness.alignment.impedance import fees_paid, fidelity, latency, percentile
from dualwitness.models import ImpedanceFidelity, Library
from dualwitness.models.observation import Observation
from dualwitness.models.timing import WireTiming
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from tests.support.observations import NOW_MS, exchange, fill, observed

SIMULATED, REAL, UNKNOWN = ImpedanceFidelity.SIMULATED, ImpedanceFidelity.REAL, ImpedanceFidelity.UNKNOWN


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


def timed(
    sent_at: float = 2.0,
    *,
    by_socket: bool = True,
    host: str = "127.0.0.1:8",
    demo: str | None = "1",
    answered: bool = True,
) -> WireExchange:
    """One exchange whose time was measured: 1 ms of signing, 4 on the wire; ``demo`` is the header as it was sent."""
    answer = WireAnswer(200, b"{}") if answered else None
    headers = () if demo is None else (("x-simulated-trading", demo),)
    request = WireRequest("GET", "https", host, "/api/v5/public/time", "", b"", headers)
    timing = WireTiming(sent_at, 0.0, 1.0, 0.0, 4.0, by_socket)
    return WireExchange.of(Library.CCXT, request, answer, started_ms=NOW_MS, duration_ms=4.0, timing=timing)


def call(*exchanges: WireExchange, duration_ms: float = 10.0) -> Observation:
    """One call that began at 0."""
    return observed("get_fills", duration_ms=duration_ms, exchanges=exchanges)


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
    assert (ours["calls"], ours["requests"]) == (2, 2)
    assert ours["call_ms"] == {"p50": 10.0, "p95": 20.0, "p99": 20.0}
    assert ours["wire_ms"] == {"p50": 5.0, "p95": 7.0, "p99": 7.0}
    assert report["get_fills"]["okx_sdk"]["call_ms"]["p50"] == 99.0
    assert report["get_ticker"]["ccxt"]["wire_ms"] is None


def test_latency_splits_each_call_and_counts_what_it_could_split() -> None:
    """Two calls of 10 and 20 ms with the same request within, and one that made none."""
    ours = latency([call(timed()), call(timed(), duration_ms=20.0), call()])["get_fills"]["ccxt"]
    assert ours["build_ms"] == {"count": 2, "p50": 1.0, "p95": 1.0, "p99": 1.0}
    assert ours["sign_ms"]["p50"] == 1.0
    assert ours["wait_ms"]["p99"] == 0.0
    assert ours["network_ms"] == {"count": 2, "p50": 4.0, "p95": 4.0, "p99": 4.0}
    assert ours["parse_ms"] == {"count": 2, "p50": 4.0, "p95": 14.0, "p99": 14.0}
    assert (ours["calls"], "reasons" in ours) == (3, False)


def test_latency_of_one_call_is_the_sum_of_its_phases() -> None:
    """With one call each percentile is that call, so the phases add up to it."""
    ours = latency([call(timed(), timed(9.0), duration_ms=16.0)])["get_fills"]["ccxt"]
    assert sum(ours[name]["p50"] for name in PHASES) == ours["call_ms"]["p50"] == 16.0
    assert ours["network_ms"]["p50"] == 8.0


def test_latency_of_a_recorded_answer_invents_no_network() -> None:
    """Null with the reason beside it; what was really done here is told."""
    ours = latency([call(timed(by_socket=False))])["get_fills"]["ccxt"]
    assert (ours["network_ms"], ours["reasons"]) == (None, {"network_ms": "not_asked"})
    assert ours["build_ms"]["count"] == 1


def test_latency_of_requests_that_nobody_timed_is_null_in_every_phase() -> None:
    """A total without parts stays a total."""
    ours = latency([call(exchange())])["get_fills"]["ccxt"]
    assert [ours[name] for name in PHASES] == [None] * 5
    assert set(ours["reasons"].values()) == {"absent"}
    assert ours["call_ms"]["p50"] == 10.0


def test_summary_of_nothing_is_null_and_of_figures_counts_them() -> None:
    """A percentile without a count says nothing."""
    assert summary_ms([]) is None
    assert summary_ms([0.000_01, 3.0]) == {"count": 2, "p50": 0.0, "p95": 3.0, "p99": 3.0}


def test_skew_is_told_when_asked_and_when_sent() -> None:
    """The requests of a pair may leave further apart than the questions were put."""
    pair = {
        Library.CCXT: call(timed(7.0)),
        Library.OKX_SDK: observed("get_fills", exchanges=[timed(2.0)], library=Library.OKX_SDK),
    }
    alone = {Library.CCXT: call(timed(7.0))}
    recorded = {Library.CCXT: call(timed(by_socket=False)), Library.OKX_SDK: call(timed())}
    assert sent_skews_ms([pair, alone, recorded, {}]) == [5.0]
    assert skew_document([1.0, 5.0, 3.0], [5.0]) == {
        "count": 3, "p50": 3.0, "p95": 5.0, "p99": 5.0, "max": 5.0,
        "sent": {"count": 1, "p50": 5.0, "p95": 5.0, "p99": 5.0},
    }  # fmt: skip
    assert skew_document([]) is None


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
    ("met", "expected"),
    [
        ([("127.0.0.1:8080", "1")], SIMULATED),
        ([("localhost:1", None), ("127.0.0.2", None), ("::1", "0"), ("[::1]:9", None)], SIMULATED),
        ([("www.okx.com", "1")], SIMULATED),
        ([("www.okx.com", None)], REAL),
        ([("www.okx.com:443", "0"), ("eea.okx.com", None)], REAL),
        ([("www.okx.com", "1"), ("www.okx.com", "0")], UNKNOWN),
        ([("www.okx.com", "1"), ("www.okx.com", None)], UNKNOWN),
        ([("127.0.0.1:1", "1"), ("127.0.0.1:1", "0")], UNKNOWN),
        ([("www.okx.com", "1"), ("127.0.0.1", "1")], UNKNOWN),
        ([("www.okx.com", None), ("evil.example", None)], UNKNOWN),
        ([("www.okx.com.evil.example", None)], UNKNOWN),
        ([("evil.example", "1")], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_fidelity_follows_the_hosts_and_the_header_that_were_sent(
    met: list[tuple[str, str | None]], expected: ImpedanceFidelity
) -> None:
    """Never declared: loopback and demo are simulated, OKX alone without demo is real, a mixture is unknown."""
    assert fidelity(contacts_of(timed(host=host, demo=demo) for host, demo in met)) is expected


def test_fidelity_counts_a_request_that_nobody_answered_and_needs_one_that_somebody_did() -> None:
    """It may have arrived at the other place; but where nobody answered at all, nothing was met."""
    answered, lost = timed(host="www.okx.com"), timed(host="www.okx.com", demo="0", answered=False)
    assert fidelity(contacts_of([answered, lost])) is UNKNOWN
    assert fidelity(contacts_of([answered])) is SIMULATED
    assert fidelity(contacts_of([lost])) is UNKNOWN


def test_contacts_leave_out_what_used_no_socket() -> None:
    """A recorded answer, and a request that was caught before the socket, contacted nobody."""
    assert contacts_of([timed(by_socket=False, host="www.okx.com"), exchange(host="www.okx.com")]) == {}


def test_contacts_are_written_without_the_port_of_a_loopback_and_read_back() -> None:
    """A port of a run is no place; that of a real host is kept."""
    met = contacts_of([timed(host="127.0.0.1:1"), timed(host="127.0.0.1:2"), timed(host="www.okx.com:443", demo="0")])
    document = contacts_document(met)
    assert document == [
        {"host": "127.0.0.1", "place": "embedded venue", "simulated_trading_header": True, "requests": 2},
        {"host": "www.okx.com:443", "place": "OKX live", "simulated_trading_header": False, "requests": 1},
    ]
    assert contacts_read(document) == met


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"host": 1, "simulated_trading_header": True, "requests": 1},
        {"host": "www.okx.com", "simulated_trading_header": "1", "requests": 1},
        {"host": "www.okx.com", "simulated_trading_header": True, "requests": "x"},
    ],
)
def test_contacts_that_are_none_are_refused(row: dict[str, object]) -> None:
    """A word where a fact belongs would let a fidelity be declared."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        contacts_read([row])


def test_every_place_has_its_limits_each_with_a_reason() -> None:
    """The embedded venue has the most; what cannot be shown is said of the real one too."""
    counts = {place: len(not_shown([place])) for place in Place}
    assert counts[Place.EMBEDDED] > counts[Place.OKX_DEMO] > counts[Place.OKX_LIVE] > 0
    assert counts[Place.ELSEWHERE] == 1
    assert all(limit.what and len(limit.reason) > 20 and limit.places for limit in CANNOT_SHOW)
    names = {limit.what for limit in not_shown([Place.EMBEDDED])}
    assert {"queue position", "market impact", "network distance", "rate limits under load"} <= names


def test_limits_of_a_record_and_of_a_mixture_say_so_first() -> None:
    """Neither is a place."""
    assert [limit.what for limit in not_shown([])] == ["network, skew and fidelity"]
    mixed = not_shown([Place.EMBEDDED, Place.OKX_LIVE])
    assert mixed[0].what == "one place"
    assert set(not_shown([Place.OKX_LIVE])) < set(mixed)
