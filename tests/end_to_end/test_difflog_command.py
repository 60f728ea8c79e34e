"""``python -m difflog`` as a user types it: from a real run to a verified log, and readers and disks that fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CommandRun
from tests.support.audit_run import ROOT, clean_environment
from tests.support.difflog_records import filled_log, made_entry
from tests.support.difflog_runs import BY_HAND

FULL = Path("/dev/full")
HEAVY = ("ccxt", "okx", "deepdiff", "pydantic", "jinja2")


def difflog(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, from the root of the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "difflog", *map(str, words)],
        cwd=ROOT,
        env=clean_environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(name="log", scope="module")
def log_of_a_whole_story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty entries, which nobody changes."""
    folder = tmp_path_factory.mktemp("difflog") / "log"
    filled_log(folder, entries=40)
    return folder


def test_finding_of_a_real_run_becomes_an_entry_that_verifies_and_is_shown(
    honest_run: CommandRun, tmp_path: Path
) -> None:
    """Added with its samples, decided, shown with the raw pair, verified, and seen as the same when added again."""
    log = tmp_path / "log"
    finding = next(
        one
        for one in honest_run.read("dual_alignment_report.json")["findings"]
        if one["axis"] == "I" and one["ccxt_raw_sample_ref"] and one["okx_raw_sample_ref"]
    )
    from_run = ("--from-run", honest_run.folder, finding["finding_id"])
    added = difflog("add", *from_run, *BY_HAND, "--difflog", log)
    assert (added.returncode, added.stderr) == (0, "")
    entry_id = added.stdout.split()[0]
    assert entry_id.endswith(finding["fingerprint"][:10])
    decided = difflog("status", entry_id, "understood", "--who", "ops", "--why", "documented", "--difflog", log)
    assert decided.returncode == 0
    shown = difflog("show", finding["fingerprint"][:8], "--difflog", log)
    assert shown.returncode == 0
    assert finding["ccxt_raw_sample_ref"] in shown.stdout
    assert "Difference of the raw pair" in shown.stdout
    assert difflog("verify", "--difflog", log).returncode == 0
    assert "in the log already" in difflog("add", *from_run, *BY_HAND, "--difflog", log).stderr


@pytest.mark.parametrize("module", ["difflog", "dualwitness.difflog"])
def test_command_runs_under_both_names_and_its_help_loads_nothing_heavy(module: str) -> None:
    """Neither the libraries nor the models are loaded to print a help text."""
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['{module}', 'list', '--help']\n"
        "try:\n"
        f"    runpy.run_module('{module}', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop:\n"
        f"    print(stop.code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == "0 []\n"
    assert "--severity" in done.stdout


def test_list_loads_none_of_the_libraries_that_it_compares(log: Path) -> None:
    """A log is read without ccxt, okx, deepdiff or jinja2."""
    program = (
        "import sys\n"
        "from dualwitness.difflog.commands import main\n"
        f"main(['list', '--difflog', {str(log)!r}])\n"
        "print([name for name in ('ccxt', 'okx', 'deepdiff', 'jinja2') if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("words", [("list",), ("show", made_entry(0).entry_id), ("render", "--html", "-")])
def test_reader_that_leaves_ends_the_command_without_a_word(log: Path, words: tuple[str, ...]) -> None:
    """As with `head`: exit code 0, nothing on stderr."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "difflog", *words, "--difflog", str(log)],
            cwd=ROOT, env=clean_environment(), stdout=pipe, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_output_to_a_full_disk_exits_5_with_one_line(log: Path) -> None:
    """Nothing pretends to have been written."""
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "difflog", "list", "--difflog", str(log)],
            cwd=ROOT, env=clean_environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 5
    assert (done.stderr.count("\n"), "No space left" in done.stderr) == (1, True)


def test_terminal_that_knows_only_ascii_gets_what_it_lacks_escaped(log: Path) -> None:
    """No traceback for a sign that an encoding has not."""
    done = difflog("show", made_entry(0).entry_id, "--difflog", log, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert r"\u2503" in done.stdout


def test_json_of_the_list_goes_to_stdout_alone(log: Path) -> None:
    """A script can read it."""
    done = difflog("list", "--json", "--severity", "S3", "--difflog", log)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["entry"] for one in json.loads(done.stdout)["entries"]] == [made_entry(1).entry_id]
