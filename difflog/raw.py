"""
The raw pair for people: bodies as received, laid out line by line, the rows that matter, and how the two differ.

Nothing is parsed into values: a number keeps its digits, a key given twice stays twice, in the order of the wire.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from dualwitness.difflog.plain import spell

__all__ = ["cut", "excerpt", "pretty", "unified"]

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_INDENT = "  "
_LONGEST_LINE = 2_000


def pretty(body: bytes) -> list[str]:
    """The lines of a body, indented where it is JSON, else as they are; each is one safe line."""
    text = body.decode("utf-8", "backslashreplace")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        lines = text.splitlines()
    else:
        lines = list(_indented(text))
    return [_bounded(line) for line in lines]


def excerpt(lines: Sequence[str], words: Sequence[str]) -> list[str]:
    """
    The rows of an answer that carry one of these words as a value; all lines where no row does, or every row does.

    Rows are the members of the answer's list (OKX ``data``), known by their indentation.
    """
    wanted = [f'"{word}"' for word in words if word]
    for depth in (2, 1):
        found = _rows(lines, _INDENT * depth, wanted)
        if found is not None:
            return found
    return list(lines)


def unified(first: Sequence[str], second: Sequence[str], names: tuple[str, str]) -> list[str]:
    """A unified diff of both sides; empty where they are the same bytes, read differently."""
    return list(difflib.unified_diff(first, second, *names, lineterm=""))


def cut(lines: Sequence[str], most: int) -> list[str]:
    """At most this many lines, the last of them saying how many are left out."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"… and {len(lines) - most} more lines"]


def _rows(lines: Sequence[str], indent: str, wanted: Sequence[str]) -> list[str] | None:
    def is_inside(line: str) -> bool:
        return line.startswith((f"{indent}{{", f"{indent}[", f"{indent}}}", f"{indent}]", f"{indent}{_INDENT}"))

    rows: list[list[str]] = []
    for inside, group in groupby(lines, is_inside):
        if inside:
            rows.extend(_members(list(group), indent))
    about = [row for row in rows if any(word in line for line in row for word in wanted)]
    if not about or len(about) == len(rows):
        return None
    return [f"… {len(about)} of {len(rows)} rows", *(line for row in about for line in row)]


def _members(lines: list[str], indent: str) -> Iterator[list[str]]:
    row: list[str] = []
    for line in lines:
        row.append(line)
        if line.startswith((f"{indent}}}", f"{indent}]", f"{indent}{{}}", f"{indent}[]")):
            yield row
            row = []
    if row:
        yield row


def _indented(text: str) -> Iterator[str]:
    depth, line = 0, ""
    tokens = _TOKEN.findall(text)
    following = [*tokens[1:], ""]
    skip = False
    for part, after in zip(tokens, following, strict=True):
        if skip:
            skip = False
            line += part
        elif part in "{[":
            if after in ("}", "]"):
                line, skip = line + part, True
                continue
            yield _INDENT * depth + line + part
            depth, line = depth + 1, ""
        elif part in "}]":
            if line:
                yield _INDENT * depth + line
            depth, line = depth - 1, part
        elif part == ",":
            yield _INDENT * depth + line + part
            line = ""
        else:
            line += ": " if part == ":" else part
    if line:
        yield _INDENT * depth + line


def _bounded(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return spell(line)
    return f"{spell(line[:_LONGEST_LINE])}… ({len(line)} characters)"
