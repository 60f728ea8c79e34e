"""The predecessor's entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualwitness.config import ConfigError
from dualwitness.difflog.history import history_file, imported_from, not_yet_imported
from dualwitness.difflog.records import Imported
from dualwitness.models.enums import Axis, Severity
from tests.support.difflog_command import difflog
from tests.support.difflog_records import open_log

GOOD = "source: s\nentries:\n  - {entry_id: DIFF-20251221-a, original_date: '2025-12-21', status: open, facts: [f]}\n"


def shipped() -> list[Imported]:
    """The four entries that are shipped."""
    return imported_from(history_file().read_bytes(), "history.yaml")


def test_shipped_history_holds_the_four_entries_with_their_severities() -> None:
    """Ids, severities and states are those of the predecessor; what it did not say is null."""
    assert [(one.entry_id, one.severity, one.severity_by_axis, one.status) for one in shipped()] == [
        ("DIFF-20251221-G4.5-alignment-status-baseline", None, {Axis.I: Severity.S2, Axis.M: Severity.S1}, "open"),
        ("DIFF-20251221-C0.5-mode-config-mismatch", Severity.S3, {}, "open"),
        ("DIFF-20251221-C0.5-G4.5-okx-rest-evidence-closure", None, {}, "completed"),
        ("DIFF-20251221-C0.7-positions-fallback-reconstructed-from-fills", None, {}, "completed"),
    ]
    assert {one.original_date.isoformat() for one in shipped()} == {"2025-12-21"}
    assert [one.run_id for one in shipped()] == [
        None,
        None,
        "run_20251221_150526_bf82b23",
        "run_20251221_155211_3126b54",
    ]


def test_shipped_history_claims_no_evidence() -> None:
    """Each record is labelled, and has no evidence of ours."""
    assert {(one.record, one.label, one.evidence) for one in shipped()} == {("imported", "imported", None)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("entries: 1\n", "h.yaml:1"),
        ("source: s\nentries: []\n", "h.yaml:1"),
        ("source: s\n", "h.yaml:1"),
        (f"{GOOD}author: me\n", "'author'"),
        (GOOD.replace("facts: [f]", "facts: []"), "h.yaml:3: entries.0.facts"),
        (GOOD.replace("status: open", "severity: S9, status: open"), "h.yaml:3: entries.0.severity"),
        (GOOD.replace("status: open", "evidence: mine, status: open"), "h.yaml:3: entries.0.evidence"),
        (GOOD.replace("status: open", "colour: red, status: open"), "h.yaml:3: entries.0.colour"),
        (GOOD.replace("DIFF-20251221-a", '"DIFF-20251221-a b"'), "h.yaml:3: entries.0.entry_id"),
        ("source: s\nentries:\n  - text\n", "h.yaml:3: entries.0"),
    ],
)
def test_file_that_is_no_history_is_refused_at_its_place(text: str, place: str) -> None:
    """Every problem names file and line, and where there is one the key."""
    with pytest.raises(ConfigError) as refused:
        imported_from(text.encode(), "h.yaml")
    assert place in str(refused.value)


def test_file_that_is_a_history_is_read() -> None:
    """The refusals above are not for everything."""
    assert [one.entry_id for one in imported_from(GOOD.encode(), "h.yaml")] == ["DIFF-20251221-a"]


def test_importing_twice_adds_nothing_the_second_time(tmp_path: Path) -> None:
    """The command says what was there already, and the log has four records."""
    folder = tmp_path / "log"
    assert difflog("add", "--history", "--difflog", folder).code == 0
    again = difflog("add", "--history", "--difflog", folder)
    assert (again.code, again.lines) == (0, ["4 of 4 were in the log already"])
    with open_log(folder) as log:
        records = log.read().records
    assert len(records) == 4
    assert not_yet_imported(shipped(), records) == []


def test_part_of_a_history_that_is_new_is_imported(tmp_path: Path) -> None:
    """What is there already does not keep the rest out."""
    folder, file = tmp_path / "log", tmp_path / "more.yaml"
    file.write_text(GOOD, encoding="utf-8")
    difflog("add", "--history", file, "--difflog", folder)
    answered = difflog("add", "--history", "--difflog", folder)
    assert len(answered.lines) == 4
    file.write_text(GOOD + GOOD.split("entries:\n")[1].replace("-a", "-b"), encoding="utf-8")
    assert difflog("add", "--history", file, "--difflog", folder).lines == [
        "DIFF-20251221-b imported, labelled as no evidence",
        "1 of 2 were in the log already",
    ]


def test_history_beside_facts_of_an_entry_is_refused(tmp_path: Path) -> None:
    """One command imports or adds, never both."""
    answered = difflog("add", "--history", "--severity", "S1", "--difflog", tmp_path / "log")
    assert answered.code == 2
    assert "--severity" in answered.err
