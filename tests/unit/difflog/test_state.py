"""What the log says on a day: the walk of a status, what an acceptance reaches, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from dualwitness.difflog.chain import Link, seal
from dualwitness.difflog.records import Content, Entry, EntryStatus, Scope, Stored, World
from dualwitness.difflog.state import LogState, accepts, fold, refusal_of
from dualwitness.models.enums import Severity
from dualwitness.models.finding import Finding
from tests.support.difflog_records import (
    TODAY,
    VERSIONS,
    change_of,
    fingerprint,
    imported_entry,
    made_entry,
    occurrence_of,
)

ALLOWED = {
    ("open", "understood"),
    ("open", "mitigated"),
    ("open", "accepted-risk"),
    ("understood", "open"),
    ("understood", "mitigated"),
    ("understood", "accepted-risk"),
    ("mitigated", "open"),
    ("accepted-risk", "open"),
    ("accepted-risk", "understood"),
    ("accepted-risk", "mitigated"),
    ("accepted-risk", "accepted-risk"),
}
LAST_DAY = date(2026, 12, 31)


def stored(contents: Iterable[Content]) -> list[Stored]:
    """The records as a log would hold them, in memory."""
    link, records = Link(), []
    for content in contents:
        line, fields = seal(content.model_dump(mode="json"), link, "2026-11-21T12:00:00.000Z")
        link = Link(link.count + 1, fields["entry_hash"].encode(), link.size + len(line))
        records.append(Stored(fields, len(line) - 1))
    return records


def state_of(*contents: Content, today: date = TODAY) -> LogState:
    """What these records say."""
    return fold(stored(contents), today)


def finding_like(entry: Entry, **changes: Any) -> Finding:
    """The difference of an entry, as a later run finds it."""
    fields = {
        "finding_id": "F001",
        "symbol": entry.environment.symbol_in_use,
        "market_type": "swap",
        "ccxt": {"value": "1"},
        "okx_sdk": {"value": "2"},
        "expected": None,
        "mitigation": "null_and_reason",
        "ccxt_raw_sample_ref": "0" * 64,
        "okx_raw_sample_ref": "1" * 64,
        **entry.model_dump(
            include={
                "fingerprint", "kind", "layer", "odd_one_out", "axis", "operation", "row_key", "field", "outcome",
                "severity", "rule", "reason",
            }
        ),
        **changes,
    }  # fmt: skip
    return Finding.model_validate(fields)


def accepted(**changes: Any) -> tuple[Entry, LogState]:
    """An entry of the world sim that is accepted through `LAST_DAY`."""
    entry = made_entry(0)
    return entry, state_of(entry, change_of(entry, "accepted-risk", expires=LAST_DAY, **changes))


@pytest.mark.parametrize(("was", "now"), [*product(EntryStatus, EntryStatus)])
def test_every_step_of_the_walk_is_allowed_or_refused_with_a_reason(was: EntryStatus, now: EntryStatus) -> None:
    """Forwards, back to open and a renewed acceptance are allowed; a repetition or what was mitigated is not."""
    refusal = refusal_of(was, now)
    assert (refusal is None) == ((was, now) in ALLOWED)
    if refusal is not None:
        assert str(was) in refusal.problem
        assert refusal.advice


def test_status_of_an_entry_follows_its_changes_in_their_order() -> None:
    """The last change counts, and each stands in the history with who decided and why."""
    entry = made_entry(0)
    walk = ("understood", "mitigated", "open", "understood")
    changes = [change_of(entry, status, why=f"step {number}") for number, status in enumerate(walk)]
    for length in range(len(walk) + 1):
        (one,) = state_of(entry, *changes[:length]).entries.values()
        assert one.status == (walk[length - 1] if length else "open")
        assert [change.change.why for change in one.changes] == [f"step {number}" for number in range(length)]


def test_entry_recorded_as_understood_begins_there() -> None:
    """The status at the start is the one that the entry itself gives."""
    (one,) = state_of(made_entry(0, decision__status="understood")).entries.values()
    assert one.status is EntryStatus.UNDERSTOOD


def test_occurrences_and_imported_entries_stand_apart_from_entries() -> None:
    """Seen again is counted at its entry; what was imported is no entry."""
    entry = made_entry(0)
    state = state_of(entry, imported_entry(), occurrence_of(entry), occurrence_of(entry))
    assert len(state.by_fingerprint[fingerprint(0)].occurrences) == 2
    assert list(state.entries) == [entry.entry_id]
    assert [one.entry_id for one in state.imported] == ["DIFF-20251221-predecessor-0"]


def test_words_about_an_entry_that_is_not_there_change_nothing() -> None:
    """A change or an occurrence without its entry is passed over."""
    lost = made_entry(1)
    state = state_of(made_entry(0), change_of(lost, "understood"), occurrence_of(lost))
    assert [str(one.status) for one in state.entries.values()] == ["open"]


def test_acceptance_holds_through_its_last_day_and_alarms_on_the_next() -> None:
    """On the day after it expired the entry is open again, marked as expired, and accepts nothing."""
    entry = made_entry(0)
    contents = (entry, change_of(entry, "accepted-risk", expires=LAST_DAY))
    for days, status, expired in ((-1, "accepted-risk", False), (0, "accepted-risk", False), (1, "open", True)):
        today = LAST_DAY + timedelta(days)
        state = state_of(*contents, today=today)
        one = state.entries[entry.entry_id]
        assert (str(one.status), one.expired, one.acceptance is None) == (status, expired, expired)
        found = accepts(state, finding_like(entry), VERSIONS, today)
        assert found == (None if expired else entry.entry_id)


def test_acceptance_folded_yesterday_is_not_believed_after_its_expiry() -> None:
    """A long run that goes on past midnight asks with today's date, and the expiry counts."""
    entry, state = accepted()
    assert accepts(state, finding_like(entry), VERSIONS, LAST_DAY) == entry.entry_id
    assert accepts(state, finding_like(entry), VERSIONS, LAST_DAY + timedelta(1)) is None


def test_acceptance_without_an_expiry_has_no_last_day() -> None:
    """No date means until the versions change."""
    entry = made_entry(0)
    state = state_of(entry, change_of(entry, "accepted-risk"))
    assert accepts(state, finding_like(entry), VERSIONS, date(2999, 1, 1)) == entry.entry_id


@pytest.mark.parametrize(
    "changes",
    [
        {"fingerprint": fingerprint(1)},
        {"symbol": "ETH/USDT:USDT"},
        {"symbol": None},
        {"field": "contracts"},
        {"severity": "S3"},
    ],
    ids=str,
)
def test_acceptance_ends_where_fingerprint_symbol_field_or_severity_differ(changes: dict[str, Any]) -> None:
    """What was accepted is accepted (the control); the same with one thing changed is not."""
    entry, state = accepted()
    assert accepts(state, finding_like(entry), VERSIONS, TODAY) == entry.entry_id
    assert accepts(state, finding_like(entry, **changes), VERSIONS, TODAY) is None


@pytest.mark.parametrize("severity", ["S0", "S1", "S2"])
def test_acceptance_reaches_up_to_its_severity(severity: str) -> None:
    """What is no worse than what was accepted is accepted."""
    entry, state = accepted()
    assert accepts(state, finding_like(entry, severity=severity), VERSIONS, TODAY) == entry.entry_id


@pytest.mark.parametrize(
    "versions",
    [{"ccxt": "4.5.91", "okx_sdk": "0.4.4"}, {"ccxt": "4.5.90", "okx_sdk": "0.4.5"}, {"ccxt": "4.5.90"}, {}],
    ids=str,
)
def test_acceptance_ends_with_another_version_of_either_library(versions: dict[str, str]) -> None:
    """An upgrade of one library, or a library that is not there, is no longer what was accepted."""
    entry, state = accepted()
    assert accepts(state, finding_like(entry), versions, TODAY) is None
    assert accepts(state, finding_like(entry), {**VERSIONS, "other": "1"}, TODAY) == entry.entry_id


@pytest.mark.parametrize("status", ["open", "understood", "mitigated"])
def test_nothing_but_an_accepted_risk_is_accepted(status: str) -> None:
    """A mitigated difference that shows again is a difference."""
    entry = made_entry(0)
    state = state_of(entry, *([] if status == "open" else [change_of(entry, status)]))
    assert accepts(state, finding_like(entry), VERSIONS, TODAY) is None


def test_acceptance_that_was_withdrawn_is_over() -> None:
    """The last word counts, and a renewed acceptance counts again."""
    entry = made_entry(0)
    first = change_of(entry, "accepted-risk", expires=TODAY - timedelta(1))
    withdrawn, renewed = change_of(entry, "open"), change_of(entry, "accepted-risk", expires=LAST_DAY)
    finding = finding_like(entry)
    assert accepts(state_of(entry, change_of(entry, "accepted-risk"), withdrawn), finding, VERSIONS, TODAY) is None
    assert accepts(state_of(entry, first), finding, VERSIONS, TODAY) is None
    assert accepts(state_of(entry, first, renewed), finding, VERSIONS, TODAY) == entry.entry_id


@pytest.mark.parametrize(("seen_in", "asked_in"), [*product(World, World)])
def test_acceptance_never_reaches_a_world_more_real_than_its_evidence(seen_in: World, asked_in: World) -> None:
    """What the embedded venue or a recording showed is not accepted in demo or live, nor demo's in live."""
    rank = {World.SIM: 0, World.OFFLINE: 0, World.DEMO: 1, World.LIVE: 2}
    entry = made_entry(0, seen_in)
    state = state_of(entry, change_of(entry, "accepted-risk"))
    found = accepts(state, finding_like(entry), VERSIONS, TODAY, asked_in)
    assert found == (entry.entry_id if rank[asked_in] <= rank[seen_in] else None)


def test_acceptance_whose_scope_names_a_world_reaches_that_world() -> None:
    """Somebody who saw it again in demo can say so; live stays out of reach."""
    entry = made_entry(0)
    scope = Scope(libraries=VERSIONS, symbol="BTC/USDT:USDT", field="entry_price", severity=Severity.S2, env=World.DEMO)
    state = state_of(entry, change_of(entry, "accepted-risk", scope=scope))
    assert accepts(state, finding_like(entry), VERSIONS, TODAY, World.DEMO) == entry.entry_id
    assert accepts(state, finding_like(entry), VERSIONS, TODAY, World.LIVE) is None
