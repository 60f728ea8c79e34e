"""Any sequence of appends, by several writers, with torn tails in between, against a model in a few lines."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.difflog import LogError, verify_log
from dualwitness.difflog.records import Content, Imported, Occurrence, StatusChange
from dualwitness.difflog.state import refusal_of
from dualwitness.difflog.store import ENTRIES
from tests.support.difflog_records import (
    change_of,
    imported_entry,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
)

ENTRIES_OF_A_POOL = [made_entry(number) for number in range(3)]
STATUSES = ("open", "understood", "mitigated", "accepted-risk")
CONTENT = st.one_of(
    st.sampled_from(ENTRIES_OF_A_POOL),
    st.sampled_from(ENTRIES_OF_A_POOL).map(occurrence_of),
    st.builds(change_of, st.sampled_from(ENTRIES_OF_A_POOL), st.sampled_from(STATUSES)),
    st.integers(0, 1).map(imported_entry),
)
STEP = st.tuples(
    st.integers(0, 2), st.lists(CONTENT, min_size=1, max_size=4), st.sampled_from([b"", b"{", b'{"axis":'])
)


class Model:
    """What a log holds, in plain words."""

    def __init__(self) -> None:
        self.records: list[Content] = []
        self.statuses: dict[str, str] = {}
        self.imported: set[str] = set()

    def take(self, batch: list[Content]) -> bool:
        """Take all of a batch, or none of it."""
        kept = list(self.records), dict(self.statuses), set(self.imported)
        for content in batch:
            if not self._take(content):
                self.records, self.statuses, self.imported = kept
                return False
        return True

    def _take(self, content: Content) -> bool:
        entry_id = content.entry_id
        if isinstance(content, Imported):
            fits = entry_id not in self.imported
            self.imported.add(entry_id)
        elif isinstance(content, Occurrence):
            fits = entry_id in self.statuses
        elif isinstance(content, StatusChange):
            was = self.statuses.get(entry_id)
            fits = was is not None and refusal_of(was, content.status) is None
            self.statuses[entry_id] = content.status if fits else str(was)
        else:
            fits = entry_id not in self.statuses
            self.statuses.setdefault(entry_id, "open")
        self.records.append(content)
        return fits


@settings(max_examples=60)
@given(st.lists(STEP, max_size=8))
def test_log_takes_and_refuses_exactly_what_the_model_does(steps: list[tuple[int, list[Content], bytes]]) -> None:
    """Three writers in turn, torn tails between them: the log holds what the model holds, in order, and is sound."""
    model = Model()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        patch.setattr("os.fdatasync", lambda _: None)
        logs = [open_log(Path(folder)) for _ in range(3)]
        keep_bodies(logs[0], *range(3))
        for writer, batch, torn in steps:
            if torn:
                with Path(folder, ENTRIES).open("ab") as file:
                    file.write(torn)
            try:
                logs[writer].append_many(batch)
            except LogError:
                assert not model.take(batch)
            else:
                assert model.take(batch)
        with open_log(Path(folder)) as log:
            reading = log.read()
        held = [one.content for one in reading.records]
        assert reading.problems == ()
        assert [one for one in held if not isinstance(one, Occurrence)] == [
            one for one in model.records if not isinstance(one, Occurrence)
        ]
        assert [one for one in held if isinstance(one, Occurrence)] == [
            one for one in model.records if isinstance(one, Occurrence)
        ]
        if held and not reading.torn_tail:
            assert verify_log(Path(folder)).problems == ()
        for log in logs:
            log.close()
