"""The README's Python snippet does what it says, against a real embedded venue."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


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


def test_readme_snippet_over_both_libraries_prints_the_same_prices(repository: Path, venue_url: str) -> None:
    """Swapping the library changes the label and nothing else."""
    (snippet,) = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    program = snippet.replace("http://127.0.0.1:8080", venue_url)
    command = [sys.executable, "-W", "ignore", "-c", program]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    ccxt, okx_sdk = (line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (ccxt[0], okx_sdk[0]) == ("ccxt", "okx_sdk")
    assert "Decimal('100000" in ccxt[1]
    assert "Decimal('100000" in okx_sdk[1]
