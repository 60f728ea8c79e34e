"""``python -m venues.check`` as a user types it: without keys, with keys that must not leave, and with nobody there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualwitness.venues.sim.engine import truth
from tests.support.audit_run import ROOT, clean_environment
from tests.support.clients import HeardVenue, heard_venue

HEAVY = ("ccxt", "okx", "deepdiff")
MODULES = ("venues.check", "dualwitness.venues.check")
OWN_KEYS = {
    "OKX_API_KEY": "my-very-own-key",
    "OKX_API_SECRET": "my-very-own-secret",
    "OKX_API_PASSPHRASE": "my-very-own-phrase",
}
NOBODY = "http://127.0.0.1:9"


def check(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in a folder of its own, with no key but those that are given."""
    return subprocess.run(
        [sys.executable, "-m", MODULES[0], *words],
        cwd=cwd,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def heard() -> Iterator[tuple[HeardVenue, str]]:
    """A venue that keeps what it was asked."""
    with heard_venue("positions") as served:
        yield served


def test_check_without_options_works_without_a_key_through_both_libraries(tmp_path: Path) -> None:
    """It starts the embedded venue itself, ends it, and journals its calls; every line is ok."""
    done = check(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("connection test of okx, mode okx_demo_sim at http://127.0.0.1:")
    assert {line.split()[0] for line in lines[1:-1]} == {"ok"}
    for library in ("ccxt", "okx_sdk"):
        assert any(f"balance        {library}" in line and "USDT 100000" in line for line in lines), library
    journals = {path.name for path in (tmp_path / "reports" / "exchanges").iterdir()}
    assert journals == {"ccxt_api.jsonl", "okx_api.jsonl"}


@pytest.mark.parametrize("module", MODULES)
def test_help_of_the_check_loads_no_library_and_names_every_exit_code(module: str) -> None:
    """``--help`` costs nothing heavy."""
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['{module}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('{module}', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop:\n"
        f"    print(stop.code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "0 []\n"
    for word in ("0 nothing failed", "1 something", "2 usage", "3 something", "4 blocked"):
        assert word in " ".join(done.stdout.split())


def test_check_of_the_embedded_venue_shows_no_key_of_the_user_to_anybody(
    heard: tuple[HeardVenue, str], tmp_path: Path
) -> None:
    """Keys in the environment are named, not used, not printed, not sent; a proxy is not asked; all left was GET."""
    venue, base_url = heard
    before = truth(venue.account)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOBODY)
    done = check("--base-url", base_url, "--json", cwd=tmp_path, **OWN_KEYS, **proxies)
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert (document["exit_code"], document["base_url"]) == (1, base_url)
    # This venue's clock stands still: the one thing that is wrong with it.
    assert [one["check"] for one in document["checks"] if one["outcome"] != "ok"] == ["clock", "clock"]
    (credentials,) = (one for one in document["checks"] if one["check"] == "credentials")
    assert "not used here: OKX_API_KEY, OKX_API_SECRET, OKX_API_PASSPHRASE are set" in credentials["told"]
    assert "my-very-own" not in done.stdout
    assert {headers.get("ok-access-key", "sim-key") for _, _, headers in venue.heard} == {"sim-key"}
    assert {method for method, _, _ in venue.heard} == {"GET"}
    assert truth(venue.account) == before


def test_check_with_keys_that_the_venue_refuses_exits_1_and_says_what_to_do(
    heard: tuple[HeardVenue, str], tmp_path: Path
) -> None:
    """The user's keys are used in a mode of the user's, and stand neither on the screen nor in the journal."""
    venue, base_url = heard
    done = check("--mode", "okx_demo_api", "--base-url", base_url, cwd=tmp_path, **OWN_KEYS)
    assert done.returncode == 1
    assert "to do: check the API key" in done.stdout
    journals = "".join(path.read_text() for path in (tmp_path / "reports" / "exchanges").iterdir())
    assert "my-very-own" not in done.stdout + done.stderr + journals
    assert {headers["ok-access-key"] for _, path, headers in venue.heard if "account" in path} == {"my-very-own-key"}


@pytest.mark.parametrize(
    ("words", "environment", "exit_code", "said"),
    [
        (("--venue", "okex"), {}, 2, "Did you mean okx?"),
        (("--mode", "okx_demo"), {}, 2, "Did you mean okx_demo"),
        (("--mode", "offline"), {}, 2, "offline"),
        (("--library", "okx"), {}, 2, "Did you mean okx_sdk?"),
        ((), {"OKX_API_SECRET": "one", "OKX_SECRET_KEY": "two"}, 2, "both set and differ"),
        (("--base-url", "https://www.okx.com"), {}, 4, "stays on this machine"),
        (("--mode", "okx_demo_api", "--base-url", "https://www.okx.com.example"), OWN_KEYS, 4, "allow-list"),
        (("--mode", "okx_live"), OWN_KEYS, 4, "demo_mode"),
    ],
)
def test_check_that_may_not_be_made_says_why_and_prints_no_report(
    words: tuple[str, ...], environment: dict[str, str], exit_code: int, said: str, tmp_path: Path
) -> None:
    """Usage is 2, safety is 4; nothing is asked, and no value of a key is shown."""
    done = check(*words, cwd=tmp_path, **environment)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert said in done.stderr
    assert "my-very-own" not in done.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("library", ["ccxt", "okx_sdk"])
def test_check_of_a_venue_that_nobody_answers_for_exits_3(library: str, tmp_path: Path) -> None:
    """What could not be asked is unknown: no line says that there is nothing."""
    done = check("--base-url", NOBODY, "--library", library, cwd=tmp_path)
    assert done.returncode == 3
    assert "unknown, not empty" in done.stdout
    assert "none, by the word of the venue" not in done.stdout


def test_check_whose_journal_cannot_be_written_exits_3_without_a_traceback(tmp_path: Path) -> None:
    """A call that cannot be journalled proves nothing."""
    (tmp_path / "reports").write_text("in the way")
    done = check(cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr + done.stdout
