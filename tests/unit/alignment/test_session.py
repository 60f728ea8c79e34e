"""Opening the world of one audit, and closing it whatever happened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment import session as session_module
from dualwitness.alignment.session import open_reader, open_session
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import Library, RunMode, Venue
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues import SafetyError, UsageError
from dualwitness.venues.errors import LibraryNotInstalled
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.wiring import Wiring

LOCAL = "http://127.0.0.1:9"
SILENT = CallJournal()


class Opened:
    """A client that knows whether it was closed."""

    def __init__(self, library: Library) -> None:
        self.label = str(library)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Bench:
    """The venue process and the clients of a session, in the order of what happened."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.wirings: dict[Library, Wiring] = {}
        self.clients: dict[Library, Opened] = {}
        self.failing: dict[Library, Exception] = {}

    @contextlib.contextmanager
    def venue(self, _: AuditSettings) -> Iterator[str]:
        self.happened.append("venue started")
        try:
            yield LOCAL
        finally:
            self.happened.append("venue ended")

    def open(self, venue: Venue, library: Library, wiring: Wiring) -> Any:
        assert venue is Venue.OKX
        if library in self.failing:
            raise self.failing[library]
        self.happened.append(f"{library} opened")
        self.wirings[library] = wiring
        self.clients[library] = Opened(library)
        return self.clients[library]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A session's surroundings, without any process or library."""
    made = Bench()
    monkeypatch.setattr(session_module, "_embedded_venue", made.venue)
    monkeypatch.setattr(session_module, "open_wired", made.open)
    return made


def settings(mode: RunMode = RunMode.OKX_DEMO_SIM, **parts: Any) -> AuditSettings:
    """Settings of one audit that writes nothing."""
    return AuditSettings(mode=mode, symbols=("BTC/USDT",), out=Path("unused"), **parts)


def test_session_of_the_simulation_starts_a_venue_and_ends_it_last(bench: Bench) -> None:
    """Both clients go to the venue that was started; they are closed before it ends."""
    with open_session(settings(), SILENT) as session:
        assert session.base_url == LOCAL
        assert session.skipped == {}
        assert {wiring.base_url for wiring in bench.wirings.values()} == {LOCAL}
    assert [client.is_closed for client in bench.clients.values()] == [True, True]
    assert bench.happened == ["venue started", "ccxt opened", "okx_sdk opened", "venue ended"]


@pytest.mark.parametrize("failing", list(Library))
@pytest.mark.parametrize("failure", [SafetyError("a host is not allowed"), ModuleNotFoundError("x"), KeyError("x")])
def test_session_whose_client_cannot_be_opened_ends_the_venue(
    bench: Bench, failing: Library, failure: Exception
) -> None:
    """A defect of one client leaves no process behind."""
    bench.failing[failing] = failure
    with pytest.raises(type(failure)), open_session(settings(), SILENT):
        pytest.fail("the session was opened")
    assert bench.happened[-1] == "venue ended"


def test_session_whose_second_client_cannot_be_opened_closes_the_first(bench: Bench) -> None:
    """Its sockets are let go, too."""
    bench.failing[Library.OKX_SDK] = SafetyError("a host is not allowed")
    with pytest.raises(SafetyError), open_session(settings(), SILENT):
        pytest.fail("the session was opened")
    assert bench.clients[Library.CCXT].is_closed


def test_session_that_ends_badly_closes_everything(bench: Bench) -> None:
    """Whatever the audit raised, it comes out and the venue is gone."""
    with pytest.raises(KeyboardInterrupt), open_session(settings(), SILENT):
        raise KeyboardInterrupt
    assert [client.is_closed for client in bench.clients.values()] == [True, True]
    assert bench.happened[-1] == "venue ended"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (Library.CCXT, "ccxt_not_installed_using_okx_sdk_evidence"),
        (Library.OKX_SDK, "okx_sdk_not_installed_using_ccxt_evidence"),
    ],
)
def test_session_without_one_library_goes_on_and_names_it(bench: Bench, missing: Library, reason: str) -> None:
    """The other one is asked alone."""
    bench.failing[missing] = LibraryNotInstalled("not there")
    with open_session(settings(), SILENT) as session:
        assert session.skipped == {missing: reason}
        assert set(session.witnesses.clients) == set(Library) - {missing}


def test_session_without_any_library_is_refused_and_ends_the_venue(bench: Bench) -> None:
    """Without a witness there is no audit."""
    bench.failing = {library: LibraryNotInstalled("not there") for library in Library}
    with pytest.raises(UsageError, match="neither ccxt nor python-okx") as refused, open_session(settings(), SILENT):
        pytest.fail("the session was opened")
    assert "pip install" in refused.value.advice
    assert bench.happened == ["venue started", "venue ended"]


@pytest.mark.parametrize("mode", [RunMode.OKX_DEMO_API, RunMode.OKX_LIVE, RunMode.OKX_DEMO_SIM])
def test_session_with_an_address_starts_no_venue(bench: Bench, mode: RunMode) -> None:
    """The address that was given is where both go, in the mode that was asked for."""
    with open_session(settings(mode, base_url="http://127.0.0.1:8"), SILENT) as session:
        assert session.base_url == "http://127.0.0.1:8"
    assert "venue started" not in bench.happened
    assert {(one.base_url, one.mode) for one in bench.wirings.values()} == {("http://127.0.0.1:8", mode)}


@pytest.mark.parametrize("allowed", [True, False])
def test_session_hands_on_the_permission_for_live_orders(bench: Bench, *, allowed: bool) -> None:
    """Neither more nor less than the settings say."""
    with open_session(settings(RunMode.OKX_LIVE, base_url="https://www.okx.com", allow_orders=allowed), SILENT):
        assert {one.allow_live_orders for one in bench.wirings.values()} == {allowed}


def _never(_: WireRequest) -> WireAnswer:
    raise AssertionError


def test_session_over_recorded_answers_has_no_address_and_each_library_its_own(bench: Bench) -> None:
    """No venue is started; a library that was not recorded is named."""
    answers: dict[Library, Callable[[WireRequest], WireAnswer]] = {Library.OKX_SDK: _never}
    with open_session(settings(RunMode.OFFLINE), SILENT, answers) as session:
        assert session.base_url is None
        assert session.skipped == {Library.CCXT: "ccxt_not_recorded"}
        assert bench.wirings[Library.OKX_SDK].answers is _never
    assert "venue started" not in bench.happened


def test_reader_of_recorded_bytes_opens_no_socket_and_keeps_no_journal(bench: Bench) -> None:
    """Reading again is no call: offline, over answers alone."""
    reader = open_reader(settings(), dict.fromkeys(Library, ()))
    reader.close()
    assert {one.mode for one in bench.wirings.values()} <= {RunMode.OFFLINE}
    assert all(one.answers is not None and "None" in repr(one.journal) for one in bench.wirings.values())
