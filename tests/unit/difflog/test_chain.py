"""The chain: a line binds itself and the one before it, and every break is named once, with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.difflog.canonical import canonical
from dualwitness.difflog.chain import GENESIS, Link, Problem, check_chain, id_in, seal

DATE = "2026-11-21T12:00:00.000Z"
Lines = list[bytes]


def chain(count: int, text: str = "") -> Lines:
    """So many sealed lines, without their line feeds."""
    link, lines = Link(), []
    for number in range(count):
        line, fields = seal({"entry_id": f"DIFF-{number}", "record": "imported", "text": text}, link, DATE)
        link = Link(link.count + 1, str(fields["entry_hash"]).encode(), link.size + len(line))
        lines.append(line.removesuffix(b"\n"))
    return lines


def problems_of(lines: Lines) -> list[Problem]:
    """What is wrong with these lines."""
    return check_chain(lines, "entries.jsonl", Link())[1]


@given(st.lists(st.text(), max_size=5))
def test_sealed_line_is_canonical_and_carries_the_hash_of_the_rest(texts: list[str]) -> None:
    """Whatever the text: keys sorted, hash over the same line without it, link to the one before."""
    link = Link()
    for number, text in enumerate(texts):
        content = {"record": "imported", "entry_id": "DIFF-1", "facts": [text], "zone": text, "a": {"b": text}}
        line, fields = seal(content, link, DATE)
        assert json.loads(line) == fields
        assert line == canonical(fields) + b"\n"
        bare = {name: value for name, value in fields.items() if name != "entry_hash"}
        assert fields["entry_hash"] == sha256(canonical(bare)).hexdigest()
        assert (fields["previous_hash"], fields["sequence"]) == (link.last_hash.decode(), number)
        assert check_chain([line[:-1]], "x", link)[1] == []
        link = Link(number + 1, fields["entry_hash"].encode(), link.size + len(line))


def test_sound_chain_ends_where_its_last_line_says() -> None:
    """In one piece, and from any point on."""
    lines = chain(5)
    whole, problems = check_chain(lines, "x", Link())
    assert (problems, whole.count, whole.size) == ([], 5, sum(map(len, lines)) + 5)
    for split in range(6):
        half, _ = check_chain(lines[:split], "x", Link())
        assert check_chain(lines[split:], "x", half) == (whole, [])
    assert Link().last_hash == GENESIS == b"0" * 64


def flip(lines: Lines) -> Lines:
    """A bit of the third line's text."""
    return [*lines[:2], lines[2].replace(b"words", b"swords"), *lines[3:]]


def redate(lines: Lines) -> Lines:
    """The third line a year earlier."""
    return [*lines[:2], lines[2].replace(b"2026-11-21T", b"2025-11-21T"), *lines[3:]]


def swap(lines: Lines) -> Lines:
    """The third and the fourth line."""
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


def rehash(lines: Lines) -> Lines:
    """The third line changed, with a hash that is right for it."""
    line, _ = seal(
        {"entry_id": "DIFF-2", "record": "imported", "text": "other"}, check_chain(lines[:2], "", Link())[0], DATE
    )
    return [*lines[:2], line[:-1], *lines[3:]]  # fmt: skip


@pytest.mark.parametrize(
    ("harm", "first", "words"),
    [
        (flip, "entries.jsonl:3: record 2, DIFF-2: ", "changed after it was appended"),
        (redate, "entries.jsonl:3: record 2, DIFF-2: ", "changed after it was appended"),
        (swap, "entries.jsonl:3: record 3, DIFF-3: ", "record 2 is missing before it"),
        (rehash, "entries.jsonl:4: record 3, DIFF-3: ", "does not continue the record before it"),
        (lambda lines: lines[:2] + lines[3:], "entries.jsonl:3: record 3, DIFF-3: ", "record 2 is missing before it"),
        (lambda lines: lines[:1] + lines[4:], "entries.jsonl:2: record 4, DIFF-4: ", "records 1 to 3 are missing"),
        (lambda lines: [*lines[:3], *lines[2:]], "entries.jsonl:4: record 2, DIFF-2: ", "where record 3 belongs"),
        (lambda lines: [*lines[:2], b"", *lines[2:]], "entries.jsonl:3: ", "no record of this log"),
        (lambda lines: lines[1:], "entries.jsonl:1: record 1, DIFF-1: ", "record 0 is missing before it"),
    ],
)
def test_each_harm_is_named_with_line_record_entry_and_what_was_done(
    harm: Callable[[Lines], Lines], first: str, words: str
) -> None:
    """The first problem leads to the place."""
    lines = chain(6, "words")
    assert problems_of(lines) == []
    found = problems_of(harm(lines))
    assert str(found[0]).startswith(first), found
    assert words in str(found[0])


def test_one_changed_record_is_one_problem() -> None:
    """The lines behind it are judged by what stands before them, not by what should."""
    assert len(problems_of(flip(chain(50, "words")))) == 1


@given(st.integers(0, 5), st.data())
def test_every_flipped_bit_of_every_line_is_found(number: int, data: st.DataObject) -> None:
    """No byte of a line is without meaning."""
    lines = chain(6, "words")
    at = data.draw(st.integers(0, len(lines[number]) - 1))
    bit = data.draw(st.integers(0, 7))
    harmed = bytearray(lines[number])
    harmed[at] ^= 1 << bit
    found = problems_of([*lines[:number], bytes(harmed), *lines[number + 1 :]])
    assert found
    assert min(problem.line or 0 for problem in found) in (number + 1, number + 2)


@pytest.mark.parametrize(
    "text", ['"entry_hash":"' + "0" * 64 + '",', '","previous_hash":"' + "0" * 64 + '"', ',"sequence":0,', "\\", '\\"']
)
def test_text_that_imitates_the_keys_of_the_chain_changes_nothing(text: str) -> None:
    """Inside of a JSON string no quotation mark stands alone."""
    lines = chain(3, text)
    assert problems_of(lines) == []
    assert problems_of([lines[0], lines[1].replace(b'"record":"imported"', b'"record":"imposted"'), lines[2]])


def test_id_is_found_in_a_line_however_damaged_it_is() -> None:
    """So that a problem can name the entry."""
    (line,) = chain(1)
    assert id_in(line) == "DIFF-0"
    assert id_in(line[: line.index(b"DIFF-0") + 7]) == "DIFF-0"
    assert id_in(b"garbage") is None
    assert id_in(b'"entry_id":"\xff\xfe"') is not None
