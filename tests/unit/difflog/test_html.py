"""The HTML page of a log: complete, bounded, alone in the world, and the worst entry first."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from dualwitness.difflog.form import HEADINGS, form_of
from dualwitness.difflog.html import PER_PAGE, html
from dualwitness.difflog.listing import COLUMNS
from dualwitness.difflog.page import MOST_HISTORY, MOST_LINES, MOST_TEXT, PER_PIECE
from tests.support.difflog_page import PageReader, read_page
from tests.support.difflog_states import MadeLog, plain_log


def page_of(made: MadeLog, **named: Any) -> PageReader:
    """The page of a log, read back."""
    return read_page("".join(html(made.state(), made.samples, summary="the log of a test", **named)))


def rows_in(page: PageReader) -> list[dict[str, Any]]:
    """The rows of the data blocks with their numbers resolved, in the page's order."""
    strings: list[str] = []
    shapes: list[Any] = []
    rows = []
    for piece in page.pieces:
        strings += piece["strings"]
        shapes += piece["shapes"]
        for shape, cells, values, history, raw in piece["rows"]:
            names = [(heading, label) for heading, labels in shapes[shape] for label in labels]
            rows.append(
                {
                    "cells": dict(zip(COLUMNS, (strings[one] for one in cells), strict=True)),
                    "form": dict(zip(names, (strings[one] for one in values), strict=True)),
                    "history": [strings[one] for one in history],
                    "raw": [strings[one] for one in raw],
                }
            )
    return rows


def test_page_of_a_log_holds_the_whole_form_of_each_entry() -> None:
    """Heading by heading and label by label, the page has what `show` prints."""
    made = plain_log()
    state = made.state()
    shown = {row["cells"]["entry"]: row["form"] for row in rows_in(page_of(made))}
    for entry_id, one in state.entries.items():
        form = {
            (section.heading, label): text
            for section in form_of(one.stored, one.entry)
            for label, text in section.lines
        }
        assert shown[entry_id] == form
        assert list(dict.fromkeys(heading for heading, _ in shown[entry_id])) == list(HEADINGS)


def test_page_of_a_log_lists_the_worst_first_and_imported_entries_last() -> None:
    """Severity, then what is open; a predecessor's entry stands behind, labelled, with no raw pair and no history."""
    rows = rows_in(page_of(plain_log()))
    assert [(row["cells"]["severity"], row["cells"]["status"], row["cells"]["env"]) for row in rows] == [
        ("S3", "open", "sim"),
        ("S2", "open expired", "offline"),
        ("S2", "open", "live"),
        ("S2", "accepted-risk", "demo"),
        ("S1", "understood", "sim"),
        ("S0", "mitigated", "sim"),
        ("S2 S1", "imported", "imported"),
    ]
    assert (rows[-1]["raw"], rows[-1]["history"]) == ([], [])
    assert ("Imported, no evidence of ours", "source") in rows[-1]["form"]


def test_page_of_a_log_shows_its_first_rows_without_running_the_script() -> None:
    """The first page of the table is in the HTML itself, cell by cell as the data have it."""
    made = MadeLog()
    for number in range(PER_PAGE + 5):
        made.add(number)
    page = page_of(made)
    rows = rows_in(page)
    assert len(rows) == PER_PAGE + 5
    assert page.cells == [text for row in rows[:PER_PAGE] for text in row["cells"].values()]


def test_page_of_a_log_allows_its_own_script_and_style_and_nothing_else() -> None:
    """The policy names the hashes of the only script and the only style, and opens no other door."""
    page = page_of(plain_log())

    def hash_of(text: str) -> str:
        return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"

    (script,), (style,) = page.scripts, page.styles
    (policy,) = (found["content"] for name, found in page.elements if name == "meta" and "http-equiv" in found)
    assert policy is not None
    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": hash_of(script),
        "style-src": hash_of(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_page_of_a_log_points_to_nothing_outside_itself() -> None:
    """No element loads or leads anywhere, and neither script nor style names an address."""
    page = page_of(plain_log())
    attributes = {name for _, found in page.elements for name in found}
    assert attributes.isdisjoint({"src", "href", "srcset", "action", "data", "background", "ping", "style", "onclick"})
    assert not re.search(r"url\(|@import|https?:|fetch\(|XMLHttp|WebSocket|import\(", page.styles[0] + page.scripts[0])


@pytest.mark.parametrize(
    "sink", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
)
def test_script_of_the_page_never_makes_markup_from_text(sink: str) -> None:
    """Text becomes text nodes and attributes, never HTML and never code."""
    assert sink not in page_of(plain_log()).scripts[0]


def test_filters_of_the_page_offer_what_the_log_holds_with_its_count() -> None:
    """Axis, severity, status and world, each value with how many rows carry it."""
    page = page_of(plain_log())
    options = [found["value"] for name, found in page.elements if name == "option"]
    assert options == [
        *("", "E", "I", "M"),
        *("", "S0", "S1", "S2", "S3"),
        *("", "accepted-risk", "expired", "imported", "mitigated", "open", "understood"),
        *("", "demo", "imported", "live", "offline", "sim"),
    ]
    assert "S2 (4)" in "".join(page.text)


def test_raw_pair_that_many_entries_share_is_in_the_page_once() -> None:
    """Entries on the same rows of the same samples point to one text."""
    made = MadeLog()
    pair = (b'{"data":[{"pos":"1.5"}]}', b'{"data":[{"pos":"1.25"}]}')
    for number in range(20):
        made.add(number, raw=pair, row_key="swap|BTC-USDT-SWAP")
    page = page_of(made)
    strings = [text for piece in page.pieces for text in piece["strings"]]
    assert sum('"pos": "1.5"' in text for text in strings) == 1
    assert all('"pos": "1.5"' in row["raw"][0] for row in rows_in(page))


def test_raw_pairs_beyond_the_bound_of_a_page_are_left_out_and_said() -> None:
    """The worst entry has its pair; of the others the page says how to see it."""
    made = MadeLog()
    for number, severity in enumerate(("S0", "S3", "S1")):
        made.add(number, severity=severity, raw=(b'{"say":"%d"}' % number, b'{"say":"-%d"}' % number))
    rows = rows_in(page_of(made, most_raw=60))
    assert [len(row["raw"]) for row in rows] == [2, 1, 1]
    assert rows[1]["raw"] == [f"left out of this page for its size: python -m difflog show {rows[1]['cells']['entry']}"]


def test_raw_answer_longer_than_the_bound_is_cut_and_says_so() -> None:
    """The last line counts what is missing."""
    made = MadeLog()
    made.add(1, raw=(json.dumps(list(range(1_000))).encode(), b"[]"))
    (row,) = rows_in(page_of(made))
    lines = row["raw"][0].splitlines()
    assert (len(lines), lines[-1]) == (MOST_LINES + 1, f"… and {1_002 - MOST_LINES} more lines")


def test_text_longer_than_the_bound_is_cut_and_says_so() -> None:
    """A megabyte of a venue does not fill the page, and its length is told."""
    made = MadeLog()
    made.add(1, observed__ccxt_output="x" * 1_000_000)
    (row,) = rows_in(page_of(made))
    text = row["form"]["Observed difference (facts only)", "CCXT output"]
    assert text == "x" * MOST_TEXT + "… (cut here, 1000000 characters in the log)"


def test_raw_sample_that_is_lost_is_named_in_the_page() -> None:
    """A body that is nowhere is no empty body."""
    made = MadeLog()
    entry = made.add(1)
    made.bodies.pop(entry.evidence.okx_raw_sample_ref)
    (row,) = rows_in(page_of(made))
    assert row["raw"][1] == f"no raw sample {entry.evidence.okx_raw_sample_ref} at hand"


def test_long_history_keeps_its_first_and_its_latest_lines() -> None:
    """A difference that was seen hundreds of times does not fill the page, and the gap is told."""
    made = MadeLog()
    entry = made.add(1)
    for _ in range(200):
        made.see_again(entry)
    (row,) = rows_in(page_of(made))
    assert len(row["history"]) == 2 * (MOST_HISTORY + 1)
    assert row["history"][1].startswith("recorded as open")
    assert row["history"][3].startswith(f"{201 - MOST_HISTORY} more: python -m difflog show ")


def test_rows_of_a_large_log_travel_in_pieces_with_one_table_of_strings() -> None:
    """A second piece refers to the strings of the first and repeats none of them."""
    made = MadeLog()
    for number in range(PER_PIECE + 1):
        made.add(number, raw=(b"[]", b"[1]"))
    page = page_of(made)
    assert [len(piece["rows"]) for piece in page.pieces] == [PER_PIECE, 1]
    strings = [text for piece in page.pieces for text in piece["strings"]]
    assert len(strings) == len(set(strings))
    assert len(rows_in(page)) == PER_PIECE + 1


def test_page_of_an_empty_log_says_that_it_is_empty() -> None:
    """No row, no data, and a sentence instead."""
    page = page_of(MadeLog())
    assert (page.cells, page.pieces) == ([], [])
    assert "The log holds no entry." in "".join(page.text)


def test_page_of_a_log_tells_readers_without_script_what_to_do() -> None:
    """Who runs no script reads the first rows and where the rest is."""
    page = page_of(plain_log())
    assert "noscript" in page.counted
    assert "python -m difflog render --markdown OUT" in "".join(page.text)


def test_every_control_of_the_page_has_a_name() -> None:
    """Inputs and selects stand inside a label, buttons carry text, the table has a caption and scoped headings."""
    text = "".join(html(plain_log().state(), plain_log().samples, summary=""))
    page = read_page(text)
    counted = page.counted
    assert counted["label"] == counted["input"] + counted["select"] == 5
    assert len(re.findall(r"<label[^>]*>[^<]+<(?:input|select)", text)) == 5
    assert counted["caption"] == 1
    assert [found["scope"] for name, found in page.elements if name == "th"] == ["col"] * len(COLUMNS)
