"""Where a call's time goes, in both clients: each phase is slowed down on its own, and only its figure grows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import ccxt
import okx.utils
import pytest

from dualwitness.alignment.observe import observe
from dualwitness.models import Library, RunMode, Venue
from dualwitness.models.observation import Observation
from dualwitness.models.timing import CallPhases
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.client import VenueClient
from dualwitness.venues.okx_sdk.parse_market import parse_ticker
from dualwitness.venues.opening import open_wired
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.stopwatch import Stopwatch
from dualwitness.venues.wiring import Wiring
from tests.support.clients import READS, HeardVenue, heard_venue, opened

SLOW_S, SLOW_MS = 0.03, 30.0
SYMBOL = "BTC/USDT:USDT"
PHASES = ("build_ms", "sign_ms", "wait_ms", "network_ms", "parse_ms")
TIME = b'{"code":"0","data":[{"ts":"1700000000000"}],"msg":""}'


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[HeardVenue, str]]:
    """One venue for all of these tests."""
    with heard_venue("positions") as running:
        yield running


@pytest.fixture(params=list(Library))
def client(world: tuple[HeardVenue, str], request: pytest.FixtureRequest) -> Iterator[VenueClient]:
    """A client that has loaded its instruments already."""
    with opened(request.param, world[1]) as one:
        one.get_ticker(SYMBOL)
        yield one


def asked(client: VenueClient, name: str = "get_positions") -> Observation:
    """One read, observed."""
    return observe(client, name, None, lambda one: (READS[name][1](one),))  # type: ignore[arg-type, return-value]


def phases(client: VenueClient, name: str = "get_positions") -> CallPhases:
    """Where its time went."""
    found = asked(client, name).phases
    assert isinstance(found, CallPhases)
    return found


def slowed(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same, a while later."""

    def slow(*arguments: Any, **named: Any) -> Any:
        time.sleep(SLOW_S)
        return method(*arguments, **named)

    return slow


def only_slow(client: VenueClient, name: str = "get_positions") -> list[str]:
    """The phases that took as long as something that was slowed down; the best of three, as a machine may stall."""
    tries = (phases(client, name) for _ in range(3))
    return min(([one for one in PHASES if (getattr(found, one) or 0.0) >= SLOW_MS] for found in tries), key=len)


@pytest.mark.parametrize("name", sorted(READS))
def test_phases_of_a_call_add_up_to_its_duration_and_none_is_negative(client: VenueClient, name: str) -> None:
    """Every read of both clients, with one request or with many, answered or refused."""
    seen = asked(client, name)
    found = seen.phases
    assert isinstance(found, CallPhases)
    assert found.total_ms == pytest.approx(seen.duration_ms, abs=1e-6)
    assert min(getattr(found, one) for one in PHASES) >= -1e-6
    assert found.network_ms is not None
    assert found.network_ms > 0


def test_slow_signature_is_time_of_signing_alone(client: VenueClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The HMAC of each library, by its own name for it."""
    if client.label == "ccxt":
        monkeypatch.setattr(ccxt.okx, "hmac", staticmethod(slowed(ccxt.okx.hmac)))
    else:
        monkeypatch.setattr(okx.utils, "sign", slowed(okx.utils.sign))
    assert only_slow(client) == ["sign_ms"]


def test_slow_building_is_time_of_building_alone(client: VenueClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the request is handed over: headers in one library, the query in the other."""
    if client.label == "ccxt":
        name = "prepare_request_headers"
        monkeypatch.setattr(ccxt.okx, name, slowed(ccxt.okx.prepare_request_headers))
    else:
        monkeypatch.setattr(okx.utils, "parse_params_to_str", slowed(okx.utils.parse_params_to_str))
    assert only_slow(client) == ["build_ms"]


def test_slow_venue_is_time_of_the_network_alone(client: VenueClient, world: tuple[HeardVenue, str]) -> None:
    """From handing over to the last byte."""

    def late(answer: Response) -> Response:
        time.sleep(SLOW_S)
        return answer

    with world[0].broken("/api/v5/account/positions", late):
        assert only_slow(client) == ["network_ms"]


def test_slow_reading_is_time_of_parsing_alone(client: VenueClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last byte: CCXT's own reading, or ours of python-okx's rows."""
    if client.label == "ccxt":
        monkeypatch.setattr(ccxt.okx, "parse_ticker", slowed(ccxt.okx.parse_ticker))
    else:
        monkeypatch.setattr("dualwitness.venues.okx_sdk.client.parse_ticker", slowed(parse_ticker))
    assert only_slow(client, "get_ticker") == ["parse_ms"]


def test_wait_for_a_rate_limit_is_neither_building_nor_network(
    world: tuple[HeardVenue, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CCXT holds requests to a real venue back: on loopback it is switched on here by hand."""
    monkeypatch.setattr(ccxt.okx, "throttle", lambda _self, _cost=None: time.sleep(SLOW_S))
    with opened(Library.CCXT, world[1]) as client:
        client._exchange.enableRateLimit = True  # type: ignore[attr-defined]
        assert only_slow(client, "get_server_time") == ["wait_ms"]


@pytest.mark.parametrize(("library", "signs"), [(Library.CCXT, False), (Library.OKX_SDK, True)])
def test_public_read_is_signed_by_python_okx_alone(
    world: tuple[HeardVenue, str], library: Library, *, signs: bool
) -> None:
    """Each figure is that of the library: python-okx signs whatever it sends once it has keys."""
    with opened(library, world[1]) as client:
        assert (phases(client, "get_server_time").sign_ms > 0) is signs
        assert phases(client, "get_positions").sign_ms > 0


@pytest.mark.parametrize("library", list(Library))
def test_recorded_answer_has_no_network_in_either_client(library: Library) -> None:
    """Building and parsing are real; a distance is not invented."""

    def answers(_: WireRequest) -> WireAnswer:
        return WireAnswer(200, TIME)

    client = open_wired(Venue.OKX, library, Wiring("http://127.0.0.1:9", mode=RunMode.OFFLINE, answers=answers))
    seen = asked(client, "get_server_time")
    client.close()
    assert isinstance(seen.phases, CallPhases)
    assert seen.phases.network_ms is None
    assert [one.network_ms for one in seen.exchanges] == [None]
    assert seen.phases.total_ms == pytest.approx(seen.duration_ms, abs=1e-6)


@pytest.mark.parametrize("library", list(Library))
def test_request_that_nobody_answered_is_time_of_the_network(library: Library) -> None:
    """Nothing listens there: the time to find that out was spent on the wire."""
    with opened(library, "http://127.0.0.1:9") as client:
        seen = asked(client, "get_server_time")
    assert seen.error is not None
    assert isinstance(seen.phases, CallPhases)
    assert (seen.phases.network_ms or 0) > 0


def test_watched_exchange_is_ccxt_s_own_in_everything_but_the_clock(world: tuple[HeardVenue, str]) -> None:
    """A subclass that adds no behaviour: the same id, the same methods but for the three that are timed."""
    with opened(Library.CCXT, world[1]) as client:
        exchange = client._exchange  # type: ignore[attr-defined]
        assert isinstance(exchange, ccxt.okx)
        assert exchange.id == "okx"
        inherited = [getattr(ccxt.okx, name) for name in dir(ccxt.okx)]
        own = {name for name, value in vars(type(exchange)).items() if callable(value) and value not in inherited}
        assert own == {"hmac", "sign", "throttle"}


def test_timing_costs_at_most_a_fiftieth_of_a_call(client: VenueClient) -> None:
    """All marks of one request against the median of the cheapest reads."""
    watch = Stopwatch(time.monotonic)
    rounds = 2_000
    begun = time.perf_counter()
    for _ in range(rounds):
        watch.call_begins()
        watch.waited_since(watch.now())
        watch.request_begins()
        watch.sign_begins()
        watch.sign_ends()
        watch.timing(watch.now(), watch.now(), by_socket=True)
    marks_ms = (time.perf_counter() - begun) * 1000 / rounds
    call_ms = statistics.median(asked(client, "get_server_time").duration_ms for _ in range(30))
    assert marks_ms <= call_ms / 50
