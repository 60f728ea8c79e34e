"""What a connection test makes of each answer: clock, key, account, errors, and what left for the venue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dualwitness.models import AccountLevel, Position, PositionMode, RunMode, Venue
from dualwitness.venues.check import _show
from dualwitness.venues.check_account import (
    KeyFacts,
    account_level_line,
    ip_binding_line,
    key_facts_of,
    permissions_line,
    position_mode_line,
)
from dualwitness.venues.check_connection import check_connection
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome
from dualwitness.venues.check_report import CheckReport
from dualwitness.venues.errors import (
    AuthenticationRefused,
    EnvelopeInvalid,
    RateLimited,
    SafetyError,
    TransportError,
    Unsupported,
    VenueRefusal,
)
from tests.support.check_world import (
    SIM_ENVIRONMENT,
    ToldClient,
    account_config,
    asked_of,
    by_name,
    exchange_of,
    settings_for,
)

OK, WARNING, FAILED, NOT_POSSIBLE = CheckOutcome


@pytest.mark.parametrize("offset_ms", [-61_000, 61_000])
def test_clock_that_is_a_minute_off_fails_with_what_to_do(offset_ms: int) -> None:
    """Venue time is a minute from ours in either direction."""
    client = ToldClient(server_time=offset_ms, exchanges=(exchange_of(),))
    line = by_name(check_connection(client, asked_of()))[CheckName.CLOCK]
    assert (line.outcome, line.value) == (FAILED, offset_ms)
    assert "NTP" in (line.advice or "")


@pytest.mark.parametrize(
    ("apart_ms", "took_ms", "outcome"),
    [
        (0, 0, OK),
        (1_000, 0, OK),
        (1_001, 0, WARNING),
        (-1_001, 0, WARNING),
        (10_000, 0, WARNING),
        (10_001, 0, FAILED),
        (1_900, 2_000, OK),
        (10_900, 2_000, WARNING),
        (11_100, 2_000, FAILED),
    ],
)
def test_clock_is_judged_by_what_is_certain_of_its_distance(apart_ms: int, took_ms: int, outcome: CheckOutcome) -> None:
    """Half of what the call took is taken off before anything is said; the limit is that of risk.yaml."""
    moments = iter([0, took_ms])
    client = ToldClient(server_time=took_ms // 2 + apart_ms)
    asked = asked_of(now_ms=lambda: next(moments), has_keys=False)
    assert by_name(check_connection(client, asked))[CheckName.CLOCK].outcome is outcome


# What an account may do


@pytest.mark.parametrize(
    ("permissions", "outcome", "words"),
    [
        (("read_only", "trade"), OK, ""),
        (("read_only",), WARNING, "every order will be refused"),
        (("read_only", "trade", "withdraw"), WARNING, "without withdrawal"),
        (("withdraw",), WARNING, "without withdrawal"),
        (None, NOT_POSSIBLE, "page of API keys"),
    ],
)
def test_permissions_of_a_key_are_judged_by_the_harm_they_can_do(
    permissions: tuple[str, ...] | None, outcome: CheckOutcome, words: str
) -> None:
    """Withdrawal is warned about before all else; what was not said is not taken for granted."""
    line = permissions_line(permissions, "okx_sdk", at_wire=False)
    assert line.outcome is outcome
    assert words in (line.advice or "")


@pytest.mark.parametrize(
    ("addresses", "demo", "outcome"),
    [
        (("203.0.113.7",), False, OK),
        ((), False, WARNING),
        ((), True, OK),
        (None, False, NOT_POSSIBLE),
        (None, True, NOT_POSSIBLE),
    ],
)
def test_binding_to_an_address_is_asked_of_live_keys_alone(
    addresses: tuple[str, ...] | None, demo: bool, outcome: CheckOutcome
) -> None:
    """A key that is bound to nothing is a risk where there is money, and what was not said is not "unbound"."""
    assert ip_binding_line(KeyFacts(addresses=addresses), "ccxt", demo=demo).outcome is outcome


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        (b'{"code":"0","data":[{"perm":"trade,read_only","ip":""}]}', KeyFacts(("read_only", "trade"), ())),
        (b'{"code":"0","data":[{"perm":"","ip":"203.0.113.7"}]}', KeyFacts(None, ("203.0.113.7",))),
        (b'{"code":"0","data":[{"ip":null}]}', KeyFacts()),
        (b'{"code":"0","data":[]}', KeyFacts()),
        (b'{"code":"0","data":{"perm":"trade"}}', KeyFacts()),
        (b"<html>", KeyFacts()),
    ],
)
def test_facts_of_a_key_that_the_answer_does_not_say_stay_unknown(body: bytes, facts: KeyFacts) -> None:
    """A blank list of addresses is the venue's word, a missing one is nobody's."""
    assert key_facts_of([exchange_of(path="/api/v5/account/config", body=body)]) == facts


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (AccountLevel.SPOT, "no margin or swap or future"),
        (AccountLevel.FUTURES, "spot in cash or cross or isolated"),
        (AccountLevel.MULTI_CURRENCY, "spot and margin in cross;"),
        (AccountLevel.PORTFOLIO, "in cross"),
    ],
)
def test_account_level_is_told_with_the_modes_that_it_allows(level: AccountLevel, words: str) -> None:
    """The sentence follows the legal matrix that orders are resolved by."""
    line = account_level_line(account_config(level), "ccxt")
    assert (line.outcome, line.value) == (OK, str(level))
    assert words in line.told


def test_long_and_short_positions_on_a_portfolio_account_are_warned_about() -> None:
    """OKX would refuse every contract there (51041)."""
    line = position_mode_line(account_config(AccountLevel.PORTFOLIO, PositionMode.LONG_SHORT), "ccxt")
    assert line.outcome is WARNING
    assert "51041" in line.told


@pytest.mark.parametrize("line_of", [account_level_line, position_mode_line])
def test_set_up_that_is_not_known_is_a_warning_without_a_value(line_of: Callable[..., CheckLine]) -> None:
    """No default is put in the place of what was not said."""
    line = line_of(account_config(None, None), "okx_sdk")
    assert (line.outcome, line.value) == (WARNING, None)
    assert "blank" in line.told


# What a client's errors mean


@pytest.mark.parametrize(
    ("venue", "code", "check"),
    [
        (Venue.OKX, "50101", CheckName.ENVIRONMENT),
        (Venue.OKX, "50102", CheckName.CLOCK),
        (Venue.OKX, "50110", CheckName.IP_BINDING),
        (Venue.OKX, "50120", CheckName.PERMISSIONS),
        (Venue.OKX, "50199", CheckName.CREDENTIALS),
        (Venue.BYBIT, "10010", CheckName.IP_BINDING),
        (Venue.BYBIT, "10002", CheckName.CLOCK),
        (Venue.BINANCE, "-2015", CheckName.CREDENTIALS),
        (Venue.BINANCE, "-1021", CheckName.CLOCK),
    ],
)
def test_refusal_of_a_key_fails_the_check_that_its_code_is_about(venue: Venue, code: str, check: CheckName) -> None:
    """One failed line, the rest not asked, and no second private call."""
    client = ToldClient(config=AuthenticationRefused("refused", code=code), exchanges=(exchange_of(),))
    lines = check_connection(client, asked_of(venue))
    assert [line.check for line in lines if line.outcome is FAILED] == [check]
    assert client.asked == ["get_server_time", "get_account_config"]


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("too many", code="50011"),
        VenueRefusal("busy", code="50001"),
        TransportError("no answer"),
        EnvelopeInvalid("no JSON"),
    ],
)
def test_failure_that_says_nothing_of_the_key_blames_no_key(error: Exception) -> None:
    """The environment is unanswered, and what can still be asked is asked."""
    client = ToldClient(config=error, exchanges=(exchange_of(),))
    lines = by_name(check_connection(client, asked_of()))
    assert CheckName.CREDENTIALS not in lines
    assert lines[CheckName.ENVIRONMENT].unanswered
    assert lines[CheckName.POSITIONS].outcome is OK


@pytest.mark.parametrize(
    ("error", "unanswered", "exit_code"),
    [(VenueRefusal("no", code="50030"), False, 1), (RateLimited("too many", code="50011"), True, 3)],
)
def test_read_that_the_venue_refuses_is_an_answer_unless_it_says_not_now(
    error: VenueRefusal, unanswered: bool, exit_code: int
) -> None:
    """A refusal fails the line, too many requests leave it open; neither makes the account empty."""
    client = ToldClient(balance=error, exchanges=(exchange_of(),))
    lines = check_connection(client, asked_of())
    line = by_name(lines)[CheckName.BALANCE]
    assert (line.outcome, line.value, line.unanswered) == (FAILED, None, unanswered)
    assert CheckReport(Venue.OKX, RunMode.OKX_DEMO_API, None, lines).exit_code == exit_code


def test_position_is_counted_unless_the_venue_itself_calls_it_flat() -> None:
    """A closed row is none, and one that nobody can read is shown as unknown, not left out."""
    names = [name for name in Position.model_fields if name not in ("symbol", "market_type", "has_position", "reasons")]

    def row(held: bool | None) -> Position:
        reasons = dict.fromkeys(names + ["has_position"] * (held is None), "blank")
        given = {"symbol": "BTC/USDT:USDT", "market_type": "swap", "has_position": held, "reasons": reasons}
        return Position.model_validate(dict.fromkeys(names) | given)

    client = ToldClient(positions=lambda _: (row(False), row(True), row(None)), exchanges=(exchange_of(),))
    line = by_name(check_connection(client, asked_of()))[CheckName.POSITIONS]
    assert line.value == 2
    assert "unknown (blank)" in line.told


@pytest.mark.parametrize("as_json", [False, True])
def test_secret_that_stands_in_a_line_is_not_printed(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """The last door: whatever a text holds, no value of a key leaves through it."""
    environment = {name: f"{name.lower()}-value" for name in SIM_ENVIRONMENT}
    settings = settings_for(mode="okx_demo_api", environment=environment)
    line = CheckLine(CheckName.CREDENTIALS, OK, f"the venue said {' '.join(environment.values())}")
    _show(CheckReport(Venue.OKX, settings.mode, None, (line,)), settings, as_json=as_json)
    shown = capsys.readouterr().out
    assert "the venue said" in shown
    assert "-value" not in shown


def test_request_that_would_leave_for_elsewhere_ends_the_check() -> None:
    """What safety forbids is no line of a report."""
    with pytest.raises(SafetyError):
        check_connection(ToldClient(config=SafetyError("elsewhere")), asked_of())


@pytest.mark.parametrize(
    ("exchanges", "outcome"),
    [
        ((exchange_of(), exchange_of()), OK),
        ((exchange_of("POST", "/api/v5/trade/order"),), FAILED),
        ((exchange_of("DELETE"), exchange_of()), FAILED),
        ((exchange_of(), exchange_of(demo=False)), FAILED),
    ],
)
def test_requests_that_left_are_held_against_reading_in_demo(
    exchanges: tuple[object, ...], outcome: CheckOutcome
) -> None:
    """A request that is no GET, and one without the demo header, each fail the test."""
    client = ToldClient(exchanges=exchanges)
    assert by_name(check_connection(client, asked_of(has_keys=False)))[CheckName.REQUESTS].outcome is outcome


def test_check_without_keys_asks_for_the_time_alone() -> None:
    """The clock is public; all else is said to need keys."""
    client = ToldClient(exchanges=(exchange_of(),))
    lines = by_name(check_connection(client, asked_of(has_keys=False)))
    assert client.asked == ["get_server_time"]
    assert lines[CheckName.BALANCE].outcome is NOT_POSSIBLE
    assert lines[CheckName.BALANCE].value is None


# Other venues


def test_bybit_is_proven_by_its_balance_and_asked_by_contract() -> None:
    """CCXT has no word for its account; orders and positions are those of the configured contracts, and said so."""
    contracts = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    client = ToldClient(config=Unsupported("no account configuration"), exchanges=(exchange_of(demo=False),))
    lines = by_name(check_connection(client, asked_of(Venue.BYBIT, contracts=contracts, pairs=("BTC/USDT",))))
    assert lines[CheckName.ENVIRONMENT].outcome is OK
    assert lines[CheckName.ACCOUNT_LEVEL].outcome is NOT_POSSIBLE
    assert lines[CheckName.POSITIONS].value == 0
    assert "no other instrument was asked" in lines[CheckName.POSITIONS].told
    assert [one for one in client.asked if "positions" in one] == [f"get_positions {one}" for one in contracts]
    assert lines[CheckName.REQUESTS].outcome is OK


def test_binance_is_proven_by_a_fee_rate_and_its_balance_stays_unknown() -> None:
    """The one signed read that CCXT makes there for the whole account is that of a pair's fees."""
    unsupported = Unsupported("one wallet at a time")
    client = ToldClient(config=unsupported, balance=unsupported, exchanges=(exchange_of(demo=False),))
    lines = by_name(
        check_connection(client, asked_of(Venue.BINANCE, pairs=("BTC/USDT",), contracts=("BTC/USDT:USDT",)))
    )
    assert "get_fee_rates BTC/USDT" in client.asked
    assert lines[CheckName.ENVIRONMENT].outcome is OK
    assert (lines[CheckName.BALANCE].outcome, lines[CheckName.BALANCE].value) == (NOT_POSSIBLE, None)
