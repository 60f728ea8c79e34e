"""
Bytes of a YAML file to a `Document`, every scalar as it was spelled.

The only module that imports ``yaml``. PyYAML's ``safe_load`` reads ``[NO, 12:30:00, 1_000, 010]`` as
``[False, 45000, 1000, 8]`` and keeps the last of two equal keys without a word; neither happens here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from dualwitness.config.errors import ConfigError
from dualwitness.config.tree import Document, Place, Plain

__all__ = ["document_from_bytes"]

# libyaml's parser where it was compiled in; both give the same events.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DEEPEST = 8
_MOST_NODES = 10_000


def document_from_bytes(content: bytes, file: str) -> Document:
    """Read one document; raises `ConfigError` for anything but one plain mapping."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", file=file, line=line, advice="save the file as UTF-8") from error
    _refuse_invisible(text, file)
    reader = _Reader(file)
    try:
        values = reader.read(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise _syntax_error(error, file) from error
    if not isinstance(values, dict):
        advice = "write one `key: value` a line"
        raise ConfigError("is not a mapping of keys to values", file=file, line=1, advice=advice)
    return Document(file, values, reader.lines)


def _refuse_invisible(text: str, file: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if _CONTROL.search(line):
            raise ConfigError("holds a control character", file=file, line=number, advice="delete it")
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise ConfigError("is indented with a tab", file=file, line=number, advice="indent with spaces")


def _syntax_error(error: yaml.YAMLError, file: str) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
    line = None if mark is None else mark.line + 1
    advice = "check indentation, quotes and brackets around this place"
    return ConfigError(f"is not valid YAML ({problem})", file=file, line=line, advice=advice)


class _Reader:
    """Folds parser events into plain values; knows the line of each."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}
        self._events: Iterator[Any] = iter(())
        self._nodes = 0

    def read(self, events: Iterator[Any]) -> Plain | None:
        """The value of the only document, or None for an empty file."""
        self._events = events
        value: Plain | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "holds a second document", "keep one document a file, without `---` in it")
                value = self._value(next(events), ())
        return value

    def _value(self, event: Any, place: Place) -> Plain:
        self._nodes += 1
        if len(place) > _DEEPEST or self._nodes > _MOST_NODES:
            self._refuse(event, "is nested too deeply or too long", "a configuration is a flat mapping")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, "uses an anchor or an alias", "write the value out")
        if event.tag is not None:
            self._refuse(event, f"uses the tag {event.tag}", "leave the tag out; each key knows its type")
        self.lines.setdefault(place, event.start_mark.line + 1)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        text: str = event.value
        return text

    def _mapping(self, place: Place) -> dict[str, Plain]:
        mapping: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, (*place, "?"))
            if not isinstance(key, str):
                self._refuse(event, "has a key that is not a name", "write a plain name before the colon")
            if key in mapping:
                first = self.lines[(*place, key)]
                self._refuse(event, f"key {key!r} was already given in line {first}", "keep one of the two")
            self.lines[(*place, key)] = event.start_mark.line + 1
            mapping[key] = self._value(next(self._events), (*place, key))
        return mapping

    def _sequence(self, place: Place) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*place, len(items))))
        return items

    def _refuse(self, event: Any, problem: str, advice: str) -> NoReturn:
        raise ConfigError(problem, file=self.file, line=event.start_mark.line + 1, advice=advice)
