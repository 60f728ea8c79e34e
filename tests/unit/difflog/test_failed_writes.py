"""No space, no permission, a limit: exit code 5, nothing acknowledged, no part of a line accepted."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog import LogUnreadable, WriteFailed, verify_log
from dualwitness.difflog.store import ENTRIES, OCCURRENCES, SAMPLES
from tests.support.difflog_children import nursery
from tests.support.difflog_records import fill, imported_entry, keep_bodies, made_entry, occurrence_of, open_log

REAL_WRITE = os.write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of two entries, with the samples of a third."""
    with open_log(tmp_path / "log") as log:
        fill(log, 2)
        keep_bodies(log, 2)
    return tmp_path / "log"


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder to which every user can find the way."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def writes_of(monkeypatch: pytest.MonkeyPatch, path: Path, write: Callable[[int, bytes], int]) -> None:
    """Let writes to one file go through ``write``."""

    def chosen(handle: int, data: bytes) -> int:
        is_ours = path.exists() and os.path.samestat(os.fstat(handle), path.stat())
        return write(handle, data) if is_ours else REAL_WRITE(handle, data)

    monkeypatch.setattr("os.write", chosen)


def take_half(handle: int, data: bytes) -> int:
    """What a disk does that is full in the middle of a write."""
    return REAL_WRITE(handle, data[: len(data) // 2])


def refuse(error: int) -> Callable[..., Any]:
    """What a system call does that fails."""

    def fail(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    return fail


def test_disk_that_takes_half_of_a_line_leaves_nothing_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The half is cut off again, the reason is told with exit code 5, and the same append works on a better disk."""
    before = (folder / ENTRIES).read_bytes()
    with open_log(folder) as log:
        with monkeypatch.context() as patch:
            writes_of(patch, folder / ENTRIES, take_half)
            with pytest.raises(WriteFailed, match="the disk took") as failure:
                log.append(made_entry(2))
        assert failure.value.exit_code == 5
        assert (folder / ENTRIES).read_bytes() == before
        assert verify_log(folder).problems == ()
        assert log.append(made_entry(2)).sequence == 2
        assert log.quarantined == []


def test_half_of_a_line_that_cannot_be_cut_off_is_quarantined_by_the_next_append(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where even that fails the torn tail is named, moved away, and never read as a record."""
    with open_log(folder) as log:
        with monkeypatch.context() as patch:
            writes_of(patch, folder / ENTRIES, take_half)
            patch.setattr("os.ftruncate", refuse(errno.EIO))
            with pytest.raises(WriteFailed):
                log.append(made_entry(2))
        reading = log.read()
        assert (len(reading.records), len(reading.torn_tail)) == (2, 1)
        assert log.append(made_entry(2)).sequence == 2
        assert len(log.quarantined) == 1
        assert verify_log(folder).problems == ()


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_line_that_could_not_be_made_durable_is_not_acknowledged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    """A failing `fdatasync` means that the record may be lost: it is taken back."""
    before = (folder / ENTRIES).read_bytes()
    with open_log(folder) as log:
        with monkeypatch.context() as patch:
            patch.setattr("os.fdatasync", refuse(error))
            with pytest.raises(WriteFailed, match=os.strerror(error)):
                log.append(made_entry(2))
        assert (folder / ENTRIES).read_bytes() == before
        log.append(made_entry(2))


def test_failed_write_of_a_batch_leaves_no_record_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is one write: either all of it counts, or nothing."""
    with open_log(folder) as log:
        with monkeypatch.context() as patch:
            writes_of(patch, folder / ENTRIES, take_half)
            with pytest.raises(WriteFailed):
                log.append_many([imported_entry(number) for number in range(10)])
        assert len(log.read().records) == 2
        assert [one.sequence for one in log.append_many(imported_entry(n) for n in range(10))] == list(range(2, 12))


def test_failed_write_of_the_local_history_keeps_the_entry_that_was_written_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files are two writes: the error is told, and what is durable stays."""
    with open_log(folder) as log:
        with monkeypatch.context() as patch:
            writes_of(patch, folder / OCCURRENCES, take_half)
            with pytest.raises(WriteFailed, match=OCCURRENCES):
                log.append_many([made_entry(2), occurrence_of(made_entry(2))])
        assert [one.kind for one in log.read().records] == ["entry"] * 3
        assert log.append(occurrence_of(made_entry(2))).sequence == 0


def test_limit_on_the_size_of_files_ends_the_append_and_nothing_else(folder: Path) -> None:
    """A real limit of the system tears the write at that byte; afterwards the log goes on where it was."""
    before = (folder / ENTRIES).read_bytes()
    order = {"first": 7, "limit": len(before) + 400}
    with open_log(folder) as log:
        keep_bodies(log, 0)
    with nursery() as children:
        said = children.end(children.start("append_within_limit", folder, **order))
    assert [one.get("error") for one in said] == ["WriteFailed", "WriteFailed", None]
    assert [one.get("exit_code") for one in said] == [5, 5, None]
    data = (folder / ENTRIES).read_bytes()
    assert data.startswith(before)
    assert data.count(b"\n") == before.count(b"\n") + 1
    assert [one.name for one in (folder / SAMPLES).iterdir() if len(one.name) != 64] == []
    assert verify_log(folder).problems == ()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_device_that_is_always_full_takes_no_record(tmp_path: Path) -> None:
    """The real error of a full disk; and a device cannot be read as a log, it would never end."""
    tmp_path.joinpath(ENTRIES).symlink_to("/dev/full")
    with open_log(tmp_path) as log:
        with pytest.raises(WriteFailed, match="No space left") as failure:
            log.append(imported_entry())
        assert failure.value.exit_code == 5
        with pytest.raises(LogUnreadable, match="no regular file"):
            log.read()


def test_pipe_in_place_of_the_log_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    """Reading a pipe would wait for a writer, for ever."""
    os.mkfifo(tmp_path / ENTRIES)
    with open_log(tmp_path) as log:
        with pytest.raises(LogUnreadable, match="no regular file"):
            log.read()
        with pytest.raises(WriteFailed):
            log.append(imported_entry())


def test_file_in_place_of_the_folder_is_a_failed_write(tmp_path: Path) -> None:
    """Nobody can write there, not even root."""
    tmp_path.joinpath("log").write_text("a file")
    with open_log(tmp_path / "log") as log:
        for act in (lambda: log.append(imported_entry()), lambda: log.keep_sample(b"x")):
            with pytest.raises(WriteFailed) as failure:
                act()
            assert failure.value.exit_code == 5
            assert str(tmp_path / "log") in str(failure.value)
        with pytest.raises(LogUnreadable):
            log.read()


@pytest.mark.parametrize(
    ("mode", "of_folder", "read"),
    [(0o644, 0o755, None), (0o600, 0o755, "LogUnreadable"), (0o644, 0o700, "LogUnreadable")],
)
def test_user_without_permission_reads_what_he_may_and_writes_nothing(
    public_folder: Path, mode: int, of_folder: int, read: str | None
) -> None:
    """A read-only log can be read; each refusal is an error of ours, never a traceback."""
    folder = public_folder / "log"
    with open_log(folder) as log:
        fill(log, 2)
    before = (folder / ENTRIES).read_bytes()
    if os.getuid() == 0:
        (folder / ENTRIES).chmod(mode)
        folder.chmod(of_folder)
    elif (mode, of_folder) == (0o644, 0o755):
        (folder / ENTRIES).chmod(0o444)
        (folder / SAMPLES).chmod(0o555)
        folder.chmod(0o555)
    else:
        pytest.skip("only root can show a log that belongs to somebody else")
    with nursery() as children:
        said = children.end(children.start("use_as_nobody", folder, first=9))
    folder.chmod(0o755)
    (folder / SAMPLES).chmod(0o755)
    assert [one.get("error") for one in said] == [read, "WriteFailed", "WriteFailed"]
    assert [one.get("exit_code") for one in said] == [2 if read else None, 5, 5]
    assert (folder / ENTRIES).read_bytes() == before


def test_sample_that_could_not_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither under its address nor as a leftover."""
    with open_log(tmp_path) as log:
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", refuse(errno.ENOSPC))
            with pytest.raises(WriteFailed):
                log.keep_sample(b"x")
        assert list((tmp_path / SAMPLES).iterdir()) == []
        assert log.sample(log.keep_sample(b"x")) == b"x"
