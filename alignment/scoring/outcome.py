"""What became of a case of the scorecard, and of each lie in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dualwitness.alignment.scoring.cases import Case, Sort

__all__ = ["Fate", "Judged", "LieJudged"]


class Fate(StrEnum):
    """What became of a lie."""

    CAUGHT = "caught"
    MISSED = "missed"
    # Another lie left nothing of it in any answer.
    MASKED = "masked"
    # Another lie is about what would prove it false; so nothing may be relied on, and that is looked at as ever.
    UNPROVEN = "unproven"
    # Nobody asked for it, or there was nothing to lie about.
    UNTOLD = "untold"
    # Named in advance as one that no second source reveals, and not found.
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class LieJudged:
    """One lie of a case: its label, its fate, and what is wrong with how it was found."""

    label: str
    fate: Fate
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """
    A case after judgement; ``problems`` are those of the case as a whole.

    ``audits``, ``requests`` and ``venue_ms`` are counted from the first false answer to the end of the audit that
    found it (None: it was not, or there was no lie).
    """

    case: Case
    lies: tuple[LieJudged, ...] = ()
    problems: tuple[str, ...] = ()
    audits: int | None = None
    requests: int | None = None
    venue_ms: int | None = None
    duration_ms: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        # Of a pair, one may keep the other from being asked for at all.
        failing = (Fate.MISSED,) if self.case.sort is Sort.PAIR else (Fate.MISSED, Fate.UNTOLD)
        wrong = any(one.problems or one.fate in failing for one in self.lies)
        return not wrong and not self.problems
