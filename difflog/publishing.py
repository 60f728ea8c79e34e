"""The commands that hand the log on: `render`, `export`, `checkpoint`. Nothing of them changes a record."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from dualwitness.difflog.errors import IntegrityFailure, LogError, WriteFailed
from dualwitness.difflog.files import write_whole
from dualwitness.difflog.plain import spell
from dualwitness.difflog.reading import Answer, existing_log, sample_sources, today
from dualwitness.difflog.state import LogState, fold
from dualwitness.difflog.store import DiffLog

__all__ = ["run"]

_STDOUT = "-"


def run(arguments: argparse.Namespace) -> Answer:
    """Run one of the three."""
    if arguments.command == "checkpoint":
        return _checkpoint(arguments)
    return _render(arguments) if arguments.command == "render" else _export(arguments)


def _render(arguments: argparse.Namespace) -> Answer:
    out = arguments.markdown or arguments.html
    state, head, sample = _sound(arguments, out, sample_sources(arguments.samples))
    if arguments.markdown:
        from dualwitness.difflog.markdown import markdown

        return _written(out, markdown(state, sample))
    from dualwitness.difflog.html import html

    return _written(out, html(state, sample, summary=head))


def _export(arguments: argparse.Namespace) -> Answer:
    out = arguments.sarif or arguments.junit
    state, _, _ = _sound(arguments, out, ())
    from dualwitness.difflog.export import junit, sarif

    return _written(out, [sarif(state) if arguments.sarif else junit(state)])


def _checkpoint(arguments: argparse.Namespace) -> Answer:
    folder = Path(arguments.difflog)
    if arguments.prove is not None or arguments.prove_since is not None:
        if arguments.key is not None:
            raise LogError("a proof is not signed, but --key was given", advice="leave one of the two out")
        return 0, [json.dumps(_proof(arguments, folder), sort_keys=True, indent=1)]
    from dualwitness.difflog.checkpoint import write_checkpoint
    from dualwitness.difflog.note import read_checkpoint

    path = write_checkpoint(
        folder,
        key_file=None if arguments.key is None else Path(arguments.key),
        origin=arguments.origin,
        sources=sample_sources(arguments.samples),
    )
    written = read_checkpoint(path)
    signed = ", ".join(name for name, _ in written.signatures) or "nobody"
    return 0, [
        f"{spell(str(path))}: {written.size} records, root {written.root.hex()}, signed by {spell(signed)}",
        "Keep a copy where whoever can write the log cannot: only that shows a log that was computed anew.",
    ]


def _proof(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    from dualwitness.difflog.proofs import prove_consistency, prove_inclusion

    if arguments.prove_since is not None:
        return prove_consistency(folder, Path(arguments.prove_since))
    from dualwitness.difflog.lookup import found

    state = fold(DiffLog(existing_log(arguments.difflog)).read().records, today())
    return prove_inclusion(folder, found(state, arguments.prove).entry_id)


def _sound(
    arguments: argparse.Namespace, out: str, sources: Iterable[Callable[[str], bytes | None]]
) -> tuple[LogState, str, Callable[[str], bytes | None]]:
    """The log's state, a line on the log itself, and its samples; raises `IntegrityFailure` where it is broken."""
    folder = Path(arguments.difflog)
    if out != _STDOUT and folder.resolve() in (Path(out).resolve(), *Path(out).resolve().parents):
        problem = f"{out} lies in the log's own folder"
        raise LogError(problem, advice="write somewhere else, nothing in there is ever replaced")
    log = DiffLog(existing_log(arguments.difflog), sources=tuple(sources))
    reading = log.read()
    if reading.problems:
        problem = f"the log is not what was appended to it: {reading.problems[0]}"
        raise IntegrityFailure(problem, advice="see all with python -m difflog verify")
    main = [one for one in reading.records if one.kind != "occurrence"]
    head = f"{len(main)} records, the last with the hash {main[-1].entry_hash}" if main else "an empty log"
    return fold(reading.records, today()), head, log.sample


def _written(out: str, pieces: Iterable[str]) -> Answer:
    """The text on stdout, or in a file that is written whole or not at all; raises `WriteFailed`."""
    text = "".join(pieces)
    if out == _STDOUT:
        return 0, [text]
    try:
        write_whole(Path(out), text.encode())
    except WriteFailed as failed:
        raise WriteFailed(str(failed), advice="free space, or write somewhere else") from None
    return 0, [f"{spell(out)}: {len(text.encode()):,} bytes"]
