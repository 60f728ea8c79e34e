"""What starting costs: packages and help texts load none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("ccxt", "okx", "deepdiff")
PACKAGES = (
    "dualwitness",
    *(f"dualwitness.{name}" for name in ("models", "config", "venues", "alignment", "risk", "difflog")),
)
COMMANDS = (
    "alignment.run",
    "alignment.explain",
    "alignment.impedance",
    "alignment.scorecard",
    "alignment.survey",
    "dualwitness.alignment.run",
    "dualwitness.venues.sim",
    "venues.check",
    "difflog",
    "dualwitness.difflog",
    "risk",
    "dualwitness.risk",
)

# Runs a module as `python -m` does, then says on stderr which heavy libraries it loaded.
HELP = """
import runpy, sys
sys.argv = [sys.argv[1], "--help"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as exit_:
    print("exit", exit_.code, file=sys.stderr)
print("loaded", [name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""


def run(repository: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter at the root of the checkout."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_heavy_library(repository: Path, package: str) -> None:
    """An import of ours costs neither ccxt nor okx nor deepdiff."""
    program = f"import sys, {package}; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = run(repository, program)
    assert (result.returncode, result.stdout.strip()) == (0, "[]"), result.stderr


@pytest.mark.parametrize("module", COMMANDS)
def test_help_of_a_command_loads_no_heavy_library(repository: Path, module: str) -> None:
    """`--help` answers at once, with exit code 0 and without ccxt, okx or deepdiff."""
    result = run(repository, HELP.format(heavy=HEAVY), module)
    assert "usage" in result.stdout.lower(), result.stderr
    assert result.stderr.splitlines()[-2:] == ["exit 0", "loaded []"]


def test_opening_a_client_loads_only_the_library_that_was_named(repository: Path) -> None:
    """The measure can fail: a client over ccxt loads ccxt, and nothing of okx."""
    program = (
        "import sys; from dualwitness.venues import open_venue; "
        "open_venue('okx', library='ccxt', base_url='http://127.0.0.1:9').close(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = run(repository, program)
    assert result.stdout.strip() == "['ccxt']", result.stderr
