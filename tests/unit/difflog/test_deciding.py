"""Decisions about entries, and how far an acceptance reaches."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dualwitness.difflog.arguments import STATUSES
from dualwitness.difflog.deciding import Decided, Narrower, all_open, changes_for, of_rule, scope_of
from dualwitness.difflog.errors import LogError, StatusRefused
from dualwitness.difflog.records import EntryStatus, Scope, StatusChange
from dualwitness.difflog.state import EntryState, LogState, accepts, fold
from dualwitness.models.enums import Severity
from dualwitness.models.finding import Finding
from tests.support.difflog_records import (
    TODAY,
    VERSIONS,
    change_of,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
)

UNDERSTOOD, ACCEPTED = EntryStatus.UNDERSTOOD, EntryStatus.ACCEPTED_RISK


@pytest.fixture(name="state")
def state_of_three_entries(tmp_path: Path) -> LogState:
    """An open entry that was seen again with other versions, an understood one, one of another rule."""
    first, second, third = made_entry(0), made_entry(1), made_entry(2, rule="another", field="contracts")
    newer = {"a": {"name": "ccxt", "version": "4.5.91"}, "b": {"name": "okx_sdk", "version": "0.4.4"}}
    with open_log(tmp_path) as log:
        keep_bodies(log, 0, 1, 2)
        log.append_many([first, second, third, change_of(second, "understood")])
        log.append(occurrence_of(first, libraries=newer, severity="S3"))
    return fold(open_log(tmp_path).read().records, TODAY)


def entry(state: LogState, number: int) -> EntryState:
    """One of the three."""
    return state.entries[made_entry(number).entry_id]


def decided(status: EntryStatus, **more: object) -> Decided:
    """A decision of somebody."""
    return Decided(status, "ops", "the venue documents it", **more)


def test_statuses_of_the_command_line_are_those_of_the_records() -> None:
    """Help texts load no records, so the words stand there again."""
    assert list(EntryStatus) == list(STATUSES)


def test_acceptance_reaches_as_far_as_the_difference_was_seen_last(state: LogState) -> None:
    """Versions and severity are those of the latest occurrence, symbol and field those of the entry."""
    assert scope_of(entry(state, 0), Narrower()) == Scope(
        libraries={"ccxt": "4.5.91", "okx_sdk": "0.4.4"},
        symbol="BTC/USDT:USDT",
        field="entry_price",
        severity=Severity.S3,
    )
    assert scope_of(entry(state, 1), Narrower()).libraries == VERSIONS


def test_acceptance_can_be_narrowed_to_less_than_what_was_seen(state: LogState) -> None:
    """An older version that was seen, a lower severity."""
    scope = scope_of(entry(state, 0), Narrower({"ccxt": "4.5.90"}, "BTC/USDT:USDT", "entry_price", Severity.S2))
    assert (scope.libraries["ccxt"], scope.severity) == ("4.5.90", Severity.S2)


@pytest.mark.parametrize(
    "wider",
    [
        Narrower(libraries={"ccxt": "4.5.92"}),
        Narrower(libraries={"numpy": "1"}),
        Narrower(symbol="ETH/USDT:USDT"),
        Narrower(field="contracts"),
    ],
)
def test_acceptance_of_what_nobody_has_seen_is_refused(state: LogState, wider: Narrower) -> None:
    """Neither another version, nor another instrument, nor another field."""
    with pytest.raises(StatusRefused, match="nobody has seen"):
        scope_of(entry(state, 0), wider)


def test_acceptance_up_to_a_severity_above_the_one_seen_is_refused(state: LogState) -> None:
    """S2 was seen, so S3 would be an alarm; S2 itself is in order."""
    with pytest.raises(StatusRefused, match="severity S3"):
        scope_of(entry(state, 1), Narrower(severity=Severity.S3))
    assert scope_of(entry(state, 1), Narrower(severity=Severity.S2)).severity is Severity.S2


def test_decision_about_several_leaves_out_those_that_stand_so(state: LogState) -> None:
    """The understood one is not understood twice; about it alone the log is asked, and refuses."""
    several = [entry(state, 0), entry(state, 1)]
    assert [one.entry_id for one in changes_for(several, decided(UNDERSTOOD))] == [made_entry(0).entry_id]
    assert len(changes_for(several[1:], decided(UNDERSTOOD))) == 1


@pytest.mark.parametrize("limit", [{"expires": date(2027, 1, 1)}, {"narrower": Narrower(severity=Severity.S1)}])
def test_limits_without_an_acceptance_are_refused(state: LogState, limit: dict[str, object]) -> None:
    """Only an accepted risk ends, and only it has a scope."""
    with pytest.raises(LogError, match="belong to accepted-risk"):
        changes_for([entry(state, 0)], decided(UNDERSTOOD, **limit))
    assert changes_for([entry(state, 1)], decided(ACCEPTED, **limit))


def test_next_verification_is_kept_in_the_record(state: LogState) -> None:
    """What is said to come next stays with the decision."""
    (change,) = changes_for([entry(state, 0)], decided(UNDERSTOOD, next_verification="the next release"))
    assert change.next_verification == "the next release"


def test_entries_of_a_rule_and_open_entries_are_found(state: LogState) -> None:
    """Several at once: by rule, or all that are open today."""
    assert [one.entry_id for one in of_rule(state, "another")] == [made_entry(2).entry_id]
    assert len(of_rule(state, "positions.entry_price")) == 2
    assert [one.entry_id for one in all_open(state)] == [made_entry(0).entry_id, made_entry(2).entry_id]
    with pytest.raises(LogError, match="no entry of the rule"):
        of_rule(state, "none")
    with pytest.raises(LogError, match="no open entry"):
        all_open(LogState({}, {}, ()))


def test_finding_is_accepted_by_the_decision_and_not_by_what_lies_outside_of_it(state: LogState) -> None:
    """What the command writes is what a run then accepts: the last versions seen, and no others."""
    first = entry(state, 0)
    taken = first.entry.model_dump(include=set(Finding.model_fields))
    claim = {"value": "1"}
    finding = Finding.model_validate(
        {
            **taken, "finding_id": "F001", "symbol": "BTC/USDT:USDT", "market_type": "swap", "ccxt": claim,
            "okx_sdk": claim, "expected": None, "mitigation": "fallback", "ccxt_raw_sample_ref": None,
            "okx_raw_sample_ref": None,
        }
    )  # fmt: skip
    accepted = with_changes(state, changes_for([first], decided(ACCEPTED)))
    newer = {"ccxt": "4.5.91", "okx_sdk": "0.4.4"}
    assert accepts(accepted, finding, newer, TODAY) == first.entry_id
    assert accepts(accepted, finding, VERSIONS, TODAY) is None
    assert accepts(state, finding, newer, TODAY) is None


def with_changes(state: LogState, changes: list[StatusChange]) -> LogState:
    """The state after these changes."""
    records = [record for one in state.entries.values() for record in (one.stored, *one.changes, *one.occurrences)]
    kind = type(records[0])
    added = [kind({**one.model_dump(mode="json"), "date_utc": "2026-11-21"}, 0, one) for one in changes]
    return fold([*records, *added], TODAY)
