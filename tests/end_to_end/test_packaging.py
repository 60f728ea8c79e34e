"""What a user installs: the wheel beside foreign packages and the user's own folders of the same names."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

USERS_SCRIPT = """
import config
import models
import models.mine
from dualwitness.config import load_risk_config, load_venue_config
from dualwitness.models import Position
from dualwitness.venues import VenueClient, open_venue

assert models.WHOSE == "the user's", models.__file__
assert models.mine.WHOSE == "the user's"
assert config.WHOSE == "the decoy's", config.__file__
assert Position.__module__ == "dualwitness.models.position"
assert load_risk_config().max_leverage == 3
assert load_venue_config("okx").demo_mode
print("coexist")
"""

IDENTITY = """
import importlib
for package in ("alignment", "config", "difflog", "models", "risk", "venues"):
    bare, ours = importlib.import_module(package), importlib.import_module(f"dualwitness.{package}")
    assert bare.__all__ == ours.__all__
    for name in ours.__all__:
        assert getattr(bare, name) is getattr(ours, name), f"{package}.{name}"
print("one identity")
"""


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without anything on PYTHONPATH."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def build_decoy(folder: Path) -> Path:
    """A foreign distribution that ships top-level `config` and `models`."""
    path = folder / "decoy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("config", "models"):
            archive.writestr(f"{name}/__init__.py", 'WHOSE = "the decoy\'s"\n')
        information = "decoy-1.0.dist-info"
        archive.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: decoy\nVersion: 1.0\n")
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{information}/RECORD", "config/__init__.py,,\nmodels/__init__.py,,\n")
    return path


@pytest.fixture(scope="module")
def environment_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with our wheel and the decoy; dependencies come from the running one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    # After the environment's own folder on sys.path, and without processing the .pth files in there.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    for package in (wheel, build_decoy(folder)):
        result = run(
            folder, sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", package
        )
        assert result.returncode == 0, result.stdout + result.stderr
    return python


def test_wheel_owns_one_top_level_name(wheel: Path) -> None:
    """Nothing in the wheel can collide with a foreign `config` or `models`, and nothing needed is left out."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"dualwitness"}
    needed = {"dualwitness/py.typed", "dualwitness/alignment/run.py"}
    needed |= {f"dualwitness/config/venues.{venue}.yaml" for venue in ("okx", "bybit", "binance", "paper")}
    assert needed | {"dualwitness/config/risk.yaml"} <= set(names)
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


def test_installed_wheel_beside_a_decoy_and_a_users_models_folder_coexists(
    environment_python: Path, tmp_path: Path
) -> None:
    """The user's `models`, the decoy's `config` and ours are three different things in one process."""
    (tmp_path / "models").mkdir()
    for name in ("__init__", "mine"):
        (tmp_path / "models" / f"{name}.py").write_text('WHOSE = "the user\'s"\n', encoding="utf-8")
    (tmp_path / "script.py").write_text(USERS_SCRIPT, encoding="utf-8")
    result = run(tmp_path, environment_python, "script.py")
    assert (result.returncode, result.stdout) == (0, "coexist\n"), result.stderr


@pytest.mark.parametrize("module", ["dualwitness.alignment.run", "dualwitness.venues.sim"])
def test_installed_commands_run_from_anywhere(environment_python: Path, tmp_path: Path, module: str) -> None:
    """`python -m` works in a folder that knows nothing of us."""
    result = run(tmp_path, environment_python, "-m", module, "--help")
    assert result.returncode == 0, result.stderr
    assert "usage:" in result.stdout


def test_installed_console_script_runs_from_anywhere(environment_python: Path, tmp_path: Path) -> None:
    """`dualwitness` is on the path of the environment."""
    result = run(tmp_path, environment_python.parent / "dualwitness", "--help")
    assert result.returncode == 0, result.stderr
    assert "--fail-on" in result.stdout


@pytest.mark.slow
def test_installed_audit_without_any_file_of_ours_in_sight_ends_with_a_verdict(
    environment_python: Path, tmp_path: Path
) -> None:
    """The packaged defaults and the embedded venue are enough for a whole audit."""
    result = run(
        tmp_path, environment_python, "-m", "dualwitness.alignment.run", "--symbols", "BTC/USDT:USDT", "--json"
    )
    assert result.returncode in (0, 1), result.stderr
    assert '"verdict"' in result.stdout
    assert [path.name[:4] for path in (tmp_path / "runs").iterdir()] == ["run_"]


@pytest.mark.parametrize("module", ["alignment.run", "dualwitness.alignment.run", "venues.sim"])
def test_clone_commands_run_from_its_root(repository: Path, module: str) -> None:
    """In a clone the short and the long name of each command work without an install."""
    result = run(repository, sys.executable, "-m", module, "--help")
    assert result.returncode == 0, result.stderr
    assert "usage:" in result.stdout


def test_clone_names_short_and_long_give_the_same_objects(repository: Path) -> None:
    """What a package exports has one identity, whichever way it was imported."""
    result = run(repository, sys.executable, "-c", IDENTITY)
    assert (result.returncode, result.stdout) == (0, "one identity\n"), result.stderr
