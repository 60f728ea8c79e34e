"""The log as its users see it: what is appended comes back, and what does not fit is refused before it is written."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dualwitness.difflog import (
    DiffLog,
    DuplicateEntry,
    EntryRefused,
    IntegrityFailure,
    LogUnreadable,
    StatusRefused,
    UnknownEntry,
)
from dualwitness.difflog.records import Entry
from dualwitness.difflog.store import ENTRIES, OCCURRENCES
from tests.support.difflog_records import (
    NOW,
    TODAY,
    change_of,
    entry_fields,
    fill,
    filled_log,
    imported_entry,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
    whole_story,
)


def test_appended_records_read_back_as_they_were_given(tmp_path: Path) -> None:
    """Every kind of record, in order, with sequence, date and hashes of its own file."""
    filled_log(tmp_path)
    with open_log(tmp_path) as log:
        reading = log.read()
    entries = [one for one in whole_story() if one.record != "occurrence"]
    occurrences = [one for one in whole_story() if one.record == "occurrence"]
    assert [one.content for one in reading.records] == [*entries, *occurrences]
    assert [one.sequence for one in reading.records] == [*range(len(entries)), *range(len(occurrences))]
    assert {one.date_utc for one in reading.records} == {"2026-11-21T12:00:00.000Z"}
    assert (reading.problems, reading.torn_tail) == ((), ())


def test_append_returns_what_then_stands_in_the_file(tmp_path: Path) -> None:
    """The returned record has the fields of its line, byte for byte."""
    stored = filled_log(tmp_path)
    lines = {
        (name, line["sequence"]): line
        for name in (ENTRIES, OCCURRENCES)
        for line in map(json.loads, (tmp_path / name).read_text(encoding="utf-8").splitlines())
    }
    assert len(stored) == len(lines)
    for one in stored:
        name = OCCURRENCES if one.kind == "occurrence" else ENTRIES
        assert lines[name, one.sequence] == one.fields
        assert len((tmp_path / name).read_bytes().split(b"\n")[one.sequence]) == one.size


@pytest.mark.parametrize(
    "text", ["a\r\nb", "\u2028\u2029\x85", "\x00\x1b[2J\x7f", '","entry_hash":"', "\U0001f600" * 9]
)
def test_hostile_text_stays_inside_its_one_line(tmp_path: Path, text: str) -> None:
    """Whatever a venue says: one line a record, and the same text read back."""
    with open_log(tmp_path) as log:
        keep_bodies(log, 0)
        log.append(made_entry(0, observed__ccxt_output=text, row_key=text))
        log.append(imported_entry())
    with open_log(tmp_path) as log:
        reading = log.read()
    assert (tmp_path / ENTRIES).read_bytes().count(b"\n") == len(reading.records) == 2
    assert reading.problems == ()
    assert reading.records[0].entry.row_key == text


def test_date_of_a_record_is_in_utc_whatever_the_clock_says(tmp_path: Path) -> None:
    """A clock of another zone names the same moment."""
    moment = NOW.astimezone(timezone(timedelta(hours=9))) + timedelta(microseconds=1999)
    with DiffLog(tmp_path, lambda: moment) as log:
        assert log.append(imported_entry()).date_utc == "2026-11-21T12:00:00.001Z"


def test_default_clock_dates_a_record_now(tmp_path: Path) -> None:
    """Without a clock of its own the log uses the system's, in UTC."""
    before = datetime.now(tz=UTC) - timedelta(milliseconds=1)
    with DiffLog(tmp_path) as log:
        date_utc = log.append(imported_entry()).date_utc
    assert before <= datetime.fromisoformat(date_utc) <= datetime.now(tz=UTC)


def test_log_that_is_not_there_is_named_and_not_made_by_reading(tmp_path: Path) -> None:
    """Reading changes nothing; an empty folder is an empty log."""
    with open_log(tmp_path / "none") as log, pytest.raises(LogUnreadable, match="there is no log in") as failure:
        log.read()
    assert failure.value.exit_code == 2
    assert not (tmp_path / "none").exists()
    with open_log(tmp_path) as log:
        assert log.read().records == ()
    assert list(tmp_path.iterdir()) == []


def test_empty_batch_touches_no_file(tmp_path: Path) -> None:
    """Nothing to append is nothing to do."""
    with open_log(tmp_path / "log") as log:
        assert log.append_many([]) == ()
    assert not (tmp_path / "log").exists()


def test_second_entry_of_a_difference_is_refused_with_the_id_of_the_first(tmp_path: Path) -> None:
    """In the log, in another object on it, and inside one batch; the whole batch is refused."""
    with open_log(tmp_path) as log:
        fill(log, 1)
        keep_bodies(log, 1)
        again = made_entry(0, entry_id="DIFF-20261122-again")
        for batch in ([again], [made_entry(1), again], [made_entry(1), made_entry(1)]):
            with pytest.raises(DuplicateEntry) as refusal:
                log.append_many(batch)
        assert refusal.value.entry_id == made_entry(1).entry_id
        with open_log(tmp_path) as other, pytest.raises(DuplicateEntry) as refusal:
            other.append(again)
        assert refusal.value.entry_id == made_entry(0).entry_id
        with pytest.raises(DuplicateEntry):
            log.append(made_entry(1, entry_id=made_entry(0).entry_id))
        assert len(log.read().records) == 1


def test_word_about_an_entry_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Neither a decision nor an occurrence can come before its entry; in one batch it can follow it."""
    with open_log(tmp_path) as log:
        keep_bodies(log, 0)
        entry = made_entry(0)
        for content in (change_of(entry, "understood"), occurrence_of(entry)):
            with pytest.raises(UnknownEntry, match=entry.entry_id):
                log.append(content)
            with pytest.raises(UnknownEntry):
                log.append_many([content, entry])
        assert len(log.append_many([entry, change_of(entry, "understood"), occurrence_of(entry)])) == 3


def test_occurrence_of_another_difference_is_refused(tmp_path: Path) -> None:
    """It has the fingerprint of the entry at which it points; an imported entry has none."""
    with open_log(tmp_path) as log:
        fill(log, 1)
        log.append(imported_entry())
        with pytest.raises(EntryRefused, match="fingerprint"):
            log.append(occurrence_of(made_entry(0), fingerprint="f" * 16))
        with pytest.raises(UnknownEntry):
            log.append(occurrence_of(made_entry(0), entry_id=imported_entry().entry_id))


def test_predecessors_entry_is_taken_once_and_has_no_status_of_ours(tmp_path: Path) -> None:
    """Importing twice is refused, and so is a decision about what has no evidence."""
    with open_log(tmp_path) as log:
        log.append(imported_entry())
        with pytest.raises(DuplicateEntry):
            log.append(imported_entry())
        with pytest.raises(StatusRefused, match="predecessor"):
            log.append(change_of(made_entry(0), "understood", entry_id=imported_entry().entry_id))


def test_decision_that_does_not_follow_is_refused_and_not_written(tmp_path: Path) -> None:
    """Judged by the last status on disk, whoever wrote it, and inside a batch by the one before."""
    entry = made_entry(0)
    with open_log(tmp_path) as log, open_log(tmp_path) as other:
        fill(log, 1)
        other.append(change_of(entry, "mitigated"))
        with pytest.raises(StatusRefused, match="it was mitigated, so it cannot be accepted-risk") as refusal:
            log.append(change_of(entry, "accepted-risk"))
        assert (refusal.value.exit_code, refusal.value.entry_id) == (2, entry.entry_id)
        with pytest.raises(StatusRefused, match="already"):
            log.append_many([change_of(entry, "open"), change_of(entry, "open")])
        assert len(log.read().records) == 2
        log.append_many([change_of(entry, "open"), change_of(entry, "accepted-risk")])


@pytest.mark.parametrize("changes", [{"who": "?"}, {"why": " "}, {"why": "TBD"}])
def test_decision_without_a_name_or_a_reason_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    """A placeholder says nobody decided."""
    with open_log(tmp_path) as log:
        fill(log, 1)
        with pytest.raises(StatusRefused, match=next(iter(changes))):
            log.append(change_of(made_entry(0), "understood", **changes))


def test_acceptance_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    """Its last day may be today, not yesterday."""
    with open_log(tmp_path) as log:
        fill(log, 1)
        with pytest.raises(StatusRefused, match="before it begins"):
            log.append(change_of(made_entry(0), "accepted-risk", expires=TODAY - timedelta(1)))
        log.append(change_of(made_entry(0), "accepted-risk", expires=TODAY))


def test_entry_and_occurrence_without_their_facts_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The log asks whoever made them; a batch with one that lacks something is refused whole."""
    with open_log(tmp_path) as log:
        fill(log, 1)
        keep_bodies(log, 2)
        run = {**entry_fields(0)["run"], "python_version": "three"}
        for poor in (made_entry(1), made_entry(2, run__git_commit="HEAD"), occurrence_of(made_entry(0), run=run)):
            with pytest.raises(EntryRefused):
                log.append_many([made_entry(2), poor])
        assert len(log.read().records) == 1
        with pytest.raises(EntryRefused) as refusal:
            log.append(made_entry(1, observed__mismatch="it is wrong"))
        assert [line.split(":")[0] for line in refusal.value.collect] == [
            "observed.mismatch",
            "evidence.ccxt_raw_sample_ref",
            "evidence.okx_raw_sample_ref",
        ]


def test_bodies_outside_of_the_log_are_looked_for_in_its_sources(tmp_path: Path) -> None:
    """Offline evidence that names its collection is taken where a source has both bodies."""
    with open_log(tmp_path / "bodies") as bodies:
        from dualwitness.difflog.records import World

        keep_bodies(bodies, 0, world=World.OFFLINE)
        entry = made_entry(0, World.OFFLINE, evidence__raw_samples_at="okx-payloads")
        with open_log(tmp_path / "log") as log, pytest.raises(EntryRefused, match="okx-payloads holds no bytes"):
            log.append(entry)
        with open_log(tmp_path / "log", sources=[bodies.samples]) as log:
            log.append(entry)
            assert log.sample(entry.evidence.ccxt_raw_sample_ref) is not None
            assert log.sample("0" * 64) is None
        assert not (tmp_path / "log" / "samples").exists()


def changed(path: Path, old: bytes, new: bytes) -> None:
    """Write into the file as it lies there."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize("is_open", [True, False])
def test_changed_record_stops_every_append_and_is_named(tmp_path: Path, is_open: bool) -> None:
    """Found by the next append, of an object that has the log open and of a new one; nothing is written."""
    with open_log(tmp_path) as log:
        fill(log, 3)
        changed(tmp_path / ENTRIES, b'"severity":"S2"', b'"severity":"S0"')
        os.utime(tmp_path / ENTRIES, ns=(1, 1))
        before = (tmp_path / ENTRIES).read_bytes()
        with (
            open_log(tmp_path) as other,
            pytest.raises(IntegrityFailure, match=r"entries\.jsonl:1: record 0, DIFF-") as no,
        ):
            (log if is_open else other).append(imported_entry())
        assert no.value.exit_code == 5
        with pytest.raises(IntegrityFailure):
            log.append(imported_entry())
        assert (tmp_path / ENTRIES).read_bytes() == before
        assert [one.line for one in log.read().problems] == [1]


def test_file_that_became_shorter_is_not_appended_to(tmp_path: Path) -> None:
    """What was acknowledged is gone: that is said, again and again, until somebody restores it."""
    with open_log(tmp_path) as log:
        fill(log, 3)
        path = tmp_path / ENTRIES
        whole = path.read_bytes()
        path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
        for _ in range(2):
            with pytest.raises(IntegrityFailure, match="record 2 was there, and is no longer"):
                log.append(imported_entry())
        path.write_bytes(whole)
        assert log.append(imported_entry()).sequence == 3


@pytest.mark.parametrize("kind", ["removed", "older", "another", "folder"])
def test_file_replaced_by_one_without_the_acknowledged_records_is_not_appended_to(tmp_path: Path, kind: str) -> None:
    """Another file in its place must begin with everything that was there."""
    folder = tmp_path / "log"
    with open_log(tmp_path / "another") as another:
        fill(another, 9, first=10)
    with open_log(folder) as log:
        fill(log, 3)
        path = folder / ENTRIES
        whole = path.read_bytes()
        if kind == "removed":
            path.unlink()
        elif kind == "folder":
            folder.rename(tmp_path / "moved")
        else:
            source = b"".join(whole.splitlines(keepends=True)[:2])
            (folder / "new").write_bytes(source if kind == "older" else (tmp_path / "another" / ENTRIES).read_bytes())
            (folder / "new").replace(path)
        for _ in range(2):
            with pytest.raises(IntegrityFailure, match="record 2 was there, and is no longer"):
                log.append(imported_entry())


def test_file_replaced_by_a_longer_one_with_the_same_beginning_is_gone_on_with(tmp_path: Path) -> None:
    """A log that was fetched anew with more records is the same log."""
    with open_log(tmp_path) as log:
        fill(log, 2)
        with open_log(tmp_path) as other:
            other.append(imported_entry(0))
        (tmp_path / "new").write_bytes((tmp_path / ENTRIES).read_bytes())
        (tmp_path / "new").replace(tmp_path / ENTRIES)
        assert log.append(imported_entry(1)).sequence == 3
        with pytest.raises(DuplicateEntry):
            log.append(imported_entry(0))


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b"null", b'{"record":"entry"}', b'{"record":"poem"}', b'{"record":[]}', b"\xff\xfe"]
)
def test_line_that_is_no_record_is_a_problem_and_stops_appends(tmp_path: Path, line: bytes) -> None:
    """`read` names it and gives the others; nothing is appended behind it."""
    with open_log(tmp_path) as log:
        fill(log, 2)
    with (tmp_path / ENTRIES).open("ab") as file:
        file.write(line + b"\n")
    with open_log(tmp_path) as log:
        reading = log.read()
        assert len(reading.records) == 2
        assert {problem.line for problem in reading.problems} == {3}
        with pytest.raises(IntegrityFailure, match=r"entries\.jsonl:3"):
            log.append(imported_entry())


def test_reading_while_garbage_collection_is_off_leaves_it_off(tmp_path: Path) -> None:
    """Reading pauses the collector and leaves it as it was."""
    import gc

    filled_log(tmp_path)
    with open_log(tmp_path) as log:
        log.read()
        assert gc.isenabled()
        gc.disable()
        try:
            log.read()
            assert not gc.isenabled()
        finally:
            gc.enable()


def test_closed_log_can_be_used_again(tmp_path: Path) -> None:
    """Closing lets go of the files, no more."""
    log = open_log(tmp_path)
    fill(log, 1)
    log.close()
    log.close()
    assert log.append(imported_entry()).sequence == 1
    log.close()
    assert isinstance(log.read().records[0].content, Entry)
