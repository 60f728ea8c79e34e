"""Rows that were computed already, kept until anything they depend on has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

__all__ = ["RowMemo"]

Row = dict[str, object]


class RowMemo:
    """Rows of one moment by key; a new moment forgets them all."""

    def __init__(self) -> None:
        self._stamp: Hashable = None
        self._rows: dict[Hashable, Row] = {}

    def row(self, stamp: Hashable, key: Hashable, make: Callable[[], Row]) -> Row:
        """The row of that key as it is at ``stamp``; a copy, its lists included, so that a caller may change it."""
        if stamp != self._stamp:
            self._stamp = stamp
            self._rows.clear()
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = make()
        return {name: list(value) if isinstance(value, list) else value for name, value in row.items()}
