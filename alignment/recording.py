"""
From judged differences to the difference log: what is accepted there, what is new, what was seen again.

A run asks `RunLog` twice: before the reports are written, which findings a decision in the log accepts; and before the
run is sealed, to append an entry for each difference that has none and an occurrence for every other. Where the log
cannot be read or written, `LogFailed` ends the run with exit code 5, and no report calls it aligned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualwitness.models import Library, Outcome, RunMode
from dualwitness.models.finding import Finding
from dualwitness.venues.errors import DualwitnessError

if TYPE_CHECKING:
    from dualwitness.difflog.evidence import SampleSource
    from dualwitness.difflog.records import Comparison, Content, Entry, Environment, Run
    from dualwitness.difflog.state import LogState
    from dualwitness.difflog.store import DiffLog

__all__ = ["Hints", "LogFailed", "Recorded", "RunLog", "Seen", "libraries_of"]

Hints = Callable[[Finding], Mapping[str, str]]
_REPORT = "dual_alignment_report.json"
_TRIES = 5
_WORLDS = {
    RunMode.OKX_DEMO_SIM: "sim",
    RunMode.OFFLINE: "offline",
    RunMode.OKX_DEMO_API: "demo",
    RunMode.OKX_LIVE: "live",
}


class LogFailed(DualwitnessError):
    """The difference log could not be read, or not be written, or is not what was appended to it."""

    exit_code = 5
    default_advice = "verify it: python -m difflog verify"


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    What a run did to the log.

    ``new`` are the ids of entries that it made, ``seen_again`` counts those that were there, ``refused`` says of each
    finding without the minimum of evidence what was missing. ``quarantined`` are torn tails of earlier appends, never
    acknowledged and moved out of the way.
    """

    path: Path | None
    new: tuple[str, ...] = ()
    seen_again: int = 0
    refused: tuple[Mapping[str, Any], ...] = ()
    quarantined: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "path": None if self.path is None else str(self.path),
            "new": list(self.new),
            "seen_again": self.seen_again,
            "refused": [dict(one) for one in self.refused],
            "quarantined": list(self.quarantined),
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """
    The circumstances of a run's findings.

    ``software`` is the content of ``execution_fingerprint.json``. ``body`` gives a raw sample's bytes, None where they
    were redacted or are not there; ``samples_at`` names the collection outside the log in which they stay.
    """

    run_id: str
    mode: RunMode
    software: Mapping[str, Any]
    body: SampleSource
    hints: Hints
    samples_at: str | None = None
    lies: tuple[str, ...] = ()
    exchange_id: str = "okx"


@dataclass(slots=True)
class RunLog:
    """
    The log as one run uses it; ``folder`` None keeps no log and accepts nothing.

    ``record_to`` is where entries go if that is another log than the one whose decisions count.
    """

    folder: Path | None
    record_to: Path | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(tz=UTC))

    def accept(self, findings: Iterable[Finding], software: Mapping[str, Any], mode: RunMode) -> tuple[Finding, ...]:
        """
        The findings, those that the log accepts today with ``accepted_by`` and that outcome; raises `LogFailed`.

        What was accepted of the embedded venue or of a recording is not accepted of demo trading or a live account.
        """
        from dualwitness.difflog.records import World
        from dualwitness.difflog.state import accepts

        state = self._state(self.folder)
        if state is None:
            return tuple(findings)
        today = self._today()
        versions = libraries_of(software)

        def decided(finding: Finding) -> Finding:
            entry_id = accepts(state, finding, versions, today, World(_WORLDS[mode]))
            if entry_id is None:
                return finding
            return finding.model_copy(update={"accepted_by": entry_id, "outcome": Outcome.ACCEPTED})

        return tuple(map(decided, findings))

    def record(self, findings: Sequence[Finding], seen: Seen) -> Recorded:
        """Append what was found, durably; ``findings`` have the outcome with which they were judged."""
        from dualwitness.difflog.errors import DuplicateEntry, LogError
        from dualwitness.difflog.store import DiffLog

        folder = self.record_to or self.folder
        if folder is None:
            return Recorded(None)
        sources = (seen.body,) if seen.samples_at is not None else ()
        try:
            with DiffLog(folder, self.now, sources) as log:
                for _ in range(_TRIES):
                    batch = self._batch(findings, seen, self._state(folder))
                    try:
                        _append(log, batch, seen)
                    except DuplicateEntry:  # another run was first: read again, and it becomes an occurrence
                        continue
                    again = len(batch.contents) - len(batch.new)
                    torn = tuple(path.name for path in log.quarantined)
                    return Recorded(folder, tuple(batch.new), again, batch.refused, torn)
        except LogError as error:
            raise LogFailed(str(error), advice=error.advice) from None
        message = f"{folder} is written by so many runs at once that none of {_TRIES} tries went through"
        raise LogFailed(message, advice="run the audit again")

    def _batch(self, findings: Iterable[Finding], seen: Seen, state: LogState | None) -> _Batch:
        from dualwitness.difflog.errors import EntryRefused
        from dualwitness.difflog.evidence import entry_from_finding
        from dualwitness.difflog.records import Occurrence

        known = {} if state is None else {name: one.entry_id for name, one in state.by_fingerprint.items()}
        batch = _Batch()
        refused = []
        for finding in findings:
            try:
                entry = entry_from_finding(
                    finding,
                    run=_run(seen),
                    environment=_environment(finding, seen),
                    libraries=_comparison(seen.software),
                    report_ref=f"{seen.run_id}/{_REPORT}",
                    day=self._today(),
                    raw_samples_at=seen.samples_at,
                )
                _demand_samples(entry, seen)
            except EntryRefused as refusal:
                refused.append({"finding_id": finding.finding_id, "collect": list(refusal.collect)})
                continue
            earlier = known.get(entry.fingerprint)
            if earlier is None:
                known[entry.fingerprint] = entry.entry_id
                batch.new.append(entry.entry_id)
                batch.contents.append(entry)
            else:
                taken = entry.model_dump(include=set(Occurrence.model_fields) - {"record", "entry_id"})
                batch.contents.append(Occurrence.model_validate({**taken, "entry_id": earlier}))
        batch.refused = tuple(refused)
        return batch

    def _state(self, folder: Path | None) -> LogState | None:
        """What a log says today, None where there is none yet; raises `LogFailed` where it is broken."""
        from dualwitness.difflog.errors import LogError
        from dualwitness.difflog.state import fold
        from dualwitness.difflog.store import DiffLog

        if folder is None or not folder.exists():
            return None
        try:
            with DiffLog(folder, self.now) as log:
                reading = log.read()
        except LogError as error:
            raise LogFailed(str(error), advice=error.advice) from None
        if reading.problems:
            raise LogFailed(f"the difference log was changed: {reading.problems[0]}")
        return fold(reading.records, self._today())

    def _today(self) -> date:
        return self.now().astimezone(UTC).date()


@dataclass(slots=True)
class _Batch:
    contents: list[Content] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    refused: tuple[Mapping[str, Any], ...] = ()


def libraries_of(software: Mapping[str, Any]) -> dict[str, str]:
    """Version by library, of those that are installed."""
    versions = {name: one["version"] for name, one in software["libraries"].items()}
    return {name: str(version) for name, version in versions.items() if version is not None}


def _append(log: DiffLog, batch: _Batch, seen: Seen) -> None:
    """Samples first: an entry is acknowledged only when its evidence lies beside it."""
    from dualwitness.difflog.records import Entry

    if seen.samples_at is None:
        wanted = {
            reference
            for one in batch.contents
            if isinstance(one, Entry)
            for reference in (one.evidence.ccxt_raw_sample_ref, one.evidence.okx_raw_sample_ref)
        }
        for reference in sorted(wanted):
            body = seen.body(reference)
            if body is not None:
                log.keep_sample(body)
    log.append_many(batch.contents)


def _demand_samples(entry: Entry, seen: Seen) -> None:
    """An entry, and just as well an occurrence, needs both bodies as they were received."""
    from dualwitness.difflog.errors import EntryRefused

    pair = (entry.evidence.ccxt_raw_sample_ref, entry.evidence.okx_raw_sample_ref)
    lost = [reference for reference in dict.fromkeys(pair) if seen.body(reference) is None]
    if lost:
        raise EntryRefused([f"the body as received of sample {one}: it was redacted or not kept" for one in lost])


def _run(seen: Seen) -> Run:
    from dualwitness.difflog.records import Run

    names = ("git_commit", "git_commit_reason", "docker_image_digest", "docker_image_digest_reason", "python_version")
    return Run(run_id=seen.run_id, **{name: seen.software[name] for name in names})


def _environment(finding: Finding, seen: Seen) -> Environment:
    from dualwitness.difflog.records import Environment

    rows = "1 row" if finding.row_count == 1 else f"{finding.row_count} rows"
    return Environment.model_validate(
        {
            "env": _WORLDS[seen.mode],
            "exchange_id": seen.exchange_id,
            "symbol_in_use": finding.symbol,
            "symbol_reason": None if finding.symbol else f"the answer is about no single symbol: seen in {rows} of it",
            "market_type": str(finding.market_type or "unknown"),
            "lies": seen.lies,
            **seen.hints(finding),
        }
    )


def _comparison(software: Mapping[str, Any]) -> Comparison:
    from dualwitness.difflog.records import Comparison

    versions = libraries_of(software)
    return Comparison.model_validate(
        {
            side: {"name": str(library), "version": versions.get(library, "")}
            for side, library in (("a", Library.CCXT), ("b", Library.OKX_SDK))
        }
    )
