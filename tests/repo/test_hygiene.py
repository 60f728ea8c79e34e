"""Nothing of any one machine, and no secret, in what is versioned."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Spelled in pieces, so that this file does not find itself.
FORBIDDEN = {
    "machine path": re.compile(r"(?<![\w.<])/(?:" + "home|root|work|Users|opt" + r")/[\w.-]+"),
    "package index host": re.compile(
        "|".join(["py" + "pi", "python" + "hosted"]) + r"\.(?:org|python)|--index" + "-url"
    ),
    "private key": re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY-----"),
    "assigned secret": re.compile(
        r"(?i)okx_(?:api_)?(?:key|secret|passphrase)\w*\s*=\s*['\"]?(?!sim-)[0-9a-f]{8}-?[0-9a-f-]{8,}"
    ),
}
SPECIMENS = {
    "machine path": "see /ho" + "me/someone/project",
    "package index host": "https://py" + "pi.org/simple",
    "private key": "-----BEGIN RSA PRI" + "VATE KEY-----",
    "assigned secret": "OKX_API_SECRET=" + "0123456789ABCDEF0123456789ABCDEF",
}


def versioned_files(repository: Path) -> list[Path]:
    """Every file that git keeps or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    return [repository / name for name in listing.splitlines() if (repository / name).is_file()]


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_versioned_files_hold_nothing_forbidden(repository: Path, kind: str) -> None:
    """No machine path, no package index host, no key and no secret stands in any versioned file."""
    hits = [
        f"{path.relative_to(repository).as_posix()}:{number}: {line.strip()[:120]}"
        for path in versioned_files(repository)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if FORBIDDEN[kind].search(line)
    ]
    assert hits == []


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_specimen_of_each_forbidden_kind_is_found(kind: str) -> None:
    """Each search can fail: its specimen matches."""
    assert FORBIDDEN[kind].search(SPECIMENS[kind])


def test_run_data_of_a_developer_is_ignored_by_git(repository: Path) -> None:
    """Runs, reports, environments and caches can never be committed by accident."""
    names = ["runs/x", "reports/x", ".venv/x", "dist/x", ".hypothesis/x", ".typecheck/x", "models/__pycache__/x"]
    command = ["git", "check-ignore", "--no-index", *names]
    ignored = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False).stdout.split()
    assert ignored == names
