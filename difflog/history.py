"""
The predecessor's entries: a YAML file of facts to `Imported` records, which are no evidence of ours.

The file's form is that of `history.yaml`, which lies beside this module: one ``source`` for all, then ``entries``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import ValidationError

from dualwitness.config import ConfigError
from dualwitness.config.read_yaml import document_from_bytes
from dualwitness.config.tree import Document
from dualwitness.difflog.records import Imported, Stored

__all__ = ["history_file", "imported_from", "not_yet_imported"]


_ID = re.compile(r"DIFF-\d{8}-[A-Za-z0-9._-]+")


def history_file() -> Traversable:
    """The four historical entries that are shipped."""
    return files(__package__).joinpath("history.yaml")


def imported_from(content: bytes, name: str) -> list[Imported]:
    """The records of a history file; raises `ConfigError` with file and line for anything that is none."""
    document = document_from_bytes(content, name)
    entries = document.values.get("entries")
    unknown = sorted(document.values.keys() - {"source", "entries"})
    if unknown or not isinstance(entries, list) or not entries:
        problem = f"holds the unknown key {unknown[0]!r}" if unknown else "holds no list of entries"
        raise ConfigError(problem, file=name, line=1, advice="write `source` and `entries`, as history.yaml does")
    return [_record(document, index) for index in range(len(entries))]


def not_yet_imported(records: Iterable[Imported], stored: Iterable[Stored]) -> list[Imported]:
    """Those whose id the log does not hold: importing twice changes nothing."""
    known = {one.entry_id for one in stored if one.kind == "imported"}
    return [one for one in records if one.entry_id not in known]


def _record(document: Document, index: int) -> Imported:
    entries = document.values["entries"]
    values = entries[index] if isinstance(entries, list) else None
    line = document.line_of(("entries", index))
    advice = "write it like the entries of history.yaml"
    if not isinstance(values, dict):
        raise ConfigError("is not a mapping", file=document.file, line=line, key=f"entries.{index}", advice=advice)
    source = document.values.get("source", "")
    entry_id = values.get("entry_id")
    if not isinstance(entry_id, str) or _ID.fullmatch(entry_id) is None:
        raise ConfigError(
            "is no id of an entry",
            file=document.file,
            line=document.line_of(("entries", index, "entry_id")),
            key=f"entries.{index}.entry_id",
            advice="write DIFF-YYYYMMDD-<letters, digits, dots, hyphens>",
        )
    try:
        return Imported.model_validate({"source": source, **values})
    except ValidationError as error:
        first = error.errors()[0]
        place = ("entries", index, *first["loc"])
        key = ".".join(map(str, place))
        raise ConfigError(
            first["msg"], file=document.file, line=document.line_of(place), key=key, advice=advice
        ) from None
