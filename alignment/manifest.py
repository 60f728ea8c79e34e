"""The manifest of a run: what it set out to do, how it ended, and the digest of everything it left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dualwitness.alignment.artifacts import RunFolder
from dualwitness.alignment.collect import Collection
from dualwitness.alignment.costs.report import skew_document
from dualwitness.alignment.judgement import Judgement
from dualwitness.alignment.recording import Recorded
from dualwitness.alignment.report import VOLATILE_KEYS
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import (
    ImpedanceFidelity,
    Library,
    PositionsQuality,
    PositionsSource,
    RunStatus,
)
from dualwitness.venues.errors import DualwitnessError, SafetyError

__all__ = ["Manifest", "opening_content"]

_REPORT = "dual_alignment_report.json"
_WRITE_FAILED, _INTERRUPTED = 5, 130


def opening_content(run_id: str, settings: AuditSettings, started_ms: int, symbols: tuple[str, ...]) -> dict[str, Any]:
    """Every key of a manifest as it stands before the first question: nothing asked, nothing known."""
    content: dict[str, Any] = {
        "schema_version": 1,
        "run_id": run_id,
        "mode": str(settings.mode),
        "status": str(RunStatus.RUNNING),
        "error": None,
        "exit_code": None,
        "started_at": _iso(started_ms),
        "ended_at": None,
        "seed": settings.seed,
        "api_calls": {"total": 0, **{str(library): 0 for library in Library}},
        "symbols_asked": list(symbols),
        "symbols": list(symbols),
        "execution_alignment_lib": None,
        "execution_alignment_ok": None,
        "execution_alignment_report_path": None,
        "execution_raw_samples_path": None,
        "positions_quality": str(PositionsQuality.UNAVAILABLE),
        "positions_source": str(PositionsSource.NONE),
        "positions_fallback_ok": None,
        "positions_fallback_reason": "not_asked",
        "impedance_fidelity": str(ImpedanceFidelity.UNKNOWN),
        "skew_ms": None,
        "difflog": None,
        "volatile_keys": list(VOLATILE_KEYS),
    }
    for library in Library:
        for suffix in ("alignment_ok", "alignment_report_path", "raw_samples_path", "alignment_skipped_reason"):
            content[f"{library}_{suffix}"] = None
    return content


class Manifest:
    """Written first with ``running``, last with its seal; `close_after` gives a failed run an honest end."""

    def __init__(
        self,
        folder: RunFolder,
        settings: AuditSettings,
        started_ms: int,
        commit: tuple[str | None, bool | None] | None = None,
    ) -> None:
        self._folder = folder
        self.commit = commit
        self._content = opening_content(folder.run_id, settings, started_ms, settings.symbols)

    def open(self) -> None:
        """Write it for the first time: ``running``."""
        self._folder.write_manifest(self._content)

    def seal(
        self,
        *,
        status: RunStatus,
        exit_code: int,
        seen: Collection,
        result: Judgement,
        skipped: Mapping[Library, str],
        sound: Mapping[Library, bool],
        symbols: tuple[str, ...],
        fidelity: ImpedanceFidelity,
        ended_at: str,
        recorded: Recorded,
    ) -> Mapping[str, Any]:
        """Write the end of the run and the SHA-256 of every file; gives the content back."""
        calls = {str(library): seen.samples.count(library) for library in Library}
        used = [str(library) for library in sound]
        content = self._content
        content.update(
            status=str(status),
            exit_code=exit_code,
            ended_at=ended_at,
            api_calls={"total": sum(calls.values()), **calls},
            symbols=list(symbols),
            execution_alignment_lib="+".join(used) or None,
            execution_alignment_ok=None if skipped else bool(sound) and all(sound.values()),
            execution_alignment_report_path=_REPORT,
            positions_quality=str(result.quality),
            positions_source=str(result.source),
            impedance_fidelity=str(fidelity),
            skew_ms=skew_document(seen.skews_ms),
            difflog=recorded.as_document(),
            **_fallback(result),
        )
        for library in Library:
            there = library in sound
            content[f"{library}_alignment_ok"] = sound.get(library)
            content[f"{library}_alignment_report_path"] = f"{library}_alignment_report.json" if there else None
            content[f"{library}_raw_samples_path"] = f"{library}_raw_samples.json" if calls[str(library)] else None
            content[f"{library}_alignment_skipped_reason"] = skipped.get(library)
        paths = [content[f"{library}_raw_samples_path"] for library in (Library.OKX_SDK, Library.CCXT)]
        content["execution_raw_samples_path"] = next((path for path in paths if path), None)
        self._folder.write_manifest(content)
        return content

    def close_after(self, failure: BaseException) -> None:
        """End a run that an error ended; where even that cannot be written, the manifest stays ``running``."""
        status, code = RunStatus.FAILED, DualwitnessError.exit_code
        if isinstance(failure, KeyboardInterrupt):
            status, code = RunStatus.INTERRUPTED, _INTERRUPTED
        elif isinstance(failure, SafetyError):
            status, code = RunStatus.BLOCKED, failure.exit_code
        elif isinstance(failure, DualwitnessError):
            code = failure.exit_code
        elif isinstance(failure, OSError):
            code = _WRITE_FAILED
        text = failure.diagnostics() if isinstance(failure, DualwitnessError) else type(failure).__name__
        self._content.update(
            status=str(status),
            exit_code=code,
            error=text,
            ended_at=datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        try:
            self._folder.write_manifest(self._content)
        except OSError:
            return  # the disk is full: ``running`` with no end is the truth that is left


def _fallback(result: Judgement) -> dict[str, Any]:
    """The markers of the predecessor: whether positions could be rebuilt where the report could not be believed."""
    if result.quality is PositionsQuality.RELIABLE:
        return {"positions_fallback_ok": None, "positions_fallback_reason": "not_needed"}
    if result.quality is PositionsQuality.RECONSTRUCTED_FROM_FILLS:
        return {"positions_fallback_ok": True, "positions_fallback_reason": None}
    reason = next(
        (one.explanation for one in result.positions if one.reason is not None), "no complete history of fills"
    )
    return {"positions_fallback_ok": False, "positions_fallback_reason": reason}


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
