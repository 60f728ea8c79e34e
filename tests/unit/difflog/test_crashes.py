"""Killed in the middle of an append, or cut short by the disk: what was acknowledged is there, the rest is named."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog import DiffLog, verify_log
from dualwitness.difflog.store import ENTRIES, OCCURRENCES, QUARANTINE
from tests.support.difflog_children import Nursery, nursery
from tests.support.difflog_records import (
    change_of,
    fill,
    imported_entry,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
)

TRIALS = 300
TRIALS_OF_A_LOG = 30
LARGE = 1 << 21


def ids_in(folder: Path) -> list[str]:
    """The ids of all records, in order; every line is one."""
    with DiffLog(folder) as log:
        reading = log.read()
    assert reading.problems == ()
    return [one.entry_id for one in reading.records]


def killed_while_appending(
    children: Nursery, folder: Path, kind: str, appends: int, seconds: float, **order: Any
) -> list[str]:
    """The ids that a child acknowledged before it was killed, so many seconds after so many acknowledgements."""
    child = children.start(kind, folder, count=1_000_000, **order)
    first = children.hear(appends)
    time.sleep(seconds)
    return [answer["id"] for answer in (*first, *children.end(child, kill=True))]


def test_three_hundred_kills_lose_no_acknowledged_record_and_the_next_append_works(tmp_path: Path) -> None:
    """Kill -9 at 300 random points: every acknowledged id is there, the chain verifies, the log goes on."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    acknowledged = 0
    with nursery() as children:
        for trial in range(TRIALS):
            folder = tmp_path / str(trial // TRIALS_OF_A_LOG)
            if trial % TRIALS_OF_A_LOG == 0:
                with open_log(folder) as log:
                    keep_bodies(log, 0)
            # Most appends are one page; one in ten is so long that the kill can tear it.
            order = {"size": LARGE} if trial % TRIALS_OF_A_LOG >= TRIALS_OF_A_LOG - 3 else {}
            appends, seconds = chance.randrange(4), chance.uniform(0, 0.006)
            said = killed_while_appending(children, folder, "append", appends, seconds, first=trial * 10_000, **order)
            with open_log(folder) as log:
                log.append(imported_entry(trial))
            held = ids_in(folder)
            lost = set(said) - set(held)
            assert not lost, f"seed {seed}, trial {trial}: {len(lost)} of {len(said)} acknowledged records are gone"
            assert held[-1] == imported_entry(trial).entry_id
            acknowledged += len(said)
    assert acknowledged > TRIALS
    for folder in tmp_path.iterdir():
        assert verify_log(folder).problems == (), seed


def test_kills_of_a_writer_that_acknowledges_too_early_are_found_to_lose_records(tmp_path: Path) -> None:
    """The control: the same measure finds what is lost where the acknowledgement comes before the append."""
    with open_log(tmp_path / "log") as log:
        keep_bodies(log, 0)
    lost = 0
    with nursery() as children:
        for trial in range(5):
            said = killed_while_appending(children, tmp_path / "log", "append_early", 1, 0, first=trial * 10_000)
            lost += len(set(said) - set(ids_in(tmp_path / "log")))
    assert lost > 0


def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where thousands of states are looked at, none of them has to survive a power cut."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    monkeypatch.setattr("os.fdatasync", lambda _: None)


def test_file_cut_at_every_byte_of_its_last_three_records_loses_no_more_than_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cut: whole records stay, the torn one is named by `read`, lies in quarantine, and the log goes on."""
    fast_disk(monkeypatch)
    folder = tmp_path / "log"
    with open_log(folder) as log:
        first, *_ = fill(log, 3)
        log.append(change_of(first.entry, "understood"))
        fill(log, 1, first=3)
    path, kept = folder / ENTRIES, folder / QUARANTINE
    whole = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == 0x0A]
    for size in range(ends[-4], len(whole) + 1):
        path.write_bytes(whole[:size])
        sound = max(end for end in ends if end <= size)
        tail = whole[sound:size]
        with open_log(folder) as log:
            reading = log.read()
            assert [(one.file, one.offset, one.size) for one in reading.torn_tail] == (
                [(ENTRIES, sound, len(tail))] if tail else []
            )
            assert len(reading.records) == ends.index(sound) + 1
            stored = log.append(imported_entry())
            assert stored.sequence == ends.index(sound) + 1
            assert [moved.read_bytes() for moved in log.quarantined] == ([tail] if tail else [])
            for moved in log.quarantined:
                assert moved.parent == kept
                assert moved.name.startswith(f"{ENTRIES}-{sound}-")
                moved.unlink()
        assert path.read_bytes()[:sound] == whole[:sound]
        if size % 97 == 0 or not tail:
            assert verify_log(folder).problems == ()
    assert len(whole) - ends[-4] > 3000


def test_cut_record_is_a_problem_of_the_log_until_the_next_append_moves_it(tmp_path: Path) -> None:
    """`verify` names file, line and entry of a torn tail, and afterwards where its bytes went."""
    folder = tmp_path / "log"
    with open_log(folder) as log:
        *_, last = fill(log, 2)
    path = folder / ENTRIES
    path.write_bytes(path.read_bytes()[:-1])
    (problem,) = verify_log(folder).problems
    assert (problem.file, problem.line, problem.entry_id) == (ENTRIES, 2, last.entry_id)
    with open_log(folder) as log:
        log.append(imported_entry())
    verdict = verify_log(folder)
    assert verdict.problems == ()
    assert any(QUARANTINE in note for note in verdict.notes)


def test_torn_occurrence_is_quarantined_like_a_torn_entry(tmp_path: Path) -> None:
    """The local history has the same rules; entries are not touched by it."""
    folder = tmp_path / "log"
    with open_log(folder) as log:
        keep_bodies(log, 0)
        entry = made_entry(0)
        log.append_many([entry, occurrence_of(entry), occurrence_of(entry)])
    path = folder / OCCURRENCES
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    entries = (folder / ENTRIES).read_bytes()
    with open_log(folder) as log:
        assert [one.file for one in log.read().torn_tail] == [OCCURRENCES]
        assert log.append(occurrence_of(entry)).sequence == 1
        assert len(log.quarantined) == 1
    assert path.read_bytes() == whole
    assert (folder / ENTRIES).read_bytes() == entries


def test_tail_that_was_moved_but_not_yet_cut_is_moved_again_to_the_same_place(tmp_path: Path) -> None:
    """A crash between the two steps of a repair loses nothing, and leaves one file."""
    folder = tmp_path / "log"
    with open_log(folder) as log:
        fill(log, 1)
    path = folder / ENTRIES
    torn = path.read_bytes() + b'{"axis":"I","da'
    for number in range(2):
        path.write_bytes(torn)
        with open_log(folder) as log:
            log.append(imported_entry(number))
    assert [one.read_bytes() for one in (folder / QUARANTINE).iterdir()] == [b'{"axis":"I","da']
