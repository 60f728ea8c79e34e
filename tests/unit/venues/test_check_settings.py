"""What a connection test may be asked to do, which keys it finds, and how its report ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dualwitness.models import Library, RunMode, Venue
from dualwitness.venues.check_credentials import find_keys
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome
from dualwitness.venues.check_report import CheckReport, agreement_line
from dualwitness.venues.check_setup import configuration_line, credentials_line
from dualwitness.venues.errors import SafetyError, UsageError
from tests.support.check_world import SIM_ENVIRONMENT, settings_for

OK, WARNING, FAILED, NOT_POSSIBLE = CheckOutcome
BOTH_SPELLINGS = {
    "OKX_API_KEY": "key-value",
    "OKX_API_SECRET": "secret-value",
    "OKX_SECRET_KEY": "secret-value",
    "OKX_PASSPHRASE": "phrase-value",
}


@pytest.fixture(autouse=True)
def _shipped_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged defaults, wherever the tests are started."""
    monkeypatch.chdir(tmp_path)


# Keys


def test_keys_are_found_in_either_spelling_and_never_shown() -> None:
    """All names that are set are told; neither text nor repr holds a value."""
    keys = find_keys(Venue.OKX, BOTH_SPELLINGS)
    assert keys.given == ("OKX_API_KEY", "OKX_API_SECRET", "OKX_SECRET_KEY", "OKX_PASSPHRASE")
    assert keys.credentials is not None
    assert keys.credentials.passphrase.get_secret_value() == "phrase-value"
    assert "-value" not in keys.told + repr(keys) + repr(keys.credentials)


@pytest.mark.parametrize("part", ["OKX_API_SECRET", "OKX_API_PASSPHRASE"])
def test_two_spellings_that_differ_are_refused_without_a_value(part: str) -> None:
    """Nobody can know which is meant; the message names the variables alone."""
    other = {"OKX_API_SECRET": "OKX_SECRET_KEY", "OKX_API_PASSPHRASE": "OKX_PASSPHRASE"}[part]
    with pytest.raises(UsageError) as caught:
        find_keys(Venue.OKX, SIM_ENVIRONMENT | {other: "something-else"})
    assert part in str(caught.value)
    assert other in str(caught.value)
    assert "something-else" not in caught.value.diagnostics()


@pytest.mark.parametrize("part", sorted(SIM_ENVIRONMENT))
def test_part_of_the_keys_that_is_missing_is_named_in_all_spellings(part: str) -> None:
    """Half a key is none, and the line says which variable to set; a blank one counts as missing."""
    for environment in ({k: v for k, v in SIM_ENVIRONMENT.items() if k != part}, SIM_ENVIRONMENT | {part: ""}):
        keys = find_keys(Venue.OKX, environment)
        assert keys.credentials is None
        assert len(keys.missing) == 1
        assert part in keys.missing[0]
        line = credentials_line(settings_for(mode="okx_demo_api", environment=environment))
        assert line.outcome is FAILED
        assert part in line.told


@pytest.mark.parametrize("value", [" sim-key", "sim-key\n", "sim\u2011key"])
def test_key_with_a_sign_that_cannot_be_sent_is_called_damaged(value: str) -> None:
    """A blank that was copied along is found before the venue calls the key unknown."""
    line = credentials_line(settings_for(mode="okx_demo_api", environment=SIM_ENVIRONMENT | {"OKX_API_KEY": value}))
    assert line.outcome is FAILED
    assert "OKX_API_KEY has blanks" in line.told
    assert value not in line.told


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
def test_keys_of_other_venues_have_their_own_variables(venue: Venue) -> None:
    """OKX's keys are never shown to another venue."""
    assert find_keys(venue, SIM_ENVIRONMENT).credentials is None
    own = {f"{venue.upper()}_API_KEY": "key", f"{venue.upper()}_API_SECRET": "secret"}
    assert find_keys(venue, own).credentials is not None


def test_embedded_venue_is_shown_its_own_keys_and_none_of_the_users() -> None:
    """A test run must not send a real key anywhere."""
    settings = settings_for(environment=BOTH_SPELLINGS)
    assert settings.credentials is not None
    assert settings.credentials.api_key.get_secret_value() == "sim-key"
    line = credentials_line(settings)
    assert line.outcome is OK
    assert "not used here: OKX_API_KEY" in line.told


# Settings


def test_settings_without_any_option_are_the_embedded_venue_through_both_libraries() -> None:
    """No key, no network, no flag needed."""
    settings = settings_for()
    assert (settings.venue, settings.mode, settings.base_url) == (Venue.OKX, RunMode.OKX_DEMO_SIM, None)
    assert settings.libraries == tuple(Library)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_settings_of_another_venue_are_its_demo_side_over_ccxt(venue: str) -> None:
    """The embedded venue cannot stand for it; the configured symbols are what can be asked for."""
    settings = settings_for(venue)
    assert (settings.mode, settings.libraries) == (RunMode.OKX_DEMO_API, (Library.CCXT,))
    assert "demo" in (settings.base_url or "")
    assert settings.contracts[0] == "BTC/USDT:USDT"
    assert configuration_line(settings).outcome is WARNING


@pytest.mark.parametrize(
    "words",
    [
        {"venue": "okex"},
        {"library": "okx"},
        {"mode": "demo"},
        {"mode": "offline"},
        {"venue": "bybit", "mode": "okx_demo_sim"},
        {"venue": "bybit", "library": "okx_sdk"},
        {"venue": "paper", "library": "ccxt"},
    ],
)
def test_settings_that_make_no_sense_are_refused_with_advice(words: dict[str, str]) -> None:
    """Exit code 2, and a way out."""
    with pytest.raises(UsageError) as caught:
        settings_for(**words)
    assert caught.value.exit_code == 2
    assert caught.value.advice


@pytest.mark.parametrize(
    "words",
    [
        {"mode": "okx_live"},
        {"venue": "paper", "mode": "okx_live"},
        {"base_url": "https://www.okx.com"},
        {"base_url": "http://127.0.0.1.example.com"},
    ],
)
def test_settings_that_would_leave_demo_or_this_machine_are_blocked(words: dict[str, str]) -> None:
    """Exit code 4: live without its second switch, and the embedded venue's mode elsewhere."""
    with pytest.raises(SafetyError) as caught:
        settings_for(**words)
    assert caught.value.exit_code == 4


# Report


def line(
    outcome: CheckOutcome = OK, check: CheckName = CheckName.BALANCE, library: str = "ccxt", **more: object
) -> CheckLine:
    """One line, with advice where it needs some."""
    return CheckLine(check, outcome, "told", None if outcome is OK else "do", library, **more)


@pytest.mark.parametrize(
    ("lines", "exit_code"),
    [
        ((line(),), 0),
        ((line(), line(WARNING), line(NOT_POSSIBLE)), 0),
        ((line(FAILED, unanswered=True),), 3),
        ((line(FAILED, unanswered=True), line(FAILED)), 1),
        ((line(FAILED),), 1),
    ],
)
def test_exit_code_is_that_of_the_worst_line(lines: tuple[CheckLine, ...], exit_code: int) -> None:
    """A bad answer weighs more than none, and none more than a warning."""
    report = CheckReport(Venue.OKX, RunMode.OKX_DEMO_SIM, None, lines)
    assert report.exit_code == exit_code
    assert report.as_document()["exit_code"] == exit_code


@pytest.mark.parametrize("outcome", [WARNING, FAILED, NOT_POSSIBLE])
def test_line_that_is_not_ok_and_says_no_way_out_cannot_be_made(outcome: CheckOutcome) -> None:
    """Each failure says what to do about it."""
    with pytest.raises(ValueError, match="what to do"):
        CheckLine(CheckName.BALANCE, outcome, "told")
    with pytest.raises(ValueError, match="it was answered"):
        CheckLine(CheckName.BALANCE, OK, "told", unanswered=True)


def test_report_shows_every_line_and_its_advice_and_nothing_that_a_terminal_obeys() -> None:
    """A venue's words reach the screen as text alone; the JSON has the same lines under stable names."""
    evil = CheckLine(CheckName.CREDENTIALS, FAILED, "refused \x1b[31m", "copy the key again", "ccxt")
    report = CheckReport(Venue.OKX, RunMode.OKX_DEMO_API, "https://www.okx.com", (line(), evil))
    text = report.as_text()
    assert "to do: copy the key again" in text
    assert "\x1b" not in text
    checks = json.loads(json.dumps(report.as_document()))["checks"]
    assert [one["check"] for one in checks] == ["balance", "credentials"]
    assert set(checks[0]) == {"check", "outcome", "told", "advice", "library", "value", "unanswered"}


@pytest.mark.parametrize("check", [CheckName.ACCOUNT_LEVEL, CheckName.OPEN_ORDERS, CheckName.POSITIONS])
def test_libraries_that_know_different_things_are_warned_about(check: CheckName) -> None:
    """Both values are told with the way to find out who is wrong."""
    found = agreement_line((line(check=check, value=1), line(check=check, library="okx_sdk", value=2)))
    assert found is not None
    assert found.outcome is WARNING
    assert "ccxt says 1, okx_sdk says 2" in found.told
    assert "alignment.run" in (found.advice or "")


def test_library_that_knows_nothing_neither_agrees_nor_disagrees() -> None:
    """Unknown is not equal to anything, nor different from it."""
    assert agreement_line((line(value=1), line(FAILED, library="okx_sdk"))) is None
    both = agreement_line((line(value=1), line(library="okx_sdk", value=1)))
    assert both is not None
    assert both.outcome is OK
