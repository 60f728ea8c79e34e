"""
``python -m venues.sim``: the embedded venue as a process.

Prints one line ``venue listening on http://127.0.0.1:PORT``, with ``--tls`` a second one for https, and serves until
SIGINT or SIGTERM (exit 0). Exit 2 for a command line that makes no sense, a port that is taken, a file that cannot be
read or written.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.options import parse_options

if TYPE_CHECKING:
    from dualwitness.venues.sim.server import SecurePort
    from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the venue; returns the exit code."""
    options = parse_options(arguments)
    try:
        with contextlib.ExitStack() as stack:
            bound = stack.enter_context(_bound(options.port))
            venue = _venue(options)
            secure = stack.enter_context(_secured(options)) if options.tls else None
            with asyncio.Runner(loop_factory=_fast_loop()) as runner:
                runner.run(_serve(options, venue, bound, secure))
    except UsageError as error:
        print(f"{error}; {error.advice}", file=sys.stderr)
        return 2
    return 0


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where that is installed: CCXT brings it along, the venue does not insist."""
    if find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


def _bound(port: int) -> socket.socket:
    # Imported after the command line was read: --help needs no web server.
    from dualwitness.venues.sim.server import bind_loopback

    try:
        return bind_loopback(port)
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise UsageError(f"port {port} on 127.0.0.1 {why}", advice="choose another, or --port 0") from error


@contextlib.contextmanager
def _secured(options: argparse.Namespace) -> Iterator[tuple[SecurePort, Path]]:
    """The second port, and the file of its certificate; a temporary file goes with the block."""
    from dualwitness.venues.sim.server import SecurePort
    from dualwitness.venues.sim.tls import server_context

    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(_bound(options.tls_port))
        cert_file: Path | None = options.cert_file
        if cert_file is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="venue-certificate-"))
            cert_file = Path(folder) / "certificate.pem"
        try:
            context = server_context(cert_file)
        except OSError as error:
            message = f"the certificate cannot be written to {cert_file}: {error.strerror}"
            raise UsageError(message, advice="choose another --cert-file") from error
        yield SecurePort(bound, context), cert_file


def _venue(options: argparse.Namespace) -> EmbeddedVenue:
    from dualwitness.venues.sim.auth import SimCredentials
    from dualwitness.venues.sim.clocks import FrozenClock
    from dualwitness.venues.sim.instruments import INSTRUMENTS
    from dualwitness.venues.sim.rate_limits import RateLimiter
    from dualwitness.venues.sim.venue import EmbeddedVenue

    table = INSTRUMENTS
    if options.instruments is not None:
        from dualwitness.venues.sim.instruments_file import load_instruments

        table = load_instruments(options.instruments)
    codes = {str(one.inst_id_code): one.inst_id for one in table}
    return EmbeddedVenue(
        seed=options.seed,
        scenario=options.scenario,
        lies=options.lie,
        clock=None if options.frozen_at is None else FrozenClock(options.frozen_at),
        clock_offset_ms=options.clock_offset,
        credentials=SimCredentials(options.api_key, options.api_secret, options.passphrase),
        instruments=table,
        account_level=options.level,
        position_mode=options.position_mode,
        limiter=RateLimiter(lambda: time.monotonic_ns() // 1_000_000, inst_ids=codes) if options.rate_limits else None,
    )


async def _serve(
    options: argparse.Namespace, venue: EmbeddedVenue, bound: socket.socket, secure: tuple[SecurePort, Path] | None
) -> None:
    from dualwitness.venues.sim.server import serve
    from dualwitness.venues.sim.truth_file import TruthFile

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.exit_with_parent:
        _stop_with_stdin(lambda: loop.call_soon_threadsafe(stop.set))
    lines = [f"venue listening on http://127.0.0.1:{bound.getsockname()[1]}"]
    if secure is not None:
        port = secure[0].bound.getsockname()[1]
        lines.append(f"venue listening on https://127.0.0.1:{port} with the certificate {secure[1]}")
    await serve(
        venue,
        bound,
        stop,
        delay_ms=options.delay_ms,
        ready=lambda: print("\n".join(lines), flush=True),
        secure=None if secure is None else secure[0],
        truth_file=None if options.truth is None else TruthFile(venue, options.truth),
    )


def _stop_with_stdin(stop: Callable[[], object]) -> None:
    """Call ``stop`` at the end of standard input: a parent that was killed closes it without saying goodbye."""

    def watch() -> None:
        # The raw descriptor: a thread that holds the lock of sys.stdin would hang the interpreter's exit.
        while os.read(0, 1024):
            pass
        try:
            stop()
        except RuntimeError:
            # The loop ended first, by a signal.
            return

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
