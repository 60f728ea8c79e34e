"""Bytes on disk: durable before they are acknowledged, in one write, in folders that are durable too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog.files import AppendFile, make_folder, read_locked, write_whole

CALLS = ("write", "fdatasync", "fsync", "ftruncate", "rename", "replace", "mkdir")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every system call that changes a file or makes it durable, with the path behind it."""
    seen: list[tuple[str, str]] = []

    def spy(name: str) -> None:
        real = getattr(os, name)

        def call(target: Any, *arguments: Any, **named: Any) -> Any:
            path = str(Path(f"/proc/self/fd/{target}").readlink()) if isinstance(target, int) else str(target)
            seen.append((name, path))
            return real(target, *arguments, **named)

        monkeypatch.setattr(f"os.{name}", call)

    for name in CALLS:
        spy(name)
    return seen


def test_append_is_one_write_that_is_durable_before_it_returns(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    """However long the data is: one write, then fdatasync of the same file, and nothing after it."""
    file = AppendFile(tmp_path / "log" / "x.jsonl")
    with file.locked():
        calls.clear()
        file.append(b"x" * 5_000_000, 0)
        assert calls == [(name, str(file.path)) for name in ("write", "fdatasync")]
    file.close()


def test_new_file_and_every_new_folder_above_it_are_made_durable(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    """A name lives in its folder: without an fsync of that the whole file may be gone after a power cut."""
    file = AppendFile(tmp_path / "a" / "b" / "x.jsonl")
    with file.locked():
        pass
    file.close()
    synced = {path for name, path in calls if name == "fsync"}
    assert synced == {str(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")}
    calls.clear()
    with file.locked():
        pass
    file.close()
    assert calls == []


def test_whole_file_is_durable_before_it_gets_its_name(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    """The order: bytes, rename, folder."""
    path = tmp_path / "sample"
    write_whole(path, b"x" * 1000)
    names = [name for name, _ in calls]
    assert names in (["fsync", "replace", "fsync"], ["fsync", "rename", "fsync"])
    assert calls[0][1] != str(path)
    assert calls[-1][1] == str(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["sample"]


def test_folder_that_is_there_costs_no_system_call_that_writes(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    """Nothing is made, nothing synced."""
    make_folder(tmp_path)
    assert calls == []


def test_reading_a_file_that_is_not_there_is_none_and_a_folder_is_refused(tmp_path: Path) -> None:
    """Absent is absent; anything but a file cannot be a log."""
    from dualwitness.difflog.errors import LogUnreadable

    assert read_locked(tmp_path / "none") is None
    with pytest.raises(LogUnreadable, match="no regular file"):
        read_locked(tmp_path)
    (tmp_path / "some").write_bytes(b"x\n" * 100)
    assert read_locked(tmp_path / "some") == b"x\n" * 100


def test_lock_is_held_until_the_block_ends_and_says_when_the_file_is_another(tmp_path: Path) -> None:
    """A file that was replaced is opened again, and the caller is told."""
    file = AppendFile(tmp_path / "x.jsonl")
    with file.locked() as is_other:
        assert is_other
    with file.locked() as is_other:
        assert not is_other
    (tmp_path / "new").write_bytes(b"other\n")
    (tmp_path / "new").replace(file.path)
    with file.locked() as is_other:
        assert is_other
        assert file.read_from(0) == b"other\n"
    file.close()


def test_closed_file_leaves_no_open_descriptor_behind(tmp_path: Path) -> None:
    """Opened, replaced, closed a hundred times: as many descriptors as before."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts
    file = AppendFile(tmp_path / "x.jsonl")
    for _ in range(100):
        with file.locked():
            file.path.unlink()
        with file.locked():
            pass
        file.close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - counts
