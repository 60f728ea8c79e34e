"""
The minimum of evidence: what an entry must bring before the log takes it (contract 9).

Words where facts belong are refused like gaps: record what was seen. `entry_from` turns fields written by hand into an
entry, `entry_from_finding` a judged difference; the log asks `refuse_without_evidence` whoever made it. Each line of a
refusal is ``<field>: <what to collect>``, in the order of the template.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from dualwitness.difflog.canonical import whole_text
from dualwitness.difflog.errors import EntryRefused
from dualwitness.difflog.facts import ADDRESS, FACTS, OF_AN_OCCURRENCE, SAMPLES, Fact, fact_at, wrong_with
from dualwitness.difflog.files import write_whole
from dualwitness.difflog.records import (
    Comparison,
    Decision,
    Degradation,
    Entry,
    EntryStatus,
    Environment,
    Evidence,
    Impact,
    Observed,
    Run,
    entry_id_of,
)
from dualwitness.models.enums import Axis
from dualwitness.models.finding import Claim, Finding

__all__ = [
    "PayloadFolder",
    "SampleFolder",
    "SampleSource",
    "carries_rows",
    "entry_from",
    "entry_from_finding",
    "missing_evidence",
    "refuse_without_evidence",
]

SampleSource = Callable[[str], bytes | None]


class SampleFolder:
    """Raw samples as files named by their SHA-256; bytes that do not give their name are not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashed: dict[str, tuple[int, int, int]] = {}

    def __call__(self, reference: str) -> bytes | None:
        """The bytes of a sample, or None."""
        if not ADDRESS.fullmatch(reference):
            return None
        body = _read(self.folder / reference)
        return body if _gives(body, reference) else None

    def holds(self, reference: str) -> bool:
        """Whether the sample is there; a file that nobody touched since it was hashed is not hashed again."""
        stamp = self._stamp(reference)
        if stamp is not None and self._hashed.get(reference) == stamp:
            return True
        is_there = self(reference) is not None
        if is_there and stamp is not None:
            self._hashed[reference] = stamp
        return is_there

    def keep(self, body: bytes) -> str:
        """Keep the bytes under their address and return it; raises `WriteFailed`."""
        reference = sha256(body).hexdigest()
        if not self.holds(reference):
            write_whole(self.folder / reference, body)
            stamp = self._stamp(reference)
            if stamp is not None:
                self._hashed[reference] = stamp
        return reference

    def _stamp(self, reference: str) -> tuple[int, int, int] | None:
        try:
            found = os.stat(f"{self.folder}/{reference}")  # noqa: PTH116 - it is asked for each entry
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


class PayloadFolder:
    """Recorded answers in files of any name, found by the SHA-256 of their bytes; read when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path] | None = None

    def __call__(self, reference: str) -> bytes | None:
        """The bytes of a payload, or None."""
        if self._paths is None:
            files = (path for path in sorted(self._folder.rglob("*")) if os.path.isfile(path))  # noqa: PTH113
            bodies = ((_read(path), path) for path in files)
            self._paths = {sha256(body).hexdigest(): path for body, path in bodies if body is not None}
        path = self._paths.get(reference)
        body = None if path is None else _read(path)
        return body if _gives(body, reference) else None


def refuse_without_evidence(
    fields: Mapping[str, Any], samples: SampleSource, sources: Sequence[SampleSource] = ()
) -> None:
    """
    Raise `EntryRefused` with everything that must be collected, if anything must, for a record's fields in plain JSON.

    Of an occurrence the facts are checked; its bodies lie with its run.
    """
    if fields["record"] == "entry":
        collect = missing_evidence(fields, samples, sources)
    else:
        collect = _lines(wrong_with(fields, OF_AN_OCCURRENCE))
    if collect:
        raise EntryRefused(collect)


def entry_from(fields: Mapping[str, Any], samples: SampleSource, sources: Sequence[SampleSource] = ()) -> Entry:
    """The entry that these fields make; raises `EntryRefused` with everything that is missing or no fact."""
    clean = whole_text(fields)
    collect = list(missing_evidence(clean, samples, sources))
    named = {line.split(":", 1)[0] for line in collect}
    try:
        entry = Entry.model_validate(clean)
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(map(str, problem["loc"]))
            if not any(name == place or name.startswith(f"{place}.") for name in named):
                collect.append(f"{place}: {problem['msg']}")
        raise EntryRefused(collect) from None
    if collect:
        raise EntryRefused(collect)
    return entry


_WITH_BODIES = tuple(fact for fact in FACTS if fact.place in SAMPLES)


def missing_evidence(
    fields: Mapping[str, Any], samples: SampleSource, sources: Sequence[SampleSource] = ()
) -> tuple[str, ...]:
    """What must be collected before an entry with these fields is taken, ``<field>: <what>``, in template order."""
    wrong = list(wrong_with(fields, FACTS))
    absent = [(fact, problem) for fact in _WITH_BODIES for problem in _bodies(fact, fields, samples, sources)]
    if not absent:
        return _lines(wrong)
    return _lines(sorted([*wrong, *absent], key=lambda one: FACTS.index(one[0])))


def carries_rows(body: bytes) -> bool:
    """Whether an answer holds anything: one with an empty ``data`` reads the same in every world."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return True
    return not (isinstance(answer, dict) and "data" in answer and not answer["data"])


def _bodies(
    fact: Fact, fields: Mapping[str, Any], samples: SampleSource, sources: Sequence[SampleSource]
) -> Iterator[str]:
    """A reference without bytes that give it is no evidence."""
    reference = fact_at(fields, fact.place)
    if not isinstance(reference, str) or not ADDRESS.fullmatch(reference):
        return
    outside = fact_at(fields, "evidence.raw_samples_at")
    if outside is None and isinstance(samples, SampleFolder):
        is_there = samples.holds(reference)
    else:
        is_there = any(_gives(source(reference), reference) for source in ((samples,) if outside is None else sources))
    if not is_there:
        where = "the log" if outside is None else outside
        yield f"{fact.what}; {where} holds no bytes that give {reference}"


def _lines(wrong: Iterable[tuple[Fact, str]]) -> tuple[str, ...]:
    return tuple(f"{fact.place}: {problem}" for fact, problem in wrong)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _gives(body: bytes | None, reference: str) -> bool:
    return body is not None and sha256(body).hexdigest() == reference


def entry_from_finding(
    finding: Finding,
    *,
    run: Run,
    environment: Environment,
    libraries: Comparison,
    report_ref: str,
    day: date,
    raw_samples_at: str | None = None,
) -> Entry:
    """
    The entry of a judged difference, open, as it goes to the log on ``day``; symbol and its reason are the finding's.

    Raises `EntryRefused` where a raw sample of either side is missing, or anything else but the bodies themselves.
    """
    refs = (finding.ccxt_raw_sample_ref, finding.okx_raw_sample_ref)
    if refs[0] is None or refs[1] is None:
        absent = [name for name, ref in zip(SAMPLES, refs, strict=True) if ref is None]
        raise EntryRefused([f"{name}: the finding {finding.finding_id} has none" for name in absent])
    if finding.symbol is not None:
        about = {"symbol_in_use": finding.symbol, "symbol_reason": None}
    else:
        rows = "1 row" if finding.row_count == 1 else f"{finding.row_count} rows"
        reason = environment.symbol_reason or f"the answer is about no single symbol: seen in {rows} of it"
        about = {"symbol_in_use": None, "symbol_reason": reason}
    ccxt, okx_sdk = _said(finding.ccxt), _said(finding.okx_sdk)
    expected = "" if finding.expected is None else f"; expected {finding.expected.value} ({finding.expected.source})"
    impact = dict.fromkeys(map(str, Axis), "none")
    impact[str(finding.axis)] = f"{finding.operation}.{finding.field}: {finding.outcome}, {finding.severity}"
    entry = Entry.model_validate(
        whole_text(
            {
                "entry_id": entry_id_of(day, finding.fingerprint),
                "run": run.model_dump(),
                "environment": environment.model_dump() | about,
                "libraries": libraries.model_dump(),
                "observed": Observed(
                    ccxt_output=ccxt, okx_output=okx_sdk, mismatch=f"ccxt: {ccxt}; okx_sdk: {okx_sdk}{expected}"
                ).model_dump(),
                "evidence": Evidence(
                    ccxt_raw_sample_ref=refs[0],
                    okx_raw_sample_ref=refs[1],
                    alignment_report_ref=report_ref,
                    raw_samples_at=raw_samples_at,
                ).model_dump(),
                "impact": Impact(**impact).model_dump(),
                "mitigation": Degradation(degrade_strategy=str(finding.mitigation)).model_dump(),
                "decision": Decision(status=EntryStatus.OPEN, next_verification="the next audit").model_dump(),
                **finding.model_dump(include=_TAKEN),
            }
        )
    )
    collect = _lines(wrong_with(entry.model_dump(mode="json"), FACTS))
    if collect:
        raise EntryRefused(collect)
    return entry


_TAKEN = {
    "axis", "operation", "field", "row_key", "severity", "fingerprint", "kind", "layer", "odd_one_out", "rule",
    "reason", "outcome",
}  # fmt: skip


def _said(claim: Claim) -> str:
    if claim.value is None:
        return f"null ({claim.reason or 'no reason given'})"
    return claim.value if claim.value.strip() else f'"{claim.value}"'
