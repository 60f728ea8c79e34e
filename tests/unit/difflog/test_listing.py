"""The table of `list`: its filters, its columns, and its summary."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from dualwitness.difflog.listing import COLUMNS, Filters, Row, as_json, rows_of, selected, spellings_of, table
from dualwitness.difflog.state import fold
from tests.support.difflog_command import printable
from tests.support.difflog_records import TODAY, filled_log, open_log

ROW = Row(
    entry="DIFF-20261121-0000000001",
    date="2026-11-21T12:00:00.000Z",
    severity="S2",
    axis="I",
    status="open",
    env="sim",
    operation="get_positions",
    field="contracts",
    symbol="BTC/USDT:USDT",
    odd_one_out="ccxt",
    seen=1,
    fingerprint="0000000001234567",
    rule="positions.contracts",
    libraries={"ccxt": "4.5.90", "okx_sdk": "0.4.4"},
    is_evidence=True,
)
OLD = ROW._replace(entry="DIFF-20251221-old", status="imported", env="imported", severity="S2 S1", axis="I M",
    symbol=None, odd_one_out=None, libraries={}, date="2025-12-21", is_evidence=False, rule=None)  # fmt: skip


@pytest.mark.parametrize(
    ("fits", "misses"),
    [
        (Filters(), None),
        (Filters(severity=frozenset({"S2", "S3"})), Filters(severity=frozenset({"S3"}))),
        (Filters(axis=frozenset({"I"})), Filters(axis=frozenset({"E"}))),
        (Filters(status=frozenset({"open"})), Filters(status=frozenset({"understood", "expired"}))),
        (Filters(library="ccxt"), Filters(library="okx_sdk")),
        (Filters(library="okx_sdk@0.4.4"), Filters(library="okx_sdk@0.4.5")),
        (Filters(symbols=spellings_of("BTC-USDT-SWAP")), Filters(symbols=spellings_of("BTC/USDT"))),
        (Filters(since=date(2026, 11, 21)), Filters(since=date(2026, 11, 22))),
        (Filters(rule="positions.contracts"), Filters(rule="positions")),
        (
            Filters(severity=frozenset({"S2"}), axis=frozenset({"I"})),
            Filters(severity=frozenset({"S2"}), axis=frozenset({"M"})),
        ),
    ],
)
def test_filter_lets_through_what_it_names_and_nothing_else(fits: Filters, misses: Filters | None) -> None:
    """Each filter with its negative control; several hold together."""
    assert list(selected([ROW], fits)) == [ROW]
    assert misses is None or list(selected([ROW], misses)) == []


def test_expired_acceptance_is_found_as_open_and_as_expired() -> None:
    """Both words lead to it."""
    row = ROW._replace(status="open expired")
    for word in ("open", "expired"):
        assert list(selected([row], Filters(status=frozenset({word})))) == [row]


def test_imported_entry_is_found_by_each_of_its_axes_and_by_no_library() -> None:
    """It has no versions of ours, so no library was compared in it."""
    assert list(selected([ROW, OLD], Filters(axis=frozenset({"M"})))) == [OLD]
    assert list(selected([OLD], Filters(library="ccxt"))) == []


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("BTC/USDT:USDT", {"BTC/USDT:USDT", "BTC-USDT-SWAP"}),
        ("BTC-USDT-SWAP", {"BTC/USDT:USDT", "BTC-USDT-SWAP"}),
        ("BTC/USDT", {"BTC/USDT", "BTC-USDT"}),
        ("no symbol", {"no symbol"}),
    ],
)
def test_instrument_is_looked_for_under_both_spellings(name: str, spellings: set[str]) -> None:
    """A person may type the unified symbol or the venue's id."""
    assert spellings_of(name) == spellings


def test_table_has_aligned_columns_and_counts_what_it_shows() -> None:
    """One heading, one line a row, a summary in which an imported entry is no difference."""
    lines = list(table([ROW, ROW._replace(severity="S3", symbol=None, seen=12), OLD]))
    assert lines[0].split() == list(COLUMNS)
    assert len({line.index("get_positions") for line in lines[1:3]}) == 1
    assert "(whole answer)" in lines[2]
    assert "(whole answer)" not in lines[3]
    assert lines[-1] == "2 differences (1 S3, 1 S2; 2 open), 1 imported entry"


def test_table_without_rows_is_its_count() -> None:
    """Nothing to show is said."""
    assert list(table([])) == ["0 differences"]


def test_hostile_text_neither_breaks_the_table_nor_widens_it() -> None:
    """Escape sequences and line ends are spelled, and a megabyte is cut."""
    lines = list(table([ROW._replace(field="\x1b[2J\r\n" + "x" * 1_000_000, symbol="\u202eUSDT"), ROW]))
    assert len(lines) == 4
    assert all(printable(line) and len(line) < 250 for line in lines)
    assert r"\x1b[2J\r\n" in lines[1]


def test_entry_ids_are_never_cut() -> None:
    """An id that is shown can be typed."""
    name = "DIFF-20251221-C0.7-positions-fallback-reconstructed-from-fills"
    assert name in list(table([OLD._replace(entry=name)]))[1]


def test_json_holds_each_row_under_the_names_of_the_columns(tmp_path: Path) -> None:
    """One document, plain ASCII, everything that the table says and what the filters look at."""
    filled_log(tmp_path)
    rows = list(rows_of(fold(open_log(tmp_path).read().records, TODAY)))
    text = as_json(rows)
    document = json.loads(text)
    assert text.isascii()
    assert document["schema_version"] == 1
    assert [Row(**one) for one in document["entries"]] == rows
