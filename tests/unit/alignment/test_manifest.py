"""The manifest: what it says while a run is going on, at its end, and after every kind of failure."""

from __future__ import annotations

import errno
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.adjudicate import AdjudicatedPosition
from dualwitness.alignment.artifacts import MANIFEST, RunFolder, verify_seal
from dualwitness.alignment.collect import Collection
from dualwitness.alignment.judgement import Judgement
from dualwitness.alignment.manifest import Manifest
from dualwitness.alignment.recording import Recorded
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import (
    ImpedanceFidelity,
    Library,
    NullReason,
    PositionsQuality,
    PositionsSource,
    RunMode,
    RunStatus,
)
from dualwitness.venues import SafetyError, UsageError, VenueError
from dualwitness.venues.redact import Redactor
from tests.support.observations import LINEAR, exchange

SECRET = "very-secret-passphrase"
# Every key of contract 8 that a manifest must have from its first moment on.
KEYS = [
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


class Run:
    """A run's folder with its manifest, and what the manifest says by now."""

    def __init__(self, out: Path) -> None:
        self.folder = RunFolder(out, "run_20260701_120000_abcdef0", Redactor([SECRET]))
        chosen = AuditSettings(mode=RunMode.OKX_DEMO_SIM, symbols=(LINEAR,), out=out, seed=7)
        self.manifest = Manifest(self.folder, chosen, 1_782_907_200_000)
        self.manifest.open()

    def says(self) -> dict[str, Any]:
        return dict(json.loads((self.folder.path / MANIFEST).read_text(encoding="utf-8")))

    def seal(self, **changes: Any) -> dict[str, Any]:
        usual: dict[str, Any] = {
            "status": RunStatus.COMPLETED,
            "exit_code": 0,
            "seen": Collection(),
            "result": Judgement(quality=PositionsQuality.RELIABLE, source=PositionsSource.EXCHANGE),
            "skipped": {},
            "sound": dict.fromkeys(Library, True),
            "symbols": (LINEAR,),
            "fidelity": ImpedanceFidelity.SIMULATED,
            "ended_at": "2026-07-01T12:00:01.000Z",
            "recorded": Recorded(None),
        }
        self.manifest.seal(**usual | changes)
        return self.says()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that has just begun."""
    return Run(tmp_path)


def test_manifest_of_a_run_that_goes_on_says_running_and_has_every_key(run: Run) -> None:
    """A killed run leaves this: it never ended, and nothing is claimed."""
    said = run.says()
    assert said.keys() >= set(KEYS)
    assert (said["status"], said["exit_code"], said["ended_at"]) == ("running", None, None)
    assert (said["execution_alignment_ok"], said["positions_quality"]) == (None, "unavailable")
    assert (said["started_at"], said["seed"], said["symbols"]) == ("2026-07-01T12:00:00.000Z", 7, [LINEAR])


def test_sealed_manifest_names_reports_samples_and_digests(run: Run) -> None:
    """Every file that was written is sealed; paths of samples are told only where a call was made."""
    seen = Collection()
    seen.samples.add("get_ticker", LINEAR, [exchange()])
    seen.skews_ms.extend([1.0, 5.0, 3.0])
    run.folder.write("dual_alignment_report.json", {"verdict": "aligned"})
    said = run.seal(seen=seen)
    assert (said["status"], said["exit_code"], said["execution_alignment_ok"]) == ("completed", 0, True)
    assert said["execution_alignment_lib"] == "ccxt+okx_sdk"
    assert said["api_calls"] == {"total": 1, "ccxt": 1, "okx_sdk": 0}
    assert (said["ccxt_raw_samples_path"], said["okx_sdk_raw_samples_path"]) == ("ccxt_raw_samples.json", None)
    assert said["execution_raw_samples_path"] == "ccxt_raw_samples.json"
    assert said["skew_ms"] == {"count": 3, "p50": 3.0, "p95": 5.0, "p99": 5.0, "max": 5.0}
    assert list(said["files"]) == ["dual_alignment_report.json"]
    assert verify_seal(run.folder.path) == []
    assert said.keys() >= set(KEYS)


def test_sealed_manifest_of_a_skipped_library_is_null_for_it_and_never_ok(run: Run) -> None:
    """The missing library is named with its reason; both together are neither right nor wrong."""
    said = run.seal(
        status=RunStatus.INCOMPLETE,
        exit_code=3,
        skipped={Library.CCXT: "ccxt_not_installed_using_okx_sdk_evidence"},
        sound={Library.OKX_SDK: True},
    )
    assert (said["ccxt_alignment_ok"], said["okx_sdk_alignment_ok"], said["execution_alignment_ok"]) == (
        None,
        True,
        None,
    )
    assert said["ccxt_alignment_skipped_reason"] == "ccxt_not_installed_using_okx_sdk_evidence"
    assert said["ccxt_alignment_report_path"] is None
    assert said["execution_alignment_lib"] == "okx_sdk"


@pytest.mark.parametrize("sound", [{Library.CCXT: True, Library.OKX_SDK: False}, {}])
def test_sealed_manifest_is_not_ok_where_an_answer_was_unsound_or_nobody_was_asked(
    run: Run, sound: dict[Library, bool]
) -> None:
    """One unsound library spoils the whole; none at all is no success."""
    assert run.seal(sound=sound)["execution_alignment_ok"] is False


def _unknown_position(explanation: str) -> AdjudicatedPosition:
    return AdjudicatedPosition(
        symbol=LINEAR,
        position_side="net",
        has_position=None,
        direction=None,
        contracts=None,
        entry_price=None,
        reason=NullReason.CONFLICT,
        positions_quality=PositionsQuality.UNRELIABLE,
        positions_source=PositionsSource.NONE,
        witnesses_for=(),
        witnesses_against=(),
        explanation=explanation,
    )


FALLBACKS = [
    (PositionsQuality.RELIABLE, (), None, "not_needed"),
    (PositionsQuality.RECONSTRUCTED_FROM_FILLS, (), True, None),
    (PositionsQuality.UNRELIABLE, (), False, "no complete history of fills"),
    (
        PositionsQuality.UNRELIABLE,
        (_unknown_position("they contradict each other"),),
        False,
        "they contradict each other",
    ),
    (PositionsQuality.UNAVAILABLE, (), False, "no complete history of fills"),
]


@pytest.mark.parametrize(("quality", "positions", "fallback", "reason"), FALLBACKS)
def test_manifest_says_whether_positions_could_be_rebuilt(
    run: Run,
    quality: PositionsQuality,
    positions: tuple[AdjudicatedPosition, ...],
    fallback: bool | None,
    reason: str | None,
) -> None:
    """Not needed, done, or impossible and why."""
    said = run.seal(result=Judgement(quality=quality, positions=positions))
    assert (said["positions_fallback_ok"], said["positions_fallback_reason"]) == (fallback, reason)
    assert said["positions_quality"] == str(quality)


FAILURES = [
    ("interrupt", KeyboardInterrupt(), "interrupted", 130, "KeyboardInterrupt"),
    ("safety", SafetyError("a host is not allowed"), "blocked", 4, "a host is not allowed"),
    ("usage", UsageError("no such symbol", advice="name another"), "failed", 2, "no such symbol. Name another."),
    ("venue", VenueError("no answer"), "failed", 3, "no answer"),
    ("disk", OSError(errno.ENOSPC, "No space left on device"), "failed", 5, "OSError"),
    ("defect", KeyError("x"), "failed", 3, "KeyError"),
    ("memory", MemoryError(), "failed", 3, "MemoryError"),
]


@pytest.mark.parametrize(
    ("failure", "status", "code", "text"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES]
)
def test_manifest_of_a_run_that_failed_has_an_honest_end(
    run: Run, failure: BaseException, status: str, code: int, text: str
) -> None:
    """Status and exit code of the contract, a text for a person, the time, and no claim of alignment."""
    run.manifest.close_after(failure)
    said = run.says()
    assert (said["status"], said["exit_code"]) == (status, code)
    assert text in said["error"]
    assert said["ended_at"] is not None
    assert said["execution_alignment_ok"] is None


def test_manifest_of_a_failure_seals_what_was_written_before(run: Run) -> None:
    """The raw samples of a run that failed later are still evidence."""
    run.folder.write("ccxt_raw_samples.json", {"calls": []})
    run.manifest.close_after(KeyError())
    assert list(run.says()["files"]) == ["ccxt_raw_samples.json"]
    assert verify_seal(run.folder.path) == []


def test_manifest_of_a_failure_holds_no_secret(run: Run) -> None:
    """An error text that carries a secret is cleaned like every file."""
    run.manifest.close_after(UsageError(f"refused {SECRET}"))
    assert SECRET not in (run.folder.path / MANIFEST).read_text(encoding="utf-8")


def test_manifest_that_cannot_be_closed_stays_running(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk ``running`` without an end is the truth that is left, and the first error is not hidden."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    run.manifest.close_after(OSError(errno.ENOSPC, "No space left on device"))
    assert run.says()["status"] == "running"
    assert Decimal(run.says()["schema_version"]) == 1
