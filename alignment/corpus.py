"""
The audit over recorded OKX answers: every payload whose endpoint has an operation, through both real parsers.

No socket is opened. A folder of payloads needs an ``INDEX.json``: a list of records with ``file``, ``method``,
``endpoint``, ``shape`` and ``provenance``. Only recorded answers are evidence of what OKX sends, so only they make
findings; documentation examples and hand-made payloads are read too, and counted apart.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dualwitness.alignment import report
from dualwitness.alignment.account_hints import account_hints
from dualwitness.alignment.artifacts import RunFolder, run_id_of
from dualwitness.alignment.compare import Comparison, compare
from dualwitness.alignment.corpus_questions import CorpusQuestion, NotAsked, question_of
from dualwitness.alignment.costs.report import nothing_met
from dualwitness.alignment.fingerprint import commit_of, execution_fingerprint
from dualwitness.alignment.judge import Draft, findings_from, from_comparison
from dualwitness.alignment.manifest import opening_content
from dualwitness.alignment.observe import Pair, observe
from dualwitness.alignment.recording import Recorded, RunLog, Seen
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.settings import AuditSettings
from dualwitness.difflog.evidence import PayloadFolder
from dualwitness.models import (
    ImpedanceFidelity,
    Layer,
    Library,
    OddOneOut,
    Outcome,
    PositionsQuality,
    PositionsSource,
    RunMode,
    RunStatus,
    Venue,
    Verdict,
)
from dualwitness.models.finding import Finding
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues import DualwitnessError, SafetyError, UsageError, VenueClient
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_wired
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import Wiring

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["CorpusResult", "audit_corpus"]

_NOTHING = b'{"code":"0","data":[],"msg":""}'
_INSTRUMENTS = "/api/v5/public/instruments"


@dataclass(slots=True)
class CorpusResult:
    """How many payloads were read, compared, not comparable and why, and what the parsers disagree on."""

    folder: Path
    read: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    refused_by_both: int = 0
    not_comparable: Counter[str] = field(default_factory=Counter)
    findings: tuple[Finding, ...] = ()
    comparisons: list[Comparison] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    samples: dict[Library, list[dict[str, Any]]] = field(default_factory=lambda: {one: [] for one in Library})
    report: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict = Verdict.INCOMPLETE
    exit_code: int = 3
    recorded: Recorded = field(default_factory=lambda: Recorded(None))

    def show(self, console: Console) -> None:
        """Print the summary for a person."""
        from dualwitness.alignment.render_corpus import corpus_summary

        corpus_summary(self, console)


class _Clients:
    """Both clients over one answer at a time; instruments come from the corpus's own full lists."""

    def __init__(self, settings: AuditSettings, base: list[tuple[dict[str, str], bytes]]) -> None:
        self._settings = settings
        self._base = base
        self._question: CorpusQuestion | None = None
        self._body = _NOTHING
        self._served = False
        self._standing = {library: self._open(library) for library in Library}

    def close(self) -> None:
        """Let both clients go."""
        for client in self._standing.values():
            client.close()

    def ask(self, question: CorpusQuestion, body: bytes) -> Pair:
        """What each library makes of the same bytes."""
        pair: Pair = {}
        for library in Library:
            client = self._open(library) if question.fresh else self._standing[library]
            self._question, self._body, self._served = question, body, False
            pair[library] = observe(client, question.operation, question.symbol, question.ask)
            self._question = None
            if question.fresh:
                client.close()
        return pair

    def _open(self, library: Library) -> VenueClient:
        wiring = Wiring(
            base_url="http://127.0.0.1:9",
            mode=RunMode.OFFLINE,
            credentials=self._settings.credentials,
            journal=CallJournal(None, Redactor(self._settings.secrets)),
            answers=self._answer,
        )
        return open_wired(Venue.OKX, library, wiring)

    def _answer(self, request: WireRequest) -> WireAnswer:
        query = dict(parse_qsl(request.query))
        question = self._question
        if question is not None and request.path in question.paths:
            other_type = question.inst_type is not None and query.get("instType") != question.inst_type
            later_page = "after" in query and not question.operation.startswith("get_candles")
            # An option list belongs to one family: the second family asked for is not in this answer.
            again = question.operation == "get_instruments" and self._served
            if not (other_type or later_page or again):
                self._served = True
                return WireAnswer(200, self._body)
            return WireAnswer(200, _NOTHING)
        if request.path == _INSTRUMENTS and (question is None or not question.fresh):
            return WireAnswer(200, self._instruments(query))
        if request.path == "/api/v5/account/config":
            return WireAnswer(200, _ACCOUNT)
        return WireAnswer(200, _NOTHING)

    def _instruments(self, query: Mapping[str, str]) -> bytes:
        family = query.get("uly") or query.get("instFamily")
        for about, body in self._base:
            if about["instType"] == query.get("instType") and (about["family"] in ("", family) or family is None):
                return body
        return _NOTHING


_ACCOUNT = b'{"code":"0","data":[{"acctLv":"2","posMode":"net_mode","perm":"read_only,trade","feeType":"0"}],"msg":""}'


def audit_corpus(settings: AuditSettings, *, progress: Callable[[str], None] = lambda _: None) -> CorpusResult:
    """
    Read every payload of ``settings.samples`` and write a sealed run.

    Raises `UsageError` where the index cannot be read, `OSError` where the run cannot be written.
    """
    source = settings.samples or Path()
    records = _index(source)
    started_ms = time.time_ns() // 1_000_000
    folder = RunFolder(settings.out, run_id_of(started_ms, commit_of()[0]), Redactor(settings.secrets))
    result = CorpusResult(folder.path)
    manifest = opening_content(folder.run_id, settings, started_ms, ())
    folder.write_manifest(manifest)
    try:
        _read_all(settings, source, records, result, progress)
        _write(settings, folder, manifest, result)
    except BaseException as failure:
        status, code = _status_of(failure)
        manifest.update(
            status=str(status),
            error=failure.diagnostics() if isinstance(failure, DualwitnessError) else type(failure).__name__,
            exit_code=code,
            ended_at=_iso(time.time_ns() // 1_000_000),
        )
        with suppress(OSError):  # on a full disk ``running`` with no end is the truth that is left
            folder.write_manifest(manifest)
        raise
    return result


def _status_of(failure: BaseException) -> tuple[RunStatus, int]:
    if isinstance(failure, KeyboardInterrupt):
        return RunStatus.INTERRUPTED, 130
    if isinstance(failure, OSError):
        return RunStatus.FAILED, 5
    code = failure.exit_code if isinstance(failure, DualwitnessError) else DualwitnessError.exit_code
    return RunStatus.BLOCKED if isinstance(failure, SafetyError) else RunStatus.FAILED, code


def _index(source: Path) -> list[Mapping[str, Any]]:
    try:
        records = json.loads((source / "INDEX.json").read_text(encoding="utf-8"))
        if not isinstance(records, list):
            raise TypeError
        for record in records:
            for name in ("file", "method", "endpoint", "shape", "provenance"):
                record[name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{source}/INDEX.json is not a list of payload records ({type(error).__name__})"
        raise UsageError(message, advice="each record needs file, method, endpoint, shape and provenance") from None
    return list(records)


def _read_all(
    settings: AuditSettings,
    source: Path,
    records: list[Mapping[str, Any]],
    result: CorpusResult,
    progress: Callable[[str], None],
) -> None:
    clients = _Clients(settings, _instrument_lists(source, records))
    drafts: list[Draft] = []
    try:
        for number, record in enumerate(records, start=1):
            progress(f"payload {number} of {len(records)}")
            drafts.extend(_read_one(source, record, clients, result))
    finally:
        clients.close()
    result.findings = findings_from(drafts)


def _read_one(source: Path, record: Mapping[str, Any], clients: _Clients, result: CorpusResult) -> list[Draft]:
    try:
        body = (source / str(record["file"])).read_bytes()
        payload = json.loads(body)
    except (OSError, ValueError):
        result.not_comparable["the file cannot be read as JSON"] += 1
        return []
    result.read += 1
    if record["shape"] != "envelope" or not isinstance(payload, Mapping):
        result.not_comparable[f"no REST envelope but {record['shape']}"] += 1
        return []
    try:
        question = question_of(str(record["method"]), str(record["endpoint"]), payload)
    except NotAsked as reason:
        result.not_comparable[str(reason)] += 1
        return []
    pair = clients.ask(question, body)
    result.observations.extend(pair.values())
    for library, observation in pair.items():
        result.samples[library].append(_sample(record, observation))
    provenance = str(record["provenance"])
    recorded = provenance.startswith("recorded")
    result.compared["recorded" if recorded else provenance] += 1
    if pair[Library.CCXT].error is not None and pair[Library.OKX_SDK].error is not None:
        result.refused_by_both += 1
        return []
    if question.operation not in RULES:
        return []
    comparison = compare(pair[Library.CCXT], pair[Library.OKX_SDK], RULES[question.operation])
    result.comparisons.append(comparison)
    if not recorded:
        return []
    # Where the recorder cut rows or fields, what is missing proves nothing; what both have still does.
    cut = provenance == "recorded_elided"
    fields = [one for one in comparison.fields if not cut or one.outcome is Outcome.MISMATCH]
    drafts = (from_comparison(one, layer=Layer.PARSE, odd_one_out=_odd(pair), observations=pair) for one in fields)
    return [draft for draft in drafts if draft is not None]


def _odd(pair: Pair) -> OddOneOut:
    failed = [library for library, one in pair.items() if one.error is not None]
    return OddOneOut(str(failed[0])) if len(failed) == 1 else OddOneOut.UNKNOWN


def _sample(record: Mapping[str, Any], observation: Observation) -> dict[str, Any]:
    """The payload by address and place: it is read from where it lies, and not copied."""
    error = observation.error
    return {
        "file": record["file"],
        "operation": observation.operation,
        "symbol": observation.symbol,
        "sample_ids": sorted(set(observation.sample_ids)),
        "error": None if error is None else {"kind": error.kind, "code": error.code, "message": error.message},
    }


def _instrument_lists(source: Path, records: Iterable[Mapping[str, Any]]) -> list[tuple[dict[str, str], bytes]]:
    """The longest recorded instrument list of each type and family: what the clients need before they can read."""
    longest: dict[tuple[str, str], tuple[int, bytes]] = {}
    paths = {source / str(one["file"]) for one in records if one["endpoint"] == _INSTRUMENTS}
    paths.update(source.glob("*/full/*instruments*.json"))
    for path in sorted(paths):
        try:
            body = path.read_bytes()
            rows = [row for row in json.loads(body)["data"] if isinstance(row, Mapping)]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not rows:
            continue
        inst_type = str(rows[0].get("instType", ""))
        family = str(rows[0].get("uly", "")) if inst_type == "OPTION" else ""
        if len(rows) > longest.get((inst_type, family), (0, b""))[0]:
            longest[inst_type, family] = len(rows), body
    return [({"instType": kind, "family": family}, body) for (kind, family), (_, body) in sorted(longest.items())]


def _write(settings: AuditSettings, folder: RunFolder, manifest: dict[str, Any], result: CorpusResult) -> None:
    software = execution_fingerprint(config_sha256=settings.config_sha256, hosts=(), libraries=Library)
    log = RunLog(settings.difflog)
    judged = result.findings
    result.findings = log.accept(judged, software, settings.mode)
    payloads = settings.samples or Path()
    recorded = log.record(
        judged,
        Seen(
            run_id=folder.run_id,
            mode=settings.mode,
            software=software,
            body=PayloadFolder(payloads),
            hints=account_hints(()),
            samples_at=payloads.resolve().name,
        ),
    )
    result.verdict = report.verdict_of(result.findings, incomplete=not result.compared)
    over = [one for one in result.findings if one.severity.rank >= settings.fail_on.rank and one.accepted_by is None]
    result.exit_code = 3 if result.verdict is Verdict.INCOMPLETE else 1 if over else 0
    result.report = _report(folder.run_id, result, judged)
    reports = {
        library: report.library_report(library, [one for one in result.observations if one.library is library])
        for library in Library
    }
    report.add_obtained(result.report["axes"], reports)
    for library in Library:
        folder.write(f"{library}_alignment_report.json", reports[library])
        folder.write(
            f"{library}_raw_samples.json",
            {"schema_version": 1, "library": str(library), "payloads": result.samples[library]},
        )
    quality, source = PositionsQuality.UNAVAILABLE, PositionsSource.NONE
    folder.write("positions_snapshot.json", report.snapshot((), quality, source, {}))
    folder.write("dual_alignment_report.json", result.report)
    folder.write("execution_fingerprint.json", software)
    result.recorded = recorded
    manifest.update(_ending(result), difflog=recorded.as_document())
    folder.write_manifest(manifest)


def _report(run_id: str, result: CorpusResult, judged: tuple[Finding, ...]) -> dict[str, Any]:
    return {
        "schema_version": report.SCHEMA_VERSION,
        "run_id": run_id,
        "verdict": str(result.verdict),
        "axes": report.axes_report(result.comparisons, (), result.findings, judged),
        "accepted": report.accepted_report(result.findings),
        "findings": [one.model_dump(mode="json") for one in result.findings],
        "flags": {
            "positions_quality": str(PositionsQuality.UNAVAILABLE),
            "positions_source": str(PositionsSource.NONE),
            "impedance_fidelity": str(ImpedanceFidelity.UNKNOWN),
        },
        "impedance": nothing_met(),
        "lies_planted": [],
        "payloads": {
            "read": result.read,
            "compared": dict(sorted(result.compared.items())),
            "refused_by_both": result.refused_by_both,
            "not_comparable": dict(sorted(result.not_comparable.items())),
            "one_parser_failed_alone": any(report.is_gone(one) for one in result.findings),
        },
    }


def _ending(result: CorpusResult) -> dict[str, Any]:
    """What the manifest of a finished corpus run says (contract 8)."""
    complete = result.verdict is not Verdict.INCOMPLETE
    ending: dict[str, Any] = {
        "status": str(RunStatus.COMPLETED if complete else RunStatus.INCOMPLETE),
        "exit_code": result.exit_code,
        "ended_at": _iso(time.time_ns() // 1_000_000),
        "execution_alignment_lib": "+".join(str(library) for library in Library),
        "execution_alignment_ok": complete,
        "execution_alignment_report_path": "dual_alignment_report.json",
        "execution_raw_samples_path": f"{Library.OKX_SDK}_raw_samples.json",
        "positions_fallback_reason": "recorded answers of many accounts",
    }
    for library in Library:
        ending[f"{library}_alignment_ok"] = complete
        ending[f"{library}_alignment_report_path"] = f"{library}_alignment_report.json"
        ending[f"{library}_raw_samples_path"] = f"{library}_raw_samples.json"
    return ending


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
