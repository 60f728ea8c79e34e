"""The template of an entry: every field of the predecessor's, in its order, and the history in sentences."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dualwitness.difflog.form import HEADINGS, WORLDS, decision_of, form_of, form_of_imported, history_of
from dualwitness.difflog.records import Entry, World
from dualwitness.difflog.state import EntryState, fold
from tests.support.difflog_records import TODAY, change_of, filled_log, imported_entry, made_entry, open_log

# The record's own parts: what the log adds to them is under "Record", what a template line names is under its heading.
NOT_TEXT = {"record"}


def first_of(folder: Path, today: date = TODAY) -> EntryState:
    """The first entry of the whole story."""
    filled_log(folder)
    return next(iter(fold(open_log(folder).read().records, today).entries.values()))


def leaves(value: object) -> list[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        return [text for name, one in value.items() if name not in NOT_TEXT for text in leaves(one)]
    if isinstance(value, list):
        return [text for one in value for text in leaves(one)]
    return [] if value is None else [str(value)]


def test_headings_stand_in_the_order_of_the_predecessors_template(tmp_path: Path) -> None:
    """Date, run, environment, libraries, operation, observed, evidence, impact, severity, mitigation, decision."""
    one = first_of(tmp_path)
    assert [section.heading for section in form_of(one.stored, one.entry)] == list(HEADINGS)
    assert " ".join(heading.split()[0] for heading in HEADINGS[:-1]) == (
        "Date Run Execution Libraries Operation Observed Evidence Impact Severity Mitigation Decision"
    )


def test_template_leaves_out_no_field_of_an_entry(tmp_path: Path) -> None:
    """Each value that was recorded is somewhere in the form."""
    one = first_of(tmp_path)
    lines = [text for section in form_of(one.stored, one.entry) for _, text in section.lines]
    for value in leaves(one.entry.model_dump(mode="json")):
        assert any(value in text for text in lines), value


def test_new_field_of_an_entry_has_to_find_its_place_in_the_template() -> None:
    """Whoever adds a field to the record is reminded of its form."""
    assert len(Entry.model_fields) == 22


@pytest.mark.parametrize("world", [World.SIM, World.OFFLINE])
def test_evidence_of_sim_and_offline_is_labelled_as_never_demo_or_live(tmp_path: Path, world: World) -> None:
    """The label stands with the environment."""
    one = first_of(tmp_path)
    entry = made_entry(0, world)
    (section,) = (part for part in form_of(one.stored, entry) if part.heading == "Execution environment")
    assert dict(section.lines)["env"] == WORLDS[world]
    assert "never evidence of demo or live" in WORLDS[world]
    assert "never" not in WORLDS[World.DEMO] + WORLDS[World.LIVE]


def test_null_stands_beside_its_reason(tmp_path: Path) -> None:
    """A missing image digest and a missing symbol say why."""
    one = first_of(tmp_path)
    entry = made_entry(0, environment__symbol_in_use=None, environment__symbol_reason="seen in 160 rows")
    lines = dict(line for section in form_of(one.stored, entry) for line in section.lines)
    assert lines["docker_image_digest"] == "null: not in a container"
    assert lines["symbol_in_use"] == "null: seen in 160 rows"


def test_planted_lies_and_a_collection_elsewhere_are_named(tmp_path: Path) -> None:
    """What limits the evidence stands in the form."""
    one = first_of(tmp_path)
    entry = made_entry(0, environment__lies=["stale_ticker"], evidence__raw_samples_at="okx-payloads")
    lines = dict(line for section in form_of(one.stored, entry) for line in section.lines)
    assert lines["lies"] == "stale_ticker"
    assert lines["raw samples"] == "outside the log, in the collection okx-payloads"


def test_history_tells_everything_oldest_first(tmp_path: Path) -> None:
    """Recorded, seen again, understood, accepted for how much and until when."""
    texts = [text for _, text in history_of(first_of(tmp_path))]
    assert len(texts) == 4
    assert texts[0].startswith("recorded as open from run_")
    assert sum(text.startswith("seen again in run_") for text in texts) == 1
    assert "understood by ops: the venue documents it" in texts
    accepted = "accepted-risk by ops: the venue documents it, until 2027-01-01"
    reach = "for entry_price of BTC/USDT:USDT up to S2 with ccxt 4.5.90, okx_sdk 0.4.4"
    assert f"{accepted}; {reach}" in texts


def test_history_of_an_expired_acceptance_ends_with_that(tmp_path: Path) -> None:
    """On the day after its last day the history says that the entry is open again."""
    assert history_of(first_of(tmp_path, date(2027, 1, 2)))[-1] == (
        "today",
        "the acceptance has expired: open again",
    )


def test_decision_says_what_is_verified_next() -> None:
    """Where it was said, it is shown."""
    text = decision_of(change_of(made_entry(), "understood", next_verification="the next release of ccxt"))
    assert text.endswith("; next verification: the next release of ccxt")


def test_imported_entry_says_first_that_it_is_no_evidence(tmp_path: Path) -> None:
    """Its facts follow, numbered, and its own severity and status are told as history."""
    stored = filled_log(tmp_path)[-1]
    sections = form_of_imported(stored, imported_entry())
    assert sections[0].heading == "Imported, no evidence of ours"
    assert dict(sections[0].lines)["severity"] == "S2"
    assert dict(sections[1].lines) == {"1": "positions were empty while an order was filled"}


def test_imported_severity_by_axis_is_spelled_out(tmp_path: Path) -> None:
    """Where the predecessor judged by axis, each stands there."""
    stored = filled_log(tmp_path)[-1]
    imported = imported_entry(severity=None, severity_by_axis={"M": "S1", "I": "S2"})
    assert dict(form_of_imported(stored, imported)[0].lines)["severity"] == "S2 for I, S1 for M"
