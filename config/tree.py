"""
A YAML document as plain text and line numbers: no tags, no anchors, no guessing of types.

Built from parser events, so that nesting costs no stack and an alias bomb is refused at its first alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Document", "Place", "Plain"]

# What a configuration is made of after reading: text, lists and mappings of it.
Plain = str | list["Plain"] | dict[str, "Plain"]

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file, and the line (from 1) of each place in it."""

    file: str
    values: Mapping[str, Plain]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int | None:
        """The line of a place, or of the nearest one around it that has a line."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return None
