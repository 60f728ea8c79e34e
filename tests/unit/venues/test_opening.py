"""The one door to all clients: names, refusals, missing libraries and where calls are journalled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dualwitness.models import Library, RunMode, Venue
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues import Credentials, SafetyError, UsageError, VenueClient, open_venue, opening
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_wired
from dualwitness.venues.wiring import OKX_HOSTS, Wiring
from tests.support.audit_run import ROOT, clean_environment
from tests.support.clients import heard_venue

LOCAL = "http://127.0.0.1:9"
TIME = WireAnswer(200, b'{"code":"0","data":[{"ts":"1700000000000"}],"msg":""}')


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Venue, Library, Wiring]]:
    """What `open_venue` would open, without opening it."""
    seen: list[tuple[Venue, Library, Wiring]] = []
    monkeypatch.setattr(opening, "open_wired", lambda *given: seen.append(given))
    return seen


WRONG = [
    ({"venue": "okxx"}, "unknown venue 'okxx'", "did you mean okx?"),
    ({"venue": "OKX"}, "unknown venue 'OKX'", "choose one of okx, bybit, binance, paper"),
    ({"venue": "binanc"}, "unknown venue 'binanc'", "did you mean binance?"),
    ({"venue": "kraken"}, "unknown venue 'kraken'", "choose one of okx, bybit, binance, paper"),
    ({"venue": ""}, "unknown venue ''", "choose one of"),
    ({"library": "cctx"}, "unknown library 'cctx'", "did you mean ccxt?"),
    ({"library": "okx-sdk"}, "unknown library 'okx-sdk'", "did you mean okx_sdk?"),
    ({"library": "zzz"}, "unknown library 'zzz'", "choose one of ccxt, okx_sdk"),
    ({"mode": "okx_demo"}, "unknown mode 'okx_demo'", "did you mean okx_demo_"),
    ({"mode": "live"}, "unknown mode 'live'", "okx_live"),
    ({"mode": ""}, "unknown mode ''", "choose one of"),
]


@pytest.mark.parametrize(("given", "told", "advice"), WRONG)
def test_opening_by_an_unknown_name_is_refused_with_a_suggestion(given: dict[str, Any], told: str, advice: str) -> None:
    """The nearest valid name where one is near, else all of them."""
    with pytest.raises(UsageError) as refused:
        open_venue(**{"venue": "okx", "base_url": LOCAL} | given)
    assert told in str(refused.value)
    assert advice in refused.value.advice
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_opening_another_venue_over_python_okx_is_refused(venue: str) -> None:
    """python-okx knows OKX alone, and says so before anything is opened."""
    with pytest.raises(UsageError, match=f"python-okx does not know {venue}") as refused:
        open_venue(venue, library="okx_sdk")
    assert "ccxt" in refused.value.advice


@pytest.mark.parametrize("library", ["ccxt", "okx_sdk"])
@pytest.mark.parametrize("base_url", [None, LOCAL])
def test_opening_the_paper_venue_is_refused_over_any_library(library: str, base_url: str | None) -> None:
    """Paper is reached over no library, whatever address is given, and through neither door."""
    with pytest.raises(UsageError, match="paper") as refused:
        open_venue("paper", library=library, base_url=base_url)
    assert "okx" in refused.value.advice
    with pytest.raises(UsageError, match="paper"):
        open_wired(Venue.PAPER, Library(library), Wiring(LOCAL))


@pytest.mark.parametrize(
    ("mode", "told"), [("offline", "no answers were given"), ("okx_demo_sim", "embedded venue's address")]
)
def test_opening_a_mode_that_must_not_reach_okx_never_goes_home(
    wired: list[tuple[Venue, Library, Wiring]], mode: str, told: str
) -> None:
    """Neither offline nor the simulation falls back to the real host."""
    with pytest.raises(UsageError, match=told):
        open_venue("okx", mode=mode)
    assert wired == []


@pytest.mark.parametrize("library", ["ccxt", "okx_sdk"])
@pytest.mark.parametrize(
    "url", ["https://www.okx.com.evil.example", "http://www.okx.com", "https://api.bybit.com", "x"]
)
def test_opening_okx_at_a_foreign_address_is_blocked(library: str, url: str) -> None:
    """The host is refused before a library is loaded or a socket opened."""
    with pytest.raises(SafetyError):
        open_venue("okx", library=library, base_url=url)


@pytest.mark.parametrize(("venue", "url"), [("bybit", "https://www.okx.com"), ("binance", "https://api.bybit.com")])
def test_opening_another_venue_at_the_address_of_a_third_is_blocked(venue: str, url: str) -> None:
    """Keys of one venue never go to another."""
    with pytest.raises(SafetyError):
        open_venue(venue, base_url=url)


def test_opening_over_a_wiring_with_a_foreign_address_is_blocked_too() -> None:
    """The second door has the same guard."""
    with pytest.raises(SafetyError):
        open_wired(Venue.OKX, Library.CCXT, Wiring("https://evil.example", answers=lambda _: TIME))


def test_opening_okx_with_no_more_words_is_demo_over_ccxt(wired: list[tuple[Venue, Library, Wiring]]) -> None:
    """Demo is the default everywhere, and live orders are off."""
    open_venue("okx")
    ((venue, library, wiring),) = wired
    assert (venue, library) == (Venue.OKX, Library.CCXT)
    assert (wiring.base_url, wiring.mode, wiring.demo) == ("https://www.okx.com", RunMode.OKX_DEMO_API, True)
    assert (wiring.allow_live_orders, wiring.answers, wiring.timeout_ms) == (False, None, 10_000)
    assert wiring.allowed_hosts == OKX_HOSTS


@pytest.mark.parametrize(
    ("venue", "home"), [("bybit", "https://api-demo.bybit.com"), ("binance", "https://demo-api.binance.com")]
)
def test_opening_another_venue_goes_to_its_demo_home(
    wired: list[tuple[Venue, Library, Wiring]], venue: str, home: str
) -> None:
    """Their demo hosts, with their own allow-lists that hold no host of OKX."""
    open_venue(venue)
    ((_, _, wiring),) = wired
    assert wiring.guard().base_url == home
    assert not wiring.allowed_hosts & OKX_HOSTS


def test_journal_of_an_opened_venue_lies_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to name a place: each library's calls are in its file, without the keys."""
    monkeypatch.chdir(tmp_path)
    keys = {"api_key": "sim-key", "api_secret": "sim-secret", "passphrase": "sim-passphrase"}
    credentials = Credentials(**{name: SecretStr(value) for name, value in keys.items()})
    with heard_venue("funded") as (_, base_url):
        for library in Library:
            client = open_venue("okx", library=library, base_url=base_url, credentials=credentials)
            try:
                assert client.get_server_time() > 0
                client.get_account_config()
            finally:
                client.close()
    folder = tmp_path / "reports" / "exchanges"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert set(texts) == {"ccxt_api.jsonl", "okx_api.jsonl"}
    assert all('"path":"/api/v5/public/time"' in text for text in texts.values())
    assert [value for value in keys.values() if any(value in text for text in texts.values())] == []


def test_journal_of_an_opened_venue_hides_the_keys_that_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wired: list[tuple[Venue, Library, Wiring]]
) -> None:
    """Its redactor knows all three secrets of the credentials."""
    monkeypatch.chdir(tmp_path)
    words = ("first-key", "second-secret", "third-word")
    key, secret, word = map(SecretStr, words)
    open_venue("okx", credentials=Credentials(api_key=key, api_secret=secret, passphrase=word))
    request = WireRequest("GET", "https", "www.okx.com", "/x", "&".join(words), b"")
    wired[0][2].journal.record(WireExchange.of(Library.CCXT, request, None, started_ms=1, duration_ms=1.0))
    text = (tmp_path / "reports" / "exchanges" / "ccxt_api.jsonl").read_text(encoding="utf-8")
    assert [one for one in words if one in text] == []
    assert '"query":"[redacted]&[redacted]&[redacted]"' in text


@pytest.mark.parametrize("library", list(Library))
def test_opened_venue_over_recorded_answers_journals_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    """Recorded answers are no calls, and need no socket; a journal that was named is kept."""
    monkeypatch.chdir(tmp_path)
    client: VenueClient = open_venue("okx", library=library, base_url=LOCAL, answers=lambda _: TIME)
    assert client.get_server_time() == 1_700_000_000_000
    assert (client.venue, client.label) == (Venue.OKX, str(library))
    client.close()
    assert list(tmp_path.iterdir()) == []


def test_opened_venue_with_a_journal_keeps_to_it(wired: list[tuple[Venue, Library, Wiring]], tmp_path: Path) -> None:
    """A journal that was given replaces the default place."""
    mine = CallJournal(tmp_path / "mine")
    open_venue("okx", journal=mine)
    assert wired[0][2].journal is mine


# In a process of its own: imports that failed and succeeded again would leave two copies of each class behind.
_MISSING = """
import sys
sys.modules[{module!r}] = None
from dualwitness.venues import open_venue
try:
    open_venue("okx", library={library!r}, base_url={url!r})
except Exception as error:
    print(type(error).__name__, error, getattr(error, "advice", ""), sep="|")
"""


def _opened_without(module: str, library: str, url: str = LOCAL) -> str:
    command = [sys.executable, "-c", _MISSING.format(module=module, library=library, url=url)]
    done = subprocess.run(command, env=clean_environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("module", "library", "name"), [("ccxt", "ccxt", "ccxt"), ("okx", "okx_sdk", "python-okx")])
def test_opening_over_a_library_that_is_not_installed_names_it(module: str, library: str, name: str) -> None:
    """The distribution and the command that installs it, not an import error."""
    told = f"LibraryNotInstalled|{name} is not installed|run: python -m pip install {name}"
    assert _opened_without(module, library) == told


@pytest.mark.parametrize(("module", "library"), [("requests", "ccxt"), ("httpx", "okx_sdk")])
def test_opening_with_another_module_missing_does_not_blame_the_library(module: str, library: str) -> None:
    """A broken installation is not a library that is missing: the import error passes through."""
    told = _opened_without(module, library)
    assert told.startswith("ModuleNotFoundError|")
    assert module in told


@pytest.mark.parametrize(("module", "library"), [("ccxt", "okx_sdk"), ("okx", "ccxt")])
def test_opening_over_one_library_does_not_need_the_other(module: str, library: str) -> None:
    """Whoever has one alone can work with it."""
    assert _opened_without(module, library) == ""


@pytest.mark.parametrize(("module", "library"), [("ccxt", "ccxt"), ("okx", "okx_sdk")])
def test_opening_at_a_foreign_address_is_blocked_before_the_library_is_loaded(module: str, library: str) -> None:
    """The address is looked at first: what must not be reached is no question of what is installed."""
    assert _opened_without(module, library, "https://evil.example").startswith("SafetyError|")
