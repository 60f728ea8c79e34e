"""The documents say what is there: every option, key, member, exit code and artifact, and nothing that is not."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from enum import StrEnum
from pathlib import Path

import pytest

from dualwitness import __version__, models
from dualwitness.config import RiskConfig, VenueConfig

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
ARTIFACTS = (
    "run_manifest.json",
    "execution_fingerprint.json",
    "dual_alignment_report.json",
    "ccxt_alignment_report.json",
    "okx_sdk_alignment_report.json",
    "ccxt_raw_samples.json",
    "okx_sdk_raw_samples.json",
    "positions_snapshot.json",
)
ENUMS = {name: kind for name, kind in vars(models).items() if inspect.isclass(kind) and issubclass(kind, StrEnum)}
INSTALL = "python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.lock"
AUDIT = f"{INSTALL} && .venv/bin/python -m alignment.run"


def text_of(repository: Path, name: str) -> str:
    """One of the documents in the root."""
    return (repository / name).read_text(encoding="utf-8")


def help_of(repository: Path, module: str) -> str:
    """What a command says of itself."""
    command = [sys.executable, "-m", module, "--help"]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout


def test_readme_and_audit_name_the_same_options(repository: Path) -> None:
    """Every option of the audit stands in the README's table, and every option in the table exists."""
    offered = set(OPTION.findall(help_of(repository, "alignment.run"))) - {"--help"}
    table = "\n".join(line for line in text_of(repository, "README.md").splitlines() if line.startswith("| `--"))
    assert set(OPTION.findall(table)) == offered


def test_readme_names_every_option_of_the_embedded_venue(repository: Path) -> None:
    """What `python -m venues.sim` takes can be read in the README."""
    offered = set(OPTION.findall(help_of(repository, "venues.sim"))) - {"--help"}
    assert offered <= set(OPTION.findall(text_of(repository, "README.md")))


def test_readme_opens_with_the_function_and_the_command(repository: Path) -> None:
    """The third line leads to `compare`; the audit's command stands there as one line that can be copied."""
    readme = text_of(repository, "README.md").splitlines()
    assert "compare" in readme[2]
    assert "alignment/compare.py" in readme[2]
    assert AUDIT in readme


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 130])
def test_readme_names_every_exit_code(repository: Path, code: int) -> None:
    """Each exit code has its line in the table."""
    assert re.search(rf"^\| `{code}` \|", text_of(repository, "README.md"), re.MULTILINE)


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_readme_names_every_artifact_of_a_run(repository: Path, artifact: str) -> None:
    """Each file of a run's folder is explained."""
    assert f"`{artifact}`" in text_of(repository, "README.md")


@pytest.mark.parametrize("key", sorted({*RiskConfig.model_fields, *VenueConfig.model_fields}))
def test_readme_names_every_configuration_key(repository: Path, key: str) -> None:
    """Each key that a person may write is explained."""
    assert f"`{key}`" in text_of(repository, "README.md")


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_glossary_names_every_member_of_each_vocabulary(repository: Path, name: str) -> None:
    """A closed vocabulary is closed in the documents too: its row holds its members, all and only them."""
    rows = [line for line in text_of(repository, "GLOSSARY.md").splitlines() if line.startswith(f"| {name} |")]
    assert len(rows) == 1
    assert set(re.findall(r"`([^`]+)`", rows[0])) == {str(member) for member in ENUMS[name]}


def test_changelog_names_the_version_of_the_package(repository: Path) -> None:
    """The changelog has a section for what is being built."""
    assert re.search(rf"^## \[{re.escape(__version__)}\]", text_of(repository, "CHANGELOG.md"), re.MULTILINE)


def test_locks_hold_every_dependency_with_a_hash(repository: Path) -> None:
    """What pyproject.toml asks for is pinned with a hash, for the audit and for the tests."""
    project = tomllib.loads(text_of(repository, "pyproject.toml"))["project"]
    needed = {"requirements.lock": project["dependencies"]}
    needed["requirements-dev.lock"] = project["dependencies"] + project["optional-dependencies"]["dev"]
    for lock, requirements in needed.items():
        pinned = {name.lower() for name in PINNED.findall(text_of(repository, lock))}
        asked = {re.split(r"[<>=!~]", requirement)[0].lower() for requirement in requirements}
        assert asked <= pinned, lock
        assert len(pinned) == len(re.findall(r"^\S+==", text_of(repository, lock), re.MULTILINE)), lock


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "tests/README.md"])
def test_files_that_the_documents_point_to_exist(repository: Path, name: str) -> None:
    """A path in a document leads somewhere."""
    text = text_of(repository, name)
    links = set(re.findall(r"\]\(([^)#:]+)\)", text))
    paths = set(
        re.findall(r"`((?:alignment|venues|models|config|risk|difflog|tests|dualwitness|\.ci)/[\w./-]*)`", text)
    )
    base = (repository / name).parent
    missing = [link for link in sorted(links) if not (base / link).exists()]
    written_by_a_run = {"difflog/log"}
    missing += [path for path in sorted(paths - written_by_a_run) if not (repository / path).exists()]
    assert missing == []


def test_architecture_fits_on_one_screen(repository: Path) -> None:
    """Whoever needs the overview sees it at once."""
    assert len(text_of(repository, "ARCHITECTURE.md").splitlines()) <= 70
