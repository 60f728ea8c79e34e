"""Who may import whom: the contracts of pyproject.toml hold, and each of them notices a planted breach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs `lint-imports` by its entry point, so that no script folder need be on PATH.
LINT = (
    "import sys; from importlinter.cli import lint_imports; "
    "sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True))"
)

BREACHES = {
    "layers": ("models/planted.py", "import dualwitness.config"),
    "siblings": ("risk/planted.py", "import dualwitness.difflog"),
    "independence": ("venues/okx_sdk/planted.py", "import dualwitness.venues.ccxt_client.client"),
    "venue-independence": ("venues/sim/planted.py", "import dualwitness.venues.okx_sdk.client"),
    "ccxt": ("venues/planted.py", "import ccxt.base.errors"),
    "okx": ("alignment/planted.py", "from okx.Trade import TradeAPI"),
    "httpx": ("venues/ccxt_client/planted.py", "import httpx"),
    "pure-core": ("alignment/compare.py", "import time"),
}


def lint_imports(repository: Path, tree: Path) -> subprocess.CompletedProcess[str]:
    """Judge the tree by the contracts of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT, str(repository / "pyproject.toml")]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_contracts_on_the_built_wheel_are_kept(repository: Path, installed_tree: Path) -> None:
    """Nothing in the product imports upwards, sideways between clients, or a library that is not its own."""
    result = lint_imports(repository, installed_tree)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Contracts: 5 kept, 0 broken." in result.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_contracts_on_a_planted_import_are_broken(repository: Path, installed_tree: Path, breach: str) -> None:
    """Each contract can fail: one forbidden line is reported with the file it stands in."""
    name, line = BREACHES[breach]
    planted = installed_tree / "dualwitness" / name
    with planted.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    result = lint_imports(repository, installed_tree)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout
    assert f"dualwitness.{name.removesuffix('.py').replace('/', '.')}" in result.stdout


def test_yaml_outside_the_reader_is_never_imported(repository: Path) -> None:
    """One module reads YAML, so one module decides what a scalar means."""
    packages = ("alignment", "benchmarks", "config", "difflog", "models", "risk", "venues")
    readers = {
        path.relative_to(repository).as_posix()
        for package in packages
        for path in (repository / package).rglob("*.py")
        if any(line.split()[:2] in (["import", "yaml"], ["from", "yaml"]) for line in path.read_text().splitlines())
    }
    assert readers == {"config/read_yaml.py"}
