"""What the command line may ask for: every bad option is refused with the right code and a way out."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.settings import AuditSettings, credentials_from, settings_from
from dualwitness.config import ConfigError
from dualwitness.models import RunMode, Severity
from dualwitness.venues import SafetyError, UsageError

KEYS = {"OKX_API_KEY": "key-0001", "OKX_API_SECRET": "secret-0001", "OKX_API_PASSPHRASE": "phrase-0001"}


def settings(**changes: Any) -> AuditSettings:
    """Settings of a plain run, with changes."""
    usual: dict[str, Any] = {
        "mode": "okx_demo_sim",
        "symbols": None,
        "samples": None,
        "base_url": None,
        "config": None,
        "out": "runs",
        "seed": 0,
        "lies": (),
        "fail_on": "S1",
        "allow_orders": False,
        "environment": {},
    }
    return settings_from(**usual | changes)


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> Path:
    """A copy of the configuration that a test may edit."""
    folder = tmp_path / "config"
    folder.mkdir()
    for path in (repository / "config").glob("*.yaml"):
        shutil.copy(path, folder)
    return folder


def edit(folder: Path, before: str, after: str) -> None:
    """Change one line of the OKX configuration."""
    path = folder / "venues.okx.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_settings_without_any_option_start_the_embedded_venue() -> None:
    """No key, no network, no flag: the embedded venue's own keys, the configured symbols, the risk limit."""
    plain = settings()
    assert (plain.mode, plain.base_url, plain.demo, plain.fail_on) == (RunMode.OKX_DEMO_SIM, None, True, Severity.S1)
    assert plain.symbols[:2] == ("BTC/USDT", "BTC/USDT:USDT")
    assert len(plain.symbols) == 10
    assert plain.credentials is not None
    assert plain.credentials.api_key.get_secret_value() == "sim-key"
    assert plain.max_notional_usd == Decimal(1000)
    assert not plain.symbols_given
    assert len(plain.config_sha256) == 64


BAD_OPTIONS = [
    ("misspelt mode", {"mode": "okx_demo_sin"}, "did you mean okx_demo_sim?"),
    ("misspelt live", {"mode": "okx-live"}, "did you mean okx_live?"),
    ("unknown mode", {"mode": "§§§"}, "choose one of okx_demo_sim, offline, okx_demo_api, okx_live"),
    ("blank mode", {"mode": ""}, "choose one of"),
    ("misspelt severity", {"fail_on": "S9"}, "S0"),
    ("lie offline", {"mode": "offline", "samples": ".", "lies": ("x",)}, "okx_demo_sim"),
    ("lie on demo", {"mode": "okx_demo_api", "lies": ("x",), "environment": KEYS}, "okx_demo_sim"),
    ("lie at a given venue", {"base_url": "http://127.0.0.1:1", "lies": ("x",)}, "--base-url"),
    ("offline without samples", {"mode": "offline"}, "--samples DIR"),
    ("samples without offline", {"samples": "."}, "--mode offline"),
    ("samples that do not exist", {"mode": "offline", "samples": "no/such/folder"}, "INDEX.json"),
    ("offline with a venue", {"mode": "offline", "samples": ".", "base_url": "http://127.0.0.1:1"}, "leave it out"),
    ("orders allowed on demo", {"allow_orders": True}, "leave it out"),
    ("no keys on demo", {"mode": "okx_demo_api"}, "OKX_API_KEY"),
    ("half a key", {"environment": {"OKX_API_KEY": "a"}}, "set all three"),
    ("no symbol", {"symbols": " , "}, "--symbols"),
    ("symbol that is none", {"symbols": "BTC"}, "BTC/USDT:USDT"),
    ("broken unified symbol", {"symbols": "BTC/USDT:"}, "BTC-USDT-SWAP"),
    ("broken venue id", {"symbols": "BTC-"}, "BTC-USDT-SWAP"),
    ("lower case shorthand", {"symbols": "btcusdt"}, "BTCUSDT"),
]


@pytest.mark.parametrize(
    ("options", "advice"), [case[1:] for case in BAD_OPTIONS], ids=[case[0] for case in BAD_OPTIONS]
)
def test_bad_option_is_a_usage_error_with_a_way_out(options: dict[str, Any], advice: str) -> None:
    """Exit 2, and the message says what would have been right."""
    with pytest.raises(UsageError) as refused:
        settings(**options)
    assert refused.value.exit_code == 2
    assert advice.lower() in refused.value.diagnostics().lower()


@pytest.mark.parametrize(
    "base_url",
    [
        "http://www.okx.com",
        "https://www.okx.com.evil.example",
        "https://evil.example",
        "https://www.okx.com:8443",
        "http://10.0.0.1:8080",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "https://www.okx.com@evil.example",
    ],
)
def test_base_url_beyond_loopback_and_okx_is_blocked(base_url: str) -> None:
    """Exit 4, whatever the mode: nothing signed leaves for anywhere else."""
    for options in ({}, {"mode": "okx_demo_api", "environment": KEYS}):
        with pytest.raises(SafetyError) as refused:
            settings(base_url=base_url, **options)
        assert refused.value.exit_code == 4


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8080", "http://localhost:1", "https://eea.okx.com"])
def test_base_url_of_loopback_or_okx_is_kept(base_url: str) -> None:
    """Both libraries are sent there."""
    assert settings(base_url=base_url).base_url == base_url


def test_demo_at_okx_lives_where_the_configuration_says() -> None:
    """The keys of the environment, the configured host, and no real money."""
    demo = settings(mode="okx_demo_api", environment=KEYS)
    assert (demo.base_url, demo.demo) == ("https://www.okx.com", True)
    assert demo.secrets == ("key-0001", "secret-0001", "phrase-0001")


def test_live_needs_the_configuration_to_say_so_too(config: Path) -> None:
    """One switch is not enough: exit 4; with both it is live, and orders are still off."""
    with pytest.raises(SafetyError) as refused:
        settings(mode="okx_live", environment=KEYS, config=str(config))
    assert refused.value.exit_code == 4
    edit(config, "demo_mode: true", "demo_mode: false")
    live = settings(mode="okx_live", environment=KEYS, config=str(config))
    assert (live.demo, live.allow_orders) == (False, False)


def test_live_orders_need_both_switches(config: Path) -> None:
    """The option without the configuration is blocked; the configuration without the option allows nothing."""
    edit(config, "demo_mode: true", "demo_mode: false")
    with pytest.raises(SafetyError) as refused:
        settings(mode="okx_live", environment=KEYS, config=str(config), allow_orders=True)
    assert refused.value.exit_code == 4
    edit(config, "allow_live_orders: false", "allow_live_orders: true")
    assert not settings(mode="okx_live", environment=KEYS, config=str(config)).allow_orders
    assert settings(mode="okx_live", environment=KEYS, config=str(config), allow_orders=True).allow_orders


def test_a_venue_that_is_switched_off_is_blocked(config: Path) -> None:
    """Exit 4: the configuration forbids it."""
    edit(config, "enabled: true", "enabled: false")
    with pytest.raises(SafetyError, match="enabled: false"):
        settings(config=str(config))


@pytest.mark.parametrize("file", ["risk.yaml", "venues.okx.yaml"])
def test_a_configuration_that_cannot_be_read_is_refused(config: Path, file: str) -> None:
    """Exit 2 with the file's name."""
    (config / file).write_text("nonsense: true\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=file) as refused:
        settings(config=str(config))
    assert refused.value.exit_code == 2


def test_another_configuration_has_another_digest(config: Path) -> None:
    """A run says by which configuration it was made."""
    before = settings(config=str(config)).config_sha256
    edit(config, "max_leverage: 3", "max_leverage: 2")
    assert settings(config=str(config)).config_sha256 != before


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("BTC/USDT:USDT", ("BTC/USDT:USDT",)),
        ("BTC-USDT-SWAP", ("BTC/USDT:USDT",)),
        ("BTC-USDT, ETH/USDT", ("BTC/USDT", "ETH/USDT")),
        ("BTCUSDT", ("BTC/USDT", "BTC/USDT:USDT")),
        ("BTCUSD", ("BTC/USD", "BTC/USD:BTC")),
        ("BTCUSDC", ("BTC/USDC", "BTC/USDC:USDC")),
        ("BTC-USDT,BTCUSDT,BTC/USDT:USDT", ("BTC/USDT", "BTC/USDT:USDT")),
        ("ETH/USDT,,BTC/USDT", ("ETH/USDT", "BTC/USDT")),
    ],
)
def test_symbols_are_understood_in_every_spelling_once_and_in_order(text: str, symbols: tuple[str, ...]) -> None:
    """Unified, as OKX spells them, or short for the pair and its perpetual."""
    given = settings(symbols=text)
    assert given.symbols == symbols
    assert given.symbols_given


OLD_KEYS = {"OKX_API_KEY": "key-0001", "OKX_SECRET_KEY": "secret-0001", "OKX_PASSPHRASE": "phrase-0001"}


@pytest.mark.parametrize("environment", [KEYS, OLD_KEYS, KEYS | OLD_KEYS])
def test_keys_are_found_in_either_spelling(environment: dict[str, str]) -> None:
    """Both spellings with one value are one key."""
    keys = credentials_from(environment)
    assert keys is not None
    assert keys.api_secret.get_secret_value() == "secret-0001"
    assert keys.passphrase.get_secret_value() == "phrase-0001"


@pytest.mark.parametrize("name", ["OKX_SECRET_KEY", "OKX_PASSPHRASE"])
def test_keys_in_two_spellings_that_differ_are_refused(name: str) -> None:
    """Neither wins in silence; both names are told, no value is."""
    with pytest.raises(UsageError, match=name) as refused:
        credentials_from(KEYS | {name: "another-value"})
    assert "another-value" not in refused.value.diagnostics()
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("left", ["", None])
def test_keys_that_are_half_set_are_refused_by_name(name: str, left: str | None) -> None:
    """A blank key is no key; the message names what is missing and shows no value."""
    environment = {key: value for key, value in KEYS.items() if key != name}
    if left is not None:
        environment[name] = left
    with pytest.raises(UsageError, match=name) as refused:
        credentials_from(environment)
    assert not any(value in refused.value.diagnostics() for value in KEYS.values())


def test_keys_that_are_not_set_are_none_and_never_shown() -> None:
    """Nothing set is nothing; what is set appears in no repr."""
    assert credentials_from({}) is None
    assert credentials_from(dict.fromkeys(KEYS, "")) is None
    demo = settings(mode="okx_demo_api", environment=KEYS)
    assert not any(value in f"{demo!r}{demo.credentials!r}{demo.credentials}" for value in KEYS.values())


def test_the_embedded_venue_never_sees_real_keys() -> None:
    """With keys in the environment the embedded venue and recorded samples still use their own."""
    for options in ({}, {"mode": "offline", "samples": "."}):
        chosen = settings(environment=KEYS, **options)
        assert chosen.credentials is not None
        assert chosen.credentials.api_key.get_secret_value() == "sim-key"
