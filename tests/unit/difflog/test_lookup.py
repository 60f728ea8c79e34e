"""An entry by what a person types."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualwitness.difflog.errors import LogError, UnknownEntry
from dualwitness.difflog.lookup import entry_named, found
from dualwitness.difflog.state import LogState, fold
from tests.support.difflog_records import TODAY, filled_log, fingerprint, imported_entry, made_entry, open_log


@pytest.fixture(name="state")
def state_of_a_filled_log(tmp_path: Path) -> LogState:
    """Five entries and an imported one."""
    filled_log(tmp_path, entries=5)
    return fold(open_log(tmp_path).read().records, TODAY)


def test_whole_id_and_unique_beginnings_name_an_entry(state: LogState) -> None:
    """The id, the fingerprint, the beginning of either, in any case of letters."""
    name, mark = made_entry(3).entry_id, fingerprint(3)
    for text in (name, name[:-3], name.lower(), mark, mark[:6], mark.upper()[:6]):
        assert found(state, text).entry_id == name


def test_imported_entry_is_found_but_is_no_entry_of_ours(state: LogState) -> None:
    """It can be looked at; nothing can be decided about it."""
    name = imported_entry().entry_id
    assert found(state, name[:-4]).entry_id == name
    with pytest.raises(LogError, match="without evidence"):
        entry_named(state, name)
    assert entry_named(state, made_entry(1).entry_id).entry_id == made_entry(1).entry_id


def test_beginning_of_several_entries_names_them(state: LogState) -> None:
    """All of five begin with the day; it is said which."""
    with pytest.raises(LogError) as refused:
        found(state, "DIFF-2026")
    assert "the beginning of 5 entries" in str(refused.value)
    assert all(made_entry(number).entry_id in str(refused.value) for number in range(5))


def test_whole_id_wins_over_those_that_it_begins(tmp_path: Path) -> None:
    """An id that is also a beginning of another one can still be named."""
    with open_log(tmp_path) as log:
        log.append_many([imported_entry(1), imported_entry(11)])
    state = fold(open_log(tmp_path).read().records, TODAY)
    assert found(state, imported_entry(1).entry_id).entry_id == imported_entry(1).entry_id


def test_mistyped_name_is_answered_with_the_nearest(state: LogState) -> None:
    """One wrong digit is no riddle."""
    name = made_entry(2).entry_id
    with pytest.raises(UnknownEntry) as refused:
        found(state, f"{name[:-1]}z")
    assert name in refused.value.advice


@pytest.mark.parametrize("name", ["", "zzz", "\x1b[2J", "x" * 100_000])
def test_name_of_nothing_is_refused_in_a_short_safe_sentence(state: LogState, name: str) -> None:
    """Empty, foreign, hostile or endless: nothing is guessed."""
    with pytest.raises(UnknownEntry) as refused:
        found(state, name)
    assert len(refused.value.diagnostics()) < 250
    assert refused.value.diagnostics().isprintable()
