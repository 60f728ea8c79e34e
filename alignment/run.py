"""
``python -m alignment.run``: one audit, from the command line to an exit code.

Exit codes: 0 aligned · 1 findings at or above ``--fail-on`` that nobody accepted · 2 usage or configuration ·
3 incomplete · 4 blocked by safety · 5 integrity failure · 130 interrupted. Messages go to stderr, the report to stdout.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dualwitness.alignment.settings import AuditSettings

__all__ = ["guarded", "main"]

_USAGE, _INCOMPLETE, _INTEGRITY, _INTERRUPTED = 2, 3, 5, 130


def main(words: Sequence[str] | None = None) -> int:
    """Parse, audit, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    if arguments.list_lies:
        return _list_lies()
    return guarded(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alignment.run",
        description="Audit two libraries against one venue. Without options it starts an embedded OKX venue: no key, "
        "no network.",
        epilog="exit codes: 0 aligned, 1 unaccepted findings, 2 usage or configuration, 3 incomplete, 4 blocked by "
        "safety, 5 integrity failure, 130 interrupted",
    )
    add = parser.add_argument
    add("--mode", default="okx_demo_sim", help="okx_demo_sim (default), offline, okx_demo_api or okx_live")
    add("--symbols", metavar="A,B", help="unified symbols or OKX ids; default: the configuration's")
    add("--samples", metavar="DIR", help="offline: a run's folder, or payload files with an INDEX.json")
    add("--base-url", metavar="URL", help="send both libraries there: loopback, or an OKX host of the allow-list")
    add("--config", metavar="DIR", help="folder of the YAML files (default: config)")
    add("--out", metavar="DIR", default="runs", help="where runs are written (default: runs)")
    add("--difflog", metavar="DIR", help="the difference log (default: difflog/log; difflog/lies with --lie)")
    add("--seed", type=int, default=0, metavar="N", help="market, schedule and order of asking (default: 0)")
    add("--lie", action="append", default=[], metavar="LIE",
        help="plant a lie in the embedded venue: NAME[@LIBRARY][:KEY=VALUE,...]")  # fmt: skip
    add("--list-lies", action="store_true", help="print all lies and end")
    add("--fail-on", default="S1", choices=("S0", "S1", "S2", "S3"), help="lowest severity that exits 1 (default: S1)")
    add("--allow-orders", action="store_true", help="okx_live: one of the two switches for real orders")
    add("--json", action="store_true", help="the report on stdout as one JSON document")
    return parser


def _list_lies() -> int:
    from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, describe_lie

    for lie in LIES.values():
        _out(f"{describe_lie(lie)}\n")
    _out("\ntold to both libraries, an audit cannot see:\n")
    for name, reason in BLIND_SPOTS.items():
        _out(f"{name:28} {reason}\n")
    return 0


def guarded(action: Callable[[], int]) -> int:
    """Turn everything that can go wrong in a run into one message and the documented code."""
    try:
        from dualwitness.config import ConfigError
        from dualwitness.venues import DualwitnessError
    except ModuleNotFoundError as missing:
        _say(f"the package {missing.name} is missing. Run: python -m pip install -r requirements.lock")
        return _USAGE
    try:
        with _terminated_like_interrupt():
            return action()
    except (DualwitnessError, ConfigError) as error:
        _say(error.diagnostics())
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted; the run's manifest says so")
        return _INTERRUPTED
    except OSError as error:
        what = " ".join(filter(None, (str(error.filename or ""), error.strerror or type(error).__name__)))
        _say(f"the run could not be written: {what}. Free space, or choose another --out.")
        return _INTEGRITY
    except Exception as error:
        if os.environ.get("DUALWITNESS_TRACEBACK"):
            raise
        _say(f"a defect of dualwitness: {type(error).__name__}. Set DUALWITNESS_TRACEBACK=1 to see where.")
        return _INCOMPLETE


def _run(arguments: argparse.Namespace) -> int:
    from dualwitness.alignment.settings import settings_from

    settings = settings_from(
        mode=arguments.mode,
        symbols=arguments.symbols,
        samples=arguments.samples,
        base_url=arguments.base_url,
        config=arguments.config,
        out=arguments.out,
        seed=arguments.seed,
        lies=_checked_lies(arguments.lie),
        fail_on=arguments.fail_on,
        allow_orders=arguments.allow_orders,
        difflog=arguments.difflog,
    )
    return _audit(settings, as_json=arguments.json)


def _checked_lies(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    from dualwitness.venues.sim.lies import parse_plant

    for name in names:
        parse_plant(name)
    return tuple(names)


def _audit(settings: AuditSettings, *, as_json: bool) -> int:
    from rich.console import Console

    console = Console(stderr=as_json, highlight=False)
    if settings.samples is not None and (settings.samples / "INDEX.json").is_file():
        from dualwitness.alignment.corpus import audit_corpus

        with _progress() as progress:
            corpus = audit_corpus(settings, progress=progress)
        _print(corpus.report if as_json else None, lambda: corpus.show(console))
        return corpus.exit_code
    from dualwitness.alignment.audit import audit
    from dualwitness.alignment.render import summary

    if settings.samples is not None:
        from dualwitness.alignment.replay import recorded_run

        settings, recorded = recorded_run(settings)
        with _progress() as progress:
            result = audit(settings, recorded=recorded, progress=progress)
    else:
        with _progress() as progress:
            result = audit(settings, progress=progress)
    _print(dict(result.report) if as_json else None, lambda: summary(result, console))
    return result.exit_code


def _print(document: dict[str, Any] | None, show: Callable[[], None]) -> None:
    if document is not None:
        _out(json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n")
        return
    with _reader_may_leave():
        show()
        sys.stdout.flush()


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A status line while it runs, on a terminal alone."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield lambda text: status.update(f"asking both libraries: {text}")


@contextlib.contextmanager
def _terminated_like_interrupt() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: with an honest manifest."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: the caller handles its own signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _out(text: str) -> None:
    with _reader_may_leave():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """A reader such as ``head`` that stops reading changes nothing of what the run found."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    sys.stderr.write(f"dualwitness: {''.join(c if c.isprintable() else '�' for c in text)}\n")


if __name__ == "__main__":
    sys.exit(main())
