"""A run's folder: files whole or not at all, sealed, one folder a run."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from dualwitness.alignment.artifacts import MANIFEST, RunFolder, run_id_of, verify_seal
from dualwitness.venues.redact import Redactor

RUN_ID = "run_20260701_120000_abcdef0"
NO_SECRETS = Redactor(())


def sealed_run(out: Path) -> Path:
    """A run with two files and its manifest."""
    folder = RunFolder(out, RUN_ID, NO_SECRETS)
    folder.write("a.json", {"one": 1})
    folder.write("b.json", {"two": 2})
    folder.write_manifest({"status": "completed"})
    return folder.path


@pytest.mark.parametrize(
    ("started_ms", "commit", "name"),
    [
        (1_782_907_200_000, "abcdef0123456789", "run_20260701_120000_abcdef0"),
        (1_782_907_199_999, "abcdef0123456789", "run_20260701_115959_abcdef0"),
        (0, None, "run_19700101_000000_0000000"),
    ],
)
def test_run_id_is_utc_time_and_commit(started_ms: int, commit: str | None, name: str) -> None:
    """Independent of the machine's time zone; outside a clone the commit is zeros."""
    assert run_id_of(started_ms, commit) == name


def test_two_runs_in_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    """None overwrites another, and each knows its own name."""
    folders = [RunFolder(tmp_path / "deep" / "runs", RUN_ID, NO_SECRETS) for _ in range(3)]
    assert [one.run_id for one in folders] == [RUN_ID, f"{RUN_ID}_1", f"{RUN_ID}_2"]
    assert len({one.path for one in folders}) == 3
    assert all(one.path.name == one.run_id for one in folders)


def test_file_is_written_as_sorted_json_and_nothing_else_is_left(tmp_path: Path) -> None:
    """One content, one sequence of bytes: runs can be compared with a plain diff."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    folder.write("a.json", {"b": 1, "a": "é"})
    assert (folder.path / "a.json").read_text(encoding="utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'
    assert [one.name for one in folder.path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("method", ["replace", "open"])
def test_file_that_cannot_be_finished_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A full disk in the middle of a write: old bytes or new bytes, never half, and no leftovers."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    folder.write("a.json", {"old": 1})
    before = (folder.path / "a.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, full)
        with pytest.raises(OSError, match="No space"):
            folder.write("a.json", {"new": 2})
    assert (folder.path / "a.json").read_bytes() == before
    assert [one.name for one in folder.path.iterdir()] == ["a.json"]


def test_file_reaches_its_name_only_after_it_was_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut after a rename finds the whole file, and one after the seal finds every file that it names."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("sync")
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    folder.write("a.json", {})
    assert steps == ["sync", "rename"]
    folder.write_manifest({})
    assert steps == ["sync", "rename", "sync", "sync", "rename", "sync"]


def test_content_that_json_cannot_say_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A set is no JSON; nothing of the file reaches the folder."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    with pytest.raises(TypeError):
        folder.write("a.json", {"value": {1, 2}})
    assert [one.name for one in folder.path.iterdir()] == []


def test_numbers_that_json_has_no_word_for_never_reach_a_file(tmp_path: Path) -> None:
    """A reader that is strict about JSON can read every file."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    with contextlib.suppress(ValueError):
        folder.write("a.json", {"value": float("nan"), "other": float("inf")})
    for path in folder.path.iterdir():
        assert not {"NaN", "Infinity"} & set(path.read_text(encoding="utf-8").replace(",", " ").split())


def test_half_a_character_that_a_venue_sent_as_an_escape_can_be_written(tmp_path: Path) -> None:
    """A lone surrogate is valid JSON on the wire, so it must not end a run."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    folder.write("a.json", {"text": "\ud800 §"})
    assert json.loads((folder.path / "a.json").read_bytes()) == {"text": "\ud800 §"}


def test_files_hold_no_secret(tmp_path: Path) -> None:
    """A secret in any report is taken out by value."""
    secret = 'p"ass phrase'
    folder = RunFolder(tmp_path, RUN_ID, Redactor([secret]))
    folder.write("a.json", {"text": f"refused: {secret}"})
    text = (folder.path / "a.json").read_text(encoding="utf-8")
    assert secret not in json.loads(text)["text"]
    assert "ass phrase" not in text


def test_manifest_seals_every_other_file_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    """The digests are those of the files as they lie there; the manifest does not seal itself."""
    path = sealed_run(tmp_path)
    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["files"] == {
        name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in ("a.json", "b.json")
    }
    assert verify_seal(path) == []


@pytest.mark.parametrize("place", [0, 5, -1])
def test_seal_finds_one_changed_byte(tmp_path: Path, place: int) -> None:
    """Wherever the byte is; the other file is not blamed."""
    path = sealed_run(tmp_path)
    data = bytearray((path / "b.json").read_bytes())
    data[place] ^= 1
    (path / "b.json").write_bytes(bytes(data))
    assert verify_seal(path) == ["b.json"]


def test_seal_finds_a_missing_and_a_longer_file(tmp_path: Path) -> None:
    """A file that was taken away and one that was added to are both named."""
    path = sealed_run(tmp_path)
    (path / "a.json").unlink()
    with (path / "b.json").open("ab") as file:
        file.write(b"\n")
    assert sorted(verify_seal(path)) == ["a.json", "b.json"]


def test_seal_follows_a_file_that_was_written_twice(tmp_path: Path) -> None:
    """The last bytes count."""
    folder = RunFolder(tmp_path, RUN_ID, NO_SECRETS)
    folder.write("a.json", {"try": 1})
    folder.write("a.json", {"try": 2})
    folder.write_manifest({})
    assert verify_seal(folder.path) == []
