"""The README's Python snippet does what it says, against a real embedded venue."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audit_run import clean_environment


@pytest.fixture
def venue_url(repository: Path) -> Iterator[str]:
    """The address of an embedded venue as its own process."""
    command = [sys.executable, "-m", "venues.sim", "--port", "0"]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("venue listening on ").strip()
        finally:
            process.terminate()


def run_snippet(repository: Path, about: str, venue_url: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the README's only program that mentions ``about``, against this venue."""
    snippets = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (snippet,) = (text for text in snippets if about in text)
    command = [sys.executable, "-W", "ignore", "-c", snippet.replace("http://127.0.0.1:8080", venue_url)]
    environment = clean_environment()
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_readme_snippet_of_a_trader_places_its_order_and_says_what_became_of_it(
    repository: Path, venue_url: str, tmp_path: Path
) -> None:
    """A new user's first order is filled at the embedded venue; the same signal again is not sent twice."""
    first = run_snippet(repository, "open_trader", venue_url, tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("filled"), first.stdout
    again = run_snippet(repository, "open_trader", venue_url, tmp_path)
    assert again.stdout == first.stdout, again.stderr


def test_readme_snippet_of_a_guard_proves_the_position_and_lets_the_order_pass(
    repository: Path, venue_url: str, tmp_path: Path
) -> None:
    """What a new user pastes says that the account is flat, that this is proven, and why the order may go."""
    result = run_snippet(repository, "Guard.open", venue_url, tmp_path)
    assert result.returncode == 0, result.stderr
    position, permission = result.stdout.splitlines()
    assert position == "False 0 reliable None"
    assert "agree" in permission


def test_readme_snippet_over_both_libraries_prints_the_same_prices(repository: Path, venue_url: str) -> None:
    """Swapping the library changes the label and nothing else."""
    result = run_snippet(repository, "open_venue", venue_url, repository)
    assert result.returncode == 0, result.stderr
    ccxt, okx_sdk = (line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (ccxt[0], okx_sdk[0]) == ("ccxt", "okx_sdk")
    assert "Decimal('100000" in ccxt[1]
    assert "Decimal('100000" in okx_sdk[1]
