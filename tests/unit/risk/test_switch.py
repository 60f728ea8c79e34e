"""The kill switch as a file: anything there trips it, and so does whatever hides whether anything is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualwitness.risk import KillSwitch, SwitchStuck


def test_switch_without_a_file_is_not_tripped(tmp_path: Path) -> None:
    """Neither a missing file nor a missing folder stops anything."""
    assert KillSwitch(tmp_path / "switch").tripped() is None
    assert KillSwitch(tmp_path / "no" / "such" / "switch").tripped() is None


@pytest.mark.parametrize("kind", ["empty", "text", "bytes", "folder", "dangling"])
def test_switch_is_tripped_by_whatever_lies_there(tmp_path: Path, kind: str) -> None:
    """Empty, full, no text, a folder, a link to nowhere: somebody put it there."""
    path = tmp_path / "switch"
    if kind == "folder":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.write_bytes({"empty": b"", "text": b"Bea: smoke\nmore", "bytes": b"\x1b[2J\xff"}[kind])
    told = KillSwitch(path).tripped()
    assert told is not None
    assert told.startswith("the file switch exists")
    assert told.isprintable()
    assert ("Bea: smoke" in told) == (kind == "text")
    assert "more" not in told


def test_switch_that_cannot_be_looked_at_is_tripped(tmp_path: Path) -> None:
    """A path through a file cannot be looked at, so nobody knows, so nothing is sent."""
    (tmp_path / "file").touch()
    told = KillSwitch(tmp_path / "file" / "switch").tripped()
    assert told is not None
    assert "cannot be looked at" in told


def test_switch_that_was_tripped_by_name_says_who_and_why_until_it_is_cleared(tmp_path: Path) -> None:
    """The file is a note to whoever finds it."""
    switch = KillSwitch(tmp_path / "new" / "switch")
    switch.trip("Ann", "prices went mad")
    assert switch.tripped() == 'the file switch exists: {"who": "Ann", "why": "prices went mad"}'
    switch.trip("Bea", "me too")
    assert len(switch.path.read_text(encoding="utf-8").splitlines()) == 2
    switch.clear()
    assert switch.tripped() is None
    switch.clear()


def test_switch_that_can_be_neither_written_nor_removed_says_so(tmp_path: Path) -> None:
    """A person must know that the switch does not move."""
    (tmp_path / "file").touch()
    with pytest.raises(SwitchStuck, match="cannot be written") as caught:
        KillSwitch(tmp_path / "file" / "switch").trip("Ann", "stop")
    assert caught.value.exit_code == 4
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(SwitchStuck, match="cannot be removed"):
        KillSwitch(folder).clear()
