"""One audit: an honest manifest after every failure, and orders only where no real money is in reach."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.artifacts import MANIFEST, verify_seal
from dualwitness.alignment.audit import audit
from dualwitness.alignment.collect import Collector
from dualwitness.alignment.observe import Witnesses
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import Library, RunMode
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues import SafetyError, UsageError
from tests.support.audit_run import only_run

# The package exports the function under the module's name.
audit_module = sys.modules[audit.__module__]
TIME = b'{"code":"0","data":[{"ts":"1782907200000"}],"msg":""}'
NOTHING = b'{"code":"0","data":[],"msg":""}'


def settings(out: Path, mode: RunMode = RunMode.OFFLINE) -> AuditSettings:
    """An audit of one symbol."""
    return AuditSettings(mode=mode, symbols=("BTC/USDT:USDT",), out=out, base_url="http://127.0.0.1:9")


def empty_world(request: WireRequest) -> WireAnswer:
    """A venue that tells the time and lists nothing."""
    return WireAnswer(200, TIME if request.path.endswith("/public/time") else NOTHING)


ANSWERS = dict.fromkeys(Library, empty_world)


def manifest_of(out: Path) -> dict[str, Any]:
    """What the only run says of itself."""
    content: dict[str, Any] = json.loads((only_run(out) / MANIFEST).read_text(encoding="utf-8"))
    return content


FAILURES = [
    (KeyboardInterrupt(), "interrupted", 130),
    (SafetyError("stopped"), "blocked", 4),
    (UsageError("no such symbol"), "failed", 2),
    (OSError(5, "input/output error"), "failed", 5),
    (KeyError("a defect"), "failed", 3),
]
# Steps of an audit, as its module docstring counts them.
STEPS: dict[str, tuple[Any, str]] = {
    "session": (audit_module, "open_session"),
    "reach": (Collector, "reach"),
    "environment": (Collector, "environment"),
    "account": (Collector, "account"),
    "requests": (Collector, "requests"),
    "samples": (audit_module, "document"),
    "judging": (audit_module, "judge"),
    "fingerprint": (audit_module, "execution_fingerprint"),
}


def _raising(failure: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise failure

    return fail


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("failure", "status", "code"), FAILURES, ids=[case[1] + str(case[2]) for case in FAILURES])
def test_audit_that_fails_at_any_step_leaves_an_honest_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException, *, status: str, code: int
) -> None:
    """The error comes out; the manifest says how it ended, claims nothing, and seals what was written."""
    monkeypatch.setattr(*STEPS[step], _raising(failure))
    with pytest.raises(type(failure)) as raised:
        audit(settings(tmp_path), recorded=ANSWERS)
    assert raised.value is failure
    said = manifest_of(tmp_path)
    assert (said["status"], said["exit_code"]) == (status, code)
    assert said["ended_at"] is not None
    assert said["error"]
    assert (said["execution_alignment_ok"], said["ccxt_alignment_ok"]) == (None, None)
    assert verify_seal(only_run(tmp_path)) == []


def test_audit_that_fails_while_judging_has_kept_what_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw samples are written before anything is judged."""
    monkeypatch.setattr(audit_module, "judge", _raising(KeyError("a defect")))
    with pytest.raises(KeyError):
        audit(settings(tmp_path), recorded=ANSWERS)
    assert {"ccxt_raw_samples.json", "okx_sdk_raw_samples.json"} <= manifest_of(tmp_path)["files"].keys()


def test_audit_of_a_venue_that_answers_nothing_is_incomplete(tmp_path: Path) -> None:
    """No answer is no alignment, and nothing more is asked."""

    def down(_: WireRequest) -> WireAnswer:
        return WireAnswer(502, b"<html>")

    result = audit(settings(tmp_path), recorded=dict.fromkeys(Library, down))
    said = manifest_of(tmp_path)
    assert (str(result.verdict), result.exit_code) == ("incomplete", 3)
    assert (said["status"], said["exit_code"], said["execution_alignment_ok"]) == ("incomplete", 3, False)


def test_audit_of_one_library_alone_is_incomplete_and_names_the_other(tmp_path: Path) -> None:
    """Half the evidence is never called aligned."""
    result = audit(settings(tmp_path), recorded={Library.CCXT: empty_world})
    said = manifest_of(tmp_path)
    assert (str(result.verdict), result.exit_code) == ("incomplete", 3)
    assert (said["okx_sdk_alignment_ok"], said["execution_alignment_ok"]) == (None, None)
    assert said["okx_sdk_alignment_skipped_reason"] == "okx_sdk_not_recorded"


def test_audit_that_cannot_keep_its_journal_makes_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be recorded is not asked: the session is not even opened."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(audit_module, "open_session", _raising(AssertionError()))
    with pytest.raises(OSError, match=r"directory|exists"):
        audit(settings(tmp_path / "runs", RunMode.OKX_DEMO_API))
    assert manifest_of(tmp_path / "runs")["status"] == "failed"


@pytest.mark.parametrize("mode", list(RunMode))
def test_audit_probes_in_every_mode_but_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: RunMode) -> None:
    """Probe orders are placed where no real money is in reach, and never in live."""
    probed: list[RunMode] = []
    monkeypatch.setattr(Collector, "probe", lambda *_: probed.append(mode))
    audit(settings(tmp_path, mode), recorded=ANSWERS)
    assert probed == ([] if mode is RunMode.OKX_LIVE else [mode])


def test_audit_that_ends_has_closed_its_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it failed."""
    closed: list[bool] = []
    real = Witnesses.close

    def close(self: Witnesses) -> None:
        closed.append(True)
        real(self)

    monkeypatch.setattr(Witnesses, "close", close)
    monkeypatch.setattr(Collector, "account", _raising(KeyError("a defect")))
    with pytest.raises(KeyError):
        audit(settings(tmp_path), recorded=ANSWERS)
    assert closed == [True]
