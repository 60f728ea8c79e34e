"""Real clients: demo unless two switches agree, at a listed host, with a key that proved itself, and no proxy ever."""

from __future__ import annotations

import itertools
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError

import pytest

from dualwitness.config import VenueConfig
from dualwitness.models import Library, Venue
from dualwitness.risk import TradingMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.creation import create_real_client
from dualwitness.venues.errors import AuthenticationRefused, SafetyError, TransportError, UsageError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_venue
from dualwitness.venues.routing_environment import prove_environment
from dualwitness.venues.sim.auth import SimCredentials
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.clients import HeardVenue, checked_order, heard_venue
from tests.support.paper import paper_desk
from tests.support.proxy_trap import proxy_trap, set_proxies
from tests.support.risk_world import venue_of
from tests.support.trading_world import KEYS

SWAP = "BTC/USDT:USDT"
QUIET = CallJournal()
LIVE_KEYS = SimCredentials(demo=False)
ALLOWED = venue_of(demo_mode=False, allow_live_orders=True)


class LiveVenue(EmbeddedVenue):
    """An embedded venue that takes live keys alone, and keeps the demo header of every request."""

    def __init__(self) -> None:
        super().__init__(scenario="funded", credentials=LIVE_KEYS)
        self.headers: list[str | None] = []

    def answer(self, method: str, target: str, headers: Any, body: bytes = b"") -> Any:
        """Answer as the embedded venue does."""
        named = {name.lower(): value for name, value in headers.items()}
        self.headers.append(named.get("x-simulated-trading"))
        return super().answer(method, target, headers, body)


@contextmanager
def live_venue() -> Iterator[tuple[LiveVenue, str]]:
    """On loopback."""
    venue = LiveVenue()
    with serve_in_thread(venue) as running:
        yield venue, running.base_url


@contextmanager
def created(**given: Any) -> Iterator[VenueClient]:
    """A client that is closed with the block."""
    client = create_real_client("okx", KEYS, **({"journal": QUIET} | given))
    try:
        yield client
    finally:
        client.close()


def config_that_says(enabled: object, demo_mode: object, allow: object) -> VenueConfig:
    """A configuration past its own checks, as a program that builds it by hand could."""
    return venue_of(enabled=enabled, demo_mode=demo_mode, allow_live_orders=allow)


@pytest.mark.parametrize("library", list(Library))
def test_client_by_default_is_demo_and_says_so_on_every_call(library: Library) -> None:
    """Whatever the configuration says, without the argument each request carries the header."""
    for config in (venue_of(), ALLOWED):
        with heard_venue("funded") as (venue, base_url):
            with created(library=library, config=config, base_url=base_url) as client:
                assert prove_environment(client, TradingMode.DEMO).mode is TradingMode.DEMO
                client.get_ticker(SWAP)
                client.place_order(checked_order(SWAP, "0.01", client_order_id="ours1"))
            assert venue.count("/api/v5/trade/order") == 1
            assert {headers.get("x-simulated-trading") for _, _, headers in venue.heard} == {"1"}


SWITCHES = list(itertools.product([True, False, "true", None], repeat=3))


@pytest.mark.parametrize("library", list(Library))
def test_live_client_opens_in_one_of_all_positions_of_the_switches(library: Library) -> None:
    """Enabled, not demo, live orders allowed, and the argument: everything else is refused before a socket opens."""
    opened, refused = [], []
    with live_venue() as (venue, base_url):
        for enabled, demo_mode, allow in SWITCHES:
            config = config_that_says(enabled, demo_mode, allow)
            before = len(venue.headers)
            try:
                with created(library=library, config=config, base_url=base_url, live=True):
                    opened.append((enabled, demo_mode, allow))
            except SafetyError as error:
                refused.append((str(error).partition(",")[0], len(venue.headers) - before))
        assert set(refused) == {("a live client was asked for", 0)}
        assert opened == [(True, False, True)]
        assert "1" not in venue.headers


@pytest.mark.parametrize("live", ["true", "false", 1, 0, None, "yes"])
def test_agreement_that_is_not_true_or_false_is_refused(live: Any) -> None:
    """A text such as "false" is true in Python; it opens nothing."""
    with pytest.raises(UsageError, match="agreement"):
        create_real_client("okx", KEYS, config=ALLOWED, live=live)


@pytest.mark.parametrize("library", list(Library))
def test_live_client_places_an_order_without_the_demo_header(library: Library) -> None:
    """The positive control: with both switches and a live key an order arrives."""
    with live_venue() as (venue, base_url):
        with created(library=library, config=ALLOWED, base_url=base_url, live=True) as client:
            client.place_order(checked_order(SWAP, "0.01", client_order_id="ours1"))
        assert [order.request.cl_ord_id for order in venue.account.orders] == ["ours1"]


@pytest.mark.parametrize("library", list(Library))
def test_live_client_with_a_demo_key_is_not_handed_out(library: Library) -> None:
    """OKX answers 50101, and the client is closed before anybody has it."""
    with heard_venue("funded") as (venue, base_url):
        with (
            pytest.raises(SafetyError, match="50101"),
            created(library=library, config=ALLOWED, base_url=base_url, live=True),
        ):
            pass
        assert venue.count("/api/v5/trade/order") == 0


@pytest.mark.parametrize("library", list(Library))
def test_demo_client_with_a_live_key_fails_its_proof(library: Library) -> None:
    """The other direction of the same mistake."""
    with (
        live_venue() as (_, base_url),
        created(library=library, base_url=base_url, config=venue_of()) as client,
        pytest.raises(SafetyError, match="does not belong to demo"),
    ):
        prove_environment(client, TradingMode.DEMO)


@pytest.mark.parametrize("library", list(Library))
def test_proof_of_the_wrong_mode_fails_though_the_venue_answers(library: Library) -> None:
    """A demo client is no proof of live: the header that it sent says so."""
    with (
        heard_venue("funded") as (_, base_url),
        created(library=library, base_url=base_url, config=venue_of()) as client,
        pytest.raises(SafetyError, match="x-simulated-trading"),
    ):
        prove_environment(client, TradingMode.LIVE)


def test_proof_without_keys_or_without_an_answer_is_none() -> None:
    """Nothing signed is no proof, and a wrong key is told as what it is."""
    with heard_venue("funded") as (_, base_url):
        wrong = {"api_key": "other", "api_secret": "sim-secret", "passphrase": "sim-passphrase"}
        client = create_real_client("okx", wrong, config=venue_of(), base_url=base_url, journal=QUIET)
        with pytest.raises(AuthenticationRefused):
            prove_environment(client, TradingMode.DEMO)
        client.close()
    with created(config=venue_of(), base_url="http://127.0.0.1:9") as client, pytest.raises(TransportError):
        prove_environment(client, TradingMode.DEMO)
    desk, _ = paper_desk()
    assert prove_environment(desk, TradingMode.DEMO).host is None
    with pytest.raises(SafetyError, match="no live side"):
        prove_environment(desk, TradingMode.LIVE)


FOREIGN = ["https://www.okx.com.evil.example", "http://www.okx.com", "https://user@www.okx.com", "https://1.2.3.4"]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("url", FOREIGN)
def test_address_off_the_list_is_refused_in_either_mode(url: str, live: bool) -> None:
    """By argument and by configuration."""
    with pytest.raises(SafetyError):
        create_real_client("okx", KEYS, config=ALLOWED, base_url=url, live=live, journal=QUIET)
    with pytest.raises(SafetyError):
        create_real_client("okx", KEYS, config=ALLOWED.model_copy(update={"base_url": url}), live=live, journal=QUIET)


@pytest.mark.parametrize(
    ("venue", "demo", "live"),
    [
        ("bybit", "https://api-demo.bybit.com", "https://api.bybit.com"),
        ("binance", "https://demo-api.binance.com", "https://api.binance.com"),
        ("binance", "https://demo-fapi.binance.com", "https://fapi.binance.com"),
    ],
)
def test_venue_whose_host_decides_takes_a_demo_client_at_no_live_host(venue: str, demo: str, live: str) -> None:
    """Without a header that says demo, an order at the live host would be a live order."""
    keys = {"api_key": "key-1", "api_secret": "secret-1"}
    create_real_client(venue, keys, config=venue_of(base_url=demo), journal=QUIET).close()
    with pytest.raises(SafetyError):
        create_real_client(venue, keys, config=venue_of(base_url=live), journal=QUIET)
    with pytest.raises(SafetyError):
        open_venue(venue, base_url=live, journal=QUIET)
    with pytest.raises(SafetyError):
        create_real_client(venue, keys, config=ALLOWED.model_copy(update={"base_url": demo}), live=True, journal=QUIET)


def test_wrong_words_are_refused_without_telling_a_secret() -> None:
    """Unknown names, missing keys, keys under other names, a venue without keys and one without an address."""
    for given, told in (
        ({"api_key": "key-1"}, "api_secret missing"),
        ({"api_key": "key-1", "api_secret": ""}, "api_secret missing"),
        ({"api_key": "key-1", "api_secret": "s", "hush-hush": "x"}, "1 names that are none"),
    ):
        with pytest.raises(UsageError, match=told) as refused:
            create_real_client("okx", given, config=venue_of())
        assert "hush" not in refused.value.diagnostics()
        assert "key-1" not in refused.value.diagnostics()
    with pytest.raises(UsageError, match="paper"):
        create_real_client("paper", KEYS, config=venue_of())
    with pytest.raises(UsageError, match="unknown venue"):
        create_real_client("okex", KEYS, config=venue_of())
    with pytest.raises(UsageError, match="unknown library"):
        create_real_client(Venue.OKX, KEYS, config=venue_of(), library="cctx")
    with pytest.raises(UsageError, match="no base_url"):
        create_real_client("okx", KEYS, config=venue_of(base_url=None))


@pytest.mark.parametrize("library", list(Library))
def test_proxies_of_the_environment_change_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable points to a proxy that counts: nobody comes, the venue is asked, and the order arrives."""
    with proxy_trap() as trap, heard_venue("funded") as (venue, base_url):
        set_proxies(monkeypatch, trap.url)
        with created(library=library, config=venue_of(), base_url=base_url) as client:
            prove_environment(client, TradingMode.DEMO)
            client.place_order(checked_order(SWAP, "0.01", client_order_id="ours1"))
        assert venue.count("/api/v5/trade/order") == 1
        assert trap.visits == 0


def test_proxy_trap_catches_whoever_heeds_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: Python's own client goes to the proxy, on the way to the same address."""
    with proxy_trap() as trap, heard_venue("funded") as (_, base_url):
        set_proxies(monkeypatch, trap.url)
        with pytest.raises((URLError, OSError)):
            urllib.request.urlopen(f"{base_url}/api/v5/public/time")  # noqa: S310 - loopback
        assert trap.visits == 1


def test_heard_venue_hears_a_header_that_is_left_out() -> None:
    """The measure can fail: a request without the header is told from one with it."""
    venue = HeardVenue("funded")
    venue.answer("GET", "/api/v5/public/time", {})
    assert [headers.get("x-simulated-trading") for _, _, headers in venue.heard] == [None]
