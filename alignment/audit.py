"""
One audit, from settings to a sealed run.

    (1) make the run's folder; the manifest says ``running``
    (2) open venue and clients; name the libraries that are not there
    (3) prove that a venue answers at all
    (4) read the environment: instruments, then each symbol
    (5) place the probe orders, where no real money is in reach
    (6) read the account, then whatever it turned out to trade
    (7) catch what each library makes of the same bare words
    (8) write the raw samples: recorded before anything is judged
    (9) judge (`judgement.py`), and mark what the difference log accepts (`recording.py`)
    (10) append every difference to the log: an entry where it is new, an occurrence where it is not
    (11) write the reports and seal the run

The caller gets an `AuditResult`; nothing is raised for what a venue did. `UsageError`, `SafetyError`, `LogFailed` and
`OSError` are raised after the manifest has been closed with the right status.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dualwitness.alignment import report
from dualwitness.alignment.account_hints import account_hints
from dualwitness.alignment.artifacts import RunFolder, run_id_of
from dualwitness.alignment.collect import Collection, Collector
from dualwitness.alignment.costs.contact import fidelity
from dualwitness.alignment.costs.report import contacts_in, impedance_document
from dualwitness.alignment.fingerprint import commit_of, execution_fingerprint
from dualwitness.alignment.judgement import Judgement, judge
from dualwitness.alignment.manifest import Manifest
from dualwitness.alignment.recording import Recorded, RunLog, Seen
from dualwitness.alignment.samples import document
from dualwitness.alignment.session import Answers, Session, open_reader, open_session
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import ImpedanceFidelity, Library, RunStatus, Verdict
from dualwitness.models.finding import Finding
from dualwitness.venues.errors import DualwitnessError, SafetyError
from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
from dualwitness.venues.redact import Redactor

__all__ = ["AuditResult", "audit"]

_STATUS = {Verdict.INCOMPLETE: RunStatus.INCOMPLETE, Verdict.BLOCKED: RunStatus.BLOCKED}


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What one audit concluded and where it is written down; ``report`` is ``dual_alignment_report.json``."""

    folder: Path
    verdict: Verdict
    exit_code: int
    findings: tuple[Finding, ...]
    report: Mapping[str, Any]
    manifest: Mapping[str, Any]
    recorded: Recorded = field(default_factory=lambda: Recorded(None))


def audit(
    settings: AuditSettings,
    *,
    recorded: Mapping[Library, Answers] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditResult:
    """
    Run one audit and seal it (module docstring).

    ``recorded`` replaces the sockets by a run's own samples. ``progress`` is told what is being asked. Raises
    `UsageError`, `SafetyError`, and `OSError` where the folder cannot be written.
    """
    redactor = Redactor(settings.secrets)
    started_ms = time.time_ns() // 1_000_000
    commit = commit_of()
    folder = RunFolder(settings.out, run_id_of(started_ms, commit[0]), redactor)  # (1)
    manifest = Manifest(folder, settings, started_ms, commit)
    try:
        manifest.open()
        return _audit(settings, folder, manifest, redactor, recorded, progress)
    except BaseException as failure:
        manifest.close_after(failure)
        raise


def _audit(
    settings: AuditSettings,
    folder: RunFolder,
    manifest: Manifest,
    redactor: Redactor,
    recorded: Mapping[Library, Answers] | None,
    progress: Callable[[str], None],
) -> AuditResult:
    journal = CallJournal(JOURNAL_FOLDER if recorded is None else None, redactor)  # offline makes no calls
    journal.prepare()
    with open_session(settings, journal, recorded) as session:  # (2)
        collector = Collector(session, settings.seed, progress)
        seen = collector.seen
        if collector.reach():  # (3)
            symbols = collector.environment(settings.symbols, strict=settings.symbols_given)  # (4)
            if settings.demo:
                collector.probe(symbols, settings.max_notional_usd)  # (5)
            symbols = collector.account(symbols)  # (6)
            collector.requests(symbols)  # (7)
        else:
            symbols = settings.symbols
        _write_samples(folder, seen, redactor)  # (8)
        progress("judging")
        result = _judge(settings, session, collector)  # (9)
    return _write(settings, folder, manifest, session, seen, result, symbols, redactor)  # (10), (11)


def _write_samples(folder: RunFolder, seen: Collection, redactor: Redactor) -> None:
    for library in Library:
        if seen.samples.count(library):
            content = document(library, seen.samples.of(library), redactor)
            folder.write(f"{library}_raw_samples.json", content, is_redacted=True)


def _judge(settings: AuditSettings, session: Session, collector: Collector) -> Judgement:
    seen = collector.seen
    reader = None
    both = len(session.witnesses.clients) == len(Library) and len(seen.now_ms) > 0
    if both:
        reader = open_reader(settings, {library: _first_exchanges(seen, library) for library in Library})
    try:
        return judge(seen, reader, collector.ask_again)
    finally:
        if reader is not None:
            reader.close()


def _first_exchanges(seen: Collection, library: Library) -> list[Any]:
    """What a replaying client needs before it can read anything: the instruments that its library was told."""
    needed = ("/public/instruments", "/account/config", "/asset/currencies")
    return [one for _, _, one in seen.samples.of(library) if one.request.path.endswith(needed)]


def _write(
    settings: AuditSettings,
    folder: RunFolder,
    manifest: Manifest,
    session: Session,
    seen: Collection,
    result: Judgement,
    symbols: tuple[str, ...],
    redactor: Redactor,
) -> AuditResult:
    contacts = contacts_in(seen)
    hosts = {one.host for one in contacts}
    reports = {
        library: report.library_report(library, [one for one in seen.observations if one.library is library])
        for library in session.witnesses.clients
    }
    software = execution_fingerprint(
        config_sha256=settings.config_sha256,
        hosts=hosts,
        libraries=Library,
        commit=manifest.commit,
    )
    judged = result.findings
    recorded = _log(settings, folder.run_id, software, seen, result, redactor)
    incomplete = bool(session.skipped) or not seen.now_ms or any(report.is_gone(one) for one in result.findings)
    verdict = report.verdict_of(result.findings, incomplete=incomplete)
    exit_code = _exit_code(verdict, result.findings, settings)
    level = fidelity(contacts)
    body = _report(folder.run_id, settings, seen, result, judged, verdict, level)
    report.add_obtained(body["axes"], reports)
    for library, content in reports.items():
        folder.write(f"{library}_alignment_report.json", content)
    positions = seen.pair_of("get_positions")
    folder.write(
        "positions_snapshot.json",
        report.snapshot(result.positions, result.quality, result.source, positions, result.history),
    )
    folder.write("dual_alignment_report.json", body)
    folder.write("execution_fingerprint.json", software)
    sealed = manifest.seal(
        status=_STATUS.get(verdict, RunStatus.COMPLETED),
        exit_code=exit_code,
        seen=seen,
        result=result,
        skipped=session.skipped,
        sound={library: bool(content["all_answers_sound"]) for library, content in reports.items()},
        symbols=symbols,
        fidelity=level,
        ended_at=_now(),
        recorded=recorded,
    )
    return AuditResult(folder.path, verdict, exit_code, result.findings, body, sealed, recorded)


def _log(
    settings: AuditSettings,
    run_id: str,
    software: Mapping[str, Any],
    seen: Collection,
    result: Judgement,
    redactor: Redactor,
) -> Recorded:
    """Mark in ``result`` what the difference log accepts, and append everything to it, as it was judged."""
    log = RunLog(settings.difflog, settings.record_to)
    judged = result.findings
    result.findings = log.accept(judged, software, settings.mode)
    circumstances = Seen(
        run_id=run_id,
        mode=settings.mode,
        software=software,
        body=_bodies(seen, redactor),
        hints=account_hints(seen.observations),
        lies=settings.lies,
    )
    return log.record(judged, circumstances)


def _report(
    run_id: str,
    settings: AuditSettings,
    seen: Collection,
    result: Judgement,
    judged: tuple[Finding, ...],
    verdict: Verdict,
    level: ImpedanceFidelity,
) -> dict[str, Any]:
    return {
        "schema_version": report.SCHEMA_VERSION,
        "run_id": run_id,
        "verdict": str(verdict),
        "axes": report.axes_report(result.comparisons, result.requests, result.findings, judged),
        "accepted": report.accepted_report(result.findings),
        "findings": [one.model_dump(mode="json") for one in result.findings],
        "flags": {
            "positions_quality": str(result.quality),
            "positions_source": str(result.source),
            "impedance_fidelity": str(level),
        },
        "impedance": impedance_document(seen),
        "freshness": result.freshness.told(result.freshness.latest_ms),
        "noise": dict(sorted(result.noise.items())),
        "lies_planted": sorted(settings.lies),
    }


def _bodies(seen: Collection, redactor: Redactor) -> Callable[[str], bytes | None]:
    """The bytes of a raw sample as they were received; None for what redacting changed, for that is no sample."""
    bodies: dict[str, bytes] = {}
    for library in Library:
        for _, _, exchange in seen.samples.of(library):
            if exchange.sample_id is not None:
                bodies.setdefault(
                    exchange.sample_id, exchange.request.body if exchange.answer is None else exchange.answer.body
                )

    def body(reference: str) -> bytes | None:
        found = bodies.get(reference)
        return found if found is not None and redactor.redact_bytes(found) == found else None

    return body


def _exit_code(verdict: Verdict, findings: tuple[Finding, ...], settings: AuditSettings) -> int:
    if verdict is Verdict.INCOMPLETE:
        return DualwitnessError.exit_code
    if verdict is Verdict.BLOCKED:
        return SafetyError.exit_code
    over = [one for one in findings if one.accepted_by is None and one.severity.rank >= settings.fail_on.rank]
    return 1 if over else 0


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
