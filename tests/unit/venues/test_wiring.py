"""Where a client may talk to, when it may trade, and that keys are never shown."""

from __future__ import annotations

import copy
import traceback
from urllib.parse import urlsplit

import pytest
import requests
from pydantic import SecretStr, ValidationError

from dualwitness.models import RunMode
from dualwitness.models.wire import WireAnswer
from dualwitness.venues import Credentials, SafetyError
from dualwitness.venues.wiring import OKX_HOSTS, HostGuard, Wiring, is_loopback

LOCAL = [
    "http://127.0.0.1",
    "http://127.0.0.1:8080",
    "https://127.0.0.1:8443",
    "http://127.9.9.9:1",
    "http://localhost:8080",
    "http://LOCALHOST:8080",
    "http://[::1]:8080",
    "http://[0:0:0:0:0:0:0:1]",
]
OURS = [*(f"https://{host}" for host in sorted(OKX_HOSTS)), "https://www.okx.com:443", "HTTPS://WWW.OKX.COM"]
FOREIGN = [
    "https://evil.example",
    "https://okx.com",
    "https://www.okx.com.evil.example",
    "https://www.okx.com.",
    "https://evil-www.okx.com",
    "https://xwww.okx.com",
    "https://evil.example/www.okx.com",
    "https://evil.example?https://www.okx.com",
    "https://evil.example#www.okx.com",
    "http://128.0.0.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::2]",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://127.1",
    "http://2130706433",
]
TRICKS = [
    "http://127.0.0.1@evil.example",
    "http://127.0.0.1:80@evil.example",
    "https://www.okx.com@evil.example",
    "https://www.okx.com:443@evil.example",
    "https://user:word@www.okx.com",
    "https://@www.okx.com",
    "https://evil.example\\@www.okx.com",
    "https://www.okx.com\\.evil.example",
    " https://www.okx.com",
    "https://www.okx.com\n",
    "https://www.ok\tx.com",
]
UNREADABLE = ["https://www.okx.com:abc", "https://www.okx.com:99999", "http://127.0.0.1:abc", "http://[::1"]
OTHER = [
    *(f"http://{host}" for host in sorted(OKX_HOSTS)),
    "http://www.okx.com:443",
    "https://www.okx.com:80",
    "https://www.okx.com:8443",
    "https://www.okx.com:0",
    "ftp://127.0.0.1",
    "ws://127.0.0.1",
    "file:///etc/hosts",
    "//www.okx.com",
    "www.okx.com",
    "https://",
    "http:127.0.0.1",
    "",
]


@pytest.mark.parametrize("url", [*LOCAL, *OURS])
def test_guard_of_loopback_or_an_https_host_of_okx_is_made(url: str) -> None:
    """Every spelling of this machine, and OKX's own hosts over TLS."""
    assert HostGuard(url).base_url == url


@pytest.mark.parametrize("url", [*FOREIGN, *TRICKS, *UNREADABLE, *OTHER])
def test_guard_of_any_other_address_is_refused(url: str) -> None:
    """Look-alikes, user names, ports, schemes and what cannot be read: a `SafetyError` and nothing else."""
    with pytest.raises(SafetyError, match="base URL") as refused:
        HostGuard(url)
    assert "write it as" in refused.value.advice or "use one of" in refused.value.advice


def test_guard_of_an_address_that_requests_reads_differently_is_refused() -> None:
    """What `urlsplit` takes for OKX, requests sends elsewhere: the guard must not judge the one and send the other."""
    url = "https://evil.example\\@www.okx.com"
    assert urlsplit(url).hostname == "www.okx.com"
    assert urlsplit(str(requests.Request("GET", url).prepare().url)).hostname == "evil.example"
    with pytest.raises(SafetyError):
        HostGuard(url)


def test_guard_of_an_address_with_a_password_does_not_show_it() -> None:
    """A password in the address stays out of the error and its advice."""
    with pytest.raises(SafetyError) as refused:
        HostGuard("https://user:word1234@www.okx.com")
    assert "word1234" not in refused.value.diagnostics()
    assert "www.okx.com" in str(refused.value)


def test_guard_of_another_venue_knows_only_that_venue_s_hosts() -> None:
    """The allow-list is the venue's: OKX is foreign to Bybit."""
    hosts = frozenset({"api.bybit.com"})
    assert HostGuard("https://api.bybit.com", hosts).allowed_hosts == hosts
    with pytest.raises(SafetyError, match=r"www\.okx\.com"):
        HostGuard("https://www.okx.com", hosts)


SAME = [
    ("https://www.okx.com", "https", "www.okx.com"),
    ("https://www.okx.com", "https", "www.okx.com:443"),
    ("https://www.okx.com:443", "https", "WWW.OKX.COM"),
    ("HTTPS://WWW.OKX.COM", "https", "www.okx.com"),
    ("http://127.0.0.1", "http", "127.0.0.1:80"),
    ("http://127.0.0.1:8080", "http", "127.0.0.1:8080"),
    ("http://[::1]", "http", "[::1]:80"),
    ("http://[::1]:8080", "http", "[::1]:8080"),
    ("https://127.0.0.1", "https", "127.0.0.1:443"),
]


@pytest.mark.parametrize(("base", "scheme", "netloc"), SAME)
def test_request_to_the_origin_of_the_base_url_may_leave(base: str, scheme: str, netloc: str) -> None:
    """Upper case and the scheme's own port make no difference."""
    HostGuard(base).check(scheme, netloc)


ELSEWHERE = [
    ("https://www.okx.com", "http", "www.okx.com"),
    ("https://www.okx.com", "http", "www.okx.com:443"),
    ("https://www.okx.com", "https", "www.okx.com:80"),
    ("https://www.okx.com", "https", "my.okx.com"),
    ("https://www.okx.com", "https", "www.okx.com.evil.example"),
    ("https://www.okx.com", "https", "www.okx.com@evil.example"),
    ("https://www.okx.com", "https", "evil.example@www.okx.com"),
    ("https://www.okx.com", "https", "evil.example\\@www.okx.com"),
    ("https://www.okx.com", "https", ""),
    ("http://127.0.0.1:8080", "https", "127.0.0.1:8080"),
    ("http://127.0.0.1:8080", "http", "127.0.0.1"),
    ("http://127.0.0.1:8080", "http", "127.0.0.1:8081"),
    ("http://127.0.0.1:8080", "http", "127.0.0.2:8080"),
    ("http://127.0.0.1:8080", "http", "localhost:8080"),
    ("http://127.0.0.1:8080", "https", "www.okx.com"),
    ("http://[::1]:8080", "http", "[::1]:8081"),
    ("http://[::1]:8080", "http", "[::1]"),
]


@pytest.mark.parametrize(("base", "scheme", "netloc"), ELSEWHERE)
def test_request_to_any_other_origin_may_not_leave(base: str, scheme: str, netloc: str) -> None:
    """Another scheme, host or port is stopped, even where it would be allowed as a base URL."""
    with pytest.raises(SafetyError, match="was about to leave for"):
        HostGuard(base).check(scheme, netloc)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1", "[::1]"])
def test_name_of_this_machine_is_loopback(host: str) -> None:
    """The whole block of 127, the name, and IPv6 with or without brackets."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "10.0.0.1", "126.255.255.255", "::", "localhost.", "okx.com", "127.1"])  # noqa: S104 - not bound
def test_name_of_another_machine_is_not_loopback(host: str) -> None:
    """What only looks like this machine is not."""
    assert not is_loopback(host)


@pytest.mark.parametrize("mode", list(RunMode))
@pytest.mark.parametrize("allowed", [True, False])
def test_order_is_refused_in_live_without_permission_alone(mode: RunMode, *, allowed: bool) -> None:
    """Every mode but live carries the demo header and may trade; live needs the switch."""
    wiring = Wiring("https://www.okx.com", mode, allow_live_orders=allowed)
    assert wiring.demo is (mode is not RunMode.OKX_LIVE)
    if mode is RunMode.OKX_LIVE and not allowed:
        with pytest.raises(SafetyError, match="switched off for the live account") as refused:
            wiring.check_may_trade()
        assert refused.value.exit_code == 4
    else:
        wiring.check_may_trade()


def test_wiring_without_a_word_is_demo_and_may_not_trade_live() -> None:
    """The defaults are the safe ones."""
    wiring = Wiring("http://127.0.0.1:1")
    assert (wiring.demo, wiring.allow_live_orders, wiring.credentials) == (True, False, None)


def test_wiring_of_a_forbidden_address_has_no_guard() -> None:
    """A wiring can be written down, but no client gets a guard from it."""
    with pytest.raises(SafetyError):
        Wiring("https://evil.example", answers=lambda _: WireAnswer(200, b"")).guard()
    assert Wiring("http://127.0.0.1:9").guard() == HostGuard("http://127.0.0.1:9")


VALUES = ("live-key-0001", "live-secret-0002", "live-word-0003")


@pytest.fixture
def credentials() -> Credentials:
    """Three secrets that can be told apart."""
    key, secret, word = map(SecretStr, VALUES)
    return Credentials(api_key=key, api_secret=secret, passphrase=word)


def test_credentials_in_any_print_or_dump_show_no_secret(credentials: Credentials) -> None:
    """Repr, text, dump, JSON, a copy and the wiring that holds them."""
    shown = [
        repr(credentials),
        str(credentials),
        f"{credentials}",
        repr(credentials.model_dump()),
        credentials.model_dump_json(),
        repr(copy.deepcopy(credentials)),
        repr(vars(credentials)),
        repr(Wiring("http://127.0.0.1:1", credentials=credentials)),
    ]
    assert [value for value in VALUES if any(value in text for text in shown)] == []
    assert credentials.api_secret.get_secret_value() == VALUES[1]


@pytest.mark.parametrize(
    "given",
    [
        {"api_key": VALUES[0]},
        {"api_key": VALUES[0], "api_secret": [VALUES[1]]},
        {"api_key": VALUES[0], "api_secret": VALUES[1], "pasphrase": VALUES[2]},
        {"api_key": VALUES[0], "api_secret": VALUES[1], "passphrase": {VALUES[2]: 1}},
    ],
)
def test_credentials_that_are_wrong_are_refused_without_being_shown(given: dict[str, object]) -> None:
    """The error names the field and not what was in it, in its text and in its traceback."""
    with pytest.raises(ValidationError) as refused:
        Credentials.model_validate(given)
    text = "".join(traceback.format_exception_only(refused.value)) + repr(refused.value)
    assert [value for value in VALUES if value in text] == []


def test_credentials_cannot_be_changed_after_they_were_made(credentials: Credentials) -> None:
    """A key is not exchanged under an open client."""
    with pytest.raises(ValidationError, match="frozen"):
        credentials.api_key = SecretStr("another")  # type: ignore[misc]
