"""
``python -m venues.sim``: the embedded venue as a process.

Prints one line ``venue listening on http://127.0.0.1:PORT`` and serves until SIGINT or SIGTERM (exit 0). Exit 2 for a
command line that makes no sense and for a port that is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence

from dualwitness.venues.sim.options import parse_options

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the venue; returns the exit code."""
    options = parse_options(arguments)
    # Imported after the command line was read: --help needs no web server.
    from dualwitness.venues.sim.server import bind_loopback

    try:
        bound = bind_loopback(options.port)
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        print(f"port {options.port} on 127.0.0.1 {why}; choose another, or --port 0", file=sys.stderr)
        return 2
    asyncio.run(_serve(options, bound))
    return 0


async def _serve(options: argparse.Namespace, bound: socket.socket) -> None:
    from dualwitness.venues.sim.auth import SimCredentials
    from dualwitness.venues.sim.clocks import FrozenClock
    from dualwitness.venues.sim.server import serve
    from dualwitness.venues.sim.venue import EmbeddedVenue

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.exit_with_parent:
        _stop_with_stdin(lambda: loop.call_soon_threadsafe(stop.set))
    venue = EmbeddedVenue(
        seed=options.seed,
        scenario=options.scenario,
        lies=options.lie,
        clock=None if options.frozen_at is None else FrozenClock(options.frozen_at),
        credentials=SimCredentials(options.api_key, options.api_secret, options.passphrase),
    )
    line = f"venue listening on http://127.0.0.1:{bound.getsockname()[1]}"
    await serve(venue, bound, stop, delay_ms=options.delay_ms, ready=lambda: print(line, flush=True))


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
