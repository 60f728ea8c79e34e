"""What every test stands on: no keys, no proxies, no network but loopback, and a header that names the libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI") == "true"
LIBRARIES = ("ccxt", "python-okx", "aiohttp", "pydantic", "deepdiff", "hypothesis")

# Timings differ between machines and say nothing about right or wrong; CI must give the same answer twice.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")


def pytest_configure() -> None:
    """Take keys and proxies out of the environment, so that no test can use what the developer has."""
    for name in list(os.environ):
        if name.upper().startswith("OKX_") or name.upper().endswith("_PROXY"):
            del os.environ[name]
    sys.addaudithook(_refuse_the_network)


def pytest_report_header() -> list[str]:
    """Versions of the libraries that the results depend on."""
    return ["libraries: " + ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name not in ("", "localhost") and not _is_loopback(name):
        message = f"a test tried to reach {name}"
        raise ConnectionRefusedError(message)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout builds, made without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def installed_tree(wheel: Path, tmp_path: Path) -> Path:
    """A folder that holds what the wheel would install: the one layout whose imports can be read from files."""
    folder = tmp_path / "tree"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder
