"""The commands that only look: `list`, `show`, `verify`. Each gives its exit code and the lines that it prints."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dualwitness.difflog.errors import IntegrityFailure, LogError, LogUnreadable
from dualwitness.difflog.listing import (
    Filters,
    as_json,
    selected,
    spellings_of,
    table,
    watchpoints_as_json,
    watchpoints_table,
)
from dualwitness.difflog.plain import spell

__all__ = ["Answer", "existing_log", "run", "sample_sources", "today"]

Answer = tuple[int, Iterable[str]]
Say = Callable[[str], None]

_BROKEN = IntegrityFailure.exit_code
_PAYLOADS = "okx-payloads"
_WIDEST = 200


def run(arguments: argparse.Namespace, say: Say) -> Answer:
    """Run one of the three; ``say`` takes what a person should know beside the answer."""
    if arguments.command == "list":
        return _watchpoints(arguments, say) if arguments.watchpoints else _list(arguments, say)
    return _show(arguments, say) if arguments.command == "show" else _verify(arguments)


def existing_log(name: str) -> Path:
    """The folder of a log; raises `LogUnreadable` where it holds none, for a mistyped name is no empty log."""
    from dualwitness.difflog.store import ENTRIES

    folder = Path(name)
    try:
        (folder / ENTRIES).stat()
    except (FileNotFoundError, NotADirectoryError):
        advice = "name the log's folder with --difflog, or add a first entry"
        raise LogUnreadable(f"there is no log in {folder}", advice=advice) from None
    except OSError as error:
        problem = f"the log in {folder} cannot be read: {error.strerror or type(error).__name__}"
        raise LogUnreadable(problem, advice="give permission to read it") from None
    return folder


def today() -> date:
    """The day, in UTC."""
    from dualwitness.difflog.store import now

    return now().date()


def sample_sources(named: str | None) -> list[Callable[[str], bytes | None]]:
    """
    Where raw samples outside of the log may lie: the named folder, else what ``DUALWITNESS_SHARED`` holds.

    Raises `LogError` where the named folder is none.
    """
    from dualwitness.difflog.evidence import PayloadFolder

    if named is not None:
        if not Path(named).is_dir():
            raise LogError(f"{named} is no folder", advice="name the folder of recorded answers")
        return [PayloadFolder(Path(named))]
    shared = os.environ.get("DUALWITNESS_SHARED")
    folder = Path(shared) / _PAYLOADS if shared else None
    return [PayloadFolder(folder)] if folder is not None and folder.is_dir() else []


def _list(arguments: argparse.Namespace, say: Say) -> Answer:
    from dualwitness.difflog.scan import scanned

    scan = scanned(existing_log(arguments.difflog), today())
    _tell(scan.problems, say)
    if not scan.is_checked:
        say("the log is large, so its chain was not checked on the way. To check it: python -m difflog verify")
    filters = Filters(
        severity=frozenset(arguments.severity),
        axis=frozenset(arguments.axis),
        status=frozenset(arguments.status),
        library=arguments.library,
        symbols=spellings_of(arguments.symbol) if arguments.symbol else frozenset(),
        since=arguments.since,
        rule=arguments.rule,
    )
    rows = selected(scan.rows, filters)
    return _BROKEN if scan.problems else 0, [as_json(rows)] if arguments.json else table(rows)


def _watchpoints(arguments: argparse.Namespace, say: Say) -> Answer:
    from dualwitness.difflog.store import DiffLog
    from dualwitness.difflog.watchpoints import sightings

    names = ("severity", "axis", "status", "library", "symbol", "since", "rule")
    given = [f"--{name}" for name in names if getattr(arguments, name)]
    if given:
        raise LogError(f"--watchpoints shows all of them, but {given[0]} was given", advice="leave one of the two out")
    reading = DiffLog(existing_log(arguments.difflog)).read()
    _tell(reading.problems, say)
    found = sightings(one.fields for one in reading.records if one.kind == "entry")
    output = [watchpoints_as_json(found)] if arguments.json else watchpoints_table(found)
    return _BROKEN if reading.problems else 0, output


def _show(arguments: argparse.Namespace, say: Say) -> Answer:
    from dualwitness.difflog import showing
    from dualwitness.difflog.lookup import found
    from dualwitness.difflog.records import Imported, Stored
    from dualwitness.difflog.state import fold
    from dualwitness.difflog.store import DiffLog

    log = DiffLog(existing_log(arguments.difflog), sources=sample_sources(arguments.samples))
    reading = log.read()
    _tell(reading.problems, say)
    for tail in reading.torn_tail:
        say(f"{tail.file} ends in {tail.size} bytes of an append that was cut short; the next append moves them away")
    one = found(fold(reading.records, today()), arguments.entry)
    code = _BROKEN if reading.problems else 0
    if isinstance(one, Stored):
        content = one.content
        if not isinstance(content, Imported):
            raise IntegrityFailure(f"{one.entry_id} was no imported entry", advice="verify the log")
        return code, [showing.imported_as_json(one)] if arguments.json else showing.shown_imported(one, content)
    if arguments.json:
        return code, [showing.as_json(one)]
    width = min(shutil.get_terminal_size((160, 24)).columns, _WIDEST)
    return code, showing.shown(one, log.sample, width=width, is_whole=arguments.whole)


def _verify(arguments: argparse.Namespace) -> Answer:
    from dualwitness.difflog.note import VerifierKey
    from dualwitness.difflog.verify import verify

    key = None if arguments.key is None else VerifierKey.from_file(Path(arguments.key), arguments.origin)
    verdict = verify(
        Path(arguments.difflog),
        against=[Path(name) for name in arguments.against],
        sources=sample_sources(arguments.samples),
        key=key,
        whole=True,
    )
    document: dict[str, Any] = {
        "schema_version": 1,
        "verdict": "broken" if verdict.problems else "sound",
        "problems": [str(one) for one in verdict.problems],
        "notes": list(verdict.notes),
        "records": verdict.records,
        "occurrences": verdict.occurrences,
        "samples": verdict.samples,
        "samples_outside": verdict.samples_outside,
        "root": verdict.root.hex(),
    }
    if arguments.json:
        return verdict.exit_code, [json.dumps(document, sort_keys=True, indent=1)]
    return verdict.exit_code, _verdict(arguments.difflog, document)


def _verdict(folder: str, document: dict[str, Any]) -> Iterator[str]:
    counts = f"{_count(document['records'], 'record')}, {_count(document['occurrences'], 'local occurrence')}"
    samples = f"{_count(document['samples'], 'raw sample')}"
    yield from (f"broken: {spell(problem)}" for problem in document["problems"])
    yield from (f"note: {spell(note)}" for note in document["notes"])
    yield f"{spell(folder)}: {document['verdict']}; {counts}, {samples}"
    yield f"root {document['root']}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _tell(problems: Sequence[object], say: Say) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        say(f"the log is not what was appended to it: {problems[0]}{more}. See all: python -m difflog verify")
