"""
Text of a venue made safe to show: on a terminal, in Markdown, in XML.

Whatever a venue or a person wrote is hostile until it is spelled here: escape sequences, line ends and marks that turn
the reading direction become visible, and nothing of it is lost.
"""

from __future__ import annotations

import re

__all__ = ["markdown_code", "markdown_text", "short", "spell"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#!|~&])")
_TICKS = re.compile("`+")
_MOST_TICKS = 8


def spell(text: str) -> str:
    r"""
    The text on one line with nothing in it that a terminal acts on.

    Every character that is not printable (controls, line ends, U+202E and its kin, half surrogates) is written as
    Python writes it: ``\x1b``, ``\n``, ``\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def short(text: str, length: int) -> str:
    """The text spelled and cut to a length, with a sign that it was cut."""
    seen = spell(text[: length + 1])
    return seen if len(text) <= length and len(seen) <= length else f"{seen[: length - 1]}…"


def markdown_code(text: str) -> str:
    r"""
    A code span that nothing in the text can end (CommonMark section 6.1), for anywhere but a table.

    Readers bound the length of a delimiter (cmark at 80), so that a longer run of backticks is spelled ``\x60``.
    """
    if not text:
        return "(empty)"
    seen = spell(text)
    longest = max((len(run) for run in _TICKS.findall(seen)), default=0)
    if longest > _MOST_TICKS:
        seen, longest = seen.replace("`", "\\x60"), 0
    ticks = "`" * (1 + longest)
    around = " " if seen.startswith(("`", " ")) or seen.endswith(("`", " ")) else ""
    return f"{ticks}{around}{seen}{around}{ticks}"


def markdown_text(text: str) -> str:
    """Prose in which no character means anything to Markdown or HTML (CommonMark section 2.4)."""
    return _MARKDOWN.sub(r"\\\1", spell(text))
