"""The checker of proofs that imports nothing of ours: alone in a folder, it needs neither the log nor this project."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dualwitness.difflog import proof_standalone
from dualwitness.difflog.checkpoint import write_checkpoint
from dualwitness.difflog.proofs import prove_inclusion
from tests.support.difflog_records import filled_log, made_entry

SOURCE = Path(proof_standalone.__file__)


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A proof of an entry beside the checkpoint that it leads to; the log itself is gone."""
    log = tmp_path / "log"
    filled_log(log)
    shutil.copy(write_checkpoint(log), tmp_path / "checkpoint.txt")
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(prove_inclusion(log, made_entry(0).entry_id)), encoding="utf-8")
    shutil.rmtree(log)
    return path


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the file in a folder of its own, isolated from every installed package."""
    copy = folder / "proof_standalone.py"
    shutil.copy(SOURCE, copy)
    return subprocess.run(
        [sys.executable, "-I", "-S", str(copy), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_checker_imports_the_standard_library_alone() -> None:
    """Every import in the file, at any depth, is of a module that comes with Python."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported
    assert imported <= sys.stdlib_module_names


def test_a_copy_of_the_checker_elsewhere_checks_a_proof_without_its_log(proof: Path, tmp_path: Path) -> None:
    """Holds with exit 0, damaged with exit 1 and the reason, not there with exit 2; nothing on standard error."""
    options = (str(proof), "--against", str(tmp_path / "checkpoint.txt"))
    sound = alone(tmp_path, *options)
    assert (sound.returncode, sound.stdout, sound.stderr) == (0, "the proof holds\n", "")
    proof.write_text(proof.read_text(encoding="utf-8").replace("S2", "S0", 1), encoding="utf-8")
    broken = alone(tmp_path, *options)
    assert (broken.returncode, broken.stderr) == (1, "")
    assert "proves nothing: its hashes do not lead to its root" in broken.stdout
    unreadable = alone(tmp_path, str(tmp_path / "none.json"))
    assert (unreadable.returncode, unreadable.stderr) == (2, "")
    assert unreadable.stdout.startswith("cannot be read: ")


def test_the_checker_without_a_proof_or_with_a_wrong_option_is_exit_2(proof: Path, tmp_path: Path) -> None:
    """As with every command; the control is the proof alone."""
    assert alone(tmp_path).returncode == 2
    assert alone(tmp_path, str(proof), "--nothing").returncode == 2
    assert alone(tmp_path, str(proof)).returncode == 0
    assert "usage:" in alone(tmp_path, "--help").stdout


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint", b"log\n1\n\xff\n"])
def test_a_checkpoint_that_is_none_is_exit_2(content: bytes | None, proof: Path, tmp_path: Path) -> None:
    """Neither that the proof holds nor that it does not was found out."""
    kept = tmp_path / "kept.txt"
    if content is not None:
        kept.write_bytes(content)
    assert proof_standalone.main([str(proof), "--against", str(kept)]) == 2
    assert proof_standalone.main([str(proof), "--against", str(tmp_path / "checkpoint.txt")]) == 0


def test_what_a_proof_holds_reaches_the_terminal_escaped(
    proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Escape sequences in a proof, and in the name of its file, are shown as Python writes them."""
    hostile = tmp_path / "a\x1b[2J\u202e\nb.json"
    fields = json.loads(proof.read_bytes())
    hostile.write_text(json.dumps({**fields, "proof": "\x1b]0;x\x07"}), encoding="utf-8")
    assert proof_standalone.main([str(hostile)]) == 1
    assert proof_standalone.main([str(hostile) + "2"]) == 2
    assert proof_standalone.main([str(proof), "--against", str(hostile)]) == 2
    printed = capsys.readouterr().out
    assert "\\x1b[2J\\u202e\\nb.json" in printed
    assert not [one for one in printed if not one.isprintable() and one != "\n"]
