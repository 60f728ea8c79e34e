"""Whatever is configured, asked for and set in the environment: nothing reaches a live account by one word alone."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dualwitness.config import VenueConfig
from dualwitness.models import AccountLevel, Library, PositionMode, Venue
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.risk import RiskEngine, RiskStore
from dualwitness.venues import creation
from dualwitness.venues.creation import create_real_client
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.router import Router
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_opening import TraderFiles, open_route
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.trading import Trader
from dualwitness.venues.wiring import OKX_HOSTS, is_loopback
from tests.support.clients import checked_order
from tests.support.order_world import in_full, tell
from tests.support.preflight_world import small_venue
from tests.support.proxy_trap import PROXY_NAMES, proxy_trap
from tests.support.risk_world import limits_of, venue_of
from tests.support.trading_world import KEYS, SWAP, both_compared, intended, lines_of
from tests.support.venue import FROZEN_MS, ask

# The bar is 1,000 (DUALWITNESS_FULL=1).
CASES = in_full(400, 1_000)
SEED = 15

LOOPBACK = "http://127.0.0.1:9"
OKX = "https://www.okx.com"
ADDRESSES = (
    LOOPBACK,
    LOOPBACK,
    "http://localhost:9",
    "http://[::1]:9",
    OKX,
    OKX,
    "https://eea.okx.com",
    "https://app.okx.com:443",
    "http://www.okx.com",
    "https://www.okx.com:8443",
    "https://www.okx.com.evil.example",
    "https://www.okx.com@evil.example",
    "https://evil.example\\@www.okx.com",
    "https://127.0.0.1.evil.example",
    "https://10.0.0.1",
    "ftp://www.okx.com",
    "www.okx.com",
    "",
    "https://api.bybit.com",
    "https://api-demo.bybit.com",
    "https://api.binance.com",
    "https://demo-api.binance.com",
)
# Where a request may go, by venue and by whether both switches agree; written down, not asked of the code.
LISTED: Mapping[tuple[Venue, bool], frozenset[str]] = {
    (Venue.OKX, False): OKX_HOSTS,
    (Venue.OKX, True): OKX_HOSTS,
    (Venue.BYBIT, False): frozenset({"api-demo.bybit.com", "api-testnet.bybit.com"}),
    (Venue.BYBIT, True): frozenset({"api.bybit.com"}),
    (Venue.BINANCE, False): frozenset({"demo-api.binance.com", "demo-fapi.binance.com"}),
    (Venue.BINANCE, True): frozenset({"api.binance.com", "fapi.binance.com"}),
}
# What a person might set, hoping that something reads it.
WORDS = ("OKX_LIVE", "OKX_DEMO", "OKX_FLAG", "DUALWITNESS_LIVE", "DUALWITNESS_ALLOW_LIVE_ORDERS", "CCXT_SANDBOX", "CI")
SWITCHES: tuple[Any, ...] = (True, True, False, False, None, "true", "false", 1, 0)


@dataclass
class Case:
    """One configuration, one call and one environment, drawn by a seed."""

    number: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = pick = random.Random(f"{SEED} {self.number}")
        self.venue = pick.choice((*[Venue.OKX] * 8, Venue.BYBIT, Venue.BINANCE))
        self.library = pick.choice(tuple(Library))
        # Most cases are what a live or a demo trader would write, with a slip here and there; the rest is anything.
        wants = pick.choice(("live", "live", "demo", "demo", "demo", "anything"))
        sound = {"live": (True, False, True), "demo": (True, True, False)}.get(wants)
        self.live: Any = wants == "live" if pick.random() < 0.85 else pick.choice(SWITCHES)
        self.key_is_live = (wants == "live") is (pick.random() < 0.85)
        said = sound if sound and pick.random() < 0.75 else tuple(pick.choices(SWITCHES, k=3))
        self.config: VenueConfig = venue_of(
            enabled=said[0],
            demo_mode=said[1],
            allow_live_orders=said[2],
            simulate_demo_orders=pick.random() < 0.05,
            base_url=pick.choice(ADDRESSES) or None,
        )
        self.base_url = pick.choice((None, LOOPBACK, OKX, pick.choice(ADDRESSES)))
        self.routed = pick.random() < 0.5

    @property
    def agreed(self) -> bool:
        """Whether both switches say live, and nothing but true and false says so."""
        config = self.config
        said = (config.enabled, config.demo_mode, config.allow_live_orders)
        return self.live is True and all(one is two for one, two in zip(said, (True, False, True), strict=True))

    def environment(self, proxy: str) -> dict[str, str]:
        """Proxies, keys and words that nobody should heed."""
        pick = self.chance
        names = {name: pick.choice(("1", "0", "true", "live", "")) for name in WORDS if pick.random() < 0.5}
        names |= {name: pick.choice((proxy, "http://10.0.0.1:3128")) for name in PROXY_NAMES if pick.random() < 0.7}
        names |= {"OKX_API_KEY": "live-key", "OKX_API_SECRET": "live-secret"} if pick.random() < 0.5 else {}
        return names


class World:
    """An OKX whose keys are demo or live, at any address; it keeps every request that was about to leave."""

    def __init__(self, venue: EmbeddedVenue, *, key_is_live: bool) -> None:
        self._venue = venue
        self._key_is_live = key_is_live
        self.heard: list[WireRequest] = []

    def __call__(self, request: WireRequest) -> WireAnswer:
        self.heard.append(request)
        says_demo = said_demo(request)
        if request.signed and says_demo is self._key_is_live:
            return WireAnswer(401, b'{"msg":"APIKey does not match current environment.","code":"50101"}')
        target = f"{request.path}?{request.query}" if request.query else request.path
        response = ask(self._venue, target, method=request.method, body=request.body)
        return WireAnswer(response.status, response.body)

    @property
    def orders(self) -> list[WireRequest]:
        """What would have placed or changed something."""
        return [request for request in self.heard if request.method != "GET"]


def said_demo(request: WireRequest) -> bool:
    """Whether the request carries OKX's demo header."""
    return dict(request.headers).get("x-simulated-trading") == "1"


def act(case: Case, world: World, folder: Path) -> str:
    """Open as the case says, and try to order: over a trader or over the bare client. Gives what came of it."""
    if case.routed:
        return _routed(case, world, folder)
    client = create_real_client(
        case.venue,
        KEYS,
        library=case.library,
        live=case.live,
        config=case.config,
        base_url=case.base_url,
        journal=CallJournal(),
        answers=world,
    )
    try:
        client.place_order(checked_order(SWAP, "0.001", client_order_id=f"case{case.number}"))
    finally:
        client.close()
    return "placed"


def _routed(case: Case, world: World, folder: Path) -> str:
    limits = limits_of(folder, max_repeated_executions=6_000, max_clock_skew_ms=30_000)
    clock = lambda: FROZEN_MS  # noqa: E731 - as short as it is
    route = open_route(
        case.venue,
        case.config,
        limits,
        TraderFiles.of(limits, folder / "exchanges"),
        creds=KEYS,
        preflight=both_compared,
        main=case.library,
        live=case.live,
        base_url=case.base_url,
        answers=world,
        clock_ms=clock,
    )
    engine = RiskEngine(limits, RiskStore(limits.risk_state_file), clock)
    router = Router([route], engine, DecisionJournal(folder / "exchanges"), clock, who="tests")
    with Trader(router, clock) as trader:
        execution = trader.execute(
            intended(client_order_id=f"case{case.number}", venue=case.venue, size="0.001", leverage="3")
        )
    return f"{execution.outcome} {execution.reason or ''}"


def breaches(case: Case, heard: list[WireRequest], lines: list[Mapping[str, Any]]) -> list[str]:
    """Everything about these requests that must not be."""
    found = []
    for request in heard:
        host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        allowed = LISTED[case.venue, case.agreed]
        if not is_loopback(host) and (host not in allowed or request.scheme != "https"):
            found.append(f"{request.method} to {request.scheme}://{request.host}")
        if case.venue is not Venue.OKX:
            continue  # elsewhere the host alone decides
        if not case.agreed and not said_demo(request):
            found.append(f"{request.method} {request.path} without the demo header, and the switches do not agree")
        if request.method != "GET" and said_demo(request) is case.key_is_live:
            found.append(f"{request.method} {request.path} for the environment that the key is not of")
    sent = [request for request in heard if request.method != "GET"]
    if case.routed and sent and not any(line.get("outcome") == "sending" for line in lines):
        found.append("an order without a decision on the disk")
    return found


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_no_order_reaches_a_live_account_or_a_foreign_host_unless_both_switches_agree(tmp_path: Path) -> None:
    """Each case opens and orders; what was about to leave is looked at, request by request."""
    came: Counter[str] = Counter()
    with proxy_trap() as trap:
        for number in range(CASES):
            case = Case(number)
            world = World(small_venue(AccountLevel.FUTURES, PositionMode.NET), key_is_live=case.key_is_live)
            folder = tmp_path / str(number)
            with mock.patch.dict(os.environ, case.environment(trap.url)):
                try:
                    outcome = act(case, world, folder)
                except (DualwitnessError, ValueError) as error:
                    outcome = type(error).__name__
            assert breaches(case, world.heard, lines_of(folder / "exchanges")) == [], f"case {number} of seed {SEED}"
            kind = "none" if not world.orders else "demo" if said_demo(world.orders[0]) else "live"
            came[f"{kind} order, {'routed' if case.routed else 'direct'}"] += 1
            came[outcome] += 1
        assert trap.visits == 0
    tell(f"{CASES} cases: {dict(came)}")
    # It was not all refused: orders left in demo and live, over the trader and over the bare client.
    assert all(came[f"{kind} order, {way}"] for kind in ("demo", "live") for way in ("routed", "direct"))


def test_switches_that_are_not_asked_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: where the configuration has no say, the same cases breach."""
    monkeypatch.setattr(creation, "_check_agreement", lambda *_: None)
    found: list[str] = []
    for number in range(200):
        case = Case(number)
        if case.live is not True or case.agreed or case.routed or case.venue is not Venue.OKX:
            continue
        world = World(small_venue(AccountLevel.FUTURES, PositionMode.NET), key_is_live=case.key_is_live)
        with contextlib.suppress(DualwitnessError, ValueError):
            act(case, world, tmp_path / str(number))
        found += breaches(case, world.heard, [])
        if any("without the demo header" in each for each in found):
            return
    pytest.fail("no case breached without the switch")
