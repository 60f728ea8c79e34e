"""Offline nothing is asked: recorded answers and a run's own samples give the same findings without any socket."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.sim.lies import LIES
from tests.support.audit_run import clean_environment, only_run, run_audit
from tests.support.shared import require_shared

# A process that loads this cannot reach anybody, not even itself.
NO_SOCKETS = """
import socket, sys

def refuse(event, arguments):
    # Not socket.bind: urllib3 tries once, while it is imported, whether this machine has IPv6.
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        sys.stderr.write(f"SOCKET {event} {arguments}\\n")
        raise ConnectionRefusedError("no socket may be opened offline")

sys.addaudithook(refuse)
"""
# Endpoints of OKX with an operation of ours (contract 6), and the shape of what is read there.
READ = {
    ("GET", f"/api/v5/{path}")
    for path in [
        "account/balance",
        "account/config",
        "account/positions",
        "account/trade-fee",
        "market/books",
        "market/candles",
        "market/history-candles",
        "market/ticker",
        "public/instruments",
        "public/time",
        "trade/fills",
        "trade/fills-history",
        "trade/order",
        "trade/orders-pending",
    ]
} | {("POST", f"/api/v5/trade/{path}") for path in ("batch-orders", "cancel-batch-orders", "cancel-order", "order")}
FINDING = (
    *("fingerprint", "row_key", "row_count", "ccxt", "okx_sdk", "expected", "severity", "rule"),
    *("ccxt_raw_sample_ref", "okx_raw_sample_ref"),
)
FIRST_LIES = [
    next(name for name, lie in LIES.items() if lie.axis == axis and lie.transform is not None)
    for axis in ("E", "I", "M")
]


@pytest.fixture(scope="session")
def no_sockets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which every connection is refused and reported."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "sitecustomize.py").write_text(NO_SOCKETS, encoding="utf-8")
    return clean_environment(folder)


@pytest.fixture(scope="session")
def corpus(no_sockets: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, Path]:
    """The audit of all recorded answers: the ended command, its run, the folder of recordings."""
    payloads = require_shared() / "okx-payloads"
    out = tmp_path_factory.mktemp("corpus")
    words = ("--mode", "offline", "--samples", str(payloads), "--out", str(out), "--json")
    return run_audit(*words, environment=no_sockets), only_run(out), payloads


def read(folder: Path, name: str) -> Any:
    """One JSON file."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def findings(folder: Path) -> list[dict[str, Any]]:
    """What a run found, as far as a replay must repeat it."""
    report = read(folder, "dual_alignment_report.json")
    return [{key: one[key] for key in FINDING} for one in report["findings"]]


def test_guard_against_sockets_does_refuse(no_sockets: dict[str, str], tmp_path: Path) -> None:
    """The proof below can fail: an audit that needs its venue cannot run behind the guard."""
    done = run_audit("--base-url", "http://127.0.0.1:9", "--out", str(tmp_path), environment=no_sockets)
    assert "SOCKET" in done.stderr
    assert done.returncode == 3


def test_corpus_of_recorded_answers_is_read_without_any_socket(corpus: tuple[Any, Path, Path]) -> None:
    """Differences of the parsers are found (1), nobody is asked, the run is whole."""
    done, folder, _ = corpus
    assert "SOCKET" not in done.stderr
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout) == read(folder, "dual_alignment_report.json")
    manifest = read(folder, "run_manifest.json")
    assert (manifest["status"], manifest["mode"], manifest["impedance_fidelity"]) == ("completed", "offline", "unknown")
    assert manifest["api_calls"] == {"total": 0, "ccxt": 0, "okx_sdk": 0}
    assert read(folder, "execution_fingerprint.json")["hosts_contacted"] == []


def test_corpus_counts_every_payload_once(corpus: tuple[Any, Path, Path]) -> None:
    """Read, compared or not comparable with a reason: together as many as the index has."""
    _, folder, payloads = corpus
    counts = read(folder, "dual_alignment_report.json")["payloads"]
    index = read(payloads, "INDEX.json")
    assert sum(counts["compared"].values()) + sum(counts["not_comparable"].values()) == len(index)
    assert counts["read"] == len(index)
    assert all(reason.strip() for reason in counts["not_comparable"])


def test_recorded_answer_of_an_endpoint_that_we_read_is_compared_or_named(corpus: tuple[Any, Path, Path]) -> None:
    """By both parsers, under its own file name; what is left out is a list of reasons, and short."""
    _, folder, payloads = corpus
    wanted = {
        one["file"]: one
        for one in read(payloads, "INDEX.json")
        if one["provenance"].startswith("recorded")
        and one["shape"] == "envelope"
        and (one["method"], one["endpoint"]) in READ
    }
    assert len(wanted) > 100
    counts = read(folder, "dual_alignment_report.json")["payloads"]
    named = sum(count for reason, count in counts["not_comparable"].items() if "no operation" not in reason)
    for library in ("ccxt", "okx_sdk"):
        done = {one["file"] for one in read(folder, f"{library}_raw_samples.json")["payloads"]}
        left = wanted.keys() - done
        assert len(left) <= named, sorted(left)
        assert len(left) < 0.1 * len(wanted), sorted(left)


def test_recorded_answers_are_evidence_and_examples_are_not(corpus: tuple[Any, Path, Path]) -> None:
    """Findings rest on recorded bytes alone; each points at the bytes by address."""
    _, folder, payloads = corpus
    by_sample: dict[str, set[str]] = {}
    provenance = {one["file"]: one["provenance"] for one in read(payloads, "INDEX.json")}
    for library in ("ccxt", "okx_sdk"):
        for one in read(folder, f"{library}_raw_samples.json")["payloads"]:
            for sample_id in one["sample_ids"]:
                by_sample.setdefault(sample_id, set()).add(provenance[one["file"]])
    for one in read(folder, "dual_alignment_report.json")["findings"]:
        refs = [ref for ref in (one["ccxt_raw_sample_ref"], one["okx_raw_sample_ref"]) if ref]
        assert refs, one
        for ref in refs:
            assert any(origin.startswith("recorded") for origin in by_sample[ref]), one
        assert one["kind"] != "evidence_conflict"
        assert one["odd_one_out"] != "venue"


def test_honest_run_read_again_gives_the_same_findings(
    honest_run: Any, no_sockets: dict[str, str], tmp_path: Path
) -> None:
    """Fingerprints, values and the addresses of the samples, without a socket; the fidelity of a replay is unknown."""
    words = ("--mode", "offline", "--samples", str(honest_run.folder), "--out", str(tmp_path))
    done = run_audit(*words, environment=no_sockets)
    assert "SOCKET" not in done.stderr
    assert done.returncode == honest_run.done.returncode
    assert findings(only_run(tmp_path)) == findings(honest_run.folder)
    again, before = read(only_run(tmp_path), "run_manifest.json"), honest_run.read("run_manifest.json")
    for key in ("positions_quality", "positions_source", "symbols", "seed"):
        assert again[key] == before[key]
    assert again["impedance_fidelity"] == "unknown"


@pytest.mark.parametrize("library", ["", "@ccxt", "@okx_sdk"])
@pytest.mark.parametrize("lie", FIRST_LIES)
def test_run_that_was_lied_to_read_again_gives_the_same_findings(
    no_sockets: dict[str, str], tmp_path: Path, lie: str, library: str
) -> None:
    """The lie is in the samples: the replay finds it too, and ends with the same code."""
    words = ("--symbols", "BTC/USDT:USDT,DOGE/USDT:USDT", "--lie", lie + library)
    live = run_audit(*words, "--out", str(tmp_path / "live"))
    folder = only_run(tmp_path / "live")
    replay = ("--mode", "offline", "--samples", str(folder), "--out", str(tmp_path / "again"))
    again = run_audit(*replay, environment=no_sockets)
    assert "SOCKET" not in again.stderr
    assert again.returncode == live.returncode
    lost = Counter(map(str, findings(folder)))
    lost.subtract(Counter(map(str, findings(only_run(tmp_path / "again")))))
    assert {text: count for text, count in lost.items() if count} == {}
    assert read(folder, "dual_alignment_report.json")["lies_planted"] == [lie + library]


@pytest.mark.parametrize("name", ["ccxt_raw_samples.json", "dual_alignment_report.json", "positions_snapshot.json"])
def test_run_with_one_flipped_byte_is_an_integrity_failure(honest_run: Any, tmp_path: Path, name: str) -> None:
    """One bit of a sealed file: exit 5, and the file is named."""
    broken = tmp_path / "broken"
    shutil.copytree(honest_run.folder, broken)
    data = bytearray((broken / name).read_bytes())
    place = data.index(b"BTC-USDT") if b"BTC-USDT" in data else len(data) // 2
    data[place] ^= 0x01
    (broken / name).write_bytes(bytes(data))
    done = run_audit("--mode", "offline", "--samples", str(broken), "--out", str(tmp_path / "runs"))
    assert (done.returncode, done.stdout) == (5, "")
    assert len(done.stderr.splitlines()) == 1
    assert name in done.stderr


def test_run_whose_file_is_missing_is_an_integrity_failure(honest_run: Any, tmp_path: Path) -> None:
    """What was sealed has to be there."""
    broken = tmp_path / "broken"
    shutil.copytree(honest_run.folder, broken)
    (broken / "okx_sdk_raw_samples.json").unlink()
    done = run_audit("--mode", "offline", "--samples", str(broken), "--out", str(tmp_path / "runs"))
    assert done.returncode == 5
    assert "okx_sdk_raw_samples.json" in done.stderr


def test_corpus_with_a_payload_that_is_gone_is_counted_and_not_skipped(tmp_path: Path) -> None:
    """A file that the index names and nobody finds is a number in the report; nothing compared is incomplete (3)."""
    samples = tmp_path / "samples"
    samples.mkdir()
    record = {"file": "gone.json", "method": "GET", "endpoint": "/api/v5/public/time", "shape": "envelope",
              "provenance": "recorded"}  # fmt: skip
    (samples / "INDEX.json").write_text(json.dumps([record]), encoding="utf-8")
    words = ("--mode", "offline", "--samples", str(samples), "--out", str(tmp_path / "runs"))
    assert run_audit(*words).returncode == 3
    report = read(only_run(tmp_path / "runs"), "dual_alignment_report.json")
    assert sum(report["payloads"]["not_comparable"].values()) == 1
    assert report["verdict"] == "incomplete"
