"""The scorecard: lies in pairs, lies that begin in mid-run, and runs without any; a sample of it, in full the bars."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from dualwitness.alignment import judgement
from dualwitness.alignment.scorecard import main
from dualwitness.alignment.scoring.cases import Case, honest, mid_run, pairs, sample
from dualwitness.alignment.scoring.outcome import Fate
from dualwitness.alignment.scoring.pool import play_and_judge

FULL = os.environ.get("DUALWITNESS_FULL") == "1"


def some(cases: Sequence[Case], count: int) -> list[Case]:
    """A sample of those that share one honest twin, which is most of what a single case costs."""
    return sample([case for case in cases if case.seed == 0 and not case.needs], count, 6)


# The bars are 300 pairs, every lie from mid-run on, and 500 honest runs (DUALWITNESS_FULL=1).
PAIRS = pairs(300, 0) if FULL else some(pairs(300, 0), 8)
MID_RUN = mid_run(0) if FULL else some(mid_run(0), 5)
HONEST = honest(500, 0) if FULL else honest(6, 100)


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.label)
def test_pair_of_lies_shows_both_unless_one_leaves_nothing_of_the_other(case: Case) -> None:
    """And of the positions nothing is said that is not so, whatever the two make of each other."""
    judged = play_and_judge(case)
    assert judged.passed, judged
    assert any(one.fate in (Fate.CAUGHT, Fate.BLIND) for one in judged.lies), judged


@pytest.mark.parametrize("case", MID_RUN, ids=lambda case: case.label)
def test_lie_that_begins_in_mid_run_is_found_by_the_next_audit_at_the_latest(case: Case) -> None:
    """The venue's clock moves, and the lie stays."""
    judged = play_and_judge(case)
    assert judged.passed, judged


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.label)
def test_honest_run_raises_no_alarm(case: Case) -> None:
    """Nothing that its twin of another seed does not find, no contradiction, no blame of the venue."""
    judged = play_and_judge(case)
    assert judged.passed, judged


def test_command_whose_detector_is_off_ends_with_one_and_names_each_miss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The score can fall: without evidence a lie told to both libraries is believed."""
    monkeypatch.setattr(judgement, "merge_sides", lambda _drafts: [])
    assert main(["--only", "fee_zero", "--pairs", "0", "--jobs", "1"]) == 1
    told = capsys.readouterr().out
    assert "not as it must be: fee_zero, seed 0" in told
    assert "fee_zero: not found at get_fills.fee" in told
