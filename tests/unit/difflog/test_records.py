"""The records: typed, frozen, and without a way to say what may not be said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from dualwitness.difflog.chain import Link, seal
from dualwitness.difflog.errors import IntegrityFailure
from dualwitness.difflog.records import (
    ADDED,
    Entry,
    Imported,
    Occurrence,
    Scope,
    StatusChange,
    Stored,
    entry_id_of,
)
from tests.support.difflog_records import (
    change_of,
    entry_fields,
    imported_entry,
    made_entry,
    occurrence_of,
    whole_story,
)

SCOPE: dict[str, Any] = {"libraries": {"ccxt": "1"}, "symbol": None, "field": "fee", "severity": "S1"}


def stored(content: Any, **changes: Any) -> Stored:
    """A record as its line has it, with fields changed."""
    _, fields = seal(content.model_dump(mode="json"), Link(), "2026-11-21T12:00:00.000Z")
    return Stored({**fields, **changes}, 1)


def test_record_of_each_kind_comes_back_from_its_line_as_it_was() -> None:
    """Plain JSON and the typed record are two forms of one thing."""
    for content in whole_story():
        assert stored(content).content == content
        assert stored(content).kind == content.record
        assert stored(content).entry_id == content.entry_id


def test_record_cannot_be_changed_after_it_was_made() -> None:
    """Frozen at every level."""
    entry = made_entry(0)
    with pytest.raises(ValidationError):
        entry.severity = "S0"  # type: ignore[misc,assignment]
    with pytest.raises(ValidationError):
        entry.run.run_id = "another"  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Entry, Occurrence, StatusChange, Imported])
def test_no_record_uses_a_name_that_the_log_adds(kind: type[Any]) -> None:
    """The chain finds its own keys in the bytes by name."""
    assert ADDED.isdisjoint(kind.model_fields)
    assert kind.model_fields["record"].default in ("entry", "occurrence", "status", "imported")


@pytest.mark.parametrize("name", [*sorted(ADDED), "", "CCXT", 'a"b', "with space"])
def test_library_of_a_scope_cannot_be_named_like_a_key_of_the_chain(name: str) -> None:
    """Names of libraries are keys of the line too."""
    Scope.model_validate(SCOPE)
    with pytest.raises(ValidationError):
        Scope.model_validate({**SCOPE, "libraries": {name: "0" * 64}})


def test_scope_without_any_library_is_refused() -> None:
    """An acceptance that names no version would outlive every upgrade."""
    with pytest.raises(ValidationError):
        Scope.model_validate({**SCOPE, "libraries": {}})


@pytest.mark.parametrize("status", ["open", "understood", "mitigated"])
def test_only_an_accepted_risk_has_a_scope_and_an_expiry(status: str) -> None:
    """It needs the scope; nothing else may have one, or end by itself."""
    entry = made_entry(0)
    with pytest.raises(ValidationError, match="a scope belongs to accepted-risk alone"):
        change_of(entry, status, scope=SCOPE)
    with pytest.raises(ValidationError, match="only accepted-risk expires"):
        change_of(entry, status, expires=date(2027, 1, 1))
    with pytest.raises(ValidationError, match="names the versions"):
        change_of(entry, "accepted-risk", scope=None)
    assert change_of(entry, "accepted-risk", expires=date(2027, 1, 1)).scope is not None


@pytest.mark.parametrize("changes", [{"who": ""}, {"why": ""}])
def test_decision_of_nobody_or_for_nothing_is_refused(changes: dict[str, str]) -> None:
    """Both have to be words."""
    with pytest.raises(ValidationError):
        change_of(made_entry(0), "understood", **changes)


def test_imported_entry_can_have_no_evidence_and_no_other_label() -> None:
    """What a predecessor wrote is never evidence of ours."""
    imported = imported_entry()
    assert (imported.label, imported.evidence) == ("imported", None)
    for changes in ({"evidence": {"ccxt_raw_sample_ref": "0" * 64}}, {"label": "demo"}, {"facts": ()}):
        with pytest.raises(ValidationError):
            imported_entry(**changes)


def test_line_of_another_version_is_an_integrity_failure_that_names_the_record() -> None:
    """A key that this version does not know is not dropped in silence."""
    with pytest.raises(IntegrityFailure, match="record 0 \\(DIFF-20261121-") as failure:
        _ = stored(made_entry(0), mood="good").content
    assert "version that wrote it" in failure.value.advice


def test_line_of_an_earlier_version_without_later_keys_is_read_with_their_defaults() -> None:
    """What came later has a default: where samples lie, planted lies, reasons."""
    fields = entry_fields(0)
    one = stored(Entry.model_validate(fields))
    del one.fields["environment"]["lies"], one.fields["evidence"]["raw_samples_at"]  # type: ignore[attr-defined]
    assert one.entry.environment.lies == ()
    assert one.entry.evidence.raw_samples_at is None


def test_record_asked_for_as_another_kind_says_which_it_is() -> None:
    """Neither an occurrence nor an entry passes for a decision."""
    entry = made_entry(0)
    assert stored(entry).entry == entry
    assert stored(change_of(entry, "open")).change.status == "open"
    with pytest.raises(IntegrityFailure, match="record 0 was no StatusChange, it is of the kind entry"):
        _ = stored(entry).change
    with pytest.raises(IntegrityFailure, match="record 0 was no Entry, it is of the kind occurrence"):
        _ = stored(occurrence_of(entry)).entry


def test_entry_id_is_day_and_short_fingerprint() -> None:
    """DIFF-YYYYMMDD-<short>, contract 9."""
    assert entry_id_of(date(2026, 1, 2), "0123456789abcdef") == "DIFF-20260102-0123456789"


def test_comparison_gives_version_by_name() -> None:
    """As an acceptance is compared with what a run imported."""
    assert made_entry(0).libraries.versions() == {"ccxt": "4.5.90", "okx_sdk": "0.4.4"}
