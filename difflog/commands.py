"""
``python -m difflog``: from words to an exit code.

0 done · 2 bad input or refused · 5 integrity failure or failed write · 130 interrupted; `verify` alone answers 0 sound,
1 broken, 2 cannot be read. Results go to stdout, messages to stderr; nothing that a venue wrote reaches a terminal
unspelled.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from dualwitness.difflog.arguments import build_parser
from dualwitness.difflog.flags import FLAGS
from dualwitness.difflog.plain import spell

__all__ = ["main"]

_USAGE, _INTEGRITY, _INTERRUPTED = 2, 5, 130


def main(words: Sequence[str] | None = None) -> int:
    """Parse, run one command, print; gives the exit code."""
    try:
        arguments = build_parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the terminal's encoding lacks is shown escaped
            stream.reconfigure(errors="backslashreplace")
    with _without_garbage_collection():
        return _guarded(arguments)


def _guarded(arguments: argparse.Namespace) -> int:
    """Turn everything that can go wrong into a message and the documented code."""
    try:
        from dualwitness.config import ConfigError
        from dualwitness.difflog.errors import EntryRefused, LogError
    except ModuleNotFoundError as missing:
        return _missing(missing)
    code = 0
    try:
        code, output = _answer(arguments)
        _print(output)
    except EntryRefused as refused:
        _say(f"the entry is refused. {refused.advice[0].upper()}{refused.advice[1:]}:")
        _tell(f"  {spell(line)}{_flag(line)}" for line in refused.collect)
        return refused.exit_code
    except (LogError, ConfigError) as error:
        _say(error.diagnostics())
        return _USAGE if arguments.command == "verify" else error.exit_code
    except ModuleNotFoundError as missing:
        return _missing(missing)
    except BrokenPipeError:  # a reader such as `head` has what it wanted
        _leave_stdout()
    except KeyboardInterrupt:
        _say("interrupted; what was not acknowledged is not in the log")
        return _INTERRUPTED
    except OSError as error:
        _leave_stdout()
        what = " ".join(filter(None, (str(error.filename or ""), error.strerror or type(error).__name__)))
        _say(f"the output could not be written: {what}. Free space, or write somewhere else.")
        return _USAGE if arguments.command == "verify" else _INTEGRITY
    return code


def _answer(arguments: argparse.Namespace) -> tuple[int, Iterable[str]]:
    """Run the command: its exit code, and the lines that it prints."""
    if arguments.command in ("list", "show", "verify"):
        from dualwitness.difflog import reading

        return reading.run(arguments, _say)
    if arguments.command in ("add", "status"):
        from dualwitness.difflog import writing

        return writing.run(arguments)
    from dualwitness.difflog import publishing

    return publishing.run(arguments)


def _print(lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    if not isinstance(sys.stdout, io.TextIOBase):  # it was closed before we began
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "stdout")
    if text:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    _tell([f"dualwitness: {spell(text)}"])


def _tell(lines: Iterable[str]) -> None:
    if isinstance(sys.stderr, io.TextIOBase):
        sys.stderr.writelines(f"{line}\n" for line in lines)


def _flag(line: str) -> str:
    """The flag of `add` that brings what a line of a refusal asks for."""
    place = line.partition(":")[0]
    flags = (flag for flag, (filled, _) in FLAGS.items() if place == filled or place.startswith(f"{filled}."))
    flag = next(flags, None)
    if flag is None:
        return ""
    return f"  [{flag}]" if "raw-sample-ref" not in flag else f"  [{flag.removesuffix('-raw-sample-ref')}-sample FILE]"


def _missing(missing: ModuleNotFoundError) -> int:
    _say(f"the package {missing.name} is missing. Run: python -m pip install -r requirements.lock")
    return _USAGE


def _leave_stdout() -> None:
    """Nothing more can be written there, not even when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A hundred thousand records hold no cycles; looking for them would take longer than listing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


if __name__ == "__main__":
    sys.exit(main())
