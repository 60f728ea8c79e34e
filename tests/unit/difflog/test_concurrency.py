"""Many writers at once: processes, threads, and a process that was forked with the log open."""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dualwitness.difflog import DuplicateEntry, verify_log
from tests.support.difflog_children import nursery
from tests.support.difflog_records import fill, imported_entry, keep_bodies, made_entry, occurrence_of, open_log

PROCESSES = 8
APPENDS = 1_000


def test_eight_processes_with_a_thousand_appends_each_give_eight_thousand_records(tmp_path: Path) -> None:
    """Every acknowledged id is there once, sequence numbers are contiguous, and the chain verifies."""
    folder = tmp_path / "log"
    with open_log(folder) as log:
        keep_bodies(log, 0)
    with nursery() as children:
        orders = [("append", folder, {"first": n * APPENDS, "count": APPENDS}) for n in range(PROCESSES)]
        said = children.run_all(orders)
    assert len(said) == PROCESSES * APPENDS
    with open_log(folder) as log:
        reading = log.read()
    assert reading.problems == ()
    assert [one.sequence for one in reading.records] == list(range(PROCESSES * APPENDS))
    assert {one.entry_id: one.sequence for one in reading.records} == {one["id"]: one["sequence"] for one in said}
    assert len({one.entry_id for one in reading.records}) == PROCESSES * APPENDS
    assert verify_log(folder).problems == ()


def test_threads_that_share_a_log_and_threads_with_their_own_append_side_by_side(tmp_path: Path) -> None:
    """Two objects on one folder in one process exclude each other as two processes do."""
    with open_log(tmp_path) as one, open_log(tmp_path) as other, ThreadPoolExecutor(8) as threads:
        keep_bodies(one, *range(80))
        logs = (one, other)
        stored = list(threads.map(lambda number: logs[number % 2].append(made_entry(number)), range(80)))
        assert sorted(record.sequence for record in stored) == list(range(80))
        assert one.read().problems == ()


def test_same_difference_from_many_threads_gets_one_entry(tmp_path: Path) -> None:
    """All but one are told that it is there already, and where."""

    def add(_: int) -> str:
        with open_log(tmp_path) as log:
            try:
                return log.append(made_entry(0)).kind
            except DuplicateEntry as duplicate:
                return duplicate.entry_id

    with open_log(tmp_path) as log:
        keep_bodies(log, 0)
    with ThreadPoolExecutor(8) as threads:
        found = Counter(threads.map(add, range(16)))
    assert found == {"entry": 1, made_entry(0).entry_id: 15}


def test_samples_kept_by_many_threads_at_once_are_whole(tmp_path: Path) -> None:
    """The same bytes, kept at the same time, are one file."""
    with open_log(tmp_path) as log, ThreadPoolExecutor(8) as threads:
        addresses = set(threads.map(lambda _: log.keep_sample(b"x" * 100_000), range(32)))
        assert [path.name for path in log.samples.folder.iterdir()] == list(addresses)


def test_log_goes_on_after_what_another_one_appended(tmp_path: Path) -> None:
    """Before each append the lines of others are read and judged; they count as known."""
    with open_log(tmp_path) as one, open_log(tmp_path) as other:
        fill(one, 2)
        fill(other, 2, first=2)
        assert one.append(imported_entry()).sequence == 4
        with pytest.raises(DuplicateEntry):
            one.append(made_entry(2))
        assert other.append(occurrence_of(made_entry(0))).sequence == 0
        assert one.append(occurrence_of(made_entry(3))).sequence == 1


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="a fork of a process with threads warns, and warnings are errors"
)
def test_forked_child_opens_the_log_anew_and_leaves_the_lock_of_its_parent(tmp_path: Path) -> None:
    """Both go on appending, one after the other, without a gap."""
    with open_log(tmp_path) as log:
        fill(log, 2)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                is_right = log.append(imported_entry(0)).sequence == 2
                log.close()
                status = 0 if is_right else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert log.append(imported_entry(1)).sequence == 3
        assert log.read().problems == ()
