"""What software made a run: commit, image, Python, and the two libraries as they were really imported."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

from dualwitness.models import Library

__all__ = ["commit_of", "execution_fingerprint", "library_fingerprint"]

_PACKAGES = {Library.CCXT: ("ccxt", "ccxt"), Library.OKX_SDK: ("python-okx", "okx")}
# What our calls run through. All of ccxt is 100 MB; its OKX class and its base decide what it says.
_MODULES = {Library.CCXT: ("okx.py", "abstract/okx.py", "base/exchange.py"), Library.OKX_SDK: ("*.py",)}
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ROOT = Path(__file__).resolve().parents[1]


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words; which git is the user's choice
            ("git", "-C", str(_ROOT), *words),  # noqa: S607 - see above
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def commit_of() -> tuple[str | None, bool | None]:
    """The clone's commit and whether it has uncommitted changes; both None outside a clone."""
    top, _, commit = (_git("rev-parse", "--show-toplevel", "HEAD") or "").partition("\n")
    if not commit or Path(top).resolve() != _ROOT:
        return None, None
    status = _git("status", "--porcelain", "--untracked-files=no")
    return commit, None if status is None else bool(status)


def library_fingerprint(library: Library) -> dict[str, Any]:
    """Version, and SHA-256 of the installed record and of the source files that our calls run through."""
    distribution, module = _PACKAGES[library]
    spec = util.find_spec(module)
    if spec is None or spec.origin is None:
        return {"installed": False, "version": None, "files_sha256": None, "record_sha256": None}
    folder = Path(spec.origin).parent
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _MODULES[library] for path in folder.glob(pattern)}):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    try:
        about = metadata.distribution(distribution)
        version: str | None = about.version
        record = about.read_text("RECORD")
    except metadata.PackageNotFoundError:
        version, record = None, None
    return {
        "installed": True,
        "version": version,
        "files_sha256": digest.hexdigest(),
        "record_sha256": None if record is None else hashlib.sha256(record.encode()).hexdigest(),
    }


# Read once a process: what was imported does not change.
_as_imported = cache(library_fingerprint)


def execution_fingerprint(
    *,
    config_sha256: str,
    hosts: Iterable[str],
    libraries: Iterable[Library],
    commit: tuple[str | None, bool | None] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """
    The content of ``execution_fingerprint.json`` (contract 8); proxy variables by name, never by value.

    ``commit`` is what `commit_of` said when the run began; without it, it is asked now.
    """
    revision, dirty = commit or commit_of()
    digest = environment.get("DOCKER_IMAGE_DIGEST") or None
    inside = Path("/.dockerenv").exists()
    reason = None
    if digest is None:
        reason = "DOCKER_IMAGE_DIGEST is not set in this container" if inside else "not running in a container"
    return {
        "schema_version": 1,
        "git_commit": revision,
        "git_commit_reason": None if revision else "not running from a git clone",
        "git_dirty": dirty,
        "docker_image_digest": digest,
        "docker_image_digest_reason": reason,
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "platform": platform.platform(),
        "libraries": {str(library): _as_imported(library) for library in libraries},
        "config_sha256": config_sha256,
        "hosts_contacted": sorted(set(hosts)),
        "proxy_variables": sorted(name for name in environment if name.lower() in _PROXY_VARIABLES),
    }
