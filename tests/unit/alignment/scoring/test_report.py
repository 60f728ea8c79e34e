"""The score as a table and as data: counted right, and every case by name that is not as it must be."""

from __future__ import annotations

from dataclasses import replace

from dualwitness.alignment.scoring.cases import Sort
from dualwitness.alignment.scoring.outcome import Fate, Judged, LieJudged
from dualwitness.alignment.scoring.report import as_data, as_text, score_of
from dualwitness.venues.sim.lies import BLIND_SPOTS
from tests.support.scorecard import case

CAUGHT = Judged(case("positions_empty"), (LieJudged("positions_empty", Fate.CAUGHT),), (), 1, 20, 0)
MISSED = Judged(case("fee_zero"), (LieJudged("fee_zero", Fate.MISSED, ("not found at get_fills.fee",)),))
LATE = replace(CAUGHT, case=case("positions_empty", sort=Sort.MID_RUN), audits=2, requests=300, venue_ms=31_000)
ALARM = Judged(case(sort=Sort.HONEST), problems=("evidence_conflict get_fills.fee venue: off",))
SILENT = Judged(case(sort=Sort.HONEST))


def test_score_with_a_miss_is_never_a_hundred_percent() -> None:
    """Of a thousand, one is missed: rounded down."""
    many = [CAUGHT] * 999 + [MISSED]
    score = score_of(Sort.ALONE, [*many, LATE])
    assert (score.cases, score.failed, score.fates[Fate.CAUGHT]) == (1000, 1, 999)
    assert as_data(many)["scores"]["alone"]["catch_rate_percent"] == "99.9"
    assert as_data([CAUGHT])["scores"]["alone"]["catch_rate_percent"] == "100.0"


def test_table_names_every_case_that_is_not_as_it_must_be() -> None:
    """A miss, a false alarm, and what is wrong with each."""
    text = as_text([CAUGHT, MISSED, ALARM, SILENT])
    assert "not as it must be: fee_zero, seed 0\n  fee_zero: not found at get_fills.fee" in text
    assert "not as it must be: no lie, positions, seed 0\n  evidence_conflict get_fills.fee venue: off" in text
    assert "2 of 4 cases are not as they must be" in text
    assert "positions_empty" not in text.split("blind spots")[1]


def test_table_of_a_clean_score_says_so_and_names_the_blind_spots() -> None:
    """What nobody can see is listed, and how fast the rest was seen."""
    text = as_text([CAUGHT, LATE, SILENT])
    assert text.endswith("all 3 cases are as they must be")
    assert all(f"  {name}: {reason}" in text for name, reason in BLIND_SPOTS.items())
    assert "from mid-run on: 2 2 audits, 300 300 requests, 31000 31000 ms of venue time" in text


def test_data_count_false_alarms_and_tell_the_time_to_detect() -> None:
    """The same as the table, for a program."""
    data = as_data([CAUGHT, MISSED, LATE, ALARM])
    assert (data["passed"], data["false_alarms"]) == (False, 1)
    assert data["scores"]["mid_run"]["time_to_detect"]["requests"] == {"median": 300, "longest": 300}
    assert data["scores"]["pair"]["time_to_detect"]["requests"] is None
    assert [one["case"] for one in data["failures"]] == ["fee_zero, seed 0", "no lie, positions, seed 0"]
    assert as_data([CAUGHT, SILENT])["passed"] is True
