"""The connection test against the embedded venue: what it finds there, what it asks, and that it only ever reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Library, RunMode
from dualwitness.venues import open_venue
from dualwitness.venues.check import check_venue
from dualwitness.venues.check_connection import check_connection
from dualwitness.venues.check_line import CheckName, CheckOutcome
from dualwitness.venues.check_report import CheckReport
from dualwitness.venues.sim.auth import SimCredentials
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.engine import truth
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.check_world import (
    SIM_ENVIRONMENT,
    asked_of,
    by_name,
    settings_for,
)
from tests.support.clients import HeardVenue, checked_order, heard_venue
from tests.support.venue import FROZEN_MS

OK, WARNING, FAILED, NOT_POSSIBLE = CheckOutcome
LIBRARIES = [str(one) for one in Library]
# Everything that a connection test may ask OKX for: nothing of it changes anything there.
READS = {
    "/api/v5/public/time",
    "/api/v5/public/instruments",
    "/api/v5/account/config",
    "/api/v5/account/balance",
    "/api/v5/account/positions",
    "/api/v5/trade/orders-pending",
}


@pytest.fixture(autouse=True)
def _journal_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are journalled below the working directory, which must not be the checkout."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def heard() -> Iterator[tuple[HeardVenue, str]]:
    """A venue with open orders and positions that keeps what it was asked."""
    with heard_venue("positions") as served:
        yield served


def checked(base_url: str, **words: str) -> CheckReport:
    """A connection test against a venue whose clock stands still, at the moment at which it stands."""
    return check_venue(settings_for(base_url=base_url, **words), now_ms=lambda: FROZEN_MS)


def test_check_of_a_sound_account_finds_everything_through_both_libraries(heard: tuple[HeardVenue, str]) -> None:
    """Each line is ok, each library saw what the venue holds, and they agree."""
    venue, base_url = heard
    report = checked(base_url)
    assert [line for line in report.lines if line.outcome is not OK] == []
    assert report.exit_code == 0
    held = truth(venue.account)
    for library in LIBRARIES:
        lines = by_name(report.lines, library)
        assert lines[CheckName.OPEN_ORDERS].value == held["open_orders"], library
        assert lines[CheckName.POSITIONS].value == len(held["positions"]), library
        assert lines[CheckName.ACCOUNT_LEVEL].value == "futures"
        assert lines[CheckName.POSITION_MODE].value == "net"
        assert lines[CheckName.PERMISSIONS].value == "read_only,trade"
    assert by_name(report.lines)[CheckName.AGREEMENT].outcome is OK


@pytest.mark.parametrize("scenario", ["funded", "positions", "long_short", "multi_currency", "spot", "empty"])
def test_check_leaves_no_trace_at_the_venue_but_reads(scenario: str) -> None:
    """Whatever the account holds, every request is a GET of the list of reads, under the demo header."""
    with heard_venue(scenario) as (venue, base_url):
        before = truth(venue.account)
        checked(base_url)
        assert {method for method, _, _ in venue.heard} == {"GET"}
        assert {path for _, path, _ in venue.heard} <= READS
        assert {headers["x-simulated-trading"] for _, _, headers in venue.heard} == {"1"}
        assert truth(venue.account) == before


def test_check_of_a_client_that_places_an_order_fails(heard: tuple[HeardVenue, str]) -> None:
    """The proof can fail: a client that sends an order when it is asked for positions is found out."""
    _, base_url = heard

    class Meddling:
        def __init__(self) -> None:
            settings = settings_for()
            self._client = open_venue(
                "okx", library="okx_sdk", mode=settings.mode, base_url=base_url, credentials=settings.credentials
            )

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

        def get_positions(self, symbol: str | None = None) -> object:
            self._client.place_order(checked_order("BTC/USDT:USDT", "0.01", price="60000", client_order_id="meddling1"))
            return self._client.get_positions(symbol)

    meddling = Meddling()
    try:
        line = by_name(check_connection(meddling, asked_of(mode=RunMode.OKX_DEMO_SIM)))[CheckName.REQUESTS]
    finally:
        meddling.close()
    assert line.outcome is FAILED
    assert "1 POST" in line.told


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/api/v5/account/positions", CheckName.POSITIONS),
        ("/api/v5/trade/orders-pending", CheckName.OPEN_ORDERS),
        ("/api/v5/account/balance", CheckName.BALANCE),
    ],
)
def test_read_without_a_sound_answer_is_unknown_and_never_empty(
    heard: tuple[HeardVenue, str], library: str, path: str, check: CheckName
) -> None:
    """An empty body is no empty account: the line fails without a value, and the exit code is 3."""
    venue, base_url = heard
    with venue.broken(path, lambda answer: Response(answer.status, b"")):
        report = checked(base_url, library=library)
    line = by_name(report.lines)[check]
    assert (line.outcome, line.value, line.unanswered) == (FAILED, None, True)
    assert line.told.startswith("not known")
    assert report.exit_code == 3


@pytest.mark.parametrize("library", LIBRARIES)
def test_venue_that_cannot_be_reached_is_exit_code_3_and_nothing_is_empty(library: str) -> None:
    """Nobody listens: every line that needs the venue is unknown."""
    report = checked("http://127.0.0.1:9", library=library)
    asked = [line for line in report.lines if line.library and line.check is not CheckName.REQUESTS]
    assert {line.outcome for line in asked} <= {FAILED, NOT_POSSIBLE}
    assert {line.value for line in asked} == {None}
    assert report.exit_code == 3


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("part", "value", "check"),
    [
        ("OKX_API_KEY", "another-key", CheckName.CREDENTIALS),
        ("OKX_API_SECRET", "another-secret", CheckName.CREDENTIALS),
        ("OKX_API_PASSPHRASE", "another-passphrase", CheckName.CREDENTIALS),
    ],
)
def test_key_that_the_venue_refuses_fails_the_credentials_and_is_shown_once(
    heard: tuple[HeardVenue, str], library: str, part: str, value: str, check: CheckName
) -> None:
    """One private call, one line that says what to do, exit code 1; the others were not asked."""
    venue, base_url = heard
    environment = SIM_ENVIRONMENT | {part: value}
    settings = settings_for(library=library, mode="okx_demo_api", base_url=base_url, environment=environment)
    report = check_venue(settings, now_ms=lambda: FROZEN_MS)
    failed = [line for line in report.lines if line.outcome is FAILED]
    assert [(line.check, line.library) for line in failed] == [(check, library)]
    assert report.exit_code == 1
    assert venue.count("/api/v5/account/config") == 1
    assert venue.count("/api/v5/account/balance") == 0
    assert value not in report.as_text()


@pytest.mark.parametrize("library", LIBRARIES)
def test_live_key_under_the_demo_header_fails_the_environment(library: str) -> None:
    """OKX says 50101; the line says that demo and live have their own keys."""
    keys = SimCredentials(demo=False)
    with serve_in_thread(EmbeddedVenue(clock=FrozenClock(FROZEN_MS), credentials=keys)) as running:
        settings = settings_for(
            library=library, mode="okx_demo_api", base_url=running.base_url, environment=SIM_ENVIRONMENT
        )
        report = check_venue(settings, now_ms=lambda: FROZEN_MS)
    line = by_name(report.lines, library)[CheckName.ENVIRONMENT]
    assert line.outcome is FAILED
    assert "50101" in line.told
    assert "own keys" in (line.advice or "")
    assert report.exit_code == 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_live_key_in_live_mode_is_accepted_without_the_demo_header(library: str, live_config: str) -> None:
    """Both switches say live: the header says so too, the report says LIVE, and an unbound key is warned about."""
    keys = SimCredentials(demo=False)
    with serve_in_thread(EmbeddedVenue(clock=FrozenClock(FROZEN_MS), credentials=keys)) as running:
        settings = settings_for(
            library=library,
            mode="okx_live",
            base_url=running.base_url,
            config=live_config,
            environment=SIM_ENVIRONMENT,
        )
        report = check_venue(settings, now_ms=lambda: FROZEN_MS)
    lines = by_name(report.lines, library)
    assert lines[CheckName.ENVIRONMENT].outcome is OK
    assert lines[CheckName.ENVIRONMENT].told.startswith("LIVE")
    assert lines[CheckName.IP_BINDING].outcome is WARNING
    assert lines[CheckName.REQUESTS].outcome is OK
    assert "x-simulated-trading" not in lines[CheckName.REQUESTS].told
    assert report.exit_code == 0


@pytest.fixture
def live_config(tmp_path: Path) -> str:
    """A folder of configuration whose OKX is live; without permission for orders, which a reader needs not."""
    folder = tmp_path / "live"
    folder.mkdir()
    shipped = Path(__file__).resolve().parents[3] / "config"
    for name in ("risk.yaml", "venues.okx.yaml"):
        text = (shipped / name).read_text(encoding="utf-8").replace("demo_mode: true", "demo_mode: false")
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def test_secret_that_the_venue_repeats_is_not_shown(heard: tuple[HeardVenue, str]) -> None:
    """A refusal that quotes the key is told without it, as text and as JSON."""
    venue, base_url = heard
    body = json.dumps({"code": "50119", "msg": "API key my-own-demo-key does not exist", "data": []}).encode()
    environment = SIM_ENVIRONMENT | {"OKX_API_KEY": "my-own-demo-key"}
    with venue.broken("/api/v5/account/config", lambda _: Response(200, body)):
        settings = settings_for(mode="okx_demo_api", base_url=base_url, environment=environment)
        report = check_venue(settings, now_ms=lambda: FROZEN_MS)
    shown = report.as_text() + json.dumps(report.as_document())
    assert "50119" in shown
    assert "my-own-demo-key" not in shown


def test_paper_is_checked_without_keys_and_says_that_nothing_can_leave() -> None:
    """The account of the simulation, and no permissions where nothing is signed."""
    with heard_venue("funded") as (venue, base_url):
        report = check_venue(settings_for("paper", base_url=base_url))
        assert venue.heard == []
    lines = by_name(report.lines, "paper")
    assert "no order can leave" in lines[CheckName.ENVIRONMENT].told
    assert lines[CheckName.PERMISSIONS].outcome is NOT_POSSIBLE
    assert lines[CheckName.BALANCE].outcome is OK
    assert report.exit_code == 0
