"""The fast reading of the log: it says what the folded log says, and names what is wrong with the lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dualwitness.difflog import scan
from dualwitness.difflog.listing import Row, rows_of
from dualwitness.difflog.records import Content
from dualwitness.difflog.scan import scanned
from dualwitness.difflog.state import fold
from tests.support.difflog_records import (
    TODAY,
    change_of,
    filled_log,
    imported_entry,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
)

HOSTILE = (
    '"severity":"S0"',
    '\\","severity":"S0',
    "}},",
    "\x1b[2J\r\n\u202e",
    '{"axis":"E","date_utc":"',
    "\\",
    "比特币",
    "",
)


def written(folder: Path, *contents: Content) -> Path:
    """A log with these records."""
    with open_log(folder) as log:
        keep_bodies(log, *range(20))
        log.append_many(contents)
    return folder


def folded(folder: Path, today: date = TODAY) -> list[Row]:
    """The rows as the typed records give them."""
    return list(rows_of(fold(open_log(folder).read().records, today)))


def test_rows_of_every_kind_of_record_are_those_of_the_folded_log(tmp_path: Path) -> None:
    """Entries, occurrences, decisions and imported entries: the short way and the long way agree."""
    filled_log(tmp_path, entries=5)
    scan_ = scanned(tmp_path, TODAY)
    assert list(scan_.rows) == folded(tmp_path)
    assert [row.seen for row in scan_.rows] == [2, 1, 1, 1, 1, 0]
    assert (scan_.problems, scan_.is_checked) == ((), True)


def test_entries_of_ours_are_read_the_short_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain entries, with a symbol or without, need no JSON; else the speed would be gone without a word."""
    whole = made_entry(1, environment__symbol_in_use=None, environment__symbol_reason="seen in 160 rows")
    written(tmp_path, made_entry(0), whole)
    monkeypatch.setattr(scan._Found, "_slow", lambda *_: pytest.fail("a plain entry was read as JSON"))
    assert [row.symbol for row in scanned(tmp_path, TODAY).rows] == ["BTC/USDT:USDT", None]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "place",
    [
        "observed__ccxt_output",
        "observed__okx_output",
        "row_key",
        "environment__symbol_in_use",
        "operation",
        "field",
        "reason",
        "rule",
    ],
)
def test_text_that_looks_like_keys_changes_no_other_value(tmp_path: Path, place: str, text: str) -> None:
    """Wherever a venue's text stands in a line, the row is that of the parsed record."""
    written(tmp_path, made_entry(0, **{place: f"x{text}"}), made_entry(1))
    assert list(scanned(tmp_path, TODAY).rows) == folded(tmp_path)


@pytest.mark.parametrize("today", [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)])
def test_status_of_a_decided_entry_is_the_one_of_that_day(tmp_path: Path, today: date) -> None:
    """An acceptance holds through its last day; on the day after the row says that it has expired."""
    entry = made_entry(0)
    changes = [change_of(entry, "understood"), change_of(entry, "accepted-risk", expires=date(2026, 12, 31))]
    written(tmp_path, entry, made_entry(1), *changes, occurrence_of(entry))
    rows = scanned(tmp_path, today).rows
    assert list(rows) == folded(tmp_path, today)
    assert [row.status for row in rows] == ["open expired" if today.year == 2027 else "accepted-risk", "open"]


def test_changed_line_is_named_and_listed_all_the_same(tmp_path: Path) -> None:
    """What was tampered with is shown, and it is said."""
    filled_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"severity":"S2"', b'"severity":"S0"', 1))
    scan_ = scanned(tmp_path, TODAY)
    assert scan_.rows[0].severity == "S0"
    assert scan_.problems[0].entry_id == made_entry(0).entry_id


def test_line_that_is_no_record_is_named_with_its_number(tmp_path: Path) -> None:
    """Foreign lines do not end the reading of the others."""
    filled_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    path.write_bytes(b'{"axis":"E","date_utc":"\n' + path.read_bytes() + b"[]\nnot json\n")
    scan_ = scanned(tmp_path, TODAY)
    assert {one.line for one in scan_.problems if one.text == "the line is no record"} == {1, 7, 8}
    assert len(scan_.rows) == 3


def test_torn_tail_is_no_row_and_no_problem(tmp_path: Path) -> None:
    """What was never acknowledged is not in the log."""
    filled_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole.split(b"\n")[1][:200])
    scan_ = scanned(tmp_path, TODAY)
    assert (len(scan_.rows), scan_.problems) == (3, ())


def test_large_log_is_listed_without_its_chain_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the chain is left to `verify`; what is no record is named even then."""
    filled_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"severity":"S2"', b'"severity":"S0"', 1) + b"{}\n")
    monkeypatch.setattr(scan, "LARGEST_CHECKED", 100)
    scan_ = scanned(tmp_path, TODAY)
    assert [one.text for one in scan_.problems] == ["the line is no record"]
    assert not scan_.is_checked


def test_log_without_entries_has_no_rows(tmp_path: Path) -> None:
    """A folder that is empty or not there has no rows; one with an imported entry has one, which is no evidence."""
    assert scanned(tmp_path, TODAY).rows == ()
    written(tmp_path, imported_entry())
    assert [row.is_evidence for row in scanned(tmp_path, TODAY).rows] == [False]
    assert scanned(tmp_path / "absent", TODAY).rows == ()
