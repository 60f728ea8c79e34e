"""The verifier that imports nothing of ours: alone in a folder, it comes to the same verdict."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dualwitness.difflog import verify_standalone
from dualwitness.difflog.checkpoint import write_checkpoint
from dualwitness.difflog.verify import verify
from tests.support.difflog_records import filled_log, made_entry
from tests.support.difflog_tampering import make_ground

SOURCE = Path(verify_standalone.__file__)


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the file in a folder of its own, isolated from every installed package."""
    copy = folder / "verify_standalone.py"
    shutil.copy(SOURCE, copy)
    return subprocess.run(
        [sys.executable, "-I", "-S", str(copy), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_it_imports_the_standard_library_alone() -> None:
    """Every import in the file, at any depth, is of a module that comes with Python."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported
    assert imported <= sys.stdlib_module_names


def test_it_can_be_read_in_one_sitting() -> None:
    """Who verifies with it must be able to read it: at most a hundred and ten lines."""
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) <= 110


def test_a_copy_of_the_file_elsewhere_verifies_a_log(tmp_path: Path) -> None:
    """Sound with exit 0, broken with exit 1 and the place, unreadable with exit 2; no package of ours is there."""
    ground = make_ground(tmp_path)
    options = (str(ground.folder), "--against", str(ground.checkpoint), "--samples", str(ground.outside))
    sound = alone(tmp_path, *options)
    assert (sound.returncode, sound.stdout, sound.stderr) == (0, "sound\n", "")
    path = ground.folder / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"severity":"S2"', b'"severity":"S0"', 1))
    broken = alone(tmp_path, *options)
    assert broken.returncode == 1
    assert f"PROBLEM entries.jsonl:1 (record 0, {made_entry(0).entry_id}): its content does not give" in broken.stdout
    assert broken.stdout.endswith("broken\n")
    unreadable = alone(tmp_path, str(tmp_path / "none"))
    assert (unreadable.returncode, unreadable.stderr) == (2, "")
    assert "cannot be read: there is no log in" in unreadable.stdout


def test_samples_outside_are_a_note_where_their_folder_is_not_given(tmp_path: Path) -> None:
    """The number of entries, and how to verify them."""
    ground = make_ground(tmp_path)
    said = alone(tmp_path, str(ground.folder))
    assert said.returncode == 0
    assert "NOTE the raw samples of 3 entries lie outside of the log: name their folder, --samples DIR" in said.stdout


def test_a_wrong_option_is_exit_2(tmp_path: Path) -> None:
    """As with every command."""
    assert alone(tmp_path, "--nothing").returncode == 2
    assert "usage:" in alone(tmp_path, "--help").stdout


def test_what_a_venue_wrote_reaches_the_terminal_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id with an escape sequence in a file that somebody changed is shown as Python writes it."""
    filled_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"entry_id":"DIFF', b'"entry_id":"\\u001b[2J\\u202e', 1))
    assert verify_standalone.main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "\\x1b[2J\\u202e" in printed
    assert not [one for one in printed if not one.isprintable() and one != "\n"]


def test_both_verifiers_agree_about_each_byte_of_a_checkpoint(tmp_path: Path) -> None:
    """A bit of each byte of the log's own checkpoint is changed, of its origin every bit: the same exit code."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path)
    data = path.read_bytes()
    codes = set()
    places = [(at, bit) for at in range(len(data)) for bit in (range(8) if at in (0, 11) else (at % 8,))]
    for at, bit in places:
        path.write_bytes(data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :])
        code = verify(tmp_path).exit_code
        assert verify_standalone.main([str(tmp_path)]) == code, path.read_bytes()
        codes.add(code)
    assert 1 in codes
