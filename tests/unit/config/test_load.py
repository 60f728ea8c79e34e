"""Loading: the shipped values, the choice of folder, and one error with file, line, key and advice."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.config import ConfigError, RiskConfig, config_sha256, load_risk_config, load_venue_config
from dualwitness.models import Venue

SHIPPED = Path(__file__).resolve().parents[3] / "config"
RISK = (SHIPPED / "risk.yaml").read_text(encoding="utf-8")
# The line after the shipped text.
END = RISK.count("\n") + 1
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "AVAXUSDT", "DOGEUSDT")
STRATEGIES = ("trend_following", "mean_reversion", "volatility", "exploration")


def refusal(folder: Path, content: str | bytes) -> ConfigError:
    """What loading this text as risk.yaml is refused with."""
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "risk.yaml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_risk_config(folder)
    return caught.value


def test_shipped_risk_limits_are_those_of_the_contract() -> None:
    """The defaults of risk.yaml, exact and typed."""
    risk = load_risk_config()
    assert risk == RiskConfig(
        max_notional_per_trade_usd=Decimal("1000.0"),
        max_daily_loss_usd=Decimal("5000.0"),
        max_leverage=Decimal(3),
        rate_limit_per_symbol_per_minute=10,
        rate_limit_per_venue_per_minute=60,
        enable_ip_restrictions=False,
        allowed_ips=(),
    )
    assert type(risk.max_notional_per_trade_usd) is Decimal


def test_limits_that_a_file_leaves_out_have_the_shipped_values(tmp_path: Path) -> None:
    """A file of the first seven keys means what it meant, and the limits that came later hold all the same."""
    first = RISK.partition("# New orders, amendments")[0]
    (tmp_path / "risk.yaml").write_text(first, encoding="utf-8")
    assert load_risk_config(tmp_path) == load_risk_config()
    risk = load_risk_config(tmp_path)
    assert (risk.max_messages_per_minute, risk.max_price_deviation_bps, risk.max_reference_age_ms) == (120, 500, 5_000)
    assert (risk.max_position_age_ms, risk.max_pnl_age_ms, risk.max_clock_skew_ms) == (10_000, 60_000, 10_000)
    assert (risk.duplicate_window_ms, risk.max_repeated_executions) == (2_000, 20)
    assert (risk.repeated_execution_window_ms, risk.day_starts_at_ms) == (600_000, 0)
    venue = (SHIPPED / "venues.okx.yaml").read_text(encoding="utf-8")
    (tmp_path / "venues.okx.yaml").write_text(
        "".join(line for line in venue.splitlines(True) if not line.startswith("max_position_per")), encoding="utf-8"
    )
    assert load_venue_config("okx", tmp_path) == load_venue_config("okx")
    assert load_venue_config("okx").max_position_per_symbol_usd == 5000


def test_start_of_the_day_is_read_as_a_time_and_not_as_a_number_of_seconds(tmp_path: Path) -> None:
    """``16:30`` is half past four, whatever YAML 1.1 makes of it."""
    text = RISK.replace("day_starts_at_utc: 00:00", "day_starts_at_utc: 16:30")
    (tmp_path / "risk.yaml").write_text(text, encoding="utf-8")
    assert load_risk_config(tmp_path).day_starts_at_ms == 59_400_000


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("max_messages_per_minute: 0", "must be at least 1"),
        ("max_messages_per_minute: -5", "must be at least 1"),
        ("max_messages_per_minute: 6001", "must be at most 6000"),
        ("max_price_deviation_bps: 0", "must be above 0"),
        ("max_price_deviation_bps: NaN", "is not a plain decimal number"),
        ("max_price_deviation_bps: 5000.1", "must be at most 5000"),
        ("max_reference_age_ms: 60001", "must be at most 60000"),
        ("max_position_age_ms: 1.5", "is not a whole number"),
        ("max_pnl_age_ms: never", "is not a whole number"),
        ("max_clock_skew_ms: 30001", "must be at most 30000"),
        ("duplicate_window_ms: 0", "must be at least 1"),
        ("max_repeated_executions: 1e9", "is not a whole number"),
        ("repeated_execution_window_ms: 86400001", "must be at most 86400000"),
        ("day_starts_at_utc: 24:00", "is not a time of day"),
        ("day_starts_at_utc: 0", "is not a time of day"),
        ("kill_switch_file: ''", "has no value"),
        ("kill_switch_file: reports/risk/state.sqlite3", "is risk_state_file as well"),
        ("risk_state_file: [a]", "is a list or a mapping"),
    ],
)
def test_limit_that_limits_nothing_or_means_nothing_is_refused_with_its_line(
    tmp_path: Path, written: str, problem: str
) -> None:
    """Every key of the risk engine has bounds, and what breaks them is told with file, line and advice."""
    key = written.partition(":")[0]
    lines = RISK.splitlines()
    (number,) = (index for index, line in enumerate(lines) if line.startswith(f"{key}:"))
    lines[number] = written
    error = refusal(tmp_path, "\n".join(lines))
    assert (error.line, error.key, error.exit_code) == (number + 1, key, 2)
    assert problem in str(error)
    assert error.advice


def test_shipped_okx_venue_is_that_of_the_contract() -> None:
    """The defaults of venues.okx.yaml: demo, five symbols, no live orders."""
    okx = load_venue_config("okx")
    assert (okx.enabled, okx.demo_mode, okx.allow_live_orders) == (True, True, False)
    assert (okx.base_url, okx.max_leverage, okx.max_notional_per_symbol_usd) == (
        "https://www.okx.com",
        Decimal(3),
        Decimal("5000.0"),
    )
    assert (okx.allowed_symbols, okx.allowed_strategies) == (SYMBOLS, STRATEGIES)


@pytest.mark.parametrize("venue", Venue)
def test_every_venue_as_shipped_is_demo_without_live_orders(venue: Venue) -> None:
    """Nobody reaches a real account by leaving a file as it came."""
    config = load_venue_config(venue)
    assert config.demo_mode
    assert not config.allow_live_orders


def test_paper_venue_as_shipped_has_no_address() -> None:
    """What sends nothing needs no address."""
    assert load_venue_config(Venue.PAPER).base_url is None


def test_config_folder_of_the_working_directory_wins_over_the_packaged_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder, ./config is used for the files that it has, and the defaults for the others."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "risk.yaml").write_text(RISK.replace("max_leverage: 3", "max_leverage: 2"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_risk_config().max_leverage == 2
    assert load_venue_config("okx").allowed_symbols == SYMBOLS


def test_explicit_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    """A folder that was named is never quietly replaced by the defaults."""
    with pytest.raises(ConfigError, match="does not exist") as caught:
        load_venue_config("okx", tmp_path)
    assert caught.value.file == str(tmp_path / "venues.okx.yaml")


def test_venue_with_a_misspelt_name_is_refused_with_the_nearest() -> None:
    """A venue that does not exist is a configuration error."""
    with pytest.raises(ConfigError) as caught:
        load_venue_config("okex")
    assert caught.value.diagnostics().endswith("Did you mean 'okx'?")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("keyword", ["NO", "ON", "YES", "off", "12:30:00", "1_000", "010", "null", "~", "1e3", "0x10"])
def test_symbol_that_yaml_would_convert_keeps_its_spelling(tmp_path: Path, keyword: str) -> None:
    """`NO` is a symbol, not a boolean; `010` is not eight."""
    text = (SHIPPED / "venues.okx.yaml").read_text(encoding="utf-8").replace("[BTCUSDT,", f"[{keyword},")
    (tmp_path / "venues.okx.yaml").write_text(text, encoding="utf-8")
    assert load_venue_config("okx", tmp_path).allowed_symbols[0] == keyword


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("010", "Write 10."),
        ("1_000", "Write 1000."),
        ("+5", "Write 5."),
        (".5", "Write 0.5."),
        ("5.", "Write 5."),
        ("0x10", "Write it like 1000.0."),
        ("NaN", "Write it like 1000.0."),
        (".inf", "Write it like 1000.0."),
        ("12:30:00", "Write it like 1000.0."),
        ("１０", "Write it like 1000.0."),
        ("1000 # ok", None),
        ("1e3", None),
        ('"7.50"', None),
        ("", "Write a plain decimal number like 1000.0."),
        ("[5]", "Write one value."),
        ("-5", "Write a number above 0."),
        ("0", "Write a number above 0."),
        ("1e10", "Write a number at most 1000000000."),
        ("1e400", "Correct the value; the shipped file shows one that works."),
        ("9" * 100, "Write it like 1000.0."),
    ],
)
def test_number_in_any_other_than_plain_spelling_is_refused(tmp_path: Path, written: str, advice: str | None) -> None:
    """A limit is a plain decimal number in a sane range; what may have been meant is proposed."""
    text = RISK.replace("max_daily_loss_usd: 5000.0", f"max_daily_loss_usd: {written}")
    if advice is None:
        (tmp_path / "risk.yaml").write_text(text, encoding="utf-8")
        number = Decimal(written.split(" #", maxsplit=1)[0].strip('"'))
        assert load_risk_config(tmp_path).max_daily_loss_usd == number
        return
    error = refusal(tmp_path, text)
    assert error.diagnostics().endswith(advice)
    assert (error.line, error.key) == (8, "max_daily_loss_usd")


@pytest.mark.parametrize("written", ["NO", "True", "yes", "1", "", "0", "on"])
def test_boolean_in_any_other_spelling_is_refused(tmp_path: Path, written: str) -> None:
    """Only `true` and `false` are booleans."""
    error = refusal(tmp_path, RISK.replace("restrictions: false", f"restrictions: {written}"))
    assert error.key == "enable_ip_restrictions"
    assert "true" in error.advice or "false" in error.advice


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (RISK.replace("max_leverage: 3", "max_leverge: 3"), 11, "is not a known key"),
        (RISK + "max_leverage: 4\n", END, "key 'max_leverage' was already given in line 11"),
        (RISK + '"max_leverage": 4\n', END, "key 'max_leverage' was already given in line 11"),
        (RISK.replace("max_leverage: 3\n", ""), None, "is missing"),
        (RISK.replace("restrictions: false", "restrictions: true"), 20, "allowed_ips is empty"),
        (RISK.replace("[]", "[10.0.0.1, ten]"), 23, "'ten' is not an IP address or network"),
        (RISK.replace("[]", "[10.0.0.1, 10.0.0.1]"), 23, "'10.0.0.1' is listed twice"),
        (RISK.replace("[]", "none"), 23, "is not a list"),
        (RISK.replace("max_leverage: 3", "max_leverage: &three 3"), 11, "uses an anchor or an alias"),
        (RISK.replace("max_leverage: 3", "max_leverage: *three"), 11, "uses an anchor or an alias"),
        (RISK.replace("max_leverage: 3", "max_leverage: !!int 3"), 11, "uses the tag"),
        (RISK + "<<: {a: b}\n", END, "is not a known key"),
        (RISK + "? [a, b]\n: c\n", END, "has a key that is not a name"),
        (RISK + "---\na: b\n", END, "holds a second document"),
        (RISK + "\tmax: 1\n", END, "is indented with a tab"),
        (RISK + "max: \x07\n", END, "holds a control character"),
        (RISK + "max: [\n", END + 1, "is not valid YAML"),
        (RISK.encode() + b"max: \xff\n", END, "is not UTF-8"),
        (RISK.encode("utf-16"), 1, "is not UTF-8"),
        ("", 1, "is not a mapping"),
        ("# nothing\n", 1, "is not a mapping"),
        ("- a\n", 1, "is not a mapping"),
        ("[" * 50_000, 1, "is nested too deeply or too long"),
        ("a: [" + "x," * 20_000 + "]", 1, "is nested too deeply or too long"),
        ("a: b\n" * 250_000, None, "is larger than 1000000 bytes"),
    ],
)
def test_file_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, line: int | None, problem: str
) -> None:
    """Every defect is one ConfigError that says where it is, what it is and what to do."""
    error = refusal(tmp_path, content)
    place = str(tmp_path / "risk.yaml") + ("" if line is None else f":{line}")
    assert str(error).startswith(f"{place}: ")
    assert problem in str(error)
    assert error.advice
    assert error.exit_code == 2


def test_demo_venue_with_live_orders_is_refused(tmp_path: Path) -> None:
    """The two statements contradict each other, so neither is believed."""
    text = (SHIPPED / "venues.okx.yaml").read_text(encoding="utf-8")
    text = text.replace("allow_live_orders: false", "allow_live_orders: true")
    (tmp_path / "venues.okx.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="is true, and so is demo_mode") as caught:
        load_venue_config("okx", tmp_path)
    assert (caught.value.line, caught.value.key) == (13, "allow_live_orders")


def test_restriction_to_no_address_is_refused_with_its_line(tmp_path: Path) -> None:
    """An error between two keys names the line of the one to look at."""
    error = refusal(tmp_path, RISK.replace("enable_ip_restrictions: false", "enable_ip_restrictions: true"))
    assert (error.line, error.key) == (20, "enable_ip_restrictions")
    assert error.diagnostics().endswith("List the addresses, or set enable_ip_restrictions to false.")


def test_pipe_in_place_of_a_file_is_refused_unread(tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tmp_path / "risk.yaml")
    with pytest.raises(ConfigError, match="is not a file"):
        load_risk_config(tmp_path)


def test_misspelt_key_is_refused_with_the_nearest_known(tmp_path: Path) -> None:
    """A misspelt limit would be no limit; the right name is proposed."""
    error = refusal(tmp_path, RISK.replace("max_leverage: 3", "max_leverge: 3"))
    assert error.diagnostics().endswith("risk.yaml:11: max_leverge: is not a known key. Did you mean 'max_leverage'?")


def test_digest_changes_with_any_byte_of_any_file(tmp_path: Path) -> None:
    """The digest covers every file that would be read, and tells an absent file from an empty one."""
    for source in SHIPPED.glob("*.yaml"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    seen = {config_sha256(tmp_path)}
    assert seen == {config_sha256()}
    for source in sorted(tmp_path.glob("*.yaml")):
        source.write_bytes(source.read_bytes() + b"\n")
        seen.add(config_sha256(tmp_path))
    source.write_bytes(b"")
    seen.add(config_sha256(tmp_path))
    source.unlink()
    seen.add(config_sha256(tmp_path))
    assert len(seen) == 8
