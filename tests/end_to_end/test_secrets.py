"""With keys of its own and a venue whose clock runs, a run leaves no secret anywhere, and raises no false alarm."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.support.audit_run import clean_environment, only_run, run_audit

# Signs that change their look in URLs, in JSON and in base64.
AWKWARD = "+/=&%\"\\' é"


@dataclass(frozen=True)
class KeyedRun:
    """A run against a venue of its own keys: what was printed, and the folder in which it was started."""

    canaries: dict[str, str]
    printed: str
    cwd: Path
    code: int

    @property
    def folder(self) -> Path:
        return only_run(self.cwd / "runs")


def spellings(secret: str) -> dict[str, bytes]:
    """Every form in which a secret could have travelled."""
    raw = secret.encode()
    forms = {
        "raw": secret,
        "url": quote(secret, safe=""),
        "form": quote_plus(secret),
        "json": json.dumps(secret)[1:-1],
        "json in json": json.dumps(json.dumps(secret)[1:-1])[1:-1],
        "repr": repr(secret)[1:-1],
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64 for urls": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "reversed": secret[::-1],
    }
    # Inside a longer base64 text a secret starts at any of three places; its middle is the same there.
    for offset in (1, 2):
        forms[f"base64 at {offset}"] = base64.b64encode(b"x" * offset + raw).decode()[4:-4]
    return {name: form.encode() for name, form in forms.items()}


def leaks(canaries: dict[str, str], texts: dict[str, bytes]) -> list[str]:
    """Where any form of any canary stands."""
    return [
        f"{name} as {form} in {place}"
        for name, secret in canaries.items()
        for form, wanted in spellings(secret).items()
        for place, text in texts.items()
        if wanted in text
    ]


def everything(run: KeyedRun) -> dict[str, bytes]:
    """What was printed, and every file below the folder in which the command was started."""
    files = {str(path): path.read_bytes() for path in run.cwd.rglob("*") if path.is_file()}
    return files | {"printed": run.printed.encode()}


@contextlib.contextmanager
def venue_with(canaries: dict[str, str], cwd: Path) -> Iterator[str]:
    """``python -m venues.sim`` with these keys, holding positions, its clock running."""
    command = [sys.executable, "-m", "venues.sim", "--port", "0", "--scenario", "positions", "--exit-with-parent"]
    command += ["--api-key", canaries["key"], "--api-secret", canaries["secret"]]
    command += ["--passphrase", canaries["passphrase"]]
    with subprocess.Popen(
        command, cwd=cwd, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("venue listening on ").strip()
        finally:
            process.stdin.close()
            process.wait(10)


def keyed_run(canaries: dict[str, str], told: dict[str, str], cwd: Path) -> KeyedRun:
    """One audit in mode ``okx_demo_api`` against a venue of the canaries, with the keys that it is told."""
    environment = clean_environment(
        OKX_API_KEY=told["key"], OKX_API_SECRET=told["secret"], OKX_API_PASSPHRASE=told["passphrase"]
    )
    with venue_with(canaries, cwd) as base_url:
        words = ("--mode", "okx_demo_api", "--base-url", base_url)
        done = run_audit(*words, cwd=cwd, environment=environment)
    return KeyedRun(canaries | told, done.stdout + done.stderr, cwd, done.returncode)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> KeyedRun:
    """The audit of a venue with random keys; the passphrase has signs that every encoding changes."""
    canaries = {
        "key": f"canary{secrets.token_hex(12)}",
        "secret": f"canary{secrets.token_hex(12)}+/=&%\"\\'",
        "passphrase": f"canary{secrets.token_hex(8)}+/=&%\"\\'",
    }
    return keyed_run(canaries, canaries, tmp_path_factory.mktemp("keyed"))


def test_scanner_finds_a_planted_canary_in_every_spelling(tmp_path: Path) -> None:
    """A scan that finds nothing proves something only if it can find."""
    canaries = {"secret": "canary" + AWKWARD + secrets.token_hex(4)}
    for form, text in spellings(canaries["secret"]).items():
        (tmp_path / "planted.txt").write_bytes(b'{"a": "' + text + b'"}')
        planted = KeyedRun(canaries, "", tmp_path, 0)
        found = leaks(canaries, everything(planted))
        assert any(f"as {form} in" in line for line in found), form


def test_run_with_own_keys_leaves_no_secret_in_any_spelling(run: KeyedRun) -> None:
    """Neither in a file of the run, nor in the journal, nor on stdout or stderr."""
    places = everything(run)
    assert len(places) > 9
    assert any(place.endswith("okx_api.jsonl") for place in places)
    assert leaks(run.canaries, places) == []


def test_run_with_own_keys_was_signed_in_and_saw_the_account(run: KeyedRun) -> None:
    """So that the scan above looked at a run that did use them."""
    assert run.code == 1, run.printed
    manifest = json.loads((run.folder / "run_manifest.json").read_text(encoding="utf-8"))
    assert (manifest["mode"], manifest["status"]) == ("okx_demo_api", "completed")
    assert manifest["impedance_fidelity"] == "simulated"
    for library in ("ccxt", "okx_sdk"):
        calls = json.loads((run.folder / f"{library}_raw_samples.json").read_text(encoding="utf-8"))["calls"]
        signed = [call for call in calls if call["request"]["signed"] and call["status"] is not None]
        assert len(signed) > 10
        assert {call["status"] for call in signed} == {200}


def test_run_over_a_moving_market_raises_no_false_alarm(run: KeyedRun) -> None:
    """Prices step while both libraries ask: what moved between two reads is noise, and no conflict of evidence."""
    report: dict[str, Any] = json.loads((run.folder / "dual_alignment_report.json").read_text(encoding="utf-8"))
    alarms = [
        f"{one['kind']} {one['layer']} {one['odd_one_out']} {one['operation']}.{one['field']} {one['symbol']}"
        for one in report["findings"]
        if one["kind"] == "evidence_conflict" or one["layer"] in ("venue", "transport") or one["odd_one_out"] == "venue"
    ]
    assert alarms == []


def test_run_with_a_wrong_key_is_incomplete_and_leaks_neither_key(tmp_path: Path) -> None:
    """Refused by the venue (501xx): no evidence, exit 3, and the refusal's words repeat no secret."""
    right = {"key": f"canary{secrets.token_hex(12)}", "secret": secrets.token_hex(16), "passphrase": "canary-phrase"}
    wrong = {"key": f"wrong{secrets.token_hex(12)}", "secret": secrets.token_hex(16), "passphrase": "wrong-phrase"}
    run = keyed_run(right, wrong, tmp_path)
    assert run.code == 3, run.printed
    assert "Traceback" not in run.printed
    manifest = json.loads((run.folder / "run_manifest.json").read_text(encoding="utf-8"))
    assert (manifest["status"], manifest["positions_quality"]) == ("incomplete", "unavailable")
    assert leaks(wrong, everything(run)) == []
