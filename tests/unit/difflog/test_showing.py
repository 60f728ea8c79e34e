"""One entry in full on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dualwitness.difflog.records import Entry
from dualwitness.difflog.showing import as_json, raw_pair, shown, words_of
from dualwitness.difflog.state import EntryState, fold
from tests.support.difflog_command import difflog, printable
from tests.support.difflog_records import TODAY, bodies_of, filled_log, imported_entry, made_entry, open_log

HOSTILE = '\x1b[2J<script>"\r\n\u202e'


def first_of(folder: Path) -> EntryState:
    """The first entry of the whole story."""
    return next(iter(fold(open_log(folder).read().records, TODAY).entries.values()))


def test_entry_is_shown_with_form_history_pair_and_difference(tmp_path: Path) -> None:
    """Everything that is known of it, in this order."""
    filled_log(tmp_path)
    with open_log(tmp_path) as log:
        lines = list(shown(first_of(tmp_path), log.sample, width=120))
    assert lines[0] == f"{made_entry(0).entry_id}  S2 I  get_positions.entry_price: mismatch"
    places = [
        lines.index(name) for name in ("Date (UTC)", "Record", "History", "Raw pair", "Difference of the raw pair")
    ]
    assert places == sorted(places)
    assert any(line.split() == ["status", "now", "accepted-risk"] for line in lines)


def test_raw_pair_stands_side_by_side_and_marks_the_lines_that_differ(tmp_path: Path) -> None:
    """Both answers in one line each, the differing one marked, and the difference below."""
    filled_log(tmp_path)
    with open_log(tmp_path) as log:
        lines = list(shown(first_of(tmp_path), log.sample, width=120))
    (same,) = (line for line in lines if line.count('"avgPx"') == 2)
    (other,) = (line for line in lines if line.count('"uTime"') == 2)
    assert ("│" in same, "┃" in other) == (True, True)
    assert '  -      "uTime": "1"' in lines
    assert '  +      "uTime": "2"' in lines


def test_same_bytes_on_both_sides_are_said_to_be_the_same(tmp_path: Path) -> None:
    """Where only the reading differs, there is nothing to compare in the raw pair."""
    filled_log(tmp_path)
    body = bodies_of(0)[0]
    lines = list(shown(first_of(tmp_path), lambda _: body, width=120))
    assert lines[-1] == "  none: the same bytes, read differently"


def test_lost_sample_is_named_and_is_no_difference_of_answers(tmp_path: Path) -> None:
    """The reference that nobody has is told on its side; no difference is made up of it."""
    filled_log(tmp_path)
    lines = list(shown(first_of(tmp_path), lambda _: None, width=200))
    assert any(f"no raw sample {made_entry(0).evidence.ccxt_raw_sample_ref}" in line for line in lines)
    assert sum("it should be in the log: verify the log" in line for line in lines) == 1
    assert lines[-1] == "  cannot be told: a raw sample is not here"


def test_sample_that_lies_elsewhere_is_told_with_the_way_to_it() -> None:
    """A recording is not in the log, and that is no fault."""
    entry = made_entry(0, "offline", evidence__raw_samples_at="okx-payloads")
    assert raw_pair(entry, lambda _: None)[0][1] == "it lies in okx-payloads: name that folder with --samples"


@pytest.mark.parametrize("whole", [False, True])
def test_rows_that_matter_are_shown_and_all_of_them_if_asked(whole: bool) -> None:
    """The row of the entry out of many, or the whole answer."""
    body = json.dumps({"data": [{"posId": str(number)} for number in range(50)]}).encode()
    left, right = raw_pair(made_entry(7), lambda _: body, is_whole=whole)
    assert left == right
    assert (len(left) > 100) is whole
    assert (left[0] == "… 1 of 50 rows") is not whole


def test_words_of_an_entry_are_row_symbol_and_the_id_of_the_venue() -> None:
    """What a raw row about the entry can carry."""
    assert words_of(made_entry(3)) == ["3", "BTC/USDT:USDT", "BTC-USDT-SWAP"]
    whole = made_entry(3, row_key=None, environment__symbol_in_use=None, environment__symbol_reason="in 160 rows")
    assert words_of(whole) == []


def test_hostile_text_of_a_venue_reaches_no_terminal(tmp_path: Path) -> None:
    """In the entry, in the samples, in the history: every line is printable."""
    filled_log(tmp_path)
    first = first_of(tmp_path)
    fields = dict(first.stored.fields) | {"operation": HOSTILE, "reason": HOSTILE, "row_key": HOSTILE}
    fields["observed"] = dict.fromkeys(("ccxt_output", "okx_output", "mismatch"), HOSTILE)
    entry = Entry.model_validate(
        {name: value for name, value in fields.items() if name in Entry.model_fields}, strict=False
    )
    stored = type(first.stored)(fields, 0, entry)
    hostile = EntryState(stored, first.status, first.expired, first.changes, first.occurrences, first.acceptance)
    lines = list(shown(hostile, lambda _: HOSTILE.encode() * 10_000, width=120))
    assert all(printable(line) and "\n" not in line for line in lines)
    assert any(r"\x1b[2J<script>" in line for line in lines)


def test_json_of_an_entry_holds_its_line_its_changes_and_where_it_was_seen(tmp_path: Path) -> None:
    """One document, plain ASCII."""
    filled_log(tmp_path)
    text = as_json(first_of(tmp_path))
    document = json.loads(text)
    assert text.isascii()
    assert document["entry"]["entry_id"] == made_entry(0).entry_id
    assert (document["status"], document["expired"]) == ("accepted-risk", False)
    assert (len(document["changes"]), len(document["occurrences"])) == (2, 1)


def test_imported_entry_is_shown_as_no_evidence_in_text_and_json(tmp_path: Path) -> None:
    """A predecessor's word is labelled in both."""
    filled_log(tmp_path)
    name = imported_entry().entry_id
    answered = difflog("show", name, "--difflog", tmp_path)
    assert answered.lines[0] == f"{name}  imported, no evidence of ours"
    document = json.loads(difflog("show", name, "--json", "--difflog", tmp_path).out)
    assert document["is_evidence"] is False
