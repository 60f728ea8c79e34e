"""One audit of a case as the scorecard looks at it: what it found and wrote, and what was true meanwhile."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dualwitness.alignment.audit import AuditResult
from dualwitness.models import PositionsQuality
from dualwitness.models.finding import Finding
from dualwitness.models.symbols import symbol_from_okx_id
from dualwitness.venues.sim.engine import truth
from dualwitness.venues.sim.lies import Telling
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["Audited", "Played", "Side", "audited"]

Side = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Audited:
    """
    One audit of a session.

    ``true`` is what was really held when it ended: signed contracts by symbol and side. ``told`` is by label how many
    answers were false so far, ``requests`` how many were answered so far, ``ended_ms`` venue time. ``positions`` are
    the legs of its ``positions_snapshot.json``. ``unkept`` are the findings, by fingerprint, that refer to bytes which
    it did not keep, ``without_bytes`` those that refer to none.
    """

    findings: tuple[Finding, ...]
    exit_code: int
    verdict: str
    quality: PositionsQuality
    positions: tuple[Mapping[str, Any], ...]
    true: Mapping[Side, Decimal]
    told: Mapping[str, int]
    requests: int
    ended_ms: int
    unkept: frozenset[str]
    without_bytes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Played:
    """A session that has ended; ``first_false`` is the number of the request and the venue time of the first lie."""

    audits: tuple[Audited, ...]
    tellings: tuple[Telling, ...]
    first_false: tuple[int, int] | None


def audited(result: AuditResult, venue: EmbeddedVenue, requests: int) -> Audited:
    """
    What an audit of ``venue`` wrote and the venue held when it ended; ``requests`` were answered until then.

    Raises ValueError where the run's files contradict each other.
    """
    folder, findings = result.folder, result.findings
    manifest, snapshot = _read(folder, "run_manifest.json"), _read(folder, "positions_snapshot.json")
    report = _read(folder, "dual_alignment_report.json")
    if snapshot["positions_quality"] != manifest["positions_quality"]:
        message = "the manifest and the snapshot of one run differ in the quality of its positions"
        raise ValueError(message)
    with venue.lock:
        held, told = _held(truth(venue.account)), dict(venue.teller.hits)
        ended_ms = venue.clock.now_ms()
    return Audited(
        findings=findings,
        exit_code=result.exit_code,
        verdict=report["verdict"],
        quality=PositionsQuality(manifest["positions_quality"]),
        positions=tuple(snapshot["positions"]),
        true=held,
        told=told,
        requests=requests,
        ended_ms=ended_ms,
        unkept=frozenset(_unkept(folder, findings)),
        without_bytes=frozenset(_without_bytes(findings)),
    )


def _unkept(folder: Path, findings: tuple[Finding, ...]) -> Iterator[str]:
    """Fingerprints of findings that refer to bytes which the run did not keep."""
    ccxt, okx_sdk = (_samples(folder / f"{library}_raw_samples.json") for library in ("ccxt", "okx_sdk"))
    for one in findings:
        refs = ((one.ccxt_raw_sample_ref, ccxt), (one.okx_raw_sample_ref, okx_sdk))
        if any(ref is not None and ref not in kept for ref, kept in refs):
            yield one.fingerprint


def _without_bytes(findings: tuple[Finding, ...]) -> Iterator[str]:
    for one in findings:
        if one.ccxt_raw_sample_ref is None and one.okx_raw_sample_ref is None:
            yield one.fingerprint


def _samples(path: Path) -> frozenset[str]:
    return frozenset(json.loads(path.read_bytes())["samples"]) if path.is_file() else frozenset()


def _held(told: Mapping[str, Any]) -> dict[Side, Decimal]:
    """The venue's own word, by unified symbol and side; what it sells short is negative."""
    held: dict[Side, Decimal] = defaultdict(Decimal)
    for row in told["positions"]:
        if row["inst_type"] != "MARGIN":
            held[symbol_from_okx_id(row["inst_id"]).spelling, row["position_side"]] += _signed(row)
    return dict(held)


def _signed(row: Mapping[str, Any]) -> Decimal:
    contracts = Decimal(row["contracts"])
    return -abs(contracts) if row["position_side"] == "short" else contracts


def _read(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name).read_bytes())
    return content
