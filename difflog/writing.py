"""The commands that append: `add` and `status`. Each gives its exit code and the lines that it prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from dualwitness.difflog import deciding
from dualwitness.difflog.add import add_entry, fields_from_run, fields_from_yaml, laid_over, placed
from dualwitness.difflog.errors import LogError, LogUnreadable
from dualwitness.difflog.flags import FLAGS
from dualwitness.difflog.form import decision_of
from dualwitness.difflog.history import history_file, imported_from, not_yet_imported
from dualwitness.difflog.lookup import entry_named
from dualwitness.difflog.plain import spell
from dualwitness.difflog.reading import Answer, existing_log, sample_sources, today
from dualwitness.difflog.records import EntryStatus, Stored
from dualwitness.difflog.state import EntryState, LogState, fold
from dualwitness.difflog.store import DiffLog
from dualwitness.models.enums import Severity

__all__ = ["run"]

_STDIN = "-"


def run(arguments: argparse.Namespace) -> Answer:
    """Run one of the two."""
    if arguments.command == "status":
        return _status(arguments)
    return _add(arguments) if arguments.history is None else _history(arguments)


def _add(arguments: argparse.Namespace) -> Answer:
    samples: dict[str, bytes] = {}
    layers = []
    if arguments.from_run is not None:
        folder, finding = arguments.from_run
        fields, samples = fields_from_run(Path(folder), finding)
        layers.append(fields)
    if arguments.file is not None:
        layers.append(fields_from_yaml(_content(arguments.file), arguments.file))
    layers.append(placed(_flagged(arguments)))
    for name in ("ccxt", "okx"):
        file = getattr(arguments, f"{name}_sample")
        if file is not None:
            body = _content(file)
            reference = sha256(body).hexdigest()
            samples[reference] = body
            layers.append(placed({f"evidence.{name}_raw_sample_ref": reference}))
    sources = sample_sources(arguments.samples)
    with DiffLog(Path(arguments.difflog), sources=sources) as log:
        stored = add_entry(log, laid_over(*layers), samples, today(), sources)
        return 0, [*_moved(log), _added(stored)]


def _added(stored: Stored) -> str:
    if stored.kind == "occurrence":
        return f"{stored.entry_id} is this difference: recorded that it was seen again, no new entry"
    return f"{stored.entry_id} added as record {stored.sequence}"


def _history(arguments: argparse.Namespace) -> Answer:
    given = [flag for flag, (place, _) in FLAGS.items() if vars(arguments)[place] is not None]
    given += ["FILE"] if arguments.file else []
    given += ["--from-run"] if arguments.from_run else []
    if given:
        problem = f"--history imports a whole file, but {given[0]} was given"
        raise LogError(problem, advice="leave one of the two out")
    name = arguments.history
    content = _content(name) if name else history_file().read_bytes()
    records = imported_from(content, name or "history.yaml")
    with DiffLog(Path(arguments.difflog)) as log:
        try:
            stored = log.read().records
        except LogUnreadable:
            stored = ()
        new = not_yet_imported(records, stored)
        log.append_many(new)
        lines = [*_moved(log), *(f"{spell(one.entry_id)} imported, labelled as no evidence" for one in new)]
    known = len(records) - len(new)
    return 0, [*lines, *([f"{known} of {len(records)} were in the log already"] if known else [])]


def _status(arguments: argparse.Namespace) -> Answer:
    if (arguments.entry is None) is (arguments.rule is None and not arguments.all_open):
        raise LogError("it was not said what is decided about", advice="name ENTRY, or --rule RULE, or --all-open")
    decided = deciding.Decided(
        status=EntryStatus(arguments.status),
        who=arguments.who,
        why=arguments.why,
        expires=arguments.expires,
        next_verification=arguments.next_verification,
        narrower=deciding.Narrower(
            dict(arguments.scope_library),
            arguments.scope_symbol,
            arguments.scope_field,
            None if arguments.scope_severity is None else Severity(arguments.scope_severity),
        ),
    )
    with DiffLog(existing_log(arguments.difflog)) as log:
        state = fold(log.read().records, today())
        entries = _meant(arguments, state)
        changes = deciding.changes_for(entries, decided)
        log.append_many(changes)
        lines = [*_moved(log), *(f"{one.entry_id} is now {spell(decision_of(one))}" for one in changes)]
    left = len(entries) - len({one.entry_id for one in changes})
    return 0, [*lines, *([f"{left} of {len(entries)} stood so already"] if left else [])]


def _meant(arguments: argparse.Namespace, state: LogState) -> Sequence[EntryState]:
    if arguments.rule is not None:
        return deciding.of_rule(state, arguments.rule)
    return deciding.all_open(state) if arguments.all_open else [entry_named(state, arguments.entry)]


def _flagged(arguments: argparse.Namespace) -> Mapping[str, str]:
    """What the flags say, by the place that each fills."""
    values = vars(arguments)
    return {place: values[place] for place, _ in FLAGS.values() if values[place] is not None}


def _content(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()
    except OSError as error:
        problem = f"{name} cannot be read: {error.strerror or type(error).__name__}"
        raise LogError(problem, advice="name a file that is there and may be read") from None


def _moved(log: DiffLog) -> list[str]:
    """A torn tail is never dropped without a word."""
    return [f"a torn tail, never acknowledged, was moved to {spell(str(path))}" for path in log.quarantined]
