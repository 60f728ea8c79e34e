"""What a run leaves in the difference log: an entry once, an occurrence after that, and no run without it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.audit import AuditResult, audit
from dualwitness.alignment.recording import LogFailed
from dualwitness.alignment.session import FROZEN_AT_MS
from dualwitness.difflog.records import EntryStatus, Occurrence, Scope, StatusChange, World
from dualwitness.difflog.store import ENTRIES, OCCURRENCES, DiffLog
from dualwitness.difflog.verify import verify
from dualwitness.models import Outcome, Severity
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.audit_run import clean_environment, only_run, run_audit, settings_for

Records = list[dict[str, Any]]
YESTERDAY = datetime.now(tz=UTC) - timedelta(days=1)


@dataclass
class Place:
    """Where a log and the runs that write into it lie."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def audit(self, *lies: str) -> AuditResult:
        """One audit of a venue that has just begun; like any venue named by its address it keeps its lies to itself."""
        venue = EmbeddedVenue(seed=0, scenario="positions", lies=lies, clock=FrozenClock(FROZEN_AT_MS))
        with contextlib.chdir(self.folder), serve_in_thread(venue) as running:
            given = settings_for(self.folder / "runs", base_url=running.base_url, difflog=str(self.log))
            return audit(given)

    def accept_everything(
        self,
        result: AuditResult,
        *,
        severity: Severity | None = None,
        libraries: dict[str, str] | None = None,
        expires: date | None = None,
        decided_at: datetime | None = None,
    ) -> None:
        """Accept what a run found, for the versions that it saw."""
        software = json.loads((result.folder / "execution_fingerprint.json").read_text(encoding="utf-8"))
        versions = {name: one["version"] for name, one in software["libraries"].items()}
        why = {"who": "a test", "why": "the adapter asks the other library"}
        with DiffLog(self.log, lambda: decided_at or datetime.now(tz=UTC)) as log:
            entries = {one.entry.fingerprint: one.entry_id for one in log.read().records if one.kind == "entry"}
            for finding in result.findings:
                entry_id = entries[finding.fingerprint]
                reach = Scope(
                    libraries=libraries or versions,
                    symbol=finding.symbol,
                    field=finding.field,
                    severity=severity or finding.severity,
                )
                log.append_many(
                    (
                        StatusChange(entry_id=entry_id, status=EntryStatus.UNDERSTOOD, **why),
                        StatusChange(
                            entry_id=entry_id, status=EntryStatus.ACCEPTED_RISK, scope=reach, expires=expires, **why
                        ),
                    )
                )


@pytest.fixture
def world(tmp_path: Path) -> Place:
    return Place(tmp_path)


def lines_of(path: Path) -> Records:
    """The records of one file of a log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_first_run_makes_one_entry_a_fingerprint_with_all_evidence(world: Place) -> None:
    """Each finding has its entry, each entry both raw samples; the log verifies."""
    result = world.audit()
    entries = [one.entry for one in DiffLog(world.log).read().records]
    assert {one.fingerprint for one in entries} == {one.fingerprint for one in result.findings}
    assert len(entries) == len(result.findings) > 0
    assert {one.environment.env for one in entries} == {World.SIM}
    assert {one.run.run_id for one in entries} == {result.manifest["run_id"]}
    assert {one.evidence.alignment_report_ref for one in entries} == {
        f"{result.manifest['run_id']}/dual_alignment_report.json"
    }
    assert not verify(world.log).problems
    assert lines_of(world.log / OCCURRENCES) == []
    assert result.manifest["difflog"]["new"] == [one.entry_id for one in entries]


def test_second_run_makes_occurrences_and_no_entry(world: Place) -> None:
    """Seen again is a record of its own, with the run and its evidence."""
    first = world.audit()
    before = (world.log / ENTRIES).read_bytes()
    second = world.audit()
    assert (world.log / ENTRIES).read_bytes() == before
    again = [one.content for one in DiffLog(world.log).read().records if one.kind == "occurrence"]
    assert len(again) == len(first.findings) == second.manifest["difflog"]["seen_again"]
    assert all(isinstance(one, Occurrence) and one.run.run_id == second.manifest["run_id"] for one in again)
    assert second.manifest["difflog"]["new"] == []


def test_accepted_differences_are_counted_apart_and_the_run_is_aligned(world: Place) -> None:
    """Neither a match nor a failure: every accepted field moves to its own outcome, none is lost."""
    first = world.audit()
    assert (first.exit_code, str(first.verdict)) == (1, "differences")
    world.accept_everything(first)
    second = world.audit()
    assert (second.exit_code, str(second.verdict)) == (0, "aligned")
    assert {one.outcome for one in second.findings} == {Outcome.ACCEPTED}
    assert second.report["accepted"]["count"] == len(first.findings)
    assert second.report["accepted"]["worst"]["severity"] == "S3"
    for axis, before in first.report["axes"].items():
        after = second.report["axes"][axis]["outcomes"]
        assert sum(after.values()) == sum(before["outcomes"].values())
        assert after["match"] == before["outcomes"]["match"]
    moved = sum(one["outcomes"]["accepted"] for one in second.report["axes"].values())
    assert moved == sum(one.row_count for one in first.findings)


@pytest.mark.parametrize(
    "limit",
    [
        {"libraries": {"ccxt": "4.5.89", "okx_sdk": "0.4.4"}},
        {"expires": YESTERDAY.date(), "decided_at": YESTERDAY},
        {"severity": Severity.S0},
    ],
    ids=["another version", "expired", "a lower severity"],
)
def test_acceptance_reaches_no_further_than_what_was_accepted(world: Place, limit: dict[str, Any]) -> None:
    """A library's upgrade, a passed date or a worse severity alarms again."""
    first = world.audit()
    world.accept_everything(first, **limit)
    second = world.audit()
    assert second.exit_code == 1
    accepted = {one.severity for one in second.findings if one.accepted_by is not None}
    assert accepted == ({Severity.S0} if "severity" in limit else set())


def test_a_new_difference_beside_accepted_ones_exits_one(world: Place) -> None:
    """A lie told after everything was accepted is no accepted difference."""
    world.accept_everything(world.audit())
    result = world.audit("positions_empty")
    assert result.exit_code == 1
    assert [one for one in result.findings if one.accepted_by is None]


def test_a_log_that_cannot_be_written_ends_the_run_with_five_and_no_report_calls_it_aligned(world: Place) -> None:
    """A file stands where the log's folder should be, which stops even root."""
    world.log.write_text("no folder")
    with pytest.raises(LogFailed) as failure:
        world.audit()
    assert failure.value.exit_code == 5
    folder = only_run(world.folder / "runs")
    manifest = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))
    assert (manifest["status"], manifest["exit_code"]) == ("failed", 5)
    assert not (folder / "dual_alignment_report.json").exists()
    assert (folder / "ccxt_raw_samples.json").exists()


def test_a_log_that_was_tampered_with_ends_the_run_with_five(world: Place) -> None:
    """Nothing is appended to a broken chain, and nothing in it accepts anything."""
    world.audit()
    path = world.log / ENTRIES
    path.write_bytes(path.read_bytes().replace(b'"severity":"S1"', b'"severity":"S0"', 1))
    with pytest.raises(LogFailed) as failure:
        world.audit()
    assert failure.value.exit_code == 5


def test_a_torn_tail_of_a_killed_append_is_moved_and_named(world: Place) -> None:
    """It was never acknowledged, so nothing is lost; the manifest says where its bytes are."""
    world.audit()
    path = world.log / ENTRIES
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"axis":"E","date_utc":"2026')
    result = world.audit()
    (name,) = result.manifest["difflog"]["quarantined"]
    assert (world.log / "quarantine" / name).read_bytes() == b'{"axis":"E","date_utc":"2026'
    assert path.read_bytes() == whole
    assert not verify(world.log).problems


def test_a_run_under_planted_lies_leaves_the_kept_log_alone(tmp_path: Path) -> None:
    """Without a named log its entries go beside it, labelled with the lies; a named log takes them, labelled too."""
    done = run_audit("--lie", "positions_empty", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "difflog" / "log").exists()
    entries = lines_of(tmp_path / "difflog" / "lies" / ENTRIES)
    assert {tuple(one["environment"]["lies"]) for one in entries} == {("positions_empty",)}
    named = run_audit("--lie", "positions_empty", "--difflog", "mine", cwd=tmp_path)
    assert named.returncode == 1, named.stderr
    assert {one["entry_id"] for one in lines_of(tmp_path / "mine" / ENTRIES)} == {one["entry_id"] for one in entries}


def test_the_command_says_that_its_log_failed_in_one_line(tmp_path: Path) -> None:
    """Exit code 5, no traceback, and what to do."""
    (tmp_path / "log").write_text("no folder")
    done = run_audit("--difflog", "log", cwd=tmp_path, environment=clean_environment())
    assert done.returncode == 5, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_finding_without_both_raw_samples_is_refused_and_named(tmp_path: Path) -> None:
    """What cannot be shown is not logged; the manifest says what to collect."""
    done = run_audit("--lie", "reset_peer@ccxt", "--difflog", "log", cwd=tmp_path)
    assert done.returncode in (1, 3), done.stderr
    manifest = json.loads((only_run(tmp_path / "runs") / "run_manifest.json").read_text(encoding="utf-8"))
    refused = manifest["difflog"]["refused"]
    assert refused
    assert all(one["collect"] for one in refused)
