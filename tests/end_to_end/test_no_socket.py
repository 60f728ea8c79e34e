"""The audit of the embedded venue leaves the loopback never, whatever the machine's proxy variables say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit_run import clean_environment, only_run, run_audit

# Writes down every peer of this process and of all its children, and lets the connection happen.
RECORDER = """
import os, socket, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
        host = address[0] if isinstance(address, tuple) else address
        host = host.decode() if isinstance(host, bytes) else host
        line = f"{event} {host}\\n".encode()
        handle = os.open(os.environ["DUALWITNESS_TEST_PEERS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line)
        os.close(handle)

sys.addaudithook(note)
"""
DEAD = "http://user:canary-proxy-password@127.0.0.1:9"
PROXIES = {name: DEAD for word in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (word, word.lower())}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A run behind dead proxies, and everybody whom it or its venue spoke to."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(RECORDER, encoding="utf-8")
    peers = folder / "peers.txt"
    environment = clean_environment(folder, DUALWITNESS_TEST_PEERS=str(peers), **PROXIES)
    done = run_audit("--out", str(folder / "runs"), environment=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return only_run(folder / "runs"), peers.read_text(encoding="utf-8").splitlines()


def test_run_of_the_embedded_venue_speaks_to_loopback_alone(watched: tuple[Path, list[str]]) -> None:
    """No connection and no name looked up beyond this machine; the recorder did record."""
    _, peers = watched
    assert "socket.connect 127.0.0.1" in peers
    assert {line.split()[1] for line in peers} <= {"127.0.0.1", "localhost", "::1"}


def test_run_behind_dead_proxies_finds_what_one_without_finds(honest_run: Any, watched: tuple[Path, list[str]]) -> None:
    """A proxy changes nothing: not a finding, not a call."""
    folder, _ = watched
    mine = json.loads((folder / "dual_alignment_report.json").read_text(encoding="utf-8"))
    assert [one["fingerprint"] for one in mine["findings"]] == [
        one["fingerprint"] for one in honest_run.read("dual_alignment_report.json")["findings"]
    ]
    manifest = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))
    assert manifest["api_calls"] == honest_run.read("run_manifest.json")["api_calls"]


def test_proxy_variables_are_recorded_by_name_and_never_by_value(watched: tuple[Path, list[str]]) -> None:
    """A proxy's address may hold a password."""
    folder, _ = watched
    content = json.loads((folder / "execution_fingerprint.json").read_text(encoding="utf-8"))
    assert set(content["proxy_variables"]) == set(PROXIES)
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"canary-proxy-password" not in path.read_bytes()
