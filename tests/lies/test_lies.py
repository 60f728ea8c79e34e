"""
Each planted lie or fault is found where it was written down beforehand, and blamed on nobody else.

What "as it must be" means is `scorecard_judge`'s: told at all; the kind, the axis, the operation and field, and the
severity that the registry says; blamed on whom it was told to and on nobody else; resting on bytes that were kept;
never an aligned run; positions never called better than they are, and every value that may be relied on equal to what
the venue really held. `tests/unit/alignment/scoring/test_judge.py` breaks each of these by itself.
"""

from __future__ import annotations

import os

import pytest

from dualwitness.alignment import judgement
from dualwitness.alignment.scoring.cases import Case, Sort, alone
from dualwitness.alignment.scoring.outcome import Judged
from dualwitness.alignment.scoring.pool import play_and_judge
from dualwitness.models import Library, PositionsQuality, PositionsSource
from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, Theme

FULL = os.environ.get("DUALWITNESS_FULL") == "1"


def cases() -> list[Case]:
    """Everything to both libraries; what the account holds also to one of them in turn. In full: to each."""
    if FULL:
        return alone()
    held = [name for name, lie in LIES.items() if lie.theme is Theme.IDENTITY]
    one_sided = [f"{name}@{list(Library)[place % 2]}" for place, name in enumerate(held)]
    return [Case(Sort.ALONE, (label,)) for label in (*LIES, *one_sided)]


def problems(judged: Judged) -> list[str]:
    """Everything that is not as it must be."""
    of_lies = [problem for lie in judged.lies for problem in (*lie.problems, str(lie.fate))]
    return [] if judged.passed else [*judged.problems, *of_lies]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.plants[0])
def test_lie_is_found_where_it_was_written_down_and_blamed_on_nobody_else(case: Case) -> None:
    """See above; a blind spot is exact as well: once it is found, it has to come off the list."""
    assert problems(play_and_judge(case)) == []


def test_blind_spots_are_few_and_each_has_its_reason() -> None:
    """Lies that nothing contradicts are named by the product; the list cannot grow unseen."""
    assert set(BLIND_SPOTS) <= {"liquidation_price_wrong"}


def test_lie_that_evidence_does_not_show_any_more_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure can fail: without its evidence the audit believes a wrong entry price, and the judge says so."""
    monkeypatch.setattr(judgement, "merge_sides", lambda _drafts: [])
    missed = problems(play_and_judge(Case(Sort.ALONE, ("entry_price_shifted",))))
    assert any(one.startswith("not found at get_positions.entry_price") for one in missed), missed


def test_positions_that_are_called_better_than_they_are_are_not_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure can fail: found or not, positions that were lied about may not be called reliable."""
    best = (PositionsQuality.RELIABLE, PositionsSource.EXCHANGE)
    monkeypatch.setattr(judgement, "overall", lambda *_, **__: best)
    wrong = problems(play_and_judge(Case(Sort.ALONE, ("positions_empty",))))
    assert "the positions are called reliable, at best they are reconstructed_from_fills" in wrong
