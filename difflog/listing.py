"""
`list`: one row an entry, filtered, as a plain table or as JSON.

Works on the lines as they are, without building typed records, so that a hundred thousand are listed in two seconds.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from dualwitness.difflog.canonical import canonical
from dualwitness.difflog.plain import short, spell
from dualwitness.difflog.state import LogState
from dualwitness.difflog.watchpoints import Sighting
from dualwitness.models.symbols import Symbol, SymbolError, okx_id_from_symbol, symbol_from_okx_id

__all__ = [
    "COLUMNS",
    "Filters",
    "Row",
    "as_json",
    "imported_row",
    "row_of",
    "rows_of",
    "selected",
    "spellings_of",
    "table",
    "watchpoints_as_json",
    "watchpoints_table",
]

_WIDEST, _WIDEST_ID = 44, 80
_DAY = 10
# What a symbol column shows of a difference that is none of a single instrument.
_WHOLE_ANSWER = "(whole answer)"


class Row(NamedTuple):
    """What `list` says of one entry; the first eleven are the columns of its table."""

    entry: str
    date: str
    severity: str | None
    axis: str | None
    status: str
    env: str
    operation: str | None
    field: str | None
    symbol: str | None
    odd_one_out: str | None
    seen: int
    fingerprint: str | None
    rule: str | None
    libraries: Mapping[str, str]
    is_evidence: bool


COLUMNS = Row._fields[:11]


@dataclass(frozen=True, slots=True)
class Filters:
    """
    What a row must be; an empty filter lets everything pass.

    ``library`` is ``ccxt`` or ``okx_sdk`` (it stands alone) or ``name@version`` (it was compared). ``symbols`` are
    spellings of one instrument (`spellings_of`). ``since`` is a day: what was recorded on it passes.
    """

    severity: frozenset[str] = frozenset()
    axis: frozenset[str] = frozenset()
    status: frozenset[str] = frozenset()
    library: str | None = None
    symbols: frozenset[str] = frozenset()
    since: date | None = None
    rule: str | None = None


def spellings_of(symbol: str) -> frozenset[str]:
    """An instrument as it was named, as a unified symbol and as an OKX id, as far as the grammar tells."""
    names = {symbol}
    with contextlib.suppress(SymbolError):
        names.add(okx_id_from_symbol(Symbol.parse(symbol)))
    with contextlib.suppress(SymbolError):
        names.add(symbol_from_okx_id(symbol).spelling)
    return frozenset(names)


def rows_of(state: LogState) -> Iterator[Row]:
    """One row an entry, in the order of the log, then one an imported entry, labelled so and never evidence."""
    for one in state.entries.values():
        status = f"{one.status} expired" if one.expired else str(one.status)
        yield row_of(one.stored.fields)._replace(status=status, seen=1 + len(one.occurrences))
    for stored in state.imported:
        yield imported_row(stored.fields)


def row_of(fields: Mapping[str, Any]) -> Row:
    """The row of an entry's line as it was first seen."""
    environment = fields["environment"]
    return Row(
        entry=fields["entry_id"],
        date=fields["date_utc"],
        severity=fields["severity"],
        axis=fields["axis"],
        status=fields["decision"]["status"],
        env=environment["env"],
        operation=fields["operation"],
        field=fields["field"],
        symbol=environment["symbol_in_use"],
        odd_one_out=fields["odd_one_out"],
        seen=1,
        fingerprint=fields["fingerprint"],
        rule=fields["rule"],
        libraries={side["name"]: side["version"] for side in fields["libraries"].values()},
        is_evidence=True,
    )


def imported_row(fields: Mapping[str, Any]) -> Row:
    """The row of a predecessor's entry; its own status and severity are history, so its status here is ``imported``."""
    by_axis = fields["severity_by_axis"]
    return Row(
        entry=fields["entry_id"],
        date=fields["original_date"],
        severity=fields["severity"] or " ".join(sorted(set(by_axis.values()), reverse=True)) or None,
        axis=" ".join(sorted(by_axis)) or None,
        status="imported",
        env="imported",
        operation=None,
        field=None,
        symbol=None,
        odd_one_out=None,
        seen=0,
        fingerprint=None,
        rule=None,
        libraries={},
        is_evidence=False,
    )


def selected(rows: Sequence[Row], filters: Filters) -> Sequence[Row]:
    """The rows that pass every filter."""
    return rows if filters == Filters() else [row for row in rows if _passes(row, filters)]


def _passes(row: Row, filters: Filters) -> bool:
    for wanted, text in ((filters.severity, row.severity), (filters.axis, row.axis), (filters.status, row.status)):
        if wanted and wanted.isdisjoint((text or "").split()):
            return False
    if filters.symbols and row.symbol not in filters.symbols:
        return False
    if filters.rule is not None and row.rule != filters.rule:
        return False
    if filters.since is not None and row.date[:_DAY] < filters.since.isoformat():
        return False
    return filters.library is None or _is_of_library(row, filters.library)


def _is_of_library(row: Row, wanted: str) -> bool:
    name, has_version, version = wanted.partition("@")
    return row.libraries.get(name) == version if has_version else row.odd_one_out == name


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a plain table: a heading, one line a row, and how many there are of which severity and status."""
    if rows:
        columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=False))
        columns["symbol"] = tuple(row.symbol or (_WHOLE_ANSWER if row.is_evidence else None) for row in rows)
        yield from map(str.rstrip, map("  ".join, zip(*(_column(*one) for one in columns.items()), strict=True)))
    yield _summary(rows)


def _column(name: str, values: Sequence[object]) -> Iterator[str]:
    """A heading and its cells, all of one width; each value is spelled once however often it stands there."""
    widest = _WIDEST_ID if name == "entry" else _WIDEST
    cells = {value: "" if value is None else short(str(value), widest) for value in set(values)}
    if name == "date":
        cells = {value: text[:_DAY] for value, text in cells.items()}
    width = max(len(name), *map(len, cells.values()))
    padded = {value: text.ljust(width) for value, text in cells.items()}
    yield name.ljust(width)
    yield from map(padded.__getitem__, values)


def _summary(rows: Sequence[Row]) -> str:
    """``3 differences (1 S3, 2 S1; 2 open, 1 mitigated), 4 imported entries``."""
    by_severity = Counter(str(row.severity) for row in rows if row.is_evidence)
    by_status = Counter(row.status for row in rows if row.is_evidence)
    number = by_status.total()
    counted = [
        ", ".join(f"{counts[value]} {spell(value)}" for value in sorted(counts, reverse=is_down))
        for counts, is_down in ((by_severity, True), (by_status, False))
    ]
    text = f"{number} {'difference' if number == 1 else 'differences'}"
    text += f" ({'; '.join(counted)})" if number else ""
    imported = len(rows) - number
    return f"{text}, {imported} imported {'entry' if imported == 1 else 'entries'}" if imported else text


def as_json(rows: Sequence[Row]) -> str:
    """The rows as one JSON document, one line each, everything outside ASCII escaped."""
    lines = b",\n".join([canonical(row._asdict()) for row in rows]).decode("ascii")
    return f'{{"entries":[\n{lines}\n],"schema_version":1}}'


def watchpoints_table(found: Sequence[Sighting]) -> Iterator[str]:
    """Each hotspot with what the log holds on it, and how many have evidence."""
    for one in found:
        yield f"{'evidence' if one.has_evidence else 'no evidence':<14}{one.watchpoint.name}"
        yield f"{'':14}{one.watchpoint.hypothesis}"
        if not one.has_evidence:
            yield f"{'':14}watched until an entry from {' or '.join(one.watchpoint.worlds)} shows it"
        for ids_by_world, label in ((one.evidence, "seen in"), (one.beside, "beside, no evidence of it:")):
            for world, ids in sorted(ids_by_world.items()):
                more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
                yield f"{'':14}{label} {world}: {', '.join(map(spell, ids[:3]))}{more}"
        yield ""
    yield f"{sum(one.has_evidence for one in found)} of {len(found)} watchpoints have evidence"


def watchpoints_as_json(found: Sequence[Sighting]) -> str:
    """The hotspots as one JSON document."""
    listed = [
        {
            "watchpoint": one.watchpoint.name,
            "hypothesis": one.watchpoint.hypothesis,
            "worlds": [str(world) for world in one.watchpoint.worlds],
            "has_evidence": one.has_evidence,
            "evidence": {str(world): list(ids) for world, ids in one.evidence.items()},
            "beside": {str(world): list(ids) for world, ids in one.beside.items()},
        }
        for one in found
    ]
    return json.dumps({"schema_version": 1, "watchpoints": listed}, sort_keys=True, indent=1)
