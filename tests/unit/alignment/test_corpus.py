"""The audit over recorded answers: what is read, counted, compared, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment import corpus
from dualwitness.alignment.artifacts import MANIFEST, verify_seal
from dualwitness.alignment.corpus import audit_corpus
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import RunMode
from dualwitness.venues import SafetyError, UsageError
from dualwitness.venues.errors import LibraryNotInstalled
from tests.support.audit_run import only_run

BALANCE = {"code": "0", "data": [{"details": [], "totalEq": "0", "uTime": "1"}], "msg": ""}
RECORD = {"method": "GET", "endpoint": "/api/v5/account/balance", "shape": "envelope", "provenance": "recorded"}


def settings(folder: Path, payloads: dict[str, Any], **about: Any) -> AuditSettings:
    """A folder of payloads with its index, and the settings to read it; texts are written as they are."""
    source = folder / "payloads"
    source.mkdir()
    for name, payload in payloads.items():
        text = payload if isinstance(payload, str) else json.dumps(payload)
        (source / name).write_text(text, encoding="utf-8")
    index = [{"file": name, **RECORD, **about} for name in payloads]
    (source / "INDEX.json").write_text(json.dumps(index), encoding="utf-8")
    return AuditSettings(mode=RunMode.OFFLINE, symbols=("BTC/USDT",), out=folder / "runs", samples=source)


def test_corpus_of_a_sound_answer_is_compared_and_sealed(tmp_path: Path) -> None:
    """One payload, both parsers, one run with all its files."""
    result = audit_corpus(settings(tmp_path, {"a.json": BALANCE}))
    said = json.loads((result.folder / MANIFEST).read_text(encoding="utf-8"))
    assert (result.read, dict(result.compared)) == (1, {"recorded": 1})
    assert (said["status"], said["exit_code"], said["error"]) == ("completed", result.exit_code, None)
    assert verify_seal(result.folder) == []
    assert len(said["files"]) == 7


def test_corpus_of_what_cannot_be_compared_is_counted_and_incomplete(tmp_path: Path) -> None:
    """Broken files and what is no REST envelope are named, and nothing compared is never aligned."""
    result = audit_corpus(settings(tmp_path, {"a.json": "{", "b.json": [1]}))
    assert sum(result.not_comparable.values()) == 2
    assert (str(result.verdict), result.exit_code) == ("incomplete", 3)
    assert json.loads((result.folder / MANIFEST).read_text(encoding="utf-8"))["status"] == "incomplete"


def test_corpus_of_examples_makes_no_finding(tmp_path: Path) -> None:
    """An example of the documentation is read and counted, but no evidence of what OKX sends."""
    result = audit_corpus(settings(tmp_path, {"a.json": BALANCE}, provenance="documentation"))
    assert dict(result.compared) == {"documentation": 1}
    assert result.findings == ()


@pytest.mark.parametrize("index", [None, "", "{}", "[1]", '[{"file": "a.json"}]'])
def test_corpus_without_a_readable_index_is_refused_before_a_run_is_made(tmp_path: Path, index: str | None) -> None:
    """Exit code 2 and no folder of a run."""
    chosen = settings(tmp_path, {})
    path = tmp_path / "payloads" / "INDEX.json"
    path.unlink()
    if index is not None:
        path.write_text(index, encoding="utf-8")
    with pytest.raises(UsageError, match="not a list of payload records"):
        audit_corpus(chosen)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (KeyError("a defect"), "failed", 3),
        (OSError(5, "io"), "failed", 5),
        (LibraryNotInstalled("not there"), "failed", 2),
        (SafetyError("stopped"), "blocked", 4),
    ],
    ids=["interrupt", "defect", "disk", "usage", "safety"],
)
@pytest.mark.parametrize("step", ["_read_all", "_report"])
def test_corpus_that_fails_leaves_an_honest_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException, *, status: str, code: int
) -> None:
    """The error comes out, and the manifest says how and when it ended."""

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(corpus, step, fail)
    with pytest.raises(type(failure)):
        audit_corpus(settings(tmp_path, {"a.json": BALANCE}))
    said = json.loads((only_run(tmp_path / "runs") / MANIFEST).read_text(encoding="utf-8"))
    assert (said["status"], said["exit_code"]) == (status, code)
    assert said["ended_at"] is not None
