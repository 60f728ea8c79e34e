"""The embedded venue as a child process, for an audit that must not share its interpreter with the venue."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import dualwitness
from dualwitness.venues.errors import TransportError, UsageError
from dualwitness.venues.sim.scenario_names import DEFAULT_SCENARIO

__all__ = ["VenueProcess"]

_LINE = re.compile(rb"venue listening on (http://127\.0\.0\.1:(\d+))\n")
_SECURE_LINE = re.compile(rb"venue listening on (https://127\.0\.0\.1:\d+) with the certificate (.+)\n")
_STOP_TIMEOUT_S = 5.0


class VenueProcess:
    """
    Starts ``python -m dualwitness.venues.sim`` and ends it with the block.

    The child also ends when this process is killed, because its standard input closes. Raises `UsageError` when the
    child refuses its command line, `TransportError` when it does not start.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        scenario: str = DEFAULT_SCENARIO,
        lies: Sequence[str] = (),
        frozen_at_ms: int | None = None,
        delay_ms: int = 0,
        start_timeout_s: float = 20.0,
        clock_offset_ms: int = 0,
        account_level: str = "2",
        position_mode: str = "net_mode",
        instruments: Path | None = None,
        truth_file: Path | None = None,
        rate_limits: bool = False,
        tls: bool = False,
        cert_file: Path | None = None,
    ) -> None:
        command = [sys.executable, "-m", "dualwitness.venues.sim", "--port", "0", "--exit-with-parent"]
        command += ["--seed", str(seed), "--scenario", scenario, "--delay-ms", str(delay_ms)]
        command += [part for lie in lies for part in ("--lie", lie)]
        command += [f"--clock-offset={clock_offset_ms}", "--level", account_level, "--position-mode", position_mode]
        files = {"--instruments": instruments, "--truth": truth_file, "--cert-file": cert_file}
        command += [part for name, file in files.items() if file is not None for part in (name, str(file))]
        command += [name for name, wanted in {"--rate-limits": rate_limits, "--tls": tls}.items() if wanted]
        if frozen_at_ms is not None:
            command += ["--frozen-at", str(frozen_at_ms)]
        # A file and not a pipe: nobody reads it while the venue runs, and a full pipe would stop the venue.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=_environment()
        )
        try:
            found = self._wait_for(re.compile(_LINE.pattern + _SECURE_LINE.pattern) if tls else _LINE, start_timeout_s)
            self.base_url, self._port = found[1].decode(), int(found[2])
            #: Where it speaks TLS, and the certificate to trust; blank and None without ``tls``.
            self.secure_url = found[3].decode() if tls else ""
            self.cert_file = Path(os.fsdecode(found[4])) if tls else None
        except BaseException:
            self.close()
            raise

    def _wait_for(self, lines: re.Pattern[bytes], timeout_s: float) -> re.Match[bytes]:
        if self._child.stdout is None:
            message = "the embedded venue was started without a standard output"
            raise TransportError(message)
        descriptor = self._child.stdout.fileno()
        deadline = time.monotonic() + timeout_s
        seen = b""
        while not (found := lines.fullmatch(seen)):
            ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
            chunk = os.read(descriptor, 4096) if ready else b""
            if not chunk:
                raise self._failure(silent=not ready)
            seen += chunk
        return found

    def _failure(self, *, silent: bool) -> Exception:
        if silent:
            return TransportError("the embedded venue did not say in time where it listens")
        code = self._child.wait(_STOP_TIMEOUT_S)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        message = f"the embedded venue ended with {code}: {lines[-1] if lines else 'no reason was given'}"
        return UsageError(message) if code == 2 else TransportError(message)

    @property
    def pid(self) -> int:
        """The child's process id, for whoever measures what it costs."""
        return self._child.pid

    def lie_report(self) -> list[dict[str, object]]:
        """What became of the planted lies: per plant how often its endpoint was asked and how often it was told."""
        # http.client, because it knows no proxies.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", "/control/lies")
            report: list[dict[str, object]] = json.loads(connection.getresponse().read())["lies"]
        finally:
            connection.close()
        return report

    def close(self) -> None:
        """End the child; harmless when it has ended already."""
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
        try:
            self._child.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Our own environment, with the folder of our own package first on the path, and its keys taken out."""
    package = Path(next(iter(dualwitness.__path__))).parent
    path = os.environ.get("PYTHONPATH", "")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OKX_")}
    return kept | {"PYTHONPATH": os.pathsep.join(part for part in (str(package), path) if part)}
