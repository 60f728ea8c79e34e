"""
``python -m venues.check``: whether this machine can talk to a venue with the keys it has, and what it may do there.

Reads only. Exit codes: 0 nothing failed · 1 something failed · 2 usage or configuration · 3 something could not be
asked · 4 blocked by safety · 130 interrupted. Messages go to stderr, the report to stdout. Without options it starts
the embedded venue: no key, no network.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualwitness.models import Library
    from dualwitness.venues.check_line import CheckLine
    from dualwitness.venues.check_report import CheckReport
    from dualwitness.venues.check_settings import CheckSettings

__all__ = ["check_venue", "main"]

_COULD_NOT_ASK, _INTERRUPTED = 3, 130


def main(words: Sequence[str] | None = None) -> int:
    """Parse, ask, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    from dualwitness.config import ConfigError
    from dualwitness.venues.check_settings import settings_of
    from dualwitness.venues.errors import DualwitnessError

    try:
        settings = settings_of(
            venue=arguments.venue,
            library=arguments.library,
            mode=arguments.mode,
            base_url=arguments.base_url,
            config=arguments.config,
            environment=os.environ,
        )
        report = check_venue(settings)
    except (DualwitnessError, ConfigError) as error:
        _say(error.diagnostics())
        return error.exit_code
    except OSError as error:
        what = " ".join(filter(None, (str(error.filename or ""), error.strerror or type(error).__name__)))
        _say(f"the journal of calls could not be written: {what}. Start it in a folder that may be written to.")
        return _COULD_NOT_ASK
    except KeyboardInterrupt:
        _say("interrupted")
        return _INTERRUPTED
    _show(report, settings, as_json=arguments.json)
    return report.exit_code


def check_venue(settings: CheckSettings, *, now_ms: Callable[[], int] | None = None) -> CheckReport:
    """
    Look at configuration and keys, then ask through every library.

    ``now_ms`` is the local clock. Raises `SafetyError` for a forbidden host and where a request would leave for one.
    """
    from dualwitness.models import RunMode
    from dualwitness.venues.check_report import CheckReport, agreement_line
    from dualwitness.venues.check_setup import configuration_line, credentials_line

    lines = [configuration_line(settings), credentials_line(settings)]
    with ExitStack() as stack:
        base_url = settings.base_url
        if settings.mode is RunMode.OKX_DEMO_SIM and base_url is None:
            from dualwitness.venues.sim.process import VenueProcess

            base_url = stack.enter_context(VenueProcess()).base_url
        for library in settings.libraries or (None,):
            lines += _asked_over(settings, library, base_url, now_ms or _clock_ms)
    agreement = agreement_line(lines)
    lines += [] if agreement is None else [agreement]
    return CheckReport(settings.venue, settings.mode, base_url, tuple(lines))


def _asked_over(
    settings: CheckSettings, library: Library | None, base_url: str | None, now_ms: Callable[[], int]
) -> tuple[CheckLine, ...]:
    """The lines of one library, or the one that says that it is not there."""
    from dualwitness.models import Venue
    from dualwitness.venues.check_connection import Asked, check_connection
    from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome
    from dualwitness.venues.errors import LibraryNotInstalled
    from dualwitness.venues.opening import open_venue

    try:
        client = open_venue(
            settings.venue, library=library, mode=settings.mode, base_url=base_url, credentials=settings.credentials
        )
    except LibraryNotInstalled as error:
        name = str(library or settings.venue)
        return (CheckLine(CheckName.LIBRARY, CheckOutcome.FAILED, str(error), error.advice, name, unanswered=True),)
    asked = Asked(
        venue=settings.venue,
        mode=settings.mode,
        has_keys=settings.credentials is not None or settings.venue is Venue.PAPER,
        max_clock_skew_ms=settings.max_clock_skew_ms,
        now_ms=now_ms,
        pairs=settings.pairs,
        contracts=settings.contracts,
    )
    with contextlib.closing(client):
        return check_connection(client, asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m venues.check",
        description="Test the connection to a venue: configuration, credentials, clock, environment, permissions, "
        "account, balance, open orders, positions. Reads only. Without options it starts an embedded OKX venue: no "
        "key, no network.",
        epilog="exit codes: 0 nothing failed, 1 something failed, 2 usage or configuration, 3 something could not be "
        "asked, 4 blocked by safety, 130 interrupted",
    )
    add = parser.add_argument
    add("--venue", default="okx", help="okx (default), bybit, binance or paper")
    add("--library", help="ccxt, okx_sdk or both (default: every library that knows the venue)")
    add("--mode", help="okx_demo_sim (default), okx_demo_api or okx_live; bybit, binance: okx_demo_api is their demo")
    add("--base-url", metavar="URL", help="ask there: loopback, or a host of the allow-list; default: configuration")
    add("--config", metavar="DIR", help="folder of the YAML files (default: config)")
    add("--json", action="store_true", help="the report on stdout as one JSON document")
    return parser


def _show(report: CheckReport, settings: CheckSettings, *, as_json: bool) -> None:
    """Print the report without any secret that the venue might have repeated."""
    from dualwitness.venues.redact import Redactor

    text = json.dumps(report.as_document(), indent=2) + "\n" if as_json else report.as_text()
    with _reader_may_leave():
        sys.stdout.write(Redactor(settings.secrets).redact(text))
        sys.stdout.flush()


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """A reader such as ``head`` that stops reading changes nothing of what was found."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    sys.stderr.write(f"dualwitness: {''.join(sign if sign.isprintable() else '?' for sign in text)}\n")


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
