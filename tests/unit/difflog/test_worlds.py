"""Evidence of the embedded venue, or of a recording, never passes for evidence of OKX demo or of a live account."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog import DiffLog, EntryRefused
from dualwitness.difflog.records import Entry, World
from tests.support.difflog_records import (
    entry_fields,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
    references_of,
    run_fields,
)

RANK = {World.SIM: 0, World.OFFLINE: 0, World.DEMO: 1, World.LIVE: 2}
EMPTY = b'{"code":"0","data":[],"msg":""}'


def keep_all(log: DiffLog) -> None:
    """The samples of entries 0 and 1, of every world."""
    for world in World:
        keep_bodies(log, 0, 1, world=world)


def borrowed(number: int, world: World, what: str, of: World) -> Entry:
    """An entry of one world that uses the run, or one raw sample, of entry 0 in another world."""
    changes: dict[str, Any] = {}
    if what == "run":
        run = run_fields(of)
        changes = {"run": run, "evidence__alignment_report_ref": f"{run['run_id']}/dual_alignment_report.json"}
    else:
        changes[f"evidence__{what}_raw_sample_ref"] = references_of(0, of)[what == "okx"]
    return made_entry(number, world, **changes)


@pytest.mark.parametrize("what", ["run", "ccxt", "okx"])
@pytest.mark.parametrize(("seen_in", "claimed"), [*product(World, World)])
def test_run_and_sample_of_one_world_are_refused_in_the_name_of_a_more_real_one(
    tmp_path: Path, seen_in: World, claimed: World, what: str
) -> None:
    """Sim and offline cannot become demo or live, demo cannot become live; the entry that has it first is named."""
    with open_log(tmp_path) as log:
        keep_all(log)
        first = log.append(made_entry(0, seen_in))
        entry = borrowed(1, claimed, what, seen_in)
        if RANK[claimed] <= RANK[seen_in]:
            log.append(entry)
            return
        with pytest.raises(EntryRefused) as refusal:
            log.append(entry)
        (line,) = refusal.value.collect
        assert first.entry_id in line
        assert f"evidence of {seen_in}" in line
        with open_log(tmp_path) as other, pytest.raises(EntryRefused):
            other.append(entry)


def test_entry_of_the_embedded_venue_relabelled_by_hand_is_refused_in_the_same_batch(tmp_path: Path) -> None:
    """The same evidence twice, once in each world: the second one is refused, and with it the batch."""
    with open_log(tmp_path) as log:
        keep_all(log)
        honest = entry_fields(0)
        forged = entry_fields(1, environment__env="demo", evidence=honest["evidence"], run=honest["run"])
        with pytest.raises(EntryRefused) as refusal:
            log.append_many([Entry.model_validate(honest), Entry.model_validate(forged)])
        assert [line.split(":")[0] for line in refusal.value.collect] == [
            "run.run_id",
            "evidence.ccxt_raw_sample_ref",
            "evidence.okx_raw_sample_ref",
        ]


def test_run_that_only_the_local_history_knows_is_refused_in_another_world(tmp_path: Path) -> None:
    """Occurrences of the embedded venue count too: who appends, and who opens the log later, is told."""
    with open_log(tmp_path) as log:
        keep_all(log)
        log.append(made_entry(0, World.LIVE))
        log.append(occurrence_of(made_entry(0, World.SIM), entry_id=made_entry(0).entry_id))
    for world in (World.DEMO, World.LIVE):
        with open_log(tmp_path) as log, pytest.raises(EntryRefused, match=r"run\.run_id"):
            log.append(borrowed(1, world, "run", World.SIM))


def test_occurrence_with_the_run_of_a_less_real_world_is_refused(tmp_path: Path) -> None:
    """Seen again in demo needs a run in demo."""
    with open_log(tmp_path) as log:
        keep_all(log)
        log.append(made_entry(0, World.SIM))
        forged = borrowed(0, World.DEMO, "run", World.SIM)
        with pytest.raises(EntryRefused):
            log.append(occurrence_of(forged))
        log.append(occurrence_of(made_entry(0, World.DEMO)))


def test_empty_answer_is_evidence_in_every_world(tmp_path: Path) -> None:
    """An answer without rows has the same bytes everywhere: it is no sign that evidence was borrowed."""
    with open_log(tmp_path) as log:
        keep_all(log)
        reference = log.keep_sample(EMPTY)
        for number, world in enumerate((World.SIM, World.DEMO, World.LIVE)):
            changes = {f"evidence__{side}_raw_sample_ref": reference for side in ("ccxt", "okx")}
            log.append(made_entry(number, world, **changes))
        assert len(log.read().records) == 3


def test_sample_of_demo_that_a_recording_replays_stays_evidence_of_demo(tmp_path: Path) -> None:
    """Where a body was first seen decides: to replay it offline afterwards takes nothing from it."""
    with open_log(tmp_path) as log:
        keep_all(log)
        log.append(made_entry(0, World.DEMO))
        log.append(borrowed(1, World.OFFLINE, "ccxt", World.DEMO))
        keep_bodies(log, 2, world=World.DEMO)
        log.append(borrowed(2, World.DEMO, "ccxt", World.DEMO))
