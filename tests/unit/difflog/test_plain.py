"""Text of a venue made safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.difflog.plain import short, spell

HOSTILE = {
    "\x1b[31mred\x1b[0m": r"\x1b[31mred\x1b[0m",
    "one\r\ntwo": r"one\r\ntwo",
    "abc\u202edef": r"abc\u202edef",
    "line\u2028separator": r"line\u2028separator",
    "bell\x07 delete\x7f c1\x9b": r"bell\x07 delete\x7f c1\x9b",
    "half\ud83d": r"half\ud83d",
    "zero\u200bwidth\ufeff": r"zero\u200bwidth\ufeff",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_spelled_text_shows_each_hostile_character_as_python_writes_it(text: str) -> None:
    """Escape sequences, line ends, direction marks and half surrogates become visible."""
    assert spell(text) == HOSTILE[text]


def test_spelled_text_keeps_what_is_harmless_as_it_is() -> None:
    """Letters of any script, signs and quotes are shown, not escaped."""
    text = 'ctVal × ctMult ≠ "0.01" 比特币 √ç'
    assert spell(text) == text


@given(st.text())
def test_spelled_text_is_always_one_printable_line(text: str) -> None:
    """Whatever was sent, a terminal acts on nothing in it."""
    assert spell(text).isprintable()


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_short_text_is_never_longer_than_asked_and_says_where_it_was_cut(text: str, length: int) -> None:
    """The bound holds after escaping, and a text that fits is whole."""
    seen = short(text, length)
    assert len(seen) <= length
    assert seen.isprintable()
    if len(spell(text)) <= length:
        assert seen == spell(text)
    else:
        assert seen.endswith("…")


def test_short_text_of_a_megabyte_costs_no_more_than_its_bound() -> None:
    """Only what is shown is looked at."""
    assert short("\x1b" * 1_000_000, 44) == r"\x1b" * 10 + "\\x1…"
