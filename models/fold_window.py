"""Which fills count: those after the opening snapshot; and whether what is known reaches back to a proven start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualwitness.models.fold_line import FillLine
from dualwitness.models.history import History

__all__ = ["DECLARED", "Cut", "Window"]

# What stands for a proof where the caller only says so (``history_complete``).
DECLARED = "declared by the caller"


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines in time that count, and those of the opening's own millisecond of which nobody knows whether they do."""

    counted: Sequence[FillLine]
    undecided: Sequence[FillLine]
    part_of_opening: int


class Window:
    """A `History` as the fold asks it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.complete = history.complete
        self.explanation = history.explanation
        self.known_from_ms = history.known_from_ms
        is_flat_start = history.opening is None and history.flat_start is not None
        self.flat_at_ms = history.since_ms if is_flat_start else None
        last = None if history.opening is None else history.opening.last_bill_id
        self._last_bill = None if last is None else _number(last)

    @property
    def plain(self) -> bool:
        """Whether all fills count and nothing but their sum is asked for, if none comes before the start."""
        return self.complete and self.history.opening is None

    def cut(self, lines: Sequence[FillLine]) -> Cut:
        """Leave out what the opening snapshot holds already."""
        if self.history.opening is None:
            return Cut(lines, (), 0)
        counts = [self.counts(line) for line in lines]
        counted = [line for line, each in zip(lines, counts, strict=True) if each is True]
        undecided = [line for line, each in zip(lines, counts, strict=True) if each is None]
        return Cut(counted, undecided, len(lines) - len(counted) - len(undecided))

    def counts(self, line: FillLine) -> bool | None:
        """Whether a fill came after the opening; None where nobody knows. One without a time is not left out."""
        opening = self.history.opening
        if opening is None or line.ts_venue_ms is None or line.ts_venue_ms > opening.ts_venue_ms:
            return True
        if line.ts_venue_ms < opening.ts_venue_ms:
            return False
        if opening.last_bill_id is None:
            return False if opening.whole_millisecond else None
        bill = _number(line.bill_id or "")
        return None if bill is None or self._last_bill is None else bill > self._last_bill


def _number(identifier: str) -> int | None:
    return int(identifier) if identifier.isascii() and identifier.isdecimal() else None
