"""Whatever is asked wrongly ends with the documented code and one line that says what to do; never with a traceback."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.audit_run import ROOT, TIMEOUT_S, clean_environment, only_run, run_audit

KEYS = {"OKX_API_KEY": "canary-key", "OKX_API_SECRET": "canary-secret", "OKX_API_PASSPHRASE": "canary-passphrase"}
RISK, VENUE = "risk.yaml", "venues.okx.yaml"

# Words, exit code, and what the message must say.
WRONG_WORDS = [
    ("unknown mode", ["--mode", "okx_demo_simm"], 2, ["okx_demo_simm", "did you mean okx_demo_sim?"]),
    ("mode of another venue", ["--mode", "bybit"], 2, ["unknown mode"]),
    ("unknown symbol", ["--symbols", "NOPE/USDT:USDT"], 2, ["NOPE/USDT:USDT", "did you mean"]),
    ("unknown OKX id", ["--symbols", "BTC-NOPE-SWAP"], 2, ["NOPE"]),
    ("one unknown of two", ["--symbols", "BTC/USDT,NOPE/USDT"], 2, ["NOPE/USDT"]),
    ("malformed symbol", ["--symbols", "BTC//USDT"], 2, ["BTC//USDT"]),
    ("lower case symbol", ["--symbols", "btcusdt"], 2, ["btcusdt"]),
    ("injected symbol", ["--symbols", "BTC-USDT&instType=OPTION"], 2, ["instType"]),
    ("no symbol", ["--symbols", ","], 2, ["no symbol"]),
    ("unknown lie", ["--lie", "position_empty"], 2, ["position_empty", "did you mean positions_empty?"]),
    ("lie to a third library", ["--lie", "positions_empty@bybit"], 2, ["bybit", "ccxt"]),
    ("lie to no library", ["--lie", "positions_empty@"], 2, ["positions_empty"]),
    ("lie at another venue", ["--lie", "positions_empty", "--base-url", "http://127.0.0.1:9"], 2, ["--lie"]),
    ("offline without samples", ["--mode", "offline"], 2, ["--samples"]),
    ("samples without offline", ["--samples", "runs"], 2, ["--samples"]),
    ("missing samples folder", ["--mode", "offline", "--samples", "no-such-folder"], 2, ["no-such-folder"]),
    ("no config folder", ["--config", "no-such-folder"], 2, ["no-such-folder"]),
    ("no keys", ["--mode", "okx_demo_api"], 2, ["OKX_API_KEY"]),
    ("orders in a demo", ["--allow-orders"], 2, ["--allow-orders"]),
    ("foreign host", ["--base-url", "https://evil.example"], 4, ["evil.example", "www.okx.com"]),
    ("look-alike host", ["--base-url", "https://www.okx.com.evil.example"], 4, ["evil.example"]),
    ("foreign host behind ours", ["--base-url", "https://www.okx.com@evil.example"], 4, ["evil.example"]),
    ("OKX without TLS", ["--base-url", "http://www.okx.com"], 4, ["http://www.okx.com"]),
]
WRONG_KEYS = [
    ("half set", {"OKX_API_KEY": "canary-key"}, ["OKX_API_SECRET", "OKX_API_PASSPHRASE"]),
    ("two secrets", {**KEYS, "OKX_SECRET_KEY": "canary-other"}, ["OKX_SECRET_KEY", "differ"]),
    ("two passphrases", {**KEYS, "OKX_PASSPHRASE": "canary-other"}, ["OKX_PASSPHRASE", "differ"]),
]
# File, what is put behind it or in its place, and what the message must say beside file and line.
WRONG_CONFIG: list[tuple[str, str, Callable[[str], str], list[str]]] = [
    ("unknown key", RISK, lambda text: text + "max_leverge: 3\n", ["max_leverge", "max_leverage"]),
    ("duplicate key", RISK, lambda text: text + "max_leverage: 5\n", ["max_leverage"]),
    ("not a number", RISK, lambda text: text.replace("max_leverage: 3", "max_leverage: .nan"), ["max_leverage"]),
    ("negative", RISK, lambda text: text.replace("max_leverage: 3", "max_leverage: -3"), ["max_leverage"]),
    ("no YAML", RISK, lambda _: "{[", [RISK]),
    ("a list", VENUE, lambda _: "- enabled\n", [VENUE]),
    ("no UTF-8", VENUE, lambda text: text + "\udcff: 1\n", [VENUE]),
    ("no boolean", VENUE, lambda text: text.replace("demo_mode: true", "demo_mode: maybe"), ["demo_mode"]),
]


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    """The code, nothing on stdout, one line on stderr that says so."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert [text for text in said if text.lower() not in done.stderr.lower()] == [], done.stderr


@pytest.mark.parametrize(("words", "code", "said"), [case[1:] for case in WRONG_WORDS], ids=[c[0] for c in WRONG_WORDS])
def test_wrong_words_end_with_their_code_and_one_line(
    tmp_path: Path, words: list[str], code: int, said: list[str]
) -> None:
    """A person can act on it without reading the source."""
    assert_one_line(run_audit("--out", str(tmp_path / "runs"), *words), code, *said)


@pytest.mark.parametrize("words", [["--seed", "abc"], ["--fail-on", "S9"], ["--nonsense"], ["--seed"]], ids=" ".join)
def test_words_that_cannot_be_parsed_end_with_two_and_usage(words: list[str]) -> None:
    """The parser's own message, behind its usage."""
    done = run_audit(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].startswith("usage: ")
    assert words[0] in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("keys", "said"), [case[1:] for case in WRONG_KEYS], ids=[case[0] for case in WRONG_KEYS])
def test_keys_that_are_half_or_twice_set_end_with_two(tmp_path: Path, keys: dict[str, str], said: list[str]) -> None:
    """The message names variables and never a value."""
    done = run_audit("--mode", "okx_demo_api", "--out", str(tmp_path / "runs"), environment=clean_environment(**keys))
    assert_one_line(done, 2, *said)
    assert "canary" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_live_mode_against_a_demo_configuration_is_blocked(tmp_path: Path) -> None:
    """Live needs both switches; nothing is asked, and no run of it is called completed."""
    done = run_audit("--mode", "okx_live", "--out", str(tmp_path / "runs"), environment=clean_environment(**KEYS))
    assert_one_line(done, 4, "demo_mode")
    assert "canary" not in done.stderr


@pytest.mark.parametrize(
    ("file", "change", "said"), [case[1:] for case in WRONG_CONFIG], ids=[case[0] for case in WRONG_CONFIG]
)
def test_configuration_that_cannot_be_meant_ends_with_two_and_its_place(
    tmp_path: Path, file: str, change: Callable[[str], str], said: list[str]
) -> None:
    """The file, the line, and what to write instead."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(change(text), encoding="utf-8", errors="surrogateescape")
    assert change(text) != text
    assert_one_line(run_audit("--config", str(folder), "--out", str(tmp_path / "runs")), 2, file, *said)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", ""),
        ("run_manifest.json", "{"),
        ("run_manifest.json", "[]"),
        ("run_manifest.json", "{}"),
        ("run_manifest.json", '{"files": {}, "seed": 0, "symbols_asked": []}'),
        ("INDEX.json", "{"),
        ("INDEX.json", "{}"),
        ("INDEX.json", "7"),
        ("INDEX.json", '[{"file": "a.json"}]'),
    ],
    ids=repr,
)
def test_samples_folder_without_a_run_or_an_index_ends_with_two(tmp_path: Path, name: str, content: str) -> None:
    """A folder of something else, a manifest that is none, an index that is none."""
    samples = tmp_path / "samples"
    samples.mkdir()
    (samples / name).write_text(content, encoding="utf-8")
    assert_one_line(run_audit("--mode", "offline", "--samples", str(samples)), 2, "samples")


def test_venue_that_is_not_there_ends_with_three_and_an_incomplete_run(tmp_path: Path) -> None:
    """Evidence that could not be produced is never called aligned."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        done = run_audit("--base-url", url, "--out", str(tmp_path / "runs"))
    assert done.returncode == 3
    assert "Traceback" not in done.stdout + done.stderr
    assert "incomplete" in done.stdout
    folder = only_run(tmp_path / "runs")
    manifest = json.loads((folder / "run_manifest.json").read_text())
    report = json.loads((folder / "dual_alignment_report.json").read_text())
    assert (manifest["status"], manifest["exit_code"]) == ("incomplete", 3)
    assert report["verdict"] == "incomplete"
    assert (manifest["positions_quality"], manifest["positions_source"]) == ("unavailable", "none")
    assert manifest["impedance_fidelity"] != "real"


@pytest.mark.parametrize("place", ["a file", "under a file", "/dev/null/runs", "/proc/runs"])
def test_place_that_cannot_be_written_ends_with_two(tmp_path: Path, place: str) -> None:
    """The message names the option to change."""
    (tmp_path / "file").write_text("")
    places = {"a file": tmp_path / "file", "under a file": tmp_path / "file" / "runs"}
    done = run_audit("--out", str(places.get(place, place)))
    assert_one_line(done, 2, "--out")


def test_venue_on_a_port_that_is_taken_ends_with_two() -> None:
    """And says which port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "venues.sim", "--port", port],
            cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    assert_one_line(done, 2, port, "taken")


def test_help_and_list_of_lies_end_with_zero_and_load_no_library() -> None:
    """What is asked most often answers fast: neither ccxt nor okx nor deepdiff is loaded."""
    program = (
        "import sys, alignment.run as r; code = r.main([{word!r}]);"
        "print(code, sorted({{'ccxt', 'okx', 'deepdiff'}} & set(sys.modules)))"
    )
    for word, expected in (("--help", "--list-lies"), ("--list-lies", "positions_empty")):
        done = subprocess.run(
            [sys.executable, "-c", program.format(word=word)],
            cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert expected in done.stdout
        assert done.stdout.splitlines()[-1] == "0 []"
