"""A run's folder holds what the contract promises: every file, every key, sealed, in JSON without a float of money."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from dualwitness.alignment.artifacts import verify_seal
from dualwitness.models import NullReason
from tests.support.audit_run import REPORTS

SAMPLES = ("ccxt_raw_samples.json", "okx_sdk_raw_samples.json")
FILES = {*REPORTS, *SAMPLES, "execution_fingerprint.json"}
MANIFEST_KEYS = [
    "schema_version",
    "run_id",
    "mode",
    "status",
    "error",
    "exit_code",
    "started_at",
    "ended_at",
    "seed",
    "api_calls",
    "symbols",
    "execution_alignment_lib",
    "execution_alignment_ok",
    "execution_alignment_report_path",
    "execution_raw_samples_path",
    "ccxt_alignment_ok",
    "ccxt_alignment_report_path",
    "ccxt_raw_samples_path",
    "ccxt_alignment_skipped_reason",
    "okx_sdk_alignment_ok",
    "okx_sdk_alignment_report_path",
    "okx_sdk_raw_samples_path",
    "okx_sdk_alignment_skipped_reason",
    "positions_quality",
    "positions_source",
    "positions_fallback_ok",
    "positions_fallback_reason",
    "impedance_fidelity",
    "skew_ms",
    "files",
]
REPORT_KEYS = ("schema_version", "run_id", "verdict", "axes", "findings", "flags", "impedance", "lies_planted")
FINDING_KEYS = [
    "finding_id",
    "fingerprint",
    "kind",
    "layer",
    "odd_one_out",
    "axis",
    "operation",
    "symbol",
    "row_key",
    "field",
    "ccxt",
    "okx_sdk",
    "expected",
    "outcome",
    "severity",
    "rule",
    "reason",
    "mitigation",
    "ccxt_raw_sample_ref",
    "okx_raw_sample_ref",
    "accepted_by",
]
FINGERPRINT_KEYS = [
    "git_commit",
    "git_dirty",
    "docker_image_digest",
    "python_version",
    "platform",
    "libraries",
    "config_sha256",
    "hosts_contacted",
    "proxy_variables",
]
OUTCOMES = {"match", "mismatch", "one_missing", "both_missing", "both_error", "not_comparable", "accepted"}


def test_command_with_json_prints_one_document_and_nothing_else(honest_run: Any) -> None:
    """What is on stdout is the report that is in the folder; stderr stays quiet without a terminal."""
    printed = json.loads(honest_run.done.stdout)
    assert printed == honest_run.read("dual_alignment_report.json")
    assert honest_run.done.returncode == 1
    assert "Traceback" not in honest_run.done.stderr


def test_run_folder_holds_every_promised_file_and_is_sealed(honest_run: Any) -> None:
    """Named after its time and commit; each file's digest is in the manifest, and nothing temporary is left."""
    assert re.fullmatch(r"run_\d{8}_\d{6}_[0-9a-f]{7}", honest_run.folder.name)
    files = {path.name for path in honest_run.folder.iterdir() if path.is_file()}
    assert files == FILES | {"run_manifest.json"}
    manifest = honest_run.read("run_manifest.json")
    assert set(manifest["files"]) >= FILES
    assert verify_seal(honest_run.folder) == []
    for name in FILES:
        assert manifest["files"][name] == hashlib.sha256((honest_run.folder / name).read_bytes()).hexdigest()


def test_manifest_of_a_completed_run_has_every_promised_key(honest_run: Any) -> None:
    """And its values agree with the other files."""
    manifest = honest_run.read("run_manifest.json")
    assert set(MANIFEST_KEYS) - manifest.keys() == set()
    assert (manifest["run_id"], manifest["mode"]) == (honest_run.folder.name, "okx_demo_sim")
    assert (manifest["status"], manifest["error"], manifest["exit_code"]) == ("completed", None, 1)
    assert datetime.fromisoformat(manifest["started_at"]) <= datetime.fromisoformat(manifest["ended_at"])
    assert manifest["execution_alignment_lib"] == "ccxt+okx_sdk"
    assert manifest["impedance_fidelity"] == "simulated"
    calls = {name: len(honest_run.read(f"{name}_raw_samples.json")["calls"]) for name in ("ccxt", "okx_sdk")}
    assert manifest["api_calls"] == calls | {"total": sum(calls.values())}
    for key in (key for key in manifest if key.endswith("_path")):
        assert (honest_run.folder / manifest[key]).is_file()


def test_report_of_a_run_has_every_promised_key(honest_run: Any) -> None:
    """Axes with status and counts, findings complete, flags as in the manifest, latency of both libraries."""
    report, manifest = honest_run.read("dual_alignment_report.json"), honest_run.read("run_manifest.json")
    assert set(REPORT_KEYS) - report.keys() == set()
    assert (report["verdict"], report["lies_planted"], report["run_id"]) == ("differences", [], manifest["run_id"])
    assert list(report["axes"]) == sorted(["E", "I", "M", "C"])
    for name, axis in report["axes"].items():
        assert set(axis["outcomes"]) == OUTCOMES
        assert axis["status"] == ("not_applicable" if name == "C" else "partial")
        assert bool(axis["fields"]) is (name != "C")
    assert (report["axes"]["C"]["calls"], bool(report["axes"]["C"]["reason"])) == (0, True)
    for one in report["findings"]:
        assert set(FINDING_KEYS) - one.keys() == set()
    for flag in ("positions_quality", "positions_source", "impedance_fidelity"):
        assert report["flags"][flag] == manifest[flag]
    for libraries in report["impedance"]["latency"].values():
        assert set(libraries) <= {"ccxt", "okx_sdk"}
    assert report["impedance"]["slippage_bps"].keys() == {"ccxt", "okx_sdk"}


def test_fingerprint_of_a_run_names_what_made_it(honest_run: Any) -> None:
    """Versions and files of both libraries, hosts, and proxy variables by name."""
    content = honest_run.read("execution_fingerprint.json")
    assert set(FINGERPRINT_KEYS) - content.keys() == set()
    assert content["hosts_contacted"] == ["127.0.0.1"]
    for library in ("ccxt", "okx_sdk"):
        assert re.fullmatch(r"[0-9a-f]{64}", content["libraries"][library]["files_sha256"])
        assert content["libraries"][library]["version"]
    assert (content["docker_image_digest"] is None) is bool(content["docker_image_digest_reason"])


@pytest.mark.parametrize("name", SAMPLES)
def test_raw_sample_of_a_run_is_addressed_by_what_was_received(honest_run: Any, name: str) -> None:
    """The address is the SHA-256 of the body, unless a secret had to be taken out; every call points at one."""
    content = honest_run.read(name)
    for call in content["calls"]:
        assert call["sample_id"] in content["samples"]
        assert not any("sign" in key.lower() for key in call["request"] if key != "signed")
    answered = {call["sample_id"] for call in content["calls"] if call["status"] is not None}
    assert len(answered) > 20
    for sample_id in answered:
        sample = content["samples"][sample_id]
        assert sample["redacted"] is False
        assert hashlib.sha256(sample["body"].encode()).hexdigest() == sample_id


def test_journal_of_a_run_has_a_line_for_every_call(honest_run: Any) -> None:
    """Below the working directory, one file a library; the samples point at the same bytes."""
    for library, name in (("ccxt", "ccxt_api.jsonl"), ("okx_sdk", "okx_api.jsonl")):
        text = (honest_run.cwd / "reports" / "exchanges" / name).read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        content = honest_run.read(f"{library}_raw_samples.json")
        sent = [call["sample_id"] for call in content["calls"] if call["status"] is not None]
        assert Counter(line["sample_id"] for line in lines) == Counter(sent)
        assert {(line["library"], line["status"]) for line in lines} == {(library, 200)}


def test_library_report_says_of_every_field_whether_it_can_be_had(honest_run: Any) -> None:
    """Obtained, or null with reasons from the closed list; nothing in between."""
    reasons = {str(reason) for reason in NullReason}
    asked = {"get_positions", "get_ticker", "get_fills", "place_order", "cancel_order"}
    for library in ("ccxt", "okx_sdk"):
        report = honest_run.read(f"{library}_alignment_report.json")
        assert (report["library"], report["all_answers_sound"]) == (library, True)
        assert asked <= report["operations"].keys()
        for operation in report["operations"].values():
            for field in operation["fields"].values():
                assert field["obtainable"] is (field["obtained"] > 0)
                assert set(field["null_reasons"]) <= reasons


def test_snapshot_of_an_honest_run_confirms_every_position(honest_run: Any) -> None:
    """Four legs, each reliable, with every kind of witness for it and none against."""
    snapshot = honest_run.read("positions_snapshot.json")
    assert (snapshot["positions_quality"], snapshot["positions_source"]) == ("reliable", "exchange")
    held = {one["symbol"] for one in snapshot["positions"] if one["has_position"]}
    assert held == {"BTC/USDT:USDT", "ETH/USD:ETH", "ETH/USDT:USDT", "SOL/USDT:USDT"}
    for one in snapshot["positions"]:
        assert one["positions_quality"] == "reliable"
        # Two reports, fills and orders through both libraries, and bills through the one that has words for them.
        kinds = {witness.partition(" through ")[0] for witness in one["witnesses_for"]}
        assert {"report", "fills", "orders", "bills"} <= kinds
        assert not one["witnesses_against"]


def test_values_of_facts_are_text_and_never_floats(honest_run: Any) -> None:
    """A number of money went through no float on its way into the files."""
    allowed = {"duration_ms", "sign_ms", "network_ms", "skew_ms", "p50", "p95", "p99", "max", "call_ms", "wire_ms"}
    for name in (*REPORTS, *SAMPLES):
        for path, value in floats(honest_run.read(name)):
            assert allowed & set(path), (name, path, value)


def floats(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], float]]:
    """Every float of a document with the keys that lead to it."""
    if isinstance(value, float):
        return [(path, value)]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in floats(item, (*path, key))]
    if isinstance(value, list):
        return [found for item in value for found in floats(item, path)]
    return []
