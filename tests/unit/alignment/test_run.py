"""From the command line to an exit code: whatever goes wrong is one message and the documented number."""

from __future__ import annotations

import errno
import json
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dualwitness.alignment import run
from dualwitness.alignment.replay import SealBroken
from dualwitness.config import ConfigError
from dualwitness.venues import SafetyError, UsageError, VenueError
from dualwitness.venues.errors import LibraryNotInstalled
from tests.support.shared import require_shared


def ends_with(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> int:
    """The exit code of a run in which that is raised."""

    def fail(*_: object, **__: object) -> int:
        raise failure

    monkeypatch.setattr(run, "_audit", fail)
    return run.main([])


FAILURES = [
    ("usage", UsageError("no such symbol", advice="name another"), 2, "no such symbol. Name another."),
    ("library", LibraryNotInstalled("ccxt is not installed"), 2, "ccxt is not installed"),
    ("configuration", ConfigError("is wrong", file="risk.yaml", advice="mend it"), 2, "risk.yaml"),
    ("venue", VenueError("no answer"), 3, "no answer"),
    ("safety", SafetyError("that host is forbidden"), 4, "that host is forbidden"),
    ("seal", SealBroken("a.json differs"), 5, "a.json differs"),
    ("disk", OSError(errno.ENOSPC, "No space left on device", "runs"), 5, "No space left on device"),
    ("permission", PermissionError(errno.EACCES, "Permission denied", "runs"), 5, "Permission denied"),
    ("file in the way", FileExistsError(errno.EEXIST, "File exists", "runs"), 5, "File exists"),
    ("interrupt", KeyboardInterrupt(), 130, "interrupted"),
    ("defect", KeyError("secret-value"), 3, "a defect of dualwitness: KeyError"),
    ("recursion", RecursionError("deep"), 3, "a defect of dualwitness: RecursionError"),
]


@pytest.mark.parametrize(
    ("failure", "code", "text"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES]
)
def test_run_that_failed_says_one_line_on_stderr_and_ends_with_the_documented_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    text: str,
) -> None:
    """Never a traceback, never stdout, never 0 or 1, which are verdicts."""
    assert ends_with(monkeypatch, failure) == code
    said = capsys.readouterr()
    assert text in said.err
    assert said.err.startswith("dualwitness: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert "secret-value" not in said.err
    assert said.out == ""


def test_run_with_traceback_asked_for_raises_the_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the one who looks for the defect, and only when the environment says so."""
    monkeypatch.setenv("DUALWITNESS_TRACEBACK", "1")
    with pytest.raises(KeyError):
        ends_with(monkeypatch, KeyError("x"))


def test_run_shows_no_control_character_of_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error text that came from outside cannot play with the terminal or forge a second line."""
    ends_with(monkeypatch, VenueError("bad\x1b[2J\ndualwitness: all is well"))
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert said.count("\n") == 1


BAD_WORDS = [
    (["--mode", "okx_demo_sin"], 2, "Did you mean okx_demo_sim?"),
    (["--mode", "offline"], 2, "--samples"),
    (["--mode", "okx_live"], 4, "demo_mode"),
    (["--mode", "okx_demo_api"], 2, "OKX_API_KEY"),
    (["--allow-orders"], 2, "okx_live"),
    (["--base-url", "https://evil.example"], 4, "evil.example"),
    (["--symbols", "???"], 2, "is not understood"),
    (["--lie", "no-such-lie"], 2, "no-such-lie"),
    (["--lie", "@ccxt"], 2, "unknown lie"),
    (["--config", "no/such/folder"], 2, "no/such/folder"),
    (["--seed", "x"], 2, "--seed"),
    (["--fail-on", "S9"], 2, "S3"),
    (["--no-such-option"], 2, "--no-such-option"),
]


@pytest.mark.parametrize(("words", "code", "text"), BAD_WORDS, ids=[" ".join(case[0]) for case in BAD_WORDS])
def test_bad_words_on_the_command_line_end_before_any_run_begins(
    words: list[str], code: int, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code of the contract, a message that names the word, and no folder of a run."""
    out = tmp_path / "runs"
    assert run.main([*words, "--out", str(out)]) == code
    assert text in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("words", [["--help"], ["--list-lies"]])
def test_help_and_lies_are_printed_and_end_with_zero(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Both on stdout, neither starts anything."""
    assert run.main(words) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) > 5
    assert said.err == ""


def test_every_lie_is_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """What can be planted can be found."""
    from dualwitness.venues.sim.lies import LIES

    run.main(["--list-lies"])
    table, _, _ = capsys.readouterr().out.partition("\n\n")
    assert sorted(line.split()[0] for line in table.splitlines()) == sorted(LIES)


def _fake_audit(monkeypatch: pytest.MonkeyPatch, exit_code: int) -> None:
    def audit(*_: object, **__: object) -> Any:
        return SimpleNamespace(report={"verdict": "differences", "é": 1}, exit_code=exit_code)

    # The package exports the function under the module's name, so the module is asked for as such.
    monkeypatch.setattr(import_module("dualwitness.alignment.audit"), "audit", audit)


@pytest.mark.parametrize("exit_code", [0, 1, 3])
def test_json_puts_one_document_on_stdout_and_the_verdict_into_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], exit_code: int
) -> None:
    """A script reads stdout whole; nothing else stands there."""
    _fake_audit(monkeypatch, exit_code)
    assert run.main(["--json"]) == exit_code
    assert json.loads(capsys.readouterr().out) == {"verdict": "differences", "é": 1}


def test_sigterm_ends_a_run_like_an_interrupt_and_is_given_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scheduler that stops a run gets 130; afterwards the signal is its former owner's again."""
    before = signal.getsignal(signal.SIGTERM)

    def stopped(*_: object, **__: object) -> int:
        signal.raise_signal(signal.SIGTERM)
        return 0

    monkeypatch.setattr(run, "_audit", stopped)
    assert run.main([]) == 130
    assert signal.getsignal(signal.SIGTERM) is before
    assert "interrupted" in capsys.readouterr().err


Spoil = Callable[[Path], None]


def _no_manifest(folder: Path) -> None:
    (folder / "ccxt_raw_samples.json").write_text("{}", encoding="utf-8")


def _no_json(folder: Path) -> None:
    (folder / "run_manifest.json").write_text("{", encoding="utf-8")


def _no_samples(folder: Path) -> None:
    content = {"files": {}, "symbols_asked": ["BTC/USDT"], "seed": 0}
    (folder / "run_manifest.json").write_text(json.dumps(content), encoding="utf-8")


def _broken_seal(folder: Path) -> None:
    content = {"files": {"ccxt_raw_samples.json": "0" * 64}, "symbols_asked": ["BTC/USDT"], "seed": 0}
    (folder / "run_manifest.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "ccxt_raw_samples.json").write_text('{"calls": []}', encoding="utf-8")


def _no_index(folder: Path) -> None:
    (folder / "INDEX.json").write_text('[{"file": "x"}]', encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "code"), [(_no_manifest, 2), (_no_json, 2), (_no_samples, 2), (_broken_seal, 5), (_no_index, 2)]
)
def test_offline_over_a_folder_that_proves_nothing_is_refused(
    spoil: Spoil, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No run, half a run, no samples: 2; a changed sample: 5; none of them is a verdict."""
    folder = tmp_path / "samples"
    folder.mkdir()
    spoil(folder)
    assert run.main(["--mode", "offline", "--samples", str(folder), "--out", str(tmp_path / "runs")]) == code
    assert capsys.readouterr().err.startswith("dualwitness: ")


def test_out_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run cannot be written: 2, with the name of the file in the way."""
    folder = require_shared() / "okx-payloads"
    (tmp_path / "runs").write_text("", encoding="utf-8")
    assert run.main(["--mode", "offline", "--samples", str(folder), "--out", str(tmp_path / "runs")]) == 2
    assert "runs" in capsys.readouterr().err
